//! Who takes part in accounts by a day: providers with an accepted transfer, and starts.

use std::collections::HashSet;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::columns::Stored;
use super::connection::Db;
use super::schema::{starts, transfer_changes, transfers};
use super::sums::KEYS_AT_ONCE;
use super::transfers::ACCEPTING;
use crate::domain::journal::Seq;

/// How many take part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Participation {
    /// Providers with a transfer accepted by the day, each counted once.
    pub(crate) providers: i64,
    /// Starts that had begun by the day.
    pub(crate) starts: i64,
}

/// Who takes part in these accounts at the end of a day, from what was recorded up to `known_at`.
pub(crate) fn by(db: &mut Db, keys: &[Seq], as_at: NaiveDate, known_at: Seq) -> Stored<Participation> {
    let mut providers: HashSet<Seq> = HashSet::new();
    let mut begun = 0;
    for keys in keys.chunks(KEYS_AT_ONCE) {
        let accepted: Vec<Seq> = transfers::table
            .inner_join(transfer_changes::table.on(transfer_changes::transfer_id.eq(transfers::id)))
            .filter(transfers::account_id.eq_any(keys.to_vec()))
            .filter(transfer_changes::change.eq_any(ACCEPTING))
            .filter(transfer_changes::changed_on.le(as_at))
            .filter(transfer_changes::seq.le(known_at))
            .select(transfers::provider_id)
            .distinct()
            .load(db)?;
        providers.extend(accepted);
        begun += starts::table
            .filter(starts::account_id.eq_any(keys.to_vec()))
            .filter(starts::start_on.le(as_at))
            .filter(starts::id.le(known_at))
            .count()
            .get_result::<i64>(db)?;
    }
    Ok(Participation { providers: i64::try_from(providers.len()).unwrap_or(i64::MAX), starts: begun })
}
