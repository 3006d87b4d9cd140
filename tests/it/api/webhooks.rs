//! Webhooks are told of every change, in order, whatever becomes of the receiver.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use levy_ledger::domain::people::Role;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::Ledger;

/// How a receiver takes a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Well,
    WithStatus(u16),
    /// It closes the connection without an answer.
    Dies,
    /// It reads and never answers.
    Hangs,
}

/// A delivery as it came in.
struct Delivery {
    head: String,
    body: String,
    taken: Takes,
}

impl Delivery {
    fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(of, _)| of.eq_ignore_ascii_case(name)).map(|(_, value)| value).next().unwrap()
    }

    fn changes(&self) -> Vec<Value> {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        body["data"].as_array().unwrap().clone()
    }
}

/// A receiver that takes deliveries as it is told to, and well from then on.
struct Receiving {
    url: String,
    deliveries: Receiver<Delivery>,
    next: Sender<Takes>,
}

impl Receiving {
    fn begin() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/levy", listener.local_addr().unwrap());
        let (next, asked) = channel();
        let (tell, deliveries) = channel();
        std::thread::spawn(move || {
            let mut hanging = Vec::new();
            for stream in listener.incoming() {
                let takes = asked.try_recv().unwrap_or(Takes::Well);
                let mut stream = stream.unwrap();
                let Some(delivery) = read(&mut stream, takes) else { continue };
                match takes {
                    Takes::Well => answer(&mut stream, 204),
                    Takes::WithStatus(status) => answer(&mut stream, status),
                    Takes::Dies => drop(stream),
                    Takes::Hangs => hanging.push(stream),
                }
                if tell.send(delivery).is_err() {
                    return;
                }
            }
        });
        Self { url, deliveries, next }
    }

    fn will(&self, takes: &[Takes]) {
        takes.iter().for_each(|takes| self.next.send(*takes).unwrap());
    }

    fn delivery(&self) -> Delivery {
        self.deliveries.recv_timeout(Duration::from_secs(20)).expect("a delivery")
    }

    /// The numbers taken well, until this one is among them.
    fn taken_until(&self, last: i64) -> Vec<i64> {
        let mut taken = Vec::new();
        while !taken.contains(&last) {
            let delivery = self.delivery();
            if delivery.taken == Takes::Well {
                taken.extend(delivery.changes().iter().map(|change| change["seq"].as_i64().unwrap()));
            }
        }
        taken
    }
}

/// Reads a request; none where the connection ended before it was complete.
fn read(stream: &mut TcpStream, taken: Takes) -> Option<Delivery> {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut headers = head.lines().filter_map(|line| line.split_once(": "));
            let length = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let length: usize = length.unwrap().1.parse().unwrap();
            if body.len() >= length {
                return Some(Delivery { head: head.to_owned(), body: body.to_owned(), taken });
            }
        }
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&part[..read]),
        }
    }
}

fn answer(stream: &mut TcpStream, status: u16) {
    let location = if status == 302 { "Location: http://127.0.0.1:1/\r\n" } else { "" };
    let answer = format!("HTTP/1.1 {status} Answered\r\n{location}Content-Length: 0\r\nConnection: close\r\n\r\n");
    // A caller that has gone away has its answer by then.
    drop(stream.write_all(answer.as_bytes()));
}

fn made(ledger: &Ledger, webhook: &Value) -> (String, String) {
    let made = ledger.admin.post("/v1/webhooks", webhook).expect(201).json();
    (made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
}

fn levy(ledger: &Ledger, account: &str) -> i64 {
    ledger.levy(account, "1.00", "2026-05-22").json()["seq"].as_i64().unwrap()
}

/// HMAC-SHA-256 as its definition has it.
fn hmac(key: &str, text: &str) -> String {
    let pad = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key.as_bytes()).for_each(|(to, from)| *to ^= from);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    let outer = Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize();
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_change_is_told_as_the_list_of_changes_has_it_and_signed() {
    let ledger = Ledger::fresh();
    let (account, receiving) = (ledger.account(), Receiving::begin());
    let (id, secret) = made(&ledger, &json!({"url": receiving.url}));
    assert_eq!(secret.len(), 64);
    let seq = levy(&ledger, &account);
    let delivery = receiving.delivery();
    let listed = ledger.admin.get(&format!("/v1/changes?after={}", seq - 1)).expect(200);
    assert_eq!(delivery.body, listed.text);
    assert!(delivery.head.starts_with("POST /levy HTTP/1.1"), "{}", delivery.head);
    assert_eq!(delivery.header("content-type"), "application/json");
    assert_eq!(delivery.header("levy-ledger-webhook"), id);
    let signature = delivery.header("levy-ledger-signature");
    let (time, code) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    assert!(time.parse::<i64>().unwrap() > 1_700_000_000, "{signature}");
    assert_eq!(code, hmac(&secret, &format!("{time}.{}", delivery.body)));
}

#[test]
fn a_receiver_that_fails_dies_hangs_and_redirects_gets_every_change_in_order() {
    let ledger = Ledger::fresh();
    let (account, receiving) = (ledger.account(), Receiving::begin());
    receiving.will(&[
        Takes::WithStatus(500),
        Takes::Dies,
        Takes::Hangs,
        Takes::WithStatus(302),
        Takes::Well,
        Takes::WithStatus(429),
    ]);
    made(&ledger, &json!({"url": receiving.url}));
    let seqs: Vec<i64> = (0..30).map(|_| levy(&ledger, &account)).collect();
    assert_eq!(receiving.taken_until(*seqs.last().unwrap()), seqs);
}

#[test]
fn a_receiver_that_is_not_there_is_told_everything_once_it_comes_back() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let (id, _) = made(&ledger, &json!({"url": format!("http://{address}/levy")}));
    let seqs: Vec<i64> = (0..5).map(|_| levy(&ledger, &account)).collect();
    let mut shown = Value::Null;
    while shown["failures"].as_i64().unwrap_or(0) < 2 {
        shown = ledger.admin.get(&format!("/v1/webhooks/{id}")).expect(200).json();
    }
    assert!(shown["last_error"].is_string() && shown["next_attempt_at"].is_string(), "{shown}");
    assert_eq!((&shown["delivered_seq"], &shown["delivered_at"]), (&json!(seqs[0] - 1), &Value::Null));
    let listener = TcpListener::bind(address).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    let delivery = read(&mut stream, Takes::Well).unwrap();
    answer(&mut stream, 200);
    let told: Vec<i64> = delivery.changes().iter().map(|change| change["seq"].as_i64().unwrap()).collect();
    assert_eq!(told, seqs);
    while shown["failures"] != 0 {
        shown = ledger.admin.get(&format!("/v1/webhooks/{id}")).expect(200).json();
    }
    assert_eq!((&shown["delivered_seq"], &shown["last_error"]), (&json!(seqs[4]), &Value::Null));
}

#[test]
fn a_receiver_that_hangs_holds_up_neither_the_ledger_nor_another_receiver() {
    let ledger = Ledger::fresh();
    let (account, hanging, well) = (ledger.account(), Receiving::begin(), Receiving::begin());
    hanging.will(&[Takes::Hangs; 50]);
    made(&ledger, &json!({"url": hanging.url}));
    made(&ledger, &json!({"url": well.url}));
    let first = levy(&ledger, &account);
    assert_eq!(hanging.delivery().taken, Takes::Hangs);
    assert_eq!(well.taken_until(first), [first]);
    let later: Vec<i64> = (0..20).map(|_| levy(&ledger, &account)).collect();
    assert_eq!(well.taken_until(*later.last().unwrap()), later);
}

#[test]
fn of_two_processes_one_tells_and_a_change_of_either_is_told() {
    let ledger = Ledger::fresh();
    let (account, receiving) = (ledger.account(), Receiving::begin());
    made(&ledger, &json!({"url": receiving.url, "events": ["entry_recorded"]}));
    let other = ledger.beside();
    let seqs: Vec<i64> = (0..20).map(|n| levy([&ledger, &other][n % 2], &account)).collect();
    assert_eq!(receiving.taken_until(*seqs.last().unwrap()), seqs);
}

#[test]
fn a_webhook_is_told_of_the_accounts_and_changes_it_asked_for_alone() {
    let ledger = Ledger::fresh();
    let (ours, theirs, receiving) = (ledger.account(), ledger.account(), Receiving::begin());
    made(&ledger, &json!({"url": receiving.url, "accounts": [ours], "events": ["entry_recorded"]}));
    levy(&ledger, &theirs);
    ledger.account();
    let etag = ledger.admin.get(&format!("/v1/accounts/{ours}")).header("etag").unwrap().to_owned();
    ledger.admin.patch(&format!("/v1/accounts/{ours}"), &etag, &json!({"name": "Ours"})).expect(200);
    let seq = levy(&ledger, &ours);
    assert_eq!(receiving.taken_until(seq), [seq]);
}

#[test]
fn a_removed_webhook_is_told_no_more_and_the_ledger_still_verifies() {
    let ledger = Ledger::fresh();
    let (account, removed, kept) = (ledger.account(), Receiving::begin(), Receiving::begin());
    let (id, _) = made(&ledger, &json!({"url": removed.url}));
    let path = format!("/v1/webhooks/{id}");
    let seq = ledger.admin.get(&path).expect(200).json()["delivered_seq"].as_i64().unwrap();
    ledger.admin.delete(&path).expect(204);
    ledger.admin.delete(&path).problem(404, "not_found");
    ledger.admin.get(&path).problem(404, "not_found");
    made(&ledger, &json!({"url": kept.url}));
    let last = levy(&ledger, &account);
    assert_eq!(kept.taken_until(last), [last]);
    let told: Vec<i64> = removed
        .deliveries
        .try_iter()
        .flat_map(|delivery| delivery.changes())
        .filter_map(|c| c["seq"].as_i64())
        .collect();
    assert!(told.iter().all(|told| *told <= seq + 1), "{told:?}");
    assert_eq!(ledger.admin.get("/v1/audit/verify").expect(200).json()["ok"], true);
}

#[test]
fn a_webhook_says_what_is_wrong_with_it() {
    let ledger = Ledger::fresh();
    let wrong = json!({"url": "https://example.org/", "accounts": ["01976f3a-5c2e-7b1d-9a44-2f6f0c9d8e11"],
                       "events": ["entry_recorded", "entry"]});
    let problem = ledger.admin.post("/v1/webhooks", &wrong).problem(422, "validation_failed");
    let named: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].as_str().unwrap()).collect();
    assert_eq!(named, ["/accounts/0", "/events/1"], "{problem}");
    for url in ["example.org", "ftp://example.org/", "https://user:secret@example.org/", "http:///levy", ""] {
        let problem = ledger.admin.post("/v1/webhooks", &json!({"url": url})).problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], "/url", "{problem}");
    }
    assert_eq!(ledger.admin.get("/v1/webhooks").expect(200).json()["data"], json!([]));
}

#[test]
fn a_secret_is_shown_once_and_a_limited_administrator_makes_none_wider() {
    let ledger = Ledger::fresh();
    let (ours, theirs) = (ledger.account(), ledger.account());
    let webhook = json!({"url": "http://127.0.0.1:1/", "accounts": [theirs]});
    let first = ledger.admin.post_once("/v1/webhooks", "k", &webhook).expect(201).json();
    assert!(first["secret"].is_string());
    let again = ledger.admin.post_once("/v1/webhooks", "k", &webhook).expect(201).json();
    assert_eq!((&again["id"], &again["secret"]), (&first["id"], &Value::Null));
    let path = format!("/v1/webhooks/{}", first["id"].as_str().unwrap());
    assert_eq!(ledger.admin.get(&path).expect(200).json().get("secret"), None);
    let limited = ledger.limited(Role::Admin, Some(vec![ours.parse().unwrap()]));
    limited.post("/v1/webhooks", &json!({"url": "http://127.0.0.1:1/"})).problem(422, "validation_failed");
    limited.get(&path).problem(404, "not_found");
    limited.delete(&path).problem(404, "not_found");
    assert_eq!(limited.get("/v1/webhooks").json()["data"], json!([]));
    limited.post("/v1/webhooks", &json!({"url": "http://127.0.0.1:1/", "accounts": [ours]})).expect(201);
}
