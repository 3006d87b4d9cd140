//! Head counts in, the public sector target out.

use serde_json::{Value, json};

use crate::harness::Ledger;

fn counted() -> Value {
    json!({
        "year": "2025-26", "employees_start": 2685, "employees_end": 2659, "employees_new": 413,
        "apprentices_start": 164, "apprentices_end": 238, "apprentices_new": 74,
    })
}

#[test]
fn the_target_of_a_year_is_worked_out_from_its_last_return() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let returns = format!("/v1/accounts/{account}/workforce-returns");
    let mut first = counted();
    first["apprentices_new"] = json!(1);
    ledger.admin.post(&returns, &first).expect(201);
    let second = ledger.admin.post(&returns, &counted()).expect(201).json();
    let report = format!("/v1/accounts/{account}/reports/public-sector-target");
    let target = ledger.admin.get(&format!("{report}?year=2025-26")).expect(200).json();
    let expected = json!({
        "year": "2025-26", "from": "2025-04-01", "to": "2026-03-31", "return_seq": second["seq"],
        "starts_percent": "17.92", "headcount_percent": "8.95", "target_measure_percent": "2.76",
        "target_percent": "2.3", "meets_target": true,
    });
    assert_eq!(target, expected);
    let listed = ledger.admin.get(&returns).expect(200).json();
    let listed: Vec<&Value> = listed["data"].as_array().unwrap().iter().collect();
    assert_eq!((listed.len(), listed[0]["apprentices_new"].clone(), listed[1]), (2, json!(1), &second));
    let table = ledger.admin.get(&format!("{report}.csv?year=2025-26")).expect(200).text;
    assert!(table.ends_with("2025-26,2025-04-01,2026-03-31,4,17.92,8.95,2.76,2.3,true\r\n"), "{table}");
}

#[test]
fn of_nobody_and_of_a_year_without_a_return_nothing_is_available() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let report = format!("/v1/accounts/{account}/reports/public-sector-target");
    let unreturned = ledger.admin.get(&report).expect(200).json();
    assert_eq!((&unreturned["year"], &unreturned["return_seq"]), (&json!("2026-27"), &Value::Null));
    assert_eq!((&unreturned["starts_percent"], &unreturned["meets_target"]), (&json!("not available"), &Value::Null));
    let nobody_new = json!({
        "year": "2026-27", "employees_start": 100, "employees_end": 0, "employees_new": 0,
        "apprentices_start": 2, "apprentices_end": 0, "apprentices_new": 2,
    });
    ledger.admin.post(&format!("/v1/accounts/{account}/workforce-returns"), &nobody_new).expect(201);
    let target = ledger.admin.get(&report).expect(200).json();
    assert_eq!(
        (&target["starts_percent"], &target["headcount_percent"], &target["target_measure_percent"]),
        (&json!("not available"), &json!("not available"), &json!("2.00"))
    );
    assert_eq!(target["meets_target"], false);
}

#[test]
fn a_return_that_cannot_be_is_refused_with_every_field_named() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let returns = format!("/v1/accounts/{account}/workforce-returns");
    let mut wrong = counted();
    wrong["apprentices_start"] = json!(2686);
    wrong["apprentices_end"] = json!(2660);
    wrong["employees_new"] = json!(10_000_001);
    let problem = ledger.admin.post(&returns, &wrong).problem(422, "validation_failed");
    let named: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].as_str().unwrap()).collect();
    assert_eq!(named, ["/employees_new", "/apprentices_start", "/apprentices_end"], "{problem}");
    for (field, value) in [("year", json!("2025-27")), ("employees_start", json!(-1)), ("apprentices", json!(1))] {
        let mut wrong = counted();
        wrong[field] = value;
        let problem = ledger.admin.post(&returns, &wrong).problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"), "{problem}");
    }
    let report = format!("/v1/accounts/{account}/reports/public-sector-target?year=2026");
    ledger.admin.get(&report).problem(400, "malformed_request");
    assert_eq!(ledger.admin.get(&returns).json()["data"], json!([]));
}

#[test]
fn a_dry_run_records_nothing() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let returns = format!("/v1/accounts/{account}/workforce-returns");
    let tried = ledger.admin.post(&format!("{returns}?dry_run=true"), &counted()).expect(200).json();
    assert_eq!((&tried["seq"], &tried["year"]), (&Value::Null, &json!("2025-26")));
    assert_eq!(ledger.admin.get(&returns).json()["data"], json!([]));
    ledger.admin.post(&returns, &counted()).expect(201);
    assert_eq!(ledger.admin.get("/v1/audit/verify").expect(200).json()["ok"], true);
}
