//! The cost that no levy funds cover, shared by the government and the employer.

use rust_decimal::Decimal;

use crate::domain::money::Money;
use crate::domain::rules::percent_of;

/// How a cost that no funds cover is shared, in pounds; both negative for what is taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CoInvestment {
    /// The government's share.
    pub government: Money,
    /// The employer's share: what the government does not pay.
    pub employer: Money,
}

impl CoInvestment {
    /// The whole cost.
    #[must_use]
    pub fn total(self) -> Money {
        self.government + self.employer
    }
}

/// The government's share of a co-invested cost is rounded to five places, a tie to the even digit,
/// and the employer pays the rest, so that nothing is lost between them (`docs/rules.md` section 8).
///
/// ```
/// use levy_ledger::domain::{money::Money, month_end::co_investment};
/// let shared = co_investment("400.00".parse()?, 5.into());
/// assert_eq!((shared.government.to_string(), shared.employer.to_string()), ("380.00".into(), "20.00".into()));
/// let tiny = co_investment("0.0003".parse()?, 5.into());
/// assert_eq!((tiny.government.to_string(), tiny.employer.to_string()), ("0.00028".into(), "0.00002".into()));
/// # Ok::<(), levy_ledger::domain::money::MoneyError>(())
/// ```
#[must_use]
pub fn co_investment(amount: Money, employer_percent: Decimal) -> CoInvestment {
    // A part of an amount is within the limits of money because the amount is.
    let government = percent_of(Decimal::ONE_HUNDRED - employer_percent, amount).unwrap_or(amount);
    CoInvestment { government, employer: amount - government }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_cost_can_fall_to_either() {
        let amount = Money::from_units(12_345);
        let of_government = CoInvestment { government: amount, employer: Money::ZERO };
        let of_employer = CoInvestment { government: Money::ZERO, employer: amount };
        assert_eq!(co_investment(amount, Decimal::ZERO), of_government);
        assert_eq!(co_investment(amount, Decimal::ONE_HUNDRED), of_employer);
    }

    #[test]
    fn what_is_taken_back_mirrors_what_was_shared() {
        let amount = Money::from_units(30);
        let (shared, back) = (co_investment(amount, 5.into()), co_investment(-amount, 5.into()));
        assert_eq!((back.government, back.employer), (-shared.government, -shared.employer));
    }
}
