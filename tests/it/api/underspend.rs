//! Underspend: what expired, what lapses next and when.

use serde_json::{Value, json};

use crate::harness::{Answer, Ledger};

/// An account whose funds of April and November 2017 expired in 2019, and whose later ones lapse next.
fn council(ledger: &Ledger) -> String {
    let account = ledger.account();
    for (amount, entered_on) in
        [("300000.00", "2017-04-22"), ("11798.84", "2017-11-22"), ("12345.67", "2024-12-22"), ("1000.00", "2025-02-22")]
    {
        ledger.levy(&account, amount, entered_on);
    }
    account
}

fn underspend(ledger: &Ledger, account: &str, query: &str) -> Value {
    ledger.admin.get(&format!("/v1/accounts/{account}/underspend{query}")).expect(200).json()
}

#[test]
fn the_published_line_can_be_printed() {
    let ledger = Ledger::fresh();
    let report = underspend(&ledger, &council(&ledger), "?from=2019-04&to=2019-11");
    assert_eq!(
        report["summary"],
        "From April 2019 to November 2019, £311,798.84 of levy funds expired. \
         £12,345.67 will lapse on 31 December 2026 unless it is spent."
    );
    let expired = json!([{"month": "2019-04", "amount": "300000.00"}, {"month": "2019-11", "amount": "11798.84"}]);
    assert_eq!((&report["expired"], &report["expired_total"]), (&expired, &json!("311798.84")));
}

#[test]
fn what_lapses_is_shown_by_month_and_by_horizon() {
    let ledger = Ledger::fresh();
    let report = underspend(&ledger, &council(&ledger), "");
    let line = |due_month: &str, expires_on: &str, amount: &str| json!({"due_month": due_month, "expires_on": expires_on, "amount": amount, "promised": "0.00", "at_risk": amount});
    assert_eq!(
        report["lapsing"],
        json!([line("2026-12", "2026-12-31", "12345.67"), line("2027-02", "2027-02-28", "1000.00")])
    );
    let horizons = json!({"1": "0.00", "3": "12345.67", "6": "13345.67", "12": "13345.67", "24": "13345.67"});
    assert_eq!((&report["lapsing_in"], &report["at_risk_in"]), (&horizons, &horizons));
    assert_eq!((&report["first_lapse"], &report["as_at"]), (&json!("2026-12-31"), &json!("2026-11-22")));
}

#[test]
fn the_last_day_of_a_month_moves_its_funds_from_lapsing_to_expired() {
    let ledger = Ledger::fresh();
    let account = council(&ledger);
    let eve = underspend(&ledger, &account, "?as_at=2026-12-30&from=2026-12");
    assert_eq!((&eve["expired"], &eve["lapsing_in"]["1"]), (&json!([]), &json!("12345.67")));
    let over = underspend(&ledger, &account, "?as_at=2026-12-31&from=2026-12");
    assert_eq!(over["expired"], json!([{"month": "2026-12", "amount": "12345.67"}]));
    assert_eq!((&over["lapsing_in"]["1"], &over["first_lapse"]), (&json!("0.00"), &json!("2027-02-28")));
}

#[test]
fn months_the_wrong_way_round_are_refused() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/underspend", ledger.account());
    let problem = ledger.admin.get(&format!("{path}?from=2026-05&to=2026-04")).problem(400, "malformed_request");
    assert!(problem["detail"].as_str().unwrap().contains("2026-05"), "{problem}");
    ledger.admin.get(&format!("{path}?from=2026-05&to=2026-05")).expect(200);
    ledger.admin.get(&format!("{path}?known_at=1")).problem(400, "malformed_request");
}

#[test]
fn an_account_without_funds_has_nothing_to_lose() {
    let ledger = Ledger::fresh();
    let report = underspend(&ledger, &ledger.account(), "");
    assert_eq!(report["summary"], "No levy funds had expired by 22 November 2026. No funds are due to lapse.");
    assert_eq!((&report["first_lapse"], &report["expired_total"]), (&Value::Null, &json!("0.00")));
}

#[test]
fn the_table_has_a_row_for_every_month() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/underspend", council(&ledger));
    let table = ledger.admin.get(&format!("{path}.csv?from=2019-11")).expect(200);
    let rows = [
        "state,month,expires_on,amount,promised,at_risk",
        "expired,2019-11,2019-11-30,11798.84,,",
        "lapsing,2026-12,2026-12-31,12345.67,0.00,12345.67",
        "lapsing,2027-02,2027-02-28,1000.00,0.00,1000.00",
        "",
    ];
    assert_eq!(table.text, rows.join("\r\n"));
    let etag = table.header("etag").unwrap().to_owned();
    let again = ledger.admin.request("GET", &format!("{path}.csv?from=2019-11")).header("If-None-Match", etag);
    Answer::to(again).expect(304);
}

#[test]
fn what_another_order_of_spending_would_save_is_marked_as_hypothetical() {
    let ledger = Ledger::fresh();
    let account = ledger.account_like(json!({"name": "Northshire County Council", "rule_set": "england"}));
    ledger.levy(&account, "1000.00", "2026-07-22");
    ledger.levy(&account, "1000.00", "2026-08-22");
    let start = json!({"learner_reference": "L-1", "standard_code": "ST0005", "level": 3, "agreed_price": "2000.00",
        "agreed_on": "2026-10-01", "start_on": "2027-05-01", "planned_end_on": "2027-12-31"});
    ledger.admin.post(&format!("/v1/accounts/{account}/starts"), &start).made();
    let report = underspend(&ledger, &account, "");
    // £200 a month from May to December 2027 and £400 in December. The rule takes July's funds first, which lapse
    // in July 2028, so that August's lapse whole in August 2027; of those, £800 could have been spent by then.
    assert_eq!(report["lapsing"][0]["at_risk"], "1000.00");
    let could = &report["could_have_saved"];
    let lapsing = json!([{"due_month": "2027-08", "expires_on": "2027-08-31", "amount": "200.00"}]);
    assert_eq!((&could["hypothetical"], &could["lapsing"]), (&json!(true), &lapsing));
    assert_eq!((&could["total"], &could["saved"]), (&json!("200.00"), &json!("800.00")));
}
