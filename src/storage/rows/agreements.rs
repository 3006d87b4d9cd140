//! The rows of providers and of what is agreed with them.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;

use crate::storage::schema;

#[derive(Clone, Debug, Insertable, Queryable, Selectable, AsChangeset, Identifiable, Serialize)]
#[diesel(table_name = schema::providers, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(crate) struct ProviderRow {
    pub(crate) id: i64,
    pub(crate) public_id: String,
    pub(crate) version: i64,
    pub(crate) name: String,
    pub(crate) sector: String,
    pub(crate) company_number: Option<String>,
    pub(crate) charity_number: Option<String>,
    pub(crate) cqc_location_id: Option<String>,
    pub(crate) size: Option<String>,
    pub(crate) levy_payer: Option<bool>,
    pub(crate) district: Option<String>,
    pub(crate) postcode: Option<String>,
    pub(crate) closed_on: Option<NaiveDate>,
}

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::transfers, treat_none_as_default_value = false)]
pub(crate) struct TransferRow {
    pub(crate) id: i64,
    pub(crate) public_id: String,
    pub(crate) account_id: i64,
    pub(crate) provider_id: i64,
    pub(crate) agreed_on: NaiveDate,
    pub(crate) apprentices: i64,
    pub(crate) lapses_on: Option<NaiveDate>,
    pub(crate) planned_start: Option<i32>,
    pub(crate) duration_months: Option<i32>,
    pub(crate) standard_code: Option<String>,
    pub(crate) level: Option<i32>,
    pub(crate) priority_groups: String,
    pub(crate) reference: Option<String>,
}

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::transfer_changes, treat_none_as_default_value = false)]
pub(crate) struct TransferChangeRow {
    pub(crate) seq: i64,
    pub(crate) transfer_id: i64,
    pub(crate) changed_on: NaiveDate,
    pub(crate) change: String,
    pub(crate) amount: Option<i64>,
    pub(crate) reason: Option<String>,
    pub(crate) recorded_by: String,
    /// Left out where there is none, as in events from before it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) provider_id: Option<i64>,
}

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::transfer_schedules, treat_none_as_default_value = false)]
pub(crate) struct TransferScheduleRow {
    pub(crate) seq: i64,
    pub(crate) transfer_id: i64,
    pub(crate) allowance_year: i32,
    pub(crate) amount: i64,
}
