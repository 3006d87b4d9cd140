//! Where a bench keeps its ledgers: files of SQLite, or with `DATABASE=postgres` databases of a private
//! PostgreSQL server as it is installed, which flushes every commit to disk.

#[expect(clippy::unwrap_used, reason = "it is the tests' own, and a bench may end in the same way")]
#[path = "../tests/it/postgres_server.rs"]
mod postgres_server;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use levy_ledger::storage::{Clock, Store, StoreOptions};
use postgres_server::{Server, binaries};
use tempfile::TempDir;

use super::Outcome;

/// What the server is told besides: to keep 512 MiB of pages, and not to stop for a checkpoint in a run.
const SETTINGS: &str = "shared_buffers = '512MB'\nmax_wal_size = '8GB'\ncheckpoint_timeout = '1h'";

/// Where databases are made, each fresh.
pub struct Place {
    /// Room for files, gone at the end.
    pub folder: TempDir,
    /// Where there is a server, its own programs.
    pub programs: Option<PathBuf>,
    server: Option<Server>,
    made: AtomicU32,
}

impl Place {
    /// As the environment says.
    pub fn of_environment() -> Outcome<Self> {
        let is_server = std::env::var("DATABASE").is_ok_and(|database| database.starts_with("postgres"));
        let server =
            if is_server { Some(Server::start(SETTINGS).ok_or("no PostgreSQL server is installed")?) } else { None };
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        println!("{}", if is_server { "PostgreSQL, fsync on" } else { "SQLite, synchronous = FULL" });
        Ok(Self { folder, programs: server.as_ref().and_then(|_| binaries()), server, made: AtomicU32::new(0) })
    }

    /// The address of a database that is made for it.
    pub fn fresh(&self) -> String {
        let name = format!("bench_{}", self.made.fetch_add(1, Ordering::Relaxed));
        match &self.server {
            Some(server) => {
                server.make(&name);
                server.url(&name)
            }
            None => format!("sqlite:{}", self.folder.path().join(name + ".db").display()),
        }
    }
}

/// A setting of the bench's own, of the environment.
pub fn setting(name: &str, usual: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Opens a ledger, which makes it where there is none.
pub fn open(url: &str, clock: Arc<dyn Clock>) -> Outcome<Store> {
    Ok(Store::open(StoreOptions { url: url.parse()?, clock, idempotency_days: 90, readers: 4 })?)
}

/// Lets a server do now what it does by itself within minutes after much was recorded, rather than in a run:
/// count its tables, so that it knows which index serves.
pub fn settle(url: &str) -> Outcome<()> {
    if url.starts_with("postgres") {
        PgConnection::establish(url)?.batch_execute("VACUUM ANALYZE")?;
    }
    Ok(())
}
