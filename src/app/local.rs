//! Use cases recorded from this machine, by commands and the demonstration, without the interface.

use super::{Command, Decision, Refusal};
use crate::storage::writer::{Actor, Answer, Effects, Refused, Submission};
use crate::storage::{Store, WriteError};

/// Why a use case from this machine was not recorded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LocalError {
    /// A rule refused it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The ledger could not record it.
    #[error(transparent)]
    Write(#[from] WriteError),
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
    let nothing =
        || Answer { status: 200, location: None, etag: None, body: String::new(), learner_of: None, replayed: false };
    let decide = Box::new(move |ledger: &_, now| match command.decide(ledger, now) {
        Ok(Decision { facts, account, subject, answer }) => Ok(Effects {
            facts,
            account,
            subject: subject.map(|id| id.to_string()),
            answer: Box::new(move |receipt| {
                // The receiver is there until the submission has been answered.
                drop(tell.send(Ok(answer(receipt))));
                nothing()
            }),
        }),
        Err(refusal) => {
            drop(tell_refusal.send(Err(refusal)));
            Err(Refused { answer: nothing(), by_rule: true })
        }
    });
    store.writer().submit_blocking(Submission { actor: actor.clone(), needs, key: None, decide })?;
    Ok(told.try_recv().map_err(|_| WriteError::Failed)??)
}
