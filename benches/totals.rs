//! Totals a second beside `/livez`, the ceiling of the framework, in the same run: of an account with one
//! year of history, and of one with ten years and 100,000 payments. 64 keep-alive clients on the same
//! machine; prints rates and their ratios, and the same while another account is posted to.
//!
//! `cargo bench --bench totals`, `DATABASE=postgres` for a private PostgreSQL server, where it is also held beside
//! `pgbench` doing one `SELECT` of the head, with `SECONDS_EACH=10` for longer runs and `PAYMENTS=10000` for fewer.

mod load;
mod place;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use levy_ledger::api::server::{self, ServerOptions};
use levy_ledger::domain::people::Role;
use levy_ledger::ops::clock::SystemClock;
use levy_ledger::ops::commands::issue_token;
use levy_ledger::storage::{Store, StoreOptions};
use load::{Seen, load};
use place::Place;
use reqwest::blocking::Client;
use serde_json::{Value, json};

/// How many payments one post holds at the most.
const POSTED: usize = 1_000;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn main() -> Outcome<()> {
    let seconds = setting("SECONDS_EACH", 5);
    let each = Duration::from_secs(seconds);
    let place = Place::of_environment()?;
    let url = place.fresh();
    let store = Store::open(StoreOptions {
        url: url.parse()?,
        clock: Arc::new(SystemClock),
        idempotency_days: 90,
        readers: 4,
    })?;
    let token = issue_token(&store, Role::Admin, "bench", None, 1)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        let system = actix_web::rt::System::new();
        system.block_on(async move { server::serve(store, listener, ServerOptions::with(2))?.await })
    });
    let council = Council { base: format!("http://{address}/v1"), token: token.clone(), client: Client::new() };
    let payments = usize::try_from(setting("PAYMENTS", 100_000))?;
    let one = council.with_history(1, payments / 10)?;
    let ten = council.with_history(10, payments)?;
    let other = council.made("/accounts", &json!({"name": "Another Council"}))?;
    let clients = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let totals = |account: &str| {
        format!("GET /v1/accounts/{account}/totals HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n")
    };
    let live = "GET /livez HTTP/1.1\r\nHost: bench\r\n\r\n".to_owned();
    let ceiling = clients.block_on(load(address, live, 200, each))?.rate;
    println!("livez                     {ceiling:>9.0} a second");
    let head = "SELECT id, last_seq, hash, recorded_at FROM events ORDER BY id DESC LIMIT 1;\n";
    let bare = place.pgbench(&url, head, seconds)?;
    if let Some(bare) = bare {
        println!("pgbench, the head         {bare:>9.0} a second");
    }
    let beside = |seen: Seen| {
        let (rate, slowest) = (seen.rate, seen.slowest.as_secs_f64() * 1_000.0);
        let pgbench = bare.map(|bare| format!(", {:.2} of pgbench", rate / bare)).unwrap_or_default();
        format!("{rate:>9.0} a second, {:.3} of livez{pgbench}; 99 of 100 within {slowest:.1} ms", rate / ceiling)
    };
    for (name, account) in [("one year", &one), ("ten years", &ten)] {
        let read = clients.block_on(load(address, totals(account), 200, each))?;
        println!("totals, {name:<17} {}", beside(read));
    }
    let stop = Arc::new(AtomicBool::new(false));
    let posting = {
        let (council, stop) = (council.clone(), stop.clone());
        std::thread::spawn(move || council.post_until(&other, &stop))
    };
    let read = clients.block_on(load(address, totals(&ten), 200, each))?;
    stop.store(true, Ordering::Relaxed);
    let posted = posting.join().map_err(|_| "the posts ended early")??;
    println!("totals beside {posted:>5} posts  {}", beside(read));
    Ok(())
}

/// Somebody who records the histories.
#[derive(Clone)]
struct Council {
    base: String,
    token: String,
    client: Client,
}

impl Council {
    fn post(&self, path: &str, body: &Value) -> Outcome<Value> {
        let answer = self.client.post(format!("{}{path}", self.base)).bearer_auth(&self.token).json(body).send()?;
        let (status, text) = (answer.status(), answer.text()?);
        if status.is_success() { Ok(serde_json::from_str(&text)?) } else { Err(format!("{status}: {text}").into()) }
    }

    fn made(&self, path: &str, body: &Value) -> Outcome<String> {
        let made = self.post(path, body)?;
        Ok(made.get("id").and_then(Value::as_str).ok_or("no id")?.to_owned())
    }

    /// An account with levy in every month of so many years, and payments spread over the months.
    fn with_history(&self, years: u32, payments: usize) -> Outcome<String> {
        let account = self.made("/accounts", &json!({"name": "Bench Council"}))?;
        let months: Vec<String> = (0..years * 12).map(|at| month(2026 - years, 10 + at)).collect();
        for month in &months {
            let levy = json!({"amount": "100000.00", "entered_on": format!("{month}-22")});
            self.post(&format!("/accounts/{account}/levy-funds"), &levy)?;
        }
        let each = payments / months.len();
        for month in &months {
            let payment = json!({"month": month, "kind": "own", "amount": "1.00"});
            let mut left = each;
            while left > 0 {
                let now = left.min(POSTED);
                let batch = json!({"payments": vec![payment.clone(); now]});
                self.post(&format!("/accounts/{account}/payments"), &batch)?;
                left -= now;
            }
        }
        Ok(account)
    }

    fn post_until(&self, account: &str, stop: &AtomicBool) -> Outcome<u64> {
        let levy = json!({"amount": "1.00", "entered_on": "2026-05-22"});
        let mut posted = 0;
        while !stop.load(Ordering::Relaxed) {
            self.post(&format!("/accounts/{account}/levy-funds"), &levy)?;
            posted += 1;
        }
        Ok(posted)
    }
}

/// The month that lies so many months after the beginning of a year.
fn month(year: u32, after: u32) -> String {
    format!("{}-{:02}", year + after / 12, after % 12 + 1)
}
