//! What is dated ahead counts from its day: until then it neither frees allowance nor adds to it.

use serde_json::json;

use super::transfers::Council;

#[test]
fn new_terms_that_lie_ahead_free_nothing_before_their_day() {
    let council = Council::fresh();
    let transfer = council.offer("123750.00", json!({})).expect(201).json()["id"].as_str().unwrap().to_owned();
    let terms = json!({
        "on": "2027-03-01", "amount": "100.00", "reason": "fewer apprentices",
        "schedule": [{"allowance_year": "2026-27", "amount": "100.00"}],
    });
    council.ledger.admin.post(&format!("/v1/transfers/{transfer}/reschedule"), &terms).expect(200);
    assert_eq!(council.allowance()["reserved"], "123750.00");
    council.offer("1.00", json!({})).problem(422, "transfer_cap_exceeded");
    council.ledger.clock.set("2027-03-01");
    council.offer("123650.00", json!({})).expect(201);
    assert_eq!(council.allowance_on("2027-03-01")["remaining"], "0.00");
}

#[test]
fn new_terms_that_lie_ahead_reserve_what_they_add_at_once() {
    let council = Council::fresh();
    let transfer = council.offer("100.00", json!({})).expect(201).json()["id"].as_str().unwrap().to_owned();
    let terms = json!({
        "on": "2027-03-01", "amount": "123750.00", "reason": "more apprentices",
        "schedule": [{"allowance_year": "2026-27", "amount": "123750.00"}],
    });
    council.ledger.admin.post(&format!("/v1/transfers/{transfer}/reschedule"), &terms).expect(200);
    council.offer("0.01", json!({})).problem(422, "transfer_cap_exceeded");
}

#[test]
fn levy_that_enters_later_allows_nothing_before_its_day() {
    let council = Council::fresh();
    let path = format!("/v1/accounts/{}/levy-funds", council.account);
    let late = json!({"amount": "5000.00", "entered_on": "2026-12-01", "declared_on": "2026-04-19"});
    council.ledger.admin.post(&path, &late).expect(201);
    assert_eq!(council.allowance()["allowance"], "123750.00");
    let problem = council.offer("123750.01", json!({})).problem(422, "transfer_cap_exceeded");
    assert_eq!(problem["allowance"], "123750.00");
    let again = council.ledger.beside();
    let problem = again.admin.post(&council.transfers(), &council.body("123750.01", json!({})));
    assert_eq!(problem.problem(422, "transfer_cap_exceeded")["allowance"], "123750.00");
    council.ledger.clock.set("2026-12-01");
    council.offer("125000.00", json!({})).expect(201);
}

#[test]
fn a_transfer_as_at_a_day_does_not_tell_what_happened_later() {
    let council = Council::fresh();
    let transfer = council.offer("100.00", json!({})).expect(201).json()["id"].as_str().unwrap().to_owned();
    let before = council.shown(&transfer, "?as_at=2026-06-30");
    council.step(&transfer, "accept", "2026-07-01").expect(200);
    assert_eq!(council.shown(&transfer, "?as_at=2026-06-30"), before);
    assert_eq!(council.shown(&transfer, "")["history"][1]["change"], "accepted");
}
