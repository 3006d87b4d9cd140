//! Rule sets are made whole, grow with the law, and decide for the accounts that follow them.

use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use crate::harness::Ledger;

fn row(parameter: &str, from: &str, value: &str) -> Value {
    json!({"parameter": parameter, "from": from, "value": value})
}

fn four_rows() -> Vec<Value> {
    vec![
        row("employer_co_investment_percent", "2020-01-01", "5"),
        row("expiry_months", "2020-01-01", "18"),
        row("top_up_percent", "2020-01-01", "10"),
        row("transfer_cap_percent", "2020-01-01", "12.5"),
    ]
}

#[test]
fn the_ledger_begins_with_england_and_standard() {
    let ledger = Ledger::fresh();
    let sets = ledger.caller(Role::Integration).get("/v1/rule-sets").expect(200).json();
    let names: Vec<&str> = sets["data"].as_array().unwrap().iter().map(|set| set["name"].as_str().unwrap()).collect();
    assert_eq!((names, &sets["next_cursor"]), (vec!["england", "standard"], &json!(null)));
    let standard = ledger.admin.get("/v1/rule-sets/standard").expect(200).json();
    let rows = [
        row("transfer_cap_percent", "2010-01-01", "25"),
        row("expiry_months", "2010-01-01", "24"),
        row("top_up_percent", "2010-01-01", "10"),
        row("employer_co_investment_percent", "2010-01-01", "5"),
    ];
    assert_eq!(standard["rows"], json!(rows));
    ledger.admin.get("/v1/rule-sets/none").problem(404, "not_found");
    let page = ledger.admin.get("/v1/rule-sets?limit=1").json();
    let cursor = page["next_cursor"].as_str().unwrap();
    let page = ledger.admin.get(&format!("/v1/rule-sets?limit=1&cursor={cursor}")).json();
    assert_eq!((&page["data"][0]["name"], &page["next_cursor"]), (&json!("standard"), &json!(null)));
}

#[test]
fn funds_of_an_account_lapse_by_the_rule_set_it_follows() {
    let ledger = Ledger::fresh();
    let made = ledger.admin.post("/v1/rule-sets", &json!({"name": "eighteen-months", "rows": four_rows()}));
    let made = made.expect(201);
    assert_eq!(made.header("location"), Some("/v1/rule-sets/eighteen-months"));
    assert_eq!(made.text, ledger.admin.get("/v1/rule-sets/eighteen-months").expect(200).text);
    let account = ledger.account_like(json!({"name": "Northshire", "rule_set": "eighteen-months"}));
    assert_eq!(ledger.levy(&account, "1.00", "2025-01-15").json()["expires_on"], "2026-07-31");
    let shorter = json!({"rows": [row("expiry_months", "2026-04-01", "6")]});
    let grown = ledger.admin.post("/v1/rule-sets/eighteen-months/rows", &shorter).expect(200);
    assert_eq!(grown.json()["rows"].as_array().unwrap().len(), 5);
    assert_eq!(grown.text, ledger.admin.get("/v1/rule-sets/eighteen-months").text);
    assert_eq!(ledger.levy(&account, "1.00", "2026-03-31").json()["expires_on"], "2027-09-30");
    assert_eq!(ledger.levy(&account, "1.00", "2026-04-01").json()["expires_on"], "2026-10-31");
}

#[test]
fn the_law_changes_standard_too() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let rows = json!({"rows": [row("expiry_months", "2028-01-01", "12"), row("expiry_months", "2027-01-01", "6")]});
    ledger.admin.post("/v1/rule-sets/standard/rows", &rows).expect(200);
    assert_eq!(ledger.levy(&account, "1.00", "2026-12-31").json()["expires_on"], "2028-12-31");
    assert_eq!(ledger.levy(&account, "1.00", "2027-01-01").json()["expires_on"], "2027-07-31");
    assert_eq!(ledger.levy(&account, "1.00", "2028-01-01").json()["expires_on"], "2029-01-31");
}

#[test]
fn rows_that_are_there_never_change() {
    let ledger = Ledger::fresh();
    let later = json!({"rows": [row("top_up_percent", "2027-01-01", "0"), row("top_up_percent", "2010-01-01", "0")]});
    let problem = ledger.admin.post("/v1/rule-sets/standard/rows", &later).problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["pointer"], "/rows/1/from");
    assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("2010-01-01"), "{problem}");
    assert_eq!(ledger.admin.get("/v1/rule-sets/standard").json()["rows"].as_array().unwrap().len(), 4);
    ledger.admin.post("/v1/rule-sets/none/rows", &later).problem(404, "not_found");
    ledger.admin.post("/v1/rule-sets/standard/rows", &json!({"rows": []})).problem(422, "validation_failed");
}

#[test]
fn what_makes_no_rule_set_names_its_row_and_field() {
    let ledger = Ledger::fresh();
    let with = |change: fn(&mut Vec<Value>)| {
        let mut rows = four_rows();
        change(&mut rows);
        json!({"name": "new", "rows": rows})
    };
    let cases: [(Value, &str, &str); 8] = [
        (json!({"name": "New Rules", "rows": four_rows()}), "/name", "a-z, 0-9 and -"),
        (with(|rows| drop(rows.remove(1))), "/rows", "no row decides expiry_months"),
        (with(|rows| rows[2]["value"] = json!("101")), "/rows/2/value", "0 to 100"),
        (with(|rows| rows[1]["value"] = json!("0")), "/rows/1/value", "1 to 120"),
        (with(|rows| rows[1]["from"] = json!("2020-01-02")), "/rows/1/from", "first of a month"),
        (with(|rows| rows[0]["value"] = json!(5)), "/rows/0/value", "\"25\""),
        (with(|rows| rows[0]["parameter"] = json!("cap")), "/rows/0/parameter", "transfer_cap_percent"),
        (with(|rows| rows.push(rows[3].clone())), "/rows/4/from", "2020-01-01"),
    ];
    for (body, pointer, right_form) in cases {
        let problem = ledger.admin.post("/v1/rule-sets", &body).problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(right_form), "{problem}");
    }
    ledger.admin.get("/v1/rule-sets/new").problem(404, "not_found");
}

#[test]
fn a_name_is_taken_once_and_a_dry_run_takes_none() {
    let ledger = Ledger::fresh();
    let body = json!({"name": "ours", "rows": four_rows()});
    let tried = ledger.admin.post("/v1/rule-sets?dry_run=true", &body).expect(200);
    assert_eq!(tried.header("location"), None);
    ledger.admin.post("/v1/rule-sets", &body).expect(201);
    ledger.admin.post("/v1/rule-sets", &body).problem(409, "name_taken");
}

#[test]
fn a_token_limited_to_accounts_changes_no_rule_set() {
    let ledger = Ledger::fresh();
    let limited = ledger.limited(Role::Admin, Some(vec![ledger.account().parse().unwrap()]));
    limited.get("/v1/rule-sets/standard").expect(200);
    limited.post("/v1/rule-sets", &json!({"name": "ours", "rows": four_rows()})).problem(403, "forbidden");
    let rows = json!({"rows": [row("top_up_percent", "2027-01-01", "0")]});
    limited.post("/v1/rule-sets/standard/rows", &rows).problem(403, "forbidden");
}
