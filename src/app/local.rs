//! Use cases recorded from this machine, by commands and the demonstration, without the interface.

use uuid::Uuid;

use super::close_many::{self, CloseMany, Outcomes};
use super::imports::{Import, ImportOutcome};
use super::months::settle;
use super::statements::{ImportStatement, StatementOutcome, StatementRefusal};
use super::{Command, Decision, Refusal};
use crate::domain::calendar::Month;
use crate::storage::closing::Ahead;
use crate::storage::ledger::Ledger;
use crate::storage::writer::{Actor, Answer, Decide, Effects, Refused, Submission};
use crate::storage::{StorageError, Store, WriteError};

/// Why a use case from this machine was not recorded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LocalError {
    /// A rule refused it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The ledger could not record it.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The ledger could not be read.
    #[error(transparent)]
    Read(#[from] StorageError),
}

/// As whom commands on this machine record.
pub(crate) fn operator(name: &str) -> Actor {
    Actor { id: "operator".to_owned(), name: name.to_owned(), request_id: String::new() }
}

/// Has a use case decided and recorded; gives what it answers.
pub(crate) fn record<C>(store: &Store, actor: &Actor, command: C) -> Result<C::Answer, LocalError>
where
    C: Command,
    C::Answer: Send,
{
    let needs = command.needs();
    let (tell, told) = std::sync::mpsc::channel();
    let tell_refusal = tell.clone();
    let decide = Box::new(move |ledger: &Ledger, now| match command.decide(ledger, now) {
        Ok(Decision { facts, account, subject, answer }) => Ok(Effects {
            facts,
            account,
            subject: subject.map(|id| id.to_string()),
            answer: Box::new(move |receipt| {
                // The receiver is there until the submission has been answered.
                drop(tell.send(Ok(answer(receipt))));
                Answer::silent()
            }),
        }),
        Err(refusal) => {
            drop(tell_refusal.send(Err(refusal)));
            Err(Refused { answer: Answer::silent(), by_rule: true })
        }
    });
    store.writer().submit_blocking(Submission {
        actor: actor.clone(),
        needs,
        key: None,
        decide: Decide::One(decide),
    })?;
    Ok(told.try_recv().map_err(|_| WriteError::Failed)??)
}

/// Has a spreadsheet decided and recorded, or only decided; gives what it came to. `taken` is told of
/// every row.
pub(crate) fn import(
    store: &Store,
    import: Import,
    dry_run: bool,
    taken: impl FnMut() + Send + 'static,
) -> Result<ImportOutcome, LocalError> {
    let (tell, told) = std::sync::mpsc::channel();
    let (needs, decide) = import.decide(taken, move |outcome| {
        let stays = outcome.as_ref().is_ok_and(|outcome| outcome.refused_rows == 0);
        drop(tell.send(outcome));
        if stays { Ok(Answer::silent()) } else { Err(Refused { answer: Answer::silent(), by_rule: true }) }
    });
    let submission = Submission { actor: operator("import"), needs, key: None, decide };
    if dry_run {
        store.try_out(submission)?;
    } else {
        store.writer().submit_blocking(submission)?;
    }
    Ok(told.try_recv().map_err(|_| WriteError::Failed)??)
}

/// Has a statement decided and recorded, or only decided; gives what it came to.
pub(crate) fn import_statement(
    store: &Store,
    statement: ImportStatement,
    dry_run: bool,
) -> Result<Result<StatementOutcome, StatementRefusal>, LocalError> {
    let dry_run = dry_run || statement.is_misread();
    let (tell, told) = std::sync::mpsc::channel();
    let (needs, decide) = statement.decide(move |outcome| {
        let stays = outcome.is_ok();
        drop(tell.send(outcome));
        if stays { Ok(Answer::silent()) } else { Err(Refused { answer: Answer::silent(), by_rule: true }) }
    });
    let submission = Submission { actor: operator("import"), needs, key: None, decide };
    if dry_run {
        store.try_out(submission)?;
    } else {
        store.writer().submit_blocking(submission)?;
    }
    Ok(told.try_recv().map_err(|_| WriteError::Failed)?)
}

/// Has a month of accounts closed, in their order and in one transaction, as far as they can be decided
/// together; gives what became of those that were taken, which the first always is.
pub(crate) fn close_many(
    store: &Store,
    actor: &Actor,
    (accounts, month): (&[Uuid], Month),
    ahead: Option<Ahead>,
) -> Result<Outcomes, LocalError> {
    let (tell, told) = std::sync::mpsc::channel();
    let needs = close_many::needs(accounts, month);
    let decide = Decide::Together(CloseMany::decide(accounts, month, ahead, move |outcomes| {
        drop(tell.send(outcomes));
        Answer::silent()
    }));
    store.writer().submit_blocking(Submission { actor: actor.clone(), needs, key: None, decide })?;
    Ok(told.try_recv().map_err(|_| WriteError::Failed)?)
}

/// Reads what closing a month of accounts needs and works out what it records, while others are closed.
pub(crate) fn read_ahead(store: &Store, accounts: &[Uuid], month: Month) -> Result<Ahead, LocalError> {
    let today = store.clock().today();
    let mut ahead = store.read(|db| Ahead::read(db, &close_many::needs(accounts, month), today))?;
    ahead.settle(settle);
    Ok(ahead)
}
