//! The rows of webhooks. How far each was told is no part of what an event says, nor is its secret.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

use crate::storage::connection::{Db, append};
use crate::storage::schema;

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::webhooks, treat_none_as_default_value = false)]
pub(crate) struct WebhookRow {
    pub(crate) id: i64,
    pub(crate) public_id: String,
    pub(crate) url: String,
    pub(crate) accounts: Option<String>,
    pub(crate) events: Option<String>,
    pub(crate) created_at: NaiveDateTime,
}

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::webhook_removals, treat_none_as_default_value = false)]
pub(crate) struct WebhookRemovalRow {
    pub(crate) seq: i64,
    pub(crate) webhook_id: i64,
}

#[derive(Clone, Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = schema::webhook_deliveries, treat_none_as_default_value = false)]
pub(crate) struct WebhookDeliveryRow {
    pub(crate) webhook_id: i64,
    pub(crate) secret: String,
    pub(crate) delivered_seq: i64,
    pub(crate) delivered_at: Option<NaiveDateTime>,
    pub(crate) failures: i64,
    pub(crate) last_error: Option<String>,
    pub(crate) next_at: Option<NaiveDateTime>,
    pub(crate) leased_by: Option<String>,
    pub(crate) leased_until: Option<NaiveDateTime>,
}

/// The rows of webhooks that wait to be appended.
#[derive(Default, Serialize)]
pub(crate) struct WebhookRows {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) webhooks: Vec<WebhookRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) webhook_removals: Vec<WebhookRemovalRow>,
    #[serde(skip)]
    pub(crate) deliveries: Vec<WebhookDeliveryRow>,
}

impl WebhookRows {
    /// Takes the rows of one event into those of the batch.
    pub(super) fn take(&mut self, other: Self) {
        self.webhooks.extend(other.webhooks);
        self.webhook_removals.extend(other.webhook_removals);
        self.deliveries.extend(other.deliveries);
    }

    /// Appends every row. One that is removed is told no more, and its secret is forgotten.
    pub(super) fn append(self, db: &mut Db) -> QueryResult<()> {
        use schema::webhook_deliveries::dsl;
        let removed: Vec<i64> = self.webhook_removals.iter().map(|row| row.webhook_id).collect();
        append(db, schema::webhooks::table, self.webhooks)?;
        append(db, schema::webhook_deliveries::table, self.deliveries)?;
        append(db, schema::webhook_removals::table, self.webhook_removals)?;
        if !removed.is_empty() {
            diesel::delete(dsl::webhook_deliveries.filter(dsl::webhook_id.eq_any(removed))).execute(db)?;
        }
        Ok(())
    }
}
