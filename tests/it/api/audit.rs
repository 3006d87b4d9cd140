//! The audit chain says who did what, when, to those who may know.

use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use crate::harness::{Caller, Ledger};

fn actions(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|event| event["action"].as_str().unwrap()).collect()
}

fn events(caller: &Caller, query: &str) -> Value {
    caller.get(&format!("/v1/audit/events{query}")).expect(200).json()
}

#[test]
fn an_event_says_who_did_what_when_and_what_was_recorded() {
    let ledger = Ledger::fresh();
    let opening = ledger.admin.request("POST", "/v1/accounts").header("X-Request-Id", "request-7");
    let account = crate::harness::Answer::to(opening.json(&json!({"name": "Northshire"}))).made();
    let page = events(&ledger.admin, "");
    assert_eq!(actions(&page), ["token_issued", "account_opened"]);
    let event = &page["data"][1];
    assert_eq!((&event["id"], &event["first_seq"], &event["last_seq"]), (&json!(2), &json!(2), &json!(2)));
    assert_eq!((&event["actor_name"], &event["request_id"]), (&json!("administrator"), &json!("request-7")));
    assert_eq!((&event["account_id"], &event["subject"]), (&json!(account), &json!(account)));
    assert_eq!(event["body"]["account_settings"][0]["name"], "Northshire");
    assert_eq!(page["data"][0]["actor_id"], "operator");
    let head = ledger.admin.get("/v1/audit/verify").json()["head"].clone();
    assert_eq!(head, format!("2:{}", event["hash"].as_str().unwrap()));
}

#[test]
fn a_token_in_an_event_is_told_without_its_secret() {
    let ledger = Ledger::fresh();
    let whole = ledger.admin.token.clone().unwrap();
    let (_, secret) = whole.split_once('.').unwrap();
    let text = ledger.admin.get("/v1/audit/events").expect(200).text;
    assert!(!text.contains(secret) && !text.contains("secret"), "{text}");
}

#[test]
fn events_are_found_by_account_by_day_and_by_number() {
    let ledger = Ledger::fresh_on("2026-07-01");
    let (ours, theirs) = (ledger.account(), ledger.account());
    ledger.clock.set("2026-07-02");
    ledger.levy(&ours, "1.00", "2026-05-22");
    ledger.clock.set("2026-07-03");
    ledger.levy(&theirs, "1.00", "2026-05-22");
    let admin = &ledger.admin;
    assert_eq!(actions(&events(admin, &format!("?account_id={ours}"))), ["account_opened", "entry_recorded"]);
    assert_eq!(events(admin, "?from=2026-07-02&to=2026-07-02")["data"][0]["account_id"], ours);
    assert_eq!(actions(&events(admin, "?from=2026-07-02&to=2026-07-02")).len(), 1);
    assert_eq!(actions(&events(admin, "?from=2026-07-02")).len(), 2);
    assert_eq!(actions(&events(admin, "?to=2026-07-01")).len(), 3);
    assert_eq!(actions(&events(admin, "?to=2026-06-30")).len(), 0);
    assert_eq!(actions(&events(admin, "?from=2026-07-04")).len(), 0);
    assert_eq!(actions(&events(admin, "?after=3")).len(), 2);
    ledger.admin.get("/v1/audit/events?account_id=01976f3a-5c2e-7b1d-9a44-2f6f0c9d8e11").problem(404, "not_found");
}

#[test]
fn events_are_paged_and_a_cursor_belongs_to_its_filters() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "1.00", "2026-05-22");
    let first = events(&ledger.admin, "?limit=2");
    assert_eq!(actions(&first), ["token_issued", "account_opened"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = events(&ledger.admin, &format!("?limit=2&cursor={cursor}"));
    assert_eq!((actions(&second), &second["next_cursor"]), (vec!["entry_recorded"], &json!(null)));
    let other = format!("/v1/audit/events?account_id={account}&cursor={cursor}");
    ledger.admin.get(&other).problem(400, "malformed_request");
}

#[test]
fn a_token_limited_to_accounts_sees_the_events_of_those_alone() {
    let ledger = Ledger::fresh();
    let (ours, theirs) = (ledger.account(), ledger.account());
    let limited = ledger.limited(Role::Finance, Some(vec![ours.parse().unwrap()]));
    let page = events(&limited, "");
    assert_eq!((actions(&page), &page["data"][0]["account_id"]), (vec!["account_opened"], &json!(ours)));
    limited.get(&format!("/v1/audit/events?account_id={theirs}")).problem(404, "not_found");
}

#[test]
fn finance_reads_the_chain_and_others_do_not() {
    let ledger = Ledger::fresh();
    let finance = ledger.caller(Role::Finance);
    for path in ["/v1/audit/events", "/v1/audit/verify"] {
        finance.get(path).expect(200);
        ledger.caller(Role::Apprenticeships).get(path).problem(403, "forbidden");
        ledger.caller(Role::Integration).get(path).problem(403, "forbidden");
    }
    for query in ["?from=0", "?from=3&to=2", "?expect=1"] {
        finance.get(&format!("/v1/audit/verify{query}")).problem(400, "malformed_request");
    }
}
