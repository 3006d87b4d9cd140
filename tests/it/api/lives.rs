//! Worked cases of expiry with lives of their own, told over HTTP: a custom rule set expresses them.

use std::collections::BTreeMap;

use levy_ledger::domain::calendar::Month;
use levy_ledger::domain::money::Money;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::harness::Ledger;

/// A rule set whose funds live this many months.
fn rules(ledger: &Ledger, months: u64) -> String {
    let name = format!("life-of-{months}");
    let row = |parameter: &str, value: &str| json!({"parameter": parameter, "from": "2010-01-01", "value": value});
    let rows = [
        row("transfer_cap_percent", "25"),
        row("expiry_months", &months.to_string()),
        row("top_up_percent", "10"),
        row("employer_co_investment_percent", "5"),
    ];
    ledger.admin.post("/v1/rule-sets", &json!({"name": name, "rows": rows})).expect(201);
    name
}

/// The amounts of a list by month, exactly; months of nothing left out.
fn by_month(rows: &Value, month: &str) -> BTreeMap<Month, Money> {
    let amount = |row: &Value| {
        let figure = row["amount"].to_string();
        Money::rounded(figure.trim_matches('"').parse::<Decimal>().unwrap()).unwrap()
    };
    let rows = rows.as_array().unwrap().iter();
    let rows = rows.map(|row| (row[month].as_str().unwrap().parse().unwrap(), amount(row)));
    rows.filter(|(_, amount)| !amount.is_zero()).collect()
}

/// Records a case month by month; none when the ledger refuses spending that nothing covers.
fn record(ledger: &Ledger, account: &str, case: &Value) -> Option<()> {
    for (month, amount) in by_month(&case["funds_in"], "period") {
        ledger.levy(account, &amount.to_string(), &month.first_day().to_string());
    }
    for (month, amount) in by_month(&case["funds_out"], "period") {
        let payment = json!({"month": month.to_string(), "kind": "own", "amount": amount.to_string()});
        let path = format!("/v1/accounts/{account}/payments");
        let paid = ledger.admin.post(&path, &json!({"payments": [payment]}));
        if paid.status == 422 {
            return None;
        }
        paid.expect(200);
    }
    Some(())
}

#[test]
fn worked_cases_with_other_lives_expire_over_http_as_they_do_in_the_rules() {
    let ledger = Ledger::fresh();
    let text = std::fs::read_to_string("tests/cases/expiry.json").unwrap();
    let cases: Value = serde_json::from_str(&text).unwrap();
    let (mut lives, mut told) = (BTreeMap::new(), 0);
    for case in cases["cases"].as_array().unwrap() {
        let nothing_recorded = case["already_expired"].as_array().is_some_and(Vec::is_empty);
        if case["kind"] != "schedule" || !nothing_recorded || !case["funds_in_up_to"].is_null() {
            continue;
        }
        let months = case["expiry_months"].as_u64().unwrap();
        let rule_set = lives.entry(months).or_insert_with(|| rules(&ledger, months)).clone();
        let account = ledger.account_like(json!({"name": case["id"], "rule_set": rule_set}));
        if record(&ledger, &account, case).is_none() {
            continue;
        }
        let underspend = ledger.admin.get(&format!("/v1/accounts/{account}/underspend?as_at=2022-12-31")).json();
        let expected = by_month(&case["derived_expired"], "period");
        assert_eq!(by_month(&underspend["expired"], "month"), expected, "{}", case["id"]);
        told += 1;
    }
    assert!(told >= 7, "only {told} cases could be told");
}
