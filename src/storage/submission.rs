//! What is handed to the writer, and what comes back.

use chrono::{NaiveDate, NaiveDateTime};

use super::closing::Ahead;
use super::columns::Stored;
use super::connection::Db;
use super::ledger::{Ledger, Needs};
use super::statements::bulk::Bulk;
use crate::domain::facts::Fact;
use crate::domain::journal::Seq;

/// Tells the time, so that tests and the demonstration can tell it otherwise.
pub trait Clock: Send + Sync {
    /// The time now, UTC.
    fn now(&self) -> NaiveDateTime;
    /// The day that it is in London.
    fn today(&self) -> NaiveDate;
}

/// Who asks, and under which request.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The public id of the token.
    pub id: String,
    /// What the token is called.
    pub name: String,
    /// The id of the request.
    pub request_id: String,
}

/// The moment at which a batch is decided.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// UTC, to the microsecond.
    pub at: NaiveDateTime,
    /// The day in London.
    pub today: NaiveDate,
}

/// What a recorded command is told of its recording; nothing on a dry run.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The number of its first fact; none when nothing was recorded.
    pub first_seq: Option<Seq>,
    /// When it was recorded.
    pub at: NaiveDateTime,
    /// By whom.
    pub by: String,
    /// Where the ledger stands with it, as `seq:hash`; none when nothing was recorded.
    pub head: Option<String>,
}

impl Receipt {
    /// The number of the fact at this position of the decision.
    #[must_use]
    pub fn seq(&self, position: usize) -> Option<Seq> {
        self.first_seq.map(|first| first.saturating_add(i64::try_from(position).unwrap_or(i64::MAX)))
    }
}

/// An answer as it is sent, and as it is kept under an idempotency key.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Where what was made can be read.
    pub location: Option<String>,
    /// The validator of what is answered.
    pub etag: Option<String>,
    /// The JSON, without personal data.
    pub body: String,
    /// The start whose learner is to be filled in.
    pub learner_of: Option<uuid::Uuid>,
    /// Whether it is the first answer to an earlier request.
    pub replayed: bool,
}

/// What a decision records, and how its answer is written once it is numbered.
pub struct Effects {
    /// The facts, each of which takes a number.
    pub facts: Vec<Fact>,
    /// The account they belong to.
    pub account: Option<Seq>,
    /// The public id of what was made or changed.
    pub subject: Option<String>,
    /// Writes the answer.
    pub answer: WriteAnswer,
}

/// Writes an answer once what it answers is numbered.
pub type WriteAnswer = Box<dyn FnOnce(&Receipt) -> Answer + Send>;

/// An answer, or all that it takes to write it: whoever waits for it does so while the writer goes on,
/// unless it is kept under a key.
pub(crate) enum Told {
    /// As it is sent.
    Written(Answer),
    /// What was recorded, and how that is answered.
    Unwritten(Receipt, WriteAnswer),
}

impl Told {
    /// The answer.
    pub(crate) fn answer(self) -> Answer {
        match self {
            Self::Written(answer) => answer,
            Self::Unwritten(receipt, write) => write(&receipt),
        }
    }
}

/// A refusal, written out.
pub struct Refused {
    /// The problem.
    pub answer: Answer,
    /// Whether a rule refused, so that the refusal is kept under an idempotency key.
    pub by_rule: bool,
}

/// Decides a command against the loaded ledger.
pub type DecideOne = Box<dyn FnOnce(&Ledger, Moment) -> Result<Effects, Refused> + Send>;

/// How a submission is decided.
pub enum Decide {
    /// By one decision.
    One(DecideOne),
    /// By several, recorded together or not at all.
    Together(Box<dyn Steps>),
    /// By going through more than memory holds.
    Bulk(Box<dyn Bulk>),
}

/// Decisions taken one after the other, each seeing the effects of those before it.
pub trait Steps: Send {
    /// Gives what was read ahead for them, if anything was.
    fn ahead(&mut self) -> Option<Ahead> {
        None
    }

    /// What the next decision records, whose own answer goes nowhere; none once all are taken. A
    /// decision that is refused is passed over here and told of by the answer.
    fn next(&mut self, ledger: &Ledger, now: Moment) -> Option<Effects>;

    /// The answer to all of them.
    ///
    /// # Errors
    /// [`Refused`] when nothing of them is to be recorded.
    fn answer(self: Box<Self>) -> Result<Answer, Refused>;
}

impl Answer {
    /// The answer that nobody reads.
    pub(crate) fn silent() -> Self {
        Self { status: 200, location: None, etag: None, body: String::new(), learner_of: None, replayed: false }
    }
}

impl Effects {
    /// Facts of one decision out of several, which is not answered by itself.
    pub(crate) fn of_step(facts: Vec<Fact>, account: Option<Seq>, subject: Option<String>) -> Self {
        Self { facts, account, subject, answer: Box::new(|_| Answer::silent()) }
    }
}

/// A key under which an answer is kept.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// Digest of the holder and the key.
    pub key: String,
    /// Digest of method, path, query and body.
    pub request: String,
    /// The refusal of another request under the same key.
    pub reused: Answer,
}

/// A command on its way to the writer.
pub struct Submission {
    /// Who asks.
    pub actor: Actor,
    /// What has to be loaded to decide.
    pub needs: Needs,
    /// The key of the answer, if the caller gave one.
    pub key: Option<IdempotencyKey>,
    /// The decision.
    pub decide: Decide,
}

impl Submission {
    /// Whether it is decided by itself, after what came before it: a month's close, because it reads
    /// the starts of its account from the database, and what is recorded together or not at all or is
    /// more than memory holds.
    pub(crate) fn is_alone(&self) -> bool {
        self.needs.closing.is_some() || matches!(self.decide, Decide::Together(_) | Decide::Bulk(_))
    }

    /// Gives what was read ahead for it, if anything was.
    fn ahead(&mut self) -> Option<Ahead> {
        match &mut self.decide {
            Decide::Together(steps) => steps.ahead(),
            Decide::One(_) | Decide::Bulk(_) => None,
        }
    }
}

/// Loads what is needed to decide these. What was read ahead for them is taken where it still counts.
pub(super) fn load(
    submissions: &mut [Submission],
    ledger: &mut Ledger,
    (db, beside): (&mut Db, &mut Db),
    today: NaiveDate,
) -> Stored<()> {
    let ahead = submissions.iter_mut().find_map(Submission::ahead);
    if let Some(read) = ahead.map(|ahead| ahead.if_it_counts(db, today)).transpose()?.flatten() {
        *ledger = read;
        return Ok(());
    }
    let needs: Vec<&Needs> = submissions.iter().map(|submission| &submission.needs).collect();
    ledger.load_with_closing((db, Some(beside)), &needs, today)
}

/// Why a command was not decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The queue is full.
    #[error("the ledger is busy")]
    Overloaded,
    /// The database has no room; nothing was recorded.
    #[error("the database has no room left")]
    StorageFull,
    /// Whether it was recorded is not known.
    #[error("it is not known whether the request was recorded")]
    OutcomeUnknown,
    /// The database failed; nothing was recorded.
    #[error("the database failed")]
    Failed,
}
