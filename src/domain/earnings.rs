//! What a start earns month by month through its whole life: instalments on census dates, what is
//! balanced on completion, and the completion payment. Prices, instalments, qualifying periods and
//! balancing have a file each.

mod balancing;
mod instalments;
mod learning;
mod price;
mod qualifying;

use chrono::NaiveDate;

use super::calendar::Month;
use super::money::Money;
use super::names::Named;

pub use balancing::{Completion, balance};
pub use instalments::census_months;
pub use learning::{AgreedPrice, Learning, PeriodInLearning};
pub use price::{capped_price, completion_payment, instalment, on_programme_total};
pub use qualifying::qualifying_days;

use instalments::instalments_by_period;
use qualifying::forfeit;

/// What a start's earning of a month is for (`docs/rules.md` section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EarningKind {
    /// An instalment of the 80%, on a census date.
    OnProgramme,
    /// What remained of the 80% when learning was completed.
    Balancing,
    /// The 20%, in the month of achievement.
    Completion,
}

impl Named for EarningKind {
    const SCHEMA: &'static str = "EarningKind";
    const ALL: &'static [Self] = &[Self::OnProgramme, Self::Balancing, Self::Completion];

    fn name(self) -> &'static str {
        match self {
            Self::OnProgramme => "on_programme",
            Self::Balancing => "balancing",
            Self::Completion => "completion",
        }
    }
}

/// One month's earning of a start (`docs/rules.md` section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instalment {
    /// The month in which it is earned.
    pub month: Month,
    /// What it is for.
    pub kind: EarningKind,
    /// How much.
    pub amount: Money,
}

/// What a start earns follows from its facts alone: the instalments on its census dates up to the last
/// day of learning, those of a failed qualifying period passed on, what completion balances, and the
/// 20% in the month of achievement (`docs/rules.md` section 7). By month, then by kind.
///
/// The order of the steps matters: what is forfeited goes to later instalments first, and only what
/// then remains of the 80% is balanced, so that completion pays the whole of it.
///
/// ```
/// use levy_ledger::domain::calendar::parse_date;
/// use levy_ledger::domain::earnings::{AgreedPrice, Learning, PeriodInLearning, earnings};
/// use levy_ledger::domain::names::Named;
/// let start_on = parse_date("2020-08-15")?;
/// let start = Learning {
///     funding_band_maximum: Some("25000.00".parse()?),
///     prices: vec![AgreedPrice { from: start_on, amount: "15000.00".parse()? }],
///     periods: vec![PeriodInLearning { start_on, last_day: None, planned_end_on: parse_date("2021-07-31")? }],
///     paused_on: None,
///     withdrawn_on: None,
///     completed_on: Some(parse_date("2020-10-15")?),
///     achieved_on: Some(parse_date("2020-11-15")?),
/// };
/// let line = |earned: levy_ledger::domain::earnings::Instalment| {
///     format!("{} {} {}", earned.month, earned.kind.name(), earned.amount)
/// };
/// let lines: Vec<String> = earnings(&start).into_iter().map(line).collect();
/// assert_eq!(lines, [
///     "2020-08 on_programme 1000.00",
///     "2020-09 on_programme 1000.00",
///     "2020-10 balancing 10000.00",
///     "2020-11 completion 3000.00",
/// ]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn earnings(learning: &Learning) -> Vec<Instalment> {
    let mut earned = forfeit(instalments_by_period(learning));
    if let Some(completion) = completion_of(learning) {
        earned = balance(earned, &completion);
    }
    earned.extend(completion_payment_of(learning));
    earned.sort_by_key(|instalment| (instalment.month, instalment.kind));
    earned
}

/// The completion that balances, unless the apprentice had left before.
fn completion_of(learning: &Learning) -> Option<Completion> {
    let completed_on = learning.completed_on.filter(|day| !learning.left_by(*day))?;
    let price = learning.price_in(Month::of(completed_on))?;
    let planned_end_on = learning.periods.last()?.planned_end_on;
    Some(Completion { completed_on, planned_end_on, on_programme_total: on_programme_total(price.amount) })
}

/// The 20% in the month of achievement, unless the apprentice had left before.
fn completion_payment_of(learning: &Learning) -> Option<Instalment> {
    let achieved_on = learning.achieved_on.filter(|day| !learning.left_by(*day))?;
    let month = Month::of(achieved_on);
    let price = learning.price_in(month)?;
    Some(Instalment { month, kind: EarningKind::Completion, amount: completion_payment(price.amount) })
}

/// [`earnings`] of a start that runs as planned at a price that counts in full: an instalment on each census date from its first day to its
/// planned end, then the 20% in the month of achievement; without achievement there is none
/// (`docs/rules.md` section 7).
///
/// ```
/// use levy_ledger::domain::{calendar::parse_date, earnings::regular_earnings, money::Money};
/// let (start_on, planned_end_on) = (parse_date("2022-08-01")?, parse_date("2024-02-15")?);
/// let price = Money::from_units(15_000 * 100_000);
/// let earned = regular_earnings(price, start_on, planned_end_on, Some(planned_end_on));
/// let amounts: Vec<String> = earned.iter().map(|instalment| instalment.amount.to_string()).collect();
/// assert_eq!(amounts.len(), 19);
/// assert!(amounts.starts_with(&["666.66667".to_owned()]));
/// assert!(amounts.ends_with(&["666.66667".to_owned(), "3000.00".to_owned()]));
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
#[must_use]
pub fn regular_earnings(
    price: Money,
    start_on: NaiveDate,
    planned_end_on: NaiveDate,
    achieved_on: Option<NaiveDate>,
) -> Vec<Instalment> {
    earnings(&Learning {
        funding_band_maximum: None,
        prices: vec![AgreedPrice { from: start_on, amount: price }],
        periods: vec![PeriodInLearning { start_on, last_day: None, planned_end_on }],
        paused_on: None,
        withdrawn_on: None,
        completed_on: None,
        achieved_on,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::parse_date;

    fn earned(start_on: &str, planned_end_on: &str, achieved_on: Option<&str>) -> Vec<(String, &'static str, String)> {
        let day = |text: &str| parse_date(text).unwrap();
        let price = "12000.00".parse().unwrap();
        regular_earnings(price, day(start_on), day(planned_end_on), achieved_on.map(day))
            .into_iter()
            .map(|part| (part.month.to_string(), part.kind.name(), part.amount.to_string()))
            .collect()
    }

    #[test]
    fn a_planned_end_on_a_census_date_earns_that_month() {
        let earned = earned("2026-01-31", "2026-03-31", None);
        assert_eq!(earned.len(), 3);
        assert_eq!(earned[2], ("2026-03".to_owned(), "on_programme", "3200.00".to_owned()));
    }

    #[test]
    fn a_planned_end_a_day_short_of_the_census_date_does_not() {
        assert_eq!(earned("2026-01-31", "2026-03-30", None).len(), 2);
    }

    #[test]
    fn a_start_between_two_census_dates_earns_no_instalment() {
        assert_eq!(earned("2026-03-02", "2026-03-30", None), []);
        let achieved = earned("2026-03-02", "2026-03-30", Some("2026-04-02"));
        assert_eq!(achieved, [("2026-04".to_owned(), "completion", "2400.00".to_owned())]);
    }

    #[test]
    fn a_planned_end_before_the_first_day_earns_nothing() {
        assert_eq!(earned("2026-03-02", "2025-12-31", None), []);
    }
}
