//! Posts a second beside `/livez`, the ceiling of the framework: 64 keep-alive clients on the same
//! machine, in the same run, each answer durable. Prints rates and their ratios.
//!
//! `cargo bench --bench posts`, and `SECONDS_EACH=10` for longer runs.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use levy_ledger::api::server::{self, ServerOptions};
use levy_ledger::domain::people::Role;
use levy_ledger::ops::clock::SystemClock;
use levy_ledger::ops::commands::issue_token;
use levy_ledger::storage::{Store, StoreOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CLIENTS: usize = 64;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let seconds = std::env::var("SECONDS_EACH").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let each = Duration::from_secs(seconds);
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
    let clients = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    clients.block_on(measure(address, &token, each))
}

async fn measure(address: SocketAddr, token: &str, each: Duration) -> Outcome<()> {
    let post = |path: &str, body: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let account = made(address, &post("/v1/accounts", r#"{"name":"Bench Council"}"#)).await?;
    let provider =
        made(address, &post("/v1/providers", r#"{"name":"Bench Care","sector":"adult_social_care"}"#)).await?;
    let levy = post(
        &format!("/v1/accounts/{account}/levy-funds"),
        r#"{"amount":"1000.00","entered_on":"2026-05-22","declared_on":"2025-06-01","reference":"bench"}"#,
    );
    let transfer = post(
        &format!("/v1/accounts/{account}/transfers"),
        &format!(r#"{{"provider_id":"{provider}","amount":"0.01","agreed_on":"2026-06-01","apprentices":1}}"#),
    );
    let live = "GET /livez HTTP/1.1\r\nHost: bench\r\n\r\n".to_owned();
    let ceiling = rate(address, live, 200, each).await?;
    println!("livez      {ceiling:>9.0} a second");
    for (name, request) in [("levy", levy), ("transfers", transfer)] {
        let posts = rate(address, request, 201, each).await?;
        println!("{name:<10} {posts:>9.0} a second, {:.3} of livez", posts / ceiling);
    }
    Ok(())
}

/// How many answers of this status come back a second.
async fn rate(address: SocketAddr, request: String, status: u16, each: Duration) -> Outcome<f64> {
    let (done, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let request: Arc<[u8]> = request.into_bytes().into();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (done, stop, request) = (done.clone(), stop.clone(), request.clone());
            tokio::spawn(async move {
                let mut client = Client::connect(address).await?;
                while !stop.load(Ordering::Relaxed) {
                    let (answered, body) = client.send(&request).await?;
                    if answered != status {
                        return Err(format!("{answered}: {body}").into());
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
    let answered = u32::try_from(after - before)?;
    Ok(f64::from(answered) / took.as_secs_f64())
}

/// Makes something and gives its id.
async fn made(address: SocketAddr, request: &str) -> Outcome<String> {
    let (status, body) = Client::connect(address).await?.send(request.as_bytes()).await?;
    let made: serde_json::Value = serde_json::from_str(&body)?;
    match made.get("id").and_then(|id| id.as_str()) {
        Some(id) if status == 201 => Ok(id.to_owned()),
        _ => Err(format!("{status}: {body}").into()),
    }
}

/// A keep-alive connection that sends one request at a time.
struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Client {
    async fn connect(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(4096) })
    }

    async fn send(&mut self, request: &[u8]) -> Outcome<(u16, String)> {
        self.stream.write_all(request).await?;
        self.read.clear();
        loop {
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some(answer) = self.complete()? {
                return Ok(answer);
            }
        }
    }

    /// The answer, once it is there as a whole.
    fn complete(&self) -> Outcome<Option<(u16, String)>> {
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(head) = response.parse(&self.read)? else { return Ok(None) };
        let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
        let length = length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse::<usize>().ok());
        let body = self.read.get(head..).unwrap_or_default();
        if body.len() < length.unwrap_or(0) {
            return Ok(None);
        }
        Ok(Some((response.code.unwrap_or(0), String::from_utf8_lossy(body).into_owned())))
    }
}
