//! Where its changes leave each start: a cache, kept in the transaction of its changes, by which
//! starts are found without folding them all.

use std::collections::{BTreeMap, HashMap};

use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::columns::Stored;
use super::connection::{Db, append};
use super::rows::StartLifeRow;
use super::schema::start_lives;
use super::sums::KEYS_AT_ONCE;
use crate::domain::calendar::Month;
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
    append(db, start_lives::table, last.into_values().collect())
}

/// How many starts each account has: all, and those that can earn anything from a month on; those made
/// void left out.
pub(crate) fn counts(db: &mut Db, from: Month) -> Stored<HashMap<Seq, (i64, i64)>> {
    let live = format!("CAST(SUM(CASE WHEN last_month >= {} THEN 1 ELSE 0 END) AS BIGINT)", from.stored());
    let rows: Vec<(Seq, i64, i64)> = start_lives::table
        .filter(start_lives::voided.eq(false))
        .group_by(start_lives::account_id)
        .select((start_lives::account_id, count_star(), sql::<BigInt>(&live)))
        .load(db)?;
    Ok(rows.into_iter().map(|(account, all, live)| (account, (all, live))).collect())
}
