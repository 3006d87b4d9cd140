//! A national statement imported over HTTP and from the command line, beside bare multi-row inserts of
//! the same rows in one transaction; how much memory it took, and what others recorded meanwhile.
//!
//! `cargo bench --bench statement_import`, and `LINES=100000` for another number than a million.

mod bare;
mod synthetic;

use std::fs::File;
use std::io::{BufWriter, copy};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use levy_ledger::api::server::{self, ServerOptions};
use levy_ledger::domain::people::Role;
use levy_ledger::ops::clock::SystemClock;
use levy_ledger::ops::commands::{issue_token, run};
use levy_ledger::ops::config::{Command, Database, ImportCommand, StatementOptions};
use levy_ledger::storage::{DatabaseUrl, Store, StoreOptions};
use reqwest::blocking::{Body, Client};
use serde_json::{Value, json};
use synthetic::Synthetic;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let lines: u64 = std::env::var("LINES").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("statement.csv");
    copy(&mut Synthetic::new(lines), &mut BufWriter::new(File::create(&file)?))?;
    println!("{lines} lines, {} bytes", file.metadata()?.len());
    let served = Served::start(&folder.path().join("http.db"))?;
    let http = over_http(&served, &file, lines)?;
    by_command(folder.path(), &file, lines)?;
    let bare = bare::inserts(&served.file, &folder.path().join("bare.db"))?;
    println!("bare inserts: {} lines a second", rate(lines, bare));
    println!("ratio over HTTP: {:.2}", bare.as_secs_f64() / http.as_secs_f64());
    Ok(())
}

fn rate(lines: u64, took: Duration) -> u128 {
    u128::from(lines) * 1_000 / took.as_millis().max(1)
}

/// A ledger that is served in this process.
struct Served {
    base: String,
    token: String,
    file: PathBuf,
    account: String,
    other: String,
}

fn open(file: &Path) -> Outcome<Store> {
    let url = DatabaseUrl::file(file.to_owned());
    Ok(Store::open(StoreOptions { url, clock: Arc::new(SystemClock), idempotency_days: 90, readers: 4 })?)
}

impl Served {
    fn start(file: &Path) -> Outcome<Self> {
        let store = open(file)?;
        let token = issue_token(&store, Role::Admin, "bench", None, 30)?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let base = format!("http://{}", listener.local_addr()?);
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                if let Ok(server) = server::serve(store, listener, ServerOptions::with(2)) {
                    drop(server.await);
                }
            });
        });
        let mut served = Self { base, token, file: file.to_owned(), account: String::new(), other: String::new() };
        served.account = served.open_account("Northshire")?;
        served.other = served.open_account("Southshire")?;
        Ok(served)
    }

    fn open_account(&self, name: &str) -> Outcome<String> {
        let made = Client::new().post(format!("{}/v1/accounts", self.base)).bearer_auth(&self.token);
        let made: Value = made.json(&json!({"name": name})).send()?.json()?;
        Ok(made.get("id").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    fn import(&self, file: &Path) -> Outcome<(Duration, Value)> {
        let path = format!("{}/v1/accounts/{}/statements", self.base, self.account);
        let client = Client::builder().timeout(None).build()?;
        let sent = client.post(path).bearer_auth(&self.token).header("Content-Type", "text/csv");
        let begun = Instant::now();
        let answer = sent.body(Body::new(File::open(file)?)).send()?.json()?;
        Ok((begun.elapsed(), answer))
    }
}

/// What somebody else recorded while a statement was imported.
struct Meanwhile {
    posts: u64,
    longest: Duration,
}

/// Records levy of another account, one after the other, until told to stop.
fn post_meanwhile(served: &Served, stop: &AtomicBool) -> Meanwhile {
    let path = format!("{}/v1/accounts/{}/levy-funds", served.base, served.other);
    let client = Client::builder().timeout(None).build().unwrap_or_default();
    let mut meanwhile = Meanwhile { posts: 0, longest: Duration::ZERO };
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let levy = json!({"amount": "1.00", "entered_on": "2026-05-22"});
        let answer = client.post(&path).bearer_auth(&served.token).json(&levy).send();
        meanwhile.posts += u64::from(answer.is_ok_and(|answer| answer.status() == 201));
        meanwhile.longest = meanwhile.longest.max(begun.elapsed());
    }
    meanwhile
}

fn over_http(served: &Served, file: &Path, lines: u64) -> Outcome<Duration> {
    forget_peak();
    let (took, answer) = served.import(file)?;
    println!("over HTTP: {} lines a second, {took:.1?}, peak {} KiB; {answer}", rate(lines, took), peak());
    forget_peak();
    let stop = AtomicBool::new(false);
    let again = std::thread::scope(|scope| {
        let posting = scope.spawn(|| post_meanwhile(served, &stop));
        let again =
            served.import(file).map(|(took, answer)| (took, answer.get("already_held").cloned().unwrap_or_default()));
        stop.store(true, Ordering::Relaxed);
        again.map_err(|cause| cause.to_string()).map(|again| (again, posting.join()))
    });
    let ((took_again, held), meanwhile) = again?;
    let meanwhile = meanwhile.map_err(|_| "the other client failed")?;
    println!(
        "the same again: {} lines a second, {held} held, peak {} KiB; meanwhile {} posts, the longest {:.1?}",
        rate(lines, took_again),
        peak(),
        meanwhile.posts,
        meanwhile.longest
    );
    Ok(took)
}

fn by_command(folder: &Path, file: &Path, lines: u64) -> Outcome<()> {
    let served = Served::start(&folder.join("command.db"))?;
    let database = Database { database_url: DatabaseUrl::file(served.file.clone()) };
    let (account, file) = (served.account.parse()?, file.to_owned());
    let stop = AtomicBool::new(false);
    forget_peak();
    let (took, meanwhile) = std::thread::scope(|scope| {
        let posting = scope.spawn(|| post_meanwhile(&served, &stop));
        let begun = Instant::now();
        let options = StatementOptions { file, account, dry_run: false, partial: false, database };
        let done = run(Command::Import(ImportCommand::Statement(options)));
        stop.store(true, Ordering::Relaxed);
        done.map_err(|cause| cause.to_string()).map(|()| (begun.elapsed(), posting.join()))
    })?;
    let meanwhile = meanwhile.map_err(|_| "the other client failed")?;
    println!(
        "by command: {} lines a second, {took:.1?}, peak {} KiB; meanwhile {} posts, the longest {:.1?}",
        rate(lines, took),
        peak(),
        meanwhile.posts,
        meanwhile.longest
    );
    Ok(())
}

/// The most memory that this process held, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// Begins to measure the peak anew.
fn forget_peak() {
    drop(std::fs::write("/proc/self/clear_refs", "5"));
}
