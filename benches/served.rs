//! A ledger that is served in this process, and somebody who records in it over the interface.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use levy_ledger::api::server::{self, ServerOptions};
use levy_ledger::domain::people::Role;
use levy_ledger::ops::commands::issue_token;
use levy_ledger::storage::Store;
use reqwest::blocking::Client;
use serde_json::Value;

use super::Outcome;

/// A server and its client.
#[derive(Clone)]
pub struct Served {
    /// Where it listens.
    pub address: SocketAddr,
    /// What an administrator shows it.
    pub token: String,
    client: Client,
}

impl Served {
    /// Serves a ledger until the bench ends.
    pub fn start(store: Store) -> Outcome<Self> {
        let token = issue_token(&store, Role::Admin, "bench", None, 1)?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        std::thread::spawn(move || {
            let system = actix_web::rt::System::new();
            system.block_on(async move { server::serve(store, listener, ServerOptions::with(2))?.await })
        });
        let client = Client::builder().timeout(Duration::from_secs(3_600)).build()?;
        Ok(Self { address, token, client })
    }

    /// Where something of the interface is.
    pub fn path(&self, path: &str) -> String {
        format!("http://{}/v1{path}", self.address)
    }

    /// Records something; gives the id of what that made, or nothing where it made nothing.
    pub fn post(&self, path: &str, body: &Value) -> Outcome<String> {
        let answer = self.client.post(self.path(path)).bearer_auth(&self.token).json(body).send()?;
        let (status, text) = (answer.status(), answer.text()?);
        if !status.is_success() {
            return Err(format!("{path}: {status} {text}").into());
        }
        let made: Value = serde_json::from_str(&text)?;
        Ok(made.get("id").and_then(Value::as_str).unwrap_or_default().to_owned())
    }
}
