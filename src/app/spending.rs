//! What payments and reversals are held to alike: funds, allowance, and what was paid before.

use std::collections::HashMap;

use super::Refusal;
use crate::domain::account::{Account, Transfer};
use crate::domain::journal::{Entry, Seq};
use crate::domain::money::Money;
use crate::domain::spending::{FundsShort, within_allowances, within_funds};
use crate::storage::ledger::Ledger;
use crate::storage::writer::Moment;

/// Holds what would be paid to the transfer allowance and to the funds; gives the warnings.
pub(super) fn hold(
    ledger: &Ledger,
    account: &Account,
    entries: &[Entry],
    now: Moment,
) -> Result<Vec<String>, HeldBack> {
    let keys = entries.iter().filter_map(|entry| entry.transfer);
    let transfers: HashMap<Seq, Transfer> =
        keys.filter_map(|key| Some((key, ledger.transfer_by_key(key)?.clone()))).collect();
    let excesses = within_allowances(account, &transfers, entries, now.today);
    let excesses = excesses.map_err(|beyond| HeldBack::Allowance(beyond.place, beyond.exceeded))?;
    within_funds(&account.books, &account.rules, entries).map_err(HeldBack::Funds)?;
    Ok(excesses.iter().map(ToString::to_string).collect())
}

/// What holds a payment back, before it is said whether it was one of several.
pub(super) enum HeldBack {
    /// The transfer allowance.
    Allowance(usize, crate::domain::cap::CapExceeded),
    /// The funds.
    Funds(FundsShort),
}

impl HeldBack {
    /// The refusal of a payment among several, which names its place.
    pub(super) fn among_several(self) -> Refusal {
        match self {
            Self::Allowance(payment, exceeded) => Refusal::PaymentBeyondCap { payment, exceeded },
            Self::Funds(short) => refusal(short, Some(short.place)),
        }
    }

    /// The refusal of the only one there is.
    pub(super) fn alone(self) -> Refusal {
        match self {
            Self::Allowance(_, exceeded) => Refusal::CapExceeded(exceeded),
            Self::Funds(short) => refusal(short, None),
        }
    }
}

fn refusal(short: FundsShort, payment: Option<usize>) -> Refusal {
    let FundsShort { month, requested, available, lapsed, .. } = short;
    if lapsed {
        Refusal::FundsExpired { payment, month, requested, available }
    } else {
        Refusal::InsufficientFunds { payment, month, requested, available }
    }
}

/// What was paid so far for starts and by transfers, with the request's own payments counted as
/// they come, so that refunds give back no more.
pub(super) struct PaidSoFar<'l> {
    ledger: &'l Ledger,
    starts: HashMap<Seq, Money>,
    transfers: HashMap<Seq, Money>,
}

impl<'l> PaidSoFar<'l> {
    pub(super) fn of(ledger: &'l Ledger) -> Self {
        Self { ledger, starts: HashMap::new(), transfers: HashMap::new() }
    }

    /// Counts an entry, provided that it gives back no more than was paid for its start and by its
    /// transfer.
    ///
    /// # Errors
    /// A sentence with the figure.
    pub(super) fn count(&mut self, entry: &Entry) -> Result<(), String> {
        let starts = entry.start.map(|key| {
            let recorded = || self.ledger.start_by_key(key).map(|start| start.paid).unwrap_or_default();
            (self.starts.entry(key).or_insert_with(recorded), "for this start")
        });
        let transfers = entry.transfer.map(|key| {
            let transfer = self.ledger.transfer_by_key(key);
            let recorded = || transfer.map(|transfer| transfer.months.values().copied().sum()).unwrap_or_default();
            (self.transfers.entry(key).or_insert_with(recorded), "by this transfer")
        });
        let mut paid: Vec<(&mut Money, &str)> = starts.into_iter().chain(transfers).collect();
        let back = entry.amount;
        if let Some((most, what)) = paid.iter().filter(|(paid, _)| back > Money::ZERO && back > **paid).min() {
            let (most, back) = (most.in_words(), back.in_words());
            return Err(format!("{back} would be given back, but only {most} was paid {what}"));
        }
        for (paid, _) in &mut paid {
            **paid -= back;
        }
        Ok(())
    }
}
