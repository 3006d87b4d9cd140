//! Turns of several processes at recording on one server. Whoever has the ledger lock keeps it for a few
//! milliseconds of batches, since each time that it changes hands everything has to be loaded anew.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::columns::Stored;
use super::connection::{self, Lasting};

/// How long a turn lasts at the most, while others may be waiting.
const LONGEST: Duration = Duration::from_millis(10);
/// How long it lasts without anything to record, at the most.
const LINGER: u32 = 5;
/// How often it is looked in that time whether there is something.
const LOOK: Duration = Duration::from_micros(100);

/// The turn of this process: by which session it has the lock, and since when. A file has none; each
/// transaction takes its lock.
#[derive(Default)]
pub(super) struct Turn(Option<(u64, Instant)>);

impl Turn {
    /// Begins a transaction, in the turn that it is or the next.
    pub(super) fn begin(&mut self, db: &mut Lasting) -> Stored<()> {
        let is_remote = db.is_remote();
        let (session, open) = db.session()?;
        if is_remote && self.0.is_none_or(|(of, _)| of != session) {
            connection::take_turn(open)?;
            self.0 = Some((session, Instant::now()));
        }
        Ok(connection::begin(open)?)
    }

    /// Waits for what comes next, up to so much; gives how much it is. The lock is kept while there is
    /// something within the turn.
    pub(super) fn gather<T>(
        &mut self,
        db: &mut Lasting,
        waiting: &mut mpsc::Receiver<T>,
        (into, most): (&mut Vec<T>, usize),
    ) -> usize {
        for _ in 0..LINGER {
            if self.0.is_none_or(|(_, since)| since.elapsed() > LONGEST) {
                break;
            }
            while let Some(next) = (into.len() < most).then(|| waiting.try_recv().ok()).flatten() {
                into.push(next);
            }
            if !into.is_empty() {
                return into.len();
            }
            std::thread::sleep(LOOK);
        }
        if self.0.take().is_some()
            && let Err(cause) = db.run(|db| Ok(connection::end_turn(db)?))
        {
            tracing::warn!(%cause, "the ledger lock went with its session");
        }
        waiting.blocking_recv_many(into, most)
    }
}
