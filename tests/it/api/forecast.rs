//! The forecast: the months ahead, closed as they will be.

use serde_json::{Value, json};

use crate::harness::{Answer, Ledger};

fn forecast(ledger: &Ledger, account: &str, query: &str) -> Value {
    ledger.admin.get(&format!("/v1/accounts/{account}/forecast{query}")).expect(200).json()
}

fn start(ledger: &Ledger, account: &str, transfer: Option<&str>) -> String {
    let start = json!({"learner_reference": "L-1", "standard_code": "ST0005", "level": 3, "transfer_id": transfer,
        "agreed_price": "6000.00", "agreed_on": "2026-10-01", "start_on": "2026-11-01",
        "planned_end_on": "2027-04-30"});
    ledger.admin.post(&format!("/v1/accounts/{account}/starts"), &start).made()
}

fn column(report: &Value, name: &str) -> Vec<String> {
    report["data"].as_array().unwrap().iter().map(|line| line[name].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_start_is_paid_month_by_month_and_what_is_left_lapses() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "3000.00", "2025-01-22");
    start(&ledger, &account, None);
    let report = forecast(&ledger, &account, "?months=4&levy=none");
    assert_eq!(column(&report, "month"), ["2026-11", "2026-12", "2027-01", "2027-02"]);
    assert_eq!(column(&report, "opening"), ["3000.00", "2200.00", "1400.00", "0.00"]);
    assert_eq!(column(&report, "own"), ["800.00", "800.00", "800.00", "0.00"]);
    assert_eq!(column(&report, "expired"), ["0.00", "0.00", "600.00", "0.00"]);
    assert_eq!(column(&report, "co_investment"), ["0.00", "0.00", "0.00", "800.00"]);
    assert_eq!(report["as_at"], "2026-11-22");
    assert_eq!(report["assumptions"]["levy_a_month"], "0.00");
    assert_eq!(report["assumptions"]["in_words"][0], "No levy enters beyond what is recorded.");
}

#[test]
fn levy_goes_on_as_chosen_and_grows_once_a_year() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "12000.00", "2026-09-22");
    ledger.levy(&account, "1200.00", "2026-10-22");
    let levy = |query: &str| column(&forecast(&ledger, &account, &format!("?months=13{query}")), "levy_in");
    assert_eq!(levy("")[..2], ["1200.00", "1200.00"]);
    assert_eq!(levy("&levy=mean12")[0], "1100.00");
    assert_eq!(levy("&levy=none")[0], "0.00");
    let grown = levy("&levy=500.00&growth_percent=-2.5");
    assert_eq!((grown[11].as_str(), grown[12].as_str()), ("500.00", "487.50"));
    ledger.levy(&account, "70.00", "2026-11-20");
    assert_eq!(levy("&levy=500.00")[..2], ["70.00", "500.00"], "what is recorded for the month stands alone");
}

#[test]
fn expected_levy_makes_allowance_in_the_year_after() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let report = forecast(&ledger, &account, "?months=7&levy=1000.00");
    // November to March are declared in 2026-27: a quarter of £5,000, with April's £1,000 declared on 22 April.
    assert_eq!(column(&report, "allowance_remaining")[4..], ["0.00", "1250.00", "1250.00"]);
}

#[test]
fn a_transfer_that_waits_for_its_start_pays_by_its_schedule_until_the_start_is_recorded() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "40000.00", "2026-02-22");
    ledger.levy(&account, "40000.00", "2026-05-22");
    let provider = json!({"name": "Harbour Care", "sector": "adult_social_care"});
    let provider = ledger.admin.post("/v1/providers", &provider).made();
    let transfer = json!({"provider_id": provider, "amount": "6000.00", "agreed_on": "2026-10-01", "apprentices": 1,
        "status": "accepted", "planned_start": "2027-01", "duration_months": 6});
    let transfer = ledger.admin.post(&format!("/v1/accounts/{account}/transfers"), &transfer).made();
    let report = forecast(&ledger, &account, "?months=8&levy=none");
    let planned = ["0.00", "0.00", "800.00", "800.00", "800.00", "800.00", "800.00", "2000.00"];
    assert_eq!(column(&report, "transfers"), planned);
    start(&ledger, &account, Some(&transfer));
    let report = forecast(&ledger, &account, "?months=8&levy=none");
    let recorded = ["800.00", "800.00", "800.00", "800.00", "800.00", "800.00", "0.00", "0.00"];
    assert_eq!(column(&report, "transfers"), recorded);
}

#[test]
fn the_first_month_holds_the_arrears_of_months_that_were_not_closed() {
    let ledger = Ledger::fresh_on("2027-02-10");
    let account = ledger.account();
    ledger.levy(&account, "9000.00", "2026-05-22");
    start(&ledger, &account, None);
    let report = forecast(&ledger, &account, "?months=2&levy=none");
    assert_eq!(column(&report, "month"), ["2027-02", "2027-03"]);
    assert_eq!(column(&report, "own"), ["3200.00", "800.00"]);
}

#[test]
fn a_price_that_fell_below_what_was_paid_is_given_back_month_after_month() {
    let ledger = Ledger::fresh_on("2026-12-10");
    let account = ledger.account();
    ledger.levy(&account, "9000.00", "2026-05-22");
    let start = json!({"learner_reference": "L-1", "standard_code": "ST0005", "level": 3, "agreed_price": "12000.00",
        "agreed_on": "2026-08-01", "start_on": "2026-09-01", "planned_end_on": "2027-08-31"});
    let start = ledger.admin.post(&format!("/v1/accounts/{account}/starts"), &start).made();
    let close = |month: &str| {
        let path = format!("/v1/accounts/{account}/months/{month}/close");
        ledger.admin.post(&path, &json!({})).expect(200).json()["paid"].as_str().unwrap().to_owned()
    };
    assert_eq!(["2026-09", "2026-10", "2026-11"].map(close), ["800.00", "800.00", "800.00"]);
    let price = json!({"from": "2026-12-01", "agreed_price": "1000.00"});
    ledger.admin.post(&format!("/v1/starts/{start}/change-price"), &price).expect(200);
    // £800 of the new price less £2,400, over the nine months that are left.
    let back = ["-177.77778", "-177.77778", "-177.77778"];
    assert_eq!(column(&forecast(&ledger, &account, "?months=3&levy=none"), "own"), back);
    ledger.clock.set("2027-03-01");
    assert_eq!(["2026-12", "2027-01", "2027-02"].map(close), back);
}

#[test]
fn it_is_a_table_too_and_the_latest_is_told_in_a_few_bytes() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let path = format!("/v1/accounts/{account}/forecast");
    let table = ledger.admin.get(&format!("{path}.csv?months=1&levy=10.00")).expect(200);
    let rows = [
        "month,opening,levy_in,own,transfers,co_investment,expired,closing,allowance_remaining,other",
        "2026-11,0.00,10.00,0.00,0.00,0.00,0.00,10.00,0.00,0.00",
        "",
    ];
    assert_eq!(table.text, rows.join("\r\n"));
    let etag = table.header("etag").unwrap().to_owned();
    let again = ledger.admin.request("GET", &format!("{path}.csv?months=1&levy=10.00")).header("If-None-Match", etag);
    Answer::to(again).expect(304);
    ledger.admin.get(&format!("{path}.xlsx")).expect(200);
}

#[test]
fn a_question_that_cannot_be_answered_says_what_can() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let wrong = [
        ("months=0", "months is 0; it lies from 1 to 120"),
        ("months=121", "months is 121"),
        ("levy=much", "levy is last, mean12, none or pounds a month"),
        ("levy=-1.00", "levy is last"),
        ("growth_percent=200", "from -100 to 100"),
    ];
    for (query, words) in wrong {
        let path = format!("/v1/accounts/{account}/forecast?{query}");
        let problem = ledger.admin.get(&path).problem(400, "malformed_request");
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
    }
}
