//! The four calendars of levy: calendar months, tax years from 6 April, allowance years from
//! 20 April, and delivery periods of the academic year from August.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, NaiveDate};

/// Why a text is not a date, a month or a year that the ledger knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Not a date of the ledger.
    #[error("a date is written \"2026-05-31\" and lies from 2010-01-01 to 2099-12-31")]
    Date,
    /// Not a month of the ledger.
    #[error("a month is written \"2026-05\" and lies from 2010-01 to 2099-12")]
    Month,
    /// Not an allowance year.
    #[error("an allowance year is written \"2026-27\" and lies from 2010-11 to 2099-00")]
    AllowanceYear,
}

/// Reads a date as `2026-05-31`, from 2010-01-01 to 2099-12-31.
///
/// # Errors
/// [`CalendarError::Date`] for any other form, an impossible day, or a day outside the range.
pub fn parse_date(text: &str) -> Result<NaiveDate, CalendarError> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| CalendarError::Date)?;
    let in_form = date.to_string() == text && (2010..=2099).contains(&date.year());
    in_form.then_some(date).ok_or(CalendarError::Date)
}

/// A calendar month.
///
/// ```
/// use levy_ledger::domain::calendar::Month;
/// let entered: Month = "2024-05".parse()?;
/// let due = entered.plus(24);
/// assert_eq!(due.last_day().to_string(), "2026-05-31");
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i32);

impl Month {
    /// The month that holds a day.
    #[must_use]
    pub fn of(day: NaiveDate) -> Self {
        Self(day.year() * 12 + day.month0().cast_signed())
    }

    /// The month from its year and its number, 1 to 12.
    #[must_use]
    pub fn new(year: i32, number: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, number, 1).map(Self::of)
    }

    /// This many months later, or earlier when negative.
    #[must_use]
    pub const fn plus(self, months: i32) -> Self {
        Self(self.0 + months)
    }

    /// Months from `earlier` to this one.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i32 {
        self.0 - earlier.0
    }

    /// The calendar year.
    #[must_use]
    pub const fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// The number in the year, 1 to 12.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0.rem_euclid(12).cast_unsigned() + 1
    }

    /// Its first day.
    #[must_use]
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year(), self.number(), 1).unwrap_or(NaiveDate::MAX)
    }

    /// Its last day: the census date, and the day its payments and its expiry take effect.
    #[must_use]
    pub fn last_day(self) -> NaiveDate {
        day_before(self.plus(1).first_day())
    }

    /// The month as the whole number `202605`, as it is stored.
    #[must_use]
    pub fn stored(self) -> i32 {
        self.year() * 100 + self.number().cast_signed()
    }

    /// The month from its stored number.
    #[must_use]
    pub fn from_stored(number: i32) -> Option<Self> {
        Self::new(number / 100, (number % 100).unsigned_abs())
    }

    /// Every month from this one to `last`, both included.
    pub fn through(self, last: Self) -> impl DoubleEndedIterator<Item = Self> {
        (self.0..=last.0).map(Self)
    }
}

impl FromStr for Month {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        parse_date(&format!("{text}-01")).map(Self::of).map_err(|_| CalendarError::Month)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.number())
    }
}

/// The year of a transfer allowance: 20 April to 19 April, named after its tax year.
///
/// ```
/// use levy_ledger::domain::calendar::{AllowanceYear, parse_date};
/// let year = AllowanceYear::of(parse_date("2026-04-20")?);
/// assert_eq!(year.to_string(), "2026-27");
/// assert_eq!(year.last_day().to_string(), "2027-04-19");
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AllowanceYear(i32);

impl AllowanceYear {
    /// The allowance year that holds a day.
    #[must_use]
    pub fn of(day: NaiveDate) -> Self {
        Self(year_starting(day, 20))
    }

    /// The allowance year of a month's payments: that of the month's last day.
    #[must_use]
    pub fn of_month(month: Month) -> Self {
        Self::of(month.last_day())
    }

    /// The year before: the one whose levy is this year's base.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0 - 1)
    }

    /// The year after.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// 20 April, its first day.
    #[must_use]
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.0, 4, 20).unwrap_or(NaiveDate::MAX)
    }

    /// 19 April, its last day.
    #[must_use]
    pub fn last_day(self) -> NaiveDate {
        day_before(self.next().first_day())
    }

    /// The calendar year it begins in, as it is stored.
    #[must_use]
    pub const fn stored(self) -> i32 {
        self.0
    }

    /// The year from the calendar year it begins in.
    #[must_use]
    pub const fn from_stored(begins: i32) -> Self {
        Self(begins)
    }
}

impl FromStr for AllowanceYear {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        let begins = text.get(..4).and_then(|year| year.parse::<i32>().ok());
        let begins = begins.filter(|year| (2010..=2099).contains(year));
        let year = begins.map(Self).ok_or(CalendarError::AllowanceYear)?;
        if year.to_string() == text { Ok(year) } else { Err(CalendarError::AllowanceYear) }
    }
}

impl fmt::Display for AllowanceYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.0, (self.0 + 1).rem_euclid(100))
    }
}

/// A tax year: 6 April to 5 April, written `2026/27`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaxYear(i32);

impl TaxYear {
    /// The tax year that holds a day.
    #[must_use]
    pub fn of(day: NaiveDate) -> Self {
        Self(year_starting(day, 6))
    }
}

impl fmt::Display for TaxYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:02}", self.0, (self.0 + 1).rem_euclid(100))
    }
}

/// A month of the academic year, period 1 being August, written `2627-R02`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveryPeriod {
    begins: i32,
    period: u32,
}

impl DeliveryPeriod {
    /// The delivery period of a month.
    #[must_use]
    pub fn of(month: Month) -> Self {
        let from_august = month.plus(-7);
        Self { begins: from_august.year(), period: from_august.number() }
    }
}

impl fmt::Display for DeliveryPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |year: i32| year.rem_euclid(100);
        write!(f, "{:02}{:02}-R{:02}", short(self.begins), short(self.begins + 1), self.period)
    }
}

/// The calendar year in which the year that starts on this day of April, and holds `day`, begins.
fn year_starting(day: NaiveDate, day_of_april: u32) -> i32 {
    if (day.month(), day.day()) >= (4, day_of_april) { day.year() } else { day.year() - 1 }
}

fn day_before(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(1)).unwrap_or(NaiveDate::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_one_form_and_a_range() {
        assert!(parse_date("2024-02-29").is_ok());
        for text in ["2023-02-29", "2026-5-01", "2009-12-31", "2100-01-01", "01/05/2026", "2026-05-311", "+2026-05-1"] {
            assert_eq!(parse_date(text), Err(CalendarError::Date), "{text}");
        }
    }

    #[test]
    fn months_count_across_years() {
        let month = |text: &str| text.parse::<Month>();
        assert_eq!(month("2025-11").map(|m| m.plus(3).to_string()), Ok("2026-02".to_owned()));
        assert_eq!(month("2026-13"), Err(CalendarError::Month));
        assert_eq!(month("2026-1"), Err(CalendarError::Month));
        assert_eq!(month("2024-02").map(Month::stored), Ok(202_402));
        assert_eq!(Month::from_stored(202_402), month("2024-02").ok());
    }

    #[test]
    fn an_allowance_year_is_named_after_its_tax_year() {
        assert_eq!("2099-00".parse::<AllowanceYear>().map(|y| y.to_string()), Ok("2099-00".to_owned()));
        for text in ["2026", "2026-28", "2026/27", "26-27"] {
            assert_eq!(text.parse::<AllowanceYear>(), Err(CalendarError::AllowanceYear), "{text}");
        }
    }

    #[test]
    fn september_2026_is_the_second_delivery_period() {
        let september = "2026-09".parse::<Month>().map(|m| DeliveryPeriod::of(m).to_string());
        assert_eq!(september, Ok("2627-R02".to_owned()));
        let july = "2026-07".parse::<Month>().map(|m| DeliveryPeriod::of(m).to_string());
        assert_eq!(july, Ok("2526-R12".to_owned()));
    }
}
