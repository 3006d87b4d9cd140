//! Webhooks, how far each was told, and who is telling it: one process at a time, under a lease.

use chrono::NaiveDateTime;
use diesel::dsl::{max, min};
use diesel::prelude::*;
use uuid::Uuid;

use super::columns::{self, Stored};
use super::connection::Db;
use super::rows::{WebhookDeliveryRow, WebhookRow};
use super::schema::{events, webhook_deliveries, webhooks};
use crate::domain::journal::Seq;
use crate::domain::webhooks::NewWebhook;

/// A webhook that is told of changes.
pub(crate) struct Webhook {
    pub(crate) key: Seq,
    pub(crate) public_id: Uuid,
    pub(crate) url: String,
    pub(crate) accounts: Option<Vec<Uuid>>,
    pub(crate) events: Option<Vec<String>>,
    pub(crate) created_at: NaiveDateTime,
    pub(crate) secret: String,
    /// The last number that it was told of, or that it is not told of.
    pub(crate) delivered_seq: Seq,
    /// When it last took something.
    pub(crate) delivered_at: Option<NaiveDateTime>,
    /// How often in a row it did not take what it was told.
    pub(crate) failures: i64,
    /// Why it did not take it last.
    pub(crate) last_error: Option<String>,
    /// When it is tried again.
    pub(crate) next_at: Option<NaiveDateTime>,
}

/// The rows of a webhook that is made. It is told of what comes after it.
pub(crate) fn rows_of(seq: Seq, new: NewWebhook, at: NaiveDateTime) -> (WebhookRow, WebhookDeliveryRow) {
    let accounts = new.accounts.map(|ids| ids.iter().map(Uuid::to_string).collect::<Vec<_>>().join(" "));
    let row = WebhookRow {
        id: seq,
        public_id: new.public_id.to_string(),
        url: new.url,
        accounts,
        events: new.events.map(|events| events.join(" ")),
        created_at: at,
    };
    let delivery = WebhookDeliveryRow {
        webhook_id: seq,
        secret: new.secret,
        delivered_seq: seq,
        delivered_at: None,
        failures: 0,
        last_error: None,
        next_at: None,
        leased_by: None,
        leased_until: None,
    };
    (row, delivery)
}

fn webhook_of((row, delivery): (WebhookRow, WebhookDeliveryRow)) -> Stored<Webhook> {
    let accounts = row.accounts.as_deref();
    let accounts = accounts.map(|ids| ids.split_whitespace().map(columns::uuid).collect::<Stored<Vec<_>>>());
    Ok(Webhook {
        key: row.id,
        public_id: columns::uuid(&row.public_id)?,
        url: row.url,
        accounts: accounts.transpose()?,
        events: row.events.map(|events| events.split_whitespace().map(str::to_owned).collect()),
        created_at: row.created_at,
        secret: delivery.secret,
        delivered_seq: delivery.delivered_seq,
        delivered_at: delivery.delivered_at,
        failures: delivery.failures,
        last_error: delivery.last_error,
        next_at: delivery.next_at,
    })
}

/// Webhooks after a key, oldest first, without those that were removed.
pub(crate) fn page(db: &mut Db, after: Seq, limit: i64) -> Stored<Vec<(Seq, Webhook)>> {
    let there = webhooks::table
        .inner_join(webhook_deliveries::table.on(webhook_deliveries::webhook_id.eq(webhooks::id)))
        .filter(webhooks::id.gt(after))
        .order(webhooks::id)
        .limit(limit);
    let rows: Vec<(WebhookRow, WebhookDeliveryRow)> = there.load(db)?;
    rows.into_iter().map(|row| webhook_of(row).map(|webhook| (webhook.key, webhook))).collect()
}

/// The webhooks of these ids, without those that were removed.
pub(crate) fn by_public_ids(db: &mut Db, ids: &[Uuid]) -> Stored<Vec<Webhook>> {
    let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    let there = webhooks::table
        .inner_join(webhook_deliveries::table.on(webhook_deliveries::webhook_id.eq(webhooks::id)))
        .filter(webhooks::public_id.eq_any(ids));
    let rows: Vec<(WebhookRow, WebhookDeliveryRow)> = there.load(db)?;
    rows.into_iter().map(webhook_of).collect()
}

/// The webhooks that there is something to tell and that may be tried now, longest untold first.
pub(crate) fn due(db: &mut Db, now: NaiveDateTime) -> Stored<Vec<Seq>> {
    let head: Option<Seq> = events::table.select(max(events::last_seq)).first(db)?;
    let waiting = webhook_deliveries::table
        .filter(webhook_deliveries::delivered_seq.lt(head.unwrap_or(0)))
        .filter(webhook_deliveries::next_at.is_null().or(webhook_deliveries::next_at.le(now)))
        .filter(webhook_deliveries::leased_until.is_null().or(webhook_deliveries::leased_until.le(now)));
    Ok(waiting.order(webhook_deliveries::delivered_seq).select(webhook_deliveries::webhook_id).load(db)?)
}

/// How far a webhook is behind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Behind {
    /// How many numbers of the ledger it was not told of.
    pub(crate) numbers: Seq,
    /// For how many seconds the first of them has been recorded.
    pub(crate) seconds: f64,
}

/// How far the webhook that is furthest behind is so; nothing where all were told everything.
pub(crate) fn furthest_behind(db: &mut Db, now: NaiveDateTime) -> Stored<Behind> {
    let told: Option<Seq> = webhook_deliveries::table.select(min(webhook_deliveries::delivered_seq)).first(db)?;
    let Some(told) = told else { return Ok(Behind::default()) };
    let untold = events::table.filter(events::last_seq.gt(told)).order(events::last_seq);
    let first: Option<NaiveDateTime> = untold.select(events::recorded_at).first(db).optional()?;
    let Some(first) = first else { return Ok(Behind::default()) };
    let head: Option<Seq> = events::table.select(max(events::last_seq)).first(db)?;
    let seconds = now.signed_duration_since(first).to_std().unwrap_or_default().as_secs_f64();
    Ok(Behind { numbers: head.unwrap_or(told) - told, seconds })
}

/// Who tells, at which moment, and until when it alone may tell.
#[derive(Clone, Copy)]
pub(crate) struct Lease<'l> {
    pub(crate) by: &'l str,
    pub(crate) now: NaiveDateTime,
    pub(crate) until: NaiveDateTime,
}

/// Takes the lease of a webhook; none where another holds it, or it was removed.
pub(crate) fn claim(db: &mut Db, key: Seq, lease: Lease<'_>) -> Stored<Option<Webhook>> {
    let free = webhook_deliveries::table
        .filter(webhook_deliveries::webhook_id.eq(key))
        .filter(webhook_deliveries::leased_until.is_null().or(webhook_deliveries::leased_until.le(lease.now)));
    let taken = diesel::update(free)
        .set((webhook_deliveries::leased_by.eq(lease.by), webhook_deliveries::leased_until.eq(lease.until)))
        .execute(db)?;
    if taken == 0 {
        return Ok(None);
    }
    let there = webhooks::table
        .inner_join(webhook_deliveries::table.on(webhook_deliveries::webhook_id.eq(webhooks::id)))
        .filter(webhooks::id.eq(key));
    let row: Option<(WebhookRow, WebhookDeliveryRow)> = there.first(db).optional()?;
    row.map(webhook_of).transpose()
}

/// How telling a webhook went.
pub(crate) enum Told {
    /// It took everything up to a number, or there was nothing for it.
    UpTo {
        seq: Seq,
        /// When it took something; none where there was nothing for it.
        at: Option<NaiveDateTime>,
    },
    /// It did not take it, and is tried again.
    Not { why: String, next_at: NaiveDateTime },
}

/// Keeps how it went and gives the lease back. Whoever has lost the lease keeps nothing.
pub(crate) fn told(db: &mut Db, key: Seq, by: &str, told: Told) -> Stored<()> {
    use webhook_deliveries::dsl;
    let ours = dsl::webhook_deliveries.filter(dsl::webhook_id.eq(key)).filter(dsl::leased_by.eq(by));
    let free = (dsl::leased_by.eq(None::<String>), dsl::leased_until.eq(None::<NaiveDateTime>));
    match told {
        Told::UpTo { seq, at: Some(at) } => {
            let taken = (
                dsl::delivered_at.eq(Some(at)),
                dsl::failures.eq(0),
                dsl::last_error.eq(None::<String>),
                dsl::next_at.eq(None::<NaiveDateTime>),
            );
            diesel::update(ours).set((dsl::delivered_seq.eq(seq), taken, free)).execute(db)?;
        }
        Told::UpTo { seq, at: None } => {
            diesel::update(ours).set((dsl::delivered_seq.eq(seq), free)).execute(db)?;
        }
        Told::Not { why, next_at } => {
            let failed =
                (dsl::failures.eq(dsl::failures + 1), dsl::last_error.eq(Some(why)), dsl::next_at.eq(Some(next_at)));
            diesel::update(ours).set((failed, free)).execute(db)?;
        }
    }
    Ok(())
}
