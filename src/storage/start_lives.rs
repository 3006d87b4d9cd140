//! Where its changes leave each start: a cache, kept in the transaction of its changes, by which
//! starts are found without folding them all.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::connection::{Db, append_bulk};
use super::rows::StartLifeRow;
use super::schema::start_lives;
use super::sums::KEYS_AT_ONCE;
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::starts::StartHistory;

/// Where everything recorded leaves a start.
pub(super) fn row_of(start: Seq, account: Seq, history: &StartHistory) -> StartLifeRow {
    let (first, last) = history.earning_months();
    StartLifeRow {
        start_id: start,
        account_id: account,
        start_on: history.first_day(),
        first_month: first.stored(),
        last_month: last.stored(),
        dearest_price: Money::units(history.dearest_price()),
        version: history.last_recorded().unwrap_or(start),
        ended_on: history.ended_on(),
        voided: history.is_void(),
    }
}

/// Sets the lives of starts as a batch leaves them, the last of each.
pub(super) fn set(db: &mut Db, rows: Vec<StartLifeRow>) -> QueryResult<()> {
    let last: BTreeMap<Seq, StartLifeRow> = rows.into_iter().map(|row| (row.start_id, row)).collect();
    let changed: Vec<Seq> = last.values().filter(|row| row.version != row.start_id).map(|row| row.start_id).collect();
    for keys in changed.chunks(KEYS_AT_ONCE) {
        diesel::delete(start_lives::table.filter(start_lives::start_id.eq_any(keys.to_vec()))).execute(db)?;
    }
    append_bulk(db, start_lives::table, last.into_values().collect())
}
