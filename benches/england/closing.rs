//! A month of every account closed by the command, and bare inserts of the same entries beside it.

use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use levy_ledger::domain::calendar::Month;
use levy_ledger::ops::commands::run;
use levy_ledger::ops::config::{Command, Database};
use levy_ledger::storage::{DatabaseUrl, Store};

use super::Outcome;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// What closing a month came to.
pub struct Closed {
    pub entries: usize,
    pub took: Duration,
    pub bare: Duration,
    /// Payments of the close for what was earned in earlier months: none where nothing was in arrears.
    pub arrears: i64,
}

/// Closes a month of all accounts, and inserts its entries into a database of the same form.
pub fn close(england: &Path, folder: &Path, month: Month) -> Outcome<Closed> {
    let mut db = SqliteConnection::establish(&england.to_string_lossy())?;
    let count = |db: &mut SqliteConnection, what: &str| -> Outcome<i64> {
        Ok(diesel::sql_query(format!("SELECT {what} AS count FROM entries")).get_result::<Count>(db)?.count)
    };
    let before = count(&mut db, "MAX(seq)")?;
    let begun = Instant::now();
    run(Command::CloseMonth { month, database: Database { database_url: DatabaseUrl::file(england.to_owned()) } })?;
    let took = begun.elapsed();
    let earlier = format!("COUNT(CASE WHEN seq > {before} AND earned_month < {} THEN 1 END)", month.stored());
    let arrears = count(&mut db, &earlier)?;
    let (entries, bare) = insert_bare(&mut db, &folder.join("bare.db"), before)?;
    Ok(Closed { entries, took, bare, arrears })
}

const COLUMNS: [&str; 13] = [
    "seq",
    "account_id",
    "kind",
    "month",
    "effective_on",
    "amount",
    "start_id",
    "transfer_id",
    "recorded_at",
    "recorded_by",
    "lot",
    "earned_month",
    "earned_kind",
];

/// Inserts the entries after a number, a thousand a statement, in one transaction.
fn insert_bare(db: &mut SqliteConnection, file: &Path, mut after: i64) -> Outcome<(usize, Duration)> {
    Store::migrate(&format!("sqlite:{}", file.display()).parse()?)?;
    let mut bare = SqliteConnection::establish(&file.to_string_lossy())?;
    bare.batch_execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF")?;
    let quoted: Vec<String> = COLUMNS.iter().map(|column| format!("quote({column})")).collect();
    let quoted = quoted.join(" || ',' || ");
    let (mut inserted, mut took) = (0, Duration::ZERO);
    bare.batch_execute("BEGIN IMMEDIATE")?;
    loop {
        let rows: Vec<Line> = diesel::sql_query(format!(
            "SELECT seq, '(' || {quoted} || ')' AS line FROM entries WHERE seq > {after} ORDER BY seq LIMIT 1000"
        ))
        .load(db)?;
        let Some(last) = rows.last() else { break };
        (after, inserted) = (last.seq, inserted + rows.len());
        let rows: Vec<&str> = rows.iter().map(|row| row.line.as_str()).collect();
        let statement = format!("INSERT INTO entries ({}) VALUES {}", COLUMNS.join(", "), rows.join(","));
        let begun = Instant::now();
        bare.batch_execute(&statement)?;
        took += begun.elapsed();
    }
    let begun = Instant::now();
    bare.batch_execute("COMMIT")?;
    Ok((inserted, took + begun.elapsed()))
}
