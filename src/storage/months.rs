//! Months as they were closed, with what the funds did not cover and what was given notice of.

use std::collections::HashMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Integer;

use super::columns::{self, Stored};
use super::connection::Db;
use super::schema::closed_months;
use crate::domain::calendar::Month;
use crate::domain::journal::Seq;

/// The last month of each account that was closed: of those up to a month, if one is given, and
/// recorded up to a number.
pub(crate) fn closed_through(
    db: &mut Db,
    keys: &[Seq],
    (last, known_at): (Option<Month>, Seq),
) -> Stored<HashMap<Seq, Month>> {
    let rows: Vec<(Seq, i32)> = closed_months::table
        .filter(closed_months::account_id.eq_any(keys.to_vec()))
        .filter(closed_months::month.le(last.map_or(i32::MAX, Month::stored)))
        .filter(closed_months::seq.le(known_at))
        .group_by(closed_months::account_id)
        .select((closed_months::account_id, sql::<Integer>("MAX(month)")))
        .load(db)?;
    rows.into_iter().map(|(account, month)| Ok((account, columns::month(month)?))).collect()
}
