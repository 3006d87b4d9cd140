//! Answers kept under the caller's key, in the transaction of what they answer.

use std::collections::HashMap;

use chrono::{Days, NaiveDateTime};
use diesel::prelude::*;
use uuid::Uuid;

use super::columns::Stored;
use super::connection::Db;
use super::rows::IdempotencyRow;
use super::schema::idempotency_answers::dsl;
use super::writer::{Answer, IdempotencyKey};

/// The number of the last answer kept.
pub(crate) fn last_id(db: &mut Db) -> Stored<i64> {
    let last: Option<i64> = dsl::idempotency_answers.select(dsl::id).order(dsl::id.desc()).first(db).optional()?;
    Ok(last.unwrap_or(0))
}

/// The answers already kept under any of these keys.
pub(crate) fn known(db: &mut Db, keys: Vec<String>) -> Stored<HashMap<String, IdempotencyRow>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<IdempotencyRow> = dsl::idempotency_answers.filter(dsl::key_digest.eq_any(keys)).load(db)?;
    Ok(rows.into_iter().map(|row| (row.key_digest.clone(), row)).collect())
}

/// The row that keeps an answer.
pub(crate) fn row(id: i64, key: &IdempotencyKey, answer: &Answer, at: NaiveDateTime) -> IdempotencyRow {
    IdempotencyRow {
        id,
        key_digest: key.key.clone(),
        request_digest: key.request.clone(),
        status: i32::from(answer.status),
        location: answer.location.clone(),
        etag: answer.etag.clone(),
        body: answer.body.clone(),
        learner_of: answer.learner_of.map(|start| start.to_string()),
        recorded_at: at,
    }
}

/// The first answer again.
pub(crate) fn replay(first: &IdempotencyRow) -> Answer {
    Answer {
        status: u16::try_from(first.status).unwrap_or(500),
        location: first.location.clone(),
        etag: first.etag.clone(),
        body: first.body.clone(),
        learner_of: first.learner_of.as_deref().and_then(|start| Uuid::parse_str(start).ok()),
        replayed: true,
    }
}

/// Forgets answers that have been kept long enough.
pub(crate) fn forget_older(db: &mut Db, now: NaiveDateTime, days: u32) -> Stored<()> {
    let oldest = now.checked_sub_days(Days::new(u64::from(days))).unwrap_or(NaiveDateTime::MIN);
    diesel::delete(dsl::idempotency_answers.filter(dsl::recorded_at.lt(oldest))).execute(db)?;
    Ok(())
}
