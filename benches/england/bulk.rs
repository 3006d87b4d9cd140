//! What the database alone takes for the same rows: its own shell, which fills the tables of a fresh
//! ledger, indexes and triggers there, from a file of the same rows in their order.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use levy_ledger::storage::Store;

use super::Outcome;

/// The tables that hold nearly everything, parents first.
const TABLES: [&str; 14] = [
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
];

/// The sums, which are kept beside the entries.
const SUMS: [&str; 3] = ["monthly_sums", "declared_sums", "transfer_months"];

/// Rows of a ledger, and what the database takes to load them.
pub struct Bulk {
    pub rows: u64,
    /// From a comma-separated file into a bare table by `.import`, and from there to their places.
    pub imported: Duration,
    /// From the tables of the other file alone.
    pub copied: Duration,
}

fn shell(database: &Path, script: &str) -> Outcome<String> {
    let mut shell = Command::new("sqlite3");
    let done = shell.arg(database).arg(script).stdin(Stdio::null()).output()?;
    if !done.status.success() {
        return Err(format!("sqlite3: {}", String::from_utf8_lossy(&done.stderr)).into());
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

fn tables() -> impl Iterator<Item = &'static str> {
    TABLES.into_iter().chain(["entries"]).chain(SUMS)
}

/// Loads the rows of a ledger into fresh ones both ways.
pub fn load(england: &Path, folder: &Path) -> Outcome<Bulk> {
    let counts: String = tables().map(|table| format!("SELECT COUNT(*) FROM {table};")).collect();
    let rows = shell(england, &counts)?.lines().filter_map(|line| line.parse::<u64>().ok()).sum();
    let copied = copy(england, &folder.join("copied.db"))?;
    let imported = import(england, folder)?;
    Ok(Bulk { rows, imported, copied })
}

const SETTINGS: &str = "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA foreign_keys = ON;";

fn fresh(file: &Path) -> Outcome<()> {
    Store::migrate(&format!("sqlite:{}", file.display()).parse()?)?;
    shell(file, "PRAGMA journal_mode = WAL")?;
    Ok(())
}

fn copy(england: &Path, into: &Path) -> Outcome<Duration> {
    fresh(into)?;
    let from = england.display();
    let mut script = format!("{SETTINGS} ATTACH '{from}' AS england;");
    for table in tables() {
        script.push_str(&format!("BEGIN; INSERT INTO main.{table} SELECT * FROM england.{table}; COMMIT;"));
    }
    let begun = Instant::now();
    shell(into, &script)?;
    let took = begun.elapsed();
    forget(into);
    Ok(took)
}

/// A field that is empty in the file is nothing: the shell would take it for a text.
fn import(england: &Path, folder: &Path) -> Outcome<Duration> {
    let into = folder.join("imported.db");
    fresh(&into)?;
    let mut took = Duration::ZERO;
    for table in tables() {
        let file = folder.join("table.csv");
        shell_lines(england, &[".mode csv", &format!(".once {}", file.display()), &format!("SELECT * FROM {table};")])?;
        let of_table = format!("FROM pragma_table_info('{table}')");
        let columns = shell(england, &format!("SELECT name {of_table}"))?;
        let bare: Vec<&str> = columns.lines().collect();
        let nullable = shell(england, &format!("SELECT \"notnull\" {of_table}"))?;
        let place = |(column, filled): (&str, &str)| {
            if filled == "0" { format!("NULLIF({column}, '')") } else { String::from(column) }
        };
        let placed: Vec<String> = bare.iter().copied().zip(nullable.lines()).map(place).collect();
        let lines = [
            SETTINGS.to_owned(),
            format!("CREATE TABLE bare ({});", bare.join(", ")),
            ".mode csv".to_owned(),
            "BEGIN;".to_owned(),
            format!(".import {} bare", file.display()),
            format!("INSERT INTO {table} ({}) SELECT {} FROM bare;", bare.join(", "), placed.join(", ")),
            "COMMIT; DROP TABLE bare;".to_owned(),
        ];
        let begun = Instant::now();
        shell_lines(&into, &lines.iter().map(String::as_str).collect::<Vec<_>>())?;
        took += begun.elapsed();
        drop(std::fs::remove_file(file));
    }
    forget(&into);
    Ok(took)
}

/// Runs lines of which some are the shell's own.
fn shell_lines(database: &Path, lines: &[&str]) -> Outcome<()> {
    use std::io::Write as _;
    let mut shell =
        Command::new("sqlite3").arg("-bail").arg(database).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    if let Some(mut input) = shell.stdin.take() {
        for line in lines {
            writeln!(input, "{line}")?;
        }
    }
    let done = shell.wait()?;
    if done.success() { Ok(()) } else { Err(format!("sqlite3 failed on {}", database.display()).into()) }
}

/// Removes a database with its log.
pub fn forget(file: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        drop(std::fs::remove_file(name));
    }
}
