//! Payments of transfers and of starts: held to the schedule, the allowance and what was paid
//! before.

use serde_json::{Value, json};

use crate::harness::{Answer, Ledger};

/// A ledger with an account whose allowance of 2026-27 is £250: a quarter of the levy of 2025-26.
fn with_an_allowance_of_250() -> (Ledger, String) {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "1000.00", "2025-05-22");
    (ledger, account)
}

/// A transfer agreed on 1 May 2026 with all of its amount scheduled for 2026-27; gives its id.
fn transfer(ledger: &Ledger, account: &str, amount: &str, status: &str) -> String {
    let provider = json!({"name": "Harbour Care", "sector": "adult_social_care"});
    let provider = ledger.admin.post("/v1/providers", &provider).made();
    let transfer = json!({
        "provider_id": provider, "amount": amount, "agreed_on": "2026-05-01", "apprentices": 5, "status": status,
        "schedule": [{"allowance_year": "2026-27", "amount": amount}],
    });
    ledger.admin.post(&format!("/v1/accounts/{account}/transfers"), &transfer).made()
}

/// A start of 1 June 2026 at a price of £100; gives its id.
fn start(ledger: &Ledger, account: &str, transfer: Option<&str>, learner: &str) -> String {
    let start = json!({
        "transfer_id": transfer, "learner_reference": learner, "standard_code": "ST0005", "level": 3,
        "agreed_price": "100.00", "agreed_on": "2026-05-15", "start_on": "2026-06-01", "planned_end_on": "2027-05-31",
    });
    ledger.admin.post(&format!("/v1/accounts/{account}/starts"), &start).made()
}

fn pay(ledger: &Ledger, account: &str, payments: &[Value]) -> Answer {
    ledger.admin.post(&format!("/v1/accounts/{account}/payments"), &json!({"payments": payments}))
}

fn transferred(transfer: &str, month: &str, amount: &str) -> Value {
    json!({"month": month, "kind": "transfer", "amount": amount, "transfer_id": transfer})
}

#[test]
fn payments_within_the_schedule_need_no_free_allowance_and_those_beyond_it_do() {
    let (ledger, account) = with_an_allowance_of_250();
    let transfer = transfer(&ledger, &account, "250.00", "accepted");
    let unnamed = json!({"month": "2026-06", "kind": "transfer", "amount": "0.01"});
    let problem = pay(&ledger, &account, &[unnamed]).problem(422, "transfer_cap_exceeded");
    assert_eq!(problem["available"], "0.00", "all of it is reserved");
    let pair = [transferred(&transfer, "2026-06", "200.00"), transferred(&transfer, "2026-07", "50.00")];
    let paid = pay(&ledger, &account, &pair).expect(200).json();
    assert_eq!((&paid["data"][1]["transfer_id"], &paid["data"][1]["amount"]), (&json!(transfer), &json!("-50.00")));
    let beyond = [transferred(&transfer, "2026-08", "1.00")];
    let problem = pay(&ledger, &account, &beyond).problem(422, "transfer_cap_exceeded");
    assert_eq!((&problem["requested"], &problem["available"]), (&json!("1.00"), &json!("0.00")));
    assert_eq!((&problem["allowance_year"], &problem["allowance"]), (&json!("2026-27"), &json!("250.00")));
}

#[test]
fn a_refund_gives_its_allowance_back_in_the_same_year_only() {
    let (ledger, account) = with_an_allowance_of_250();
    let transfer = transfer(&ledger, &account, "100.00", "accepted");
    pay(&ledger, &account, &[transferred(&transfer, "2026-06", "250.00")]).expect(200);
    pay(&ledger, &account, &[transferred(&transfer, "2027-05", "-40.00")]).expect(200);
    pay(&ledger, &account, &[transferred(&transfer, "2026-09", "0.01")]).problem(422, "transfer_cap_exceeded");
    pay(&ledger, &account, &[transferred(&transfer, "2026-08", "-60.00")]).expect(200);
    let problem = pay(&ledger, &account, &[transferred(&transfer, "2026-09", "60.01")]);
    let problem = problem.problem(422, "transfer_cap_exceeded");
    assert_eq!((&problem["requested"], &problem["available"]), (&json!("60.01"), &json!("60.00")));
    pay(&ledger, &account, &[transferred(&transfer, "2026-09", "60.00")]).expect(200);
}

#[test]
fn a_refund_of_the_request_frees_the_allowance_that_its_payments_need() {
    let (ledger, account) = with_an_allowance_of_250();
    let (old, new) = (transfer(&ledger, &account, "1.00", "accepted"), transfer(&ledger, &account, "1.00", "accepted"));
    pay(&ledger, &account, &[transferred(&old, "2026-06", "249.00")]).expect(200);
    let moved = [transferred(&new, "2026-07", "249.00"), transferred(&old, "2026-07", "-248.00")];
    pay(&ledger, &account, &moved).expect(200);
    pay(&ledger, &account, &[transferred(&new, "2026-07", "0.01")]).problem(422, "transfer_cap_exceeded");
}

#[test]
fn an_offer_pays_nothing_before_it_is_accepted() {
    let (ledger, account) = with_an_allowance_of_250();
    let transfer = transfer(&ledger, &account, "100.00", "offered");
    let payment = [transferred(&transfer, "2026-06", "1.00")];
    let problem = pay(&ledger, &account, &payment).problem(409, "invalid_transition");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(&format!("transfer {transfer} is offered")), "{detail}");
    ledger.admin.post(&format!("/v1/transfers/{transfer}/accept"), &json!({"on": "2026-05-02"})).expect(200);
    pay(&ledger, &account, &payment).expect(200);
}

#[test]
fn a_refund_gives_back_no_more_than_was_paid_for_the_start_and_by_the_transfer() {
    let (ledger, account) = with_an_allowance_of_250();
    let transfer = transfer(&ledger, &account, "250.00", "accepted");
    let [first, second] = ["A1", "A2"].map(|learner| start(&ledger, &account, Some(&transfer), learner));
    let of = |start: &str, amount: &str| json!({"month": "2026-06", "kind": "transfer", "amount": amount, "start_id": start});
    let paid = pay(&ledger, &account, &[of(&first, "30.00"), of(&second, "20.00")]).expect(200).json();
    assert_eq!(paid["data"][0]["transfer_id"], json!(transfer), "a start's payment is its transfer's");
    let listed = ledger.admin.get(&format!("/v1/accounts/{account}/entries?start_id={second}")).expect(200).json();
    assert_eq!(listed["data"], json!([paid["data"][1]]));
    let problem = pay(&ledger, &account, &[of(&first, "-30.01")]).problem(422, "validation_failed");
    let fault = &problem["errors"][0];
    assert_eq!(fault["pointer"], "/payments/0/amount");
    assert_eq!(fault["detail"], "£30.01 would be given back, but only £30 was paid for this start");
    let problem =
        pay(&ledger, &account, &[transferred(&transfer, "2026-06", "-50.01")]).problem(422, "validation_failed");
    assert!(
        problem["errors"][0]["detail"].as_str().unwrap().contains("only £50 was paid by this transfer"),
        "{problem}"
    );
    pay(&ledger, &account, &[of(&first, "-20.00"), of(&first, "-10.00")]).expect(200);
    ledger.clock.set("2026-11-29");
    pay(&ledger, &account, &[of(&first, "-0.01")]).problem(422, "validation_failed");
    let reverse = format!("/v1/entries/{}/reverse", paid["data"][0]["seq"]);
    ledger.admin.post(&reverse, &json!({"reason": "entered twice"})).problem(409, "invalid_transition");
    pay(&ledger, &account, &[of(&first, "10.00"), of(&first, "-10.00")]).expect(200);
}

#[test]
fn what_pays_for_a_start_is_what_funds_it() {
    let (ledger, account) = with_an_allowance_of_250();
    let [ours, other] = [(); 2].map(|()| transfer(&ledger, &account, "100.00", "accepted"));
    let funded = start(&ledger, &account, Some(&ours), "B1");
    let own = start(&ledger, &account, None, "B2");
    let payment = |kind: &str, month: &str, start: &str, transfer: Option<&str>| json!({"month": month, "kind": kind, "amount": "1.00", "start_id": start, "transfer_id": transfer});
    let payments = [
        payment("own", "2026-06", &funded, None),
        payment("transfer", "2026-06", &own, None),
        payment("transfer", "2026-06", &funded, Some(&other)),
        payment("own", "2026-06", &own, Some(&ours)),
        payment("own", "2026-05", &own, None),
    ];
    let problem = pay(&ledger, &account, &payments).problem(422, "validation_failed");
    let faults = problem["errors"].as_array().unwrap().iter();
    let pointers: Vec<&str> = faults.map(|fault| fault["pointer"].as_str().unwrap()).collect();
    let fields = ["0/start_id", "1/start_id", "2/transfer_id", "3/transfer_id", "4/month"];
    assert_eq!(pointers, fields.map(|field| format!("/payments/{field}")), "{problem}");
    let fits = [payment("own", "2026-06", &own, None), payment("transfer", "2026-06", &funded, Some(&ours))];
    pay(&ledger, &account, &fits).expect(200);
    let elsewhere = ledger.account();
    ledger.levy(&elsewhere, "100.00", "2025-05-22");
    let problem = pay(&ledger, &elsewhere, &[payment("own", "2026-06", &own, None)]).problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["pointer"], "/payments/0/start_id");
}
