//! Funds, lot by lot, on any day.

use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use crate::harness::{Answer, Ledger};

fn lot(lot: &Value) -> [&str; 5] {
    ["entry_month", "expires_on", "entered", "expired", "remaining"].map(|field| lot[field].as_str().unwrap())
}

#[test]
fn funds_lapse_with_their_last_day_though_nobody_closed_the_month() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "1000.00", "2024-05-22");
    ledger.levy(&account, "500.00", "2024-06-22");
    let funds = |day: &str| ledger.admin.get(&format!("/v1/accounts/{account}/funds?as_at={day}")).expect(200).json();
    let eve = funds("2026-05-30");
    assert_eq!(lot(&eve["lots"][0]), ["2024-05", "2026-05-31", "1000.00", "0.00", "1000.00"]);
    assert_eq!((&eve["balance"], &eve["spendable"]), (&json!("1500.00"), &json!("1500.00")));
    let after = funds("2026-05-31");
    assert_eq!(lot(&after["lots"][0]), ["2024-05", "2026-05-31", "1000.00", "1000.00", "0.00"]);
    assert_eq!((&after["balance"], &after["unallocated"]), (&json!("500.00"), &json!("0.00")));
}

#[test]
fn two_lives_under_england_fall_due_side_by_side() {
    let ledger = Ledger::fresh();
    let account = ledger.account_like(json!({"name": "Northshire", "rule_set": "england"}));
    for entered_on in ["2025-09-22", "2026-09-22", "2026-10-22"] {
        ledger.levy(&account, "100.00", entered_on);
    }
    let funds = ledger.admin.get(&format!("/v1/accounts/{account}/funds?as_at=2027-09-30")).expect(200).json();
    let lots: Vec<[&str; 5]> = funds["lots"].as_array().unwrap().iter().map(lot).collect();
    assert_eq!(
        lots,
        [
            ["2025-09", "2027-09-30", "100.00", "100.00", "0.00"],
            ["2026-09", "2027-09-30", "100.00", "100.00", "0.00"],
            ["2026-10", "2027-10-31", "100.00", "0.00", "100.00"],
        ]
    );
}

#[test]
fn a_day_inside_a_month_counts_what_entered_by_then() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "10.00", "2026-05-10");
    ledger.levy(&account, "5.00", "2026-05-20");
    ledger.levy(&account, "1.00", "2026-06-01");
    for (day, balance) in
        [("2026-05-09", "0.00"), ("2026-05-10", "10.00"), ("2026-05-31", "15.00"), ("2026-06-01", "16.00")]
    {
        let funds = ledger.admin.get(&format!("/v1/accounts/{account}/funds?as_at={day}")).expect(200).json();
        assert_eq!(funds["balance"], balance, "{day}");
    }
}

#[test]
fn funds_are_known_as_they_were_recorded() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let first = ledger.levy(&account, "10.00", "2026-05-10").json()["seq"].clone();
    ledger.levy(&account, "-4.00", "2026-05-11");
    let path = format!("/v1/accounts/{account}/funds");
    assert_eq!(ledger.admin.get(&format!("{path}?known_at={first}")).json()["balance"], "10.00");
    assert_eq!(ledger.admin.get(&path).json()["balance"], "6.00");
    ledger.admin.get(&format!("{path}?known_at=0")).problem(404, "not_found");
    for wrong in ["known_at=99", "known_at=-1", "known_at=x", "as_at=2026-02-30", "as_of=2026-05-31"] {
        ledger.admin.get(&format!("{path}?{wrong}")).problem(400, "malformed_request");
    }
}

#[test]
fn the_table_of_lots_says_what_the_json_says() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "1000.00", "2024-05-22");
    ledger.levy(&account, "0.12345", "2026-06-22");
    let funds = ledger.admin.get(&format!("/v1/accounts/{account}/funds")).json();
    let table = ledger.admin.get(&format!("/v1/accounts/{account}/funds.csv")).expect(200);
    assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8"));
    let mut lines = table.text.split_terminator("\r\n");
    assert_eq!(lines.next(), Some("entry_month,due_month,expires_on,entered,spent,transferred,expired,remaining"));
    let lots = funds["lots"].as_array().unwrap();
    let written = |lot: &Value| {
        let cells: Vec<&str> = lot.as_object().unwrap().values().map(|cell| cell.as_str().unwrap()).collect();
        cells.join(",")
    };
    assert_eq!(lines.collect::<Vec<_>>(), lots.iter().map(written).collect::<Vec<_>>());
}

#[test]
fn funds_that_have_not_changed_are_not_sent_again() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "10.00", "2026-05-10");
    let path = format!("/v1/accounts/{account}/funds");
    let etag = ledger.admin.get(&path).header("etag").unwrap().to_owned();
    let again = || Answer::to(ledger.admin.request("GET", &path).header("If-None-Match", &etag));
    again().expect(304);
    ledger.levy(&account, "10.00", "2026-05-10");
    assert_eq!(again().expect(200).json()["balance"], "20.00");
}

#[test]
fn the_funds_of_another_account_are_not_there() {
    let ledger = Ledger::fresh();
    let (ours, theirs) = (ledger.account(), ledger.account());
    let limited = ledger.limited(Role::Integration, Some(vec![ours.parse().unwrap()]));
    for report in ["funds", "totals", "underspend"] {
        limited.get(&format!("/v1/accounts/{ours}/{report}")).expect(200);
        limited.get(&format!("/v1/accounts/{theirs}/{report}")).problem(404, "not_found");
        limited.get(&format!("/v1/accounts/none/{report}")).problem(404, "not_found");
    }
}
