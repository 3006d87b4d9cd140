//! Payments are held to the funds, refunds to what was paid, and a request is recorded whole or not
//! at all.

use levy_ledger::domain::people::Role;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::{Answer, Ledger};

fn own(month: &str, amount: &str) -> Value {
    json!({"month": month, "kind": "own", "amount": amount})
}

fn pay(ledger: &Ledger, account: &str, payments: &[Value]) -> Answer {
    ledger.admin.post(&format!("/v1/accounts/{account}/payments"), &json!({"payments": payments}))
}

fn entries(ledger: &Ledger, account: &str) -> Vec<Value> {
    let list = ledger.admin.get(&format!("/v1/accounts/{account}/entries?limit=1000")).expect(200).json();
    list["data"].as_array().unwrap().clone()
}

/// A ledger with an account that holds £100 of May 2025.
fn with_100_of_may_2025() -> (Ledger, String) {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "100.00", "2025-05-22");
    (ledger, account)
}

#[test]
fn a_payment_within_the_funds_lowers_the_balance_on_the_last_day_of_its_month() {
    let (ledger, account) = with_100_of_may_2025();
    let payment = json!({"month": "2026-02", "kind": "own", "amount": "60.00", "reference": "PO 17"});
    let paid = pay(&ledger, &account, &[payment]).expect(200).json();
    let entry = &paid["data"][0];
    assert_eq!((&entry["kind"], &entry["amount"]), (&json!("own_payment"), &json!("-60.00")));
    assert_eq!((&entry["month"], &entry["effective_on"]), (&json!("2026-02"), &json!("2026-02-28")));
    assert_eq!((&entry["reference"], &paid["warnings"]), (&json!("PO 17"), &json!([])));
    let shown = ledger.admin.get(&format!("/v1/entries/{}", entry["seq"])).expect(200);
    assert_eq!(&shown.json(), entry);
}

#[test]
fn a_payment_beyond_the_funds_is_refused_with_the_figures_and_the_second_counts_the_first() {
    let (ledger, account) = with_100_of_may_2025();
    let problem = pay(&ledger, &account, &[own("2026-02", "100.01")]).problem(422, "insufficient_funds");
    assert_eq!((&problem["requested"], &problem["available"]), (&json!("100.01"), &json!("100.00")));
    assert_eq!(problem["month"], "2026-02");
    pay(&ledger, &account, &[own("2026-02", "60.00")]).expect(200);
    let problem = pay(&ledger, &account, &[own("2025-12", "40.01")]).problem(422, "insufficient_funds");
    assert_eq!((&problem["requested"], &problem["available"]), (&json!("40.01"), &json!("40.00")));
    pay(&ledger, &account, &[own("2025-12", "40.00")]).expect(200);
}

#[test]
fn a_refund_of_a_later_month_covers_no_payment_before_it() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "20.00", "2026-01-22");
    pay(&ledger, &account, &[own("2026-03", "15.00"), own("2026-04", "-2.00")]).expect(200);
    let problem = pay(&ledger, &account, &[own("2026-01", "6.00")]).problem(422, "insufficient_funds");
    assert_eq!(problem["available"], "5.00", "with £6, March would end with less than nothing");
    pay(&ledger, &account, &[own("2026-04", "7.00")]).expect(200);
}

#[test]
fn funds_that_have_lapsed_pay_for_their_own_months_only() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "100.00", "2024-05-22");
    let problem = pay(&ledger, &account, &[own("2026-06", "1.00")]).problem(422, "funds_expired");
    assert_eq!((&problem["requested"], &problem["available"]), (&json!("1.00"), &json!("0.00")));
    pay(&ledger, &account, &[own("2024-04", "1.00")]).problem(422, "insufficient_funds");
    pay(&ledger, &account, &[own("2026-06", "100.01")]).problem(422, "insufficient_funds");
    pay(&ledger, &account, &[own("2026-05", "100.00")]).expect(200);
}

#[test]
fn a_request_is_recorded_whole_or_not_at_all_and_the_payment_too_many_is_named() {
    let (ledger, account) = with_100_of_may_2025();
    let before = entries(&ledger, &account);
    let payments = [own("2026-02", "60.00"), own("2026-01", "30.00"), own("2026-02", "20.00")];
    let problem = pay(&ledger, &account, &payments).problem(422, "insufficient_funds");
    assert_eq!(problem["errors"][0]["pointer"], "/payments/2/amount", "{problem}");
    assert!(problem["detail"].as_str().unwrap().starts_with("/payments/2: £80 requested in 2026-02, £70 available"));
    assert_eq!(entries(&ledger, &account), before);
    let problem = pay(&ledger, &account, &[own("2026-02", "1.00"), own("2026-02", "0.00")]);
    assert_eq!(problem.problem(422, "validation_failed")["errors"][0]["pointer"], "/payments/1/amount");
    assert_eq!(entries(&ledger, &account), before);
    let next = pay(&ledger, &account, &[own("2026-02", "1.00")]).expect(200).json();
    let last = before.last().unwrap()["seq"].as_i64().unwrap();
    assert_eq!(next["data"][0]["seq"], last + 1, "a refusal takes no number");
}

#[test]
fn a_refund_gives_back_what_was_paid_and_counts_first_in_its_month() {
    let (ledger, account) = with_100_of_may_2025();
    pay(&ledger, &account, &[own("2026-02", "100.00")]).expect(200);
    pay(&ledger, &account, &[own("2026-03", "10.00")]).problem(422, "insufficient_funds");
    pay(&ledger, &account, &[own("2026-03", "30.00"), own("2026-03", "-30.00")]).expect(200);
    pay(&ledger, &account, &[own("2026-03", "-25.00")]).expect(200);
    pay(&ledger, &account, &[own("2026-04", "25.01")]).problem(422, "insufficient_funds");
    let paid = pay(&ledger, &account, &[own("2026-04", "25.00")]).expect(200).json();
    assert_eq!(paid["data"][0]["amount"], "-25.00");
}

#[test]
fn an_unknown_start_or_transfer_and_a_mixed_up_kind_are_named_all_at_once() {
    let (ledger, account) = with_100_of_may_2025();
    let unknown = "01976f3a-5c2e-7b1d-9a44-2f6f0c9d8e11";
    let payments = [
        json!({"month": "2026-02", "kind": "own", "amount": "1.00", "start_id": unknown}),
        json!({"month": "2026-02", "kind": "transfer", "amount": "1.00", "transfer_id": unknown}),
    ];
    let problem = pay(&ledger, &account, &payments).problem(422, "validation_failed");
    let pointers: Vec<&Value> = problem["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
    assert_eq!(pointers, ["/payments/0/start_id", "/payments/1/transfer_id"]);
    let odd = json!({"month": "2026-02", "kind": "gift", "amount": "1.00"});
    let problem = pay(&ledger, &account, &[odd]).problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["pointer"], "/payments/0/kind", "{problem}");
    for payments in [vec![], vec![own("2026-02", "0.01"); 1_001]] {
        let problem = pay(&ledger, &account, &payments).problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], "/payments");
    }
}

#[test]
fn a_thousand_payments_of_one_month_are_one_request() {
    let (ledger, account) = with_100_of_may_2025();
    let paid = pay(&ledger, &account, &vec![own("2026-02", "0.10"); 1_000]).expect(200).json();
    assert_eq!(paid["data"].as_array().unwrap().len(), 1_000);
    pay(&ledger, &account, &[own("2026-02", "0.01")]).problem(422, "insufficient_funds");
}

#[test]
fn a_transfer_from_before_the_records_needs_free_allowance() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "1000.00", "2025-05-22");
    let transferred = |amount: &str| json!({"month": "2026-06", "kind": "transfer", "amount": amount});
    let problem = pay(&ledger, &account, &[transferred("200.00"), transferred("50.01")]);
    let problem = problem.problem(422, "transfer_cap_exceeded");
    assert_eq!((&problem["requested"], &problem["available"]), (&json!("250.01"), &json!("250.00")));
    assert_eq!((&problem["allowance_year"], &problem["allowance"]), (&json!("2026-27"), &json!("250.00")));
    assert_eq!(problem["errors"][0]["pointer"], "/payments/1/amount");
    pay(&ledger, &account, &[transferred("250.00")]).expect(200);
    let next_year = json!({"month": "2027-04", "kind": "transfer", "amount": "1.00"});
    let paid = pay(&ledger, &account, &[next_year]).expect(200).json();
    assert!(paid["warnings"][0].as_str().unwrap().contains("provisional allowance"), "{paid}");
}

#[test]
fn payments_are_listed_without_levy_and_seen_by_those_who_may() {
    let (ledger, account) = with_100_of_may_2025();
    pay(&ledger, &account, &[own("2026-02", "1.00"), own("2026-03", "2.00")]).expect(200);
    let path = format!("/v1/accounts/{account}/payments");
    let first = ledger.caller(Role::Apprenticeships).get(&format!("{path}?limit=1")).expect(200).json();
    assert_eq!(first["data"][0]["amount"], "-1.00");
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = ledger.admin.get(&format!("{path}?limit=1&cursor={cursor}")).expect(200).json();
    assert_eq!((&rest["data"][0]["amount"], &rest["next_cursor"]), (&json!("-2.00"), &json!(null)));
    ledger.caller(Role::Integration).get(&path).problem(403, "forbidden");
    let body = json!({"payments": [own("2026-02", "1.00")]});
    ledger.caller(Role::Apprenticeships).post(&path, &body).problem(403, "forbidden");
    let elsewhere = vec![ledger.account().parse().unwrap()];
    let limited = ledger.limited(Role::Finance, Some(elsewhere));
    limited.get(&path).problem(404, "not_found");
    limited.post(&path, &body).problem(404, "not_found");
}

#[test]
fn a_dry_run_of_payments_numbers_and_records_nothing() {
    let (ledger, account) = with_100_of_may_2025();
    let path = format!("/v1/accounts/{account}/payments?dry_run=true");
    let tried = ledger.admin.post(&path, &json!({"payments": [own("2026-02", "1.00")]})).expect(200).json();
    assert_eq!((&tried["data"][0]["seq"], &tried["data"][0]["amount"]), (&json!(null), &json!("-1.00")));
    assert_eq!(entries(&ledger, &account).len(), 1);
}

/// Levy, payments and refunds of any months in any order, several to a request.
fn requests() -> impl Strategy<Value = Vec<Vec<(bool, u32, i64)>>> {
    let one = (prop::bool::weighted(0.3), 1..=12_u32, prop_oneof![4 => 1..80_i64, 1 => -20..0_i64]);
    prop::collection::vec(prop::collection::vec(one, 1..4), 1..12)
}

/// The balance by month's end, from the entries.
fn least_balance(entries: &[Value]) -> i64 {
    let pence = |entry: &Value| entry["amount"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
    let by = |last: &str| entries.iter().filter(|entry| entry["month"].as_str().unwrap() <= last).map(pence).sum();
    (1..=12).map(|month| by(&format!("2026-{month:02}"))).min().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn payments_in_any_order_never_take_the_funds_below_zero_and_a_refusal_changes_nothing(requests in requests()) {
        let ledger = Ledger::fresh();
        let account = ledger.account();
        for request in requests {
            let before = entries(&ledger, &account);
            let (levy, payments): (Vec<_>, Vec<_>) = request.into_iter().partition(|(levy, ..)| *levy);
            for (_, month, pounds) in levy {
                ledger.levy(&account, &format!("{}.00", pounds.abs()), &format!("2026-{month:02}-22"));
            }
            let held = entries(&ledger, &account);
            let payments: Vec<Value> = payments.into_iter()
                .map(|(_, month, pounds)| own(&format!("2026-{month:02}"), &format!("{pounds}.00")))
                .collect();
            if !payments.is_empty() && pay(&ledger, &account, &payments).status != 200 {
                prop_assert_eq!(&entries(&ledger, &account), &held);
            }
            let after = entries(&ledger, &account);
            prop_assert!(after.starts_with(&before));
            prop_assert!(least_balance(&after) >= 0, "{:?}", after);
        }
    }
}
