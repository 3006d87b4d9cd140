//! Posts a second beside `/livez`, the ceiling of the framework, and payments sent a hundred a request beside
//! bare multi-row inserts of the same rows, in the same run, each answer durable. On PostgreSQL also beside
//! `pgbench` running the statements of a post, one transaction a request, and with two instances.
//!
//! `cargo bench --bench posts`, `DATABASE=postgres` for a private PostgreSQL server, and `SECONDS_EACH=10`
//! for longer runs.

mod bare_posts;
mod load;
mod place;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use levy_ledger::api::server::{self, ServerOptions};
use levy_ledger::domain::people::Role;
use levy_ledger::ops::clock::SystemClock;
use levy_ledger::ops::commands::issue_token;
use levy_ledger::storage::{Store, StoreOptions};
use load::{Client, load, spread};
use place::Place;
use serde_json::json;

/// How many payments a request holds.
const PAYMENTS: usize = 100;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let seconds = std::env::var("SECONDS_EACH").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let place = Place::of_environment()?;
    let url = place.fresh();
    let (store, token) = open(&url)?;
    let first = serve(store)?;
    let clients = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let council = clients.block_on(Council::new(first, token))?;
    let each = Duration::from_secs(seconds);
    let ceiling = clients.block_on(load(first, council.live(), 200, each))?.rate;
    println!("livez              {ceiling:>9.0} a second");
    let bare = bare_posts::pgbench(&place, seconds)?;
    if let Some(bare) = bare {
        println!("pgbench            {bare:>9.0} a second");
    }
    let mut runs = vec![("levy", vec![(first, council.levy())]), ("transfers", vec![(first, council.transfer())])];
    if bare.is_some() {
        let second = serve(open(&url)?.0)?;
        // On accounts of their own, as the runs before, so that they have no more to them than those had.
        let other = || clients.block_on(Council::new(first, council.token.clone()));
        let (shared, ours, theirs) = (other()?, other()?, other()?);
        runs.push(("levy, two instances", vec![(first, shared.levy()), (second, shared.levy())]));
        runs.push(("  of two accounts", vec![(first, ours.levy()), (second, theirs.levy())]));
        runs.push(("transfers, two", vec![(first, shared.transfer()), (second, shared.transfer())]));
    }
    if let Ok(only) = std::env::var("RUNS") {
        runs = only.split(';').filter_map(|name| runs.iter().find(|run| run.0.trim() == name).cloned()).collect();
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
    let seen = clients.block_on(load(first, council.payments(), 200, each))?;
    let recorded = seen.rate * 100.0;
    let inserted = bare_posts::inserts(&url, &place.fresh())?;
    println!(
        "payments by {PAYMENTS}    {recorded:>8.0} a second, {:.2} of bare inserts ({inserted:.0})",
        recorded / inserted
    );
    Ok(())
}

fn open(url: &str) -> Outcome<(Store, String)> {
    let options = StoreOptions { url: url.parse()?, clock: Arc::new(SystemClock), idempotency_days: 90, readers: 4 };
    let store = Store::open(options)?;
    let token = issue_token(&store, Role::Admin, "bench", None, 1)?;
    Ok((store, token))
}

fn serve(store: Store) -> Outcome<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        let system = actix_web::rt::System::new();
        system.block_on(async move { server::serve(store, listener, ServerOptions::with(2))?.await })
    });
    Ok(address)
}

/// An account that is posted to.
struct Council {
    token: String,
    account: String,
    provider: String,
}

impl Council {
    async fn new(address: SocketAddr, token: String) -> Outcome<Self> {
        let mut council = Self { token, account: String::new(), provider: String::new() };
        council.account = made(address, &council.post("/v1/accounts", r#"{"name":"Bench Council"}"#)).await?;
        let provider = r#"{"name":"Bench Care","sector":"adult_social_care"}"#;
        council.provider = made(address, &council.post("/v1/providers", provider)).await?;
        Ok(council)
    }

    fn post(&self, path: &str, body: &str) -> String {
        format!(
            "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        )
    }

    fn to_account(&self, what: &str, body: &serde_json::Value) -> String {
        self.post(&format!("/v1/accounts/{}/{what}", self.account), &body.to_string())
    }

    fn live(&self) -> String {
        "GET /livez HTTP/1.1\r\nHost: bench\r\n\r\n".to_owned()
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

/// Makes something and gives its id.
async fn made(address: SocketAddr, request: &str) -> Outcome<String> {
    let mut client = Client::connect(address).await?;
    let (status, body) = client.send(request.as_bytes()).await?;
    let made: serde_json::Value = serde_json::from_slice(body)?;
    match made.get("id").and_then(|id| id.as_str()) {
        Some(id) if status == 201 => Ok(id.to_owned()),
        _ => Err(format!("{status}: {made}").into()),
    }
}
