//! What starts ask an account for in a month, and the order in which it is paid.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use rust_decimal::Decimal;

use crate::domain::money::Money;

/// Whose funds a start is paid from; `T` is the caller's key of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Funding<T> {
    /// A transfer's, out of the sending account's allowance.
    Transfer(T),
    /// The account's own.
    Own,
}

/// What a start asks for in a month, for one earned month and kind (`docs/rules.md` section 8).
/// `R` is the caller's name of the demand, which ends the order of payment, so no two demands of an
/// account share one: the start's reference, then whatever tells the demands of a start apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand<R, T> {
    /// Its name, by which demands agreed at the same moment are ordered.
    pub reference: R,
    /// The moment it was agreed.
    pub agreed: NaiveDateTime,
    /// Whose funds it is paid from.
    pub funding: Funding<T>,
    /// The training provider's UKPRN, if it is known.
    pub training_provider: Option<String>,
    /// What is due, in pounds; a refund when it is below nothing.
    pub amount: Money,
    /// The employer's percent of what no funds cover, by the start's first day.
    pub employer_percent: Decimal,
}

impl<R, T> Demand<R, T> {
    /// Whether it gives money back.
    #[must_use]
    pub const fn is_refund(&self) -> bool {
        self.amount.is_negative()
    }
}

/// The groups of demands, in the order in which they are paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Refund,
    Transfer,
    /// Own training by a prioritised training provider, by its place.
    Prioritised(usize),
    Own,
}

/// Refunds come first, then transfers, then the account's own starts: those of its prioritised
/// training providers in the account's order, then the rest. Within each it goes by the moment
/// agreed, then by reference. Priorities do not apply to transfers (`docs/rules.md` section 8).
///
/// ```
/// use levy_ledger::domain::calendar::parse_date;
/// use levy_ledger::domain::{money::Money, month_end::{Demand, Funding, order_of_payment}};
/// let agreed = parse_date("2026-09-01")?.and_time(Default::default());
/// let demand = |reference, funding, ukprn: &str, whole: i64| Demand {
///     reference,
///     agreed,
///     funding,
///     training_provider: Some(ukprn.to_owned()),
///     amount: Money::from_units(whole * 100_000),
///     employer_percent: 5.into(),
/// };
/// let mut demands = vec![
///     demand("A-1", Funding::Own, "10000002", 500),
///     demand("A-2", Funding::Own, "10000001", 500),
///     demand("A-3", Funding::Transfer(7), "10000002", 500),
///     demand("A-4", Funding::Own, "10000002", -200),
/// ];
/// order_of_payment(&mut demands, &["10000001".to_owned()]);
/// let order: Vec<&str> = demands.iter().map(|demand| demand.reference).collect();
/// assert_eq!(order, ["A-4", "A-3", "A-2", "A-1"]);
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
pub fn order_of_payment<R: Ord, T>(demands: &mut [Demand<R, T>], priorities: &[String]) {
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (place, ukprn) in priorities.iter().enumerate() {
        places.entry(ukprn).or_insert(place);
    }
    let group = |demand: &Demand<R, T>| {
        if demand.is_refund() {
            return Group::Refund;
        }
        let place = demand.training_provider.as_deref().and_then(|ukprn| places.get(ukprn));
        match demand.funding {
            Funding::Transfer(_) => Group::Transfer,
            Funding::Own => place.map_or(Group::Own, |place| Group::Prioritised(*place)),
        }
    };
    demands.sort_by(|a, b| {
        let by_agreement = || (a.agreed, &a.reference).cmp(&(b.agreed, &b.reference));
        group(a).cmp(&group(b)).then_with(by_agreement)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::parse_date;

    fn demand(reference: u8, hour: u32, funding: Funding<u8>, ukprn: &str) -> Demand<u8, u8> {
        Demand {
            reference,
            agreed: parse_date("2026-09-01").unwrap().and_hms_opt(hour, 0, 0).unwrap(),
            funding,
            training_provider: Some(ukprn.to_owned()),
            amount: Money::from_units(1),
            employer_percent: 5.into(),
        }
    }

    fn order(mut demands: Vec<Demand<u8, u8>>, priorities: &[&str]) -> Vec<u8> {
        let priorities: Vec<String> = priorities.iter().map(|ukprn| (*ukprn).to_owned()).collect();
        order_of_payment(&mut demands, &priorities);
        demands.into_iter().map(|demand| demand.reference).collect()
    }

    #[test]
    fn priorities_do_not_apply_to_transfers() {
        let transfers = vec![
            demand(1, 9, Funding::Transfer(1), "10000001"),
            demand(3, 8, Funding::Transfer(2), "10000002"),
            demand(2, 8, Funding::Transfer(1), "10000003"),
        ];
        assert_eq!(order(transfers, &["10000001"]), [2, 3, 1]);
    }

    #[test]
    fn a_prioritised_training_provider_comes_before_an_earlier_agreement_by_its_first_place() {
        let mut own = vec![
            demand(1, 8, Funding::Own, "10000009"),
            demand(2, 9, Funding::Own, "10000002"),
            demand(3, 11, Funding::Own, "10000001"),
            demand(4, 10, Funding::Own, "10000001"),
        ];
        own.push(Demand { training_provider: None, ..demand(5, 7, Funding::Own, "") });
        assert_eq!(order(own, &["10000001", "10000002", "10000001"]), [4, 3, 2, 5, 1]);
    }

    #[test]
    fn refunds_come_first_whoever_trains_and_whoever_pays() {
        let refund =
            |reference, funding| Demand { amount: Money::from_units(-1), ..demand(reference, 11, funding, "10000009") };
        let demands = vec![
            demand(1, 8, Funding::Own, "10000001"),
            demand(2, 8, Funding::Transfer(1), "10000001"),
            refund(4, Funding::Transfer(1)),
            refund(3, Funding::Own),
        ];
        assert_eq!(order(demands, &["10000001"]), [3, 4, 2, 1]);
    }
}
