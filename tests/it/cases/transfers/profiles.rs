//! Worked figures of what starts earn, asked of a ledger that was told of each start's life.

use levy_ledger::domain::earnings::{EarningKind, Instalment};
use levy_ledger::domain::names::Named;
use serde_json::{Value, json};

use super::earnings::rows_hold;
use super::reading::{cases, day, list, money, text};
use crate::harness::{Caller, Ledger};

#[test]
fn starts_whose_lives_are_recorded_earn_as_worked() {
    let ledger = Ledger::fresh();
    let starts = format!("/v1/accounts/{}/starts", ledger.account());
    let mut played = 0;
    for case in cases(include_str!("../../../cases/earnings.json")).iter().filter(|case| case["kind"] == "profile") {
        let start = record(&ledger.admin, &starts, case);
        for (step, body) in life(&case["input"]) {
            ledger.admin.post(&format!("/v1/starts/{start}/{step}"), &body).expect(200);
        }
        let earned = earned(&ledger.admin, &start);
        // The parts of a price are no earnings: the other aspects are.
        let parts = ["on_programme_total", "completion_payment"];
        for (aspect, expected) in case["expect"].as_object().unwrap() {
            let holds = parts.contains(&aspect.as_str()) || rows_hold(aspect, expected, &earned, case);
            assert!(holds, "{aspect} of {case}: {earned:?}");
        }
        played += 1;
    }
    assert!(played > 50, "{played} lives were told");
    assert_eq!(crate::storage::verify::faults(&ledger), [""; 0]);
}

fn given<'a>(input: &'a Value, key: &str) -> Option<&'a Value> {
    input.get(key).filter(|value| !value.is_null())
}

/// Records the start as it was first agreed; gives its id. Nothing is recorded for nothing: such a
/// price is agreed afterwards.
fn record(caller: &Caller, starts: &str, case: &Value) -> String {
    let input = &case["input"];
    let period = &list(&input["periods"])[0];
    let price = money(&list(&input["prices"])[0]["amount"]);
    let price = if price.is_zero() { "1.00".to_owned() } else { price.to_string() };
    let mut start = json!({
        "learner_reference": case["id"], "standard_code": "ST0005", "level": 3, "agreed_on": period["start"],
        "start_on": period["start"], "planned_end_on": period["planned_end"], "agreed_price": price,
    });
    if let Some(maximum) = given(input, "fbm") {
        start["funding_band_maximum"] = json!(money(maximum).to_string());
    }
    caller.post(starts, &start).made()
}

/// What happens to the start, in the order in which it is recorded.
fn life(input: &Value) -> Vec<(&'static str, Value)> {
    let mut steps = Vec::new();
    let periods = list(&input["periods"]);
    for pair in periods.windows(2) {
        steps.push(("pause", json!({"on": pair[0]["end"]})));
        steps.push(("resume", json!({"on": pair[1]["start"], "planned_end_on": pair[1]["planned_end"]})));
    }
    let prices = list(&input["prices"]);
    for price in prices.iter().skip(usize::from(!money(&prices[0]["amount"]).is_zero())) {
        let amount = money(&price["amount"]).to_string();
        steps.push(("change-price", json!({"from": price["from"], "agreed_price": amount})));
    }
    if let Some(on) = given(input, "pause") {
        steps.push(("pause", json!({"on": on})));
    }
    let last = periods.last().unwrap();
    let ended = ["withdrawal", "completion", "pause"].into_iter().any(|key| given(input, key).is_some());
    let learnt_to = given(last, "end").filter(|end| !ended && day(end) < day(&last["planned_end"]));
    steps.extend(learnt_to.map(|on| ("pause", json!({"on": on}))));
    for (key, step) in [("withdrawal", "withdraw"), ("completion", "complete"), ("achievement", "achieve")] {
        steps.extend(given(input, key).map(|on| (step, json!({"on": on}))));
    }
    steps
}

/// What the ledger says that the start earns.
fn earned(caller: &Caller, start: &str) -> Vec<Instalment> {
    let answer = caller.get(&format!("/v1/starts/{start}/earnings")).expect(200).json();
    let instalment = |row: &Value| Instalment {
        month: text(&row["month"]).parse().unwrap(),
        kind: EarningKind::from_name(text(&row["kind"])).unwrap(),
        amount: text(&row["amount"]).parse().unwrap(),
    };
    answer["instalments"].as_array().unwrap().iter().map(instalment).collect()
}
