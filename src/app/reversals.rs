//! Taking entries back.

use super::entries::NamedIds;
use super::scope::Scope;
use super::spending::{HeldBack, PaidSoFar, hold};
use super::{Command, Decision, Refusal};
use crate::domain::account::Account;
use crate::domain::facts::Fact;
use crate::domain::journal::{Entry, EntryKind, Seq};
use crate::domain::reversal::reversal;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::writer::{Moment, Receipt};

/// Takes an entry back by another of the same kind and opposite amount. Once.
pub(crate) struct ReverseEntry {
    pub(crate) scope: Scope,
    pub(crate) seq: Seq,
    pub(crate) reason: String,
}

/// The entry that takes another back.
pub(crate) struct EntryReversed {
    pub(crate) entry: Entry,
    pub(crate) named: NamedIds,
    pub(crate) receipt: Receipt,
}

impl Command for ReverseEntry {
    type Answer = EntryReversed;

    fn needs(&self) -> Needs {
        Needs { entries: vec![self.seq], ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, now: Moment) -> Result<Decision<EntryReversed>, Refusal> {
        let missing = Refusal::NotFound("entry");
        let known = ledger.entries.get(&self.seq).filter(|known| self.scope.sees(known.account)).ok_or(missing)?;
        let account = self.scope.account(ledger, known.account)?;
        if let Some(by) = known.reversed_by {
            return Err(Refusal::AlreadyReversed { entry: self.seq, by });
        }
        let entry = reversal(self.seq, &known.entry, &self.reason, account.books.first_open())
            .map_err(|cause| Refusal::InvalidTransition(cause.to_string()))?;
        check(ledger, account, &entry, now)?;
        let start = entry.start.and_then(|key| ledger.start_by_key(key)).map(|start| start.public_id);
        let transfer = entry.transfer.and_then(|key| ledger.transfer_by_key(key)).map(|transfer| transfer.public_id);
        let named = NamedIds { start, transfer };
        let recorded = entry.clone();
        Ok(Decision {
            facts: vec![Fact::Moved { account: account.public_id, entry }],
            account: Some(account.key),
            subject: None,
            answer: Box::new(move |receipt| EntryReversed { entry: recorded, named, receipt: receipt.clone() }),
        })
    }
}

/// A payment that is taken back is a refund, and a refund that is taken back spends again; levy is
/// taken back whatever the funds.
fn check(ledger: &Ledger, account: &Account, entry: &Entry, now: Moment) -> Result<(), Refusal> {
    match entry.kind {
        EntryKind::OwnPayment | EntryKind::TransferPayment => {
            let refused = |detail| Refusal::InvalidTransition(format!("{detail}; reverse the refund instead"));
            PaidSoFar::of(ledger).count(entry).map_err(refused)?;
            if entry.amount.is_negative() {
                hold(ledger, account, std::slice::from_ref(entry), now).map_err(HeldBack::alone)?;
            }
            Ok(())
        }
        EntryKind::Levy | EntryKind::LevyAdjustment => {
            let total: crate::domain::money::Money = account.books.months.values().map(|sums| sums.flow.levy).sum();
            if (total + entry.amount).within_limit() {
                return Ok(());
            }
            Err(Refusal::InvalidTransition("an account holds at most 90000000000.00 pounds of levy funds".to_owned()))
        }
        EntryKind::TransferReceived | EntryKind::Expiry | EntryKind::Correction => Ok(()),
    }
}
