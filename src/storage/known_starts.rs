//! Starts of which everything is loaded, and how what is recorded of them changes that at once.

use chrono::NaiveDate;
use uuid::Uuid;

use super::ledger::Ledger;
use super::rows::{StartChangeRow, StartLifeRow};
use super::{start_changes, start_lives};
use crate::domain::account::{Start, StartUnder};
use crate::domain::facts::{Learner, NewStart, StartTerms};
use crate::domain::journal::{Entry, Seq};
use crate::domain::starts::{StartFacts, StartHistory, StartNote};

/// A start with everything that is known of it.
#[derive(Clone, Debug)]
pub struct KnownStart {
    /// What was agreed when it was recorded.
    pub terms: StartTerms,
    /// What is known of its learner.
    pub learner: Learner,
    /// The number under which anything of it was last recorded.
    pub version: Seq,
    /// What happened to it.
    pub history: StartHistory,
    /// The same with who said so and why.
    pub notes: Vec<StartNote>,
    /// How many payments and refunds of it stand.
    pub standing: i64,
}

impl KnownStart {
    /// A start that was just recorded.
    pub(super) fn recorded(seq: Seq, NewStart { terms, learner, .. }: NewStart) -> Self {
        let facts = StartFacts {
            start_on: terms.start_on,
            planned_end_on: terms.planned_end_on,
            agreed_price: terms.agreed_price,
            funding_band_maximum: terms.funding_band_maximum,
            agreed_on: terms.agreed_on,
            change_of_employer: terms.change_of_employer,
        };
        let history = StartHistory::new(facts, Vec::new());
        Self { terms, learner, version: seq, history, notes: Vec::new(), standing: 0 }
    }
}

/// What makes a start the same as another: account, learner reference, standard and first day.
pub type StartIdentity = (Seq, String, String, NaiveDate);

impl Ledger {
    /// All that is known of a start, where that was asked for.
    #[must_use]
    pub fn known_start(&self, id: Uuid) -> Option<(&Start, &KnownStart)> {
        let start = self.starts.get(&id)?;
        Some((start, self.known_starts.get(&start.key)?))
    }

    /// Knows a start's learner anew: under another reference the start is no longer the same.
    pub(super) fn know_learner(&mut self, start: Uuid, version: Seq, learner: Learner) {
        let Some(Start { key, .. }) = self.starts.get(&start).cloned() else { return };
        if let Some(known) = self.known_starts.get_mut(&key) {
            known.learner = learner;
            known.version = version;
        }
        self.identify(start);
    }

    /// Knows what happened to a start; gives the row of it, and where it leaves the start.
    pub(super) fn know_change(
        &mut self,
        start: Uuid,
        seq: Seq,
        note: StartNote,
    ) -> Option<(StartChangeRow, StartLifeRow)> {
        let account = self.accounts.get(&self.starts.get(&start)?.account)?.key;
        let of = self.starts.get_mut(&start)?;
        let known = self.known_starts.get_mut(&of.key)?;
        let row = start_changes::row_of(seq, (of.key, account), &note);
        known.history.record(seq, note.change);
        known.notes.push(note);
        known.version = seq;
        let life = start_lives::row_of(of.key, account, &known.history);
        let same = (of.start_on, of.voided) == (life.start_on, life.voided);
        (of.start_on, of.voided) = (life.start_on, life.voided);
        let under = StartUnder { start_on: life.start_on, price: known.history.dearest_price() };
        if let (key, Some(transfer)) = (of.key, of.transfer) {
            self.hold_start(transfer, key, Some(under).filter(|_| !life.voided));
        }
        if !same {
            self.identify(start);
        }
        Some((row, life))
    }

    /// Counts an entry for the start that it pays for.
    pub(super) fn count_for_start(&mut self, entry: &Entry) {
        let Some(key) = entry.start else { return };
        if let Some(start) = self.start_ids.get(&key).and_then(|id| self.starts.get_mut(id)) {
            start.paid -= entry.amount;
        }
        if let Some(known) = self.known_starts.get_mut(&key) {
            known.standing += if entry.reverses.is_none() { 1 } else { -1 };
        }
    }

    /// Says anew what makes a start the same as another. One that is void may be recorded again.
    fn identify(&mut self, start: Uuid) {
        let Some(Start { key, account, start_on, voided, .. }) = self.starts.get(&start).cloned() else { return };
        self.start_identities.retain(|_, other| *other != key);
        let Some(known) = self.known_starts.get(&key).filter(|_| !voided) else { return };
        if let (Some(account), Some(reference)) = (self.accounts.get(&account), &known.learner.reference) {
            let identity = (account.key, reference.clone(), known.terms.standard_code.clone(), start_on);
            self.start_identities.insert(identity, key);
        }
    }
}
