//! A start that the caller may see, as a decision about it finds it.

use chrono::NaiveDate;
use uuid::Uuid;

use super::Refusal;
use super::scope::Scope;
use super::starts::{StartView, as_it_stands};
use crate::domain::account::{Account, Start, Transfer};
use crate::storage::known_starts::KnownStart;
use crate::storage::ledger::Ledger;

/// A start that the caller may see, with its account and the transfer that funds it.
pub(super) struct Seen<'l> {
    pub(super) account: &'l Account,
    pub(super) start: &'l Start,
    pub(super) known: &'l KnownStart,
    pub(super) transfer: Option<&'l Transfer>,
}

impl<'l> Seen<'l> {
    pub(super) fn of(ledger: &'l Ledger, scope: &Scope, id: Uuid) -> Result<Self, Refusal> {
        let missing = Refusal::NotFound("start");
        let found = ledger.known_start(id).filter(|(start, _)| scope.sees(start.account));
        let (start, known) = found.ok_or_else(|| missing.clone())?;
        let account = ledger.accounts.get(&start.account).ok_or(missing)?;
        let transfer = start.transfer.and_then(|key| ledger.transfer_by_key(key));
        Ok(Self { account, start, known, transfer })
    }

    /// How it is shown on a day, without personal data.
    pub(super) fn view(&self, today: NaiveDate) -> StartView {
        let KnownStart { terms, version, history, notes, .. } = self.known.clone();
        StartView {
            id: Some(self.start.public_id),
            version: Some(version),
            account: self.start.account,
            transfer: self.transfer.map(|transfer| transfer.public_id),
            status: history.status_at(today),
            terms: as_it_stands(terms, &history, today),
            paid: self.start.paid,
            notes,
            learner: None,
        }
    }
}
