//! The rows of what was declared to HMRC, and of what became of it.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::Serialize;

use crate::storage::schema;

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::levy_submissions, treat_none_as_default_value = false)]
pub(crate) struct SubmissionRow {
    pub(crate) id: i64,
    pub(crate) submission: i64,
    pub(crate) account_id: i64,
    pub(crate) paye_scheme: String,
    pub(crate) payroll_month: i32,
    pub(crate) year_to_date: Option<i64>,
    pub(crate) no_payment: bool,
    pub(crate) submitted_at: NaiveDateTime,
    pub(crate) english_fraction: Option<String>,
}

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::levy_outcomes, treat_none_as_default_value = false)]
pub(crate) struct OutcomeRow {
    pub(crate) seq: i64,
    pub(crate) submission_id: i64,
    pub(crate) processed_on: NaiveDate,
    pub(crate) outcome: String,
    pub(crate) reason: String,
    pub(crate) declared: Option<i64>,
    pub(crate) top_up: Option<i64>,
    pub(crate) english_fraction: Option<String>,
    pub(crate) measured_from: Option<i64>,
    pub(crate) entry_id: Option<i64>,
}

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::paye_shares, treat_none_as_default_value = false)]
pub(crate) struct PayeShareRow {
    pub(crate) seq: i64,
    pub(crate) account_id: i64,
    pub(crate) paye_scheme: String,
    pub(crate) begins: i32,
}

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::paye_share_parts, treat_none_as_default_value = false)]
pub(crate) struct PayeSharePartRow {
    pub(crate) seq: i64,
    pub(crate) place: i32,
    pub(crate) name: String,
    pub(crate) percent: String,
}
