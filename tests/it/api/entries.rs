//! The journal is listed whole or by page, and what was recorded is taken back, never changed.

use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use crate::harness::{Answer, Ledger};

/// An account with levy of May and July 2025 and payments of February and March 2026.
fn with_four_entries() -> (Ledger, String) {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "100.00", "2025-05-22");
    ledger.levy(&account, "50.00", "2025-07-22");
    pay(&ledger, &account, "2026-02", "30.00").expect(200);
    pay(&ledger, &account, "2026-03", "20.00").expect(200);
    (ledger, account)
}

fn pay(ledger: &Ledger, account: &str, month: &str, amount: &str) -> Answer {
    let payment = json!({"month": month, "kind": "own", "amount": amount});
    ledger.admin.post(&format!("/v1/accounts/{account}/payments"), &json!({"payments": [payment]}))
}

fn amounts(answer: &Answer) -> Vec<String> {
    let entries = answer.json()["data"].as_array().unwrap().clone();
    entries.iter().map(|entry| entry["amount"].as_str().unwrap().to_owned()).collect()
}

fn reverse(ledger: &Ledger, seq: &Value) -> Answer {
    ledger.admin.post(&format!("/v1/entries/{seq}/reverse"), &json!({"reason": "entered twice"}))
}

#[test]
fn entries_are_filtered_by_kind_and_by_day() {
    let (ledger, account) = with_four_entries();
    let list = |query: &str| ledger.admin.get(&format!("/v1/accounts/{account}/entries{query}"));
    assert_eq!(amounts(&list("")), ["100.00", "50.00", "-30.00", "-20.00"]);
    assert_eq!(amounts(&list("?kind=own_payment")), ["-30.00", "-20.00"]);
    assert_eq!(amounts(&list("?from=2025-07-22&to=2026-02-28")), ["50.00", "-30.00"]);
    assert_eq!(amounts(&list("?start_id=01976f3a-5c2e-7b1d-9a44-2f6f0c9d8e11")), [""; 0]);
    list("?kind=gift").problem(400, "malformed_request");
    list("?from=2026-02-30").problem(400, "malformed_request");
    list("?from=2026-03-01&to=2026-02-01").problem(400, "malformed_request");
    list("?month=2026-02").problem(400, "malformed_request");
}

#[test]
fn a_cursor_belongs_to_its_filters() {
    let (ledger, account) = with_four_entries();
    let list = |query: &str| ledger.admin.get(&format!("/v1/accounts/{account}/entries?{query}"));
    let first = list("limit=1&kind=levy").expect(200);
    assert_eq!(amounts(&first), ["100.00"]);
    let cursor = first.json()["next_cursor"].as_str().unwrap().to_owned();
    let second = list(&format!("kind=levy&cursor={cursor}")).expect(200);
    assert_eq!((amounts(&second), &second.json()["next_cursor"]), (vec!["50.00".to_owned()], &json!(null)));
    list(&format!("cursor={cursor}")).problem(400, "malformed_request");
    let other = ledger.account();
    ledger
        .admin
        .get(&format!("/v1/accounts/{other}/entries?kind=levy&cursor={cursor}"))
        .problem(400, "malformed_request");
}

#[test]
fn a_csv_is_whole_in_the_order_of_the_json_fields() {
    let (ledger, account) = with_four_entries();
    let path = format!("/v1/accounts/{account}/entries");
    let csv = ledger.admin.get(&format!("{path}.csv")).expect(200);
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    let entries = ledger.admin.get(&path).json();
    let columns: Vec<&str> = entries["data"][0].as_object().unwrap().keys().map(String::as_str).collect();
    let lines: Vec<&str> = csv.text.split("\r\n").collect();
    assert_eq!((lines.len(), lines[0], lines[5]), (6, columns.join(",").as_str(), ""));
    assert!(lines[3].contains(",own_payment,2026-02,2026-02-28,,-30.00,"), "{}", lines[3]);
    ledger.admin.get(&format!("{path}.csv?limit=2")).problem(400, "malformed_request");
}

#[test]
fn entries_are_seen_by_those_who_may() {
    let (ledger, account) = with_four_entries();
    let entries = ledger.admin.get(&format!("/v1/accounts/{account}/entries")).json();
    let entry = format!("/v1/entries/{}", entries["data"][0]["seq"]);
    let elsewhere = ledger.limited(Role::Finance, Some(vec![ledger.account().parse().unwrap()]));
    elsewhere.get(&format!("/v1/accounts/{account}/entries")).problem(404, "not_found");
    elsewhere.get(&format!("/v1/accounts/{account}/entries.csv")).problem(404, "not_found");
    elsewhere.get(&entry).problem(404, "not_found");
    elsewhere.post(&format!("{entry}/reverse"), &json!({"reason": "mine"})).problem(404, "not_found");
    ledger.caller(Role::Apprenticeships).get(&entry).expect(200);
    ledger
        .caller(Role::Apprenticeships)
        .post(&format!("{entry}/reverse"), &json!({"reason": "mine"}))
        .problem(403, "forbidden");
    for nothing in ["/v1/entries/0", "/v1/entries/1", "/v1/entries/9999", "/v1/entries/one"] {
        ledger.admin.get(nothing).problem(404, "not_found");
        ledger.admin.post(&format!("{nothing}/reverse"), &json!({"reason": "none"})).problem(404, "not_found");
    }
}

#[test]
fn a_payment_that_is_taken_back_gives_its_funds_back_once() {
    let (ledger, account) = with_four_entries();
    let paid = pay(&ledger, &account, "2026-04", "100.00").expect(200).json();
    pay(&ledger, &account, "2026-04", "0.01").problem(422, "insufficient_funds");
    let seq = &paid["data"][0]["seq"];
    let reversed = reverse(&ledger, seq).expect(201);
    let entry = reversed.json();
    assert_eq!((&entry["kind"], &entry["amount"]), (&json!("own_payment"), &json!("100.00")));
    assert_eq!((&entry["effective_on"], &entry["reverses"]), (&json!("2026-04-30"), seq));
    assert_eq!(entry["reference"], "entered twice");
    assert_eq!(ledger.admin.get(reversed.header("location").unwrap()).json(), entry);
    let again = reverse(&ledger, seq).problem(409, "already_reversed");
    assert!(again["detail"].as_str().unwrap().contains(&format!("reversed by entry {}", entry["seq"])), "{again}");
    reverse(&ledger, &entry["seq"]).problem(409, "invalid_transition");
    pay(&ledger, &account, "2026-04", "100.00").expect(200);
}

#[test]
fn a_refund_that_is_taken_back_spends_again_and_needs_funds() {
    let (ledger, account) = with_four_entries();
    let refund = pay(&ledger, &account, "2026-04", "-10.00").expect(200).json();
    pay(&ledger, &account, "2026-04", "110.00").expect(200);
    let problem = reverse(&ledger, &refund["data"][0]["seq"]).problem(422, "insufficient_funds");
    assert_eq!((&problem["requested"], &problem["available"]), (&json!("10.00"), &json!("0.00")));
}

#[test]
fn levy_is_taken_back_whatever_the_funds_and_its_allowance_with_it() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let levy = json!({
        "amount": "1000.00", "entered_on": "2026-05-22", "declared_on": "2026-04-18",
        "payroll_month": "2026-04", "paye_scheme": "123/AB456",
    });
    let path = format!("/v1/accounts/{account}/levy-funds");
    let levy = ledger.admin.post(&path, &levy).expect(201).json();
    let transferred = |amount: &str| {
        let payment = json!({"month": "2026-06", "kind": "transfer", "amount": amount});
        ledger.admin.post(&format!("/v1/accounts/{account}/payments"), &json!({"payments": [payment]}))
    };
    transferred("200.00").expect(200);
    let entry = reverse(&ledger, &levy["seq"]).expect(201).json();
    assert_eq!((&entry["kind"], &entry["amount"]), (&json!("levy"), &json!("-1000.00")));
    assert_eq!((&entry["effective_on"], &entry["paye_scheme"]), (&json!("2026-05-22"), &json!("123/AB456")));
    ledger.levy(&account, "1000.00", "2026-05-23");
    let problem = transferred("1.00").problem(422, "transfer_cap_exceeded");
    assert_eq!((&problem["allowance"], &problem["available"]), (&json!("0.00"), &json!("0.00")));
}

#[test]
fn every_levy_entry_is_listed_with_its_declaration_and_its_expiry() {
    let (ledger, account) = with_four_entries();
    let adjustment = json!({"amount": "-5.00", "entered_on": "2025-08-22", "declared_on": "2025-08-15"});
    let path = format!("/v1/accounts/{account}/levy-funds");
    let adjustment = ledger.admin.post(&path, &adjustment).expect(201).json();
    let list = ledger.admin.get(&path).expect(200);
    assert_eq!(amounts(&list), ["100.00", "50.00", "-5.00"]);
    let listed = &list.json()["data"][2];
    assert_eq!(listed, &adjustment);
    assert_eq!((&listed["kind"], &listed["expires_on"]), (&json!("levy_adjustment"), &json!("2027-08-31")));
    assert_eq!(listed["declared_on"], "2025-08-15");
    let page = ledger.admin.get(&format!("{path}?limit=2")).expect(200).json();
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(amounts(&ledger.admin.get(&format!("{path}?cursor={cursor}"))), ["-5.00"]);
}
