//! What happens to a start after it was recorded: breaks, other prices and dates, its end, and that
//! it was recorded by mistake.

use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use super::starts::start;
use crate::harness::{Answer, Caller, Ledger};
use crate::storage::verify::faults;

/// An account with levy, and a start of £9,000 from September 2026 to August 2027.
struct Begun {
    ledger: Ledger,
    account: String,
    start: String,
}

fn begun() -> Begun {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "100000.00", "2026-08-22");
    let start = ledger.admin.post(&format!("/v1/accounts/{account}/starts"), &start("L-001")).made();
    Begun { ledger, account, start }
}

impl Begun {
    fn path(&self) -> String {
        format!("/v1/starts/{}", self.start)
    }

    /// Records something of the start.
    fn post(&self, step: &str, body: Value) -> Answer {
        self.ledger.admin.post(&format!("{}/{step}", self.path()), &body)
    }

    /// Records something that is in order.
    #[track_caller]
    fn done(&self, step: &str, body: Value) -> Value {
        self.post(step, body).expect(200).json()
    }

    /// Tries something that the state does not allow; gives the sentence.
    #[track_caller]
    fn not_now(&self, step: &str, body: Value) -> String {
        let problem = self.post(step, body).problem(409, "invalid_transition");
        problem["detail"].as_str().unwrap().to_owned()
    }

    /// Tries something that can never be right; gives the fields at fault.
    #[track_caller]
    fn never(&self, step: &str, body: Value) -> Vec<(String, String)> {
        let problem = self.post(step, body).problem(422, "validation_failed");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let fault = |fault: &Value| (text(&fault["pointer"]), text(&fault["detail"]));
        problem["errors"].as_array().unwrap().iter().map(fault).collect()
    }

    /// Tries something with one field that can never be right, in a sentence that says this.
    #[track_caller]
    fn never_at(&self, step: &str, body: Value, pointer: &str, part: &str) {
        let faults = self.never(step, body);
        assert!(faults.len() == 1 && faults[0].0 == pointer && faults[0].1.contains(part), "{faults:?}");
    }

    fn shown(&self) -> Value {
        self.ledger.admin.get(&self.path()).expect(200).json()
    }

    fn pay(&self, month: &str, amount: &str) -> Value {
        let payment = json!({"month": month, "kind": "own", "amount": amount, "start_id": self.start});
        let path = format!("/v1/accounts/{}/payments", self.account);
        self.ledger.admin.post(&path, &json!({"payments": [payment]})).expect(200).json()
    }

    fn totals(&self, query: &str) -> (Value, Value) {
        let totals = self.ledger.admin.get(&format!("/v1/accounts/{}/totals{query}", self.account)).expect(200).json();
        (totals["starts"].clone(), totals["live_starts"].clone())
    }

    /// The references of the account's starts with a status.
    fn listed(&self, caller: &Caller, status: &str) -> Vec<String> {
        let path = format!("/v1/accounts/{}/starts?status={status}", self.account);
        let list = caller.get(&path).expect(200).json();
        let reference = |start: &Value| start["learner_reference"].as_str().unwrap().to_owned();
        list["data"].as_array().unwrap().iter().map(reference).collect()
    }
}

#[test]
fn a_start_is_broken_off_goes_on_and_is_completed_and_achieved() {
    let begun = begun();
    let paused = begun.done("pause", json!({"on": "2026-10-31"}));
    assert_eq!(paused["status"], "paused");
    let resumed = begun.done("resume", json!({"on": "2026-11-20", "planned_end_on": "2027-10-31"}));
    assert_eq!((&resumed["status"], &resumed["planned_end_on"]), (&json!("live"), &json!("2027-10-31")));
    begun.done("complete", json!({"on": "2027-10-20"}));
    let achieved = begun.done("achieve", json!({"on": "2027-11-05"}));
    assert_eq!(achieved["status"], "live", "what lies ahead does not count yet");
    let named: Vec<(&Value, &Value)> =
        achieved["changes"].as_array().unwrap().iter().map(|change| (&change["on"], &change["change"])).collect();
    let expected =
        [("2026-10-31", "paused"), ("2026-11-20", "resumed"), ("2027-10-20", "completed"), ("2027-11-05", "achieved")];
    assert_eq!(
        named,
        expected.map(|(on, change)| (json!(on), json!(change))).each_ref().map(|(on, change)| (on, change))
    );
    assert_eq!(achieved["changes"][1]["planned_end_on"], "2027-10-31");
    assert_eq!(achieved["changes"][0]["recorded_by"], "administrator");
    assert_eq!(achieved, begun.shown());
    for (day, status) in [("2027-10-20", "completed"), ("2027-11-05", "achieved")] {
        begun.ledger.clock.set(day);
        assert_eq!(begun.shown()["status"], status);
    }
    assert_eq!(faults(&begun.ledger), [""; 0]);
}

#[test]
fn a_withdrawal_ends_the_start_on_its_last_day_of_learning() {
    let begun = begun();
    let withdrawn = begun.done("withdraw", json!({"on": "2026-11-30", "reason": "moved away"}));
    assert_eq!((&withdrawn["status"], &withdrawn["changes"][0]["reason"]), (&json!("live"), &json!("moved away")));
    begun.ledger.clock.set("2026-11-30");
    assert_eq!(begun.shown()["status"], "withdrawn");
    let earnings = begun.ledger.admin.get(&format!("{}/earnings", begun.path())).expect(200).json();
    let months: Vec<&Value> = earnings["instalments"].as_array().unwrap().iter().map(|part| &part["month"]).collect();
    assert_eq!(months, ["2026-09", "2026-10", "2026-11"]);
}

#[test]
fn another_price_holds_from_its_day() {
    let begun = begun();
    let dearer = begun.done("change-price", json!({"from": "2026-11-01", "agreed_price": "10000.00"}));
    assert_eq!((&dearer["agreed_price"], &dearer["capped_price"]), (&json!("10000.00"), &json!("10000.00")));
    let ahead = begun.done("change-price", json!({"from": "2027-01-01", "agreed_price": "0.00"}));
    assert_eq!(ahead["agreed_price"], "10000.00");
    assert_eq!(ahead["changes"][1]["agreed_price"], "0.00");
    begun.ledger.clock.set("2027-01-01");
    assert_eq!(begun.shown()["agreed_price"], "0.00");
}

#[test]
fn dates_are_put_right_for_every_day() {
    let begun = begun();
    let moved = begun.done("change-dates", json!({"start_on": "2026-12-01", "planned_end_on": "2027-11-30"}));
    assert_eq!((&moved["status"], &moved["start_on"]), (&json!("planned"), &json!("2026-12-01")));
    assert_eq!((&moved["planned_end_on"], &moved["changes"][0]["on"]), (&json!("2027-11-30"), &json!(null)));
    assert_eq!(begun.totals(""), (json!(0), json!(0)));
    let early = json!({"month": "2026-11", "kind": "own", "amount": "600.00", "start_id": begun.start});
    let payments = format!("/v1/accounts/{}/payments", begun.account);
    let early = begun.ledger.admin.post(&payments, &json!({"payments": [early]})).problem(422, "validation_failed");
    assert!(early["errors"][0]["detail"].as_str().unwrap().contains("2026-12-01"), "{early}");
    let earnings = begun.ledger.admin.get(&format!("{}/earnings", begun.path())).expect(200).json();
    assert_eq!(earnings["instalments"][0]["month"], "2026-12");
    assert_eq!(faults(&begun.ledger), [""; 0]);
}

#[test]
fn a_change_the_state_does_not_allow_is_refused_and_nothing_is_written() {
    let begun = begun();
    let before = begun.shown();
    assert!(begun.not_now("resume", json!({"on": "2026-11-20"})).contains("not paused"));
    assert_eq!(begun.shown(), before);
    begun.done("pause", json!({"on": "2026-10-31"}));
    assert!(begun.not_now("pause", json!({"on": "2026-11-10"})).contains("2026-10-31"));
    begun.done("withdraw", json!({"on": "2026-11-15"}));
    let after = begun.shown();
    for (step, body) in [
        ("pause", json!({"on": "2026-11-20"})),
        ("resume", json!({"on": "2026-11-20"})),
        ("withdraw", json!({"on": "2026-11-20"})),
        ("complete", json!({"on": "2026-11-20"})),
        ("achieve", json!({"on": "2026-11-20"})),
        ("change-price", json!({"from": "2026-11-20", "agreed_price": "1.00"})),
        ("change-dates", json!({"planned_end_on": "2027-12-31"})),
    ] {
        let why = begun.not_now(step, body);
        assert!(why.contains("withdrawn since 2026-11-15"), "{step}: {why}");
    }
    assert_eq!(begun.shown(), after);
    begun.done("change-price", json!({"from": "2026-11-15", "agreed_price": "8000.00"}));
}

#[test]
fn completion_and_achievement_follow_each_other_and_nothing_else_does() {
    let begun = begun();
    begun.done("achieve", json!({"on": "2026-11-20"}));
    begun.never_at("complete", json!({"on": "2026-11-21"}), "/on", "2026-11-20");
    assert_eq!(begun.done("complete", json!({"on": "2026-11-20"}))["status"], "achieved");
    for step in ["achieve", "complete", "withdraw", "pause"] {
        begun.not_now(step, json!({"on": "2026-11-20"}));
    }
}

#[test]
fn a_date_or_price_that_can_never_be_right_is_named_with_its_field() {
    let begun = begun();
    let before = begun.shown();
    for step in ["pause", "withdraw", "complete", "achieve"] {
        begun.never_at(step, json!({"on": "2026-08-31"}), "/on", "2026-09-01");
        begun.never_at(step, json!({"on": "31/10/2026"}), "/on", "2026-05-31");
        begun.never_at(step, json!({}), "/on", "missing");
        begun.never_at(step, json!({"on": "2026-10-31", "until": "2026-11-30"}), "/until", "unknown");
    }
    begun.never_at("change-price", json!({"from": "2026-08-31", "agreed_price": "1.00"}), "/from", "2026-09-01");
    let negative = json!({"from": "2026-11-01", "agreed_price": "-0.01"});
    begun.never_at("change-price", negative, "/agreed_price", "0.00 pounds or more");
    begun.never_at(
        "change-price",
        json!({"from": "2026-11-01", "agreed_price": 1}),
        "/agreed_price",
        "string of pounds",
    );
    let both = begun.never("change-price", json!({"from": "2026-08-31", "agreed_price": "-1.00"}));
    assert_eq!(both.len(), 2, "{both:?}");
    begun.never_at("change-dates", json!({}), "", "start_on, planned_end_on or both");
    begun.never_at("change-dates", json!({"start_on": "2026-08-19"}), "/start_on", "2026-08-20");
    begun.never_at("change-dates", json!({"start_on": "2027-09-01"}), "/start_on", "give both dates");
    begun.never_at("change-dates", json!({"planned_end_on": "2026-08-31"}), "/planned_end_on", "2026-09-01");
    begun.never_at("change-dates", json!({"planned_end_on": "2036-09-02"}), "/planned_end_on", "2036-09-01");
    begun.never_at("void", json!({}), "/reason", "missing");
    assert_eq!(begun.shown(), before);
    begun.done("pause", json!({"on": "2026-10-31"}));
    begun.never_at("resume", json!({"on": "2026-10-31"}), "/on", "2026-10-31");
    let early_end = json!({"on": "2026-11-10", "planned_end_on": "2026-11-09"});
    begun.never_at("resume", early_end, "/planned_end_on", "2026-11-10");
    begun.never_at("change-dates", json!({"start_on": "2026-11-01"}), "/start_on", "2026-10-31");
    begun.done("resume", json!({"on": "2026-11-10"}));
    begun.never_at("pause", json!({"on": "2026-11-09"}), "/on", "2026-11-10");
    begun.never_at("withdraw", json!({"on": "2026-11-09"}), "/on", "2026-11-10");
    begun.never_at("change-dates", json!({"planned_end_on": "2026-11-09"}), "/planned_end_on", "2026-11-10");
}

#[test]
fn a_start_recorded_by_mistake_is_made_void_and_can_be_recorded_again() {
    let begun = begun();
    let starts = format!("/v1/accounts/{}/starts", begun.account);
    begun.ledger.admin.post(&starts, &start("L-001")).problem(409, "duplicate_start");
    let void = begun.done("void", json!({"reason": "recorded twice"}));
    assert_eq!((&void["status"], &void["changes"][0]["change"]), (&json!("void"), &json!("voided")));
    assert_eq!((&void["changes"][0]["on"], &void["changes"][0]["reason"]), (&json!(null), &json!("recorded twice")));
    assert_eq!(begun.totals(""), (json!(0), json!(0)));
    assert!(begun.not_now("void", json!({"reason": "again"})).contains("void"));
    let payment = json!({"month": "2026-11", "kind": "own", "amount": "600.00", "start_id": begun.start});
    let payments = format!("/v1/accounts/{}/payments", begun.account);
    let paid = begun.ledger.admin.post(&payments, &json!({"payments": [payment]})).problem(422, "validation_failed");
    assert_eq!(paid["errors"][0]["pointer"], "/payments/0/start_id");
    let earnings = begun.ledger.admin.get(&format!("{}/earnings", begun.path())).expect(200).json();
    assert_eq!(earnings["instalments"], json!([]));
    begun.ledger.admin.post(&starts, &start("L-001")).expect(201);
    assert_eq!(begun.totals(""), (json!(1), json!(1)));
    begun.ledger.beside().admin.post(&starts, &start("L-001")).problem(409, "duplicate_start");
    assert_eq!(faults(&begun.ledger), [""; 0]);
}

#[test]
fn a_start_that_was_paid_is_not_made_void() {
    let begun = begun();
    let paid = begun.pay("2026-10", "600.00");
    let why = begun.not_now("void", json!({"reason": "recorded twice"}));
    assert!(why.contains("£600") && why.contains("1 payment stands"), "{why}");
    begun.pay("2026-10", "-600.00");
    let why = begun.not_now("void", json!({"reason": "recorded twice"}));
    assert!(why.contains("£0") && why.contains("2 payments and refunds stand"), "{why}");
    let refund = begun.ledger.admin.get(&format!("/v1/accounts/{}/entries?start_id={}", begun.account, begun.start));
    let refund = refund.expect(200).json()["data"][1]["seq"].clone();
    for seq in [refund, paid["data"][0]["seq"].clone()] {
        begun.ledger.admin.post(&format!("/v1/entries/{seq}/reverse"), &json!({"reason": "no such start"})).expect(201);
    }
    begun.done("void", json!({"reason": "recorded twice"}));
}

#[test]
fn a_start_put_on_the_day_of_another_is_a_duplicate() {
    let begun = begun();
    let starts = format!("/v1/accounts/{}/starts", begun.account);
    let mut later = start("L-001");
    later["start_on"] = json!("2026-10-01");
    let later = begun.ledger.admin.post(&starts, &later).made();
    begun.post("change-dates", json!({"start_on": "2026-10-01"})).problem(409, "duplicate_start");
    let change = format!("/v1/starts/{later}/change-dates");
    begun.ledger.admin.post(&change, &json!({"start_on": "2026-09-01"})).problem(409, "duplicate_start");
    begun.done("change-dates", json!({"start_on": "2026-09-02"}));
    begun.ledger.admin.post(&change, &json!({"start_on": "2026-09-01"})).expect(200);
    begun.ledger.admin.post(&starts, &start("L-001")).problem(409, "duplicate_start");
}

#[test]
fn every_change_moves_the_version_and_is_followed_by_its_name() {
    let begun = begun();
    let etag = |answer: &Answer| answer.header("etag").unwrap().to_owned();
    let first = etag(&begun.ledger.admin.get(&begun.path()));
    let paused = begun.post("pause", json!({"on": "2026-10-31"})).expect(200);
    assert_ne!(etag(&paused), first);
    assert_eq!(etag(&begun.ledger.admin.get(&begun.path())), etag(&paused));
    begun.ledger.admin.patch(&begun.path(), &first, &json!({"uln": null})).problem(412, "stale");
    begun.ledger.admin.patch(&begun.path(), &etag(&paused), &json!({"uln": null})).expect(200);
    begun.done("resume", json!({"on": "2026-11-20"}));
    begun.done("change-price", json!({"from": "2026-11-20", "agreed_price": "8000.00"}));
    begun.done("change-dates", json!({"planned_end_on": "2027-09-30"}));
    begun.done("complete", json!({"on": "2026-11-21"}));
    begun.done("achieve", json!({"on": "2026-11-21"}));
    begun.done("void", json!({"reason": "by mistake"}));
    let changes = begun.ledger.admin.get("/v1/changes?after=4").expect(200).json();
    let names: Vec<&Value> = changes["data"].as_array().unwrap().iter().map(|change| &change["change"]).collect();
    let expected = [
        "start_paused",
        "personal_data_changed",
        "start_resumed",
        "start_price_changed",
        "start_dates_changed",
        "start_completed",
        "start_achieved",
        "start_voided",
    ];
    assert_eq!(names, expected);
    assert_eq!(changes["data"][0]["resource_id"], json!(begun.start));
}

#[test]
fn a_dry_run_tells_and_records_nothing_and_a_key_records_once() {
    let begun = begun();
    let before = begun.shown();
    let tried = begun.done("pause?dry_run=true", json!({"on": "2026-10-31"}));
    assert_eq!((&tried["status"], &tried["learner_reference"]), (&json!("paused"), &json!("L-001")));
    assert_eq!(begun.shown(), before);
    begun.post("pause?dry_run=true", json!({"on": "2026-08-31"})).problem(422, "validation_failed");
    let pause = format!("{}/pause", begun.path());
    let first = begun.ledger.admin.post_once(&pause, "k-1", &json!({"on": "2026-10-31"})).expect(200);
    let again = begun.ledger.admin.post_once(&pause, "k-1", &json!({"on": "2026-10-31"})).expect(200);
    assert_eq!((again.header("idempotency-replayed"), again.json()), (Some("true"), first.json()));
    assert_eq!(first.json()["uln"], "9876543210");
    begun.ledger.admin.post_once(&pause, "k-1", &json!({"on": "2026-10-30"})).problem(422, "idempotency_key_reused");
}

#[test]
fn finance_and_strangers_change_no_start() {
    let begun = begun();
    let pause = format!("{}/pause", begun.path());
    begun.ledger.caller(Role::Finance).post(&pause, &json!({"on": "2026-10-31"})).problem(403, "forbidden");
    let elsewhere = begun.ledger.account().parse().unwrap();
    let stranger = begun.ledger.limited(Role::Apprenticeships, Some(vec![elsewhere]));
    stranger.post(&pause, &json!({"on": "2026-10-31"})).problem(404, "not_found");
    let team = begun.ledger.caller(Role::Apprenticeships);
    assert_eq!(team.post(&pause, &json!({"on": "2026-10-31"})).expect(200).json()["uln"], "9876543210");
}

/// Starts in every status today, each under a reference that says it.
fn in_every_status() -> Begun {
    let begun = begun();
    let starts = format!("/v1/accounts/{}/starts", begun.account);
    let steps: [(&str, &[(&str, Value)]); 8] = [
        ("planned", &[("change-dates", json!({"start_on": "2026-12-01"}))]),
        ("paused", &[("pause", json!({"on": "2026-10-31"}))]),
        ("resumed", &[("pause", json!({"on": "2026-10-31"})), ("resume", json!({"on": "2026-11-22"}))]),
        ("withdrawn", &[("pause", json!({"on": "2026-10-31"})), ("withdraw", json!({"on": "2026-11-22"}))]),
        ("leaving", &[("withdraw", json!({"on": "2026-11-23"}))]),
        ("completed", &[("complete", json!({"on": "2026-11-20"})), ("achieve", json!({"on": "2026-11-23"}))]),
        ("achieved", &[("complete", json!({"on": "2026-11-20"})), ("achieve", json!({"on": "2026-11-22"}))]),
        ("void", &[("withdraw", json!({"on": "2026-11-20"})), ("void", json!({"reason": "by mistake"}))]),
    ];
    for (reference, steps) in steps {
        let id = begun.ledger.admin.post(&starts, &start(reference)).made();
        for (step, body) in steps {
            begun.ledger.admin.post(&format!("/v1/starts/{id}/{step}"), body).expect(200);
        }
    }
    begun
}

#[test]
fn starts_are_listed_by_where_they_stand_today() {
    let begun = in_every_status();
    let admin = &begun.ledger.admin;
    assert_eq!(begun.listed(admin, "live"), ["L-001", "resumed", "leaving"]);
    for status in ["planned", "paused", "withdrawn", "completed", "achieved", "void"] {
        assert_eq!(begun.listed(admin, status), [status]);
    }
    let all = admin.get(&format!("/v1/accounts/{}/starts", begun.account)).expect(200).json();
    for listed in all["data"].as_array().unwrap() {
        let mut shown = admin.get(&format!("/v1/starts/{}", listed["id"].as_str().unwrap())).expect(200).json();
        assert!(shown.as_object_mut().unwrap().remove("changes").is_some());
        assert_eq!(*listed, shown);
    }
    let table = admin.get(&format!("/v1/accounts/{}/starts.csv?status=paused", begun.account)).expect(200).text;
    assert_eq!(table.lines().count(), 2, "{table}");
    admin.get(&format!("/v1/accounts/{}/starts?status=lost", begun.account)).problem(400, "malformed_request");
}

#[test]
fn totals_count_starts_that_began_and_those_that_have_not_ended() {
    let begun = in_every_status();
    assert_eq!(begun.totals(""), (json!(7), json!(4)), "one is planned and one is void");
    assert_eq!(begun.totals("?as_at=2026-11-19"), (json!(7), json!(7)));
    assert_eq!(begun.totals("?as_at=2026-11-20"), (json!(7), json!(5)), "two are completed");
    assert_eq!(begun.totals("?as_at=2026-11-23"), (json!(7), json!(3)));
    assert_eq!(begun.totals("?as_at=2026-12-01"), (json!(8), json!(4)));
    assert_eq!(begun.totals("?as_at=2026-08-31"), (json!(0), json!(0)));
    // The first start has number 4, the second 5, and is put off under 6.
    assert_eq!(begun.totals("?known_at=5"), (json!(2), json!(2)));
    assert_eq!(begun.totals("?known_at=6"), (json!(1), json!(1)));
    assert_eq!(faults(&begun.ledger), [""; 0]);
}

#[test]
fn what_a_start_promises_follows_what_is_known_of_it() {
    let begun = begun();
    let account = begun.ledger.account();
    begun.ledger.levy(&account, "90000.00", "2026-08-22");
    let id = begun.ledger.admin.post(&format!("/v1/accounts/{account}/starts"), &start("L-002")).made();
    let promised = |as_at: &str| {
        let path = format!("/v1/accounts/{account}/underspend?as_at={as_at}");
        begun.ledger.admin.get(&path).expect(200).json()["lapsing"][0]["promised"].clone()
    };
    // November to August: ten instalments of £600, and the 20%.
    assert_eq!(promised("2026-11-22"), "7800.00");
    begun.ledger.admin.post(&format!("/v1/starts/{id}/pause"), &json!({"on": "2026-11-22"})).expect(200);
    assert_eq!((promised("2026-11-21"), promised("2026-11-22")), (json!("7800.00"), json!("0.00")));
    begun.ledger.admin.post(&format!("/v1/starts/{id}/resume"), &json!({"on": "2026-11-25"})).expect(200);
    assert_ne!(promised("2026-11-25"), "0.00");
    begun.ledger.admin.post(&format!("/v1/starts/{id}/withdraw"), &json!({"on": "2026-11-29"})).expect(200);
    assert_ne!(promised("2026-11-28"), "0.00");
    assert_eq!(promised("2026-11-29"), "0.00");
}

#[test]
fn an_apprentice_who_goes_on_with_another_employer_may_have_begun_before() {
    let begun = begun();
    let starts = format!("/v1/accounts/{}/starts", begun.account);
    let mut taken_on = start("L-002");
    taken_on["agreed_on"] = json!("2026-10-15");
    let refused = begun.ledger.admin.post(&starts, &taken_on).problem(422, "validation_failed");
    assert_eq!(refused["errors"][0]["pointer"], "/start_on");
    taken_on["change_of_employer"] = json!(true);
    let made = begun.ledger.admin.post(&starts, &taken_on).expect(201).json();
    assert_eq!(made["change_of_employer"], true);
    assert_eq!(begun.shown()["change_of_employer"], false);
    let change = format!("/v1/starts/{}/change-dates", made["id"].as_str().unwrap());
    begun.ledger.admin.post(&change, &json!({"start_on": "2026-08-01"})).expect(200);
    assert_eq!(faults(&begun.ledger), [""; 0]);
}

#[test]
fn a_ledger_that_was_changed_behind_its_back_is_found_out() {
    use diesel::connection::SimpleConnection;
    let begun = begun();
    begun.done("pause", json!({"on": "2026-10-31"}));
    begun.ledger.intruder().batch_execute("UPDATE start_lives SET last_month = 202612").unwrap();
    let found = faults(&begun.ledger);
    assert_eq!(found, ["4: start_lives differs from what was last recorded"]);
    let refused = begun.ledger.intruder().batch_execute("UPDATE start_changes SET changed_on = '2026-10-30'");
    assert!(refused.unwrap_err().to_string().contains("append-only"));
}
