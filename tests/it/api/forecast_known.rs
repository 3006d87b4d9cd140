//! A forecast as it was answered on an earlier day, and as known at an earlier number.

use serde_json::{Value, json};

use super::statements::file::{Statement, levy, paid};
use crate::harness::{Answer, Ledger};

/// A council with an offer, a transfer and starts, and an account of its provider.
struct Council {
    ledger: Ledger,
    account: String,
    provider: String,
    offer: String,
    transfer: String,
    starts: Vec<String>,
}

impl Council {
    fn new() -> Self {
        let ledger = Ledger::fresh();
        let account = ledger.account();
        for month in ["2025-11", "2025-12", "2026-01", "2026-05", "2026-08", "2026-10"] {
            ledger.levy(&account, "40000.00", &format!("{month}-22"));
        }
        let provider = json!({"name": "Harbour Care", "sector": "adult_social_care"});
        let provider = ledger.admin.post("/v1/providers", &provider).made();
        let transfer = |status: &str, apprentices: u32| {
            let body = json!({"provider_id": provider, "amount": "9000.00", "agreed_on": "2026-08-01", "status": status,
                "apprentices": apprentices, "planned_start": "2026-12", "duration_months": 12});
            ledger.admin.post(&format!("/v1/accounts/{account}/transfers"), &body).made()
        };
        let (offer, transfer) = (transfer("offered", 1), transfer("accepted", 2));
        let mut council =
            Self { ledger, account, provider: provider.clone(), offer, transfer: transfer.clone(), starts: Vec::new() };
        council.starts =
            vec![council.start("L-1", None), council.start("L-2", Some(&transfer)), council.start("L-3", None)];
        council
    }

    fn start(&self, reference: &str, transfer: Option<&str>) -> String {
        let start = json!({"learner_reference": reference, "standard_code": "ST0005", "level": 3,
            "transfer_id": transfer, "agreed_price": "4500.00", "agreed_on": "2026-09-01", "start_on": "2026-09-01",
            "planned_end_on": "2027-11-30", "training_provider_ukprn": "10000001"});
        self.post("starts", &start).made()
    }

    fn post(&self, what: &str, body: &Value) -> Answer {
        self.ledger.admin.post(&format!("/v1/accounts/{}/{what}", self.account), body)
    }

    fn change(&self, path: &str, body: &Value) {
        self.ledger.admin.post(&format!("/v1/{path}"), body).expect(200);
    }

    fn ask(&self, query: &str) -> Answer {
        self.ledger.admin.get(&format!("/v1/accounts/{}/forecast?{query}", self.account)).expect(200)
    }

    fn what_if(&self, query: &str) -> Value {
        let plan = json!({"apprentices": 2, "every_months": 3, "cohorts": 2, "first_start": "2026-12",
            "duration_months": 12, "price": "9000.00", "funded_by": "transfer"});
        self.post(&format!("what-if?{query}"), &json!({"plans": [plan]})).expect(200).json()
    }

    fn choose(&self, account: &str, chosen: &Value) {
        let path = format!("/v1/accounts/{account}");
        let etag = self.ledger.admin.get(&path).header("etag").unwrap().to_owned();
        self.ledger.admin.patch(&path, &etag, chosen).expect(200);
    }

    /// Everything that can move a forecast, recorded one after the other.
    fn everything_happens(&self) -> Vec<(&'static str, Value)> {
        let mut told = Vec::new();
        let mut then = |what: &'static str| told.push((what, self.ask("months=36").json()));
        self.ledger.levy(&self.account, "5000.00", "2026-11-10");
        then("levy of this month");
        self.ledger.levy(&self.account, "-300.00", "2027-02-22");
        then("levy ahead");
        self.post("payments", &json!({"payments": [{"month": "2026-10", "kind": "own", "amount": "700.00"}]}))
            .expect(200);
        then("a payment");
        self.post("payments", &json!({"payments": [{"month": "2026-10", "kind": "transfer", "amount": "60.00"}]}))
            .expect(200);
        then("a transfer from before the records");
        self.start("L-4", Some(&self.transfer));
        then("the second start of a transfer");
        let [first, second, third] = &self.starts[..] else { unreachable!("three starts") };
        self.change(&format!("starts/{first}/change-price"), &json!({"from": "2026-12-01", "agreed_price": "6000.00"}));
        then("a price");
        self.change(&format!("starts/{second}/pause"), &json!({"on": "2027-01-15"}));
        then("a break");
        self.change(&format!("starts/{first}/withdraw"), &json!({"on": "2027-03-31"}));
        then("a withdrawal");
        self.change(&format!("starts/{third}/void"), &json!({"reason": "recorded twice"}));
        then("a start that is void");
        self.change(&format!("transfers/{}/accept", self.offer), &json!({"on": "2026-11-20"}));
        then("an offer that is accepted");
        self.ledger.clock.set("2026-12-02");
        self.change(&format!("accounts/{}/months/2026-11/close", self.account), &json!({}));
        then("a close");
        self.change(&format!("transfers/{}/stop", self.transfer), &json!({"on": "2026-12-02", "reason": "closed"}));
        then("a transfer that is stopped");
        self.choose(&self.account, &json!({"policy_cap_percent": "1"}));
        then("a cap");
        self.choose(&self.account, &json!({"rule_set": "england"}));
        then("a rule set");
        let statement =
            Statement::v2(&[levy("21/12/2026", "Nov 2026", "990.00"), paid("06/12/2026", "1000000001", "-400.00")]);
        let path = format!("/v1/accounts/{}/statements", self.account);
        let import = self.ledger.admin.request("POST", &path).header("Content-Type", "text/csv").body(statement);
        Answer::to(import).expect(200);
        then("a statement");
        told
    }
}

#[test]
fn whatever_was_recorded_since_a_forecast_is_the_same_when_it_is_asked_for_again() {
    let council = Council::new();
    let queries = ["months=36", "months=36&levy=mean12&growth_percent=4", "months=3&levy=none"];
    let before = queries.map(|query| council.ask(query).text);
    let what_if = council.what_if("months=24");
    let then = council.everything_happens();
    let data = |told: &Value| told["data"].to_string();
    let mut moved = data(&serde_json::from_str(&before[0]).unwrap());
    for (what, told) in &then {
        assert_ne!(moved, data(told), "{what} moves the forecast");
        moved = data(told);
    }
    council.ledger.clock.set("2027-06-30");
    let known_at = &what_if["known_at"];
    for (query, before) in queries.iter().zip(before) {
        assert_eq!(council.ask(&format!("{query}&as_at=2026-11-22&known_at={known_at}")).text, before);
    }
    assert_eq!(council.what_if(&format!("months=24&as_at=2026-11-22&known_at={known_at}")), what_if);
    for (what, told) in then {
        let (as_at, known_at) = (told["as_at"].as_str().unwrap(), &told["known_at"]);
        let again = council.ask(&format!("months=36&as_at={as_at}&known_at={known_at}")).json();
        assert_eq!(again, told, "{what}");
    }
}

#[test]
fn a_day_that_is_over_stands_for_what_had_been_recorded_by_its_end() {
    let council = Council::new();
    let friday = council.ask("months=12").text;
    council.ledger.clock.set("2026-11-24");
    council.ledger.levy(&council.account, "123.00", "2026-11-10");
    let tuesday = council.ask("months=12").text;
    council.ledger.clock.set("2026-12-01");
    council.start("L-5", None);
    assert_eq!(council.ask("months=12&as_at=2026-11-24").text, tuesday);
    for (day, told) in [("2026-11-22", &friday), ("2026-11-23", &friday), ("2026-11-25", &tuesday)] {
        let told = told.replace("2026-11-22", day).replace("2026-11-24", day);
        assert_eq!(council.ask(&format!("months=12&as_at={day}")).text, told, "{day}");
    }
    let account = format!("/v1/accounts/{}/forecast", council.account);
    council.ledger.admin.get(&format!("{account}?as_at=2026-11-21")).problem(404, "not_found");
    let later = council.ask("months=12&as_at=2027-01-15").json();
    assert_eq!(later["data"][0]["month"], "2027-01", "a day that lies ahead: as then, if nothing more is recorded");
}

#[test]
fn of_what_is_recorded_at_once_all_counts_or_nothing() {
    let council = Council::new();
    let before = council.ask("months=12").json();
    let head = before["known_at"].as_i64().unwrap();
    let month = |month: &str| json!({"month": month, "kind": "own", "amount": "10.00"});
    council.post("payments", &json!({"payments": [month("2026-09"), month("2026-10")]})).expect(200);
    assert_eq!(council.ask(&format!("months=12&known_at={}", head + 1)).json(), before);
    assert_eq!(council.ask(&format!("months=12&known_at={}", head + 2)).json(), council.ask("months=12").json());
}

#[test]
fn what_accounts_passed_on_and_chose_is_known_from_its_number_on() {
    let council = Council::new();
    let held = json!({"name": "Harbour Care Ltd", "provider_id": council.provider});
    let before = council.ask("months=24").text;
    let known_at = council.ask("months=24").json()["known_at"].clone();
    let of_provider = council.ledger.account_like(held);
    council.ledger.levy(&of_provider, "100.00", "2026-10-22");
    council.choose(&council.account, &json!({"policy_cap_percent": "0"}));
    council.ledger.clock.set("2027-01-05");
    let provider = |query: &str| {
        council.ledger.admin.get(&format!("/v1/accounts/{of_provider}/forecast?months=3{query}")).expect(200).text
    };
    let nothing_passed_on = provider("");
    let known: Value = serde_json::from_str(&nothing_passed_on).unwrap();
    council.change(&format!("accounts/{}/months/2026-12/close", council.account), &json!({}));
    assert_ne!(serde_json::from_str::<Value>(&provider("")).unwrap()["data"], known["data"], "a shortfall is met");
    assert_eq!(provider(&format!("&known_at={}", known["known_at"])), nothing_passed_on);
    council.change(&format!("accounts/{of_provider}/months/2026-12/close"), &json!({}));
    let closed = provider("");
    let known: Value = serde_json::from_str(&closed).unwrap();
    let paid = format!("/v1/accounts/{of_provider}/entries?kind=own_payment");
    let paid = council.ledger.admin.get(&paid).expect(200).json()["data"][0]["seq"].clone();
    let mistake = json!({"reason": "met from the wrong account"});
    council.ledger.admin.post(&format!("/v1/entries/{paid}/reverse"), &mistake).expect(201);
    assert_eq!(provider(&format!("&known_at={}", known["known_at"])), closed);
    assert_eq!(council.ask(&format!("months=24&as_at=2026-11-22&known_at={known_at}")).text, before);
}

#[test]
fn a_number_that_was_not_given_is_refused_and_what_was_read_is_told_in_a_few_bytes() {
    let council = Council::new();
    let path = format!("/v1/accounts/{}/forecast", council.account);
    let problem = council.ledger.admin.get(&format!("{path}?known_at=999")).problem(400, "malformed_request");
    assert!(problem["detail"].as_str().unwrap().starts_with("known_at lies from 0 to "), "{problem}");
    council.ledger.admin.get(&format!("{path}?as_at=yesterday")).problem(400, "malformed_request");
    let question = format!("{path}.csv?months=2&as_at=2026-11-22");
    let table = council.ledger.admin.get(&question).expect(200);
    let etag = table.header("etag").unwrap().to_owned();
    let again = || council.ledger.admin.request("GET", &question).header("If-None-Match", etag.clone());
    Answer::to(again()).expect(304);
    council.ledger.levy(&council.account, "1.00", "2026-11-10");
    assert_ne!(Answer::to(again()).expect(200).text, table.text, "the day is not over");
}
