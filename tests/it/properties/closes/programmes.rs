//! The smallest programme that lets nothing lapse is the one that trying every number finds, whatever else
//! an account has recorded.

use levy_ledger::domain::calendar::Month;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::council::Council;
use super::facts::Story;
use super::small;

/// The numbers that are tried one by one.
const TRIED: u64 = 24;

/// A programme that is asked about.
#[derive(Clone, Debug)]
struct Programme {
    begins: i32,
    cohorts: u32,
    duration_months: u32,
    /// In hundreds of pounds.
    price: u32,
    funded_by: &'static str,
}

fn programme() -> impl Strategy<Value = Programme> {
    let funded_by = prop_oneof![3 => Just("own"), 1 => Just("transfer")];
    (0..2_i32, 1..4_u32, 2..14_u32, 10..200_u32, funded_by).prop_map(
        |(begins, cohorts, duration_months, price, funded_by)| Programme {
            begins,
            cohorts,
            duration_months,
            price,
            funded_by,
        },
    )
}

impl Programme {
    fn body(&self, first: Month, apprentices: Option<u64>) -> Value {
        let mut body = json!({"every_months": 2, "cohorts": self.cohorts,
            "first_start": first.plus(self.begins).to_string(), "duration_months": self.duration_months,
            "price": format!("{}00.00", self.price), "funded_by": self.funded_by});
        if let Some(apprentices) = apprentices {
            body["apprentices"] = json!(apprentices);
        }
        body
    }
}

/// What became of each number, up to the one asked about: it lets nothing lapse, within what is there.
fn tried_one_by_one(council: &Council, story: &Story, (programme, months): (&Programme, i32)) {
    let path = format!("/v1/accounts/{}/what-if?levy=none&months={months}", council.accounts[0]);
    let ask = |body: &Value| council.ledger.admin.post(&path, body).expect(200).json();
    let found = ask(&json!({"find": programme.body(story.size.first, None)}));
    let number = found["found"]["apprentices"].as_u64();
    let mut smallest = (found["without"]["expired"] == "0.00").then_some(0);
    for apprentices in 1..=TRIED {
        if smallest.is_some() {
            break;
        }
        let with = ask(&json!({"plans": [programme.body(story.size.first, Some(apprentices))]}));
        let does = with["with"]["expired"] == "0.00" && with["within_funds_and_allowance"] == true;
        smallest = does.then_some(apprentices);
    }
    let within = number.filter(|number| *number <= TRIED);
    assert_eq!(within, smallest, "{programme:?} over {months} months: {}", found["found"]);
    if let Some(number) = number {
        let with = ask(&json!({"plans": [programme.body(story.size.first, Some(number.max(1)))]}));
        assert!(number == 0 || with["with"] == found["with"], "it is shown with the number that was found");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn the_smallest_number_is_found_for_whatever_account(
        seed in any::<u64>(),
        starts in 0..6_usize,
        rule_set in prop_oneof![Just("standard"), Just("england")],
        first in prop_oneof![Just("2026-05"), Just("2026-08"), Just("2027-07")],
        programmes in prop::collection::vec((programme(), 1..9_i32), 4),
    ) {
        let story = small(seed, starts, rule_set, first);
        let mut council = Council::new(&story);
        for fact in &story.facts {
            council.record(&story, fact);
        }
        for (programme, months) in &programmes {
            tried_one_by_one(&council, &story, (programme, *months));
        }
    }
}
