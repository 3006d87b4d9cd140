//! The rows of starts, of what happens to them, and of their learners.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::schema;

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = schema::starts, treat_none_as_default_value = false)]
pub(crate) struct StartRow {
    pub(crate) id: i64,
    pub(crate) public_id: String,
    pub(crate) account_id: i64,
    pub(crate) transfer_id: Option<i64>,
    pub(crate) standard_code: String,
    pub(crate) standard_title: Option<String>,
    pub(crate) level: i32,
    pub(crate) sector: Option<String>,
    pub(crate) agreed_price: i64,
    pub(crate) funding_band_maximum: Option<i64>,
    pub(crate) agreed_on: NaiveDate,
    pub(crate) start_on: NaiveDate,
    pub(crate) planned_end_on: NaiveDate,
    pub(crate) training_provider_ukprn: Option<String>,
    pub(crate) training_provider_name: Option<String>,
    pub(crate) local_training_provider: Option<bool>,
    /// Left out where it is not so, as in events from before it was asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) change_of_employer: bool,
}

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = schema::start_changes, treat_none_as_default_value = false)]
pub(crate) struct StartChangeRow {
    pub(crate) seq: i64,
    pub(crate) start_id: i64,
    pub(crate) account_id: i64,
    pub(crate) change: String,
    pub(crate) changed_on: Option<NaiveDate>,
    pub(crate) amount: Option<i64>,
    pub(crate) start_on: Option<NaiveDate>,
    pub(crate) planned_end_on: Option<NaiveDate>,
    pub(crate) reason: Option<String>,
    pub(crate) recorded_by: String,
}

/// Where a start's changes leave it: worked out from them, so in no event.
#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::start_lives, treat_none_as_default_value = false)]
pub(crate) struct StartLifeRow {
    pub(crate) start_id: i64,
    pub(crate) account_id: i64,
    pub(crate) start_on: NaiveDate,
    pub(crate) first_month: i32,
    pub(crate) last_month: i32,
    pub(crate) dearest_price: i64,
    pub(crate) version: i64,
    pub(crate) ended_on: Option<NaiveDate>,
    pub(crate) voided: bool,
}

/// Personal data: never in an event.
#[derive(Clone, Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = schema::learners, treat_none_as_default_value = false)]
pub(crate) struct LearnerRow {
    pub(crate) start_id: i64,
    pub(crate) learner_reference: Option<String>,
    pub(crate) uln: Option<String>,
    pub(crate) priority_groups: Option<String>,
    pub(crate) version: i64,
}

/// A learner of whom something was set: the event says what, never to which value.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ChangedLearner {
    pub(crate) start_id: i64,
    pub(crate) seq: i64,
    pub(crate) set: Vec<&'static str>,
    #[serde(skip)]
    pub(crate) learner: LearnerRow,
}

/// A learner whose personal data was erased.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ErasedLearner {
    pub(crate) start_id: i64,
    pub(crate) seq: i64,
    pub(crate) reason: String,
}
