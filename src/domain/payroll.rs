//! The payroll calendar of HMRC declarations: tax years written `26-27`, their twelve months, the
//! cut-off of each, and whether a submission came in time. All times of day are those of the UK.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Europe::London;

use super::calendar::Month;

/// The number of the last payroll month, March.
const LAST: u32 = 12;

/// Why a text is not a payroll year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a payroll year is written \"26-27\", the second year following the first")]
pub struct NotPayrollYear;

/// The tax year of a payroll, written `26-27`: it begins on 6 April.
///
/// ```
/// use levy_ledger::domain::payroll::PayrollYear;
/// let year: PayrollYear = "26-27".parse()?;
/// assert_eq!(year.to_string(), "26-27");
/// assert!("26-28".parse::<PayrollYear>().is_err());
/// # Ok::<(), levy_ledger::domain::payroll::NotPayrollYear>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayrollYear(i32);

impl PayrollYear {
    /// 2017-18, in which the levy began.
    pub const FIRST_OF_THE_LEVY: Self = Self(2017);

    /// The year from the calendar year it begins in.
    #[must_use]
    pub const fn beginning_in(year: i32) -> Self {
        Self(year)
    }
}

impl FromStr for PayrollYear {
    type Err = NotPayrollYear;

    fn from_str(text: &str) -> Result<Self, NotPayrollYear> {
        let begins = text.get(..2).and_then(|year| year.parse::<u8>().ok()).ok_or(NotPayrollYear)?;
        let year = Self(2000 + i32::from(begins));
        if year.to_string() == text { Ok(year) } else { Err(NotPayrollYear) }
    }
}

impl fmt::Display for PayrollYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.0.rem_euclid(100), (self.0 + 1).rem_euclid(100))
    }
}

/// A month of a payroll year: month 1 runs from 6 April to 5 May and is labelled April.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayrollMonth {
    year: PayrollYear,
    number: u32,
}

impl PayrollMonth {
    /// The month of a number, 1 to 12.
    #[must_use]
    pub fn new(year: PayrollYear, number: u32) -> Option<Self> {
        (1..=LAST).contains(&number).then_some(Self { year, number })
    }

    /// The month whose label is this calendar month.
    #[must_use]
    pub fn labelled(label: Month) -> Self {
        let from_april = label.plus(-3);
        Self { year: PayrollYear(from_april.year()), number: from_april.number() }
    }

    /// The last month of a year.
    #[must_use]
    pub const fn last_of(year: PayrollYear) -> Self {
        Self { year, number: LAST }
    }

    /// Its year.
    #[must_use]
    pub const fn year(self) -> PayrollYear {
        self.year
    }

    /// Its number, 1 to 12.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.number
    }

    /// The calendar month in which it begins, after which it is called.
    #[must_use]
    pub fn label(self) -> Month {
        let january = NaiveDate::from_ymd_opt(self.year.0, 1, 1).map_or_else(|| Month::of(NaiveDate::MAX), Month::of);
        january.plus(2 + self.number.cast_signed())
    }

    /// The day that begins with its cut-off: the 20th of the month after its label. A submission
    /// counts if it is made strictly before (`docs/rules.md` section 4).
    ///
    /// ```
    /// use levy_ledger::domain::payroll::PayrollMonth;
    /// let april = PayrollMonth::new("17-18".parse()?, 1).map(|month| month.cut_off().to_string());
    /// assert_eq!(april.as_deref(), Some("2017-05-20"));
    /// # Ok::<(), levy_ledger::domain::payroll::NotPayrollYear>(())
    /// ```
    #[must_use]
    pub fn cut_off(self) -> NaiveDate {
        let after = self.label().plus(1);
        NaiveDate::from_ymd_opt(after.year(), after.number(), 20).unwrap_or(NaiveDate::MAX)
    }

    /// Whether its cut-off has passed on a day.
    #[must_use]
    pub fn is_over_on(self, day: NaiveDate) -> bool {
        self.cut_off() <= day
    }

    /// The moment from which a submission for the last month of its year adjusts the year that has
    /// ended: 23:59:59 on 21 April.
    fn adjusted_from(self) -> NaiveDateTime {
        let after = Self::last_of(self.year).label().plus(1);
        let day = NaiveDate::from_ymd_opt(after.year(), after.number(), 21).unwrap_or(NaiveDate::MAX);
        day.and_time(NaiveTime::from_hms_opt(23, 59, 59).unwrap_or_default())
    }
}

impl fmt::Display for PayrollMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "month {} of {}", self.number, self.year)
    }
}

/// The time that a clock in the UK shows.
#[must_use]
pub fn in_the_uk(utc: NaiveDateTime) -> NaiveDateTime {
    London.from_utc_datetime(&utc).naive_local()
}

/// Whether a submission was made in time for its payroll month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeliness {
    /// Before the cut-off.
    OnTime,
    /// After it: the next month in time carries the figure.
    Late,
    /// For the last month, from its cut-off until adjustments begin: the national service posts
    /// nothing.
    YearEndGap,
    /// For the last month, once the year has ended for good: it adjusts the year.
    YearEndAdjustment,
}

impl Timeliness {
    /// How a submission stands that was made at this time in the UK: in time before 00:00 on the
    /// 20th of the month after the label; for month 12 a year-end adjustment from 23:59:59 on
    /// 21 April (`docs/rules.md` section 4).
    #[must_use]
    pub fn of(month: PayrollMonth, made_at: NaiveDateTime) -> Self {
        if made_at < month.cut_off().and_time(NaiveTime::MIN) {
            Self::OnTime
        } else if month.number != LAST {
            Self::Late
        } else if made_at < month.adjusted_from() {
            Self::YearEndGap
        } else {
            Self::YearEndAdjustment
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn march() -> PayrollMonth {
        PayrollMonth::last_of(PayrollYear::FIRST_OF_THE_LEVY)
    }

    fn made(text: &str) -> Timeliness {
        Timeliness::of(march(), text.parse().unwrap())
    }

    #[test]
    fn the_year_end_has_a_gap_before_adjustments_begin() {
        assert_eq!(made("2018-04-19T23:59:59.999"), Timeliness::OnTime);
        assert_eq!(made("2018-04-20T00:00:00"), Timeliness::YearEndGap);
        assert_eq!(made("2018-04-21T23:59:58.999"), Timeliness::YearEndGap);
        assert_eq!(made("2018-04-21T23:59:59"), Timeliness::YearEndAdjustment);
    }

    #[test]
    fn the_cut_off_goes_by_the_clock_in_the_uk() {
        // An hour ahead of UTC in May, none in December.
        let may = in_the_uk("2025-05-19T23:00:00".parse().unwrap());
        let april = PayrollMonth::labelled("2025-04".parse().unwrap());
        assert_eq!(Timeliness::of(april, may), Timeliness::Late);
        let december = in_the_uk("2025-12-19T23:30:00".parse().unwrap());
        let november = PayrollMonth::labelled("2025-11".parse().unwrap());
        assert_eq!(Timeliness::of(november, december), Timeliness::OnTime);
    }

    #[test]
    fn a_payroll_year_has_one_form() {
        for text in ["2026-27", "26/27", "26-28", "26", "6-7", "+6-07", "ab-cd", "26-27 "] {
            assert_eq!(text.parse::<PayrollYear>(), Err(NotPayrollYear), "{text}");
        }
        assert_eq!("99-00".parse::<PayrollYear>().map(|year| year.to_string()), Ok("99-00".to_owned()));
    }

    #[test]
    fn labels_and_numbers_agree_across_the_calendar_year() {
        for number in 1..=12 {
            let month = PayrollMonth::new(PayrollYear::beginning_in(2025), number).unwrap();
            assert_eq!(PayrollMonth::labelled(month.label()), month);
        }
        assert_eq!(march().label().to_string(), "2018-03");
        assert_eq!(PayrollMonth::new(PayrollYear::beginning_in(2025), 13), None);
    }
}
