//! The instalments of the 80%: on which census dates they fall and how much each is, as prices
//! change and learning is broken off and taken up again.

use chrono::NaiveDate;

use super::learning::{Learning, PeriodInLearning};
use super::price::share_of_rest;
use super::qualifying::qualifies;
use super::{EarningKind, Instalment};
use crate::domain::calendar::Month;
use crate::domain::money::Money;

/// A month earns when its last day, the census date, lies within the dates: the first is the month
/// of `from`, the last that of `to` if `to` ends a month, else the one before (`docs/rules.md`
/// section 7).
///
/// ```
/// use levy_ledger::domain::{calendar::parse_date, earnings::census_months};
/// let months = census_months(parse_date("2024-02-10")?, parse_date("2024-05-02")?);
/// assert_eq!(months.count(), 3);
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
pub fn census_months(from: NaiveDate, to: NaiveDate) -> impl DoubleEndedIterator<Item = Month> {
    Month::of(from).through(last_census_month(to))
}

/// The last month whose census date is not after a day.
fn last_census_month(day: NaiveDate) -> Month {
    let month = Month::of(day);
    if month.last_day() == day { month } else { month.plus(-1) }
}

/// What a period in learning earned, before the instalments of a failed qualifying period are
/// forfeited.
pub(super) struct PeriodEarnings {
    /// Whether its qualifying period was reached.
    pub(super) qualifies: bool,
    /// Its instalments that survive the last day, by month.
    pub(super) instalments: Vec<Instalment>,
}

/// The months of a period in learning that earn, and the last that was planned to.
struct CensusMonths {
    first: Month,
    last: Month,
    planned: Month,
}

/// The instalments of each period in learning, up to the last day of learning (`docs/rules.md`
/// section 7). What was generated counts for the instalments after it, forfeited or not.
pub(super) fn instalments_by_period(learning: &Learning) -> Vec<PeriodEarnings> {
    let last_day = learning.last_day();
    let (mut generated, mut free_from) = (Money::ZERO, None);
    let mut by_period = Vec::with_capacity(learning.periods.len());
    for period in &learning.periods {
        let mut months = census_months_of(period, last_day);
        // A return on the very day of the break earns that census date once.
        months.first = free_from.map_or(months.first, |free: Month| free.max(months.first));
        let instalments = divided(learning, &months, generated);
        generated += instalments.iter().map(|instalment| instalment.amount).sum();
        free_from = instalments.last().map(|instalment| instalment.month.plus(1)).or(free_from);
        by_period.push(PeriodEarnings { qualifies: qualifies(period, last_day), instalments });
    }
    by_period
}

fn census_months_of(period: &PeriodInLearning, last_day: Option<NaiveDate>) -> CensusMonths {
    let planned = last_census_month(period.planned_end_on);
    let learnt_to = [period.last_day, last_day].into_iter().flatten().map(last_census_month).min();
    let last = learnt_to.map_or(planned, |month| month.min(planned));
    CensusMonths { first: Month::of(period.start_on), last, planned }
}

/// From the first month and from each change of price on, what of the 80% was not generated yet is
/// divided over the census dates left to the planned end.
fn divided(learning: &Learning, months: &CensusMonths, generated_before: Money) -> Vec<Instalment> {
    let (mut generated, mut in_force, mut amount) = (generated_before, None, Money::ZERO);
    let mut instalments = Vec::new();
    for month in months.first.through(months.last) {
        let Some(price) = learning.price_in(month) else { continue };
        if in_force != Some(price.from) {
            let left = usize::try_from(months.planned.since(month) + 1).unwrap_or(0);
            amount = share_of_rest(price.amount, generated, left);
            in_force = Some(price.from);
        }
        generated += amount;
        instalments.push(Instalment { month, kind: EarningKind::OnProgramme, amount });
    }
    instalments
}
