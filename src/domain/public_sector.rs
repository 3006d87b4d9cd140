//! The public sector target: of a body's employees, how many began an apprenticeship in a year
//! (`docs/rules.md` section 10).

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use rust_decimal::{Decimal, RoundingStrategy};

/// What new apprentices are to come to, in percent of the employees at the start of the year.
pub const TARGET_PERCENT: Decimal = Decimal::from_parts(23, 0, 0, false, 1);

/// A text that names no such year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a year from 1 April to 31 March, such as \"2026-27\"")]
pub struct NoReportingYear;

/// A year of the target: 1 April to 31 March, written `2026-27`.
///
/// ```
/// use levy_ledger::domain::calendar::parse_date;
/// use levy_ledger::domain::public_sector::ReportingYear;
/// assert_eq!(ReportingYear::of(parse_date("2027-03-31")?).to_string(), "2026-27");
/// assert_eq!(ReportingYear::of(parse_date("2027-04-01")?).to_string(), "2027-28");
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReportingYear(i32);

impl ReportingYear {
    /// The year that holds a day.
    #[must_use]
    pub fn of(day: NaiveDate) -> Self {
        Self(if day.month() >= 4 { day.year() } else { day.year() - 1 })
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

    /// 1 April, its first day.
    #[must_use]
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.0, 4, 1).unwrap_or(NaiveDate::MAX)
    }

    /// 31 March, its last day.
    #[must_use]
    pub fn last_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.0 + 1, 3, 31).unwrap_or(NaiveDate::MAX)
    }
}

impl FromStr for ReportingYear {
    type Err = NoReportingYear;

    fn from_str(text: &str) -> Result<Self, NoReportingYear> {
        let begins = text.get(..4).and_then(|year| year.parse::<i32>().ok());
        let year = begins.filter(|year| (2010..=2098).contains(year)).map(Self).ok_or(NoReportingYear)?;
        if year.to_string() == text { Ok(year) } else { Err(NoReportingYear) }
    }
}

impl fmt::Display for ReportingYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.0, (self.0 + 1).rem_euclid(100))
    }
}

/// How many there were on the first and on the last day of a year, and how many were new in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadCount {
    /// On the first day.
    pub start: u32,
    /// On the last day.
    pub end: u32,
    /// New in the year.
    pub new: u32,
}

/// The head counts of a body in a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkforceReturn {
    /// The year.
    pub year: ReportingYear,
    /// All employees.
    pub employees: HeadCount,
    /// Those of them who are apprentices.
    pub apprentices: HeadCount,
}

impl WorkforceReturn {
    /// New apprentices as a percentage of new employees.
    ///
    /// ```
    /// use levy_ledger::domain::public_sector::{HeadCount, ReportingYear, WorkforceReturn};
    /// let counted = WorkforceReturn {
    ///     year: ReportingYear::from_stored(2026),
    ///     employees: HeadCount { start: 2685, end: 2659, new: 413 },
    ///     apprentices: HeadCount { start: 164, end: 238, new: 74 },
    /// };
    /// assert_eq!(counted.starts_percent().unwrap().to_string(), "17.92");
    /// assert_eq!(counted.headcount_percent().unwrap().to_string(), "8.95");
    /// assert_eq!(counted.target_percent().unwrap().to_string(), "2.76");
    /// ```
    #[must_use]
    pub fn starts_percent(&self) -> Option<Decimal> {
        percent(self.apprentices.new, self.employees.new)
    }

    /// Apprentices as a percentage of employees, both on the last day.
    #[must_use]
    pub fn headcount_percent(&self) -> Option<Decimal> {
        percent(self.apprentices.end, self.employees.end)
    }

    /// New apprentices as a percentage of the employees on the first day: what the target is of.
    #[must_use]
    pub fn target_percent(&self) -> Option<Decimal> {
        percent(self.apprentices.new, self.employees.start)
    }

    /// Whether the target is met, by the percentage as it is shown; none where there is none.
    #[must_use]
    pub fn meets_target(&self) -> Option<bool> {
        self.target_percent().map(|percent| percent >= TARGET_PERCENT)
    }
}

/// A part as a percentage of a whole, to two places, halves up; none of nought.
fn percent(part: u32, whole: u32) -> Option<Decimal> {
    let percent = (Decimal::from(part) * Decimal::ONE_HUNDRED).checked_div(Decimal::from(whole))?;
    let mut percent = percent.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    percent.rescale(2);
    Some(percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(employees: [u32; 3], apprentices: [u32; 3]) -> WorkforceReturn {
        let count = |[start, end, new]: [u32; 3]| HeadCount { start, end, new };
        let year = ReportingYear::from_stored(2026);
        WorkforceReturn { year, employees: count(employees), apprentices: count(apprentices) }
    }

    #[test]
    fn of_nobody_there_is_no_percentage() {
        let none = counted([0, 0, 0], [0, 0, 0]);
        assert_eq!((none.starts_percent(), none.headcount_percent(), none.target_percent()), (None, None, None));
        assert_eq!(none.meets_target(), None);
    }

    #[test]
    fn the_target_is_met_at_two_point_three_percent() {
        assert_eq!(counted([1_000, 1_000, 23], [0, 23, 23]).meets_target(), Some(true));
        let short = counted([1_000, 1_000, 22], [0, 22, 22]);
        assert_eq!(
            (short.target_percent().unwrap().to_string(), short.meets_target()),
            ("2.20".to_owned(), Some(false))
        );
    }

    #[test]
    fn a_half_of_a_hundredth_is_rounded_up() {
        // 23 of 4,000 is 0.575%.
        assert_eq!(counted([4_000, 1, 1], [0, 0, 23]).target_percent().unwrap().to_string(), "0.58");
    }

    #[test]
    fn a_year_has_one_form() {
        let year: ReportingYear = "2026-27".parse().unwrap();
        assert_eq!(
            (year.first_day().to_string(), year.last_day().to_string()),
            ("2026-04-01".into(), "2027-03-31".into())
        );
        for text in ["2026", "2026-28", "26-27", "2026-2027", "2009-10", "2099-00", ""] {
            assert_eq!(text.parse::<ReportingYear>(), Err(NoReportingYear), "{text}");
        }
    }
}
