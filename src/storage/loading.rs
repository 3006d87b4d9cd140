//! Very much at once: facts that were decided elsewhere, as when a ledger is taken over from another
//! system, become rows like any others. They take their numbers, are chained, and keep the sums and
//! the current states; a transaction holds as many as it is given.

use std::sync::mpsc::{Sender, channel};

use uuid::Uuid;

use super::columns::Stored;
use super::known_starts::KnownStart;
use super::ledger::{Ledger, Needs};
use super::recording::Recording;
use super::statements::bulk::{Bulk, Desk};
use super::writer::{Actor, Answer, Decide, Effects, Refused, Submission, WriteError};
use super::{Store, rows::Rows};
use crate::domain::facts::{Fact, NewStart};
use crate::domain::journal::Seq;

/// Why nothing was loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Somebody else recorded something, so that the facts would take other numbers.
    #[error("the next number is {next}: the facts name each other as if it were {named}")]
    Moved {
        /// The number that comes next.
        next: Seq,
        /// The number from which they were written.
        named: Seq,
    },
    /// A fact that is recorded by its own command, or is of something that is not there.
    #[error("{left} of {given} facts cannot be loaded: what they are of is not there, or they are recorded otherwise")]
    Left {
        /// How many.
        left: usize,
        /// Of how many.
        given: usize,
    },
    /// The ledger could not record them.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl Store {
    /// The number that the next fact takes.
    ///
    /// # Errors
    /// [`super::StorageError`] when it cannot be read.
    pub fn next_number(&self) -> Stored<Seq> {
        self.read(|db| Ok(super::events::head(db)?.seq + 1))
    }

    /// Records facts in one transaction, each list of them as one event, under the name of who loads
    /// them; gives the number that comes after them. `first` is the number that the first one takes: by
    /// it and its place every fact knows the keys of those before it.
    ///
    /// No rule is asked: what is loaded was decided elsewhere. What happens to a start stands in a later
    /// event than the start. Accounts, providers, transfers, starts and
    /// what happens to them, entries, closed months and notices can be loaded.
    ///
    /// # Errors
    /// [`LoadError`]; then nothing of them is recorded.
    pub fn load(&self, by: &str, first: Seq, events: Vec<Vec<Fact>>) -> Result<Seq, LoadError> {
        let (tell, told) = channel();
        let actor = Actor { id: "operator".to_owned(), name: by.to_owned(), request_id: String::new() };
        let decide = Decide::Bulk(Box::new(Load { first, events, tell }));
        self.writer().submit_blocking(Submission { actor, needs: Needs::default(), key: None, decide })?;
        told.try_recv().map_err(|_| WriteError::Failed)?
    }
}

/// Facts on their way to the writer.
struct Load {
    first: Seq,
    events: Vec<Vec<Fact>>,
    tell: Sender<Result<Seq, LoadError>>,
}

impl Bulk for Load {
    fn run(self: Box<Self>, desk: &mut Desk<'_>) -> Stored<Result<Answer, Refused>> {
        let Self { first, events, tell } = *self;
        let outcome = record(desk, first, events)?;
        let stays = outcome.is_ok();
        // Whoever loads waits for it.
        drop(tell.send(outcome));
        Ok(if stays { Ok(Answer::silent()) } else { Err(Refused { answer: Answer::silent(), by_rule: true }) })
    }
}

fn record(desk: &mut Desk<'_>, first: Seq, events: Vec<Vec<Fact>>) -> Stored<Result<Seq, LoadError>> {
    let Some(known) = desk.head.as_deref_mut() else { return Ok(Err(WriteError::Failed.into())) };
    let mut head = known.clone();
    if head.seq + 1 != first {
        return Ok(Err(LoadError::Moved { next: head.seq + 1, named: first }));
    }
    let mut ledger = Ledger::default();
    let needs = needs(&events);
    ledger.load(desk.db, [&needs], desk.now.today)?;
    let mut recording = Recording::default();
    for facts in events {
        let account = facts.first().and_then(|fact| account_of(&ledger, fact));
        let changing: Vec<NewStart> = changing(&facts, &needs.whole_starts).cloned().collect();
        let effects = Effects::of_step(facts, account, None);
        drop(recording.record(&mut ledger, &mut head, effects, desk.actor, desk.now.at));
        for new in changing {
            if let Some(key) = ledger.starts.get(&new.public_id).map(|start| start.key) {
                ledger.known_starts.insert(key, KnownStart::recorded(key, new));
            }
        }
    }
    let given = usize::try_from(head.seq + 1 - first).unwrap_or_default();
    let left = given.saturating_sub(numbered(recording.rows()));
    if left > 0 {
        return Ok(Err(LoadError::Left { left, given }));
    }
    recording.append(desk.db, &ledger)?;
    *known = head;
    Ok(Ok(known.seq + 1))
}

/// What has to be there already for facts to become rows.
fn needs(events: &[Vec<Fact>]) -> Needs {
    let mut needs = Needs::default();
    for fact in events.iter().flatten() {
        match fact {
            Fact::TransferAgreed(new) => needs.providers.push(new.provider),
            Fact::TransferChanged { transfer, .. } => needs.transfers.push(*transfer),
            Fact::StartChanged { start, .. } => needs.whole_starts.push(*start),
            fact => needs.accounts.extend(named_account(fact)),
        }
    }
    for named in [&mut needs.accounts, &mut needs.providers, &mut needs.transfers, &mut needs.whole_starts] {
        named.sort_unstable();
        named.dedup();
    }
    needs
}

/// The starts among facts to which later events say that something happened.
fn changing<'f>(facts: &'f [Fact], changed: &'f [Uuid]) -> impl Iterator<Item = &'f NewStart> {
    let recorded =
        facts.iter().filter_map(|fact| if let Fact::StartRecorded(new) = fact { Some(&**new) } else { None });
    recorded.filter(|new| changed.binary_search(&new.public_id).is_ok())
}

/// The account that a fact names.
fn named_account(fact: &Fact) -> Option<Uuid> {
    match fact {
        Fact::Moved { account, .. } | Fact::MonthClosed { account, .. } | Fact::Noticed { account, .. } => {
            Some(*account)
        }
        Fact::TransferAgreed(new) => Some(new.account),
        Fact::StartRecorded(new) => Some(new.account),
        Fact::AccountOpened { .. }
        | Fact::SettingsChanged { .. }
        | Fact::Declared(_)
        | Fact::SchemeShared { .. }
        | Fact::ProviderRegistered { .. }
        | Fact::ProviderAmended { .. }
        | Fact::TransferChanged { .. }
        | Fact::StartChanged { .. }
        | Fact::LearnerChanged { .. }
        | Fact::LearnerErased { .. }
        | Fact::RuleSetMade { .. }
        | Fact::RuleRowsAdded { .. }
        | Fact::JournalProfileMade { .. }
        | Fact::WorkforceCounted { .. }
        | Fact::WebhookMade(_)
        | Fact::WebhookRemoved { .. }
        | Fact::TokenIssued(_)
        | Fact::TokenRevoked { .. } => None,
    }
}

/// The key of the account that a fact is of, where it is there before the fact.
fn account_of(ledger: &Ledger, fact: &Fact) -> Option<Seq> {
    let account = match fact {
        Fact::TransferChanged { transfer, .. } => ledger.transfers.get(transfer)?.account,
        Fact::StartChanged { start, .. } => ledger.starts.get(start)?.account,
        fact => named_account(fact)?,
    };
    ledger.accounts.get(&account).map(|account| account.key)
}

/// How many rows stand under a number of their own, of those that can be loaded.
fn numbered(rows: &Rows) -> usize {
    // A transfer's first change stands under the transfer's number.
    let changes = rows.transfer_changes.len();
    let others = [rows.accounts.len(), rows.providers.len(), rows.starts.len(), rows.start_changes.len()];
    let entries = [rows.entries.len(), rows.closed_months.len(), rows.notices.len()];
    changes + others.into_iter().chain(entries).sum::<usize>()
}
