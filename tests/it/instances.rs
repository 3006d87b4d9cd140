//! Several instances serve one ledger: one order, and whatever any of them acknowledged stays, also when
//! one is killed, or loses its server, in the middle of its work.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::databases::{Intruder, intruder};
use crate::harness::{Answer, Caller, Ledger};
use crate::serving::{Served, entries_in, serve};

/// Several who record levy under keys of their own, each at any instance that answers.
struct Posters<'p> {
    instances: Vec<&'p Caller>,
    path: String,
    /// The number under which what was sent with a key was acknowledged.
    acknowledged: Mutex<BTreeMap<String, i64>>,
    stop: AtomicBool,
}

impl<'p> Posters<'p> {
    fn new(served: &[&'p Served], account: &str) -> Self {
        let instances = served.iter().map(|served| &served.admin).collect();
        let path = format!("/v1/accounts/{account}/levy-funds");
        Self { instances, path, acknowledged: Mutex::default(), stop: AtomicBool::new(false) }
    }

    /// Sends until told to stop. What is not acknowledged is sent again with its key, elsewhere.
    fn post(&self, poster: usize) {
        let levy = json!({"amount": "1.00", "entered_on": "2026-05-22"});
        let mut place = poster;
        for n in 0.. {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let key = format!("{poster}-{n}");
            let seq = loop {
                let caller = self.instances[place % self.instances.len()];
                let request = caller.request("POST", &self.path).header("Idempotency-Key", &key).json(&levy);
                match request.send().map(|response| (response.status().as_u16(), response.json::<Value>())) {
                    Ok((201, Ok(entry))) => break entry["seq"].as_i64().unwrap(),
                    Ok((201 | 503, _)) | Err(_) => place += 1,
                    Ok((status, answer)) => panic!("{status}: {answer:?}"),
                }
            };
            assert_eq!(self.acknowledged.lock().unwrap().insert(key, seq), None);
        }
    }

    /// Four of them, while something happens.
    fn while_posting(&self, happens: impl FnOnce()) {
        std::thread::scope(|scope| {
            for poster in 0..4 {
                scope.spawn(move || self.post(poster));
            }
            happens();
            self.stop.store(true, Ordering::Relaxed);
        });
    }

    fn wait_for(&self, count: usize) {
        while self.acknowledged.lock().unwrap().len() < count {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// No gap, no double, nothing missing, and a chain that holds.
    fn check(&self, served: &Served) {
        let acknowledged = self.acknowledged.lock().unwrap();
        let numbers: BTreeSet<i64> = acknowledged.values().copied().collect();
        assert_eq!(numbers.len(), acknowledged.len(), "two were acknowledged as one");
        let kept: BTreeSet<i64> = entries_in(&served.database).into_iter().collect();
        assert_eq!(kept, numbers, "each that was sent is there once");
        let found = served.admin.get("/v1/audit/verify").expect(200).json();
        assert_eq!(found["ok"], true, "{found}");
        let mut after = 0;
        loop {
            let page = served.admin.get(&format!("/v1/changes?after={after}&limit=1000")).expect(200).json();
            let changes = page["data"].as_array().unwrap();
            for change in changes {
                assert_eq!(change["seq"].as_i64(), Some(after + 1), "there is a gap");
                after += 1;
            }
            if changes.is_empty() {
                return;
            }
        }
    }
}

#[test]
fn an_instance_that_is_killed_loses_nothing_that_it_acknowledged() {
    let first = serve();
    let account = first.admin.post("/v1/accounts", &json!({"name": "Northshire"})).made();
    let mut second = first.beside();
    let other = second.admin.clone();
    let posters = Posters { instances: vec![&first.admin, &other], ..Posters::new(&[&first], &account) };
    posters.while_posting(|| {
        posters.wait_for(100);
        assert_eq!(second.stop("-KILL"), None);
        posters.wait_for(200);
    });
    posters.check(&first);
}

#[test]
fn sessions_that_the_server_ends_at_any_moment_lose_nothing_and_record_nothing_twice() {
    let first = serve();
    let Intruder::Postgres(mut operator) = intruder(first.database.url()) else { return };
    let account = first.admin.post("/v1/accounts", &json!({"name": "Northshire"})).made();
    let second = first.beside();
    let posters = Posters::new(&[&first, &second], &account);
    let ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = current_database() AND application_name = 'levy-ledger'";
    posters.while_posting(|| {
        for round in 1..=20 {
            posters.wait_for(round * 10);
            operator.batch_execute(ended).unwrap();
        }
        posters.wait_for(250);
    });
    posters.check(&first);
}

/// As many ask for the last pound of the allowance as are accepted: one, whichever instance they ask.
#[test]
fn the_cap_cannot_be_raced_between_instances() {
    let first = serve();
    let second = first.beside();
    let account = first.admin.post("/v1/accounts", &json!({"name": "Northshire"})).made();
    let levy = json!({"amount": "400.00", "entered_on": "2026-03-22", "declared_on": "2026-03-20"});
    first.admin.post(&format!("/v1/accounts/{account}/levy-funds"), &levy).expect(201);
    let provider = first.admin.post("/v1/providers", &json!({"name": "Harbour Care", "sector": "health"})).made();
    let transfer = json!({"provider_id": provider, "amount": "100.00", "apprentices": 1, "agreed_on": "2026-05-01",
        "status": "accepted"});
    let path = format!("/v1/accounts/{account}/transfers");
    let accepted = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for place in 0..8 {
            let caller = if place % 2 == 0 { &first.admin } else { &second.admin };
            let (path, transfer, accepted) = (&path, &transfer, &accepted);
            scope.spawn(move || {
                let answer = Answer::to(caller.request("POST", path).json(transfer));
                match answer.status {
                    201 => drop(accepted.fetch_add(1, Ordering::Relaxed)),
                    _ => drop(answer.problem(422, "transfer_cap_exceeded")),
                }
            });
        }
    });
    assert_eq!(accepted.into_inner(), 1);
}

/// Whoever was answered by one instance is answered no less by the next.
#[test]
fn no_instance_answers_less_than_another_answered_before() {
    let instances = [serve()];
    let instances = [&instances[0], &instances[0].beside()];
    let account = instances[0].admin.post("/v1/accounts", &json!({"name": "Northshire"})).made();
    let levy = json!({"amount": "1.00", "entered_on": "2026-05-22"});
    for n in 1..=20 {
        let (recording, reading) = (instances[n % 2], instances[(n + 1) % 2]);
        recording.admin.post(&format!("/v1/accounts/{account}/levy-funds"), &levy).expect(201);
        let totals = reading.admin.get(&format!("/v1/accounts/{account}/totals")).expect(200).json();
        assert_eq!(totals["levy_in"], format!("{n}.00"), "{totals}");
    }
}

/// What one records, the other decides on at once.
#[test]
fn each_instance_decides_on_what_the_other_recorded() {
    let ledger = Ledger::fresh();
    let (account, beside) = (ledger.account(), ledger.beside());
    let levy = json!({"amount": "400.00", "entered_on": "2026-03-22", "declared_on": "2026-03-20"});
    let to = |what: &str| format!("/v1/accounts/{account}/{what}");
    ledger.admin.post(&to("levy-funds"), &levy).expect(201);
    let provider = ledger.admin.post("/v1/providers", &json!({"name": "Harbour Care", "sector": "health"})).made();
    let transfer = |amount: &str| {
        json!({"provider_id": provider, "amount": amount, "apprentices": 1, "agreed_on": "2026-05-01",
            "status": "accepted"})
    };
    // The allowance is £100; every second £10 of it are agreed elsewhere.
    for n in 0..10 {
        let (here, there) = if n % 2 == 0 { (&ledger.admin, &beside.admin) } else { (&beside.admin, &ledger.admin) };
        let left = format!("{}.01", 90 - 10 * n);
        let agreed = here.post(&to("transfers"), &transfer("10.00")).made();
        there.post(&to("transfers"), &transfer(&left)).problem(422, "transfer_cap_exceeded");
        let payment = json!({"month": "2026-06", "kind": "transfer", "amount": "10.00", "transfer_id": agreed});
        let paid = here.post(&to("payments"), &json!({"payments": [payment]})).expect(200).json();
        let (entry, reason) = (format!("/v1/entries/{}/reverse", paid["data"][0]["seq"]), json!({"reason": "twice"}));
        there.post(&entry, &reason).expect(201);
        here.post(&entry, &reason).problem(409, "already_reversed");
        let start = json!({"learner_reference": format!("L-{n}"), "standard_code": "ST0005", "level": 2,
            "agreed_price": "9000.00", "agreed_on": "2026-08-20", "start_on": "2026-09-01",
            "planned_end_on": "2027-08-31"});
        here.post(&to("starts"), &start).expect(201);
        there.post(&to("starts"), &start).problem(409, "duplicate_start");
    }
    let found = ledger.admin.get("/v1/audit/verify").expect(200).json();
    assert_eq!(found["ok"], true, "{found}");
}
