//! The databases that tests use, a fresh one each: files of SQLite, or databases of a private PostgreSQL
//! server, on which one test runs all the others again.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use levy_ledger::storage::Store;

use crate::postgres_server::Server;

/// Says where the server is that the tests of this process use; they use files where it says nothing.
const SERVER: &str = "LEVY_LEDGER_TEST_POSTGRES";
/// Which tests are run again on PostgreSQL: those whose names contain it.
const FILTER: &str = "LEVY_LEDGER_TEST_POSTGRES_FILTER";
/// The database that is copied for each test.
const TEMPLATE: &str = "template_ledger";
/// Tests that use no database.
const ELSEWHERE: [&str; 4] = ["architecture::", "cases::", "databases::", "statement::"];

/// A database that belongs to a test and ends with it.
pub struct Database {
    url: String,
    folder: tempfile::TempDir,
}

impl Database {
    /// A fresh one, without tables where it is a file.
    pub fn fresh() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let folder = tempfile::tempdir().unwrap();
        let Ok(server) = std::env::var(SERVER) else {
            return Self { url: format!("sqlite:{}", folder.path().join("ledger.db").display()), folder };
        };
        let name = format!("test_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        command(&server, &format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}"));
        Self { url: format!("{server}/{name}"), folder }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Opened by somebody who does not go through the ledger.
    pub fn intruder(&self) -> Intruder {
        intruder(&self.url)
    }

    /// A folder of the test's own; the file of the database is in it.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((server, name)) = self.url.rsplit_once('/').filter(|(server, _)| server.starts_with("postgres:")) {
            command(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// Tells a server something that is about no database in particular.
fn command(server: &str, sql: &str) {
    PgConnection::establish(&format!("{server}/postgres")).unwrap().batch_execute(sql).unwrap();
}

/// Somebody who does not go through the ledger.
#[derive(diesel::MultiConnection)]
pub enum Intruder {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Intruder {
    /// Takes off what keeps recorded rows from being changed.
    pub fn force(&mut self, tables: &[&str]) {
        match self {
            Self::Sqlite(db) => {
                for table in tables {
                    let drop = |what| format!("DROP TRIGGER {table}_refuse_{what};");
                    db.batch_execute(&(drop("update") + &drop("delete"))).unwrap();
                }
                db.batch_execute("PRAGMA foreign_keys = OFF").unwrap();
            }
            Self::Postgres(db) => db.batch_execute("SET session_replication_role = replica").unwrap(),
        }
    }

    /// How many changes a table refuses: to be updated, and to be deleted from.
    pub fn refusals(&mut self, table: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let sql = match self {
            Self::Sqlite(_) => {
                format!("SELECT count(*) AS n FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}'")
            }
            Self::Postgres(_) => format!(
                "SELECT count(*) AS n FROM information_schema.triggers WHERE event_object_table = '{table}' \
                 AND event_manipulation IN ('UPDATE', 'DELETE')"
            ),
        };
        diesel::sql_query(sql).get_result::<Count>(self).unwrap().n
    }
}

/// Opens the database of an address without going through the ledger.
pub fn intruder(url: &str) -> Intruder {
    match url.strip_prefix("sqlite:") {
        Some(file) => Intruder::Sqlite(SqliteConnection::establish(file).unwrap()),
        None => Intruder::Postgres(PgConnection::establish(url).unwrap()),
    }
}

/// What the test runner says at its end.
fn summary(said: &str) -> &str {
    said.lines().rev().find(|line| line.starts_with("test result:")).unwrap_or("it said nothing")
}

#[test]
fn the_same_tests_pass_on_postgresql() {
    use std::io::Write;
    // Written past the test runner, which shows only what failing tests print.
    let say = |line: &str| drop(writeln!(std::io::stdout(), "on PostgreSQL: {line}"));
    let unhurried = "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\nwal_level = minimal\n\
        max_wal_senders = 0\nautovacuum = off\nshared_buffers = '64MB'";
    let Some(server) = Server::start(unhurried) else {
        assert!(std::env::var_os("CI").is_none(), "no PostgreSQL server is installed");
        say("skipped, since no server is installed; on Debian: apt-get install postgresql");
        return;
    };
    server.make(TEMPLATE);
    Store::migrate(&server.url(TEMPLATE).parse().unwrap()).unwrap();
    // Each ledger makes a key of its own.
    let mut template = intruder(&server.url(TEMPLATE));
    template.force(&[]);
    template.batch_execute("DELETE FROM ledger_secrets").unwrap();
    drop(template);
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.env(SERVER, server.address()).args(ELSEWHERE.iter().flat_map(|name| ["--skip", name]));
    let done = again.args(std::env::var(FILTER).ok()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    say(summary(&said));
    assert!(done.status.success(), "{said}\n{}", String::from_utf8_lossy(&done.stderr));
}
