//! What a payment may use: the funds of its month that no other recorded payment needs.

use super::draw::FirstIn;
use super::{Booking, Flows, Lot};
use crate::domain::calendar::Month;
use crate::domain::money::Money;
use crate::domain::rules::RuleSet;

/// How much a payment may use (`docs/rules.md` section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payable {
    /// What it may use.
    pub available: Money,
    /// What it could have used had nothing ever lapsed: a larger figure says that expiry stands in the way.
    pub had_nothing_lapsed: Money,
}

/// A payment of a month may use what the lots that had entered by then, had not lapsed before and are
/// not booked still hold once every recorded payment is counted, later ones too; less what the
/// balance lacks (`docs/rules.md` section 5).
///
/// £100 of May 2024, £30 recorded for January 2026: £70 for December 2025, and none for June 2026,
/// when they have lapsed.
///
/// ```
/// use levy_ledger::domain::{funds::{Flows, MonthFlow, payable}, rules::RuleSet};
/// let mut flows = Flows::new();
/// flows.insert("2024-05".parse()?, MonthFlow { levy: "100.00".parse()?, ..MonthFlow::default() });
/// flows.insert("2026-01".parse()?, MonthFlow { own: "30.00".parse()?, ..MonthFlow::default() });
/// let december = payable(&flows, &[], &RuleSet::standard(), "2025-12".parse()?);
/// assert_eq!(december.available.to_string(), "70.00");
/// let june = payable(&flows, &[], &RuleSet::standard(), "2026-06".parse()?);
/// assert_eq!(june.available.to_string(), "0.00");
/// assert_eq!(june.had_nothing_lapsed.to_string(), "70.00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn payable(flows: &Flows, bookings: &[Booking], rules: &RuleSet, month: Month) -> Payable {
    Payable {
        available: usable(flows, bookings, |entered| rules.due_month(entered), month),
        had_nothing_lapsed: usable(flows, &[], |entered| entered.plus(ENDLESS), month),
    }
}

/// A life longer than any account's, in months.
const ENDLESS: i32 = 12_000;

/// The smaller of what the lots hold at the month's end and of what they hold in the end: a refund
/// recorded for later is not there yet, and a payment recorded for later is not to be displaced.
fn usable(flows: &Flows, bookings: &[Booking], due_month: impl Fn(Month) -> Month + Copy, month: Month) -> Money {
    let mut recorded = FirstIn::new(flows.iter(), bookings, due_month);
    recorded.settle(None);
    let open = recorded.lapsed().filter(|lot| lot.entry_month <= month && month <= lot.due_month);
    let in_the_end: Money = open.map(|lot| lot.amount).sum();

    let by_then: Vec<Booking> = bookings.iter().filter(|booking| booking.due_month <= month).copied().collect();
    let mut then = FirstIn::new(flows.range(..=month), &by_then, due_month);
    then.settle(Some(month.plus(-1)));
    let funds = then.funds();
    let not_booked = |(lot, booked): (&Lot, bool)| if booked { Money::ZERO } else { lot.remaining };
    let held: Money = funds.lots.iter().zip(recorded.is_booked()).map(not_booked).sum();
    (held.min(in_the_end) + funds.unallocated.min(Money::ZERO)).at_least_zero()
}
