//! Where a bench keeps its ledger: a file of SQLite, or with `DATABASE=postgres` a private PostgreSQL server
//! as it is installed, which flushes every commit to disk, and on it `pgbench`.

#[expect(clippy::unwrap_used, reason = "it is the tests' own, and a bench may end in the same way")]
#[path = "../tests/it/postgres_server.rs"]
mod postgres_server;

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use postgres_server::{Server, binaries};

use super::Outcome;

/// What the server is told besides: to keep 512 MiB of pages, and not to stop for a checkpoint in a run.
const SETTINGS: &str = "shared_buffers = '512MB'\nmax_wal_size = '8GB'\ncheckpoint_timeout = '1h'";

/// Where databases are made, each fresh.
pub struct Place {
    folder: tempfile::TempDir,
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
        Ok(Self { folder, server, made: AtomicU32::new(0) })
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

    /// Transactions a second that `pgbench` reaches with a script at 64 clients; none without a server.
    pub fn pgbench(&self, url: &str, script: &str, seconds: u64) -> Outcome<Option<f64>> {
        let Some(binaries) = self.server.as_ref().and_then(|_| binaries()) else { return Ok(None) };
        let file = self.folder.path().join("script.sql");
        std::fs::write(&file, script)?;
        let done = Command::new(binaries.join("pgbench"))
            .args(["--no-vacuum", "--protocol=prepared", "--client=64", "--jobs=2"])
            .arg(format!("--time={seconds}"))
            .arg("--file")
            .arg(&file)
            .arg(url)
            .output()?;
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        match rate {
            Some(rate) if done.status.success() => Ok(Some(rate)),
            _ => Err(format!("pgbench: {said} {}", String::from_utf8_lossy(&done.stderr)).into()),
        }
    }
}
