//! Who pays what in a month: what starts ask for, in which order it is paid, how far an account's
//! funds and allowance go, who bears the rest, and where a refund goes back to.

mod co_investment;
mod demands;
mod means;
mod refunds;

use std::collections::BTreeMap;

use super::calendar::Month;
use super::earnings::{EarningKind, Instalment};
use super::money::Money;

pub use co_investment::{CoInvestment, co_investment};
pub use demands::{Demand, Funding, order_of_payment};
pub use means::{Means, Outcome, TransferYear, pay_in_order};
pub use refunds::{PaidPart, Source, refund, refundable, take_back};

/// A month's close asks for what every month up to it has earned, less what was settled for it
/// before: what is new, what was missed, and what a changed fact altered. What was settled and is
/// no longer earned is asked for with the opposite sign (`docs/rules.md` section 8).
///
/// £800.00 was settled for September and the price has since fallen to £700.00 a month: the close of
/// October takes £100.00 back and pays £700.00.
///
/// ```
/// use std::collections::BTreeMap;
/// use levy_ledger::domain::earnings::{EarningKind, Instalment};
/// use levy_ledger::domain::{calendar::Month, money::Money, month_end::differences};
/// let (september, october): (Month, Month) = ("2026-09".parse()?, "2026-10".parse()?);
/// let pounds = |whole: i64| Money::from_units(whole * 100_000);
/// let kind = EarningKind::OnProgramme;
/// let earned = [september, october, october.plus(1)].map(|month| Instalment { month, kind, amount: pounds(700) });
/// let settled = BTreeMap::from([((september, kind), pounds(800))]);
/// let expected = [(september, kind, pounds(-100)), (october, kind, pounds(700))];
/// assert_eq!(differences(&earned, &settled, october), expected);
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
#[must_use]
pub fn differences(
    earned: &[Instalment],
    settled: &BTreeMap<(Month, EarningKind), Money>,
    through: Month,
) -> Vec<(Month, EarningKind, Money)> {
    let earned = earned.iter().map(|earning| ((earning.month, earning.kind), earning.amount));
    let settled = settled.iter().map(|(key, amount)| (*key, -*amount));
    let mut open: Vec<_> = earned.chain(settled).filter(|((month, _), _)| *month <= through).collect();
    open.sort_by_key(|(key, _)| *key);
    open.dedup_by(|(key, amount), (before, sum)| {
        let same = key == before;
        *sum += if same { *amount } else { Money::ZERO };
        same
    });
    let due = open.into_iter().filter(|(_, amount)| !amount.is_zero());
    due.map(|((month, kind), amount)| (month, kind, amount)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn pounds(whole: i64) -> Money {
        Money::from_units(whole * 100_000)
    }

    #[test]
    fn what_was_settled_and_is_no_longer_earned_is_taken_back() {
        let key = (month("2026-09"), EarningKind::Completion);
        let settled = BTreeMap::from([(key, pounds(3_000)), ((month("2026-11"), EarningKind::Completion), pounds(5))]);
        assert_eq!(differences(&[], &settled, month("2026-10")), [(key.0, key.1, pounds(-3_000))]);
    }

    #[test]
    fn a_month_s_kinds_are_settled_apart_and_its_earnings_of_one_kind_together() {
        let earning = |kind, amount| Instalment { month: month("2026-09"), kind, amount: pounds(amount) };
        let earned = [
            earning(EarningKind::Completion, 200),
            earning(EarningKind::OnProgramme, 30),
            earning(EarningKind::OnProgramme, 40),
        ];
        let settled = BTreeMap::from([((month("2026-09"), EarningKind::OnProgramme), pounds(70))]);
        let due = [(month("2026-09"), EarningKind::Completion, pounds(200))];
        assert_eq!(differences(&earned, &settled, month("2026-09")), due);
    }
}
