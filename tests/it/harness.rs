//! One fresh ledger a test, served on a free port of this machine, with a clock that the test sets.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use levy_ledger::api::deliveries::DeliveryOptions;
use levy_ledger::api::server::{self, ServerOptions};
use levy_ledger::domain::people::Role;
use levy_ledger::ops::commands::issue_token;
use levy_ledger::storage::{Clock, Store, StoreOptions};
use reqwest::blocking::{Client, RequestBuilder};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::databases::{Database, Intruder, intruder};

/// The day on which tests take place unless they say otherwise.
pub const TODAY: &str = "2026-11-22";

/// A clock that stands at noon of a day, each look a microsecond later.
pub struct TestClock {
    now: Mutex<NaiveDateTime>,
}

impl TestClock {
    fn at(day: &str) -> Self {
        Self { now: Mutex::new(noon(day)) }
    }

    /// Moves to noon of another day.
    pub fn set(&self, day: &str) {
        *self.now.lock().unwrap() = noon(day);
    }
}

fn noon(day: &str) -> NaiveDateTime {
    day.parse::<NaiveDate>().unwrap().and_hms_opt(12, 0, 0).unwrap()
}

impl Clock for TestClock {
    fn now(&self) -> NaiveDateTime {
        let mut now = self.now.lock().unwrap();
        *now += TimeDelta::microseconds(1);
        *now
    }

    fn today(&self) -> NaiveDate {
        self.now.lock().unwrap().date()
    }
}

/// A ledger that is being served.
pub struct Ledger {
    pub clock: Arc<TestClock>,
    pub store: Store,
    /// Where it is kept; none where it is served a second time.
    database: Option<Database>,
    url: String,
    /// Its administrator.
    pub admin: Caller,
    handle: actix_web::dev::ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Ledger {
    /// A fresh ledger on the usual day.
    pub fn fresh() -> Self {
        Self::fresh_on(TODAY)
    }

    /// A fresh ledger on another day.
    pub fn fresh_on(day: &str) -> Self {
        let database = Database::fresh();
        let mut ledger = Self::serve(database.url().to_owned(), Arc::new(TestClock::at(day)));
        ledger.database = Some(database);
        ledger
    }

    /// The same ledger, served a second time as by another process.
    pub fn beside(&self) -> Self {
        Self::serve(self.url.clone(), self.clock.clone())
    }

    /// Another database with the same tokens, served to the same callers.
    pub fn served_from(&self, url: &str) -> Self {
        Self::serve_to(self.admin.token.clone(), url.to_owned(), self.clock.clone())
    }

    fn serve(url: String, clock: Arc<TestClock>) -> Self {
        Self::serve_to(None, url, clock)
    }

    /// Serves to the holder of an administrator's token, or of a new one.
    fn serve_to(token: Option<String>, url: String, clock: Arc<TestClock>) -> Self {
        let options =
            StoreOptions { url: url.parse().unwrap(), clock: clock.clone(), idempotency_days: 90, readers: 4 };
        let store = Store::open(options).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (tell, told) = std::sync::mpsc::channel();
        let served = store.clone();
        let (timeout, pause) = (Duration::from_millis(500), Duration::from_millis(20));
        let deliveries = DeliveryOptions { timeout, first_pause: pause, ..DeliveryOptions::default() };
        let options = ServerOptions { deliveries, ..ServerOptions::with(1) };
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = server::serve(served, listener, options).unwrap();
                tell.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        let handle = told.recv().unwrap();
        let token = token.unwrap_or_else(|| issue_token(&store, Role::Admin, "administrator", None, 3_000).unwrap());
        let admin = Caller { base, token: Some(token), client: Client::new() };
        Self { clock, store, database: None, url, admin, handle, thread: Some(thread) }
    }

    /// Where it is kept.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The file of its database, where it is one.
    pub fn file(&self) -> Option<PathBuf> {
        self.url.strip_prefix("sqlite:").map(PathBuf::from)
    }

    /// A folder of its own; the file of its database is in it, where it is one.
    pub fn folder(&self) -> &Path {
        self.database.as_ref().unwrap().folder()
    }

    /// Its database, opened by somebody who does not go through the ledger.
    pub fn intruder(&self) -> Intruder {
        intruder(&self.url)
    }

    /// A caller of another role.
    pub fn caller(&self, role: Role) -> Caller {
        self.limited(role, None)
    }

    /// A caller of a role that is limited to accounts.
    pub fn limited(&self, role: Role, accounts: Option<Vec<Uuid>>) -> Caller {
        let token = issue_token(&self.store, role, role.to_string().as_str(), accounts, 3_000).unwrap();
        Caller { token: Some(token), ..self.nobody() }
    }

    /// A caller without a token.
    pub fn nobody(&self) -> Caller {
        Caller { base: self.admin.base.clone(), token: None, client: self.admin.client.clone() }
    }

    /// Opens an account under `standard`; gives its id.
    pub fn account(&self) -> String {
        self.account_like(json!({"name": "Northshire County Council"}))
    }

    /// Opens an account as described; gives its id.
    pub fn account_like(&self, account: Value) -> String {
        self.admin.post("/v1/accounts", &account).made()
    }

    /// Records levy funds that entered on a day.
    pub fn levy(&self, account: &str, amount: &str, entered_on: &str) -> Answer {
        let levy = json!({"amount": amount, "entered_on": entered_on});
        self.admin.post(&format!("/v1/accounts/{account}/levy-funds"), &levy).expect(201)
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Somebody who calls the interface.
#[derive(Clone)]
pub struct Caller {
    pub base: String,
    pub token: Option<String>,
    pub client: Client,
}

impl Caller {
    /// A request that is about to be sent.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let request = self.client.request(method.parse().unwrap(), format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub fn get(&self, path: &str) -> Answer {
        Answer::to(self.request("GET", path))
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::to(self.request("POST", path).json(body))
    }

    /// Posts under an idempotency key.
    pub fn post_once(&self, path: &str, key: &str, body: &Value) -> Answer {
        Answer::to(self.request("POST", path).header("Idempotency-Key", key).json(body))
    }

    /// Changes what was read with this validator.
    pub fn patch(&self, path: &str, etag: &str, body: &Value) -> Answer {
        Answer::to(self.request("PATCH", path).header("If-Match", etag).json(body))
    }

    pub fn delete(&self, path: &str) -> Answer {
        Answer::to(self.request("DELETE", path))
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn to(request: RequestBuilder) -> Self {
        let response = request.send().unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().unwrap() }
    }

    /// The answer, provided that its status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// The problem of an answer that must be one, with this status and code.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", answer.text);
        let problem = answer.json();
        assert_eq!(problem["code"], code, "{problem}");
        problem
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|fault| panic!("{fault}: {}", self.text))
    }

    /// The id of what was made.
    #[track_caller]
    pub fn made(self) -> String {
        self.expect(201).json()["id"].as_str().unwrap().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
