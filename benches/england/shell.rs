//! What SQLite's own shell takes for the same rows: it fills the tables of a fresh ledger, indexes, triggers and
//! foreign keys in place, from files of comma-separated rows in their order.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use levy_ledger::storage::Store;

use super::Outcome;
use super::place::Place;
use super::twin::{SETTINGS, TABLES};

/// From a file into a bare table by `.import`, and from there to their places: the shell would take an empty
/// field for a text, which stands for nothing.
pub fn import(place: &Place, england: &Path) -> Outcome<Duration> {
    let url = place.fresh();
    Store::migrate(&url.parse()?)?;
    let into = Path::new(url.strip_prefix("sqlite:").ok_or("no file")?);
    let file = place.folder.path().join("table.csv");
    let mut took = Duration::ZERO;
    for table in TABLES {
        shell(england, &[".mode csv", &format!(".once {}", file.display()), &format!("SELECT * FROM {table};")])?;
        let of_table = format!("FROM pragma_table_info('{table}')");
        let columns = shell(england, &[&format!("SELECT name {of_table};")])?;
        let bare: Vec<&str> = columns.lines().collect();
        let nullable = shell(england, &[&format!("SELECT \"notnull\" {of_table};")])?;
        let placed = |(column, filled): (&str, &str)| {
            if filled == "0" { format!("NULLIF({column}, '')") } else { String::from(column) }
        };
        let placed: Vec<String> = bare.iter().copied().zip(nullable.lines()).map(placed).collect();
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
        shell(into, &lines.iter().map(String::as_str).collect::<Vec<_>>())?;
        took += begun.elapsed();
        drop(std::fs::remove_file(&file));
    }
    for suffix in ["", "-wal", "-shm"] {
        drop(std::fs::remove_file(format!("{}{suffix}", into.display())));
    }
    Ok(took)
}

/// Runs lines of which some are the shell's own; gives what it says.
fn shell(database: &Path, lines: &[&str]) -> Outcome<String> {
    let mut shell = Command::new("sqlite3");
    let mut shell = shell.arg("-bail").arg(database).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = shell.stdin.take().ok_or("no input")?;
    for line in lines {
        writeln!(input, "{line}")?;
    }
    drop(input);
    let done = shell.wait_with_output()?;
    if !done.status.success() {
        return Err(format!("sqlite3 failed on {}", database.display()).into());
    }
    Ok(String::from_utf8(done.stdout)?)
}
