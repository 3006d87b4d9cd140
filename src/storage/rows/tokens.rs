//! The rows of tokens.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

use crate::storage::schema;

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::tokens, treat_none_as_default_value = false)]
pub(crate) struct TokenRow {
    pub(crate) id: i64,
    pub(crate) public_id: String,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) accounts: Option<String>,
    #[serde(skip)]
    pub(crate) secret_hash: String,
    pub(crate) created_at: NaiveDateTime,
    pub(crate) expires_at: NaiveDateTime,
    pub(crate) revoked_seq: Option<i64>,
    pub(crate) revoked_at: Option<NaiveDateTime>,
}

/// A token that is revoked, by its public id.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RevokedToken {
    pub(crate) public_id: String,
    pub(crate) seq: i64,
    pub(crate) at: NaiveDateTime,
}
