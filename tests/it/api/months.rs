//! Closing months: what each start is due, who pays it, and what lapses; each month once, in order.

use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use crate::harness::{Answer, Ledger};

/// An account whose months are closed.
pub struct Council {
    pub ledger: Ledger,
    pub account: String,
}

impl Council {
    pub fn new() -> Self {
        Self::like(json!({"name": "Northshire County Council"}))
    }

    pub fn like(account: Value) -> Self {
        let ledger = Ledger::fresh();
        let account = ledger.account_like(account);
        Self { ledger, account }
    }

    pub fn levy(&self, amount: &str, entered_on: &str) {
        self.ledger.levy(&self.account, amount, entered_on);
    }

    /// A start of £12,000 over the 12 months from May 2026: £800 a month. `more` is laid over it.
    pub fn start(&self, reference: &str, more: Value) -> String {
        let mut start = json!({
            "learner_reference": reference, "standard_code": "ST0005", "level": 3, "agreed_price": "12000.00",
            "agreed_on": "2026-04-20", "start_on": "2026-05-01", "planned_end_on": "2027-04-30",
        });
        start.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post("starts", &start).made()
    }

    /// A transfer accepted on 1 April 2026, all of it scheduled for 2026-27.
    pub fn transfer(&self, provider: &str, amount: &str) -> String {
        let transfer = json!({
            "provider_id": provider, "amount": amount, "agreed_on": "2026-04-01", "apprentices": 9,
            "status": "accepted", "schedule": [{"allowance_year": "2026-27", "amount": amount}],
        });
        self.post("transfers", &transfer).made()
    }

    pub fn provider(&self, name: &str) -> String {
        let provider = json!({"name": name, "sector": "adult_social_care"});
        self.ledger.admin.post("/v1/providers", &provider).made()
    }

    pub fn post(&self, what: &str, body: &Value) -> Answer {
        self.ledger.admin.post(&format!("/v1/accounts/{}/{what}", self.account), body)
    }

    pub fn get(&self, what: &str) -> Value {
        self.ledger.admin.get(&format!("/v1/accounts/{}/{what}", self.account)).expect(200).json()
    }

    pub fn close(&self, month: &str) -> Value {
        self.post(&format!("months/{month}/close"), &json!({})).expect(200).json()
    }

    /// Records a change of a start.
    pub fn change(&self, start: &str, change: &str, body: &Value) {
        self.ledger.admin.post(&format!("/v1/starts/{start}/{change}"), body).expect(200);
    }

    /// The entries of a month, as kind and amount.
    pub fn entries(&self, month: &str) -> Vec<(String, String)> {
        let entries = self.get("entries?limit=1000");
        let of_month = entries["data"].as_array().unwrap().iter().filter(|entry| entry["month"] == month);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        of_month.map(|entry| (text(&entry["kind"]), text(&entry["amount"]))).collect()
    }

    /// Everything recorded is sound.
    pub fn verify(&self) {
        let found = self.ledger.admin.get("/v1/audit/verify").expect(200).json();
        assert_eq!(found["ok"], true, "{found}");
    }
}

fn pair(kind: &str, amount: &str) -> (String, String) {
    (kind.to_owned(), amount.to_owned())
}

#[test]
fn own_training_is_paid_as_far_as_the_funds_go_and_the_rest_is_co_invested() {
    let council = Council::new();
    council.levy("1000.00", "2026-05-10");
    council.start("A-1", json!({}));
    let may = council.close("2026-05");
    assert_eq!((&may["month"], &may["source"], &may["paid"]), (&json!("2026-05"), &json!("close"), &json!("800.00")));
    assert_eq!(may["co_invested"], json!({"employer": "0.00", "government": "0.00"}));
    let june = council.close("2026-06");
    assert_eq!(june["paid"], "200.00");
    assert_eq!(june["co_invested"], json!({"employer": "30.00", "government": "570.00"}));
    assert_eq!(council.entries("2026-06"), [pair("own_payment", "-200.00")]);
    let totals = council.get("totals");
    assert_eq!((&totals["balance"], &totals["co_invested"]), (&json!("0.00"), &json!("600.00")));
    assert_eq!(council.get("totals?as_at=2026-06-29")["co_invested"], "0.00");
    council.verify();
}

#[test]
fn closing_a_month_again_answers_the_same_and_records_nothing() {
    let council = Council::new();
    council.levy("1000.00", "2026-05-10");
    council.start("A-1", json!({}));
    let first = council.close("2026-05");
    let head = first["head"].as_str().unwrap().to_owned();
    let seq = head.split(':').next().unwrap().to_owned();
    assert_eq!(council.close("2026-05"), first);
    assert_eq!(council.get("months/2026-05"), first);
    assert_eq!(council.get("months")["data"], json!([first]));
    let changes = council.ledger.admin.get("/v1/changes").json();
    assert_eq!(changes["head"].to_string(), seq, "the head that the close gave is still the head");
    let kept = council.ledger.admin.get(&format!("/v1/audit/verify?to={seq}")).json();
    assert_eq!(kept["head"], head);
}

#[test]
fn a_dry_run_previews_a_close_and_records_nothing() {
    let council = Council::new();
    council.levy("500.00", "2026-05-10");
    council.start("A-1", json!({}));
    let preview = council.post("months/2026-05/close?dry_run=true", &json!({})).expect(200).json();
    assert_eq!((&preview["paid"], &preview["head"]), (&json!("500.00"), &Value::Null));
    assert_eq!(council.get("months")["data"], json!([]));
    assert_eq!(council.get("totals")["balance"], "500.00");
    let closed = council.close("2026-05");
    assert_eq!((&closed["paid"], &closed["co_invested"]), (&preview["paid"], &preview["co_invested"]));
}

#[test]
fn months_close_in_order_once_they_are_over() {
    let council = Council::new();
    let refused = |month: &str, says: &str| {
        let problem = council.post(&format!("months/{month}/close"), &json!({})).problem(409, "invalid_transition");
        assert!(problem["detail"].as_str().unwrap().contains(says), "{problem}");
    };
    refused("2026-11", "2026-11 is not over: it can be closed from 2026-12-01 on");
    council.close("2026-05");
    refused("2026-07", "2026-06 is to be closed before 2026-07");
    refused("2026-04", "2026-05 is closed");
    council.close("2026-06");
    council.post("months/2026-13/close", &json!({})).problem(400, "malformed_request");
    council.ledger.admin.get(&format!("/v1/accounts/{}/months/2026-07", council.account)).problem(404, "not_found");
    let apprenticeships = council.ledger.caller(Role::Apprenticeships);
    let path = format!("/v1/accounts/{}/months/2026-07/close", council.account);
    apprenticeships.post(&path, &json!({})).problem(403, "forbidden");
}

#[test]
fn a_close_books_what_fell_due_and_what_was_missed_lot_by_lot() {
    let council = Council::new();
    for (amount, entered_on) in [("100.00", "2024-03-22"), ("70.00", "2024-05-22"), ("50.00", "2024-06-22")] {
        council.levy(amount, entered_on);
    }
    let before = council.get("funds?as_at=2026-05-31");
    let may = council.close("2026-05");
    assert_eq!((&may["expired"], &may["expired_earlier"]), (&json!("70.00"), &json!("100.00")));
    assert_eq!(council.entries("2026-03"), [pair("expiry", "-100.00")], "booked for the month in which it lapsed");
    assert_eq!(council.get("funds?as_at=2026-05-31"), before, "reads count what is due whether booked or not");
    let june = council.close("2026-06");
    assert_eq!((&june["expired"], &june["expired_earlier"]), (&json!("50.00"), &json!("0.00")));
    council.verify();
}

#[test]
fn levy_backdated_into_a_closed_month_neither_lapses_nor_is_spent_where_its_expiry_is_booked() {
    let council = Council::new();
    council.levy("70.00", "2024-05-22");
    council.close("2026-05");
    council.levy("30.00", "2024-05-25");
    let funds = council.get("funds?as_at=2026-05-31");
    assert_eq!(
        (&funds["balance"], &funds["unallocated"], &funds["spendable"]),
        (&json!("30.00"), &json!("30.00"), &json!("0.00"))
    );
    assert_eq!(council.close("2026-06")["expired"], "0.00");
    council.verify();
}

#[test]
fn another_rule_set_re_reads_lots_that_are_not_booked_and_never_those_that_are() {
    let council = Council::new();
    council.levy("70.00", "2024-05-22");
    council.levy("40.00", "2024-09-22");
    council.close("2026-05");
    let rows = [
        ("transfer_cap_percent", "25"),
        ("expiry_months", "30"),
        ("top_up_percent", "10"),
        ("employer_co_investment_percent", "5"),
    ];
    let rows: Vec<Value> =
        rows.iter().map(|(name, value)| json!({"parameter": name, "from": "2010-01-01", "value": value})).collect();
    council.ledger.admin.post("/v1/rule-sets", &json!({"name": "longer", "rows": rows})).expect(201);
    let path = format!("/v1/accounts/{}", council.account);
    let etag = council.ledger.admin.get(&path).header("etag").unwrap().to_owned();
    council.ledger.admin.patch(&path, &etag, &json!({"rule_set": "longer"})).expect(200);
    let funds = council.get("funds");
    assert_eq!((&funds["lots"][0]["due_month"], &funds["lots"][0]["expired"]), (&json!("2026-05"), &json!("70.00")));
    assert_eq!((&funds["lots"][1]["due_month"], &funds["lots"][1]["remaining"]), (&json!("2027-03"), &json!("40.00")));
    council.verify();
}

#[test]
fn nothing_is_paid_in_a_closed_month_any_more_and_it_is_corrected_in_the_open_one() {
    let council = Council::new();
    council.levy("1000.00", "2026-05-10");
    let paid = json!({"payments": [{"month": "2026-05", "kind": "own", "amount": "300.00"}]});
    let paid = council.post("payments", &paid).expect(200).json();
    council.close("2026-05");
    let late = json!({"payments": [{"month": "2026-06", "kind": "own", "amount": "1.00"},
        {"month": "2026-05", "kind": "own", "amount": "1.00"}]});
    let problem = council.post("payments", &late).problem(409, "month_closed");
    assert_eq!((&problem["month"], &problem["first_open"]), (&json!("2026-05"), &json!("2026-06")));
    assert_eq!(problem["errors"][0]["pointer"], "/payments/1/month");
    let seq = &paid["data"][0]["seq"];
    let reversal = json!({"reason": "paid twice"});
    let reversed = council.ledger.admin.post(&format!("/v1/entries/{seq}/reverse"), &reversal).expect(201).json();
    assert_eq!(
        (&reversed["effective_on"], &reversed["month"], &reversed["amount"]),
        (&json!("2026-06-01"), &json!("2026-06"), &json!("300.00"))
    );
    let again = json!({"payments": [{"month": "2026-06", "kind": "own", "amount": "250.00"}]});
    council.post("payments", &again).expect(200);
    assert_eq!(council.get("months/2026-05")["paid"], "300.00", "the closed month stays as it was closed");
    assert_eq!(council.close("2026-06")["paid"], "-50.00");
    assert_eq!(council.get("totals")["balance"], "750.00");
    council.verify();
}

#[test]
fn a_changed_price_is_settled_with_the_next_close_and_nothing_paid_is_rewritten() {
    let council = Council::new();
    council.levy("20000.00", "2026-05-10");
    let start = council.start("A-1", json!({}));
    council.close("2026-05");
    council.close("2026-06");
    // £800 were earned in May. What is left of the 80% of £14,000 is £10,400, in eleven parts.
    council.change(&start, "change-price", &json!({"from": "2026-06-01", "agreed_price": "14000.00"}));
    council.close("2026-07");
    let expected = [pair("own_payment", "-145.45455"), pair("own_payment", "-945.45455")];
    assert_eq!(council.entries("2026-07"), expected, "the difference of June, and July at the new price");
    assert_eq!(council.entries("2026-06"), [pair("own_payment", "-800.00")]);
    council.verify();
}

#[test]
fn a_start_that_fails_its_qualifying_period_gives_back_to_where_its_payments_came_from() {
    let council = Council::new();
    council.levy("500.00", "2026-05-10");
    let start = council.start("A-1", json!({}));
    let may = council.close("2026-05");
    assert_eq!(may["co_invested"], json!({"employer": "15.00", "government": "285.00"}));
    council.change(&start, "withdraw", &json!({"on": "2026-06-05"}));
    let june = council.close("2026-06");
    assert_eq!(june["paid"], "-500.00");
    assert_eq!(june["co_invested"], json!({"employer": "-15.00", "government": "-285.00"}));
    assert_eq!(council.get("totals")["balance"], "500.00");
    council.verify();
}

#[test]
fn transfers_are_paid_before_own_training_and_their_shortfall_is_the_providers() {
    let council = Council::new();
    council.levy("4000.00", "2025-05-10");
    let provider = council.provider("Harbour Care");
    // A quarter of £4,000 is the allowance: £1,000, and the transfer reserves £900 of it.
    let transfer = council.transfer(&provider, "900.00");
    let reschedule = json!({"on": "2026-04-02", "amount": "12000.00", "reason": "as agreed",
        "schedule": [{"allowance_year": "2026-27", "amount": "900.00"}, {"allowance_year": "2027-28", "amount": "11100.00"}]});
    council.ledger.admin.post(&format!("/v1/transfers/{transfer}/reschedule"), &reschedule).expect(200);
    let start = council.start("T-1", json!({"transfer_id": transfer}));
    council.start("O-1", json!({}));
    let may = council.close("2026-05");
    assert_eq!(
        (&may["transferred"], &may["paid"], &may["shortfalls"]),
        (&json!("800.00"), &json!("800.00"), &json!([]))
    );
    let june = council.close("2026-06");
    // £100 are reserved and £100 are free: £600 are not covered.
    assert_eq!((&june["transferred"], &june["paid"]), (&json!("200.00"), &json!("800.00")));
    assert_eq!(
        june["shortfalls"],
        json!([{"provider_id": provider, "start_id": start, "earned_month": "2026-06", "kind": "on_programme",
            "amount": "600.00", "met_by": "co_investment", "employer": "30.00", "government": "570.00"}])
    );
    let july = council.close("2026-07");
    assert_eq!((&july["transferred"], &july["shortfalls"][0]["amount"]), (&json!("0.00"), &json!("800.00")));
    assert_eq!(july["paid"], "800.00");
    council.verify();
}

#[test]
fn the_training_providers_that_the_account_prefers_are_paid_first() {
    let council =
        Council::like(json!({"name": "Northshire County Council", "training_provider_priority": ["10000002"]}));
    council.levy("1000.00", "2026-05-10");
    let first = council.start("A-1", json!({"training_provider_ukprn": "10000001"}));
    let preferred = council.start("A-2", json!({"training_provider_ukprn": "10000002"}));
    council.close("2026-05");
    let paid = |start: &str| council.get(&format!("entries?start_id={start}"))["data"][0]["amount"].clone();
    assert_eq!((paid(&preferred), paid(&first)), (json!("-800.00"), json!("-200.00")));
}

#[test]
fn starts_agreed_on_one_day_are_paid_in_the_order_of_their_references() {
    let council = Council::new();
    council.levy("1000.00", "2026-05-10");
    let second = council.start("B", json!({}));
    let first = council.start("A", json!({}));
    let earliest = council.start("C", json!({"agreed_on": "2026-04-19", "agreed_price": "1500.00"}));
    council.close("2026-05");
    let paid = |start: &str| council.get(&format!("entries?start_id={start}"))["data"][0]["amount"].clone();
    assert_eq!((paid(&earliest), paid(&first), paid(&second)), (json!("-100.00"), json!("-800.00"), json!("-100.00")));
}

#[test]
fn what_was_earned_before_a_start_was_recorded_is_paid_with_the_next_close() {
    let council = Council::new();
    council.levy("5000.00", "2026-05-10");
    council.close("2026-05");
    council.close("2026-06");
    council.start("late", json!({}));
    assert_eq!(council.close("2026-07")["paid"], "2400.00");
    assert_eq!(council.entries("2026-07").len(), 3, "one payment a month that was earned");
    council.verify();
}

#[test]
fn what_was_paid_by_hand_is_not_paid_again() {
    let council = Council::new();
    council.levy("5000.00", "2026-05-10");
    let start = council.start("A-1", json!({}));
    let by_hand = json!({"payments": [{"month": "2026-05", "kind": "own", "amount": "800.00", "start_id": start},
        {"month": "2026-06", "kind": "own", "amount": "300.00", "start_id": start}]});
    council.post("payments", &by_hand).expect(200);
    assert_eq!(council.close("2026-05")["paid"], "800.00");
    assert_eq!(council.close("2026-06")["paid"], "800.00");
    assert_eq!(council.entries("2026-06"), [pair("own_payment", "-300.00"), pair("own_payment", "-500.00")]);
    council.verify();
}

#[test]
fn a_close_gives_notice_of_shortfalls_lapsing_funds_and_transfers_without_a_start() {
    let council = Council::new();
    council.levy("100.00", "2024-08-10");
    council.levy("4000.00", "2025-05-10");
    let provider = council.provider("Harbour Care");
    let waiting = json!({"provider_id": provider, "amount": "500.00", "agreed_on": "2026-04-01", "apprentices": 1,
        "status": "accepted", "planned_start": "2026-05", "duration_months": 5});
    let transfer = council.post("transfers", &waiting).made();
    for at in 0..7 {
        council.start(&format!("A-{at}"), json!({}));
    }
    let may = council.close("2026-05");
    let notices = may["notices"].as_array().unwrap();
    assert_eq!(notices[0]["kind"], "shortfall");
    assert_eq!((&notices[0]["amount"], &notices[0]["provider_id"]), (&json!("1500.00"), &Value::Null));
    assert_eq!((&notices[1]["kind"], &notices[1]["transfer_id"]), (&json!("transfer_not_started"), &json!(transfer)));
    let changes = council.ledger.admin.get("/v1/changes?limit=1000").json();
    let actions: Vec<&str> =
        changes["data"].as_array().unwrap().iter().rev().take(2).map(|c| c["change"].as_str().unwrap()).collect();
    assert_eq!(actions, ["unstarted_transfer_noticed", "shortfall_noticed"]);
    council.verify();
}

#[test]
fn a_close_gives_notice_of_funds_that_lapse_within_three_months() {
    let council = Council::new();
    council.levy("100.00", "2024-08-10");
    council.levy("50.00", "2024-09-10");
    let may = council.close("2026-05");
    assert_eq!(
        may["notices"],
        json!([{"kind": "funds_lapsing", "amount": "100.00", "due_on": "2026-08-31", "provider_id": null, "transfer_id": null}])
    );
}

#[test]
fn a_shortfall_is_met_by_the_providers_own_levy_account_with_its_next_close() {
    let council = Council::new();
    council.levy("1000.00", "2025-05-10");
    let provider = council.provider("Harbour Care");
    let transfer = council.transfer(&provider, "250.00");
    let terms = json!({"on": "2026-04-02", "amount": "12000.00", "reason": "as agreed",
        "schedule": [{"allowance_year": "2026-27", "amount": "250.00"}, {"allowance_year": "2027-28", "amount": "11750.00"}]});
    council.ledger.admin.post(&format!("/v1/transfers/{transfer}/reschedule"), &terms).expect(200);
    let start = council.start("T-1", json!({"transfer_id": transfer}));
    let account = json!({"name": "Harbour Care Ltd", "provider_id": provider});
    let harbour = Council { account: council.ledger.account_like(account), ledger: council.ledger };
    let council = |what: &str| harbour.ledger.admin.post(what, &json!({})).expect(200).json();
    harbour.levy("500.00", "2026-05-12");
    let sender = harbour.ledger.admin.get("/v1/accounts").json()["data"][0]["id"].as_str().unwrap().to_owned();
    let may = council(&format!("/v1/accounts/{sender}/months/2026-05/close"));
    assert_eq!((&may["transferred"], &may["co_invested"]["government"]), (&json!("250.00"), &json!("0.00")));
    let shortfall = &may["shortfalls"][0];
    assert_eq!((&shortfall["amount"], &shortfall["met_by"]), (&json!("550.00"), &json!("levy_account")));
    let met = harbour.close("2026-05");
    assert_eq!(
        (&met["paid"], &met["co_invested"]),
        (&json!("500.00"), &json!({"employer": "2.50", "government": "47.50"}))
    );
    let june = council(&format!("/v1/accounts/{sender}/months/2026-06/close"));
    assert_eq!(june["shortfalls"][0]["amount"], "800.00");
    let met = harbour.close("2026-06");
    assert_eq!(
        (&met["paid"], &met["co_invested"]),
        (&json!("0.00"), &json!({"employer": "40.00", "government": "760.00"}))
    );
    // The apprentice left within the qualifying period of a start that lasts a year: everything is
    // given back to whoever paid.
    harbour.change(&start, "withdraw", &json!({"on": "2026-06-05"}));
    let july = council(&format!("/v1/accounts/{sender}/months/2026-07/close"));
    assert_eq!((&july["transferred"], &july["paid"]), (&json!("-250.00"), &json!("0.00")));
    let given_back = harbour.close("2026-07");
    assert_eq!(
        (&given_back["paid"], &given_back["co_invested"]),
        (&json!("-500.00"), &json!({"employer": "-42.50", "government": "-807.50"}))
    );
    harbour.verify();
}
