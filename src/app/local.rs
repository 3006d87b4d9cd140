//! Use cases recorded from this machine, by commands and the demonstration, without the interface.

use std::sync::{Arc, Mutex};

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
    let outcome: Arc<Mutex<Option<Result<C::Answer, Refusal>>>> = Arc::default();
    let (decided, answered) = (outcome.clone(), outcome.clone());
    let keep = |place: &Mutex<Option<_>>, result| {
        if let Ok(mut place) = place.lock() {
            *place = Some(result);
        }
    };
    let nothing =
        || Answer { status: 200, location: None, etag: None, body: String::new(), learner_of: None, replayed: false };
    let decide = Box::new(move |ledger: &_, now| match command.decide(ledger, now) {
        Ok(Decision { facts, account, subject, answer }) => Ok(Effects {
            facts,
            account,
            subject: subject.map(|id| id.to_string()),
            answer: Box::new(move |receipt| {
                keep(&answered, Ok(answer(receipt)));
                nothing()
            }),
        }),
        Err(refusal) => {
            keep(&decided, Err(refusal));
            Err(Refused { answer: nothing(), by_rule: true })
        }
    });
    store.writer().submit_blocking(Submission { actor: actor.clone(), needs, key: None, decide })?;
    let result = outcome.lock().ok().and_then(|mut outcome| outcome.take());
    Ok(result.ok_or(WriteError::Failed)??)
}
