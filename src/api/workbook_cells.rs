//! The cells of workbooks: what a spreadsheet is given for each value, and how it looks.

use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Worksheet, XlsxError};
use serde_json::Value;

use super::tables::{self, Kind};

/// A decimal of so many significant digits comes back the same from the 64-bit floating point number
/// that a spreadsheet holds for it, and Excel shows no more.
const EXACT_DIGITS: usize = 15;

const POUNDS: &str = "\"£\"#,##0.00###;[Red]-\"£\"#,##0.00###";

/// How cells look.
pub(crate) struct Styles {
    pub(crate) head: Format,
    pub(crate) head_right: Format,
    pub(crate) total: Format,
    pub(crate) total_money: Format,
    pub(crate) money: Format,
    date: Format,
    pub(crate) month: Format,
    time: Format,
    percent: Format,
    long: Format,
    quoted: Format,
    pub(crate) wrapped: Format,
}

impl Styles {
    pub(crate) fn new() -> Self {
        let format = |form: &str| Format::new().set_num_format(form);
        let total = Format::new().set_bold().set_border_top(FormatBorder::Thin);
        let head = Format::new().set_bold().set_background_color(Color::RGB(0xE7_E6_E6)).set_text_wrap();
        Self {
            head_right: head.clone().set_align(FormatAlign::Right),
            head,
            total_money: total.clone().set_num_format(POUNDS).set_align(FormatAlign::Right),
            total,
            money: format(POUNDS),
            date: format("dd/mm/yyyy"),
            month: format("yyyy-mm"),
            time: format("dd/mm/yyyy hh:mm:ss"),
            percent: format("0.00"),
            long: Format::new().set_align(FormatAlign::Right),
            quoted: Format::new().set_quote_prefix(),
            wrapped: Format::new().set_text_wrap().set_align(FormatAlign::Top),
        }
    }
}

/// A decimal text as the number of a spreadsheet, if that is exact: in the digits that Excel keeps, and
/// for a program that reads the number itself and rounds it to five decimals.
pub(crate) fn number_of(text: &str) -> Option<f64> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let significant = digits.trim_start_matches('0').trim_end_matches('0').len();
    let (number, exact) = (text.parse::<f64>().ok()?, text.parse::<Decimal>().ok()?);
    (significant <= EXACT_DIGITS && format!("{number:.5}") == format!("{exact:.5}")).then_some(number)
}

/// Writes a value into a cell as what it stands for. Texts are always texts, never formulas: one that
/// begins like a formula also stays a text when it is edited.
pub(crate) fn write_cell(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    (value, kind): (&Value, Option<Kind>),
    styles: &Styles,
) -> Result<(), XlsxError> {
    match (value, kind) {
        (Value::Null, _) => return Ok(()),
        (Value::Bool(yes), _) => sheet.write_boolean(row, column, *yes)?,
        (Value::Number(number), _) => match number_of(&number.to_string()) {
            Some(number) => sheet.write_number(row, column, number)?,
            None => sheet.write_string(row, column, number.to_string())?,
        },
        (Value::String(text), Some(kind)) => return write_typed(sheet, (row, column), (text, kind), styles),
        (Value::String(_) | Value::Array(_) | Value::Object(_), _) => {
            let text = tables::plain(value);
            match tables::begins_formula(&text) {
                true => sheet.write_string_with_format(row, column, text, &styles.quoted)?,
                false => sheet.write_string(row, column, text)?,
            }
        }
    };
    Ok(())
}

fn write_typed(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    (text, kind): (&str, Kind),
    styles: &Styles,
) -> Result<(), XlsxError> {
    let day = |text: &str| text.parse::<NaiveDate>().ok();
    let written = match kind {
        Kind::Money => {
            let number = number_of(text);
            number.map(|number| sheet.write_number_with_format(row, column, number, &styles.money).map(drop))
        }
        Kind::Percent => {
            let number = number_of(text);
            number.map(|number| sheet.write_number_with_format(row, column, number, &styles.percent).map(drop))
        }
        Kind::Date => day(text).map(|day| sheet.write_datetime_with_format(row, column, day, &styles.date).map(drop)),
        Kind::Month => day(&format!("{text}-01"))
            .map(|day| sheet.write_datetime_with_format(row, column, day, &styles.month).map(drop)),
        Kind::Time => {
            let time = text.trim_end_matches('Z').parse::<NaiveDateTime>().ok();
            time.map(|time| sheet.write_datetime_with_format(row, column, time, &styles.time).map(drop))
        }
    };
    written.unwrap_or_else(|| sheet.write_string_with_format(row, column, text, &styles.long).map(drop))
}

/// A column's heading: `entry_month` as people write it.
pub(crate) fn heading(column: &str, kind: Option<Kind>) -> String {
    let words = column.replace('_', " ");
    let mut letters = words.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let zone = if kind == Some(Kind::Time) { " (UTC)" } else { "" };
    format!("{first}{}{zone}", letters.as_str())
}

/// How wide a column is, in characters.
pub(crate) fn width(column: &str, kind: Option<Kind>) -> f64 {
    match kind {
        Some(Kind::Money) => 17.0,
        Some(Kind::Date | Kind::Month | Kind::Percent) => 13.0,
        Some(Kind::Time) => 20.0,
        None if matches!(column, "seq" | "level" | "reverses") => 10.0,
        None if column == "id" || column.ends_with("_id") => 38.0,
        None if column == "what_to_do" => 90.0,
        None if matches!(column, "name" | "provider" | "reference" | "schedule" | "standard_title") => 42.0,
        None => 18.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Money;
    use proptest::prelude::*;

    proptest! {
        /// What a spreadsheet holds as a number is exact: it gives back the money that it was written
        /// from, to the fifth decimal.
        #[test]
        fn money_that_becomes_a_number_comes_back_the_same(units in -Money::LIMIT.units()..=Money::LIMIT.units()) {
            let money = Money::from_units(units);
            if let Some(number) = number_of(&money.to_string()) {
                prop_assert_eq!(format!("{number:.5}"), format!("{:.5}", money.pounds()));
                // As Excel shows and saves it.
                let shown: f64 = format!("{number:.14e}").parse().unwrap();
                prop_assert_eq!(format!("{shown:.5}"), format!("{:.5}", money.pounds()));
            }
        }
    }

    #[test]
    fn what_a_spreadsheet_could_not_hold_exactly_stays_a_text() {
        assert_eq!(number_of("9999999999.99999"), Some(9_999_999_999.999_99));
        assert_eq!(number_of("90000000000.00"), Some(9e10));
        assert_eq!(number_of("-0.00001"), Some(-0.000_01));
        assert_eq!(number_of("89999999999.99999"), None);
        // Fifteen digits, yet the number next to it is ….86259 in five decimals.
        assert_eq!(number_of("74762272502.8626"), None);
    }

    #[test]
    fn a_heading_is_what_people_write() {
        assert_eq!(heading("entry_month", Some(Kind::Month)), "Entry month");
        assert_eq!(heading("recorded_at", Some(Kind::Time)), "Recorded at (UTC)");
    }
}
