//! The events as they were recorded, for those who ask who did what, and when.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::columns::Stored;
use super::connection::Db;
use super::rows::EventRow;
use super::schema::events;
use crate::domain::journal::Seq;

/// Which events are asked for.
pub(crate) struct Asked {
    /// Those of these accounts; none for all, those of no account too.
    pub(crate) accounts: Option<Vec<Seq>>,
    /// Those recorded at this time or later.
    pub(crate) from: Option<NaiveDateTime>,
    /// Those recorded before this time.
    pub(crate) before: Option<NaiveDateTime>,
}

/// Events after a number, oldest first.
pub(crate) fn page(db: &mut Db, asked: &Asked, after: Seq, limit: i64) -> Stored<Vec<EventRow>> {
    let from = asked.from.map(|from| last_before(db, from)).transpose()?.unwrap_or(0);
    let mut query =
        events::table.filter(events::last_seq.gt(after.max(from))).order(events::last_seq).limit(limit).into_boxed();
    if let Some(before) = asked.before {
        query = query.filter(events::last_seq.le(last_before(db, before)?));
    }
    if let Some(accounts) = &asked.accounts {
        query = query.filter(events::account_id.eq_any(accounts.clone()));
    }
    Ok(query.load(db)?)
}

/// The last number recorded before a time. Times never go back from event to event, so it is found
/// by halving and needs no index.
pub(crate) fn last_before(db: &mut Db, time: NaiveDateTime) -> Stored<Seq> {
    let last: Option<i64> = events::table.select(events::id).order(events::id.desc()).first(db).optional()?;
    let (mut low, mut high) = (0, last.unwrap_or(0));
    while low < high {
        let middle = low + (high - low + 1) / 2;
        let at: Option<NaiveDateTime> = events::table
            .filter(events::id.ge(middle))
            .select(events::recorded_at)
            .order(events::id)
            .first(db)
            .optional()?;
        if at.is_some_and(|at| at < time) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    let seq = events::table.filter(events::id.le(low)).select(events::last_seq).order(events::id.desc());
    Ok(seq.first(db).optional()?.unwrap_or(0))
}
