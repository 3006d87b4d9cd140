//! Dry runs: commands decided on what readers see, and not recorded.

use diesel::Connection;

use super::columns::{StorageError, Stored};
use super::connection::Db;
use super::events;
use super::ledger::Ledger;
use super::recording::Recording;
use super::statements::bulk::Desk;
use super::writer::{Actor, Answer, Decide, Moment, Receipt, Refused, Steps, Submission};

/// Decides a command without recording it, on a reading connection.
///
/// # Errors
/// [`StorageError`] when what it needs cannot be read.
pub(crate) fn try_out(db: &mut Db, submission: Submission, moment: Moment) -> Stored<Answer> {
    let mut ledger = Ledger::default();
    let head = db.transaction::<_, StorageError, _>(|db| {
        ledger.load_with_closing((db, None), &[&submission.needs], moment.today)?;
        events::head(db)
    })?;
    let Submission { actor, decide, .. } = submission;
    let outcome = match decide {
        Decide::One(decide) => decide(&ledger, moment).map(|effects| {
            let receipt = Receipt { first_seq: None, at: moment.at, by: actor.name, head: None };
            (effects.answer)(&receipt)
        }),
        Decide::Together(steps) => try_together(steps, &mut ledger, head, (&actor, moment)),
        Decide::Bulk(bulk) => {
            // Nobody else's commit comes in between while it is gone through.
            return db.transaction::<_, StorageError, _>(|db| {
                let mut desk = Desk { db, ledger: &ledger, actor: &actor, now: moment, head: None };
                Ok(bulk.run(&mut desk)?.unwrap_or_else(|refused| refused.answer))
            });
        }
    };
    Ok(outcome.unwrap_or_else(|refused| refused.answer))
}

/// Decides several one after the other. Each is recorded in memory, where the next one sees it, and
/// nowhere else.
fn try_together(
    mut steps: Box<dyn Steps>,
    ledger: &mut Ledger,
    mut head: events::Head,
    (actor, moment): (&Actor, Moment),
) -> Result<Answer, Refused> {
    while let Some(effects) = steps.next(ledger, moment) {
        drop(Recording::default().record(ledger, &mut head, effects, actor, moment.at));
    }
    steps.answer()
}
