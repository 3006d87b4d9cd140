//! The close of a month of an account with 100,000 live starts, month after month: time for each
//! start, entries a second, how far the peak of resident memory grew, and beside them bare multi-row
//! inserts of a month's entries in one transaction, in the same run.
//!
//! `cargo bench --bench close`, with `STARTS=10000` and `MONTHS=3` for a smaller one. With
//! `ACCOUNTS=2000` it is the close of many accounts together, of 35 live starts each or as many as
//! `STARTS` says.

mod many_accounts;
mod measured;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use levy_ledger::api::server::{self, ServerOptions};
use levy_ledger::domain::people::Role;
use levy_ledger::ops::commands::issue_token;
use levy_ledger::storage::{Clock, Store, StoreOptions};
use measured::{insert_bare, peak};
use reqwest::blocking::Client;
use serde_json::{Value, json};

/// How many transfers the starts under transfers share.
const TRANSFERS: usize = 20;
/// The first month that is closed.
const FIRST: &str = "2026-05-01";

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A day on which every month of the bench is over.
struct Later;

impl Clock for Later {
    fn now(&self) -> NaiveDateTime {
        self.today().and_time(chrono::NaiveTime::MIN)
    }

    fn today(&self) -> NaiveDate {
        NaiveDate::from_ymd_opt(2028, 1, 3).unwrap_or_default()
    }
}

fn setting(name: &str, usual: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn main() -> Outcome<()> {
    match setting("ACCOUNTS", 0) {
        0 => one_account(setting("STARTS", 100_000), setting("MONTHS", 12)),
        accounts => many_accounts::close(accounts, setting("STARTS", 35), setting("MONTHS", 6)),
    }
}

fn one_account(starts: u32, months: u32) -> Outcome<()> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let file = folder.path().join("ledger.db");
    let url = format!("sqlite:{}", file.display()).parse()?;
    let store = Store::open(StoreOptions { url, clock: Arc::new(Later), idempotency_days: 90, readers: 4 })?;
    let token = issue_token(&store, Role::Admin, "bench", None, 1)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let base = format!("http://{}/v1", listener.local_addr()?);
    std::thread::spawn(move || {
        let system = actix_web::rt::System::new();
        system.block_on(async move { server::serve(store, listener, ServerOptions::with(1))?.await })
    });
    let caller = Caller { base, token, client: Client::builder().timeout(Duration::from_secs(600)).build()? };
    let account = council(&caller, starts)?;
    let mut db = SqliteConnection::establish(&file.to_string_lossy())?;
    load(&mut db, starts)?;
    let first: NaiveDate = FIRST.parse()?;
    let before = peak()?;
    let mut bare = Duration::ZERO;
    let mut closes = Duration::ZERO;
    println!(
        "{starts} starts\nmonth     entries  seconds  us a start  entries a second  of bare inserts  peak MiB more"
    );
    for number in 0..months {
        let month = (first + chrono::Months::new(number)).format("%Y-%m").to_string();
        let began = Instant::now();
        caller.post(&format!("/accounts/{account}/months/{month}/close"), &json!({}))?;
        let took = began.elapsed();
        let memory = peak()?.saturating_sub(before) / 1024;
        let (entries, inserting) = insert_bare(&mut db, &folder.path().join("bare.db"), &month)?;
        (bare, closes) = (bare + inserting, closes + took);
        println!(
            "{month} {entries:>9} {:>8.2} {:>11.1} {:>17.0} {:>16.2} {memory:>14}",
            took.as_secs_f64(),
            took.as_secs_f64() * 1e6 / f64::from(starts),
            f64::from(entries) / took.as_secs_f64(),
            inserting.as_secs_f64() / took.as_secs_f64(),
        );
    }
    println!("all of bare inserts: {:.3}", bare.as_secs_f64() / closes.as_secs_f64());
    Ok(())
}

/// Somebody who records over the interface.
struct Caller {
    base: String,
    token: String,
    client: Client,
}

impl Caller {
    fn post(&self, path: &str, body: &Value) -> Outcome<Value> {
        let request = self.client.post(format!("{}{path}", self.base)).bearer_auth(&self.token).json(body);
        let (status, text) = request.send().and_then(|answer| Ok((answer.status(), answer.text()?)))?;
        if !status.is_success() {
            return Err(format!("{path}: {status} {text}").into());
        }
        Ok(serde_json::from_str(&text)?)
    }

    fn made(&self, path: &str, body: &Value) -> Outcome<String> {
        let made = self.post(path, body)?;
        Ok(made.get("id").and_then(Value::as_str).ok_or("no id")?.to_owned())
    }
}

/// An account whose funds pay all transfers and most of its own starts.
fn council(caller: &Caller, starts: u32) -> Outcome<String> {
    let account = caller.made("/accounts", &json!({"name": "Bench Council"}))?;
    for month in 0..36 {
        let entered_on = NaiveDate::from_ymd_opt(2024, 6, 10).unwrap_or_default() + chrono::Months::new(month);
        let levy = json!({"amount": format!("{}.00", u64::from(starts) * 300), "entered_on": entered_on.to_string()});
        caller.post(&format!("/accounts/{account}/levy-funds"), &levy)?;
    }
    for at in 0..TRANSFERS {
        let provider = json!({"name": format!("Bench Care {at}"), "sector": "adult_social_care"});
        let provider = caller.made("/providers", &provider)?;
        let transfer = json!({"provider_id": provider, "amount": "90000000.00", "agreed_on": "2026-04-25",
            "apprentices": 10_000, "status": "accepted", "schedule": [{"allowance_year": "2029-30", "amount": "90000000.00"}]});
        caller.post(&format!("/accounts/{account}/transfers"), &transfer)?;
    }
    Ok(account)
}

/// Starts of 24 months, three of ten under transfers, straight into the database: the load is not
/// what is measured. The head of the ledger moves past them, so that what follows is numbered after.
fn load(db: &mut SqliteConnection, starts: u32) -> Outcome<()> {
    db.batch_execute("PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE")?;
    let numbered = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {starts}),
         h AS (SELECT MAX(last_seq) AS seq FROM events), a AS (SELECT MIN(id) AS id FROM accounts),
         t AS (SELECT id, ROW_NUMBER() OVER (ORDER BY id) - 1 AS at FROM transfers)"
    );
    db.batch_execute(&format!(
        "INSERT INTO starts (id, public_id, account_id, transfer_id, standard_code, level, agreed_price, agreed_on,
             start_on, planned_end_on, training_provider_ukprn)
         {numbered} SELECT h.seq + i, printf('01900000-0000-7000-8000-%012x', i), a.id, t.id, 'ST0005', 3,
             (600000 + i % 7919) * 1000, date('2026-04-26', '-' || (i % 5) || ' days'),
             date('2026-05-01', '+' || (i % 28) || ' days'), '2028-04-30', printf('1000%04d', i % 97)
         FROM n, h, a LEFT JOIN t ON i % 10 < 3 AND t.at = i % {TRANSFERS};
         INSERT INTO learners (start_id, learner_reference, version) SELECT id, 'B-' || id, id FROM starts;
         INSERT INTO start_lives (start_id, account_id, start_on, first_month, last_month, dearest_price, version, voided)
         SELECT id, account_id, start_on, 202605, 202804, agreed_price, id, 0 FROM starts;
         INSERT INTO events (id, first_seq, last_seq, recorded_at, actor, actor_name, request_id, action, body, hash)
         SELECT id + 1, last_seq + 1, last_seq + {starts}, recorded_at, actor, actor_name, request_id, 'start_recorded',
             '{{}}', hash FROM events ORDER BY id DESC LIMIT 1;
         COMMIT; ANALYZE"
    ))?;
    Ok(())
}
