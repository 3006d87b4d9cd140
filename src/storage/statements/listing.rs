//! Imports as they are listed.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::domain::calendar::Month;
use crate::domain::journal::Seq;
use crate::storage::columns::{self, Stored};
use crate::storage::connection::Db;
use crate::storage::rows::StatementRow;
use crate::storage::schema::{events, statements};

/// An import as it was recorded.
#[derive(Clone, Debug)]
pub(crate) struct ImportedStatement {
    pub(crate) seq: Seq,
    pub(crate) version: i32,
    pub(crate) layout: String,
    pub(crate) file_digest: String,
    pub(crate) lines: i64,
    pub(crate) recorded: i64,
    pub(crate) already_held: i64,
    pub(crate) reconciliation_only: i64,
    pub(crate) refused: i64,
    /// The first month and the last that its lines belong to.
    pub(crate) months: Option<(Month, Month)>,
    pub(crate) recorded_at: NaiveDateTime,
    pub(crate) recorded_by: String,
}

/// Up to `limit` imports of an account after a number, oldest first.
pub(crate) fn page(db: &mut Db, account: Seq, after: Seq, limit: i64) -> Stored<Vec<ImportedStatement>> {
    // An import is the first thing that its event records.
    let rows: Vec<(StatementRow, NaiveDateTime)> = statements::table
        .inner_join(events::table.on(events::first_seq.eq(statements::seq)))
        .filter(statements::account_id.eq(account).and(statements::seq.gt(after)))
        .order(statements::seq)
        .limit(limit)
        .select((StatementRow::as_select(), events::recorded_at))
        .load(db)?;
    rows.into_iter().map(|(row, recorded_at)| imported(row, recorded_at)).collect()
}

fn imported(row: StatementRow, recorded_at: NaiveDateTime) -> Stored<ImportedStatement> {
    let months = row.first_month.zip(row.last_month);
    let months = months.map(|(first, last)| columns::month(first).and_then(|first| Ok((first, columns::month(last)?))));
    Ok(ImportedStatement {
        seq: row.seq,
        version: columns::whole("version of a statement", &row.version)?,
        layout: row.layout,
        file_digest: row.file_digest,
        lines: row.lines,
        recorded: row.recorded,
        already_held: row.already_held,
        reconciliation_only: row.reconciliation_only,
        refused: row.refused,
        months: months.transpose()?,
        recorded_at,
        recorded_by: row.recorded_by,
    })
}
