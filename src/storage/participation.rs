//! Who takes part in accounts by a day: providers with an accepted transfer, and starts.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::columns::Stored;
use super::connection::Db;
use super::schema::{start_changes, starts, transfer_changes, transfers};
use super::start_changes::{ENDING, VOIDED};
use super::sums::KEYS_AT_ONCE;
use super::transfers::{ACCEPTING, TAKEN_OVER};
use crate::domain::journal::Seq;

/// Who takes part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Participation {
    /// Providers with a transfer accepted by the day, by their keys.
    pub(crate) providers: HashSet<Seq>,
    /// Starts that had begun by the day and are not void.
    pub(crate) starts: i64,
    /// Those of them that had not ended by the day.
    pub(crate) live_starts: i64,
}

/// Who takes part in these accounts at the end of a day, from what was recorded up to `known_at`.
pub(crate) fn by(db: &mut Db, keys: &[Seq], as_at: NaiveDate, known_at: Seq) -> Stored<Participation> {
    let mut found = Participation::default();
    for keys in keys.chunks(KEYS_AT_ONCE) {
        found.providers.extend(providers_by(db, keys, as_at, known_at)?);
        let (begun, ended) = starts_by(db, keys, as_at, known_at)?;
        found.starts += begun;
        found.live_starts += begun - ended;
    }
    Ok(found)
}

/// The providers of the transfers that were accepted by the end of a day: those that had taken over by
/// then in the place of those before.
fn providers_by(db: &mut Db, keys: &[Seq], as_at: NaiveDate, known_at: Seq) -> Stored<HashSet<Seq>> {
    let changes = || {
        transfers::table
            .inner_join(transfer_changes::table.on(transfer_changes::transfer_id.eq(transfers::id)))
            .filter(transfers::account_id.eq_any(keys.to_vec()))
            .filter(transfer_changes::changed_on.le(as_at))
            .filter(transfer_changes::seq.le(known_at))
    };
    let taken_over: Vec<(Seq, Option<Seq>)> = changes()
        .filter(transfer_changes::change.eq(TAKEN_OVER))
        .order((transfer_changes::changed_on, transfer_changes::seq))
        .select((transfers::id, transfer_changes::provider_id))
        .load(db)?;
    let taken_over: HashMap<Seq, Seq> =
        taken_over.into_iter().filter_map(|(transfer, provider)| Some((transfer, provider?))).collect();
    let accepted = || changes().filter(transfer_changes::change.eq_any(ACCEPTING));
    if taken_over.is_empty() {
        return Ok(accepted().select(transfers::provider_id).distinct().load::<Seq>(db)?.into_iter().collect());
    }
    let accepted: Vec<(Seq, Seq)> = accepted().select((transfers::id, transfers::provider_id)).load(db)?;
    Ok(accepted.into_iter().map(|(transfer, first)| taken_over.get(&transfer).copied().unwrap_or(first)).collect())
}

/// How many starts had begun and how many had ended by the end of a day. They are counted as they
/// were recorded, and the few that were put right are corrected for.
fn starts_by(db: &mut Db, keys: &[Seq], as_at: NaiveDate, known_at: Seq) -> Stored<(i64, i64)> {
    let recorded: i64 = starts::table
        .filter(starts::account_id.eq_any(keys.to_vec()))
        .filter(starts::start_on.le(as_at))
        .filter(starts::id.le(known_at))
        .count()
        .get_result(db)?;
    let ended: i64 = start_changes::table
        .filter(start_changes::account_id.eq_any(keys.to_vec()))
        .filter(start_changes::change.eq_any(ENDING))
        .filter(start_changes::changed_on.le(as_at))
        .filter(start_changes::seq.le(known_at))
        .select(sql::<BigInt>("COUNT(DISTINCT start_id)"))
        .get_result(db)?;
    let (mut more, mut void) = (0, Vec::new());
    for (key, PutRight { recorded_on, start_on, voided }) in put_right(db, keys, known_at)? {
        let counts = !voided && start_on <= as_at;
        more += i64::from(counts) - i64::from(recorded_on <= as_at);
        void.extend(voided.then_some(key));
    }
    Ok((recorded + more, ended - ended_of(db, &void, as_at, known_at)?))
}

/// A start whose first day was put right, or which is void.
struct PutRight {
    recorded_on: NaiveDate,
    start_on: NaiveDate,
    voided: bool,
}

fn put_right(db: &mut Db, keys: &[Seq], known_at: Seq) -> Stored<HashMap<Seq, PutRight>> {
    let rows: Vec<(Seq, NaiveDate, String, Option<NaiveDate>)> = start_changes::table
        .inner_join(starts::table.on(starts::id.eq(start_changes::start_id)))
        .filter(start_changes::account_id.eq_any(keys.to_vec()))
        .filter(start_changes::changed_on.is_null())
        .filter(start_changes::seq.le(known_at))
        .order(start_changes::seq)
        .select((starts::id, starts::start_on, start_changes::change, start_changes::start_on))
        .load(db)?;
    let mut found = HashMap::new();
    for (key, recorded_on, change, to) in rows {
        let start = found.entry(key).or_insert(PutRight { recorded_on, start_on: recorded_on, voided: false });
        start.start_on = to.unwrap_or(start.start_on);
        start.voided |= change == VOIDED;
    }
    Ok(found)
}

/// How many of these starts had ended by the end of a day.
fn ended_of(db: &mut Db, keys: &[Seq], as_at: NaiveDate, known_at: Seq) -> Stored<i64> {
    let mut ended = 0;
    for keys in keys.chunks(KEYS_AT_ONCE) {
        ended += start_changes::table
            .filter(start_changes::start_id.eq_any(keys.to_vec()))
            .filter(start_changes::change.eq_any(ENDING))
            .filter(start_changes::changed_on.le(as_at))
            .filter(start_changes::seq.le(known_at))
            .select(sql::<BigInt>("COUNT(DISTINCT start_id)"))
            .get_result::<i64>(db)?;
    }
    Ok(ended)
}
