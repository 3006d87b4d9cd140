//! What is promised: the spending that recorded starts and accepted transfers plan for later months.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::calendar::{AllowanceYear, Month};
use super::earnings::{Instalment, regular_earnings};
use super::money::Money;
use super::schedule::{Schedule, gross_paid, reserved};

/// Planned spending by month, in pounds.
pub type Plan = BTreeMap<Month, Money>;

/// A start as far as its plan goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedStart {
    /// Its price up to the funding band maximum.
    pub price: Money,
    /// The first day of learning.
    pub start_on: NaiveDate,
    /// The last day of learning as planned.
    pub planned_end_on: NaiveDate,
    /// What was paid for it so far.
    pub paid: Money,
}

/// A start plans its instalments from the month `from` on and the 20% in the month of its planned
/// end; what was paid beyond the months before is taken off, oldest first. What those months still
/// owe is no plan for later ones (`docs/rules.md` sections 7 and 10).
///
/// £12,000 over 12 months from August 2026, with the £800 of August paid:
///
/// ```
/// use levy_ledger::domain::calendar::parse_date;
/// use levy_ledger::domain::promises::{PlannedStart, start_plan};
/// let start = PlannedStart {
///     price: "12000.00".parse()?,
///     start_on: parse_date("2026-08-01")?,
///     planned_end_on: parse_date("2027-07-31")?,
///     paid: "800.00".parse()?,
/// };
/// let plan = start_plan(&start, "2026-09".parse()?);
/// assert_eq!(plan.values().map(ToString::to_string).next().as_deref(), Some("800.00"));
/// assert_eq!(plan.values().map(ToString::to_string).last().as_deref(), Some("3200.00"));
/// assert_eq!(plan.len(), 11);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn start_plan(start: &PlannedStart, from: Month) -> Plan {
    let earned = regular_earnings(start.price, start.start_on, start.planned_end_on, Some(start.planned_end_on));
    let (before, later): (Vec<Instalment>, Vec<Instalment>) = earned.into_iter().partition(|part| part.month < from);
    let due: Money = before.iter().map(|part| part.amount).sum();
    let mut ahead = (start.paid - due).at_least_zero();
    let mut plan = Plan::new();
    for part in later {
        let covered = ahead.min(part.amount);
        ahead -= covered;
        *plan.entry(part.month).or_default() += part.amount - covered;
    }
    plan
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
    use super::*;
    use crate::domain::calendar::parse_date;

    fn pounds(whole: i64) -> Money {
        Money::from_units(whole * 100_000)
    }

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn transfer(schedule: &[(&str, i64)], programme: Option<(&str, u32)>) -> PlannedTransfer {
        let schedule: Schedule = schedule.iter().map(|(year, part)| (year.parse().unwrap(), pounds(*part))).collect();
        let amount = schedule.values().copied().sum();
        let programme = programme.map(|(start, months)| (month(start), months));
        PlannedTransfer { amount, schedule, paid: BTreeMap::new(), programme }
    }

    #[test]
    fn what_a_start_was_paid_in_advance_is_not_planned_again() {
        let start = PlannedStart {
            price: pounds(1_000),
            start_on: parse_date("2026-01-01").unwrap(),
            planned_end_on: parse_date("2026-04-30").unwrap(),
            paid: pounds(500),
        };
        let plan = start_plan(&start, month("2026-02"));
        assert_eq!(plan[&month("2026-02")], Money::ZERO, "£300 too much: £200 of February, £100 of March");
        assert_eq!(plan[&month("2026-03")], pounds(100));
        assert_eq!(plan[&month("2026-04")], pounds(400));
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
