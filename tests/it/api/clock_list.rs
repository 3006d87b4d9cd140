//! What is running out of time, in the order of the days that it is due.

use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use super::transfers::Council;
use crate::harness::Answer;

fn path(council: &Council) -> String {
    format!("/v1/accounts/{}/reports/clock", council.account)
}

fn list(council: &Council, query: &str) -> Value {
    council.ledger.admin.get(&format!("{}{query}", path(council))).expect(200).json()
}

/// Each item of a list as its day, the days that are left and why it is there.
fn items(list: &Value) -> Vec<(String, i64, String)> {
    let items = list["data"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    items.map(|item| (text(&item["due_on"]), item["days_left"].as_i64().unwrap(), text(&item["kind"]))).collect()
}

fn item(due_on: &str, days_left: i64, kind: &str) -> (String, i64, String) {
    (due_on.to_owned(), days_left, kind.to_owned())
}

/// Records a start of £5,000, under a transfer or the council's own; gives its id.
fn start(council: &Council, transfer: Option<&str>, (start_on, planned_end_on): (&str, &str)) -> String {
    let start = json!({
        "transfer_id": transfer, "learner_reference": format!("secret of {start_on}"), "standard_code": "ST0005",
        "level": 4, "agreed_price": "5000.00", "funding_band_maximum": "4000.00", "agreed_on": "2026-05-01",
        "start_on": start_on, "planned_end_on": planned_end_on,
    });
    council.ledger.admin.post(&format!("/v1/accounts/{}/starts", council.account), &start).made()
}

#[test]
fn offers_lapse_soon_have_lapsed_or_wait_for_long() {
    let council = Council::fresh();
    let lapsing = council.offer("1000.00", json!({"lapses_on": "2026-12-22", "reference": "T-7"})).made();
    council.offer("1100.00", json!({"lapses_on": "2026-12-23"})).expect(201);
    let lapsed = council.offer("1200.00", json!({"lapses_on": "2026-11-21"})).made();
    let waiting = council.offer("1300.00", json!({"agreed_on": "2026-10-23"})).made();
    council.offer("1400.00", json!({"agreed_on": "2026-10-24"})).expect(201);
    let declined = council.offer("1500.00", json!({"lapses_on": "2026-11-30"})).made();
    council.step(&declined, "decline", "2026-11-02").expect(200);
    let now = list(&council, "");
    let expected = [
        item("2026-11-21", -1, "offer_lapsed"),
        item("2026-11-22", 0, "offer_unanswered"),
        item("2026-12-22", 30, "offer_lapsing"),
    ];
    assert_eq!(items(&now), expected);
    assert_eq!((&now["overdue"], &now["coming"], &now["within_days"]), (&json!(1), &json!(2), &json!(30)));
    let ids: Vec<&str> =
        now["data"].as_array().unwrap().iter().map(|item| item["transfer_id"].as_str().unwrap()).collect();
    assert_eq!(ids, [&lapsed, &waiting, &lapsing]);
    let last = &now["data"][2];
    assert_eq!((&last["amount"], &last["reference"]), (&json!("1000.00"), &json!("T-7")));
    assert_eq!((&last["provider"], &last["start_id"]), (&json!("Harbour Care"), &Value::Null));
    // An offer stays on the list until what became of it is recorded.
    council.step(&lapsed, "lapse", "2026-11-21").expect(200);
    assert_eq!(items(&list(&council, ""))[0], expected[1]);
    // Looking a day less far ahead, an offer that nobody answered is due a day sooner.
    let sooner = [item("2026-11-21", -1, "offer_unanswered"), item("2026-11-22", 0, "offer_unanswered")];
    assert_eq!(items(&list(&council, "?within_days=29")), sooner);
}

#[test]
fn accepted_transfers_without_a_start_are_due_in_their_month_or_some_days_after_they_were_accepted() {
    let council = Council::fresh();
    let accepted = |more: Value| {
        let mut terms = json!({"status": "accepted", "duration_months": 12});
        terms.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        council.offer("6000.00", terms).made()
    };
    accepted(json!({"planned_start": "2026-12"}));
    accepted(json!({"planned_start": "2027-01"}));
    accepted(json!({"planned_start": "2026-09"}));
    let begun = accepted(json!({"planned_start": "2026-09"}));
    start(&council, Some(&begun), ("2026-09-01", "2027-08-31"));
    let ahead = accepted(json!({"planned_start": "2026-09"}));
    start(&council, Some(&ahead), ("2027-01-04", "2027-12-31"));
    council.offer("900.00", json!({"status": "accepted", "agreed_on": "2026-10-01"})).expect(201);
    let by_then = council.offer("800.00", json!({"agreed_on": "2026-10-01"})).made();
    council.step(&by_then, "accept", "2026-11-01").expect(200);
    let expected = [
        item("2026-09-01", -82, "transfer_not_started"),
        item("2026-10-31", -22, "transfer_not_started"),
        item("2026-12-01", 9, "transfer_not_started"),
    ];
    assert_eq!(items(&list(&council, "")), expected);
    // Before the starts were agreed their transfers waited too; what was accepted in November was an offer.
    let in_october = list(&council, "?as_at=2026-10-31");
    let kinds: Vec<&str> =
        in_october["data"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["transfer_not_started", "offer_unanswered", "transfer_not_started"]);
}

#[test]
fn starts_are_due_from_their_planned_end_until_something_says_how_they_ended() {
    let council = Council::fresh();
    let transfer = council.offer("20000.00", json!({"status": "accepted", "reference": "T-1"})).made();
    let under = start(&council, Some(&transfer), ("2026-05-04", "2026-11-22"));
    let own = start(&council, None, ("2026-05-05", "2026-10-31"));
    start(&council, None, ("2026-05-06", "2026-11-23"));
    let paused = start(&council, None, ("2026-05-07", "2026-11-01"));
    let step = |start: &str, step: &str, body: Value| {
        council.ledger.admin.post(&format!("/v1/starts/{start}/{step}"), &body).expect(200);
    };
    step(&paused, "pause", json!({"on": "2026-08-31"}));
    let void = start(&council, None, ("2026-05-08", "2026-10-31"));
    step(&void, "void", json!({"reason": "recorded twice"}));
    let now = list(&council, "");
    let kind = "start_past_planned_end";
    assert_eq!(
        items(&now),
        [item("2026-10-31", -22, kind), item("2026-11-01", -21, kind), item("2026-11-22", 0, kind)]
    );
    let last = &now["data"][2];
    assert_eq!((&last["start_id"], &last["transfer_id"]), (&json!(under), &json!(transfer)));
    // £5,000 was agreed, of which the funding band allows £4,000.
    assert_eq!((&last["amount"], &last["reference"]), (&json!("4000.00"), &json!("T-1")));
    let first = &now["data"][0];
    assert_eq!([&first["provider"], &first["provider_id"], &first["transfer_id"]], [&Value::Null; 3]);
    step(&own, "complete", json!({"on": "2026-11-05"}));
    step(&paused, "resume", json!({"on": "2026-11-10", "planned_end_on": "2027-02-28"}));
    assert_eq!(items(&list(&council, "")), [item("2026-11-22", 0, kind)]);
    // On an earlier day neither was known, nor had the other come to its end.
    let earlier = list(&council, "?as_at=2026-11-04");
    assert_eq!(items(&earlier), [item("2026-10-31", -4, kind), item("2026-11-01", -3, kind)]);
    // A planned end that is put right holds for every day.
    let later = start(&council, None, ("2026-05-11", "2027-05-31"));
    step(&later, "change-dates", json!({"planned_end_on": "2026-10-01"}));
    assert_eq!(items(&list(&council, ""))[0], item("2026-10-01", -52, kind));
}

#[test]
fn the_list_shows_no_personal_data_and_names_nobody_to_who_reads_no_providers() {
    let council = Council::fresh();
    let transfer = council.offer("20000.00", json!({"status": "accepted", "reference": "T-1"})).made();
    let under = start(&council, Some(&transfer), ("2026-05-04", "2026-11-22"));
    for role in [Role::Admin, Role::Apprenticeships, Role::Finance, Role::Integration] {
        let caller = council.ledger.caller(role);
        for form in ["", ".csv"] {
            let text = caller.get(&format!("{}{form}", path(&council))).expect(200).text;
            assert!(!text.contains("secret") && text.contains(&under), "{role}: {text}");
            let named = text.contains("Harbour Care") && text.contains("T-1");
            assert_eq!(named, role != Role::Integration, "{role}: {text}");
        }
    }
}

#[test]
fn the_table_is_that_of_the_list_and_days_are_bounded() {
    let council = Council::fresh();
    let offer = council.offer("1000.00", json!({"lapses_on": "2026-12-01", "reference": "=T-7"})).made();
    let csv = council.ledger.admin.get(&format!("{}.csv", path(&council))).expect(200);
    let line = format!(
        "2026-12-01,9,offer_lapsing,{},Harbour Care,{offer},,1000.00,'=T-7,\"Get the provider's answer by the last day, \
         or the offer lapses by itself.\"\r\n",
        council.provider
    );
    assert!(csv.text.ends_with(&line), "{}", csv.text);
    let again = council.ledger.admin.request("GET", &format!("{}.csv", path(&council)));
    Answer::to(again.header("If-None-Match", csv.header("etag").unwrap())).expect(304);
    assert_eq!(list(&council, "?within_days=8")["data"], json!([]));
    assert_eq!(list(&council, "?within_days=0&as_at=2026-12-01")["coming"], 1);
    let problem =
        council.ledger.admin.get(&format!("{}?within_days=3661", path(&council))).problem(400, "malformed_request");
    assert!(problem["detail"].as_str().unwrap().contains("3660"), "{problem}");
    council.ledger.admin.get(&format!("{}?within_days=-1", path(&council))).problem(400, "malformed_request");
}
