//! Bare multi-row inserts of the rows of an import: what the database alone takes for them.

use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::{Outcome, open};

diesel::table! {
    entries (seq) {
        seq -> BigInt,
        account_id -> BigInt,
        kind -> Text,
        month -> Integer,
        effective_on -> Date,
        stated_on -> Nullable<Date>,
        declared_on -> Nullable<Date>,
        amount -> BigInt,
        start_id -> Nullable<BigInt>,
        transfer_id -> Nullable<BigInt>,
        payroll_month -> Nullable<Integer>,
        paye_scheme -> Nullable<Text>,
        reference -> Nullable<Text>,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        reverses -> Nullable<BigInt>,
        lot -> Nullable<Integer>,
        earned_month -> Nullable<Integer>,
        earned_kind -> Nullable<Text>,
    }
}

diesel::table! {
    statement_lines (account_id, line_date, line_key, statement) {
        account_id -> BigInt,
        line_date -> Date,
        line_key -> Binary,
        statement -> BigInt,
        times -> Integer,
        month -> Integer,
        kind -> Text,
        amount -> BigInt,
        outcome -> Text,
        paye_scheme -> Nullable<Text>,
        payroll_month -> Nullable<Integer>,
        note -> Nullable<Text>,
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = entries, treat_none_as_default_value = false)]
struct Entry {
    seq: i64,
    account_id: i64,
    kind: String,
    month: i32,
    effective_on: NaiveDate,
    stated_on: Option<NaiveDate>,
    declared_on: Option<NaiveDate>,
    amount: i64,
    start_id: Option<i64>,
    transfer_id: Option<i64>,
    payroll_month: Option<i32>,
    paye_scheme: Option<String>,
    reference: Option<String>,
    recorded_at: NaiveDateTime,
    recorded_by: String,
    reverses: Option<i64>,
    lot: Option<i32>,
    earned_month: Option<i32>,
    earned_kind: Option<String>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = statement_lines, treat_none_as_default_value = false)]
struct Line {
    account_id: i64,
    line_date: NaiveDate,
    line_key: Vec<u8>,
    statement: i64,
    times: i32,
    month: i32,
    kind: String,
    amount: i64,
    outcome: String,
    paye_scheme: Option<String>,
    payroll_month: Option<i32>,
    note: Option<String>,
}

/// Inserts the rows of an import into a fresh ledger's tables, a thousand a statement.
pub fn inserts(from: &Path, into: &Path) -> Outcome<Duration> {
    drop(open(into)?);
    let mut source = SqliteConnection::establish(&from.to_string_lossy())?;
    let mut db = SqliteConnection::establish(&into.to_string_lossy())?;
    let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;";
    db.batch_execute(settings)?;
    let named = from.display();
    db.batch_execute(&format!(
        "ATTACH '{named}' AS imported; INSERT INTO accounts SELECT * FROM imported.accounts; DETACH imported;"
    ))?;
    let mut took = Duration::ZERO;
    let mut timed = |work: &mut dyn FnMut() -> QueryResult<()>| -> QueryResult<()> {
        let begun = Instant::now();
        work()?;
        took += begun.elapsed();
        Ok(())
    };
    timed(&mut || db.batch_execute("BEGIN IMMEDIATE"))?;
    let (mut after, mut offset) = (0_i64, 0_i64);
    let imported = entries::stated_on.is_not_null();
    loop {
        let rows: Vec<Entry> = entries::table
            .filter(imported)
            .filter(entries::seq.gt(after))
            .order(entries::seq)
            .limit(1_000)
            .load(&mut source)?;
        let lines: Vec<Line> = diesel::QueryDsl::offset(
            statement_lines::table.order((statement_lines::line_date, statement_lines::line_key)),
            offset,
        )
        .limit(1_000)
        .load(&mut source)?;
        let Some(last) = rows.last() else { break };
        (after, offset) = (last.seq, offset + 1_000);
        let (mut rows, mut lines) = (Some(rows), Some(lines));
        timed(&mut || {
            if let Some(rows) = rows.take() {
                diesel::insert_into(entries::table).values(rows).execute(&mut db)?;
            }
            if let Some(lines) = lines.take() {
                diesel::insert_into(statement_lines::table).values(lines).execute(&mut db)?;
            }
            Ok(())
        })?;
    }
    timed(&mut || db.batch_execute("COMMIT"))?;
    Ok(took)
}
