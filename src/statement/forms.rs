//! How each column is written, as text and as the numbers and true dates that a spreadsheet makes
//! of it when somebody saves the file again. No figure passes through a binary fraction.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::line::{Kind, Life, PaymentKind, Uln};
use crate::domain::calendar::{Month, parse_date};
use crate::domain::money::Money;
use crate::domain::starts::is_uln;

/// The day from which a workbook counts its days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Epoch {
    /// As Excel does.
    From1900,
    /// As Excel for the Mac used to.
    From1904,
}

/// A field of a line: a text, or a number of a workbook.
#[derive(Clone)]
pub(super) struct Cell<'a> {
    /// What is written, without spaces around it.
    pub text: Cow<'a, str>,
    /// For a number of a workbook, how its days are counted.
    pub number: Option<Epoch>,
}

impl<'a> Cell<'a> {
    /// A field that is text.
    pub fn text(text: Cow<'a, str>) -> Self {
        let text = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        };
        Self { text, number: None }
    }

    /// Whether nothing is written.
    pub fn is_blank(&self) -> bool {
        self.text.is_empty()
    }
}

/// A day, written `23/05/2026`, or as a true date.
pub(super) fn date(cell: &Cell<'_>) -> Option<NaiveDate> {
    if let Some(epoch) = cell.number {
        return serial_day(&cell.text, epoch).filter(|day| YEARS.contains(&day.year()));
    }
    match cell.text.as_bytes() {
        [d1, d2, b'/', m1, m2, b'/', y1, y2, y3, y4] => {
            let number = |digits: &[u8]| {
                let all = digits.iter().all(u8::is_ascii_digit);
                all.then(|| digits.iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0')))
            };
            let year = number(&[*y1, *y2, *y3, *y4])?.cast_signed();
            let day = NaiveDate::from_ymd_opt(year, number(&[*m1, *m2])?, number(&[*d1, *d2])?)?;
            YEARS.contains(&year).then_some(day)
        }
        // As a workbook writes a true date that is text inside.
        _ => parse_date(cell.text.strip_suffix("T00:00:00").unwrap_or(&cell.text)).ok(),
    }
}

/// The years that the ledger knows.
const YEARS: RangeInclusive<i32> = 2010..=2099;

/// The day of a workbook's count of days; hours are dropped.
fn serial_day(text: &str, epoch: Epoch) -> Option<NaiveDate> {
    let days = exact(text)?.trunc().to_u64()?;
    let (year, month, day) = match epoch {
        // Excel takes 1900 for a leap year, so its count is a day ahead from March of it.
        Epoch::From1900 => (1899, 12, 30),
        Epoch::From1904 => (1904, 1, 1),
    };
    NaiveDate::from_ymd_opt(year, month, day)?.checked_add_days(Days::new(days))
}

/// A transaction type, whatever its case.
pub(super) fn kind(text: &str) -> Option<Kind> {
    // The commonest first: nine lines in ten are payments.
    if text == "Monthly Payment" {
        return Some(Kind::Payment(PaymentKind::Monthly));
    }
    let is = |name: &str| text.eq_ignore_ascii_case(name);
    let plural = || {
        let lives = [Life::Months12, Life::Months24];
        lives
            .into_iter()
            .find(|life| is(&format!("Expired Levy {} months", life.months())))
            .map(|l| Kind::Expired(Some(l)))
    };
    Kind::ALL.into_iter().find(|kind| is(kind.name())).or_else(plural)
}

/// A payroll month by its label, `Apr 2026`, in three letters or more, or as a true date.
pub(super) fn payroll_month(cell: &Cell<'_>) -> Option<Month> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    if cell.number.is_some() {
        return date(cell).map(Month::of);
    }
    let text = cell.text.trim_start_matches('\'').trim();
    let (name, year) = text.split_once(' ')?;
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let place = NAMES.iter().position(|full| name.len() >= 3 && full.starts_with(&name))?;
    let year = year.trim_start();
    let digits = year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit());
    // Through the ledger's own form, which keeps to the years that it knows.
    digits.then(|| format!("{year}-{:02}", place + 1))?.parse().ok()
}

/// An amount of pounds, written `-190.00000`; with fewer decimals, or none, it is read too.
pub(super) fn money(cell: &Cell<'_>) -> Option<Money> {
    if cell.number.is_some() {
        let units = exact(&cell.text)?.checked_mul(Decimal::from(Money::from_units(100_000).units()))?;
        return within(units.is_integer().then(|| units.to_i64())??);
    }
    let digits = cell.text.strip_prefix(['-', '\u{2212}']);
    let (negative, digits) = digits.map_or((false, &*cell.text), |digits| (true, digits));
    let (pounds, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let figures =
        |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if !figures(pounds, 12) || !figures(decimals, 5) {
        return None;
    }
    let number = |text: &str| text.bytes().fold(0_i64, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    let scale = 10_i64.pow(5_u32.saturating_sub(u32::try_from(decimals.len()).unwrap_or(5)));
    let units = number(pounds) * 100_000 + number(decimals) * scale;
    within(if negative { -units } else { units })
}

fn within(units: i64) -> Option<Money> {
    Some(Money::from_units(units)).filter(|money| money.within_limit())
}

/// The English fraction from its percentage, 0 to 100.
pub(super) fn fraction(cell: &Cell<'_>) -> Option<Decimal> {
    let percent = money(cell)?;
    let in_range = (0..=100 * 100_000).contains(&percent.units());
    in_range.then(|| Decimal::new(percent.units(), 7).normalize())
}

/// A learner number, ten digits.
pub(super) fn uln(cell: &Cell<'_>) -> Option<Uln> {
    let digits = whole(cell)?;
    is_uln(&digits).then(|| Uln::new(digits.into_owned()))
}

/// A course level, one or two digits.
pub(super) fn level(cell: &Cell<'_>) -> Option<u8> {
    let digits = whole(cell)?;
    let in_form = (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    in_form.then(|| digits.parse().ok())?
}

/// The digits of a whole number: `1.000000001E9` of a workbook is `1000000001`.
fn whole<'c>(cell: &'c Cell<'_>) -> Option<Cow<'c, str>> {
    match cell.number {
        None => Some(Cow::Borrowed(&*cell.text)),
        Some(_) => exact(&cell.text).filter(Decimal::is_integer).map(|number| Cow::Owned(number.to_string())),
    }
}

/// A number of a workbook to the fifteen figures that a spreadsheet shows: what is beyond them is
/// its binary fraction, not what anybody wrote.
fn exact(text: &str) -> Option<Decimal> {
    // Numbers in a workbook have at most 17 figures and an exponent.
    if text.len() > 32 {
        return None;
    }
    let number = if text.contains(['e', 'E']) { Decimal::from_scientific(text) } else { text.parse() };
    number.ok()?.round_sf(15).map(|number| number.normalize())
}

/// A text as somebody wrote it, without the apostrophe that keeps a spreadsheet from taking it for
/// a formula; none where it is blank.
pub(super) fn words(text: &str) -> Option<String> {
    let bare = match text.strip_prefix('\'') {
        Some(rest) if is_formula(text) => rest,
        _ => text,
    };
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// Whether a spreadsheet would take a text for a formula, or would but for its apostrophes.
pub(super) fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Cell<'_> {
        Cell::text(Cow::Borrowed(text))
    }

    fn number(text: &str) -> Cell<'_> {
        Cell { text: Cow::Borrowed(text), number: Some(Epoch::From1900) }
    }

    #[test]
    fn money_is_read_exactly_in_text_and_in_numbers() {
        let units = |cell: Cell<'_>| money(&cell).map(Money::units);
        for (text, expected) in [
            ("0.00000", Some(0)),
            ("-0.00000", Some(0)),
            ("-190.00000", Some(-19_000_000)),
            ("\u{2212}190.5", Some(-19_050_000)),
            ("1000", Some(100_000_000)),
            ("521.73913", Some(52_173_913)),
            ("90000000000.00000", Some(9_000_000_000_000_000)),
            ("90000000000.00001", None),
            ("1,000.00000", None),
            ("£10.00000", None),
            ("1.000001", None),
            ("1.", None),
            (".5", None),
            ("--1", None),
            ("1e3", None),
            ("", None),
        ] {
            assert_eq!(units(written(text)), expected, "{text}");
        }
        assert_eq!(units(number("521.73913000000005")), Some(52_173_913), "the binary fraction is not money");
        assert_eq!(units(number("-1.0000000000000001E-5")), Some(-1));
        assert_eq!(units(number("1E3")), Some(100_000_000));
        assert_eq!(units(number("0.000001")), None);
        assert_eq!(units(number("NaN")), None);
        assert_eq!(units(number("1E999999999")), None);
    }

    #[test]
    fn a_payroll_month_is_its_label() {
        let month = |text: &str| payroll_month(&written(text)).map(|month| month.to_string());
        for text in ["Sep 2026", "Sept 2026", "September 2026", "'Sep 2026", "SEP 2026"] {
            assert_eq!(month(text).as_deref(), Some("2026-09"), "{text}");
        }
        for text in ["Se 2026", "Sepp 2026", "Sep 26", "09/2026", "2026-09", "Sep", "Sep 2226"] {
            assert_eq!(month(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_read_as_text_and_as_a_count_of_days() {
        let day = |cell: Cell<'_>| date(&cell).map(|day| day.to_string());
        for text in ["23/05/2026", "2026-05-23", "2026-05-23T00:00:00"] {
            assert_eq!(day(written(text)).as_deref(), Some("2026-05-23"), "{text}");
        }
        for text in ["23/5/2026", "05/23/2026", "23/05/26", "23-05-2026", "46165", "31/02/2026", "23/05/20é"] {
            assert_eq!(day(written(text)), None, "{text}");
        }
        assert_eq!(day(number("46165")).as_deref(), Some("2026-05-23"));
        assert_eq!(day(number("46165.75")).as_deref(), Some("2026-05-23"));
        assert_eq!(
            day(Cell { text: Cow::Borrowed("44703"), number: Some(Epoch::From1904) }).as_deref(),
            Some("2026-05-23")
        );
    }

    #[test]
    fn numbers_of_learners_and_levels_are_read_from_numbers() {
        assert_eq!(uln(&number("1.000000001E9")).map(|uln| uln.as_str().to_owned()).as_deref(), Some("1000000001"));
        assert_eq!(uln(&written("100000001")), None);
        assert_eq!(level(&number("3")), Some(3));
        assert_eq!(level(&written("Level 3")), None);
    }
}
