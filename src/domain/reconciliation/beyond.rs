//! What a statement recorded that our own rules would have refused: beyond the funds, beyond the cap.

use std::collections::BTreeMap;

use crate::domain::calendar::{AllowanceYear, Month};
use crate::domain::funds::funds_as_at;
use crate::domain::journal::Books;
use crate::domain::money::Money;
use crate::domain::rules::RuleSet;

/// What spending was beyond an allowance, and in which month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeyondAllowance {
    /// The month that went beyond it, or further.
    pub month: Month,
    /// The year.
    pub allowance_year: AllowanceYear,
    /// By how much, in pounds.
    pub amount: Money,
}

/// What of a month's spending no funds covered, as the funds stood at its end: beyond what was beyond
/// them a month before (`docs/rules.md` section 9). Later levy does not change it.
///
/// £100 of levy, and £130 spent: £30 are beyond the funds.
///
/// ```
/// use levy_ledger::domain::{journal::{Books, MonthSums}, money::Money, reconciliation::beyond_funds, rules::RuleSet};
/// let (mut books, month) = (Books::default(), "2026-05".parse()?);
/// let mut sums = MonthSums::default();
/// (sums.flow.levy, sums.flow.own) = ("100.00".parse()?, "130.00".parse()?);
/// books.months.insert(month, sums);
/// assert_eq!(beyond_funds(&books, &RuleSet::standard(), month).to_string(), "30.00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn beyond_funds(books: &Books, rules: &RuleSet, month: Month) -> Money {
    let uncovered = |through: Month| {
        let flows = books.flows().into_iter().filter(|(month, _)| *month <= through).collect();
        let mut bookings = books.bookings();
        // The month's own expiry comes after its payments.
        bookings.retain(|booking| booking.due_month < through);
        funds_as_at(&flows, &bookings, rules, through.plus(-1).last_day()).uncovered
    };
    (uncovered(month) - uncovered(month.plus(-1))).at_least_zero()
}

/// What transfers of each month were beyond their year's allowance, the months before counted first
/// (`docs/rules.md` sections 6 and 9).
///
/// An allowance of £100, £80 transferred in May and £50 in June: £30 of June are beyond it.
///
/// ```
/// use levy_ledger::domain::reconciliation::beyond_allowances;
/// use std::collections::BTreeMap;
/// let transferred = BTreeMap::from([("2026-05".parse()?, "80.00".parse()?), ("2026-06".parse()?, "50.00".parse()?)]);
/// let allowances = BTreeMap::from([("2026-27".parse()?, "100.00".parse()?)]);
/// let beyond = beyond_allowances(&transferred, &allowances);
/// assert_eq!((beyond.len(), beyond[0].amount.to_string()), (1, "30.00".to_owned()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn beyond_allowances(
    transferred: &BTreeMap<Month, Money>,
    allowances: &BTreeMap<AllowanceYear, Money>,
) -> Vec<BeyondAllowance> {
    let mut so_far: BTreeMap<AllowanceYear, Money> = BTreeMap::new();
    let mut beyond = Vec::new();
    for (&month, &amount) in transferred {
        let allowance_year = AllowanceYear::of_month(month);
        let Some(&allowance) = allowances.get(&allowance_year) else { continue };
        let paid = so_far.entry(allowance_year).or_default();
        let before = (*paid - allowance).at_least_zero();
        *paid += amount;
        let further = (*paid - allowance).at_least_zero() - before;
        if further > Money::ZERO {
            beyond.push(BeyondAllowance { month, allowance_year, amount: further });
        }
    }
    beyond
}
