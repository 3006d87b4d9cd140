//! 64 keep-alive clients on the same machine, each sending the next request once it has its answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Outcome;

/// How many there are.
pub const CLIENTS: usize = 64;

/// What clients saw.
pub struct Seen {
    /// Answers a second.
    pub rate: f64,
    /// How long the slowest of a hundred answers took at the least.
    pub slowest: Duration,
}

/// Sends a request to a server and counts answers of this status.
pub async fn load(server: SocketAddr, request: String, status: u16, each: Duration) -> Outcome<Seen> {
    spread(&[(server, request)], status, each).await
}

/// The same with servers over which the clients are spread, each with its own request.
pub async fn spread(servers: &[(SocketAddr, String)], status: u16, each: Duration) -> Outcome<Seen> {
    let (done, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let clients: Vec<_> = servers
        .iter()
        .cycle()
        .take(CLIENTS)
        .map(|(address, request)| {
            let (done, stop, address) = (done.clone(), stop.clone(), *address);
            let request: Arc<[u8]> = request.as_bytes().into();
            tokio::spawn(async move {
                let (mut client, mut took) = (Client::connect(address).await?, Vec::new());
                while !stop.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    let (answered, body) = client.send(&request).await?;
                    if answered != status {
                        return Err(format!("{answered}: {}", String::from_utf8_lossy(body)).into());
                    }
                    took.push(began.elapsed());
                    done.fetch_add(1, Ordering::Relaxed);
                }
                Outcome::Ok(took)
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (before, began) = (done.load(Ordering::Relaxed), Instant::now());
    tokio::time::sleep(each).await;
    let (after, elapsed) = (done.load(Ordering::Relaxed), began.elapsed());
    stop.store(true, Ordering::Relaxed);
    let mut took = Vec::new();
    for client in clients {
        took.extend(client.await??);
    }
    took.sort_unstable();
    let slowest = took.get(took.len() * 99 / 100).copied().unwrap_or_default();
    Ok(Seen { rate: f64::from(u32::try_from(after - before)?) / elapsed.as_secs_f64(), slowest })
}

/// A keep-alive connection that sends one request at a time.
pub struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(4096) })
    }

    /// Sends a request; gives the status and the body of its answer.
    pub async fn send(&mut self, request: &[u8]) -> Outcome<(u16, &[u8])> {
        self.stream.write_all(request).await?;
        self.read.clear();
        loop {
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some((status, head)) = complete(&self.read)? {
                return Ok((status, self.read.get(head..).unwrap_or_default()));
            }
        }
    }
}

/// The status of an answer and where its body begins, once it is there as a whole.
fn complete(read: &[u8]) -> Outcome<Option<(u16, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(read)? else { return Ok(None) };
    let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse::<usize>().ok());
    let whole = read.len() >= head + length.unwrap_or(0);
    Ok(whole.then_some((response.code.unwrap_or(0), head)))
}
