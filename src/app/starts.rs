//! Starts: recording them, and reading them with what the caller may see.

use uuid::Uuid;

use crate::domain::facts::Learner;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::starts;

/// What is known of a start's learner now.
pub(crate) fn learner_of(db: &mut Db, start: Uuid) -> Stored<Learner> {
    let Some(row) = starts::by_public_ids(db, &[start])?.into_iter().next() else { return Ok(Learner::default()) };
    Ok(starts::learners_of(db, &[row.id])?.remove(&row.id).unwrap_or_default())
}
