//! Starts are recorded, read by those who may, and forgotten of their learners when asked.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use crate::harness::{Answer, Ledger};

/// A start of twelve months with everything said, for one learner.
pub fn start(reference: &str) -> Value {
    json!({
        "learner_reference": reference, "uln": "9876543210", "priority_groups": ["disabled", "care_leaver"],
        "standard_code": "ST0005", "standard_title": "Adult care worker", "level": 2,
        "sector": "adult_social_care", "agreed_price": "9000.00", "funding_band_maximum": "12000.00",
        "agreed_on": "2026-08-20", "start_on": "2026-09-01", "planned_end_on": "2027-08-31",
        "training_provider_ukprn": "10000001", "training_provider_name": "Shire College",
        "local_training_provider": true,
    })
}

/// The same start with some of it said otherwise.
fn start_but(reference: &str, otherwise: Value) -> Value {
    let mut start = start(reference);
    for (field, value) in otherwise.as_object().unwrap() {
        start[field] = value.clone();
    }
    start
}

/// Every text that the ledger holds outside the table of personal data.
fn everything_but_learners(ledger: &Ledger) -> String {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Nullable<Text>)]
        line: Option<String>,
    }
    let mut db = ledger.intruder();
    let of_events = "SELECT action || ' ' || COALESCE(subject, '') || ' ' || body AS line FROM events";
    let of_answers =
        "SELECT body || COALESCE(learner_of, '') || COALESCE(location, '') AS line FROM idempotency_answers";
    let lines = [of_events, of_answers].map(|sql| diesel::sql_query(sql).load::<Line>(&mut db).unwrap());
    lines.into_iter().flatten().filter_map(|line| line.line).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn assert_silent(text: &str) {
    for personal in ["L-001", "9876543210", "care_leaver"] {
        assert!(!text.contains(personal), "{personal} stands in {text}");
    }
}

fn erase(ledger: &Ledger, id: &str) -> Answer {
    let reason = json!({"reason": "the apprentice asked for it"});
    ledger.admin.post(&format!("/v1/starts/{id}/erase-personal-data"), &reason)
}

#[test]
fn a_start_is_recorded_listed_and_shown() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let path = format!("/v1/accounts/{account}/starts");
    let recorded = ledger.admin.post(&path, &start("L-001")).expect(201);
    let shown = ledger.admin.get(recorded.header("location").unwrap()).expect(200);
    assert_eq!(shown.json(), recorded.json());
    assert_eq!(shown.header("etag"), recorded.header("etag"));
    let mut body = shown.json();
    assert_eq!(body.as_object_mut().unwrap().remove("changes"), Some(json!([])), "lists leave it out");
    for (field, value) in start("L-001").as_object().unwrap().iter().filter(|(field, _)| *field != "priority_groups") {
        assert_eq!(&body[field], value, "{field}");
    }
    assert_eq!(body["priority_groups"], json!(["care_leaver", "disabled"]));
    assert_eq!((&body["account_id"], &body["transfer_id"]), (&json!(account), &json!(null)));
    assert_eq!((&body["status"], &body["paid"]), (&json!("live"), &json!("0.00")));
    assert_eq!(ledger.admin.get(&path).json(), json!({"data": [body], "next_cursor": null}));
}

#[test]
fn a_start_is_planned_until_its_first_day_and_live_from_then_on() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/starts", ledger.account());
    let ahead = start_but("L-002", json!({"start_on": "2026-11-23"}));
    let ahead = ledger.admin.post(&path, &ahead).expect(201).json();
    assert_eq!(ahead["status"], "planned");
    let begun = ledger.admin.post(&path, &start("L-001")).made();
    let ids = |query: &str| -> Vec<Value> {
        let found = ledger.admin.get(&format!("{path}?{query}")).expect(200).json();
        found["data"].as_array().unwrap().iter().map(|start| start["id"].clone()).collect()
    };
    assert_eq!(ids("status=planned"), [ahead["id"].clone()]);
    assert_eq!(ids("status=live"), [json!(begun)]);
    assert_eq!(ids(&format!("transfer_id={begun}")), Vec::<Value>::new());
    ledger.clock.set("2026-11-23");
    assert_eq!(ids("status=live"), [ahead["id"].clone(), json!(begun)]);
    ledger.admin.get(&format!("{path}?status=lively")).problem(400, "malformed_request");
}

#[test]
fn pages_follow_each_other_under_their_own_filters() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/starts", ledger.account());
    let made: Vec<String> =
        (1..=3).map(|place| ledger.admin.post(&path, &start(&format!("L-00{place}"))).made()).collect();
    let first = ledger.admin.get(&format!("{path}?limit=2")).expect(200).json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = ledger.admin.get(&format!("{path}?limit=2&cursor={cursor}")).expect(200).json();
    assert_eq!(second["data"][0]["id"], json!(made[2]));
    assert_eq!(second["next_cursor"], json!(null));
    ledger.admin.get(&format!("{path}?status=live&cursor={cursor}")).problem(400, "malformed_request");
}

#[test]
fn finance_sees_the_reference_alone_and_integrations_see_no_starts() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/starts", ledger.account());
    let id = ledger.admin.post(&path, &start("L-001")).made();
    let (finance, team) = (ledger.caller(Role::Finance), ledger.caller(Role::Apprenticeships));
    for seen in [finance.get(&format!("/v1/starts/{id}")).json(), finance.get(&path).json()["data"][0].clone()] {
        assert_eq!(seen["learner_reference"], "L-001");
        assert_eq!((&seen["uln"], &seen["priority_groups"]), (&json!(null), &json!(null)));
    }
    assert_eq!(team.get(&format!("/v1/starts/{id}")).json()["uln"], "9876543210");
    finance.post(&path, &start("L-002")).problem(403, "forbidden");
    let integration = ledger.caller(Role::Integration);
    for path in [path, format!("/v1/starts/{id}"), format!("/v1/starts/{id}/earnings")] {
        integration.get(&path).problem(403, "forbidden");
    }
}

#[test]
fn a_token_limited_to_other_accounts_finds_no_start() {
    let ledger = Ledger::fresh();
    let (ours, theirs) = (ledger.account(), ledger.account());
    let path = format!("/v1/accounts/{theirs}/starts");
    let id = ledger.admin.post(&path, &start("L-001")).made();
    let limited = ledger.limited(Role::Apprenticeships, Some(vec![ours.parse().unwrap()]));
    for path in [path.clone(), format!("/v1/starts/{id}"), format!("/v1/starts/{id}/earnings")] {
        limited.get(&path).problem(404, "not_found");
    }
    limited.post(&path, &start("L-002")).problem(404, "not_found");
    limited.patch(&format!("/v1/starts/{id}"), "*", &json!({"uln": null})).problem(404, "not_found");
    let reason = json!({"reason": "curious"});
    limited.post(&format!("/v1/starts/{id}/erase-personal-data"), &reason).problem(404, "not_found");
    assert_eq!(ledger.admin.get(&format!("/v1/starts/{id}")).json()["uln"], "9876543210");
}

#[test]
fn the_same_learner_standard_and_first_day_is_recorded_once_in_an_account() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/starts", ledger.account());
    ledger.admin.post(&path, &start("L-001")).expect(201);
    let again = ledger.admin.post(&path, &start_but("L-001", json!({"agreed_price": "1.00"})));
    assert_silent(&again.problem(409, "duplicate_start").to_string());
    for other in [json!({"standard_code": "ST0006"}), json!({"start_on": "2026-09-02"})] {
        ledger.admin.post(&path, &start_but("L-001", other)).expect(201);
    }
    let elsewhere = format!("/v1/accounts/{}/starts", ledger.account());
    ledger.admin.post(&elsewhere, &start("L-001")).expect(201);
}

#[test]
fn twelve_months_of_9000_pounds_earn_600_a_month() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/starts", ledger.account());
    let id = ledger.admin.post(&path, &start("L-001")).made();
    let earnings = ledger.admin.get(&format!("/v1/starts/{id}/earnings")).expect(200).json();
    let instalments = earnings["instalments"].as_array().unwrap();
    let first = json!({
        "month": "2026-09", "delivery_period": "2627-R02", "kind": "on_programme", "amount": "600.00", "paid": "0.00",
    });
    assert_eq!((instalments.len(), &instalments[0]), (12, &first));
    assert_eq!(instalments[11]["month"], "2027-08");
    assert_eq!((&earnings["total"], &earnings["paid_total"]), (&json!("7200.00"), &json!("0.00")));
}

#[test]
fn what_was_paid_stands_beside_what_was_earned() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "10000.00", "2026-08-22");
    let id = ledger.admin.post(&format!("/v1/accounts/{account}/starts"), &start("L-001")).made();
    let paid = |month: &str, amount: &str| json!({"month": month, "kind": "own", "amount": amount, "start_id": id});
    let payments = [paid("2026-09", "600.00"), paid("2026-10", "600.00"), paid("2026-10", "-100.00")];
    let late = paid("2026-11", "1.00");
    let payments = json!({"payments": [payments[0], payments[1], payments[2], late]});
    ledger.admin.post(&format!("/v1/accounts/{account}/payments"), &payments).expect(200);
    let earnings = ledger.admin.get(&format!("/v1/starts/{id}/earnings")).expect(200).json();
    let months: Vec<&Value> = earnings["instalments"].as_array().unwrap().iter().map(|part| &part["paid"]).collect();
    assert_eq!(months[..4], [&json!("600.00"), &json!("500.00"), &json!("1.00"), &json!("0.00")]);
    assert_eq!((&earnings["total"], &earnings["paid_total"]), (&json!("7200.00"), &json!("1101.00")));
    assert_eq!(ledger.admin.get(&format!("/v1/starts/{id}")).json()["paid"], "1101.00");
    assert_eq!(erase(&ledger, &id).expect(200).json()["paid"], "1101.00");
}

#[test]
fn the_funding_band_caps_the_price_and_with_it_what_is_earned() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/starts", ledger.account());
    let capped = start_but("L-001", json!({"agreed_price": "18000.00", "funding_band_maximum": "15000.00"}));
    let capped = ledger.admin.post(&path, &capped).expect(201).json();
    assert_eq!((&capped["agreed_price"], &capped["capped_price"]), (&json!("18000.00"), &json!("15000.00")));
    let earnings = format!("/v1/starts/{}/earnings", capped["id"].as_str().unwrap());
    assert_eq!(ledger.admin.get(&earnings).json()["instalments"][0]["amount"], "1000.00");
}

#[test]
fn what_cannot_stand_is_named_field_by_field_all_at_once() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/starts", ledger.account());
    let elsewhere = "01976f3a-5c2e-7b1d-9a44-2f6f0c9d8e11";
    let cases = [
        (json!({"agreed_on": "2026-09-02"}), "/start_on", "2026-09-02"),
        (json!({"planned_end_on": "2026-08-31"}), "/planned_end_on", "2026-09-01"),
        (json!({"planned_end_on": "2036-09-02"}), "/planned_end_on", "2036-09-01"),
        (json!({"agreed_price": "0.00"}), "/agreed_price", "more than 0.00"),
        (json!({"funding_band_maximum": "-1.00"}), "/funding_band_maximum", "more than 0.00"),
        (json!({"level": 8}), "/level", "2 to 7"),
        (json!({"level": 300}), "/level", "2 to 7"),
        (json!({"training_provider_ukprn": "1000001"}), "/training_provider_ukprn", "8 digits"),
        (json!({"transfer_id": elsewhere}), "/transfer_id", elsewhere),
    ];
    for (otherwise, pointer, detail) in cases {
        let refused = ledger.admin.post(&path, &start_but("L-001", otherwise)).problem(422, "validation_failed");
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
        assert!(refused["errors"][0]["detail"].as_str().unwrap().contains(detail), "{refused}");
    }
    let twice = start_but("L-001", json!({"level": 1, "agreed_price": "-1.00"}));
    let twice = ledger.admin.post(&path, &twice).problem(422, "validation_failed");
    assert_eq!(twice["errors"].as_array().unwrap().len(), 2);
    for edge in [json!({"planned_end_on": "2036-09-01"}), json!({"agreed_on": "2026-09-01", "level": 7})] {
        ledger.admin.post(&format!("{path}?dry_run=true"), &start_but("L-001", edge)).expect(200);
    }
    assert_eq!(ledger.admin.get(&path).json()["data"], json!([]));
}

#[test]
fn a_problem_never_repeats_personal_data() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/starts", ledger.account());
    let cases = [
        (json!({"uln": "98765432101"}), "/uln"),
        (json!({"uln": 9_876_543_210_i64}), "/uln"),
        (json!({"uln": ["9876543210"]}), "/uln"),
        (json!({"uln": "0987654321"}), "/uln"),
        (json!({"learner_reference": "L-001\u{7}"}), "/learner_reference"),
        (json!({"learner_reference": {"L-001": true}}), "/learner_reference"),
        (json!({"priority_groups": ["care_leaver", "traveller"]}), "/priority_groups"),
        (json!({"priority_groups": "traveller"}), "/priority_groups"),
    ];
    for (otherwise, pointer) in cases {
        let refused = ledger.admin.post(&path, &start_but("L-001", otherwise)).problem(422, "validation_failed");
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
        let refused = refused.to_string();
        for personal in ["L-001", "98765", "traveller"] {
            assert!(!refused.contains(personal), "{refused}");
        }
    }
    let bare = ledger.admin.post(&path, &json!("L-001 9876543210")).problem(422, "validation_failed");
    assert_silent(&bare.to_string());
}

#[test]
fn a_dry_run_shows_the_start_as_sent_and_records_nothing() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/starts", ledger.account());
    let tried = ledger.admin.post(&format!("{path}?dry_run=true"), &start("L-001")).expect(200);
    assert_eq!((tried.header("location"), tried.header("etag")), (None, None));
    let tried = tried.json();
    assert_eq!((&tried["id"], &tried["capped_price"]), (&json!(null), &json!("9000.00")));
    assert_eq!((&tried["learner_reference"], &tried["uln"]), (&json!("L-001"), &json!("9876543210")));
    assert_eq!(ledger.admin.get(&path).json()["data"], json!([]));
    ledger.admin.post(&path, &start("L-001")).expect(201);
    ledger.admin.post(&format!("{path}?dry_run=true"), &start("L-001")).problem(409, "duplicate_start");
}

#[test]
fn the_table_of_starts_shows_no_personal_data() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/starts", ledger.account());
    let id = ledger.admin.post(&path, &start("L-001")).made();
    let table = ledger.admin.get(&format!("{path}.csv?status=live")).expect(200);
    assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8"));
    let lines: Vec<&str> = table.text.split("\r\n").collect();
    let columns = "id,account_id,transfer_id,status,standard_code,standard_title,level,sector,agreed_price,\
        funding_band_maximum,capped_price,agreed_on,start_on,planned_end_on,training_provider_ukprn,\
        training_provider_name,local_training_provider,change_of_employer,paid";
    assert_eq!((lines.len(), lines[0]), (3, columns));
    assert!(lines[1].starts_with(&id) && lines[1].contains("9000.00"), "{}", lines[1]);
    assert_silent(&table.text);
    ledger.admin.get(&format!("{path}.csv?limit=5")).problem(400, "malformed_request");
}

#[test]
fn erased_personal_data_is_gone_and_a_replay_does_not_bring_it_back() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/starts", ledger.account());
    let first = ledger.admin.post_once(&path, "september", &start("L-001")).expect(201);
    let replayed = ledger.admin.post_once(&path, "september", &start("L-001")).expect(201);
    assert_eq!(replayed.json(), first.json(), "a replay reads the learner afresh");
    let id = first.json()["id"].as_str().unwrap().to_owned();
    let erased = erase(&ledger, &id).expect(200);
    assert_ne!(erased.header("etag"), first.header("etag"));
    let replayed = ledger.admin.post_once(&path, "september", &start("L-001")).expect(201);
    assert_eq!(replayed.header("idempotency-replayed"), Some("true"));
    let shown = ledger.admin.get(&format!("/v1/starts/{id}")).expect(200);
    assert_eq!(shown.header("etag"), erased.header("etag"));
    for answer in [erased, replayed, shown, ledger.admin.get(&path)] {
        assert_silent(&answer.text);
    }
    ledger.admin.post(&path, &start("L-001")).expect(201);
}

#[test]
fn neither_events_nor_kept_answers_hold_personal_data() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/starts", ledger.account());
    let id = ledger.admin.post_once(&path, "september", &start("L-001")).made();
    ledger.admin.post_once(&path, "again", &start("L-001")).problem(409, "duplicate_start");
    let change = json!({"learner_reference": "L-0019", "priority_groups": ["care_leaver"]});
    ledger.admin.patch(&format!("/v1/starts/{id}"), "*", &change).expect(200);
    let held = everything_but_learners(&ledger);
    assert_silent(&held);
    assert!(held.contains(r#""set":["learner_reference","priority_groups"]"#), "{held}");
    erase(&ledger, &id).expect(200);
    let held = everything_but_learners(&ledger);
    assert_silent(&held);
    assert!(held.contains(&format!("personal_data_erased {id}")), "{held}");
    assert!(held.contains("the apprentice asked for it"), "{held}");
}

#[test]
fn erased_personal_data_is_overwritten_in_the_file() {
    let ledger = Ledger::fresh();
    // A server overwrites what is deleted in its own time.
    let Some(file) = ledger.file() else { return };
    let path = format!("/v1/accounts/{}/starts", ledger.account());
    let id = ledger.admin.post(&path, &start("L-001")).made();
    ledger.admin.post(&path, &start_but("L-002", json!({"uln": "1234567890"}))).expect(201);
    erase(&ledger, &id).expect(200);
    let mut db = ledger.intruder();
    diesel::connection::SimpleConnection::batch_execute(&mut db, "PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let bytes = std::fs::read(file).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("1234567890"), "the other learner is there");
    assert!(!holds("9876543210") && !holds("L-001"), "the erased learner is not");
}

#[test]
fn erasing_twice_records_it_once_and_a_dry_run_erases_nothing() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/starts", ledger.account());
    let id = ledger.admin.post(&path, &start("L-001")).made();
    let reason = json!({"reason": "the apprentice asked for it"});
    let tried = format!("/v1/starts/{id}/erase-personal-data?dry_run=true");
    let tried = ledger.admin.post(&tried, &reason).expect(200).json();
    assert_eq!((&tried["learner_reference"], &tried["uln"]), (&json!(null), &json!(null)));
    assert_eq!(ledger.admin.get(&format!("/v1/starts/{id}")).json()["uln"], "9876543210");
    ledger.admin.post(&format!("/v1/starts/{id}/erase-personal-data"), &json!({})).problem(422, "validation_failed");
    let once = erase(&ledger, &id).expect(200);
    assert_eq!(erase(&ledger, &id).expect(200).header("etag"), once.header("etag"));
    assert_eq!(everything_but_learners(&ledger).matches("personal_data_erased").count(), 1);
    ledger
        .caller(Role::Finance)
        .post(&format!("/v1/starts/{id}/erase-personal-data"), &reason)
        .problem(403, "forbidden");
}

#[test]
fn personal_data_is_changed_by_whoever_has_seen_the_latest() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/starts", ledger.account());
    let recorded = ledger.admin.post(&path, &start("L-001")).expect(201);
    let own = format!("/v1/starts/{}", recorded.json()["id"].as_str().unwrap());
    let etag = recorded.header("etag").unwrap();
    let tried = ledger.admin.patch(&format!("{own}?dry_run=true"), etag, &json!({"learner_reference": "L-009"}));
    assert_eq!(tried.expect(200).json()["learner_reference"], "L-009");
    let same = ledger.admin.patch(&own, etag, &json!({"uln": "9876543210"})).expect(200);
    assert_eq!((same.header("etag"), same.json()), (Some(etag), recorded.json()));
    let changed = ledger.admin.patch(&own, etag, &json!({"learner_reference": "L-009", "uln": null})).expect(200);
    let body = changed.json();
    assert_eq!((&body["learner_reference"], &body["uln"]), (&json!("L-009"), &json!(null)));
    assert_eq!(body["priority_groups"], json!(["care_leaver", "disabled"]));
    assert_eq!(ledger.admin.get(&own).json(), body);
    ledger.admin.patch(&own, etag, &json!({"uln": "1234567890"})).problem(412, "stale");
    let unguarded = ledger.admin.request("PATCH", &own).json(&json!({"uln": null}));
    Answer::to(unguarded).problem(428, "precondition_required");
}

#[test]
fn under_another_reference_a_start_is_no_longer_the_same() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/starts", ledger.account());
    let id = ledger.admin.post(&path, &start("L-001")).made();
    let own = format!("/v1/starts/{id}");
    ledger.admin.patch(&own, "*", &json!({"learner_reference": "L-009"})).expect(200);
    ledger.admin.post(&path, &start("L-009")).problem(409, "duplicate_start");
    ledger.admin.post(&path, &start("L-001")).expect(201);
    ledger.admin.patch(&own, "*", &json!({"learner_reference": "L-001"})).problem(409, "duplicate_start");
    ledger.admin.patch(&own, "*", &json!({"learner_reference": "L-009"})).expect(200);
}

#[test]
fn after_an_erasure_the_chain_still_holds_and_changes_tell_no_personal_data() {
    let ledger = Ledger::fresh();
    let path = format!("/v1/accounts/{}/starts", ledger.account());
    let id = ledger.admin.post(&path, &start("L-001")).made();
    ledger.admin.patch(&format!("/v1/starts/{id}"), "*", &json!({"uln": null})).expect(200);
    erase(&ledger, &id).expect(200);
    let verified = ledger.admin.get("/v1/audit/verify").expect(200).json();
    assert_eq!((&verified["ok"], &verified["faults"]), (&json!(true), &json!([])), "{verified}");
    let changes = ledger.admin.get("/v1/changes").expect(200).text;
    assert!(changes.contains("personal_data_erased"), "{changes}");
    assert_silent(&changes);
    assert_silent(&ledger.admin.get("/v1/audit/events").expect(200).text);
}
