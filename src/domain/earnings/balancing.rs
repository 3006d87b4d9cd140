//! What completion does to the instalments: one payment balances what remains of the 80%.

use chrono::NaiveDate;

use super::{EarningKind, Instalment};
use crate::domain::calendar::Month;
use crate::domain::money::Money;

/// A completion, as far as balancing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The day on which learning was completed.
    pub completed_on: NaiveDate,
    /// The last day of learning as planned by then.
    pub planned_end_on: NaiveDate,
    /// The 80% of the price in force in that month, in pounds.
    pub on_programme_total: Money,
}

/// Completion before the planned end puts one payment of what remains of the 80% in place of the
/// instalments from its month on, even on the month's last day. On or after the planned end it does
/// so only if the instalments earned by then fall short (`docs/rules.md` section 7).
///
/// ```
/// use levy_ledger::domain::calendar::{Month, parse_date};
/// use levy_ledger::domain::earnings::{Completion, EarningKind, Instalment, balance};
/// let thousand = |month: Month| Instalment {
///     month,
///     kind: EarningKind::OnProgramme,
///     amount: "1000.00".parse().unwrap_or_default(),
/// };
/// let august: Month = "2025-08".parse()?;
/// let completion = Completion {
///     completed_on: parse_date("2026-05-20")?,
///     planned_end_on: parse_date("2026-07-31")?,
///     on_programme_total: "12000.00".parse()?,
/// };
/// let balanced = balance(august.through(august.plus(11)).map(thousand).collect(), &completion);
/// let last = balanced.last().map(|earned| (earned.month.to_string(), earned.amount.to_string()));
/// assert_eq!((balanced.len(), last), (10, Some(("2026-05".to_owned(), "3000.00".to_owned()))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn balance(mut instalments: Vec<Instalment>, completion: &Completion) -> Vec<Instalment> {
    let month = Month::of(completion.completed_on);
    let early = completion.completed_on < completion.planned_end_on;
    let earned_by_then = instalments.iter().filter(|earned| earned.month <= month).map(|earned| earned.amount);
    if !early && earned_by_then.sum::<Money>() >= completion.on_programme_total {
        return instalments;
    }
    instalments.retain(|earned| earned.month < month);
    let earned: Money = instalments.iter().map(|earned| earned.amount).sum();
    let remains = completion.on_programme_total - earned;
    if remains > Money::ZERO {
        instalments.push(Instalment { month, kind: EarningKind::Balancing, amount: remains });
    }
    instalments
}
