//! Requests that race for the last pound: exactly one of them gets it.

use std::sync::{Arc, Barrier};

use reqwest::blocking::Client;
use serde_json::json;

use super::transfers::Council;
use crate::harness::{Answer, Caller};

const CLIENTS: usize = 64;
const ROUNDS: usize = 50;

#[test]
fn of_64_clients_that_race_for_the_last_pound_one_gets_it_fifty_times() {
    let council = Council::fresh();
    council.offer("123749.00", json!({})).expect(201);
    let (start, done) = (Arc::new(Barrier::new(CLIENTS + 1)), Arc::new(Barrier::new(CLIENTS + 1)));
    let (path, body) = (council.transfers(), council.body("1.00", json!({})));
    let racers: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let caller = Caller { client: Client::new(), ..council.ledger.admin.clone() };
            let (start, done, path, body) = (start.clone(), done.clone(), path.clone(), body.clone());
            std::thread::spawn(move || -> Vec<Answer> {
                let race = |_| {
                    start.wait();
                    let answer = caller.post(&path, &body);
                    done.wait();
                    answer
                };
                (0..ROUNDS).map(race).collect()
            })
        })
        .collect();
    for round in 0..ROUNDS {
        start.wait();
        done.wait();
        let year = council.allowance();
        assert_eq!((&year["remaining"], &year["exceeded_by"]), (&json!("0.00"), &json!("0.00")), "round {round}");
        // The pound is given back before the next round begins.
        let open = council.ledger.admin.get(&format!("{path}?status=offered")).json();
        let winner = open["data"].as_array().unwrap().iter().find(|transfer| transfer["amount"] == "1.00").unwrap();
        council.step(winner["id"].as_str().unwrap(), "withdraw", "2026-06-01").expect(200);
    }
    let answers: Vec<Vec<Answer>> = racers.into_iter().map(|racer| racer.join().unwrap()).collect();
    for round in 0..ROUNDS {
        let statuses: Vec<u16> = answers.iter().map(|answers| answers[round].status).collect();
        let count = |status: u16| statuses.iter().filter(|given| **given == status).count();
        assert_eq!((count(201), count(422)), (1, CLIENTS - 1), "round {round}");
    }
}
