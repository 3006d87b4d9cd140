//! Closes that undo: refunds of transfers, payments taken back, starts made void, levy taken back
//! later on.

use serde_json::{Value, json};

use super::months::Council;

/// A transfer of £24,000 accepted on 1 April 2026 that reserves nothing of 2026-27.
fn unreserved(council: &Council, provider: &str) -> String {
    let transfer = json!({
        "provider_id": provider, "amount": "24000.00", "agreed_on": "2026-04-01", "apprentices": 9,
        "status": "accepted", "schedule": [{"allowance_year": "2027-28", "amount": "24000.00"}],
    });
    council.post("transfers", &transfer).made()
}

#[test]
fn the_refund_of_a_transfer_gives_its_allowance_back_to_the_same_close() {
    let council = Council::new();
    // A quarter of £4,000 is the allowance: £1,000.
    council.levy("4000.00", "2025-05-10");
    let transfer = unreserved(&council, &council.provider("Harbour Care"));
    let leaves = council.start("T-1", json!({"transfer_id": transfer}));
    let second = json!({"transfer_id": transfer, "start_on": "2026-06-01", "planned_end_on": "2027-05-31"});
    council.start("T-2", second);
    assert_eq!(council.close("2026-05")["transferred"], "800.00");
    council.change(&leaves, "withdraw", &json!({"on": "2026-06-05"}));
    let june = council.close("2026-06");
    // May's £800 come back, so that all of the £1,000 can be transferred again.
    assert_eq!((&june["transferred"], &june["shortfalls"]), (&json!("0.00"), &json!([])));
    let allowance = council.get("transfer-allowance?on=2026-06-30");
    assert_eq!((&allowance["paid"], &allowance["exceeded_by"]), (&json!("800.00"), &json!("0.00")));
    council.verify();
}

#[test]
fn a_payment_for_a_passed_on_shortfall_that_is_taken_back_is_met_anew_and_no_more_than_it() {
    let council = Council::new();
    council.levy("1000.00", "2025-05-10");
    let provider = council.provider("Harbour Care");
    let transfer = unreserved(&council, &provider);
    council.start("T-1", json!({"transfer_id": transfer}));
    let sender = council.account.clone();
    let account = json!({"name": "Harbour Care Ltd", "provider_id": provider});
    let harbour = Council { account: council.ledger.account_like(account), ledger: council.ledger };
    let close_sender = |month: &str| {
        let path = format!("/v1/accounts/{sender}/months/{month}/close");
        harbour.ledger.admin.post(&path, &json!({})).expect(200).json()
    };
    // The allowance is £250 of the £800 that are due; the provider's own account holds £500 of the rest.
    harbour.levy("500.00", "2026-05-12");
    assert_eq!(close_sender("2026-05")["shortfalls"][0]["amount"], "550.00");
    assert_eq!(harbour.close("2026-05")["paid"], "500.00");
    let paid = harbour.get("entries?kind=own_payment")["data"][0]["seq"].clone();
    let reversal = json!({"reason": "taken from the wrong account"});
    harbour.ledger.admin.post(&format!("/v1/entries/{paid}/reverse"), &reversal).expect(201);
    close_sender("2026-06");
    let june = harbour.close("2026-06");
    let entries = harbour.entries("2026-06");
    let own = |amount: &str| ("own_payment".to_owned(), amount.to_owned());
    assert_eq!(entries, [own("500.00"), own("-500.00")], "May's £500 again, by what came back");
    assert_eq!(june["co_invested"], json!({"employer": "40.00", "government": "760.00"}), "June's £800");
    harbour.verify();
}

#[test]
fn what_was_co_invested_of_a_start_made_void_is_given_back() {
    let council = Council::new();
    let start = council.start("A-1", json!({}));
    assert_eq!(council.close("2026-05")["co_invested"], json!({"employer": "40.00", "government": "760.00"}));
    council.change(&start, "void", &json!({"reason": "recorded twice"}));
    let june = council.close("2026-06");
    assert_eq!(june["co_invested"], json!({"employer": "-40.00", "government": "-760.00"}));
    assert_eq!(council.close("2026-07")["co_invested"], json!({"employer": "0.00", "government": "0.00"}));
    council.verify();
}

#[test]
fn levy_taken_back_in_a_later_month_does_not_lower_what_an_earlier_one_pays() {
    let council = Council::new();
    council.levy("1000.00", "2026-05-10");
    council.levy("-600.00", "2026-06-10");
    council.start("A-1", json!({}));
    let may = council.close("2026-05");
    assert_eq!((&may["paid"], &may["co_invested"]["government"]), (&json!("800.00"), &json!("0.00")));
    let june = council.close("2026-06");
    assert_eq!((&june["paid"], &june["co_invested"]["government"]), (&json!("0.00"), &json!("760.00")));
    let unpaid: &Value = &council.get("totals?as_at=2026-06-30")["balance"];
    assert_eq!(unpaid, "-400.00");
    council.verify();
}
