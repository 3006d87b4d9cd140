//! Transfers are offered within the allowance, and take their steps in order.

use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use crate::harness::{Answer, Ledger};

/// An account whose allowance of 2026-27 is £123,750, and a provider.
pub struct Council {
    pub ledger: Ledger,
    pub account: String,
    pub provider: String,
}

impl Council {
    pub fn fresh() -> Self {
        let ledger = Ledger::fresh();
        let account = ledger.account();
        ledger.levy(&account, "495000.00", "2026-02-22");
        let provider = register(&ledger, json!({}));
        Self { ledger, account, provider }
    }

    /// A transfer of so much, agreed on 1 May 2026 for three apprentices, with what is said apart.
    pub fn body(&self, amount: &str, more: Value) -> Value {
        let usual = json!({
            "provider_id": self.provider, "amount": amount, "agreed_on": "2026-05-01", "apprentices": 3,
        });
        merged(usual, more)
    }

    pub fn offer(&self, amount: &str, more: Value) -> Answer {
        self.ledger.admin.post(&self.transfers(), &self.body(amount, more))
    }

    pub fn transfers(&self) -> String {
        format!("/v1/accounts/{}/transfers", self.account)
    }

    pub fn step(&self, transfer: &str, step: &str, on: &str) -> Answer {
        self.ledger.admin.post(&format!("/v1/transfers/{transfer}/{step}"), &json!({"on": on}))
    }

    pub fn allowance(&self) -> Value {
        self.allowance_on("2026-11-22")
    }

    pub fn allowance_on(&self, day: &str) -> Value {
        let path = format!("/v1/accounts/{}/transfer-allowance?on={day}", self.account);
        self.ledger.admin.get(&path).expect(200).json()
    }

    pub fn pay(&self, transfer: &str, month: &str, amount: &str) {
        let payment = json!({"month": month, "kind": "transfer", "amount": amount, "transfer_id": transfer});
        let path = format!("/v1/accounts/{}/payments", self.account);
        self.ledger.admin.post(&path, &json!({"payments": [payment]})).expect(200);
    }

    /// Records a start of £5,000 under a transfer, from 1 September 2026.
    pub fn start(&self, transfer: &str, learner: &str, groups: Value) {
        let start = json!({
            "transfer_id": transfer, "learner_reference": learner, "standard_code": "ST0005", "level": 4,
            "agreed_price": "5000.00", "agreed_on": "2026-06-15", "start_on": "2026-09-01",
            "planned_end_on": "2027-08-31", "priority_groups": groups,
        });
        self.ledger.admin.post(&format!("/v1/accounts/{}/starts", self.account), &start).expect(201);
    }

    pub fn shown(&self, transfer: &str, query: &str) -> Value {
        self.ledger.admin.get(&format!("/v1/transfers/{transfer}{query}")).expect(200).json()
    }
}

/// Registers a provider of adult social care, with what is said apart.
pub fn register(ledger: &Ledger, more: Value) -> String {
    let usual = json!({"name": "Harbour Care", "sector": "adult_social_care"});
    ledger.admin.post("/v1/providers", &merged(usual, more)).made()
}

fn merged(mut usual: Value, more: Value) -> Value {
    usual.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    usual
}

fn figures(year: &Value) -> [&str; 4] {
    ["allowance", "paid", "reserved", "remaining"].map(|name| year[name].as_str().unwrap())
}

#[test]
fn an_offer_reserves_its_year_s_part_and_reads_back_as_it_was_answered() {
    let council = Council::fresh();
    let offered = council.offer("9000.00", json!({"lapses_on": "2026-12-31", "level": 3})).expect(201);
    let shown = council.ledger.admin.get(offered.header("location").unwrap()).expect(200);
    assert_eq!(shown.json(), offered.json());
    assert_eq!(shown.header("etag"), offered.header("etag"));
    let shown = shown.json();
    assert_eq!((&shown["status"], &shown["reserved"]), (&json!("offered"), &json!("9000.00")));
    assert_eq!(shown["schedule"], json!([{"allowance_year": "2026-27", "amount": "9000.00"}]));
    assert_eq!(shown["history"][0]["change"], "offered");
    assert_eq!(figures(&council.allowance()), ["123750.00", "0.00", "9000.00", "114750.00"]);
}

#[test]
fn an_offer_beyond_the_allowance_is_refused_with_the_figures_and_writes_nothing() {
    let council = Council::fresh();
    council.offer("120000.00", json!({})).expect(201);
    let problem = council.offer("4000.00", json!({})).problem(422, "transfer_cap_exceeded");
    assert_eq!((&problem["requested"], &problem["available"]), (&json!("4000.00"), &json!("3750.00")));
    assert_eq!((&problem["allowance"], &problem["allowance_year"]), (&json!("123750.00"), &json!("2026-27")));
    assert_eq!(council.allowance()["reserved"], "120000.00");
    council.offer("3750.00", json!({})).expect(201);
    assert_eq!(council.allowance()["remaining"], "0.00");
}

#[test]
fn a_dry_run_of_an_offer_decides_and_reserves_nothing() {
    let council = Council::fresh();
    let path = format!("{}?dry_run=true", council.transfers());
    let tried = council.ledger.admin.post(&path, &council.body("9000.00", json!({}))).expect(200).json();
    assert_eq!((&tried["id"], &tried["reserved"]), (&json!(null), &json!("9000.00")));
    council.ledger.admin.post(&path, &council.body("123750.01", json!({}))).problem(422, "transfer_cap_exceeded");
    assert_eq!(council.allowance()["reserved"], "0.00");
}

#[test]
fn a_later_year_is_provisional_and_passing_it_is_a_warning() {
    let council = Council::fresh();
    let schedule = json!([{"allowance_year": "2027-28", "amount": "200000.00"}]);
    let offered = council.offer("200000.00", json!({"schedule": schedule})).expect(201).json();
    let warning = offered["warnings"][0].as_str().unwrap();
    assert!(warning.contains("£200,000 more in 2027-28") && warning.contains("£123,750"), "{warning}");
    let next = council.allowance_on("2027-05-01");
    assert_eq!((&next["provisional"], &next["exceeded_by"]), (&json!(true), &json!("76250.00")));
    assert_eq!(council.allowance()["remaining"], "123750.00");
}

#[test]
fn a_policy_cap_below_the_rule_set_s_binds_and_both_are_shown() {
    let ledger = Ledger::fresh();
    let account = ledger.account_like(json!({"name": "Northshire", "policy_cap_percent": "20"}));
    ledger.levy(&account, "495000.00", "2026-02-22");
    let provider = register(&ledger, json!({}));
    let council = Council { ledger, account, provider };
    let year = council.allowance();
    assert_eq!((&year["cap_percent"], &year["policy_cap_percent"]), (&json!("25"), &json!("20")));
    assert_eq!(year["allowance"], "99000.00");
    let problem = council.offer("99000.01", json!({})).problem(422, "transfer_cap_exceeded");
    assert_eq!(problem["available"], "99000.00");
}

#[test]
fn england_allowed_nothing_before_april_2018_and_ten_percent_in_the_year_after() {
    let ledger = Ledger::fresh_on("2018-11-22");
    let account = ledger.account_like(json!({"name": "Northshire", "rule_set": "england"}));
    ledger.levy(&account, "100000.00", "2017-06-22");
    let provider = register(&ledger, json!({}));
    let council = Council { ledger, account, provider };
    let early = council.offer("1.00", json!({"agreed_on": "2018-04-19"})).problem(422, "transfer_cap_exceeded");
    assert_eq!((&early["available"], &early["allowance_year"]), (&json!("0.00"), &json!("2017-18")));
    council.offer("10000.01", json!({"agreed_on": "2018-04-20"})).problem(422, "transfer_cap_exceeded");
    council.offer("10000.00", json!({"agreed_on": "2018-04-20"})).expect(201);
    assert_eq!(council.allowance_on("2018-04-19")["cap_percent"], json!(null));
    assert_eq!(council.allowance_on("2018-11-22")["cap_percent"], "10");
}

#[test]
fn a_planned_programme_reserves_in_each_year_what_it_will_pay() {
    let council = Council::fresh();
    let plan = json!({"planned_start": "2026-09", "duration_months": 12});
    let schedule = council.offer("12000.00", plan).expect(201).json()["schedule"].clone();
    let expected = json!([
        {"allowance_year": "2026-27", "amount": "5600.00"}, {"allowance_year": "2027-28", "amount": "6400.00"},
    ]);
    assert_eq!(schedule, expected);
    assert_eq!(council.allowance()["reserved"], "5600.00");
}

#[test]
fn what_is_wrong_with_an_offer_is_named_all_at_once() {
    let council = Council::fresh();
    let closed = register(&council.ledger, json!({"closed_on": "2026-05-01"}));
    let wrong = json!({
        "provider_id": closed, "apprentices": 0, "level": 8, "lapses_on": "2026-04-30", "planned_start": "2026-04",
        "duration_months": 121, "schedule": [
            {"allowance_year": "2025-26", "amount": "1.00"},
            {"allowance_year": "2026-27", "amount": "-1.00"},
            {"allowance_year": "2026-27", "amount": "5.00"},
        ],
    });
    let problem = council.offer("0.00", wrong).problem(422, "validation_failed");
    let pointers: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
    for pointer in [
        "/provider_id",
        "/amount",
        "/apprentices",
        "/level",
        "/lapses_on",
        "/planned_start",
        "/duration_months",
        "/schedule/0/allowance_year",
        "/schedule/1/amount",
        "/schedule/2/allowance_year",
        "/schedule",
    ] {
        assert!(pointers.contains(&pointer), "{pointer}: {problem}");
    }
    let problem = council.offer("9.00", json!({"provider_id": council.account})).problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["pointer"], "/provider_id");
    assert_eq!(council.allowance()["reserved"], "0.00");
}

#[test]
fn a_schedule_totals_the_amount_to_the_penny() {
    let council = Council::fresh();
    let parts = |amount: &str| json!({"schedule": [{"allowance_year": "2026-27", "amount": amount}]});
    let problem = council.offer("9000.00", parts("8999.99")).problem(422, "validation_failed");
    let detail = problem["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("8999.99") && detail.contains("9000.00"), "{detail}");
    council.offer("9000.00", parts("8999.99001")).expect(201);
}

#[test]
fn what_a_closed_offer_reserved_is_free_again() {
    for step in ["decline", "withdraw", "lapse"] {
        let council = Council::fresh();
        let transfer = council.offer("123750.00", json!({})).made();
        council.offer("1.00", json!({})).problem(422, "transfer_cap_exceeded");
        let closed = council.step(&transfer, step, "2026-06-01").expect(200).json();
        assert_eq!(closed["reserved"], "0.00", "{step}");
        assert_eq!(council.allowance()["remaining"], "123750.00", "{step}");
        council.offer("123750.00", json!({})).expect(201);
    }
}

#[test]
fn an_offer_that_is_not_answered_lapses_by_itself_the_day_after() {
    let council = Council::fresh();
    let transfer = council.offer("123750.00", json!({"lapses_on": "2026-11-30"})).made();
    council.ledger.clock.set("2026-11-30");
    council.offer("1.00", json!({})).problem(422, "transfer_cap_exceeded");
    council.ledger.clock.set("2026-12-01");
    assert_eq!(council.shown(&transfer, "")["status"], "lapsed");
    assert_eq!(council.shown(&transfer, "?as_at=2026-11-30")["status"], "offered");
    council.offer("1.00", json!({})).expect(201);
}

#[test]
fn accepting_a_lapsed_offer_in_its_time_takes_what_is_left_by_now() {
    let council = Council::fresh();
    let transfer = council.offer("100000.00", json!({"lapses_on": "2026-11-30"})).made();
    council.ledger.clock.set("2026-12-02");
    council.step(&transfer, "accept", "2026-12-01").problem(409, "invalid_transition");
    let other = council.offer("23750.01", json!({})).made();
    let problem = council.step(&transfer, "accept", "2026-11-30").problem(422, "transfer_cap_exceeded");
    assert_eq!((&problem["requested"], &problem["available"]), (&json!("100000.00"), &json!("99999.99"),));
    council.step(&other, "decline", "2026-12-01").expect(200);
    council.step(&transfer, "accept", "2026-11-30").expect(200);
    assert_eq!(council.allowance_on("2026-12-02")["reserved"], "100000.00");
}

#[test]
fn a_step_that_the_state_or_the_order_of_days_does_not_allow_is_refused() {
    let council = Council::fresh();
    let transfer = council.offer("9000.00", json!({})).made();
    let problem = council.step(&transfer, "accept", "2026-04-30").problem(409, "invalid_transition");
    assert!(problem["detail"].as_str().unwrap().contains("2026-05-01"), "{problem}");
    council.step(&transfer, "complete", "2026-06-01").problem(409, "invalid_transition");
    let accepted = council.step(&transfer, "accept", "2026-06-01").expect(200).json();
    assert_eq!(accepted["status"], "accepted");
    council.step(&transfer, "withdraw", "2026-05-31").problem(409, "invalid_transition");
    council.step(&transfer, "decline", "2026-06-02").problem(409, "invalid_transition");
    let withdrawn = council.step(&transfer, "withdraw", "2026-06-02").expect(200).json();
    let changes = withdrawn["history"].as_array().unwrap().iter();
    let changes: Vec<&str> = changes.map(|change| change["change"].as_str().unwrap()).collect();
    assert_eq!(changes, ["offered", "accepted", "withdrawn"]);
    assert_eq!(council.shown(&transfer, "?as_at=2026-06-01")["status"], "accepted");
    assert_eq!(council.shown(&transfer, ""), withdrawn);
    council.ledger.admin.get(&format!("/v1/transfers/{transfer}?as_at=2026-04-30")).problem(404, "not_found");
}

#[test]
fn a_payment_moves_its_part_from_reserved_to_paid() {
    let council = Council::fresh();
    let transfer = council.offer("9000.00", json!({"status": "accepted"})).made();
    council.pay(&transfer, "2026-10", "4000.00");
    let shown = council.shown(&transfer, "");
    assert_eq!((&shown["paid"], &shown["reserved"]), (&json!("4000.00"), &json!("5000.00")));
    assert_eq!(figures(&council.allowance()), ["123750.00", "4000.00", "5000.00", "114750.00"]);
    assert_eq!(figures(&council.allowance_on("2026-10-30")), ["123750.00", "0.00", "9000.00", "114750.00"]);
    let before = council.shown(&transfer, "?as_at=2026-10-30");
    assert_eq!((&before["paid"], &before["reserved"]), (&json!("0.00"), &json!("9000.00")));
    council.step(&transfer, "withdraw", "2026-11-01").expect(200);
    assert_eq!(figures(&council.allowance()), ["123750.00", "4000.00", "0.00", "119750.00"]);
}

#[test]
fn a_reschedule_is_held_to_the_allowance_and_covers_what_was_paid() {
    let council = Council::fresh();
    let transfer = council.offer("100000.00", json!({"status": "accepted"})).made();
    council.pay(&transfer, "2026-10", "4000.00");
    let path = format!("/v1/transfers/{transfer}/reschedule");
    let to = |amount: &str, year: &str| {
        let schedule = json!([{"allowance_year": year, "amount": amount}]);
        json!({"on": "2026-11-22", "amount": amount, "schedule": schedule, "reason": "the programme changed"})
    };
    let admin = &council.ledger.admin;
    let problem = admin.post(&path, &to("123750.01", "2026-27")).problem(422, "transfer_cap_exceeded");
    assert_eq!((&problem["requested"], &problem["available"]), (&json!("23750.01"), &json!("23750.00")));
    let problem = admin.post(&path, &to("3999.99", "2026-27")).problem(422, "transfer_exceeded");
    assert_eq!((&problem["requested"], &problem["available"]), (&json!("3999.99"), &json!("4000.00")));
    let moved = admin.post(&path, &to("90000.00", "2027-28")).expect(200).json();
    assert_eq!((&moved["amount"], &moved["reserved"]), (&json!("90000.00"), &json!("90000.00")));
    assert_eq!(moved["history"][1]["reason"], "the programme changed");
    assert_eq!(figures(&council.allowance()), ["123750.00", "4000.00", "0.00", "119750.00"]);
    let without = json!({"on": "2026-11-22", "schedule": []});
    admin.post(&path, &without).problem(422, "validation_failed");
}

#[test]
fn a_list_is_filtered_by_status_and_provider_and_paged() {
    let council = Council::fresh();
    let other = register(&council.ledger, json!({"name": "Hill Farm", "sector": "agriculture"}));
    let first = council.offer("1.00", json!({"status": "accepted"})).made();
    council.offer("2.00", json!({})).expect(201);
    let third = council.offer("3.00", json!({"provider_id": other, "status": "accepted"})).made();
    let ids = |query: &str| -> Vec<String> {
        let list = council.ledger.admin.get(&format!("{}{query}", council.transfers())).expect(200).json();
        list["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids("?status=accepted"), [first.clone(), third.clone()]);
    assert_eq!(ids(&format!("?provider_id={other}")), std::slice::from_ref(&third));
    assert_eq!(ids("?as_at=2026-04-30"), Vec::<String>::new());
    let page = council.ledger.admin.get(&format!("{}?status=accepted&limit=1", council.transfers())).json();
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(ids(&format!("?status=accepted&cursor={cursor}")), [third]);
    council.ledger.admin.get(&format!("{}?status=open", council.transfers())).problem(400, "malformed_request");
}

#[test]
fn a_reference_that_looks_like_a_formula_is_only_text_in_a_csv() {
    let council = Council::fresh();
    council.offer("1.00", json!({"reference": "=HYPERLINK(\"x\")"})).expect(201);
    let csv = council.ledger.admin.get(&format!("{}.csv", council.transfers())).expect(200);
    assert!(csv.text.starts_with("id,account_id,provider_id,status,amount,"), "{}", csv.text);
    assert!(csv.text.contains("\"'=HYPERLINK(\"\"x\"\")\""), "{}", csv.text);
    assert!(csv.text.contains("2026-27=1.00"), "{}", csv.text);
}

#[test]
fn transfers_are_seen_and_changed_by_those_who_may() {
    let council = Council::fresh();
    let transfer = council.offer("1.00", json!({})).made();
    let elsewhere = council.ledger.account().parse().unwrap();
    let stranger = council.ledger.limited(Role::Apprenticeships, Some(vec![elsewhere]));
    let step = json!({"on": "2026-06-01"});
    stranger.get(&format!("/v1/transfers/{transfer}")).problem(404, "not_found");
    stranger.post(&format!("/v1/transfers/{transfer}/accept"), &step).problem(404, "not_found");
    stranger.get(&council.transfers()).problem(404, "not_found");
    stranger.post(&council.transfers(), &council.body("1.00", json!({}))).problem(404, "not_found");
    stranger.get(&format!("/v1/accounts/{}/transfer-allowance", council.account)).problem(404, "not_found");
    let finance = council.ledger.caller(Role::Finance);
    finance.get(&format!("/v1/transfers/{transfer}")).expect(200);
    finance.post(&format!("/v1/transfers/{transfer}/accept"), &step).problem(403, "forbidden");
    council.ledger.caller(Role::Integration).get(&council.transfers()).problem(403, "forbidden");
}

#[test]
fn a_transfer_is_live_from_the_first_day_of_its_first_start_and_then_stopped_or_completed() {
    for (step, status) in [("stop", "stopped"), ("complete", "completed")] {
        let council = Council::fresh();
        let transfer = council.offer("9000.00", json!({"status": "accepted"})).made();
        council.start(&transfer, "L-1", json!([]));
        assert_eq!(council.shown(&transfer, "?as_at=2026-08-31")["status"], "accepted");
        assert_eq!(council.shown(&transfer, "?as_at=2026-09-01")["status"], "live");
        council.step(&transfer, "withdraw", "2026-11-01").problem(409, "invalid_transition");
        let closed = council.step(&transfer, step, "2026-11-01").expect(200).json();
        assert_eq!((&closed["status"], &closed["reserved"]), (&json!(status), &json!("0.00")));
        assert_eq!(council.shown(&transfer, ""), closed);
        council.step(&transfer, step, "2026-11-02").problem(409, "invalid_transition");
    }
}

#[test]
fn a_reschedule_covers_the_prices_of_the_starts() {
    let council = Council::fresh();
    let transfer = council.offer("9000.00", json!({"status": "accepted"})).made();
    council.start(&transfer, "L-1", json!([]));
    let schedule = json!([{"allowance_year": "2026-27", "amount": "4999.99"}]);
    let terms = json!({"on": "2026-11-01", "amount": "4999.99", "schedule": schedule, "reason": "less is needed"});
    let path = format!("/v1/transfers/{transfer}/reschedule");
    let problem = council.ledger.admin.post(&path, &terms).problem(422, "transfer_exceeded");
    assert_eq!((&problem["requested"], &problem["available"]), (&json!("4999.99"), &json!("5000.00")));
}
