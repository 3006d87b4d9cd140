//! The PAYE schemes of an account, and the schools that share one.

use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use crate::harness::Ledger;
use crate::storage::verify::faults;

const COUNCIL: &str = "123/NS456";

/// Declares figures of a scheme for the first months of 2025-26, in time; submission ids begin at
/// `first_id`.
fn declare(ledger: &Ledger, account: &str, scheme: &str, first_id: usize, figures: &[&str]) {
    let declaration = |(place, figure): (usize, &&str)| {
        json!({
            "submission_id": (first_id + place).to_string(), "paye_scheme": scheme, "payroll_year": "25-26",
            "payroll_month": place + 1, "levy_due_year_to_date": figure, "english_fraction": "0.9",
            "submitted_at": format!("2025-{:02}-10T09:00:00Z", place + 5),
        })
    };
    let declarations: Vec<Value> = figures.iter().enumerate().map(declaration).collect();
    let body = json!({"processed_on": "2025-12-23", "declarations": declarations});
    ledger.admin.post(&format!("/v1/accounts/{account}/levy-declarations"), &body).expect(200);
}

fn share(ledger: &Ledger, account: &str, from: &str, parts: &[(&str, &str)]) {
    let parts: Vec<Value> = parts.iter().map(|(name, percent)| json!({"name": name, "percent": percent})).collect();
    let body = json!({"paye_scheme": COUNCIL, "from": from, "parts": parts});
    ledger.admin.post(&format!("/v1/accounts/{account}/paye-schemes/shares"), &body).expect(201);
}

fn schemes(ledger: &Ledger, account: &str, query: &str) -> Vec<Value> {
    let shown = ledger.admin.get(&format!("/v1/accounts/{account}/paye-schemes{query}")).expect(200).json();
    shown["data"].as_array().unwrap().clone()
}

#[test]
fn each_scheme_shows_what_it_declared_and_was_credited_in_a_year() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    declare(&ledger, &account, COUNCIL, 1, &["10000.00", "19500.00"]);
    declare(&ledger, &account, "456/PORT", 101, &["1000.00"]);
    let shown = schemes(&ledger, &account, "");
    assert_eq!(
        shown[0],
        json!({
            "paye_scheme": COUNCIL, "payroll_year": "25-26", "declared": "19500.00", "english_fractions": ["0.9"],
            "top_up": "1755.00", "credit": "19305.00", "own_credit": "19305.00", "parts": [],
            "last_submission_id": "2", "last_payroll_month": 2, "last_submitted_at": "2025-06-10T09:00:00.000000Z",
        })
    );
    assert_eq!((&shown[1]["paye_scheme"], &shown[1]["credit"]), (&json!("456/PORT"), &json!("990.00")));
    assert_eq!(schemes(&ledger, &account, "?as_at=2025-12-22"), Vec::<Value>::new());
    assert_eq!(schemes(&ledger, &account, "?known_at=2"), Vec::<Value>::new());
}

#[test]
fn schools_on_a_shared_scheme_are_shown_apart_and_the_council_has_the_rest() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    declare(&ledger, &account, COUNCIL, 1, &["10000.00", "20000.00", "30000.00"]);
    // £9,900 a month: in April one school, from May another beside it, corrected for June.
    share(&ledger, &account, "2025-04", &[("Hill School", "33.33333")]);
    share(&ledger, &account, "2025-05", &[("Hill School", "10"), ("Vale School", "12.5")]);
    share(&ledger, &account, "2025-06", &[("Hill School", "50")]);
    share(&ledger, &account, "2025-06", &[]);
    let shown = schemes(&ledger, &account, "");
    assert_eq!(
        shown[0]["parts"],
        json!([{"name": "Hill School", "credit": "4289.99967"}, {"name": "Vale School", "credit": "1237.50"}])
    );
    assert_eq!((&shown[0]["credit"], &shown[0]["own_credit"]), (&json!("29700.00"), &json!("24172.50033")));
    let csv = ledger.admin.get(&format!("/v1/accounts/{account}/paye-schemes.csv")).expect(200).text;
    assert!(csv.contains("Hill School=4289.99967 Vale School=1237.50"), "{csv}");
    let path = format!("/v1/accounts/{account}/paye-schemes/shares");
    let listed = ledger.caller(Role::Apprenticeships).get(&path).expect(200).json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 4);
    assert_eq!(listed["data"][1]["parts"][1], json!({"name": "Vale School", "percent": "12.5"}));
    assert_eq!(faults(&ledger), Vec::<String>::new());
}

#[test]
fn a_credit_that_was_reversed_is_left_out() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    declare(&ledger, &account, COUNCIL, 1, &["10000.00", "19500.00"]);
    let levy = ledger.admin.get(&format!("/v1/accounts/{account}/levy-funds")).expect(200).json();
    let seq = &levy["data"][0]["seq"];
    ledger.admin.post(&format!("/v1/entries/{seq}/reverse"), &json!({"reason": "another employer's"})).expect(201);
    let shown = schemes(&ledger, &account, "");
    assert_eq!((&shown[0]["declared"], &shown[0]["credit"]), (&json!("9500.00"), &json!("9405.00")));
}

#[test]
fn parts_that_cannot_be_taken_name_their_field() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/paye-schemes/shares", ledger.account());
    let part = |name: &str, percent: &str| json!({"name": name, "percent": percent});
    let cases = [
        (vec![part("Hill School", "0")], "/parts/0/percent", "above 0"),
        (vec![part("Hill School", "100.1")], "/parts/0/percent", "up to 100"),
        (vec![part("Hill School", "60"), part("Vale School", "40.5")], "/parts", "100.5%"),
        (vec![part("Hill School", "1"), part("Hill School", "2")], "/parts/1/name", "there already"),
    ];
    for (parts, pointer, detail) in cases {
        let body = json!({"paye_scheme": COUNCIL, "from": "2025-04", "parts": parts});
        let problem = ledger.admin.post(&path, &body).problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(detail), "{problem}");
    }
    let tried = json!({"paye_scheme": COUNCIL, "from": "2025-04", "parts": [part("Hill School", "5")]});
    let tried = ledger.admin.post(&format!("{path}?dry_run=true"), &tried).expect(200).json();
    assert_eq!(tried["seq"], json!(null));
    assert_eq!(ledger.admin.get(&path).expect(200).json()["data"], json!([]));
}
