//! What a close is held against: bare multi-row inserts of the same entries, and the memory it took.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use levy_ledger::storage::Store;

use super::Outcome;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Inserts the entries of a month into a database of the same form, many to a statement, in one
/// transaction; gives how many there are and the time it took.
pub fn insert_bare(db: &mut SqliteConnection, file: &std::path::Path, month: &str) -> Outcome<(u32, Duration)> {
    if !file.exists() {
        Store::migrate(&format!("sqlite:{}", file.display()).parse()?)?;
    }
    let columns = "seq, account_id, kind, month, effective_on, amount, start_id, transfer_id, recorded_at, recorded_by, \
         lot, earned_month, earned_kind";
    let quoted: Vec<String> = columns.split(", ").map(|column| format!("quote({})", column.trim())).collect();
    let rows: Vec<Line> = diesel::sql_query(format!(
        "SELECT '(' || {} || ')' AS line FROM entries WHERE effective_on = date('{month}-01', '+1 month', '-1 day') \
         AND kind <> 'levy' ORDER BY seq",
        quoted.join(" || ',' || ")
    ))
    .load(db)?;
    let mut bare = SqliteConnection::establish(&file.to_string_lossy())?;
    bare.batch_execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF")?;
    let statements: Vec<String> = rows
        .chunks(1_000)
        .map(|rows| {
            let rows: Vec<&str> = rows.iter().map(|row| row.line.as_str()).collect();
            format!("INSERT INTO entries ({columns}) VALUES {};", rows.join(","))
        })
        .collect();
    let began = Instant::now();
    bare.batch_execute("BEGIN IMMEDIATE")?;
    for statement in &statements {
        bare.batch_execute(statement)?;
    }
    bare.batch_execute("COMMIT")?;
    let took = began.elapsed();
    let there = diesel::sql_query("SELECT COUNT(*) AS count FROM entries").get_result::<Count>(&mut bare)?;
    if there.count < i64::try_from(rows.len())? {
        return Err("fewer entries than were inserted".into());
    }
    Ok((u32::try_from(rows.len())?, took))
}

/// The peak of resident memory so far, in KiB.
pub fn peak() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.split_whitespace().nth(1).ok_or("no figure")?.parse()?)
}
