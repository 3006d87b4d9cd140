//! Posts a second beside `/livez`, the ceiling of the framework, and payments sent a hundred a request beside
//! bare multi-row inserts of the same rows, in the same run, each answer durable. On PostgreSQL also beside
//! `pgbench` running the statements of a post, one transaction a request, and with two instances.
//!
//! `cargo bench --bench posts`, `DATABASE=postgres` for a private PostgreSQL server, and `SECONDS_EACH=10`
//! for longer runs.

mod load;
mod place;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use levy_ledger::api::server::{self, ServerOptions};
use levy_ledger::domain::people::Role;
use levy_ledger::ops::clock::SystemClock;
use levy_ledger::ops::commands::issue_token;
use levy_ledger::storage::{Store, StoreOptions};
use load::{load, made};
use place::Place;
use serde_json::json;

/// How many payments a request holds.
const PAYMENTS: usize = 100;
/// How many rows a bare statement inserts.
const ROWS: i64 = 1_000;

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
    let ceiling = clients.block_on(load(&[first], council.live(), 200, each))?.rate;
    println!("livez              {ceiling:>9.0} a second");
    let bare = pgbench(&place, seconds)?;
    if let Some(bare) = bare {
        println!("pgbench            {bare:>9.0} a second");
    }
    let mut runs = vec![("levy", council.levy(), vec![first]), ("transfers", council.transfer(), vec![first])];
    if bare.is_some() {
        runs.push(("levy, two instances", council.levy(), vec![first, serve(open(&url)?.0)?]));
    }
    for (name, request, servers) in runs {
        let seen = clients.block_on(load(&servers, request, 201, each))?;
        let beside = bare.map(|bare| format!(", {:.2} of pgbench", seen.rate / bare)).unwrap_or_default();
        let (ratio, slowest) = (seen.rate / ceiling, seen.slowest.as_secs_f64() * 1_000.0);
        println!(
            "{name:<19}{:>8.0} a second, {ratio:.3} of livez{beside}; 99 of 100 within {slowest:.1} ms",
            seen.rate
        );
    }
    let seen = clients.block_on(load(&[first], council.payments(), 200, each))?;
    let recorded = seen.rate * 100.0;
    let inserted = bare_inserts(&url, &place.fresh())?;
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

/// The statements of a post of levy, one transaction a request, under the same lock.
const POST: &str = "BEGIN;
SELECT pg_advisory_xact_lock(7205759);
SELECT id AS event, last_seq, hash, recorded_at FROM events ORDER BY id DESC LIMIT 1 \\gset
INSERT INTO entries (seq, account_id, kind, month, effective_on, declared_on, amount, reference, recorded_at, recorded_by)
VALUES (:last_seq + 1, 1, 'levy', 202605, '2026-05-22', '2025-06-01', 100000000, 'bench', now(), 'bench');
INSERT INTO events (id, first_seq, last_seq, recorded_at, actor, actor_name, request_id, action, account_id, body, hash)
VALUES (:event + 1, :last_seq + 1, :last_seq + 1, now(), '01a20333-fb98-7171-99f1-b2af7bcc9b39', 'bench',
'01a20333-fb98-7171-99f1-b2af7bcc9b39', 'levy_recorded', 1, '{}', repeat('0', 64));
INSERT INTO monthly_sums VALUES (1, 202605, 0, 0, 0, 0, 0, 0) ON CONFLICT (account_id, month)
DO UPDATE SET levy = monthly_sums.levy + 100000000;
INSERT INTO declared_sums VALUES (1, 2025, 0) ON CONFLICT (account_id, allowance_year)
DO UPDATE SET levy = declared_sums.levy + 100000000;
COMMIT;
";

/// What `pgbench` reaches with the statements of a post.
fn pgbench(place: &Place, seconds: u64) -> Outcome<Option<f64>> {
    let url = place.fresh();
    if !url.starts_with("postgres") {
        return Ok(None);
    }
    Store::migrate(&url.parse()?)?;
    PgConnection::establish(&url)?.batch_execute(
        "INSERT INTO accounts VALUES (1, 'bench'); INSERT INTO events VALUES (1, 1, 1, now(), '', '', '', '', 1, NULL, '', '')",
    )?;
    place.pgbench(&url, POST, seconds)
}

diesel::table! {
    entries (seq) {
        seq -> BigInt,
        account_id -> BigInt,
        kind -> Text,
        month -> Integer,
        effective_on -> Date,
        amount -> BigInt,
        recorded_at -> Timestamp,
        recorded_by -> Text,
    }
}

type Payment = (i64, i64, String, i32, NaiveDate, i64, NaiveDateTime, String);

/// Rows a second that multi-row inserts alone put into the same tables, the payments of the run.
fn bare_inserts(from: &str, into: &str) -> Outcome<f64> {
    Store::migrate(&into.parse()?)?;
    let (mut from, mut into) = (Bare::open(from)?, Bare::open(into)?);
    let account: i64 = entries::table.select(entries::account_id).first(&mut from)?;
    into.batch_execute(&format!("INSERT INTO accounts VALUES ({account}, 'bench')"))?;
    let (mut after, mut count, mut took) = (0, 0, Duration::ZERO);
    while count < 200_000 {
        let payments = entries::table.filter(entries::seq.gt(after)).filter(entries::kind.eq("own_payment"));
        let rows: Vec<Payment> = payments.order(entries::seq).limit(ROWS).load(&mut from)?;
        let Some(last) = rows.last().map(|row| row.0) else { break };
        (after, count) = (last, count + u32::try_from(rows.len())?);
        let values: Vec<_> = rows
            .into_iter()
            .map(|(seq, account, kind, month, effective_on, amount, at, by)| {
                (
                    entries::seq.eq(seq),
                    entries::account_id.eq(account),
                    entries::kind.eq(kind),
                    entries::month.eq(month),
                    entries::effective_on.eq(effective_on),
                    entries::amount.eq(amount),
                    entries::recorded_at.eq(at),
                    entries::recorded_by.eq(by),
                )
            })
            .collect();
        let began = Instant::now();
        into.batch_execute("BEGIN")?;
        match &mut into {
            Bare::Sqlite(db) => diesel::insert_into(entries::table).values(values).execute(db)?,
            Bare::Postgres(db) => diesel::insert_into(entries::table).values(values).execute(db)?,
        };
        into.batch_execute("COMMIT")?;
        took += began.elapsed();
    }
    Ok(f64::from(count) / took.as_secs_f64())
}

/// A database without the ledger.
#[derive(diesel::MultiConnection)]
enum Bare {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Bare {
    fn open(url: &str) -> Outcome<Self> {
        let Some(file) = url.strip_prefix("sqlite:") else {
            return Ok(Self::Postgres(PgConnection::establish(url)?));
        };
        let mut db = SqliteConnection::establish(file)?;
        db.batch_execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384")?;
        Ok(Self::Sqlite(db))
    }
}
