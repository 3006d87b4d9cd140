//! Totals, funds and underspend a second beside `/livez`, the ceiling of the framework, in the same run: of an
//! account with one year of history, of one with ten years and 100,000 payments, and of the latter while another
//! account is posted to. 64 keep-alive clients on the same machine; prints rates and their ratios.
//!
//! `cargo bench --bench reads`, `DATABASE=postgres` for a private PostgreSQL server, where it is also held beside
//! `pgbench` doing one `SELECT` of the head, with `SECONDS_EACH=10` for longer runs and `PAYMENTS=10000` for fewer.

mod load;
mod pgbench;
mod place;
mod served;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use levy_ledger::ops::clock::SystemClock;
use load::{Seen, load};
use pgbench::pgbench;
use place::{Place, open, setting, settle};
use serde_json::json;
use served::Served;
use tokio::runtime::Runtime;

/// How many payments one post holds at the most.
const POSTED: usize = 1_000;
/// What is asked of an account.
const QUESTIONS: [&str; 3] = ["totals", "funds", "underspend"];
/// What a request asks of a server at the least: whether anything was recorded.
const HEAD: &str = "SELECT id, last_seq, hash, recorded_at FROM events ORDER BY id DESC LIMIT 1;\n";

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let seconds = setting("SECONDS_EACH", 5);
    let place = Place::of_environment()?;
    let url = place.fresh();
    let served = Served::start(open(&url, Arc::new(SystemClock))?)?;
    let payments = usize::try_from(setting("PAYMENTS", 100_000))?;
    let one = with_history(&served, 1, payments / 10)?;
    let ten = with_history(&served, 10, payments)?;
    let other = served.post("/accounts", &json!({"name": "Another Council"}))?;
    settle(&url)?;
    let clients = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut asking = Asking { served, clients, each: Duration::from_secs(seconds.into()), ceiling: 0.0, head: None };
    asking.ceiling = asking.seen("/livez")?.rate;
    println!("livez                  {:>9.0} a second", asking.ceiling);
    asking.head = pgbench(&place, &url, HEAD, seconds)?;
    if let Some(head) = asking.head {
        println!("pgbench, the head      {head:>9.0} a second");
    }
    for (name, account) in [("one year", &one), ("ten years", &ten)] {
        for question in QUESTIONS {
            asking.ask(question, account, name)?;
        }
    }
    let stop = Arc::new(AtomicBool::new(false));
    let posting = {
        let (served, stop) = (asking.served.clone(), stop.clone());
        std::thread::spawn(move || post_until(&served, &other, &stop))
    };
    for question in QUESTIONS {
        asking.ask(question, &ten, "beside posts")?;
    }
    stop.store(true, Ordering::Relaxed);
    let posted = posting.join().map_err(|_| "the posts ended early")??;
    println!("{} posts a second meanwhile", posted / (3 * u64::from(seconds)).max(1));
    Ok(())
}

/// Many clients that ask, and what their rates are held against.
struct Asking {
    served: Served,
    clients: Runtime,
    each: Duration,
    ceiling: f64,
    head: Option<f64>,
}

impl Asking {
    fn seen(&self, path: &str) -> Outcome<Seen> {
        let Served { address, token, .. } = &self.served;
        let request = format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n");
        self.clients.block_on(load(*address, request, 200, self.each))
    }

    fn ask(&self, question: &str, account: &str, name: &str) -> Outcome<()> {
        let seen = self.seen(&format!("/v1/accounts/{account}/{question}"))?;
        let (ratio, slowest) = (seen.rate / self.ceiling, seen.slowest.as_secs_f64() * 1_000.0);
        let beside = self.head.map(|head| format!(", {:.2} of pgbench", seen.rate / head)).unwrap_or_default();
        println!(
            "{question:<10} {name:<12}{:>9.0} a second, {ratio:.3} of livez{beside}; 99 of 100 within {slowest:.1} ms",
            seen.rate
        );
        Ok(())
    }
}

/// An account with levy in every month of so many years, and payments spread over the months.
fn with_history(served: &Served, years: u32, payments: usize) -> Outcome<String> {
    let account = served.post("/accounts", &json!({"name": "Bench Council"}))?;
    let months: Vec<String> = (0..years * 12).map(|at| month(2026 - years, 10 + at)).collect();
    for month in &months {
        let levy = json!({"amount": "100000.00", "entered_on": format!("{month}-22")});
        served.post(&format!("/accounts/{account}/levy-funds"), &levy)?;
    }
    let each = payments / months.len();
    for month in &months {
        let payment = json!({"month": month, "kind": "own", "amount": "1.00"});
        let mut left = each;
        while left > 0 {
            let now = left.min(POSTED);
            let batch = json!({"payments": vec![payment.clone(); now]});
            served.post(&format!("/accounts/{account}/payments"), &batch)?;
            left -= now;
        }
    }
    Ok(account)
}

fn post_until(served: &Served, account: &str, stop: &AtomicBool) -> Outcome<u64> {
    let levy = json!({"amount": "1.00", "entered_on": "2026-05-22"});
    let mut posted = 0;
    while !stop.load(Ordering::Relaxed) {
        served.post(&format!("/accounts/{account}/levy-funds"), &levy)?;
        posted += 1;
    }
    Ok(posted)
}

/// The month that lies so many months after the beginning of a year.
fn month(year: u32, after: u32) -> String {
    format!("{}-{:02}", year + after / 12, after % 12 + 1)
}
