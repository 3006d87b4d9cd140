//! The rows of imported statements.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;

use crate::storage::schema;

/// An import.
#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::statements, treat_none_as_default_value = false)]
pub(crate) struct StatementRow {
    pub(crate) seq: i64,
    pub(crate) account_id: i64,
    pub(crate) version: String,
    pub(crate) layout: String,
    pub(crate) file_digest: String,
    pub(crate) lines: i64,
    pub(crate) recorded: i64,
    pub(crate) already_held: i64,
    pub(crate) reconciliation_only: i64,
    pub(crate) refused: i64,
    pub(crate) first_month: Option<i32>,
    pub(crate) last_month: Option<i32>,
    pub(crate) keys_digest: String,
    pub(crate) recorded_by: String,
}

/// A line that an import brought, as many times as it was not held before.
#[derive(Clone, Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = schema::statement_lines, treat_none_as_default_value = false)]
pub(crate) struct StatementLineRow {
    pub(crate) account_id: i64,
    pub(crate) line_date: NaiveDate,
    pub(crate) line_key: Vec<u8>,
    pub(crate) statement: i64,
    pub(crate) times: i32,
    pub(crate) month: i32,
    pub(crate) kind: String,
    pub(crate) amount: i64,
    pub(crate) outcome: String,
    pub(crate) paye_scheme: Option<String>,
    pub(crate) payroll_month: Option<i32>,
    pub(crate) note: Option<String>,
}

/// What the lines of an import come to, by month and kind.
#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::statement_sightings, treat_none_as_default_value = false)]
pub(crate) struct SightingRow {
    pub(crate) statement: i64,
    pub(crate) month: i32,
    pub(crate) kind: String,
    pub(crate) lines: i64,
    pub(crate) amount: i64,
    pub(crate) employer: i64,
    pub(crate) government: i64,
    pub(crate) recorded: i64,
    pub(crate) recorded_employer: i64,
    pub(crate) recorded_government: i64,
    pub(crate) new_lines: i64,
    pub(crate) new_amount: i64,
    pub(crate) unattributed_lines: i64,
    pub(crate) unattributed_amount: i64,
}
