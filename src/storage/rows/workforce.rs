//! The rows of workforce returns.

use diesel::prelude::*;
use serde::Serialize;

use crate::storage::schema;

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::workforce_returns, treat_none_as_default_value = false)]
pub(crate) struct WorkforceReturnRow {
    pub(crate) seq: i64,
    pub(crate) account_id: i64,
    pub(crate) year: i32,
    pub(crate) employees_start: i64,
    pub(crate) employees_end: i64,
    pub(crate) employees_new: i64,
    pub(crate) apprentices_start: i64,
    pub(crate) apprentices_end: i64,
    pub(crate) apprentices_new: i64,
}
