//! Where its changes leave each start: a cache, kept in the transaction of its changes, by which
//! starts are found without folding them all. What was known earlier is folded anew, of those alone to
//! which something happened since.

use std::collections::{BTreeMap, HashMap};

use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::columns::Stored;
use super::connection::{Db, append};
use super::rows::StartLifeRow;
use super::schema::{start_lives, starts};
use super::start_changes::histories;
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

/// A start's transfer, and where what was known of it left it.
pub(super) type LifeThen = (Option<Seq>, StartLifeRow);

/// The starts of accounts that were there at a number and to which something happened since, each as
/// what was recorded up to it had left it.
pub(super) fn changed_after(db: &mut Db, accounts: &[Seq], known_at: Seq) -> Stored<Vec<LifeThen>> {
    if known_at == Seq::MAX {
        return Ok(Vec::new());
    }
    let since = start_lives::start_id.le(known_at).and(start_lives::version.gt(known_at));
    let changed: Vec<(Seq, Seq, Option<Seq>)> = start_lives::table
        .inner_join(starts::table.on(starts::id.eq(start_lives::start_id)))
        .filter(start_lives::account_id.eq_any(accounts.to_vec()).and(since))
        .order(start_lives::start_id)
        .select((start_lives::start_id, start_lives::account_id, starts::transfer_id))
        .load(db)?;
    let keys: Vec<Seq> = changed.iter().map(|(start, ..)| *start).collect();
    let histories = histories(db, &keys, known_at)?;
    let then = |(start, account, transfer): (Seq, Seq, Option<Seq>)| {
        Some((transfer, row_of(start, account, histories.get(&start)?)))
    };
    Ok(changed.into_iter().filter_map(then).collect())
}

/// The months of earning that are asked about.
#[derive(Clone, Copy, Default)]
pub(super) struct Earning {
    /// They begin in this month or earlier.
    pub(super) begun_by: Option<Month>,
    /// They last to this month or longer.
    pub(super) lasting_to: Option<Month>,
}

/// The starts of accounts that earn so by what was recorded up to a number, without those that are void.
pub(super) fn earning(db: &mut Db, accounts: &[Seq], months: Earning, known_at: Seq) -> Stored<Vec<Seq>> {
    let by = months.begun_by.map_or(i32::MAX, Month::stored);
    let to = months.lasting_to.map_or(i32::MIN, Month::stored);
    let so = start_lives::first_month.le(by).and(start_lives::last_month.ge(to));
    let mut found: Vec<Seq> = start_lives::table
        .filter(start_lives::account_id.eq_any(accounts.to_vec()).and(so))
        .filter(start_lives::voided.eq(false).and(start_lives::version.le(known_at)))
        .select(start_lives::start_id)
        .load(db)?;
    let changed = changed_after(db, accounts, known_at)?.into_iter().map(|(_, life)| life);
    let changed = changed.filter(|life| !life.voided && life.first_month <= by && life.last_month >= to);
    found.extend(changed.map(|life| life.start_id));
    Ok(found)
}
