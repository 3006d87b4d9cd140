//! The moment in which a batch becomes durable, and what is known of it when that goes wrong.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;

use super::columns::{StorageError, Stored};
use super::connection::{self, Failure, Lasting};
use super::events::{self, Head};

/// For how long a server is asked what became of a commit in which it was lost.
const ASKED_FOR: Duration = Duration::from_secs(60);
/// How long it is left between two questions.
const ASKED_EVERY: Duration = Duration::from_millis(250);

/// Commits a batch that leaves the ledger at a head. Where the server is lost meanwhile, it is asked what became of the batch.
pub(super) fn commit(db: &mut Lasting, head: &Head) -> Stored<()> {
    let cause = match db.run(|db| Ok(db.batch_execute("COMMIT")?)) {
        Ok(()) => return Ok(()),
        Err(cause) => cause,
    };
    if means(&cause) != Failure::Lost {
        return Err(cause);
    }
    tracing::warn!(%cause, "the server was lost in a commit; it is asked what became of it");
    let given_up = Instant::now() + ASKED_FOR;
    while Instant::now() < given_up {
        match is_recorded(db, head) {
            Ok(true) => return Ok(()),
            Ok(false) => return Err(cause),
            Err(cause) => tracing::warn!(%cause, "it cannot be asked yet"),
        }
        std::thread::sleep(ASKED_EVERY);
    }
    // Of a commit of which nobody can say what became, as of one that the disk refused.
    Err(StorageError::Database(diesel::result::Error::NotInTransaction))
}

/// Whether the last event of the batch is there. The ledger lock is taken first: whoever held it, and
/// be it a session of our own that has not ended yet, has committed by then or never will.
fn is_recorded(db: &mut Lasting, head: &Head) -> Stored<bool> {
    db.run(|db| {
        connection::begin_recording(db)?;
        let there = events::is_there(db, head.event, &head.hash)?;
        db.batch_execute("ROLLBACK")?;
        Ok(there)
    })
}

/// What a failure means for the batch in which it happened.
pub(super) fn means(cause: &StorageError) -> Failure {
    match cause {
        StorageError::Database(cause) => connection::failure(cause),
        // The server did not come back yet: nothing was begun.
        StorageError::Open(_) => Failure::Busy,
        StorageError::Connection(_)
        | StorageError::Form(_)
        | StorageError::Staging(_)
        | StorageError::Unreadable { .. } => Failure::Stated,
    }
}
