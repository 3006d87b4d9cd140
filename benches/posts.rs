//! Posts a second beside `/livez`, the ceiling of the framework, and payments sent a hundred a request beside
//! bare multi-row inserts of the same rows, in the same run, each answer durable. On PostgreSQL also beside
//! `pgbench` running the statements of a post, one transaction a request, and with two instances.
//!
//! `cargo bench --bench posts`, `DATABASE=postgres` for a private PostgreSQL server, and `SECONDS_EACH=10`
//! for longer runs.

mod bare;
mod bare_posts;
mod load;
mod pgbench;
mod place;
mod served;
mod twin;

use std::sync::Arc;
use std::time::Duration;

use bare::{Inserts, last_entry};
use levy_ledger::ops::clock::SystemClock;
use load::{CLIENTS, load, spread};
use place::{Place, open, setting};
use serde_json::{Value, json};
use served::Served;
use twin::twin;

/// How many payments a request holds.
const PAYMENTS: usize = 100;
/// How many of them are inserted bare at the most.
const INSERTED: u32 = 200_000;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let seconds = setting("SECONDS_EACH", 5);
    let place = Place::of_environment()?;
    let url = place.fresh();
    let first = Served::start(open(&url, Arc::new(SystemClock))?)?;
    let council = Council::new(&first)?;
    let clients = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let each = Duration::from_secs(seconds.into());
    let ceiling = clients.block_on(load(first.address, live(), 200, each))?.rate;
    println!("livez              {ceiling:>9.0} a second");
    let bare = bare_posts::posts(&place, seconds)?;
    if let Some(bare) = bare {
        println!("pgbench            {bare:>9.0} a second");
    }
    let at = first.address;
    let mut runs = vec![("levy", vec![(at, council.levy())]), ("transfers", vec![(at, council.transfer())])];
    if bare.is_some() {
        let second = Served::start(open(&url, Arc::new(SystemClock))?)?.address;
        // On accounts of their own, as the runs before, so that they have no more to them than those had.
        let (shared, ours, theirs) = (Council::new(&first)?, Council::new(&first)?, Council::new(&first)?);
        runs.push(("levy, two instances", vec![(at, shared.levy()), (second, shared.levy())]));
        runs.push(("  of two accounts", vec![(at, ours.levy()), (second, theirs.levy())]));
        runs.push(("transfers, two", vec![(at, shared.transfer()), (second, shared.transfer())]));
    }
    for (name, servers) in runs {
        let seen = clients.block_on(spread(&servers, 201, each))?;
        let beside = bare.map(|bare| format!(", {:.2} of pgbench", seen.rate / bare)).unwrap_or_default();
        let (ratio, slowest) = (seen.rate / ceiling, seen.slowest.as_secs_f64() * 1_000.0);
        println!(
            "{name:<19}{:>8.0} a second, {ratio:.3} of livez{beside}; 99 of 100 within {slowest:.1} ms",
            seen.rate
        );
    }
    let (before, (twin, ..)) = (last_entry(&url)?, twin(&place, &url)?);
    let seen = clients.block_on(load(at, council.payments(), 200, each))?;
    let recorded = seen.rate * 100.0;
    let inserted = inserts(&url, &twin, before)?;
    println!(
        "payments by {PAYMENTS}    {recorded:>8.0} a second, {:.2} of bare inserts ({inserted:.0})",
        recorded / inserted
    );
    Ok(())
}

/// Rows a second that multi-row inserts alone put into a ledger, the payments of the run: a transaction holds
/// as many as the clients send at a time.
fn inserts(ledger: &str, twin: &str, before: i64) -> Outcome<f64> {
    let (mut inserts, mut after) = (Inserts::of(ledger, twin)?, Some(before));
    while let Some(from) = after.filter(|_| inserts.rows < INSERTED) {
        inserts.begin()?;
        after = inserts.entries(from, CLIENTS * PAYMENTS)?;
        inserts.commit()?;
    }
    Ok(f64::from(inserts.rows) / inserts.took.as_secs_f64())
}

fn live() -> String {
    "GET /livez HTTP/1.1\r\nHost: bench\r\n\r\n".to_owned()
}

/// An account that is posted to.
struct Council {
    token: String,
    account: String,
    provider: String,
}

impl Council {
    fn new(served: &Served) -> Outcome<Self> {
        let account = served.post("/accounts", &json!({"name": "Bench Council"}))?;
        let provider = served.post("/providers", &json!({"name": "Bench Care", "sector": "adult_social_care"}))?;
        Ok(Self { token: served.token.clone(), account, provider })
    }

    fn to_account(&self, what: &str, body: &Value) -> String {
        let body = body.to_string();
        format!(
            "POST /v1/accounts/{}/{what} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.account,
            self.token,
            body.len()
        )
    }

    fn levy(&self) -> String {
        let levy = json!({"amount": "1000.00", "entered_on": "2026-05-22", "declared_on": "2025-06-01",
            "reference": "bench"});
        self.to_account("levy-funds", &levy)
    }

    fn transfer(&self) -> String {
        let transfer =
            json!({"provider_id": self.provider, "amount": "0.01", "agreed_on": "2026-06-01", "apprentices": 1});
        self.to_account("transfers", &transfer)
    }

    fn payments(&self) -> String {
        let payment = json!({"month": "2026-06", "kind": "own", "amount": "0.01"});
        self.to_account("payments", &json!({"payments": vec![payment; PAYMENTS]}))
    }
}
