//! Levy funds and their expiry, first in first out: what an account holds at the end of a day, what
//! has expired by then and what lapses later.

mod clawback;
mod draw;
mod payable;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::calendar::Month;
use super::money::Money;
use super::rules::RuleSet;
use draw::FirstIn;

pub use payable::{Payable, available, payable};

/// What moved in one calendar month, each figure positive in its own direction: a refund or an
/// adjustment is negative (`docs/rules.md` section 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MonthFlow {
    /// Levy that entered.
    pub levy: Money,
    /// Payments for the account's own starts.
    pub own: Money,
    /// Transfers out.
    pub transferred: Money,
    /// Transfers in.
    pub received: Money,
}

impl MonthFlow {
    /// What left the account: payments and transfers out, less transfers in.
    #[must_use]
    pub fn out(&self) -> Money {
        self.own + self.transferred - self.received
    }
}

/// What moved, by calendar month: the entry month of levy, the collection month of the rest.
pub type Flows = BTreeMap<Month, MonthFlow>;

/// Expiry that is recorded and therefore final, a recorded nil too (`docs/rules.md` section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booking {
    /// The month at whose end it lapsed.
    pub due_month: Month,
    /// The one lot it names, or none for the total of the due month.
    pub entry_month: Option<Month>,
    /// What lapsed.
    pub amount: Money,
}

/// The funds of one entry month. Always `entered = spent + transferred + expired + remaining`, each
/// at least zero (`docs/rules.md` section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The month in which they entered.
    pub entry_month: Month,
    /// The last month in which they can be spent.
    pub due_month: Month,
    /// What entered, net of claw-back.
    pub entered: Money,
    /// Spent on the account's own starts.
    pub spent: Money,
    /// Paid as transfers.
    pub transferred: Money,
    /// Lapsed.
    pub expired: Money,
    /// Still to be spent.
    pub remaining: Money,
}

/// What an account's funds are at the end of a day (`docs/rules.md` section 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Funds {
    /// A lot for every month in which levy entered or was taken back, oldest first.
    pub lots: Vec<Lot>,
    /// What the balance holds in no lot: the correction after a booked month when positive; a claw-back
    /// that found no funds, or spending that no lot covers, when negative.
    pub unallocated: Money,
    /// Spending that no lot pays for: facts recorded beyond the funds.
    pub uncovered: Money,
    /// All that ever expired, recorded or not.
    pub expired: Money,
    /// Levy less what left and what expired: all remaining lots and the unallocated.
    pub balance: Money,
}

impl Funds {
    /// What can be spent: the smaller of the balance and of what the lots hold, and never below zero,
    /// because a claw-back that found no funds lowers the balance and no lot (`docs/rules.md` section 5).
    #[must_use]
    pub fn spendable(&self) -> Money {
        let remaining: Money = self.lots.iter().map(|lot| lot.remaining).sum();
        remaining.min(self.balance).at_least_zero()
    }
}

/// Every lot as one run of claw-back, recorded expiry and first in first out leaves it: `expired` is
/// what lapses in its due month if nothing more happens, or what is booked (`docs/rules.md` section 5).
///
/// £100 of 2025-09 live 24 months, £100 of 2026-09 live 12. Of £150 spent, £20 come back: the newer
/// lot expires £70.
///
/// ```
/// use levy_ledger::domain::{calendar::Month, funds::{Flows, MonthFlow, draw}, money::Money, rules::RuleSet};
/// let (levy, own): (Money, Money) = ("100.00".parse()?, "150.00".parse()?);
/// let mut flows = Flows::new();
/// for month in ["2025-09", "2026-09"] {
///     flows.insert(month.parse()?, MonthFlow { levy, ..MonthFlow::default() });
/// }
/// flows.insert("2027-07".parse()?, MonthFlow { own, ..MonthFlow::default() });
/// flows.insert("2027-08".parse()?, MonthFlow { own: "-20.00".parse()?, ..MonthFlow::default() });
/// let england = RuleSet::england();
/// let lots = draw(&flows, &[], |entered| england.due_month(entered));
/// let expired: Vec<String> = lots.iter().map(|lot| lot.expired.to_string()).collect();
/// assert_eq!(expired, ["0.00", "70.00"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn draw(flows: &Flows, bookings: &[Booking], due_month: impl Fn(Month) -> Month) -> Vec<Lot> {
    FirstIn::new(flows.iter(), bookings, due_month).draw(None, None).lots
}

/// The funds at the end of a day: recorded expiry, and for every due month that ended by then without
/// a record what its flows make of it, earlier months being final (`docs/rules.md` section 5).
///
/// `flows` and `bookings` hold what is effective by that day. £100 of May 2024 of which £30 were
/// spent: £70 lapse with the last day of May 2026.
///
/// ```
/// use levy_ledger::domain::calendar::parse_date;
/// use levy_ledger::domain::{funds::{Flows, MonthFlow, funds_as_at}, rules::RuleSet};
/// let mut flows = Flows::new();
/// flows.insert("2024-05".parse()?, MonthFlow { levy: "100.00".parse()?, ..MonthFlow::default() });
/// flows.insert("2025-01".parse()?, MonthFlow { own: "30.00".parse()?, ..MonthFlow::default() });
/// let on = |day: &str| parse_date(day).map(|day| funds_as_at(&flows, &[], &RuleSet::standard(), day));
/// assert_eq!(on("2026-05-30")?.spendable().to_string(), "70.00");
/// assert_eq!(on("2026-05-31")?.spendable().to_string(), "0.00");
/// assert_eq!(on("2026-05-31")?.expired.to_string(), "70.00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn funds_as_at(flows: &Flows, bookings: &[Booking], rules: &RuleSet, as_at: NaiveDate) -> Funds {
    let mut first_in = FirstIn::new(flows.iter(), bookings, |entered| rules.due_month(entered));
    first_in.settle(Some(last_ended(as_at)));
    first_in.funds()
}

/// What has expired by the end of a day, by due month: what is recorded, and what fell due without a
/// record; a due month that lost nothing is there with nil (`docs/rules.md` section 5).
///
/// ```
/// use levy_ledger::domain::calendar::parse_date;
/// use levy_ledger::domain::{funds::{Flows, MonthFlow, expired}, rules::RuleSet};
/// let mut flows = Flows::new();
/// flows.insert("2024-05".parse()?, MonthFlow { levy: "100.00".parse()?, ..MonthFlow::default() });
/// let by_month = expired(&flows, &[], &RuleSet::standard(), parse_date("2026-05-31")?);
/// assert_eq!(by_month.get(&"2026-05".parse()?).map(ToString::to_string).as_deref(), Some("100.00"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn expired(flows: &Flows, bookings: &[Booking], rules: &RuleSet, as_at: NaiveDate) -> BTreeMap<Month, Money> {
    let mut first_in = FirstIn::new(flows.iter(), bookings, |entered| rules.due_month(entered));
    first_in.settle(Some(last_ended(as_at)));
    let recorded = bookings.iter().map(|booking| (booking.due_month, booking.amount));
    by_month(recorded.chain(first_in.lapsed().map(|lapse| (lapse.due_month, lapse.amount))))
}

/// What fell due by the end of a month and is not recorded, lot by lot and nil too: what a close books
/// (`docs/rules.md` section 5).
///
/// £100 of May 2024 of which £30 were spent, and £50 of June 2024:
///
/// ```
/// use levy_ledger::domain::{funds::{Flows, MonthFlow, falling_due}, rules::RuleSet};
/// let mut flows = Flows::new();
/// flows.insert("2024-05".parse()?, MonthFlow { levy: "100.00".parse()?, ..MonthFlow::default() });
/// flows.insert("2024-06".parse()?, MonthFlow { levy: "50.00".parse()?, ..MonthFlow::default() });
/// flows.insert("2025-01".parse()?, MonthFlow { own: "30.00".parse()?, ..MonthFlow::default() });
/// let due = falling_due(&flows, &[], &RuleSet::standard(), "2026-05".parse()?);
/// assert_eq!((due.len(), due[0].amount.to_string()), (1, "70.00".to_owned()));
/// assert_eq!(falling_due(&flows, &due, &RuleSet::standard(), "2026-05".parse()?), []);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn falling_due(flows: &Flows, bookings: &[Booking], rules: &RuleSet, month: Month) -> Vec<Booking> {
    let mut first_in = FirstIn::new(flows.iter(), bookings, |entered| rules.due_month(entered));
    first_in.settle(Some(month));
    let named = |lapse: draw::Lapse| Booking {
        due_month: lapse.due_month,
        entry_month: Some(lapse.entry_month),
        amount: lapse.amount,
    };
    first_in.lapsed().map(named).collect()
}

/// What lapses after a day if nothing more happens than `flows` hold, by due month, nil included:
/// every due month is worked out from the flows by its end, earlier months being final
/// (`docs/rules.md` section 5).
///
/// Flows planned for later months may be among them.
///
/// ```
/// use levy_ledger::domain::calendar::parse_date;
/// use levy_ledger::domain::{funds::{Flows, MonthFlow, lapsing}, rules::RuleSet};
/// let mut flows = Flows::new();
/// flows.insert("2024-05".parse()?, MonthFlow { levy: "100.00".parse()?, ..MonthFlow::default() });
/// flows.insert("2025-01".parse()?, MonthFlow { own: "30.00".parse()?, ..MonthFlow::default() });
/// let by_month = lapsing(&flows, &[], &RuleSet::standard(), parse_date("2025-01-31")?);
/// assert_eq!(by_month.get(&"2026-05".parse()?).map(ToString::to_string).as_deref(), Some("70.00"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn lapsing(flows: &Flows, bookings: &[Booking], rules: &RuleSet, as_at: NaiveDate) -> BTreeMap<Month, Money> {
    let mut first_in = FirstIn::new(flows.iter(), bookings, |entered| rules.due_month(entered));
    first_in.settle(None);
    let ended = last_ended(as_at);
    let later = first_in.lapsed().filter(|lapse| lapse.due_month > ended);
    by_month(later.map(|lapse| (lapse.due_month, lapse.amount)))
}

/// The last month that is over at the end of a day.
#[must_use]
pub fn last_ended(day: NaiveDate) -> Month {
    let month = Month::of(day);
    if month.last_day() == day { month } else { month.plus(-1) }
}

fn by_month(amounts: impl Iterator<Item = (Month, Money)>) -> BTreeMap<Month, Money> {
    let mut months = BTreeMap::new();
    for (month, amount) in amounts {
        *months.entry(month).or_insert(Money::ZERO) += amount;
    }
    months
}
