//! A national statement imported over HTTP and from the command line, beside bare multi-row inserts of
//! the same rows in one transaction; how much memory it took, and what others recorded meanwhile.
//!
//! `cargo bench --bench statement_import`, `LINES=100000` for another number than a million, and
//! `DATABASE=postgres` for a private PostgreSQL server.

mod bare;
mod bare_lines;
mod memory;
mod place;
mod served;
mod synthetic;
mod twin;

use std::fs::File;
use std::io::{BufWriter, copy};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bare::{Inserts, last_entry};
use levy_ledger::ops::clock::SystemClock;
use levy_ledger::ops::commands::run;
use levy_ledger::ops::config::{Command, Database, ImportCommand, StatementOptions};
use memory::{forget_peak, peak};
use place::{Place, open, setting};
use reqwest::blocking::{Body, Client};
use serde_json::{Value, json};
use served::Served;
use synthetic::Synthetic;
use twin::twin;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let lines = u64::from(setting("LINES", 1_000_000));
    let place = Place::of_environment()?;
    let file = place.folder.path().join("statement.csv");
    copy(&mut Synthetic::new(lines), &mut BufWriter::new(File::create(&file)?))?;
    println!("{lines} lines, {} bytes", file.metadata()?.len());
    let councils = Councils::open(place.fresh())?;
    let (before, (twin, ..)) = (last_entry(&councils.url)?, twin(&place, &councils.url)?);
    let http = over_http(&councils, &file, lines)?;
    let mut inserts = Inserts::of(&councils.url, &twin)?;
    inserts.begin()?;
    inserts.entries(before, usize::try_from(lines)?)?;
    bare_lines::insert_lines(&mut inserts, &councils.url)?;
    inserts.commit()?;
    again(&councils, &file, lines)?;
    by_command(Councils::open(place.fresh())?, &file, lines)?;
    println!("bare inserts: {} rows, {} lines a second", inserts.rows, rate(lines, inserts.took));
    println!("ratio over HTTP: {:.2}", inserts.took.as_secs_f64() / http.as_secs_f64());
    Ok(())
}

fn rate(lines: u64, took: Duration) -> u128 {
    u128::from(lines) * 1_000 / took.as_millis().max(1)
}

/// Two accounts of a ledger that is served in this process.
struct Councils {
    served: Served,
    url: String,
    /// The one whose statement is imported.
    account: String,
    /// The one that somebody records of meanwhile.
    other: String,
}

impl Councils {
    fn open(url: String) -> Outcome<Self> {
        let served = Served::start(open(&url, Arc::new(SystemClock))?)?;
        let account = |name: &str| served.post("/accounts", &json!({"name": name}));
        let (account, other) = (account("Northshire")?, account("Southshire")?);
        Ok(Self { served, url, account, other })
    }

    fn import(&self, file: &Path) -> Outcome<(Duration, Value)> {
        let path = self.served.path(&format!("/accounts/{}/statements", self.account));
        let client = Client::builder().timeout(None).build()?;
        let sent = client.post(path).bearer_auth(&self.served.token).header("Content-Type", "text/csv");
        let begun = Instant::now();
        let answer = sent.body(Body::new(File::open(file)?)).send()?.json()?;
        Ok((begun.elapsed(), answer))
    }

    /// Does something while somebody records levy of the other account, one after the other.
    fn beside_posts<T>(&self, work: impl FnOnce() -> Outcome<T>) -> Outcome<(T, Meanwhile)> {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let posting = scope.spawn(|| self.post_meanwhile(&stop));
            let done = work();
            stop.store(true, Ordering::Relaxed);
            let meanwhile = posting.join().map_err(|_| "the other client failed")?;
            Ok((done?, meanwhile))
        })
    }

    fn post_meanwhile(&self, stop: &AtomicBool) -> Meanwhile {
        let path = format!("/accounts/{}/levy-funds", self.other);
        let mut meanwhile = Meanwhile { posts: 0, longest: Duration::ZERO };
        while !stop.load(Ordering::Relaxed) {
            let begun = Instant::now();
            let levy = json!({"amount": "1.00", "entered_on": "2026-05-22"});
            meanwhile.posts += u64::from(self.served.post(&path, &levy).is_ok());
            meanwhile.longest = meanwhile.longest.max(begun.elapsed());
        }
        meanwhile
    }
}

/// What somebody else recorded while a statement was imported.
struct Meanwhile {
    posts: u64,
    longest: Duration,
}

fn over_http(councils: &Councils, file: &Path, lines: u64) -> Outcome<Duration> {
    forget_peak()?;
    let (took, answer) = councils.import(file)?;
    println!("over HTTP: {} lines a second, {took:.1?}, peak {} KiB; {answer}", rate(lines, took), peak()?);
    Ok(took)
}

fn again(councils: &Councils, file: &Path, lines: u64) -> Outcome<()> {
    forget_peak()?;
    let ((took, answer), meanwhile) = councils.beside_posts(|| councils.import(file))?;
    let held = answer.get("already_held").cloned().unwrap_or_default();
    println!(
        "the same again: {} lines a second, {held} held, peak {} KiB; meanwhile {} posts, the longest {:.1?}",
        rate(lines, took),
        peak()?,
        meanwhile.posts,
        meanwhile.longest
    );
    Ok(())
}

fn by_command(councils: Councils, file: &Path, lines: u64) -> Outcome<()> {
    let database = Database { database_url: councils.url.parse()? };
    let (account, file) = (councils.account.parse()?, file.to_owned());
    forget_peak()?;
    let (took, meanwhile) = councils.beside_posts(|| {
        let begun = Instant::now();
        let options = StatementOptions { file, account, dry_run: false, partial: false, database };
        run(Command::Import(ImportCommand::Statement(options)))?;
        Ok(begun.elapsed())
    })?;
    println!(
        "by command: {} lines a second, {took:.1?}, peak {} KiB; meanwhile {} posts, the longest {:.1?}",
        rate(lines, took),
        peak()?,
        meanwhile.posts,
        meanwhile.longest
    );
    Ok(())
}
