//! The one writer: a bounded queue, drained without a timer. Whatever waits is one transaction and
//! one flush to disk; each command in it is decided purely, in order, and refused alone.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::NaiveDate;
use diesel::connection::SimpleConnection;
use tokio::sync::{mpsc, oneshot, watch};

use super::columns::{StorageError, Stored};
use super::commit::{commit, means};
use super::connection::{self, Failure, Lasting};
use super::events::{self, Head};
use super::ledger::{Ledger, Needs};
use super::recording::Recording;
use super::rows::IdempotencyRow;
use super::statements::bulk::{Bulk, Desk};
use super::submission::Told;
use super::{idempotency, measures, schema, submission};
use crate::domain::journal::Seq;

pub use super::submission::{
    Actor, Answer, Clock, Decide, Effects, IdempotencyKey, Moment, Receipt, Refused, Steps, Submission, WriteError,
};

/// How many commands wait at the most before callers are told to come back.
const QUEUE: usize = 4_096;
/// How many commands one transaction holds at the most.
const BATCH: usize = 256;

type Reply = oneshot::Sender<Result<Told, WriteError>>;
type Waiting = (Submission, Reply);

/// The way to the writer.
#[derive(Clone)]
pub struct WriterHandle {
    queue: mpsc::Sender<Waiting>,
    state: Arc<WriterState>,
}

/// What is known of the writer from outside.
#[derive(Default)]
struct WriterState {
    out_of_room: AtomicBool,
    stopped: watch::Sender<bool>,
    head: watch::Sender<Seq>,
}

impl WriterHandle {
    /// Starts the writer on a connection of its own, with one beside that helps it to read.
    ///
    /// # Errors
    /// [`StorageError`] when the head of the ledger cannot be read.
    pub(crate) fn start(
        (mut db, beside): (Lasting, Lasting),
        clock: Arc<dyn Clock>,
        idempotency_days: u32,
    ) -> Stored<Self> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let state = Arc::new(WriterState::default());
        let head = events::head(db.get()?)?;
        let writer = Writer {
            db,
            beside,
            clock,
            ledger: Ledger::default(),
            head,
            next_answer: 1,
            idempotency_days,
            state: state.clone(),
            last_sweep: None,
        };
        let thread = std::thread::Builder::new().name("writer".to_owned());
        thread.spawn(move || writer.run(waiting)).map_err(|cause| StorageError::Connection(cause.to_string()))?;
        Ok(Self { queue, state })
    }

    /// Hands a command over and waits until it is decided and durable.
    ///
    /// # Errors
    /// [`WriteError`] when it was not decided.
    pub async fn submit(&self, submission: Submission) -> Result<Answer, WriteError> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send((submission, reply)).map_err(|refused| match refused {
            // A writer that has stopped takes nothing: the caller may come back to the next.
            mpsc::error::TrySendError::Full(_) | mpsc::error::TrySendError::Closed(_) => WriteError::Overloaded,
        })?;
        answer.await.unwrap_or(Err(WriteError::OutcomeUnknown)).map(Told::answer)
    }

    /// The same from a thread that may wait.
    ///
    /// # Errors
    /// [`WriteError`] when it was not decided.
    pub fn submit_blocking(&self, submission: Submission) -> Result<Answer, WriteError> {
        let (reply, answer) = oneshot::channel();
        self.queue.blocking_send((submission, reply)).map_err(|_| WriteError::Overloaded)?;
        answer.blocking_recv().unwrap_or(Err(WriteError::OutcomeUnknown)).map(Told::answer)
    }

    /// Tells whenever this process has recorded something.
    #[must_use]
    pub fn recorded(&self) -> watch::Receiver<Seq> {
        self.state.head.subscribe()
    }

    /// Waits until everything handed over so far is decided and durable, as it is once a command
    /// behind it that records nothing was answered. A writer that has stopped has nothing left.
    pub(crate) fn drain(&self) {
        let actor = Actor { id: String::new(), name: String::new(), request_id: String::new() };
        let decide = Decide::One(Box::new(|_, _| Err(Refused { answer: Answer::silent(), by_rule: false })));
        drop(self.submit_blocking(Submission { actor, needs: Needs::default(), key: None, decide }));
    }

    /// Waits until the writer has stopped for good, as it does when the outcome of a commit is
    /// unknown.
    pub(crate) async fn stopped(&self) {
        drop(self.state.stopped.subscribe().wait_for(|stopped| *stopped).await);
    }

    /// Whether the writer has stopped for good.
    pub(crate) fn has_stopped(&self) -> bool {
        *self.state.stopped.borrow()
    }

    /// Whether it takes commands and has room to record them. When there was none, it is tried again:
    /// a batch that follows proves that there is room by writing.
    pub(crate) fn is_ready(&self) -> bool {
        let has_room = || !self.state.out_of_room.load(Ordering::Relaxed);
        if !has_room() {
            self.drain();
        }
        !self.queue.is_closed() && !self.has_stopped() && has_room()
    }
}

struct Writer {
    db: Lasting,
    /// Reads beside it: while it holds the ledger and has recorded nothing yet, both see the same.
    beside: Lasting,
    clock: Arc<dyn Clock>,
    ledger: Ledger,
    head: Head,
    next_answer: i64,
    idempotency_days: u32,
    state: Arc<WriterState>,
    last_sweep: Option<NaiveDate>,
}

/// A batch that is decided and waits to be durable.
#[derive(Default)]
struct Decided {
    recording: Recording,
    kept: Vec<IdempotencyRow>,
    replies: Vec<(Reply, Told)>,
}

impl Writer {
    fn run(mut self, mut waiting: mpsc::Receiver<Waiting>) {
        let mut batch = Vec::with_capacity(BATCH);
        while !batch.is_empty() || waiting.blocking_recv_many(&mut batch, BATCH) > 0 {
            let begun = self.db.get().and_then(|db| Ok(connection::begin_recording(db)?));
            // While another process had the ledger, more came: it goes along.
            while let Some(next) = (begun.is_ok() && batch.len() < BATCH).then(|| waiting.try_recv().ok()).flatten() {
                batch.push(next);
            }
            let now = together(&mut batch);
            measures::waiting(batch.len() + waiting.len());
            if !self.write(begun, now) {
                self.state.stopped.send_replace(true);
                waiting.close();
                // What was not begun is known not to be recorded.
                while waiting.blocking_recv_many(&mut batch, QUEUE) > 0 {}
                answer_all(batch.into_iter().map(|(_, reply)| reply).collect(), WriteError::Overloaded);
                return;
            }
        }
    }

    /// Decides and records a batch in the transaction that was begun for it. False when the writer must
    /// stop.
    fn write(&mut self, begun: Stored<()>, batch: Vec<Waiting>) -> bool {
        let (submissions, replies): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let decided = match begun {
            Ok(()) => self.decide_all(submissions, replies),
            Err(cause) => Err((cause, replies)),
        };
        match decided {
            Ok(decided) => self.commit(decided),
            Err((cause, replies)) => self.roll_back(&cause, replies),
        }
    }

    fn decide_all(
        &mut self,
        mut submissions: Vec<Submission>,
        replies: Vec<Reply>,
    ) -> Result<Decided, (StorageError, Vec<Reply>)> {
        let (moment, mut known) = match self.prepare(&mut submissions) {
            Ok(prepared) => prepared,
            Err(cause) => return Err((cause, replies)),
        };
        let mut decided = Decided::default();
        for (submission, reply) in submissions.into_iter().zip(replies) {
            match self.decide(submission, moment, &mut known, &mut decided) {
                Ok(answer) => decided.replies.push((reply, answer)),
                // Only what is alone in its batch reads or writes while it is decided.
                Err(cause) => return Err((cause, vec![reply])),
            }
        }
        match self.append(&mut decided) {
            Ok(()) => Ok(decided),
            Err(cause) => Err((cause, decided.replies.into_iter().map(|(reply, _)| reply).collect())),
        }
    }

    /// Sees where the ledger stands, and loads what the batch needs.
    fn prepare(&mut self, submissions: &mut [Submission]) -> Stored<(Moment, HashMap<String, IdempotencyRow>)> {
        let db = self.db.get()?;
        let (head, later) = events::since(db, &self.head)?;
        let now = self.clock.now().max(head.recorded_at);
        let moment = Moment { at: now, today: self.clock.today() };
        let stays = later.filter(|_| !self.ledger.is_stale(moment.today));
        if !stays.map_or(Ok(false), |later| self.ledger.catch_up(db, &later))? {
            self.ledger = Ledger::default();
        }
        self.head = head;
        submission::load(submissions, &mut self.ledger, (db, self.beside.get()?), moment.today)?;
        let keys: Vec<String> = submissions.iter().filter_map(|s| Some(s.key.as_ref()?.key.clone())).collect();
        if keys.is_empty() {
            return Ok((moment, HashMap::new()));
        }
        let known = idempotency::known(db, keys)?;
        // Another process may have kept answers since; a kept refusal does not move the head.
        self.next_answer = idempotency::last_id(db)? + 1;
        Ok((moment, known))
    }

    fn decide(
        &mut self,
        submission: Submission,
        moment: Moment,
        known: &mut HashMap<String, IdempotencyRow>,
        decided: &mut Decided,
    ) -> Stored<Told> {
        let Submission { actor, key, decide, .. } = submission;
        if let Some((key, first)) = key.as_ref().and_then(|key| Some((key, known.get(&key.key)?))) {
            let same = first.request_digest == key.request;
            return Ok(Told::Written(if same { idempotency::replay(first) } else { key.reused.clone() }));
        }
        let outcome = match decide {
            Decide::One(decide) => decide(&self.ledger, moment)
                .map(|effects| decided.recording.record(&mut self.ledger, &mut self.head, effects, &actor, moment.at)),
            Decide::Together(steps) => self.decide_together(steps, &actor, moment, decided).map(Told::Written),
            Decide::Bulk(bulk) => self.take_bulk(bulk, &actor, moment)?.map(Told::Written),
        };
        let (told, keep) = match outcome {
            Ok(told) => (told, true),
            Err(refused) => (Told::Written(refused.answer), refused.by_rule),
        };
        let Some(key) = key.filter(|_| keep) else { return Ok(told) };
        let answer = told.answer();
        let row = idempotency::row(self.next_answer, &key, &answer, moment.at);
        self.next_answer += 1;
        known.insert(key.key, row.clone());
        decided.kept.push(row);
        Ok(Told::Written(answer))
    }

    /// Lets a command record that reads and appends by itself. What is loaded does not see what it
    /// recorded, so it is loaded anew.
    fn take_bulk(&mut self, bulk: Box<dyn Bulk>, actor: &Actor, now: Moment) -> Stored<Result<Answer, Refused>> {
        let before = self.head.seq;
        let Self { db, ledger, head, .. } = self;
        let outcome = bulk.run(&mut Desk { db: db.get()?, ledger, actor, now, head: Some(head) })?;
        if self.head.seq != before {
            self.ledger = Ledger::default();
        }
        Ok(outcome)
    }

    /// Decides several one after the other. If they are refused, nothing of them stays, neither to be
    /// appended nor in memory; there is nothing else in their batch.
    fn decide_together(
        &mut self,
        mut steps: Box<dyn Steps>,
        actor: &Actor,
        moment: Moment,
        decided: &mut Decided,
    ) -> Result<Answer, Refused> {
        let before = self.head.clone();
        while let Some(effects) = steps.next(&self.ledger, moment) {
            drop(decided.recording.record(&mut self.ledger, &mut self.head, effects, actor, moment.at));
        }
        steps.answer().inspect_err(|_| {
            if self.head != before {
                decided.recording = Recording::default();
                self.ledger = Ledger::default();
                self.head = before;
            }
        })
    }

    fn append(&mut self, decided: &mut Decided) -> Stored<()> {
        let db = self.db.get()?;
        decided.recording.append(db, &self.ledger)?;
        connection::append(db, schema::idempotency_answers::table, std::mem::take(&mut decided.kept))?;
        if self.state.out_of_room.load(Ordering::Relaxed) {
            connection::try_room(db)?;
        }
        let today = self.clock.today();
        if self.last_sweep != Some(today) {
            self.last_sweep = Some(today);
            idempotency::forget_older(db, self.clock.now(), self.idempotency_days)?;
        }
        Ok(())
    }

    fn commit(&mut self, decided: Decided) -> bool {
        // What a close read is of no use to another, nor are many accounts that were closed together.
        match self.ledger.closing.len() {
            0 | 1 => self.ledger.closing = HashMap::new(),
            _ => self.ledger = Ledger::default(),
        }
        match commit(&mut self.db, &self.head) {
            Ok(()) => {
                self.state.out_of_room.store(false, Ordering::Relaxed);
                self.state.head.send_replace(self.head.seq);
                measures::recorded(decided.replies.len(), self.head.seq);
                for (reply, answer) in decided.replies {
                    // A caller that has gone away is told nothing; what it asked for is recorded.
                    drop(reply.send(Ok(answer)));
                }
                true
            }
            Err(cause) => {
                let replies = decided.replies.into_iter().map(|(reply, _)| reply).collect();
                match means(&cause) {
                    Failure::Full | Failure::Busy | Failure::Stated | Failure::Lost => self.roll_back(&cause, replies),
                    Failure::Unknown => {
                        tracing::error!(%cause, "the outcome of a commit is unknown; the ledger stops recording");
                        answer_all(replies, WriteError::OutcomeUnknown);
                        false
                    }
                }
            }
        }
    }

    fn roll_back(&mut self, cause: &StorageError, replies: Vec<Reply>) -> bool {
        let failure = means(cause);
        self.state.out_of_room.store(failure == Failure::Full, Ordering::Relaxed);
        tracing::error!(%cause, "a batch was rolled back");
        measures::rolled_back();
        // Nothing of the batch stays in memory either.
        self.ledger = Ledger::default();
        if failure == Failure::Lost {
            self.db.lose();
            self.beside.lose();
        } else if let Err(cause) = self.db.run(|db| Ok(db.batch_execute("ROLLBACK")?)) {
            tracing::warn!(%cause, "there was nothing to roll back");
        }
        let error = match failure {
            Failure::Full => WriteError::StorageFull,
            // Another process holds the ledger, or the server was away: whoever waits may come back.
            Failure::Busy | Failure::Lost => WriteError::Overloaded,
            Failure::Stated | Failure::Unknown => WriteError::Failed,
        };
        answer_all(replies, error);
        true
    }
}

/// Takes what is decided next of what waits: what is decided alone by itself, or what comes before it.
fn together(batch: &mut Vec<Waiting>) -> Vec<Waiting> {
    let alone = batch.iter().position(|(submission, _)| submission.is_alone());
    let later = batch.split_off(alone.map_or(batch.len(), |at| at.max(1)));
    std::mem::replace(batch, later)
}

fn answer_all(replies: Vec<Reply>, error: WriteError) {
    for reply in replies {
        drop(reply.send(Err(error)));
    }
}
