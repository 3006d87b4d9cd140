//! Spending held to the funds and to the transfer allowance: what a request would pay, worked out
//! month by month and year by year before any of it is recorded.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::account::{Account, Transfer, Uses};
use super::calendar::{AllowanceYear, Month};
use super::cap::{CapExceeded, ProvisionalExcess, within_allowance};
use super::funds::{Flows, available, payable};
use super::journal::{Books, Entry, EntryKind, MonthSums, Seq};
use super::money::Money;
use super::names::Named;
use super::rules::RuleSet;
use super::schedule::increases;

/// What a payment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentKind {
    /// The account's own training.
    Own,
    /// A provider's training, by a transfer.
    Transfer,
}

impl PaymentKind {
    /// The kind of entry that records it.
    #[must_use]
    pub const fn entry_kind(self) -> EntryKind {
        match self {
            Self::Own => EntryKind::OwnPayment,
            Self::Transfer => EntryKind::TransferPayment,
        }
    }
}

impl Named for PaymentKind {
    const SCHEMA: &'static str = "PaymentKind";
    const ALL: &'static [Self] = &[Self::Own, Self::Transfer];

    fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Transfer => "transfer",
        }
    }
}

/// Payments of a month that come to more than the funds they may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundsShort {
    /// The first payment, by its place in the request, with which they do.
    pub place: usize,
    /// The month.
    pub month: Month,
    /// What the request pays in the month up to and with it, its refunds of the month taken off.
    pub requested: Money,
    /// What the month's payments may use.
    pub available: Money,
    /// Whether it would have sufficed had nothing ever lapsed.
    pub lapsed: bool,
}

/// The payments of a month may use what its lots still hold once every recorded payment is counted.
/// A request is tried by months, oldest first, each with the earlier ones counted, and each net of
/// the request's own refunds of the month (`docs/rules.md` section 5).
///
/// £100 of May 2024: £70 and £40 for June 2024 are £10 too much, and the second payment is named.
///
/// ```
/// use levy_ledger::domain::{journal::{Books, Entry, EntryKind, MonthSums, Sums}, rules::RuleSet};
/// use levy_ledger::domain::{money::Money, spending::{payment, within_funds, PaymentKind}};
/// let pounds = |whole: i64| Money::from_units(whole * 100_000);
/// let mut entered = MonthSums::default();
/// entered.count(EntryKind::Levy, pounds(100));
/// let books = Books::from(Sums::from([("2024-05".parse()?, entered)]));
/// let june = |whole| Ok::<Entry, Box<dyn std::error::Error>>(payment(PaymentKind::Own, "2024-06".parse()?, pounds(whole)));
/// assert!(within_funds(&books, &RuleSet::standard(), &[june(70)?, june(30)?]).is_ok());
/// let short = within_funds(&books, &RuleSet::standard(), &[june(70)?, june(40)?]).err().ok_or("refused")?;
/// assert_eq!((short.place, short.requested, short.available), (1, pounds(110), pounds(100)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`FundsShort`] for the first month whose payments come to more.
pub fn within_funds(books: &Books, rules: &RuleSet, entries: &[Entry]) -> Result<(), FundsShort> {
    let mut months: BTreeMap<Month, Vec<(usize, &Entry)>> = BTreeMap::new();
    for (place, entry) in entries.iter().enumerate() {
        months.entry(entry.month).or_default().push((place, entry));
    }
    let booked = books.bookings();
    let mut recorded = books.flows();
    for (month, entries) in months {
        let net: Money = entries.iter().map(|(_, entry)| -entry.amount).sum();
        if net > Money::ZERO {
            let free = available(&recorded, &booked, rules, month);
            if net > free {
                let (place, requested) = first_beyond(&entries, free);
                let endless = payable(&recorded, &booked, rules, month).had_nothing_lapsed;
                let lapsed = requested <= endless;
                return Err(FundsShort { place, month, requested, available: free, lapsed });
            }
        }
        count(&mut recorded, &entries);
    }
    Ok(())
}

/// The first payment with which those of its month pass what is free, the month's refunds counted
/// first, and what they come to with it.
fn first_beyond(entries: &[(usize, &Entry)], free: Money) -> (usize, Money) {
    let mut running: Money = entries.iter().map(|(_, entry)| (-entry.amount).min(Money::ZERO)).sum();
    let mut last = 0;
    for (place, entry) in entries.iter().filter(|(_, entry)| entry.amount.is_negative()) {
        running -= entry.amount;
        last = *place;
        if running > free {
            break;
        }
    }
    (last, running)
}

fn count(recorded: &mut Flows, entries: &[(usize, &Entry)]) {
    for (_, entry) in entries {
        let flow = recorded.entry(entry.month).or_default();
        let mut sums = MonthSums { flow: *flow, ..MonthSums::default() };
        sums.count(entry.kind, entry.amount);
        *flow = sums.flow;
    }
}

/// A transfer payment, and what it is too much for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeyondCap {
    /// The payment, by its place in the request.
    pub place: usize,
    /// The figures, with what the request's payments before it take.
    pub exceeded: CapExceeded,
}

/// A transfer payment within its year's schedule was reserved for and takes no more of the
/// allowance; beyond it, it needs free allowance of the year that holds its month's last day. The
/// request's own refunds count first; while the allowance is provisional, passing it is a warning
/// (`docs/rules.md` section 6). `transfers` holds those that the entries name.
///
/// # Errors
/// [`BeyondCap`] for the first payment with which the request passes a year's allowance.
pub fn within_allowances(
    account: &Account,
    transfers: &HashMap<Seq, Transfer>,
    entries: &[Entry],
    today: NaiveDate,
) -> Result<Vec<ProvisionalExcess>, BeyondCap> {
    let of_transfers = || entries.iter().enumerate().filter(|(_, entry)| entry.kind == EntryKind::TransferPayment);
    let payments = || of_transfers().filter(|(_, entry)| entry.amount.is_negative());
    if payments().next().is_none() {
        return Ok(Vec::new());
    }
    let mut transfers = transfers.clone();
    let mut paid = account.clone();
    let mut pay = |paid: &mut Account, entry: &Entry| {
        let transfer = entry.transfer.and_then(|key| transfers.get_mut(&key));
        paid.pay(transfer, entry, today);
    };
    of_transfers().filter(|(_, entry)| !entry.amount.is_negative()).for_each(|(_, refund)| pay(&mut paid, refund));
    let before = paid.clone();
    let mut excesses: BTreeMap<AllowanceYear, ProvisionalExcess> = BTreeMap::new();
    for (place, payment) in payments() {
        let taken = committed(&paid.uses);
        pay(&mut paid, payment);
        let now = committed(&paid.uses);
        if increases(&taken, &now).is_empty() {
            continue;
        }
        for (year, increase) in increases(&committed(&before.uses), &now) {
            let allowance = before.allowance(year, payment.effective_on, today);
            let excess = within_allowance(&allowance, increase).map_err(|exceeded| BeyondCap { place, exceeded })?;
            excesses.extend(excess.map(|excess| (year, excess)));
        }
    }
    Ok(excesses.into_values().collect())
}

fn committed(uses: &Uses) -> BTreeMap<AllowanceYear, Money> {
    uses.iter().map(|(year, used)| (*year, used.committed())).collect()
}

/// The entry of a payment, or of a refund when the amount is negative: it lowers the balance on the
/// last day of its month, which decides its allowance year (`docs/rules.md` section 6).
///
/// ```
/// use levy_ledger::domain::{money::Money, spending::{payment, PaymentKind}};
/// let entry = payment(PaymentKind::Own, "2026-04".parse()?, "521.73913".parse()?);
/// assert_eq!((entry.amount.to_string(), entry.effective_on.to_string()), ("-521.73913".into(), "2026-04-30".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn payment(kind: PaymentKind, month: Month, amount: Money) -> Entry {
    Entry::on(month.last_day(), kind.entry_kind(), -amount)
}
