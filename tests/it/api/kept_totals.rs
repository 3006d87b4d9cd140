//! Totals of today are kept as they were sent, and never older than what was recorded.

use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Ledger};

fn balance(caller: &Caller, account: &str) -> Value {
    caller.get(&format!("/v1/accounts/{account}/totals")).expect(200).json()["balance"].clone()
}

#[test]
fn totals_count_what_was_recorded_the_moment_before() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    for pounds in 1..20 {
        ledger.levy(&account, "1.00", "2026-05-22");
        assert_eq!(balance(&ledger.admin, &account), format!("{pounds}.00"));
        assert_eq!(balance(&ledger.admin, &account), format!("{pounds}.00"));
    }
}

#[test]
fn totals_count_what_another_process_recorded_the_moment_before() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let other = ledger.beside();
    let servers = [&ledger, &other];
    for pounds in 1..20 {
        servers[pounds % 2].levy(&account, "1.00", "2026-05-22");
        for server in servers {
            assert_eq!(balance(&server.admin, &account), format!("{pounds}.00"));
        }
    }
}

#[test]
fn totals_of_all_count_what_any_process_recorded_the_moment_before() {
    let ledger = Ledger::fresh();
    let mut accounts = vec![ledger.account()];
    let other = ledger.beside();
    let servers = [&ledger, &other];
    for pounds in 1..20 {
        if pounds == 10 {
            accounts.push(servers[1].account());
        }
        servers[pounds % 2].levy(&accounts[pounds % accounts.len()], "1.00", "2026-05-22");
        for server in servers {
            let all = server.admin.get("/v1/totals").expect(200).json();
            assert_eq!(all["balance"], format!("{pounds}.00"));
        }
    }
    let seen = ledger.limited(Role::Finance, Some(vec![accounts[1].parse().unwrap()]));
    let theirs = seen.get("/v1/totals").expect(200).json();
    assert_eq!(theirs["balance"], balance(&ledger.admin, &accounts[1]), "who sees some accounts sums those alone");
    ledger.clock.set("2028-05-31");
    assert_eq!(ledger.admin.get("/v1/totals").expect(200).json()["expired"], "19.00", "another day is another answer");
}

#[test]
fn what_others_record_moves_the_number_alone() {
    let ledger = Ledger::fresh();
    let (ours, theirs) = (ledger.account(), ledger.account());
    ledger.levy(&ours, "5.00", "2026-05-22");
    let path = format!("/v1/accounts/{ours}/totals");
    let before = ledger.admin.get(&path).expect(200);
    let levy = ledger.levy(&theirs, "7.00", "2026-05-22").json();
    let after = ledger.admin.get(&path).expect(200);
    let mut expected = before.json();
    expected["known_at"] = levy["seq"].clone();
    assert_eq!(after.json(), expected);
    assert_ne!(before.header("etag"), after.header("etag"));
    assert_eq!(balance(&ledger.admin, &theirs), "7.00");
}

/// Everything that moves totals without an entry of the account: settings, rules, transfers, starts.
#[test]
fn totals_follow_settings_rules_transfers_and_starts() {
    let ledger = Ledger::fresh();
    let rows = json!([
        {"parameter": "top_up_percent", "from": "2017-05-01", "value": "10"},
        {"parameter": "transfer_cap_percent", "from": "2017-05-01", "value": "25"},
        {"parameter": "expiry_months", "from": "2017-05-01", "value": "24"},
        {"parameter": "employer_co_investment_percent", "from": "2017-05-01", "value": "5"},
    ]);
    ledger.admin.post("/v1/rule-sets", &json!({"name": "ours", "rows": rows})).expect(201);
    let account = ledger.account_like(json!({"name": "Northshire", "rule_set": "ours"}));
    ledger.levy(&account, "1000.00", "2025-05-22");
    let path = format!("/v1/accounts/{account}/totals");
    let totals = || ledger.admin.get(&path).expect(200).json();
    assert_eq!((&totals()["rule_set"], &totals()["allowance"]), (&json!("ours"), &json!("250.00")));
    let later = json!({"rows": [{"parameter": "transfer_cap_percent", "from": "2026-11-01", "value": "50"}]});
    ledger.admin.post("/v1/rule-sets/ours/rows", &later).expect(200);
    assert_eq!(totals()["allowance"], "500.00");
    let provider = json!({"name": "Harbour Care", "sector": "adult_social_care"});
    let provider = ledger.admin.post("/v1/providers", &provider).made();
    let transfer = json!({"provider_id": provider, "amount": "100.00", "agreed_on": "2026-11-20", "apprentices": 1,
               "status": "accepted"});
    ledger.admin.post(&format!("/v1/accounts/{account}/transfers"), &transfer).expect(201);
    assert_eq!((&totals()["reserved"], &totals()["providers"]), (&json!("100.00"), &json!(1)));
    let start = json!({
        "learner_reference": "L-1", "standard_code": "ST0005", "level": 3, "agreed_price": "100.00",
        "agreed_on": "2026-05-22", "start_on": "2026-06-01", "planned_end_on": "2027-06-30",
    });
    let start = ledger.admin.post(&format!("/v1/accounts/{account}/starts"), &start).made();
    assert_eq!((&totals()["starts"], &totals()["live_starts"]), (&json!(1), &json!(1)));
    ledger.admin.post(&format!("/v1/starts/{start}/withdraw"), &json!({"on": "2026-07-01"})).expect(200);
    assert_eq!(totals()["live_starts"], 0);
    let etag = ledger.admin.get(&format!("/v1/accounts/{account}")).header("etag").unwrap().to_owned();
    ledger.admin.patch(&format!("/v1/accounts/{account}"), &etag, &json!({"rule_set": "standard"})).expect(200);
    assert_eq!(totals()["rule_set"], "standard");
}

#[test]
fn totals_of_the_next_day_are_those_of_the_next_day() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "8.00", "2026-11-23");
    assert_eq!(balance(&ledger.admin, &account), "0.00");
    ledger.clock.set("2026-11-23");
    assert_eq!(balance(&ledger.admin, &account), "8.00");
}

#[test]
fn kept_totals_are_shown_to_those_who_may_see_them_alone() {
    let ledger = Ledger::fresh();
    let (ours, theirs) = (ledger.account(), ledger.account());
    let limited = ledger.limited(Role::Finance, Some(vec![ours.parse().unwrap()]));
    balance(&ledger.admin, &theirs);
    limited.get(&format!("/v1/accounts/{theirs}/totals")).problem(404, "not_found");
    assert_eq!(balance(&limited, &ours), "0.00");
}

#[test]
fn kept_totals_keep_their_validators() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let path = format!("/v1/accounts/{account}/totals");
    let first = ledger.admin.get(&path).expect(200);
    let second = ledger.admin.get(&path).expect(200);
    assert_eq!((first.header("etag"), &first.text), (second.header("etag"), &second.text));
    assert_eq!(first.header("content-type"), Some("application/json"));
    let etag = first.header("etag").unwrap();
    let again = || Answer::to(ledger.admin.request("GET", &path).header("If-None-Match", etag));
    assert_eq!(again().expect(304).text, "");
    ledger.levy(&account, "1.00", "2026-05-22");
    assert_ne!(again().expect(200).header("etag"), Some(etag));
}
