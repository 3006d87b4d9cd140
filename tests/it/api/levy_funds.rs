//! Levy funds are recorded in one form only.

use serde_json::{Value, json};

use crate::harness::Ledger;

#[test]
fn funds_of_may_2024_lapse_at_the_end_of_may_2026() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let entry = ledger.levy(&account, "1000.00", "2024-05-22").json();
    assert_eq!(entry["kind"], "levy");
    assert_eq!(entry["expires_on"], "2026-05-31");
}

#[test]
fn what_cannot_be_taken_names_its_field_and_the_right_form() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/levy-funds", ledger.account());
    let cases: [(Value, &str, &str); 7] = [
        (json!({"amount": 1000, "entered_on": "2026-05-22"}), "/amount", "\"1234.50\""),
        (json!({"amount": "1000", "entered_on": "2026-05-22"}), "/amount", "2 to 5 decimals"),
        (json!({"amount": "1.000001", "entered_on": "2026-05-22"}), "/amount", "2 to 5 decimals"),
        (json!({"amount": "90000000000.01", "entered_on": "2026-05-22"}), "/amount", "90000000000.00"),
        (json!({"amount": "1.00", "entered_on": "2026-02-30"}), "/entered_on", "\"2026-05-31\""),
        (
            json!({"amount": "1.00", "entered_on": "2026-05-22", "payroll_month": "2026-13"}),
            "/payroll_month",
            "\"2026-05\"",
        ),
        (json!({"amount": "1.00", "entered_on": "2026-05-22", "payrol": 1}), "/payrol", "unknown field"),
    ];
    for (body, pointer, right_form) in cases {
        let problem = ledger.admin.post(&path, &body).problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(right_form), "{problem}");
    }
}

#[test]
fn the_same_key_answers_the_same_again_and_another_request_under_it_is_refused() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/levy-funds", ledger.account());
    let levy = json!({"amount": "1.00", "entered_on": "2026-05-22"});
    let first = ledger.admin.post_once(&path, "may", &levy).expect(201);
    let again = ledger.admin.post_once(&path, "may", &levy).expect(201);
    assert_eq!(again.text, first.text);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let other = json!({"amount": "2.00", "entered_on": "2026-05-22"});
    ledger.admin.post_once(&path, "may", &other).problem(422, "idempotency_key_reused");
}

#[test]
fn a_dry_run_answers_in_full_and_records_nothing() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/levy-funds", ledger.account());
    let levy = json!({"amount": "1.00", "entered_on": "2026-05-22"});
    let tried = ledger.admin.post(&format!("{path}?dry_run=true"), &levy).expect(200).json();
    assert_eq!((&tried["seq"], &tried["amount"]), (&json!(null), &json!("1.00")));
    let recorded = ledger.admin.post(&path, &levy).expect(201).json();
    assert_eq!(recorded["seq"], 3, "the token is 1, the account 2");
}
