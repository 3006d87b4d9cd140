//! What would lapse in another order of spending. Hypothetical, and marked so.

use serde::Serialize;
use utoipa::ToSchema;

use super::wire::{DateText, MoneyText, MonthText, Text};
use crate::domain::calendar::Month;
use crate::domain::money::Money;
use crate::domain::underspend::Underspend;

/// What would lapse at the end of a month, were the rule another.
#[derive(Serialize, ToSchema)]
pub(crate) struct HypotheticalOut {
    /// The last month in which it could be spent.
    due_month: MonthText,
    /// The last day of that month.
    expires_on: DateText,
    /// Pounds that would lapse.
    amount: MoneyText,
}

/// Hypothetical: what would lapse if promised spending took the funds that lapse first. The rule takes
/// those that entered first, which under two lives of funds can be those that lapse later.
#[derive(Serialize, ToSchema)]
pub(crate) struct CouldHaveSavedOut {
    /// Always true: no figure here is what will happen.
    hypothetical: bool,
    /// What it is, in words.
    explanation: &'static str,
    /// What would lapse, by due month, where anything would.
    lapsing: Vec<HypotheticalOut>,
    /// All of that, in pounds.
    total: MoneyText,
    /// How many pounds less that is than what is at risk.
    saved: MoneyText,
}

impl From<&Underspend> for CouldHaveSavedOut {
    fn from(found: &Underspend) -> Self {
        let line = |(due_month, amount): &(Month, Money)| HypotheticalOut {
            due_month: Text(*due_month),
            expires_on: Text(due_month.last_day()),
            amount: Text(*amount),
        };
        Self {
            hypothetical: true,
            explanation: "Hypothetical: what would lapse if promised spending took the funds that lapse first. The \
                          rule takes those that entered first.",
            lapsing: found.earliest_first.iter().map(line).collect(),
            total: Text(found.earliest_first_total()),
            saved: Text(found.could_be_saved()),
        }
    }
}
