//! Dry runs: commands decided on what readers see, and not recorded.

use diesel::Connection;

use super::columns::{StorageError, Stored};
use super::connection::Db;
use super::ledger::Ledger;
use super::writer::{Answer, Moment, Receipt, Submission};

/// Decides a command without recording it, on a reading connection.
///
/// # Errors
/// [`StorageError`] when what it needs cannot be read.
pub(crate) fn try_out(db: &mut Db, submission: Submission, moment: Moment) -> Stored<Answer> {
    let mut ledger = Ledger::default();
    db.transaction::<_, StorageError, _>(|db| ledger.load(db, [&submission.needs], moment.today))?;
    let receipt = Receipt { first_seq: None, at: moment.at, by: submission.actor.name, head: None };
    Ok(match (submission.decide)(&ledger, moment) {
        Ok(effects) => (effects.answer)(&receipt),
        Err(refused) => refused.answer,
    })
}
