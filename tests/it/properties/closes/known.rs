//! A forecast that was answered once is answered again, letter by letter, whatever was recorded since.

use levy_ledger::storage::Clock;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::council::Council;
use super::facts::{Size, Story};
use super::{month, reverse_a_payment, small};

/// A question, and what was answered to it.
struct Answered {
    question: String,
    answer: String,
}

/// Asks an account's forecast as it stands, in one of several ways.
fn ask(council: &Council, at: usize) -> Answered {
    let levy = ["last", "mean12", "none", "1234.50&growth_percent=-3.5"][at % 4];
    let question = format!("/v1/accounts/{}/forecast?months=30&levy={levy}", council.accounts[at % 2]);
    let answer = council.ledger.admin.get(&question).expect(200).text;
    Answered { question, answer }
}

/// Asks it again with the day and the number that the answer gave.
fn asked_again(council: &Council, asked: &Answered) -> String {
    let told: Value = serde_json::from_str(&asked.answer).unwrap();
    let (as_at, known_at) = (told["as_at"].as_str().unwrap(), &told["known_at"]);
    council.ledger.admin.get(&format!("{}&as_at={as_at}&known_at={known_at}", asked.question)).expect(200).text
}

/// What an account chooses for itself, chosen otherwise.
fn choose(council: &Council, at: usize) {
    let path = format!("/v1/accounts/{}", council.accounts[0]);
    let etag = council.ledger.admin.get(&path).header("etag").unwrap().to_owned();
    let cap = (5 + at % 15).to_string();
    let priority = [["10000001", "10000002"], ["10000004", "10000003"]][at % 2];
    let rule_set = ["standard", "england"][at % 2];
    let chosen = json!({"policy_cap_percent": cap, "training_provider_priority": priority,
        "rule_set": rule_set});
    council.ledger.admin.patch(&path, &etag, &chosen).expect(200);
}

/// Tells a story as time goes by, asks all along, and at the end once more.
fn told_again(story: &Story, chosen_otherwise: usize, reversed: Option<prop::sample::Index>) {
    let mut council = Council::new(story);
    let mut facts = story.facts.iter().peekable();
    let (mut asked, mut last_of_day) = (Vec::new(), Vec::new());
    for (at, month) in story.size.first.through(story.size.last()).enumerate() {
        asked.push(ask(&council, at));
        while let Some(fact) = facts.next_if(|fact| fact.day <= month.last_day()) {
            if council.ledger.clock.today() < fact.day {
                // Nothing more is recorded on that day.
                last_of_day.push(ask(&council, at));
            }
            council.on(fact.day);
            council.record(story, fact);
            if asked.len() % 7 == at % 7 {
                asked.push(ask(&council, at));
            }
        }
        if at == chosen_otherwise {
            choose(&council, at);
            asked.push(ask(&council, at + 1));
        }
        council.on(month.plus(1).first_day());
        council.close(month, false);
        asked.push(ask(&council, at));
        if let Some(reversed) = reversed.filter(|_| at == 4) {
            reverse_a_payment(&mut council, month.plus(1), reversed).unwrap();
        }
    }
    for asked in asked.iter().chain(&last_of_day) {
        assert_eq!(asked_again(&council, asked), asked.answer, "{}", asked.question);
    }
    for asked in &last_of_day {
        let told: Value = serde_json::from_str(&asked.answer).unwrap();
        let of_day = format!("{}&as_at={}", asked.question, told["as_at"].as_str().unwrap());
        assert_eq!(council.ledger.admin.get(&of_day).expect(200).text, asked.answer, "{of_day}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn a_forecast_is_asked_for_again_as_it_was(
        seed in any::<u64>(),
        starts in 1..12_usize,
        rule_set in prop_oneof![Just("standard"), Just("england")],
        first in prop_oneof![Just("2026-05"), Just("2026-08"), Just("2026-12")],
        chosen_otherwise in 0..8_usize,
        reversed in any::<prop::sample::Index>(),
    ) {
        told_again(&small(seed, starts, rule_set, first), chosen_otherwise, Some(reversed));
    }
}

#[test]
fn a_year_and_a_half_of_forecasts_of_eighty_starts_are_asked_for_again() {
    let size =
        Size { starts: 80, first: month("2026-08"), months: 20, levy_before: 40, levy: 20_000, rule_set: "england" };
    told_again(&Story::of(20_261_122, size), 7, None);
}
