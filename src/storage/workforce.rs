//! Workforce returns: head counts of a year, of which the last recorded counts.

use diesel::prelude::*;

use super::columns::{StorageError, Stored};
use super::connection::Db;
use super::rows::WorkforceReturnRow;
use super::schema::workforce_returns;
use crate::domain::journal::Seq;
use crate::domain::public_sector::{HeadCount, ReportingYear, WorkforceReturn};

/// The row of a return.
pub(crate) fn row_of(seq: Seq, account: Seq, counted: &WorkforceReturn) -> WorkforceReturnRow {
    let WorkforceReturn { year, employees, apprentices } = counted;
    WorkforceReturnRow {
        seq,
        account_id: account,
        year: year.stored(),
        employees_start: employees.start.into(),
        employees_end: employees.end.into(),
        employees_new: employees.new.into(),
        apprentices_start: apprentices.start.into(),
        apprentices_end: apprentices.end.into(),
        apprentices_new: apprentices.new.into(),
    }
}

fn return_of(row: &WorkforceReturnRow) -> Stored<WorkforceReturn> {
    let count = |heads: i64| {
        let unreadable = |_| StorageError::Unreadable { what: "head count", value: heads.to_string() };
        u32::try_from(heads).map_err(unreadable)
    };
    let counts = |start, end, new| Stored::Ok(HeadCount { start: count(start)?, end: count(end)?, new: count(new)? });
    Ok(WorkforceReturn {
        year: ReportingYear::from_stored(row.year),
        employees: counts(row.employees_start, row.employees_end, row.employees_new)?,
        apprentices: counts(row.apprentices_start, row.apprentices_end, row.apprentices_new)?,
    })
}

/// Up to `limit` returns of an account after a number, in the order in which they were recorded.
pub(crate) fn page(db: &mut Db, account: Seq, after: Seq, limit: i64) -> Stored<Vec<(Seq, WorkforceReturn)>> {
    let of_account = workforce_returns::table.filter(workforce_returns::account_id.eq(account));
    let later = of_account.filter(workforce_returns::seq.gt(after)).order(workforce_returns::seq).limit(limit);
    let rows: Vec<WorkforceReturnRow> = later.load(db)?;
    rows.iter().map(|row| Ok((row.seq, return_of(row)?))).collect()
}

/// The return of an account and a year that counts, with its number.
pub(crate) fn last(db: &mut Db, account: Seq, year: ReportingYear) -> Stored<Option<(Seq, WorkforceReturn)>> {
    let of_account = workforce_returns::table.filter(workforce_returns::account_id.eq(account));
    let of_year = of_account.filter(workforce_returns::year.eq(year.stored())).order(workforce_returns::seq.desc());
    let row: Option<WorkforceReturnRow> = of_year.first(db).optional()?;
    row.map(|row| Ok((row.seq, return_of(&row)?))).transpose()
}
