//! Totals foot to the balance, on any day and as known at any number.

use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Ledger};

fn totals(caller: &Caller, path: &str) -> Value {
    caller.get(path).expect(200).json()
}

#[test]
fn totals_of_a_past_day_do_not_move_with_what_takes_effect_later() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/totals", ledger.account());
    let account = path.split('/').nth(3).unwrap();
    ledger.levy(account, "1000.00", "2024-05-22");
    let may = format!("{path}?as_at=2026-05-31");
    let before = totals(&ledger.admin, &may);
    assert_eq!(
        (&before["levy_in"], &before["expired"], &before["balance"]),
        (&json!("1000.00"), &json!("1000.00"), &json!("0.00"))
    );
    ledger.levy(account, "700.00", "2026-06-01");
    let after = totals(&ledger.admin, &may);
    assert_eq!(after["balance"], "0.00");
    assert_eq!(after["levy_in"], "1000.00");
    assert_eq!(totals(&ledger.admin, &path)["balance"], "700.00");
}

#[test]
fn totals_name_the_number_that_they_are_known_at() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let first = ledger.levy(&account, "10.00", "2026-05-10").json()["seq"].clone();
    ledger.levy(&account, "5.00", "2026-05-10");
    let path = format!("/v1/accounts/{account}/totals");
    let earlier = totals(&ledger.admin, &format!("{path}?known_at={first}"));
    assert_eq!((&earlier["known_at"], &earlier["balance"]), (&first, &json!("10.00")));
    assert_eq!(totals(&ledger.admin, &path)["known_at"], first.as_i64().unwrap() + 1);
    let problem = ledger.admin.get(&format!("{path}?known_at=99")).problem(400, "malformed_request");
    assert!(problem["detail"].as_str().unwrap().contains("from 0 to 4"), "{problem}");
}

#[test]
fn the_settings_are_those_of_the_number_asked_for() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let levy = ledger.levy(&account, "100.00", "2026-08-10").json()["seq"].clone();
    let etag = ledger.admin.get(&format!("/v1/accounts/{account}")).header("etag").unwrap().to_owned();
    ledger.admin.patch(&format!("/v1/accounts/{account}"), &etag, &json!({"rule_set": "england"})).expect(200);
    let path = format!("/v1/accounts/{account}/totals?as_at=2027-08-31");
    let now = totals(&ledger.admin, &path);
    assert_eq!((&now["rule_set"], &now["expired"]), (&json!("england"), &json!("100.00")));
    let then = totals(&ledger.admin, &format!("{path}&known_at={levy}"));
    assert_eq!((&then["rule_set"], &then["expired"]), (&json!("standard"), &json!("0.00")));
}

#[test]
fn the_allowance_beside_the_totals_is_that_of_the_day() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "495000.00", "2025-06-22");
    let totals = totals(&ledger.admin, &format!("/v1/accounts/{account}/totals"));
    assert_eq!(totals["allowance_year"], "2026-27");
    assert_eq!((&totals["allowance"], &totals["remaining_allowance"]), (&json!("123750.00"), &json!("123750.00")));
    assert_eq!((&totals["reserved"], &totals["co_invested"]), (&json!("0.00"), &json!("0.00")));
    assert_eq!((&totals["providers"], &totals["starts"], &totals["live_starts"]), (&json!(0), &json!(0), &json!(0)));
}

#[test]
fn all_accounts_sum_and_a_caller_sums_those_it_may_see() {
    let ledger = Ledger::fresh();
    let ours = ledger.account();
    let theirs = ledger.account_like(json!({"name": "Southshire", "rule_set": "england"}));
    ledger.levy(&ours, "100.00", "2025-05-22");
    ledger.levy(&theirs, "11.00", "2025-05-22");
    let all = totals(&ledger.admin, "/v1/totals");
    assert_eq!(
        (&all["rule_set"], &all["balance"], &all["allowance"]),
        (&Value::Null, &json!("111.00"), &json!("30.50"))
    );
    let limited = ledger.limited(Role::Finance, Some(vec![ours.parse().unwrap()]));
    let seen = totals(&limited, "/v1/totals");
    assert_eq!((&seen["rule_set"], &seen["balance"]), (&json!("standard"), &json!("100.00")));
}

#[test]
fn a_ledger_without_accounts_totals_nothing() {
    let none = totals(&Ledger::fresh().admin, "/v1/totals");
    assert_eq!((&none["rule_set"], &none["balance"]), (&Value::Null, &json!("0.00")));
}

#[test]
fn a_row_of_totals_says_what_the_json_says_in_its_order() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "100.12345", "2026-05-22");
    for path in [format!("/v1/accounts/{account}/totals"), "/v1/totals".to_owned()] {
        let json = totals(&ledger.admin, &path);
        let table = Answer::to(ledger.admin.request("GET", &path).header("Accept", "text/csv")).expect(200).text;
        let fields = json.as_object().unwrap();
        let names: Vec<&str> = fields.keys().map(String::as_str).collect();
        let cells: Vec<String> =
            fields.values().map(|cell| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned)).collect();
        assert_eq!(table, format!("{}\r\n{}\r\n", names.join(","), cells.join(",")));
    }
}

#[test]
fn totals_that_have_not_changed_are_not_sent_again() {
    let ledger = Ledger::fresh();
    ledger.account();
    let etag = ledger.admin.get("/v1/totals").header("etag").unwrap().to_owned();
    let again = || Answer::to(ledger.admin.request("GET", "/v1/totals").header("If-None-Match", &etag));
    again().expect(304);
    ledger.clock.set("2026-11-23");
    again().expect(200);
}
