//! England served by the product's own process: how soon it is ready, how fast it answers and how much
//! memory it holds.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::blocking::Client;
use uuid::Uuid;

use super::Outcome;

/// A process that serves a ledger.
pub struct Served {
    child: Child,
    base: String,
    token: String,
    client: Client,
    /// From its start until it said that it was ready.
    pub ready_after: Duration,
}

impl Served {
    pub fn start(url: &str, token: &str) -> Outcome<Self> {
        let begun = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_levy-ledger"))
            .args(["serve", "--listen", "127.0.0.1:0", "--database-url", url])
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()?;
        let said = BufReader::new(child.stdout.take().ok_or("no output")?);
        let address = said.lines().map_while(Result::ok).find_map(|line| {
            let (_, rest) = line.split_once("http://")?;
            Some(rest.split(',').next().unwrap_or_default().to_owned())
        });
        let client = Client::builder().timeout(Duration::from_secs(600)).build()?;
        let base = format!("http://{}", address.ok_or("it does not say where it listens")?);
        let mut served = Self { child, base, token: token.to_owned(), client, ready_after: Duration::ZERO };
        while !served.client.get(format!("{}/readyz", served.base)).send().is_ok_and(|answer| answer.status() == 200) {
            std::thread::yield_now();
        }
        served.ready_after = begun.elapsed();
        Ok(served)
    }

    /// What it answers, and how long that took.
    pub fn get(&self, path: &str) -> Outcome<(String, Duration)> {
        let begun = Instant::now();
        let answer = self.client.get(format!("{}/v1{path}", self.base)).bearer_auth(&self.token).send()?;
        let status = answer.status();
        let text = answer.text()?;
        if status != 200 {
            return Err(format!("{path}: {status} {text}").into());
        }
        Ok((text, begun.elapsed()))
    }

    /// The middle of what a question takes when it is asked one time after the other.
    pub fn usual(&self, path: &str, times: usize) -> Outcome<Duration> {
        let mut took = Vec::with_capacity(times);
        for _ in 0..times {
            took.push(self.get(path)?.1);
        }
        took.sort_unstable();
        Ok(took.get(times / 2).copied().unwrap_or_default())
    }

    /// Asks one question of every account, four at a time.
    pub fn ask_all(&self, accounts: &[Uuid], question: &str) -> Outcome<Duration> {
        let (begun, next) = (Instant::now(), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            let ask = || -> Outcome<()> {
                while let Some(account) = accounts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    self.get(&format!("/accounts/{account}/{question}"))?;
                }
                Ok(())
            };
            let asking: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            asking.into_iter().try_for_each(|asking| asking.join().map_err(|_| "a client failed")?)
        })?;
        Ok(begun.elapsed())
    }

    /// Resident memory now and at its peak, in MiB.
    pub fn memory(&self) -> Outcome<(u64, u64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let figure = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        Ok((figure("VmRSS:").unwrap_or(0) / 1024, figure("VmHWM:").unwrap_or(0) / 1024))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
