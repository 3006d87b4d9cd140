//! What rolling programmes would change, and how many apprentices it takes.

use serde_json::{Value, json};

use crate::harness::Ledger;

/// An account with £2,000 of each month from December 2024 to October 2026, which lapse from December
/// 2026 to October 2028.
fn council(ledger: &Ledger) -> String {
    let account = ledger.account();
    let months = (2024 * 12 + 11)..=(2026 * 12 + 9);
    for month in months {
        ledger.levy(&account, "2000.00", &format!("{}-{:02}-22", month / 12, month % 12 + 1));
    }
    account
}

fn programme(apprentices: Option<u32>, price: &str, funded_by: &str) -> Value {
    let mut plan = json!({"every_months": 6, "cohorts": 2, "first_start": "2026-12", "duration_months": 12,
        "price": price, "funded_by": funded_by});
    if let Some(apprentices) = apprentices {
        plan["apprentices"] = json!(apprentices);
    }
    plan
}

fn ask(ledger: &Ledger, account: &str, body: &Value) -> Value {
    ledger.admin.post(&format!("/v1/accounts/{account}/what-if?levy=none&months=12"), body).expect(200).json()
}

fn sum(outcome: &Value, column: &str) -> f64 {
    let lines = outcome["data"].as_array().unwrap().iter();
    lines.map(|line| line[column].as_str().unwrap().parse::<f64>().unwrap()).sum()
}

#[test]
fn a_programme_saves_what_it_spends_of_funds_that_would_lapse() {
    let ledger = Ledger::fresh();
    let account = council(&ledger);
    let head = || ledger.admin.get("/v1/changes").expect(200).json()["head"].clone();
    let before = head();
    // One apprentice earns £800 in each of eleven months, that of the second cohort in five.
    let answer = ask(&ledger, &account, &json!({"plans": [programme(Some(1), "12000.00", "own")]}));
    assert_eq!(answer["without"]["expired"], "22000.00");
    assert_eq!(answer["with"]["expired"], "9200.00");
    assert_eq!(answer["saved_from_expiry"], "12800.00");
    assert_eq!(answer["within_funds_and_allowance"], true);
    assert_eq!(answer["with"]["first_short_of_funds"], Value::Null);
    assert_eq!(sum(&answer["with"], "own"), 12_800.0);
    assert_eq!(head(), before, "nothing is recorded");
}

#[test]
fn the_first_month_short_of_funds_or_of_allowance_is_named() {
    let ledger = Ledger::fresh();
    let account = council(&ledger);
    let many = ask(&ledger, &account, &json!({"plans": [programme(Some(20), "12000.00", "own")]}));
    // £16,000 a month: £46,000 last for two months and most of a third.
    assert_eq!(many["with"]["first_short_of_funds"], json!({"month": "2027-02", "amount": "2000.00"}));
    assert_eq!(many["within_funds_and_allowance"], false);
    let sent = ask(&ledger, &account, &json!({"plans": [programme(Some(2), "12000.00", "transfer")]}));
    // A quarter of what was declared from 20 April 2025 to 19 April 2026, twelve times £2,000, is £6,000:
    // £1,600 a month from December on, so that March is short of £400.
    assert_eq!(sent["with"]["first_short_of_allowance"], json!({"month": "2027-03", "amount": "400.00"}));
    assert_eq!(sent["with"]["first_short_of_funds"], Value::Null);
    let year = &sent["with"]["allowance_by_year"][0];
    assert_eq!((&year["allowance_year"], &year["paid"]), (&json!("2026-27"), &json!("6000.00")));
    assert_eq!(year["remaining"], "0.00");
}

#[test]
fn the_smallest_number_is_that_which_trying_every_number_finds() {
    let ledger = Ledger::fresh();
    let account = council(&ledger);
    for (price, funded_by) in [("12000.00", "own"), ("5000.00", "own"), ("60000.00", "own"), ("1500.00", "transfer")] {
        let found = ask(&ledger, &account, &json!({"find": programme(None, price, funded_by)}));
        let tried = (1..=25).find(|apprentices| {
            let plans = json!({"plans": [programme(Some(*apprentices), price, funded_by)]});
            let answer = ask(&ledger, &account, &plans);
            answer["with"]["expired"] == "0.00" && answer["within_funds_and_allowance"] == true
        });
        assert_eq!(found["found"]["apprentices"], json!(tried), "{price} {funded_by}: {}", found["found"]);
        assert_eq!(found["with"].is_null(), tried.is_none());
    }
}

#[test]
fn where_no_number_does_the_answer_says_why() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "100.00", "2024-11-22");
    let found = ask(&ledger, &account, &json!({"find": programme(None, "12000.00", "own")}));
    assert_eq!(found["found"]["apprentices"], Value::Null);
    let detail = found["found"]["detail"].as_str().unwrap();
    assert!(detail.contains("£100 lapses all the same"), "{detail}");
    let nothing = ask(&ledger, &ledger.account(), &json!({"find": programme(None, "12000.00", "own")}));
    assert_eq!(nothing["found"]["apprentices"], 0);
}

#[test]
fn what_cannot_be_planned_is_refused_field_by_field() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let post = |body: &Value| ledger.admin.post(&format!("/v1/accounts/{account}/what-if"), body);
    let mut plan = programme(Some(0), "0.00", "own");
    plan["cohorts"] = json!(121);
    let problem = post(&json!({"plans": [plan]})).problem(422, "validation_failed");
    let pointers: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/plans/0/apprentices", "/plans/0/cohorts", "/plans/0/price"]);
    let mut past = programme(Some(1), "12000.00", "own");
    past["first_start"] = json!("2026-10");
    let problem = post(&json!({"plans": [past]})).problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["detail"], "first_start is 2026-10; it can be 2026-11 or later");
    post(&json!({})).problem(422, "validation_failed");
    post(&json!({"plans": [], "find": programme(None, "1.00", "own")})).problem(422, "validation_failed");
}
