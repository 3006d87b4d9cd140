//! Telling webhooks of changes: in order, at least once, and never in anybody's way. What waits to be told
//! is the ledger's own sequence; each webhook has its place in it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{rt, web};
use chrono::{NaiveDateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::sync::mpsc;
use ureq::Agent;
use ureq::tls::TlsConfig;

use super::changes::ChangesOut;
use super::trust::Trust;
use crate::app::webhooks;
use crate::domain::journal::Seq;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::events::hex;
use crate::storage::measures::webhooks as measures;
use crate::storage::webhooks::{self as kept, Lease, Told, Webhook};
use crate::storage::{StorageError, Store};

/// How many webhooks are told at the same moment.
const AT_ONCE: usize = 16;
/// How often it is looked whether another process has recorded something.
const LOOK: Duration = Duration::from_secs(1);
/// How long changes gather before they are told.
const GATHER: Duration = Duration::from_millis(10);

/// How webhooks are told.
#[derive(Clone, Debug)]
pub struct DeliveryOptions {
    /// How long a receiver has to answer.
    pub timeout: Duration,
    /// How long it is left after it first failed; twice as long each time.
    pub first_pause: Duration,
    /// How long it is left at the most.
    pub longest_pause: Duration,
    /// Who vouches for receivers that are called over TLS.
    pub trust: Trust,
}

impl Default for DeliveryOptions {
    /// Ten seconds to answer, then a second, doubling up to an hour.
    fn default() -> Self {
        let (timeout, first_pause) = (Duration::from_secs(10), Duration::from_secs(1));
        Self { timeout, first_pause, longest_pause: Duration::from_secs(3_600), trust: Trust::default() }
    }
}

impl DeliveryOptions {
    /// How long a receiver is left that has failed so often in a row.
    fn pause(&self, failures: i64) -> Duration {
        let doubled = u32::try_from(failures - 1).ok().and_then(|times| 2_u32.checked_pow(times));
        let pause = doubled.and_then(|times| self.first_pause.checked_mul(times));
        pause.unwrap_or(self.longest_pause).min(self.longest_pause)
    }
}

/// Tells webhooks for as long as it is let run.
pub(super) async fn run(store: Store, options: DeliveryOptions) {
    let look = LOOK.min(options.first_pause);
    let teller = Arc::new(Teller::new(store.clone(), options));
    let mut recorded = store.writer().recorded();
    let (finished, mut finishing) = mpsc::unbounded_channel();
    let mut telling: HashSet<Seq> = HashSet::new();
    loop {
        // What is recorded from here on wakes it, even while it looks.
        recorded.mark_unchanged();
        for key in teller.due().await {
            if telling.len() < AT_ONCE && telling.insert(key) {
                let (teller, finished) = (teller.clone(), finished.clone());
                rt::spawn(async move {
                    let told = web::block(move || teller.tell(key)).await;
                    if let Ok(Err(cause)) = told {
                        tracing::error!(%cause, "a webhook could not be told");
                    }
                    // Nobody listens only once the service ends.
                    let _ = finished.send(key);
                });
            }
        }
        rt::time::sleep(GATHER).await;
        tokio::select! {
            _ = recorded.changed() => {}
            Some(key) = finishing.recv() => { telling.remove(&key); }
            () = rt::time::sleep(look) => {}
        }
        while let Ok(key) = finishing.try_recv() {
            telling.remove(&key);
        }
    }
}

/// What tells webhooks: the ledger, and the way out.
struct Teller {
    store: Store,
    options: DeliveryOptions,
    agent: Agent,
    /// Under which name it takes leases.
    name: String,
}

impl Teller {
    fn new(store: Store, options: DeliveryOptions) -> Self {
        let tls = TlsConfig::builder().root_certs(options.trust.roots()).build();
        let config = Agent::config_builder()
            .timeout_global(Some(options.timeout))
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("levy-ledger/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build();
        Self { store, options, agent: config.into(), name: uuid::Uuid::now_v7().to_string() }
    }

    /// The webhooks that there is something to tell.
    async fn due(&self) -> Vec<Seq> {
        let store = self.store.clone();
        let at = store.clock().now();
        let look = move |db: &mut Db| Ok((kept::due(db, Utc::now().naive_utc())?, kept::furthest_behind(db, at)?));
        let due = web::block(move || store.read(look)).await;
        match due {
            Ok(Ok((due, behind))) => {
                measures::behind(behind);
                due
            }
            Ok(Err(cause)) => {
                tracing::error!(%cause, "webhooks could not be looked up");
                Vec::new()
            }
            // No thread was free to look.
            Err(_) => Vec::new(),
        }
    }

    /// Tells a webhook what comes next, if nobody else does, and keeps how it went.
    fn tell(&self, key: Seq) -> Stored<()> {
        let now = Utc::now().naive_utc();
        // A process that dies while it tells is waited for no longer than three answers may take.
        let lease = Lease { by: &self.name, now, until: later(now, self.options.timeout * 3) };
        let Some(webhook) = self.store.keep(|db| kept::claim(db, key, lease))? else { return Ok(()) };
        let told = match self.store.read(|db| webhooks::next(db, &webhook)) {
            Ok(next) if next.changes.is_empty() => Told::UpTo { seq: next.next_after, at: None },
            Ok(next) => self.send(&webhook, next.into()),
            Err(cause) => self.failed(&webhook, unreadable(&cause)),
        };
        self.store.keep(|db| kept::told(db, key, &self.name, told))
    }

    fn send(&self, webhook: &Webhook, changes: ChangesOut) -> Told {
        // Changes are plain structs of texts and numbers, which always serialise.
        let body = serde_json::to_vec(&changes).unwrap_or_default();
        let signature = signature(&webhook.secret, Utc::now().timestamp(), &body);
        let request = self.agent.post(&webhook.url).header("Levy-Ledger-Signature", signature);
        let request = request.header("Levy-Ledger-Webhook", webhook.public_id.to_string());
        match request.content_type("application/json").send(body.as_slice()) {
            Ok(answer) if answer.status().is_success() => {
                measures::taken();
                Told::UpTo { seq: changes.next_after(), at: Some(Utc::now().naive_utc()) }
            }
            Ok(answer) => self.failed(webhook, format!("it answered {}", answer.status().as_u16())),
            Err(cause) => self.failed(webhook, cause.to_string()),
        }
    }

    fn failed(&self, webhook: &Webhook, why: String) -> Told {
        measures::refused();
        let pause = self.options.pause(webhook.failures.saturating_add(1));
        tracing::warn!(webhook = %webhook.public_id, why, "a webhook did not take what it was told");
        let why = why.chars().take(200).collect();
        Told::Not { why, next_at: later(Utc::now().naive_utc(), pause) }
    }
}

fn unreadable(cause: &StorageError) -> String {
    tracing::error!(%cause, "what a webhook is told next could not be read");
    "the changes could not be read".to_owned()
}

fn later(now: NaiveDateTime, pause: Duration) -> NaiveDateTime {
    TimeDelta::from_std(pause).ok().and_then(|pause| now.checked_add_signed(pause)).unwrap_or(now)
}

/// What proves to a receiver that this ledger sent a body, and when.
fn signature(secret: &str, seconds: i64, body: &[u8]) -> String {
    let signed = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map(|mut mac| {
        mac.update(format!("{seconds}.").as_bytes());
        mac.update(body);
        hex(&mac.finalize().into_bytes())
    });
    // A key of any length is taken.
    format!("t={seconds},v1={}", signed.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_that_goes_on_failing_is_left_for_longer_up_to_an_hour() {
        let options = DeliveryOptions::default();
        let pauses = [1, 2, 3, 12, 13, 1_000].map(|failures| options.pause(failures).as_secs());
        assert_eq!(pauses, [1, 2, 4, 2_048, 3_600, 3_600]);
    }

    /// Checked against `openssl dgst -sha256 -hmac secret`.
    #[test]
    fn a_signature_covers_the_time_and_the_body() {
        assert_eq!(
            signature("secret", 1_764_000_000, br#"{"data":[]}"#),
            "t=1764000000,v1=d5d6aa1d8411ef7336f407b39cf87fe29602482c02e176b1fca66feb8a8e6f81"
        );
    }
}
