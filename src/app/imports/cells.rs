//! What stands in a cell, and what it stands for: money, dates and the rest in the forms that people
//! type them. Money in a number cell is taken as it is written, never calculated with.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::domain::calendar::{AllowanceYear, Month, parse_date};
use crate::domain::money::Money;
use crate::domain::names::{Named, is_line};
use crate::domain::people::PriorityGroup;

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Nothing.
    Empty,
    /// A text, or a number as it is written.
    Text(String),
    /// A date.
    Date(NaiveDate),
    /// What a formula failed with, such as `#N/A`.
    Error(String),
}

impl Cell {
    /// A text without the spaces around it, and without the apostrophe that our own tables put before
    /// what a spreadsheet would take for a formula.
    pub(crate) fn text(text: &str) -> Self {
        let text = text.trim();
        let text = text.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(text);
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::Empty
    }

    /// As it reads.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Error(text) => text.clone(),
            Self::Date(date) => date.to_string(),
        }
    }
}

/// How a number cell reads. A workbook keeps a number as a text of a binary double, whose shortest
/// decimal form is what was typed; where a formula left the noise of binary fractions, the 15 digits
/// that Excel itself works with are what counts.
///
/// A text, so that money is read from its digits and from nothing else.
pub(crate) fn number_text(number: f64) -> String {
    let text = number.to_string();
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    if decimals <= 5 {
        return text;
    }
    let as_shown: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    as_shown.to_string()
}

/// What a cell stands for, or the form in which it could be taken.
pub(crate) type Read<T> = Result<T, String>;

/// A line of free text.
pub(crate) fn line(cell: &Cell) -> Read<String> {
    let text = cell.shown();
    if is_line(&text) { Ok(text) } else { Err("write a text of at most 200 characters, in one line".to_owned()) }
}

/// Pounds: `1234.5`, `1,234.50`, `£1,234.50`.
pub(crate) fn money(cell: &Cell) -> Read<Money> {
    let right = || "write pounds with up to 5 decimals, such as 1234.50 or £1,234.50".to_owned();
    let Cell::Text(text) = cell else { return Err(right()) };
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let text = text.strip_prefix('£').unwrap_or(text).trim_start();
    let (pounds, decimals) = text.split_once('.').unwrap_or((text, ""));
    let mut groups = pounds.split(',');
    let first = groups.next().unwrap_or_default();
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let thousands = pounds.contains(',');
    if (thousands && !(1..=3).contains(&first.len())) || groups.any(|group| group.len() != 3 || !digits(group)) {
        return Err(right());
    }
    let pounds = pounds.replace(',', "");
    if pounds.is_empty() || !digits(&pounds) || !digits(decimals) {
        return Err(right());
    }
    let money = format!("{sign}{pounds}.{decimals:0<2}").parse::<Money>();
    money.map_err(|fault| match fault {
        crate::domain::money::MoneyError::Form => right(),
        crate::domain::money::MoneyError::TooLarge => fault.to_string(),
    })
}

/// A date: `31/05/2026`, `2026-05-31`, or a date cell.
pub(crate) fn date(cell: &Cell) -> Read<NaiveDate> {
    let right = || "write a date from 2010 to 2099, such as 31/05/2026 or 2026-05-31".to_owned();
    let text = match cell {
        Cell::Date(date) => date.to_string(),
        Cell::Text(text) => {
            let day = text.split_once([' ', 'T']).map_or(text.as_str(), |(day, _)| day);
            let midnight = text.get(day.len() + 1..).is_none_or(|time| time.bytes().all(|b| b"0:.".contains(&b)));
            let parts: Vec<&str> = if midnight { day.split('/').collect() } else { Vec::new() };
            match parts.as_slice() {
                [day, month, year] if year.len() == 4 => format!("{year}-{month:0>2}-{day:0>2}"),
                [day] => (*day).to_owned(),
                _ => return Err(right()),
            }
        }
        Cell::Empty | Cell::Error(_) => return Err(right()),
    };
    parse_date(&text).map_err(|_| right())
}

/// A month: `2026-09`, `Sep-26` as Excel writes it, or any date in it.
pub(crate) fn month(cell: &Cell) -> Read<Month> {
    let right = || "write a month, such as 2026-09, 01/09/2026 or Sep-26".to_owned();
    if let Ok(date) = date(cell) {
        return Ok(Month::of(date));
    }
    let Cell::Text(text) = cell else { return Err(right()) };
    let named = |form| NaiveDate::parse_from_str(&format!("1-{}", text.replace(' ', "-")), form).ok();
    let first = ["%d-%b-%y", "%d-%B-%Y", "%d-%b-%Y", "%d-%B-%y"].into_iter().find_map(named);
    let text = first.map_or_else(|| text.clone(), |first| Month::of(first).to_string());
    text.parse().map_err(|_| right())
}

/// A whole number.
pub(crate) fn whole(cell: &Cell) -> Read<u32> {
    let text = cell.shown();
    let read = text.parse().ok().filter(|_| matches!(cell, Cell::Text(_)));
    read.ok_or_else(|| "write a whole number, such as 12".to_owned())
}

/// A level. What is out of range is refused with the other terms.
pub(crate) fn level(cell: &Cell) -> Read<u8> {
    let level = whole(cell).ok().and_then(|level| u8::try_from(level).ok());
    level.ok_or_else(|| "write a level, a whole number from 2 to 7".to_owned())
}

/// Yes or no.
pub(crate) fn yes(cell: &Cell) -> Read<bool> {
    match cell.shown().to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" => Ok(true),
        "false" | "no" | "n" | "0" => Ok(false),
        _ => Err("write yes or no".to_owned()),
    }
}

/// A text as names are compared: `Adult social care` as `adult_social_care`.
pub(crate) fn plain(text: &str) -> String {
    let letters = text.to_lowercase().replace(['\'', '’'], "");
    let words = letters.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

/// A name out of a closed list, in any case, with spaces or underscores.
pub(crate) fn name<T: Named>(cell: &Cell) -> Read<T> {
    let known = || T::ALL.iter().map(|value| value.name()).collect::<Vec<_>>().join(", ");
    T::from_name(&plain(&cell.shown())).map_err(|_| format!("write one of {}", known()))
}

/// Priority groups, with spaces, commas or semicolons between.
pub(crate) fn groups(cell: &Cell) -> Read<Vec<PriorityGroup>> {
    let text = cell.shown();
    let parted = text.contains([',', ';']);
    let parts = text.split(|c: char| if parted { ",;".contains(c) } else { c.is_whitespace() });
    let parts: Vec<&str> = parts.map(str::trim).filter(|part| !part.is_empty()).collect();
    let one = |part: &&str| name(&Cell::Text((*part).to_owned()));
    // One group written with spaces is one group.
    let whole = name(cell).map(|group| vec![group]);
    let mut groups = whole.or_else(|_| parts.iter().map(one).collect::<Read<Vec<PriorityGroup>>>())?;
    groups.sort_unstable();
    groups.dedup();
    Ok(groups)
}

/// Parts by allowance year as our own tables write them: `2026-27=9000.00 2027-28=3000.00`.
pub(crate) fn schedule(cell: &Cell) -> Read<Vec<(AllowanceYear, Money)>> {
    let right = || "write each allowance year with its pounds: 2026-27=9000.00 2027-28=3000.00".to_owned();
    let text = cell.shown();
    let part = |part: &str| {
        let (year, amount) = part.split_once('=').ok_or_else(right)?;
        Ok((year.parse().map_err(|_| right())?, money(&Cell::text(amount))?))
    };
    text.split([' ', ';']).filter(|part| !part.is_empty()).map(part).collect()
}

/// An id of this ledger. Anything else is the id of something elsewhere, which names nothing here.
pub(crate) fn id(cell: &Cell) -> Read<Uuid> {
    Uuid::parse_str(&cell.shown()).map_err(|_| "write an id as this ledger gives it, or leave it out".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_money(text: &str) -> Option<String> {
        money(&Cell::text(text)).ok().map(|money| money.to_string())
    }

    #[test]
    fn money_is_read_as_people_write_it_to_the_last_decimal() {
        for (text, pounds) in [
            ("1,234.50", "1234.50"),
            ("£1,234.50", "1234.50"),
            ("-£1,234,567", "-1234567.00"),
            ("1234.5", "1234.50"),
            ("521.73913", "521.73913"),
            ("0", "0.00"),
        ] {
            assert_eq!(read_money(text).as_deref(), Some(pounds), "{text}");
        }
        for text in ["", "1,23", "12,34.50", "1.234,50", "1.123456", "12 000", "1e5", "€5", "£", "1,", "90000000001"]
        {
            assert_eq!(read_money(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_cell_is_worth_what_was_typed() {
        let read = |number: f64| read_money(&number_text(number));
        assert_eq!(read(1234.5).as_deref(), Some("1234.50"));
        assert_eq!(read(521.73913).as_deref(), Some("521.73913"));
        assert_eq!(read(89_999_999_999.0).as_deref(), Some("89999999999.00"));
        assert_eq!(read(0.1 + 0.2).as_deref(), Some("0.30"), "the noise of a formula");
        assert_eq!(read(1.0 / 3.0), None, "finer than five places");
        assert_eq!(number_text(9_876_543_210.0), "9876543210");
    }

    #[test]
    fn dates_and_months_are_read_as_people_write_them() {
        let day = "2026-05-03".parse().unwrap();
        for text in ["03/05/2026", "3/5/2026", "2026-05-03", "2026-05-03 00:00:00", "03/05/2026 00:00"] {
            assert_eq!(date(&Cell::text(text)), Ok(day), "{text}");
        }
        for text in ["05/31/2026", "3/5/26", "2026-05-03 14:30", "46145", "31/02/2026", "03.05.2026", "01/01/1999"] {
            assert!(date(&Cell::text(text)).is_err(), "{text}");
        }
        for text in ["2026-05", "May-26", "May 2026", "01/05/2026"] {
            assert_eq!(month(&Cell::text(text)), Ok(Month::of(day)), "{text}");
        }
        assert!(month(&Cell::text("2026")).is_err());
    }

    #[test]
    fn lists_are_read_as_our_own_tables_write_them_and_as_people_do() {
        use PriorityGroup::{CareLeaver, Disabled, LongTermUnemployed};
        assert_eq!(groups(&Cell::text("disabled care_leaver")), Ok(vec![CareLeaver, Disabled]));
        assert_eq!(groups(&Cell::text("Long-term unemployed; care leaver")), Ok(vec![CareLeaver, LongTermUnemployed]));
        assert_eq!(groups(&Cell::text("Care leaver")), Ok(vec![CareLeaver]));
        let parts = schedule(&Cell::text("2026-27=9000.00 2027-28=£3,000")).unwrap();
        assert_eq!(parts.iter().map(|(_, amount)| *amount).sum::<Money>().to_string(), "12000.00");
    }
}
