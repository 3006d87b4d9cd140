//! How what is recorded most often changes the accounts and transfers that are loaded: the same whether
//! this process recorded it or another.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::ledger::Ledger;
use crate::domain::account::{StartUnder, Transfer, Uses};
use crate::domain::journal::{Entry, EntryKind, Seq};

/// What transfers took of the allowance before they were paid, by their keys.
pub(super) type Paying = BTreeMap<Seq, Uses>;

impl Ledger {
    /// Counts an entry of an account. What it pays of a transfer moves the use of the allowance once it
    /// is settled.
    pub(super) fn count(&mut self, (seq, account): (Seq, Uuid), entry: &Entry, paying: &mut Paying) {
        self.count_for_start(entry);
        if let Some(reversed) = entry.reverses.and_then(|seq| self.entries.get_mut(&seq)) {
            reversed.reversed_by = Some(seq);
        }
        let Some(account) = self.accounts.get_mut(&account) else { return };
        account.count(entry);
        if entry.kind != EntryKind::TransferPayment {
            return;
        }
        let Some(key) = entry.transfer else {
            account.pay(None, entry, self.today.unwrap_or_default());
            return;
        };
        // With an account all its transfers are loaded.
        let transfer = self.transfer_ids.get(&key).and_then(|id| self.transfers.get_mut(id));
        if let Some(transfer) = transfer {
            let today = self.today.unwrap_or_default();
            paying.entry(key).or_insert_with(|| transfer.uses(today));
            transfer.count_paid(entry);
        }
    }

    /// Moves the use of the allowance once for all that was paid of a transfer: a close pays many starts
    /// of one.
    pub(super) fn settle_uses(&mut self, paying: &mut Paying) {
        let today = self.today.unwrap_or_default();
        for (key, before) in std::mem::take(paying) {
            let Some((of, after)) = self.transfer_by_key(key).map(|paid| (paid.account, paid.uses(today))) else {
                continue;
            };
            if let Some(account) = self.accounts.get_mut(&of) {
                account.shift_uses(&before, &after);
            }
        }
    }

    /// Knows a transfer that was agreed, and that its provider has one of the account.
    pub(super) fn agree(&mut self, transfer: Transfer) {
        if let Some(provider) = self.providers.get_mut(&transfer.agreed_with.public_id) {
            provider.use_by(transfer.account);
        }
        let Some(account) = self.accounts.get_mut(&transfer.account) else { return };
        account.shift_uses(&Uses::new(), &transfer.uses(self.today.unwrap_or_default()));
        self.transfer_ids.insert(transfer.key, transfer.public_id);
        self.transfers.insert(transfer.public_id, transfer);
    }

    /// Lets a transfer hold a start, or free its place once it is void. A transfer lapses unless a start
    /// begins in time, so that what it takes of the allowance can change.
    pub(super) fn hold_start(&mut self, transfer: Seq, start: Seq, under: Option<StartUnder>) {
        let transfer = self.transfer_ids.get(&transfer).and_then(|id| self.transfers.get_mut(id));
        let Some(transfer) = transfer else { return };
        let today = self.today.unwrap_or_default();
        let before = transfer.uses(today);
        transfer.hold_start(start, under);
        if let Some(account) = self.accounts.get_mut(&transfer.account) {
            account.shift_uses(&before, &transfer.uses(today));
        }
    }
}
