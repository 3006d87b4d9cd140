//! A transfer takes starts up to its apprenticeships and its agreed amount.

use serde_json::{Value, json};

use super::starts::start;
use crate::harness::Ledger;

/// An account with levy enough, a provider, and a transfer between them of 2 apprentices and £15,000.
struct Agreed {
    ledger: Ledger,
    starts: String,
    transfer: String,
}

fn agreed(status: &str) -> Agreed {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "1000000.00", "2025-05-22");
    let provider = json!({"name": "Harbour Care", "sector": "adult_social_care"});
    let provider = ledger.admin.post("/v1/providers", &provider).made();
    let transfer = json!({
        "provider_id": provider, "amount": "15000.00", "agreed_on": "2026-08-20", "apprentices": 2, "status": status,
    });
    let transfer = ledger.admin.post(&format!("/v1/accounts/{account}/transfers"), &transfer).made();
    Agreed { ledger, starts: format!("/v1/accounts/{account}/starts"), transfer }
}

impl Agreed {
    /// A start under the transfer, at a price.
    fn start(&self, reference: &str, price: &str) -> Value {
        let mut start = start(reference);
        start["transfer_id"] = json!(self.transfer);
        start["agreed_price"] = json!(price);
        start
    }
}

#[test]
fn a_transfer_pays_for_the_starts_it_was_agreed_for() {
    let agreed = agreed("accepted");
    let admin = &agreed.ledger.admin;
    let own = admin.post(&agreed.starts, &start("L-009")).made();
    let first = admin.post(&agreed.starts, &agreed.start("L-001", "9000.00")).expect(201).json();
    assert_eq!(first["transfer_id"], json!(agreed.transfer));
    let second = admin.post(&agreed.starts, &agreed.start("L-002", "6000.00")).made();
    let under = admin.get(&format!("{}?transfer_id={}", agreed.starts, agreed.transfer)).expect(200).json();
    let ids: Vec<&Value> = under["data"].as_array().unwrap().iter().map(|start| &start["id"]).collect();
    assert_eq!(ids, [&first["id"], &json!(second)]);
    assert!(!ids.contains(&&json!(own)));
    let transfer = admin.get(&format!("/v1/transfers/{}", agreed.transfer)).expect(200).json();
    assert_eq!(transfer["status"], "live");
}

#[test]
fn no_more_starts_than_apprentices() {
    let agreed = agreed("accepted");
    let admin = &agreed.ledger.admin;
    for reference in ["L-001", "L-002"] {
        admin.post(&agreed.starts, &agreed.start(reference, "1000.00")).expect(201);
    }
    let third = admin.post(&agreed.starts, &agreed.start("L-003", "1000.00")).problem(422, "transfer_exceeded");
    assert!(third["detail"].as_str().unwrap().contains("2 apprenticeships"), "{third}");
    assert_eq!(third.get("requested"), None);
}

#[test]
fn no_more_than_the_agreed_amount() {
    let agreed = agreed("accepted");
    let admin = &agreed.ledger.admin;
    admin.post(&agreed.starts, &agreed.start("L-001", "9000.00")).expect(201);
    let beyond = admin.post(&agreed.starts, &agreed.start("L-002", "6000.01")).problem(422, "transfer_exceeded");
    assert_eq!((&beyond["requested"], &beyond["available"]), (&json!("6000.01"), &json!("6000.00")));
    let mut capped = agreed.start("L-002", "7000.00");
    capped["funding_band_maximum"] = json!("6000.00");
    admin.post(&agreed.starts, &capped).expect(201);
}

#[test]
fn an_offer_takes_no_starts() {
    let agreed = agreed("offered");
    let admin = &agreed.ledger.admin;
    let early = admin.post(&agreed.starts, &agreed.start("L-001", "9000.00")).problem(409, "invalid_transition");
    assert!(early["detail"].as_str().unwrap().contains("offered"), "{early}");
}

#[test]
fn a_start_begins_after_its_transfer_was_agreed() {
    let agreed = agreed("accepted");
    let mut start = agreed.start("L-001", "9000.00");
    start["start_on"] = json!("2026-08-20");
    let early = agreed.ledger.admin.post(&agreed.starts, &start).problem(422, "validation_failed");
    assert_eq!(early["errors"][0]["pointer"], "/start_on");
    assert!(early["errors"][0]["detail"].as_str().unwrap().contains("2026-08-20"), "{early}");
}

#[test]
fn another_accounts_transfer_funds_nothing() {
    let agreed = agreed("accepted");
    let elsewhere = format!("/v1/accounts/{}/starts", agreed.ledger.account());
    let refused = agreed.ledger.admin.post(&elsewhere, &agreed.start("L-001", "9000.00"));
    assert_eq!(refused.problem(422, "validation_failed")["errors"][0]["pointer"], "/transfer_id");
}

#[test]
fn erasing_the_learner_leaves_the_start_under_its_transfer() {
    let agreed = agreed("accepted");
    let admin = &agreed.ledger.admin;
    let id = admin.post(&agreed.starts, &agreed.start("L-001", "9000.00")).made();
    let reason = json!({"reason": "the apprentice asked for it"});
    let erased = admin.post(&format!("/v1/starts/{id}/erase-personal-data"), &reason).expect(200).json();
    assert_eq!(erased["transfer_id"], json!(agreed.transfer));
    assert_eq!(erased, admin.get(&format!("/v1/starts/{id}")).expect(200).json());
}

#[test]
fn a_dearer_price_fits_into_the_agreed_amount() {
    let agreed = agreed("accepted");
    let admin = &agreed.ledger.admin;
    let id = admin.post(&agreed.starts, &agreed.start("L-001", "9000.00")).made();
    admin.post(&agreed.starts, &agreed.start("L-002", "5000.00")).expect(201);
    let change = format!("/v1/starts/{id}/change-price");
    let price = |from: &str, price: &str| json!({"from": from, "agreed_price": price});
    let beyond = admin.post(&change, &price("2026-10-01", "10000.01")).problem(422, "transfer_exceeded");
    assert_eq!((&beyond["requested"], &beyond["available"]), (&json!("10000.01"), &json!("10000.00")));
    admin.post(&change, &price("2026-10-01", "10000.00")).expect(200);
    admin.post(&change, &price("2026-12-01", "2000.00")).expect(200);
    // The dearest price that it ever has is what the transfer holds.
    let third = admin.post(&agreed.starts, &agreed.start("L-003", "1.00")).problem(422, "transfer_exceeded");
    assert_eq!(third.get("requested"), None, "the apprenticeships are used up: {third}");
    let beside = agreed.ledger.beside();
    let again = beside.admin.post(&change, &price("2027-01-01", "10000.01")).problem(422, "transfer_exceeded");
    assert_eq!(again["available"], "10000.00", "also as another process reads it");
}

#[test]
fn a_price_above_the_band_holds_no_more_than_the_band() {
    let agreed = agreed("accepted");
    let admin = &agreed.ledger.admin;
    let id = admin.post(&agreed.starts, &agreed.start("L-001", "9000.00")).made();
    admin.post(&agreed.starts, &agreed.start("L-002", "3000.00")).expect(201);
    let change = json!({"from": "2026-10-01", "agreed_price": "20000.00"});
    let dearer = admin.post(&format!("/v1/starts/{id}/change-price"), &change).expect(200).json();
    assert_eq!((&dearer["agreed_price"], &dearer["capped_price"]), (&json!("20000.00"), &json!("12000.00")));
}

#[test]
fn a_start_that_is_void_frees_its_place_and_its_price() {
    let agreed = agreed("accepted");
    let admin = &agreed.ledger.admin;
    let id = admin.post(&agreed.starts, &agreed.start("L-001", "14000.00")).made();
    admin.post(&agreed.starts, &agreed.start("L-002", "4000.00")).problem(422, "transfer_exceeded");
    admin.post(&format!("/v1/starts/{id}/void"), &json!({"reason": "never began"})).expect(200);
    let transfer = format!("/v1/transfers/{}", agreed.transfer);
    assert_eq!(admin.get(&transfer).expect(200).json()["status"], "accepted", "it has no start");
    let report = agreed.starts.replace("/starts", "/reports/transfers");
    assert_eq!(admin.get(&report).expect(200).json()["starts"], 0);
    for (reference, caller) in [("L-002", admin), ("L-003", &agreed.ledger.beside().admin)] {
        caller.post(&agreed.starts, &agreed.start(reference, "7500.00")).expect(201);
    }
    assert_eq!(admin.get(&report).expect(200).json()["starts"], 2);
    assert_eq!(admin.get(&transfer).expect(200).json()["status"], "live");
}

#[test]
fn a_start_stays_after_the_agreement_of_its_transfer_when_its_dates_are_put_right() {
    let agreed = agreed("accepted");
    let admin = &agreed.ledger.admin;
    let mut early = agreed.start("L-001", "9000.00");
    early["agreed_on"] = json!("2026-08-01");
    let id = admin.post(&agreed.starts, &early).made();
    let change = format!("/v1/starts/{id}/change-dates");
    let refused = admin.post(&change, &json!({"start_on": "2026-08-20"})).problem(422, "validation_failed");
    assert_eq!(refused["errors"][0]["pointer"], "/start_on");
    assert!(refused["errors"][0]["detail"].as_str().unwrap().contains("2026-08-20"), "{refused}");
    admin.post(&change, &json!({"start_on": "2026-12-01"})).expect(200);
    let transfer = format!("/v1/transfers/{}", agreed.transfer);
    assert_eq!(admin.get(&transfer).expect(200).json()["status"], "accepted", "its start is yet to begin");
    admin.post(&change, &json!({"start_on": "2026-08-21"})).expect(200);
    assert_eq!(admin.get(&transfer).expect(200).json()["status"], "live");
}
