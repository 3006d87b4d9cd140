//! Who did what, when: the events as far as the caller may see them.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Europe::London;
use uuid::Uuid;

use super::Refusal;
use super::scope::Scope;
use crate::domain::journal::Seq;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::rows::EventRow;
use crate::storage::{accounts, audit, changes};

/// The time at which a day begins in London, UTC.
pub(crate) fn begins(day: NaiveDate) -> NaiveDateTime {
    let midnight = day.and_time(NaiveTime::MIN);
    London.from_local_datetime(&midnight).earliest().map_or(midnight, |begins| begins.naive_utc())
}

/// Which events are asked for.
pub(crate) struct Question {
    /// Those of this account.
    pub(crate) account: Option<Uuid>,
    /// Those recorded at this time or later.
    pub(crate) from: Option<NaiveDateTime>,
    /// Those recorded before this time.
    pub(crate) before: Option<NaiveDateTime>,
}

/// What was done, as it was recorded.
pub(crate) struct AuditEvent {
    pub(crate) id: i64,
    pub(crate) first_seq: Seq,
    pub(crate) last_seq: Seq,
    pub(crate) recorded_at: NaiveDateTime,
    pub(crate) actor: String,
    pub(crate) actor_name: String,
    pub(crate) request_id: String,
    pub(crate) action: String,
    pub(crate) account: Option<Uuid>,
    pub(crate) subject: Option<String>,
    /// JSON.
    pub(crate) body: String,
    pub(crate) hash: String,
}

/// The events after a number, oldest first.
pub(crate) fn events(
    db: &mut Db,
    scope: &Scope,
    question: &Question,
    (after, limit): (Seq, i64),
) -> Stored<Result<Vec<AuditEvent>, Refusal>> {
    let Question { account, from, before } = *question;
    let of_accounts = match account {
        Some(id) if scope.sees(id) => Some(accounts::keys_of(db, &[id])?),
        Some(_) => return Ok(Err(Refusal::NotFound("account"))),
        None => scope.limit().map(|ids| accounts::keys_of(db, ids)).transpose()?,
    };
    if account.is_some() && of_accounts.as_ref().is_some_and(|keys| keys.is_empty()) {
        return Ok(Err(Refusal::NotFound("account")));
    }
    let asked = audit::Asked { accounts: of_accounts.map(|keys| keys.into_iter().collect()), from, before };
    let rows = audit::page(db, &asked, after, limit)?;
    let ids = changes::account_ids(db, rows.iter().filter_map(|row| row.account_id).collect())?;
    let named = |row: EventRow| AuditEvent {
        id: row.id,
        first_seq: row.first_seq,
        last_seq: row.last_seq,
        recorded_at: row.recorded_at,
        actor: row.actor,
        actor_name: row.actor_name,
        request_id: row.request_id,
        action: row.action,
        account: row.account_id.and_then(|key| ids.get(&key).copied()),
        subject: row.subject,
        body: row.body,
        hash: row.hash,
    };
    Ok(Ok(rows.into_iter().map(named).collect()))
}
