//! Changes are followed in order, gapless, by those who may see them, and waited for.

use std::time::{Duration, Instant};

use levy_ledger::domain::people::Role;
use levy_ledger::ops::commands::issue_token;
use levy_ledger::storage::{Store, StoreOptions};
use serde_json::{Value, json};

use crate::harness::{Caller, Ledger};

fn seqs(page: &Value) -> Vec<i64> {
    page["data"].as_array().unwrap().iter().map(|change| change["seq"].as_i64().unwrap()).collect()
}

fn changes(caller: &Caller, query: &str) -> Value {
    caller.get(&format!("/v1/changes{query}")).expect(200).json()
}

#[test]
fn every_change_is_listed_in_order_from_1_without_a_gap() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "50000.00", "2026-05-22");
    ledger.admin.patch(&format!("/v1/accounts/{account}"), "*", &json!({"name": "Northshire"})).expect(200);
    let page = changes(&ledger.admin, "");
    assert_eq!(seqs(&page), [1, 2, 3, 4]);
    let what: Vec<&Value> = page["data"].as_array().unwrap().iter().map(|change| &change["change"]).collect();
    assert_eq!(what, ["token_issued", "account_opened", "entry_recorded", "account_changed"]);
    assert_eq!((&page["next_cursor"], &page["next_after"], &page["head"]), (&json!(null), &json!(4), &json!(4)));
    let (opened, levy) = (&page["data"][1], &page["data"][2]);
    assert_eq!((&opened["account_id"], &opened["resource_id"]), (&json!(account), &json!(account)));
    assert_eq!((&opened["entry"], &levy["account_id"]), (&json!(null), &json!(account)));
    assert_eq!((&levy["entry"]["seq"], &levy["entry"]["amount"]), (&json!(3), &json!("50000.00")));
    assert_eq!(levy["recorded_by"], "administrator");
}

#[test]
fn pages_follow_one_another_whichever_way_they_are_asked_for() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    for day in 1..=5 {
        ledger.levy(&account, "1.00", &format!("2026-05-0{day}"));
    }
    for by in ["after", "cursor"] {
        let (mut at, mut seen) = (0, Vec::new());
        loop {
            let page = changes(&ledger.admin, &format!("?limit=2&{by}={at}"));
            seen.extend(seqs(&page));
            at = page["next_after"].as_i64().unwrap();
            assert_eq!(page["head"], 7);
            if page["next_cursor"].is_null() {
                break;
            }
            assert_eq!(page["next_cursor"], at.to_string());
        }
        assert_eq!((seen, at), ((1..=7).collect(), 7));
    }
}

#[test]
fn a_token_limited_to_accounts_follows_those_alone_and_passes_over_the_rest() {
    let ledger = Ledger::fresh();
    let (ours, theirs) = (ledger.account(), ledger.account());
    for _ in 0..3 {
        ledger.levy(&theirs, "1.00", "2026-05-22");
        ledger.levy(&ours, "2.00", "2026-05-22");
    }
    let limited = ledger.limited(Role::Integration, Some(vec![ours.parse().unwrap()]));
    let all = changes(&limited, "");
    assert_eq!(seqs(&all), [2, 5, 7, 9]);
    assert_eq!((&all["next_after"], &all["head"]), (&json!(10), &json!(10)), "the rest is passed over");
    let first = changes(&limited, "?limit=2");
    assert_eq!((seqs(&first), &first["next_cursor"]), (vec![2, 5], &json!("5")));
    assert_eq!(seqs(&changes(&limited, "?limit=2&cursor=5")), [7, 9]);
    assert_eq!(seqs(&changes(&limited, "?after=9")), Vec::<i64>::new());
}

#[test]
fn every_role_follows_changes_and_nobody_without_a_token() {
    let ledger = Ledger::fresh();
    for role in [Role::Finance, Role::Apprenticeships, Role::Integration] {
        assert_eq!(changes(&ledger.caller(role), "?limit=1")["data"].as_array().unwrap().len(), 1);
    }
    ledger.nobody().get("/v1/changes").problem(401, "unauthenticated");
}

#[test]
fn what_cannot_be_followed_is_refused() {
    let ledger = Ledger::fresh();
    for query in ["?wait_s=31", "?limit=0", "?limit=1001", "?after=-1", "?after=1&cursor=1", "?after=x", "?since=1"] {
        ledger.admin.get(&format!("/v1/changes{query}")).problem(400, "malformed_request");
    }
}

/// Waits on a thread of its own for what comes after a number; gives what came, and after how long.
fn wait_on_thread(caller: &Caller, after: i64) -> std::thread::JoinHandle<(Value, Duration)> {
    let caller = caller.clone();
    std::thread::spawn(move || {
        let began = Instant::now();
        (changes(&caller, &format!("?after={after}&wait_s=30")), began.elapsed())
    })
}

#[test]
fn a_caller_who_waits_is_told_as_soon_as_something_is_recorded() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let waiting = wait_on_thread(&ledger.admin, 2);
    ledger.levy(&account, "1.00", "2026-05-22");
    let (page, took) = waiting.join().unwrap();
    assert_eq!(seqs(&page), [3]);
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn a_caller_who_waits_is_told_what_another_process_records() {
    let ledger = Ledger::fresh();
    let url = ledger.url().parse().unwrap();
    let clock = ledger.clock.clone();
    let other = Store::open(StoreOptions { url, clock, idempotency_days: 90, readers: 1 }).unwrap();
    let waiting = wait_on_thread(&ledger.admin, 1);
    issue_token(&other, Role::Finance, "another process", None, 30).unwrap();
    let (page, took) = waiting.join().unwrap();
    assert_eq!(seqs(&page), [2]);
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn a_limited_caller_waits_past_what_it_may_not_see() {
    let ledger = Ledger::fresh();
    let (ours, theirs) = (ledger.account(), ledger.account());
    let limited = ledger.limited(Role::Integration, Some(vec![ours.parse().unwrap()]));
    let waiting = wait_on_thread(&limited, 4);
    ledger.levy(&theirs, "1.00", "2026-05-22");
    ledger.levy(&ours, "2.00", "2026-05-22");
    let (page, took) = waiting.join().unwrap();
    assert_eq!((seqs(&page), &page["next_after"]), (vec![6], &json!(6)));
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn when_nothing_is_recorded_the_wait_ends_with_nothing() {
    let ledger = Ledger::fresh();
    let began = Instant::now();
    let page = changes(&ledger.admin, "?after=1&wait_s=1");
    assert_eq!((seqs(&page), &page["next_after"]), (Vec::new(), &json!(1)));
    assert!(began.elapsed() >= Duration::from_secs(1));
}
