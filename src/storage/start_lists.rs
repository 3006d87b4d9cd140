//! Lists of starts, filtered by where they stand on a day.

use chrono::NaiveDate;
use diesel::dsl::{not, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::columns::Stored;
use super::connection::Db;
use super::rows::StartRow;
use super::schema::{start_changes, start_lives, starts};
use super::start_changes::ENDING;
use crate::domain::journal::Seq;
use crate::domain::starts::StartStatus;

/// Which starts of an account are listed.
pub(crate) struct StartsWanted {
    /// The account's key.
    pub(crate) account: Seq,
    /// Only those under this transfer.
    pub(crate) transfer: Option<Seq>,
    /// Only those that stand so on `today`.
    pub(crate) status: Option<StartStatus>,
    /// The day that decides about the status.
    pub(crate) today: NaiveDate,
    /// The key after which the page begins.
    pub(crate) after: Seq,
    /// How many at the most.
    pub(crate) limit: i64,
}

/// A page of starts, oldest first.
pub(crate) fn page(db: &mut Db, wanted: &StartsWanted) -> Stored<Vec<StartRow>> {
    let of_account = starts::account_id.eq(wanted.account).and(starts::id.gt(wanted.after));
    let lives = start_lives::table.on(start_lives::start_id.eq(starts::id));
    let found = starts::table.inner_join(lives).filter(of_account).select(StartRow::as_select());
    let mut query = found.order(starts::id).limit(wanted.limit).into_boxed();
    if let Some(transfer) = wanted.transfer {
        query = query.filter(starts::transfer_id.eq(transfer));
    }
    let Some(status) = wanted.status else { return Ok(query.load(db)?) };
    let today = wanted.today;
    query = query.filter(start_lives::voided.eq(status == StartStatus::Void));
    query = match status {
        StartStatus::Void => query,
        StartStatus::Planned => query.filter(start_lives::start_on.gt(today)),
        StartStatus::Live => query
            .filter(start_lives::start_on.le(today))
            .filter(not(changed(&ENDING, today)))
            .filter(not(paused(today))),
        StartStatus::Paused => query.filter(not(changed(&ENDING, today))).filter(paused(today)),
        StartStatus::Withdrawn => query.filter(changed(&["withdrawn"], today)),
        StartStatus::Completed => {
            query.filter(changed(&["completed"], today)).filter(not(changed(&["achieved"], today)))
        }
        StartStatus::Achieved => query.filter(changed(&["achieved"], today)),
    };
    Ok(query.load(db)?)
}

/// The starts of an account that can have come to their planned end by the end of a day without having
/// ended: agreed and begun by then, with a planned end by then at some time. Their lives decide.
pub(crate) fn past_planned_end(db: &mut Db, account: Seq, as_at: NaiveDate) -> Stored<Vec<Seq>> {
    let replanned = start_changes::account_id.eq(account).and(start_changes::planned_end_on.le(as_at));
    let replanned = start_changes::table.filter(replanned).select(start_changes::start_id);
    let going_on = start_lives::voided.eq(false).and(start_lives::start_on.le(as_at));
    Ok(starts::table
        .inner_join(start_lives::table.on(start_lives::start_id.eq(starts::id)))
        .filter(starts::account_id.eq(account).and(starts::agreed_on.le(as_at)))
        .filter(going_on)
        .filter(start_lives::ended_on.is_null().or(start_lives::ended_on.gt(as_at)))
        .filter(starts::planned_end_on.le(as_at).or(starts::id.eq_any(replanned)))
        .order(starts::id)
        .select(starts::id)
        .load(db)?)
}

/// Whether one of these changes had happened to a start by the end of a day.
fn changed(changes: &[&str], day: NaiveDate) -> SqlLiteral<Bool> {
    let changes = changes.join("', '");
    sql(&format!(
        "EXISTS (SELECT 1 FROM start_changes c WHERE c.start_id = starts.id AND c.change IN ('{changes}') \
         AND c.changed_on <= '{day}')"
    ))
}

/// Whether a start stood paused at the end of a day: breaks begin and end in turn, so that one which
/// has not ended is one more beginning than ends.
fn paused(day: NaiveDate) -> SqlLiteral<Bool> {
    sql(&format!(
        "(SELECT COALESCE(SUM(CASE c.change WHEN 'paused' THEN 1 WHEN 'resumed' THEN -1 ELSE 0 END), 0) FROM start_changes c \
         WHERE c.start_id = starts.id AND c.changed_on <= '{day}') > 0"
    ))
}
