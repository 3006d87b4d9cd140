//! What is promised: the spending that recorded starts and accepted transfers plan for later months.

use std::collections::BTreeMap;

use super::calendar::{AllowanceYear, Month};
use super::earnings::{Instalment, Learning, earnings, regular_earnings};
use super::money::Money;
use super::schedule::{Schedule, gross_paid, reserved};

/// Planned spending by month, in pounds.
pub type Plan = BTreeMap<Month, Money>;

/// A start as far as its plan goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStart {
    /// What decides what it earns, as far as it is known.
    pub learning: Learning,
    /// What was paid for it so far.
    pub paid: Money,
}

/// A start plans what it earns from the month `from` on. While no achievement is known, the 20% is
/// planned in the month of the planned end, or of a completion after it; a start that was withdrawn,
/// or is broken off, plans none. What was paid beyond the months before is taken off, oldest first;
/// what those months still owe is no plan for later ones (`docs/rules.md` sections 7 and 10).
///
/// £12,000 over 12 months from August 2026, with the £800 of August paid:
///
/// ```
/// use levy_ledger::domain::calendar::parse_date;
/// use levy_ledger::domain::earnings::{AgreedPrice, Learning, PeriodInLearning};
/// use levy_ledger::domain::promises::{PlannedStart, start_plan};
/// let (start_on, planned_end_on) = (parse_date("2026-08-01")?, parse_date("2027-07-31")?);
/// let learning = Learning {
///     funding_band_maximum: None,
///     prices: vec![AgreedPrice { from: start_on, amount: "12000.00".parse()? }],
///     periods: vec![PeriodInLearning { start_on, last_day: None, planned_end_on }],
///     paused_on: None,
///     withdrawn_on: None,
///     completed_on: None,
///     achieved_on: None,
/// };
/// let plan = start_plan(&PlannedStart { learning, paid: "800.00".parse()? }, "2026-09".parse()?);
/// assert_eq!(plan.values().map(ToString::to_string).next().as_deref(), Some("800.00"));
/// assert_eq!(plan.values().map(ToString::to_string).last().as_deref(), Some("3200.00"));
/// assert_eq!(plan.len(), 11);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn start_plan(start: &PlannedStart, from: Month) -> Plan {
    let earned = earnings(&to_its_end(&start.learning));
    let (before, later): (Vec<Instalment>, Vec<Instalment>) = earned.into_iter().partition(|part| part.month < from);
    let due: Money = before.iter().map(|part| part.amount).sum();
    let mut ahead = (start.paid - due).at_least_zero();
    let mut plan = Plan::new();
    for part in later {
        let covered = ahead.min(part.amount.at_least_zero());
        ahead -= covered;
        *plan.entry(part.month).or_default() += part.amount - covered;
    }
    plan
}

/// The same start as it will have gone when it runs to its end as planned.
fn to_its_end(learning: &Learning) -> Learning {
    let goes_on = learning.withdrawn_on.is_none() && learning.paused_on.is_none();
    let planned = learning.periods.last().filter(|_| goes_on).map(|period| period.planned_end_on);
    let ends = planned.map(|planned| learning.completed_on.map_or(planned, |completed| completed.max(planned)));
    Learning { achieved_on: learning.achieved_on.or(ends), ..learning.clone() }
}

/// A transfer as far as its plan goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedTransfer {
    /// The agreed amount.
    pub amount: Money,
    /// Its parts by allowance year.
    pub schedule: Schedule,
    /// What was paid in each month.
    pub paid: BTreeMap<Month, Money>,
    /// The first month of training and how many it lasts, if planned.
    pub programme: Option<(Month, u32)>,
}

/// A transfer plans what its schedule holds for each allowance year and has not paid. It is placed in
/// the year's months from `from` on: as the planned programme earns in them, in proportion, else
/// evenly; what a year that has ended left unpaid is planned for `from` itself. A month belongs to the
/// year of its last day (`docs/rules.md` sections 6 and 10).
///
/// £700 of 2026-27, no programme planned, with September to March left:
///
/// ```
/// use levy_ledger::domain::promises::{PlannedTransfer, transfer_plan};
/// let schedule = [("2026-27".parse()?, "700.00".parse()?)].into();
/// let transfer =
///     PlannedTransfer { amount: "700.00".parse()?, schedule, paid: Default::default(), programme: None };
/// let plan = transfer_plan(&transfer, "2026-09".parse()?);
/// let months: Vec<String> = plan.iter().map(|(month, amount)| format!("{month}: {amount}")).collect();
/// assert_eq!((months.len(), months.last().map(String::as_str)), (7, Some("2027-03: 100.00")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn transfer_plan(transfer: &PlannedTransfer, from: Month) -> Plan {
    let programme = transfer.programme.map(|(start, months)| profile(transfer.amount, start, months));
    let programme = programme.unwrap_or_default();
    let paid = gross_paid(transfer.paid.iter().map(|(month, paid)| (*month, *paid)));
    let mut plan = Plan::new();
    for (year, unpaid) in reserved(&transfer.schedule, &paid) {
        let left: Vec<Month> = months_of(year).filter(|month| *month >= from).collect();
        let earning = left.iter().filter_map(|month| Some((*month, *programme.get(month)?)));
        let mut weights: Vec<(Month, Money)> = earning.collect();
        if weights.is_empty() {
            weights = left.iter().map(|month| (*month, EVENLY)).collect();
        }
        if weights.is_empty() {
            weights.push((from, EVENLY));
        }
        share_out(unpaid, &weights, &mut plan);
    }
    plan
}

/// The weight of each month where all weigh the same.
const EVENLY: Money = Money::from_units(1);

/// What a programme that runs as planned earns by month.
fn profile(amount: Money, start: Month, months: u32) -> Plan {
    // No programme of the ledger's calendar lasts longer than 90 years.
    let planned_end = start.plus(months.clamp(1, 90 * 12).cast_signed() - 1).last_day();
    let mut plan = Plan::new();
    for part in regular_earnings(amount, start.first_day(), planned_end, Some(planned_end)) {
        *plan.entry(part.month).or_default() += part.amount;
    }
    plan
}

/// The months whose last days lie in an allowance year: April to March.
fn months_of(year: AllowanceYear) -> impl Iterator<Item = Month> {
    let april = Month::of(year.first_day());
    april.through(april.plus(11))
}

/// Shares an amount out by weight, the last month taking the remainder.
fn share_out(amount: Money, weights: &[(Month, Money)], plan: &mut Plan) {
    let whole: Money = weights.iter().map(|(_, weight)| *weight).sum();
    let mut left = amount;
    for (at, (month, weight)) in weights.iter().enumerate() {
        let last = at + 1 == weights.len() || whole.is_zero();
        let share = if last { Ok(left) } else { Money::rounded(amount.pounds() * weight.pounds() / whole.pounds()) };
        let share = share.unwrap_or(left).min(left);
        left -= share;
        *plan.entry(*month).or_default() += share;
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::domain::calendar::parse_date;
    use crate::domain::earnings::{AgreedPrice, PeriodInLearning};

    fn pounds(whole: i64) -> Money {
        Money::from_units(whole * 100_000)
    }

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        parse_date(text).unwrap()
    }

    /// A start of £1,000.
    fn learning(start_on: NaiveDate, planned_end_on: NaiveDate) -> Learning {
        Learning {
            funding_band_maximum: None,
            prices: vec![AgreedPrice { from: start_on, amount: pounds(1_000) }],
            periods: vec![PeriodInLearning { start_on, last_day: None, planned_end_on }],
            paused_on: None,
            withdrawn_on: None,
            completed_on: None,
            achieved_on: None,
        }
    }

    fn planned(learning: Learning, from: &str) -> Vec<(String, String)> {
        let plan = start_plan(&PlannedStart { learning, paid: Money::ZERO }, month(from));
        plan.into_iter().map(|(month, amount)| (month.to_string(), amount.to_string())).collect()
    }

    fn transfer(schedule: &[(&str, i64)], programme: Option<(&str, u32)>) -> PlannedTransfer {
        let schedule: Schedule = schedule.iter().map(|(year, part)| (year.parse().unwrap(), pounds(*part))).collect();
        let amount = schedule.values().copied().sum();
        let programme = programme.map(|(start, months)| (month(start), months));
        PlannedTransfer { amount, schedule, paid: BTreeMap::new(), programme }
    }

    #[test]
    fn what_a_start_was_paid_in_advance_is_not_planned_again() {
        let (start_on, planned_end_on) = (day("2026-01-01"), day("2026-04-30"));
        let learning = learning(start_on, planned_end_on);
        let plan = start_plan(&PlannedStart { learning, paid: pounds(500) }, month("2026-02"));
        assert_eq!(plan[&month("2026-02")], Money::ZERO, "£300 too much: £200 of February, £100 of March");
        assert_eq!(plan[&month("2026-03")], pounds(100));
        assert_eq!(plan[&month("2026-04")], pounds(400));
    }

    #[test]
    fn a_start_that_was_withdrawn_or_is_broken_off_plans_nothing_more() {
        let running = learning(day("2026-01-01"), day("2026-04-30"));
        let withdrawn = Learning { withdrawn_on: Some(day("2026-02-28")), ..running.clone() };
        let paused = Learning { paused_on: Some(day("2026-02-28")), ..running.clone() };
        assert_eq!(planned(running, "2026-03").len(), 2);
        assert_eq!(planned(withdrawn.clone(), "2026-03"), []);
        assert_eq!(planned(paused, "2026-03"), []);
        assert_eq!(planned(withdrawn, "2026-02"), [("2026-02".to_owned(), "200.00".to_owned())]);
    }

    #[test]
    fn the_twenty_percent_is_planned_once() {
        let running = learning(day("2026-01-01"), day("2026-04-30"));
        let achieved = Learning { achieved_on: Some(day("2026-02-10")), ..running.clone() };
        let completed = Learning { completed_on: Some(day("2026-05-10")), ..running };
        let line = |month: &str, amount: &str| (month.to_owned(), amount.to_owned());
        assert_eq!(planned(achieved, "2026-03"), [line("2026-03", "200.00"), line("2026-04", "200.00")]);
        assert_eq!(planned(completed, "2026-05"), [line("2026-05", "200.00")]);
    }

    #[test]
    fn a_planned_programme_is_scaled_to_what_is_unpaid() {
        let mut planned = transfer(&[("2026-27", 1_000)], Some(("2026-04", 10)));
        planned.paid.insert(month("2026-05"), pounds(440));
        let plan = transfer_plan(&planned, month("2026-12"));
        assert_eq!(
            plan,
            Plan::from([
                (month("2026-12"), pounds(560) - plan[&month("2027-01")]),
                (month("2027-01"), plan[&month("2027-01")])
            ])
        );
        assert_eq!(plan[&month("2026-12")].to_string(), "124.44444", "80 of 360 of £560");
    }

    #[test]
    fn what_a_past_year_left_unpaid_is_planned_at_once() {
        let plan = transfer_plan(&transfer(&[("2024-25", 90), ("2026-27", 50)], None), month("2027-02"));
        assert_eq!(plan, Plan::from([(month("2027-02"), pounds(115)), (month("2027-03"), pounds(25))]));
    }

    #[test]
    fn a_programme_that_earns_nothing_in_the_months_left_counts_evenly() {
        let plan = transfer_plan(&transfer(&[("2026-27", 100)], Some(("2026-04", 3))), month("2027-02"));
        assert_eq!(plan, Plan::from([(month("2027-02"), pounds(50)), (month("2027-03"), pounds(50))]));
    }
}
