//! What is read of starts and transfers to plan what an account has promised.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::columns::Stored;
use super::connection::Db;
use super::schema::{entries, start_lives, starts};
use super::starts::histories;
use super::{accounts, transfers};
use crate::domain::calendar::Month;
use crate::domain::funds::last_ended;
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::promises::{PlannedStart, PlannedTransfer};
use crate::domain::transfers::{TransferHistory, TransferStatus};

/// The account's own starts that can still earn after a day, as known by its end: agreed by then, not
/// void, with a month of earning that is not over. Each with what it was paid by then.
pub(crate) fn own_starts(db: &mut Db, account: Seq, as_at: NaiveDate) -> Stored<Vec<PlannedStart>> {
    let ahead = last_ended(as_at).plus(1);
    let mut paid = paid_for_starts(db, account, as_at, ahead)?;
    let keys: Vec<Seq> = starts::table
        .inner_join(start_lives::table.on(start_lives::start_id.eq(starts::id)))
        .filter(start_lives::account_id.eq(account))
        .filter(start_lives::last_month.ge(ahead.stored()))
        .filter(start_lives::voided.eq(false))
        .filter(starts::transfer_id.is_null())
        .filter(starts::agreed_on.le(as_at))
        .select(starts::id)
        .load(db)?;
    let histories = histories(db, &keys, Seq::MAX)?;
    let planned = |key: Seq| {
        let learning = histories.get(&key)?.learning_at(as_at)?;
        Some(PlannedStart { learning, paid: paid.remove(&key).unwrap_or_default() })
    };
    Ok(keys.into_iter().filter_map(planned).collect())
}

/// What was paid by a day for each own start that can still earn, added up by the database.
fn paid_for_starts(db: &mut Db, account: Seq, as_at: NaiveDate, ahead: Month) -> Stored<HashMap<Seq, Money>> {
    let paid = sql::<BigInt>("CAST(-COALESCE(SUM(amount), 0) AS BIGINT)");
    let rows: Vec<(Seq, i64)> = entries::table
        .inner_join(starts::table.on(entries::start_id.eq(starts::id.nullable())))
        .inner_join(start_lives::table.on(start_lives::start_id.eq(starts::id)))
        .group_by(starts::id)
        .select((starts::id, paid))
        .filter(starts::account_id.eq(account))
        .filter(starts::transfer_id.is_null())
        .filter(start_lives::last_month.ge(ahead.stored()))
        .filter(entries::effective_on.le(as_at))
        .load(db)?;
    Ok(rows.into_iter().map(|(start, units)| (start, Money::from_units(units))).collect())
}

/// The transfers of an account that stand as accepted or live at the end of a day, on the terms of
/// that day, with what each was paid in the months that were over by then.
pub(crate) fn accepted_transfers(db: &mut Db, account: Seq, as_at: NaiveDate) -> Stored<Vec<PlannedTransfer>> {
    let mut paid = accounts::paid_by_month(db, &[account], Seq::MAX)?;
    let mut found = Vec::new();
    for stored in transfers::histories(db, &[account], Seq::MAX)? {
        let purpose = transfers::purpose_of(&stored.row)?;
        let history = TransferHistory::new(stored.facts, stored.changes);
        let standing = history.status_at(as_at);
        let accepted = matches!(standing, Some(TransferStatus::Accepted | TransferStatus::Live));
        let Some(terms) = history.terms_at(as_at).filter(|_| accepted) else { continue };
        let months = paid.remove(&(account, stored.row.id)).unwrap_or_default();
        found.push(PlannedTransfer {
            amount: terms.amount,
            schedule: terms.schedule.clone(),
            paid: by(months, last_ended(as_at)),
            programme: purpose.planned_start.zip(purpose.duration_months),
        });
    }
    Ok(found)
}

fn by(months: BTreeMap<Month, Money>, last: Month) -> BTreeMap<Month, Money> {
    months.into_iter().filter(|(month, _)| *month <= last).collect()
}
