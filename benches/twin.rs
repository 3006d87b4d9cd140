//! A second ledger with the same rows, filled by the database's own means: what the database alone takes to
//! load them, and where bare inserts find all that the ledger found.

use std::process::Command;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use levy_ledger::storage::Store;

use super::Outcome;
use super::place::{Place, settle};

/// The tables that hold nearly everything, parents first; the last are sums, kept beside the entries.
pub const TABLES: [&str; 18] = [
    "accounts",
    "account_settings",
    "providers",
    "transfers",
    "transfer_changes",
    "transfer_schedules",
    "starts",
    "start_changes",
    "start_lives",
    "learners",
    "closed_months",
    "co_investments",
    "notices",
    "events",
    "entries",
    "monthly_sums",
    "declared_sums",
    "transfer_months",
];

/// What every connection to SQLite is told that writes without the ledger: the same as the ledger's own.
pub const SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; \
     PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000;";

/// Fills a fresh ledger, with its indexes, triggers and foreign keys in place, a transaction a table: of SQLite
/// from the tables of the attached file, of PostgreSQL by `COPY` of files in its binary form. Gives its address,
/// how many rows there are and how long the database took for them.
pub fn twin(place: &Place, ledger: &str) -> Outcome<(String, u64, Duration)> {
    let url = place.fresh();
    Store::migrate(&url.parse()?)?;
    let (rows, took) = match (ledger.strip_prefix("sqlite:"), url.strip_prefix("sqlite:")) {
        (Some(from), Some(into)) => attached(from, into)?,
        _ => copied(place, ledger, &url)?,
    };
    settle(&url)?;
    Ok((url, rows, took))
}

fn attached(from: &str, into: &str) -> Outcome<(u64, Duration)> {
    let mut db = SqliteConnection::establish(into)?;
    db.batch_execute(&format!("{SETTINGS} ATTACH '{from}' AS twin"))?;
    let (mut rows, begun) = (0, Instant::now());
    for table in TABLES {
        let inserted = diesel::sql_query(format!("INSERT INTO main.{table} SELECT * FROM twin.{table}"));
        rows += u64::try_from(inserted.execute(&mut db)?)?;
    }
    Ok((rows, begun.elapsed()))
}

fn copied(place: &Place, from: &str, into: &str) -> Outcome<(u64, Duration)> {
    let file = place.folder.path().join("table");
    let (mut rows, mut took) = (0, Duration::ZERO);
    for table in TABLES {
        psql(place, from, &format!("\\copy {table} TO '{}' (FORMAT binary)", file.display()))?;
        let begun = Instant::now();
        let said = psql(place, into, &format!("\\copy {table} FROM '{}' (FORMAT binary)", file.display()))?;
        took += begun.elapsed();
        rows += said.trim().strip_prefix("COPY ").and_then(|rows| rows.parse::<u64>().ok()).ok_or(said)?;
    }
    drop(std::fs::remove_file(file));
    Ok((rows, took))
}

fn psql(place: &Place, url: &str, command: &str) -> Outcome<String> {
    let programs = place.programs.as_ref().ok_or("there is no server")?;
    let done = Command::new(programs.join("psql")).args(["-X", "-c", command, url]).output()?;
    if !done.status.success() {
        return Err(format!("psql: {}", String::from_utf8_lossy(&done.stderr)).into());
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}
