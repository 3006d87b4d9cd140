//! A forecast says what closing the months one after the other then does, to the fifth decimal, where
//! nothing else is recorded and no levy enters beyond what is.

use levy_ledger::domain::calendar::Month;
use levy_ledger::domain::money::Money;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::council::Council;
use super::facts::{Size, Story, What};
use super::{month, small};

/// The story with as many apprenticeships agreed as are recorded; an agreement without any stays an
/// offer.
fn with_all_starts(mut story: Story) -> Story {
    let mut at = 0;
    for fact in &mut story.facts {
        if let What::Transfer { body, .. } = &mut fact.what {
            let starts = story.starts.iter().filter(|start| start.transfer == Some(at)).count();
            body["apprentices"] = json!(starts.max(1));
            if starts == 0 {
                body["status"] = json!("offered");
            }
            at += 1;
        }
    }
    let unanswered = |transfer: usize| story.starts.iter().all(|start| start.transfer != Some(transfer));
    story.facts.retain(|fact| !matches!(&fact.what, What::TransferChange { transfer, .. } if unanswered(*transfer)));
    story
}

fn forecast(council: &Council, months: i32) -> Vec<Value> {
    let found = council.get(0, &format!("forecast?levy=none&months={months}"));
    found["data"].as_array().unwrap().clone()
}

fn pounds(value: &Value) -> Money {
    value.as_str().unwrap().parse().unwrap()
}

/// What closing a month made of it, in the words of a forecast.
fn closed(council: &Council, month: Month, opening: &Value) -> Value {
    let record = council.close(month, false).swap_remove(0);
    let last = month.last_day();
    let totals = council.get(0, &format!("totals?as_at={last}"));
    let before = council.get(0, &format!("totals?as_at={}", month.plus(-1).last_day()));
    let allowance = council.get(0, &format!("transfer-allowance?on={last}"));
    let shared = pounds(&record["co_invested"]["employer"]) + pounds(&record["co_invested"]["government"]);
    json!({
        "month": month.to_string(), "opening": opening,
        "levy_in": (pounds(&totals["levy_in"]) - pounds(&before["levy_in"])).to_string(),
        "own": record["paid"], "transfers": record["transferred"], "co_investment": shared.to_string(),
        "expired": record["expired"], "closing": totals["balance"],
        "allowance_remaining": allowance["remaining"], "other": "0.00",
    })
}

/// Records everything, forecasts the whole and again after `again` months, and closes the months.
fn told_twice(story: &Story, again: i32) {
    let mut council = Council::new(story);
    for fact in &story.facts {
        council.record(story, fact);
    }
    let months = story.size.months;
    let mut told = forecast(&council, months);
    let mut opening = told[0]["opening"].clone();
    for (at, month) in (0..).zip(story.size.first.through(story.size.last())) {
        if at == again {
            let anew = forecast(&council, months - at);
            assert_eq!(anew, told[usize::try_from(at).unwrap()..], "from {month} on, after {at} closes");
            told.splice(usize::try_from(at).unwrap().., anew);
        }
        council.on(month.plus(1).first_day());
        let found = closed(&council, month, &opening);
        assert_eq!(told[usize::try_from(at).unwrap()], found, "{month}");
        opening = found["closing"].clone();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn months_close_as_they_were_forecast(
        seed in any::<u64>(),
        starts in 1..9_usize,
        rule_set in prop_oneof![Just("standard"), Just("england")],
        first in prop_oneof![Just("2026-05"), Just("2026-08"), Just("2026-12")],
        again in 1..8_i32,
    ) {
        told_twice(&with_all_starts(small(seed, starts, rule_set, first)), again);
    }
}

#[test]
fn two_years_of_eighty_starts_close_as_they_were_forecast() {
    let size =
        Size { starts: 80, first: month("2026-08"), months: 26, levy_before: 40, levy: 20_000, rule_set: "england" };
    told_twice(&with_all_starts(Story::of(20_261_122, size)), 9);
}
