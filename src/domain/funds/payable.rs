//! What a payment may use: the funds of its month that no other recorded payment needs.

use super::draw::FirstIn;
use super::{Booking, Flows, Funds, Lot};
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
/// balance lacks. A refund of a later month covers none before it (`docs/rules.md` section 5).
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
    let endless = Account { flows, bookings: &[], due_month: |entered: Month| entered.plus(ENDLESS) };
    Payable { available: available(flows, bookings, rules, month), had_nothing_lapsed: endless.usable(month) }
}

/// What a payment of a month may use, for the many that are within it and need no reason
/// (`docs/rules.md` section 5, as [`payable`]).
///
/// ```
/// use levy_ledger::domain::{funds::{Flows, MonthFlow, available}, rules::RuleSet};
/// let mut flows = Flows::new();
/// flows.insert("2024-05".parse()?, MonthFlow { levy: "100.00".parse()?, ..MonthFlow::default() });
/// assert_eq!(available(&flows, &[], &RuleSet::standard(), "2026-05".parse()?).to_string(), "100.00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn available(flows: &Flows, bookings: &[Booking], rules: &RuleSet, month: Month) -> Money {
    Account { flows, bookings, due_month: |entered| rules.due_month(entered) }.usable(month)
}

/// A life longer than any account's, in months.
const ENDLESS: i32 = 12_000;

/// All that is recorded of an account, and how long its funds live.
struct Account<'a, Life> {
    flows: &'a Flows,
    bookings: &'a [Booking],
    due_month: Life,
}

impl<Life: Fn(Month) -> Month> Account<'_, Life> {
    /// What is usable whatever comes back later: a refund covers no payment of the months before it,
    /// so that each of them is tried without it too.
    fn usable(&self, month: Month) -> Money {
        let refunds = self.flows.range(month.plus(1)..).filter(|(_, flow)| flow.out().is_negative());
        let before = refunds.map(|(refund, _)| {
            let flows: Flows = self.flows.range(..refund).map(|(month, flow)| (*month, *flow)).collect();
            Account { flows: &flows, bookings: self.bookings, due_month: &self.due_month }.usable_by_the_end(month)
        });
        let whole = self.usable_by_the_end(month);
        before.fold(whole, Money::min)
    }

    /// What the lots hold, but no more than leaves the payments of later months where they are.
    fn usable_by_the_end(&self, month: Month) -> Money {
        let funds = self.funds_of(month);
        let is_last = self.flows.last_key_value().is_none_or(|(last, _)| *last <= month);
        if is_last && self.bookings.iter().all(|booking| booking.due_month <= month) {
            return funds.spendable();
        }
        let recorded = self.in_the_end(self.flows);
        let most = held(&funds, &recorded, month);
        if is_last || most.is_zero() {
            return most;
        }
        let before = Later::than(month, &recorded);
        let mut with_payment = self.flows.clone();
        let own = self.flows.get(&month).map_or(Money::ZERO, |flow| flow.own);
        let mut leaves_them = |payment: Money| {
            with_payment.entry(month).or_default().own = own + payment;
            let after = Later::than(month, &self.in_the_end(&with_payment));
            after.uncovered <= before.uncovered && after.taken <= before.taken
        };
        if leaves_them(most) { most } else { largest(most, leaves_them) }
    }

    /// Every due month worked out.
    fn in_the_end(&self, flows: &Flows) -> FirstIn {
        let mut recorded = FirstIn::new(flows.iter(), self.bookings, &self.due_month);
        recorded.settle(None);
        recorded
    }

    /// The funds with the flows of a month counted and before its end takes what is due.
    fn funds_of(&self, month: Month) -> Funds {
        let by_then: Vec<Booking> = self.bookings.iter().filter(|b| b.due_month <= month).copied().collect();
        let mut then = FirstIn::new(self.flows.range(..=month), &by_then, &self.due_month);
        then.settle(Some(month.plus(-1)));
        then.funds()
    }
}

/// The smaller of what the lots hold in the month and of what they hold in the end: a refund recorded
/// for later is not there yet, and what a payment recorded for later takes is promised.
fn held(funds: &Funds, recorded: &FirstIn, month: Month) -> Money {
    let open = recorded.lapsed().filter(|lot| lot.entry_month <= month && month <= lot.due_month);
    let unclaimed: Money = open.map(|lot| lot.amount).sum();
    let not_booked = |(lot, booked): (&Lot, bool)| if booked { Money::ZERO } else { lot.remaining };
    let there: Money = funds.lots.iter().zip(recorded.is_booked()).map(not_booked).sum();
    (there.min(unclaimed) + funds.unallocated.min(Money::ZERO)).at_least_zero()
}

/// How payments of later months fare. Where two lives stand side by side, a payment takes the older
/// lot first even if the newer one lapses sooner, and may so push a later payment out of both.
struct Later {
    /// What no lot covers.
    uncovered: Money,
    /// What is taken from funds that enter after the month.
    taken: Money,
}

impl Later {
    fn than(month: Month, recorded: &FirstIn) -> Self {
        let funds = recorded.funds();
        let later = funds.lots.iter().filter(|lot| lot.entry_month > month);
        Self { uncovered: funds.uncovered, taken: later.map(|lot| lot.spent + lot.transferred).sum() }
    }
}

/// The largest amount below `most` that passes, by halving: the lower end always passes.
fn largest(most: Money, mut passes: impl FnMut(Money) -> bool) -> Money {
    let (mut least, mut beyond) = (0, most.units());
    while beyond - least > 1 {
        let middle = least + (beyond - least) / 2;
        if passes(Money::from_units(middle)) {
            least = middle;
        } else {
            beyond = middle;
        }
    }
    Money::from_units(least)
}
