//! Totals a second beside `/livez`, the ceiling of the framework, in the same run: of an account with one
//! year of history, and of one with ten years and 100,000 payments. 64 keep-alive clients on the same
//! machine; prints rates and their ratios, and the same while another account is posted to.
//!
//! `cargo bench --bench totals`, with `SECONDS_EACH=10` for longer runs and `PAYMENTS=10000` for fewer.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use levy_ledger::api::server::{self, ServerOptions};
use levy_ledger::domain::people::Role;
use levy_ledger::ops::clock::SystemClock;
use levy_ledger::ops::commands::issue_token;
use levy_ledger::storage::{Store, StoreOptions};
use reqwest::blocking::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CLIENTS: usize = 64;
/// How many payments one post holds at the most.
const POSTED: usize = 1_000;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn main() -> Outcome<()> {
    let each = Duration::from_secs(setting("SECONDS_EACH", 5));
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let url = format!("sqlite:{}", folder.path().join("ledger.db").display()).parse()?;
    let store = Store::open(StoreOptions { url, clock: Arc::new(SystemClock), idempotency_days: 90, readers: 4 })?;
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
    let ceiling = clients.block_on(rate(address, live, each))?;
    println!("livez                     {ceiling:>9.0} a second");
    for (name, account) in [("one year", &one), ("ten years", &ten)] {
        let read = clients.block_on(rate(address, totals(account), each))?;
        println!("totals, {name:<17} {read:>9.0} a second, {:.3} of livez", read / ceiling);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let posting = {
        let (council, stop) = (council.clone(), stop.clone());
        std::thread::spawn(move || council.post_until(&other, &stop))
    };
    let read = clients.block_on(rate(address, totals(&ten), each))?;
    stop.store(true, Ordering::Relaxed);
    let posted = posting.join().map_err(|_| "the posts ended early")??;
    println!("totals beside {posted:>5} posts  {read:>9.0} a second, {:.3} of livez", read / ceiling);
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

/// How many answers come back a second.
async fn rate(address: SocketAddr, request: String, each: Duration) -> Outcome<f64> {
    let (done, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let request: Arc<[u8]> = request.into_bytes().into();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (done, stop, request) = (done.clone(), stop.clone(), request.clone());
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                let mut read = Vec::with_capacity(4096);
                while !stop.load(Ordering::Relaxed) {
                    stream.write_all(&request).await?;
                    read.clear();
                    while !complete(&read)? {
                        if stream.read_buf(&mut read).await? == 0 {
                            return Err("the server closed the connection".into());
                        }
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                }
                Outcome::Ok(())
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (before, began) = (done.load(Ordering::Relaxed), Instant::now());
    tokio::time::sleep(each).await;
    let (after, took) = (done.load(Ordering::Relaxed), began.elapsed());
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await??;
    }
    Ok(f64::from(u32::try_from(after - before)?) / took.as_secs_f64())
}

/// Whether an answer is there as a whole; it must be 200.
fn complete(read: &[u8]) -> Outcome<bool> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(read)? else { return Ok(false) };
    if response.code != Some(200) {
        return Err(String::from_utf8_lossy(read).into());
    }
    let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse::<usize>().ok());
    Ok(read.len() >= head + length.unwrap_or(0))
}
