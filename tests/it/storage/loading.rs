//! A small England, loaded in bulk: nothing tells it from what was recorded bit by bit.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use levy_ledger::domain::calendar::Month;
use levy_ledger::domain::facts::Fact;
use levy_ledger::storage::{Clock, LoadError};
use serde_json::json;

use crate::harness::Ledger;
use england::country::Country;
use england::history::history;

#[path = "../../../benches/england"]
mod england {
    pub mod country;
    pub mod history;
    mod lives;
    mod random;
}

/// Six accounts of four and a half years, and what happened to them.
fn country(ledger: &Ledger) -> (Country, Vec<Vec<Fact>>) {
    let today = ledger.clock.today();
    let begins = ledger.store.next_number().unwrap();
    let last = Month::of(today).plus(-2);
    let country = Country { seed: 3, accounts: 6, starts: 90, live: 467, months: 54, last, today, begins };
    let mut events = country.registered();
    for of in (0..).zip(country.sizes()) {
        let next = begins + i64::try_from(events.iter().map(Vec::len).sum::<usize>()).unwrap();
        events.extend(history(&country, of, next));
    }
    (country, events)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn count(ledger: &Ledger, what: &str) -> i64 {
    let counted = diesel::sql_query(format!("SELECT COUNT(*) AS count FROM {what}"));
    counted.get_result::<Count>(&mut ledger.intruder()).unwrap().count
}

#[test]
fn what_is_loaded_in_bulk_is_what_is_recorded_event_by_event() {
    let (bulk, single) = (Ledger::fresh(), Ledger::fresh());
    let (country, events) = country(&bulk);
    let next = bulk.store.load("england", country.begins, events.clone()).unwrap();
    let mut after = country.begins;
    for event in events {
        after = single.store.load("england", after, vec![event]).unwrap();
    }
    assert_eq!(after, next);
    let totals = bulk.admin.get("/v1/totals").expect(200).json();
    assert_eq!(totals, single.admin.get("/v1/totals").expect(200).json());
    assert!(totals["starts"].as_i64() > totals["live_starts"].as_i64(), "{totals}");
    for of_something in ["levy_in", "own_spending", "transferred", "expired", "balance", "reserved"] {
        assert_ne!(totals[of_something], "0.00", "{of_something} of {totals}");
    }
    for ledger in [&bulk, &single] {
        let verified = ledger.admin.get("/v1/audit/verify").expect(200).json();
        assert_eq!((&verified["ok"], &verified["to"]), (&json!(true), &json!(next - 1)), "{verified}");
    }
}

#[test]
fn the_totals_of_all_are_the_sum_of_the_totals_of_each() {
    let ledger = Ledger::fresh();
    let (country, events) = country(&ledger);
    ledger.store.load("england", country.begins, events).unwrap();
    let day = country.last.plus(-7).first_day().to_string();
    for question in [String::new(), format!("?as_at={day}"), format!("?known_at={}", country.begins + 2_000)] {
        let all = ledger.admin.get(&format!("/v1/totals{question}")).expect(200).json();
        let ids = (0..country.accounts).map(|number| country.account_id(number));
        let each: Vec<_> = ids.map(|id| ledger.admin.get(&format!("/v1/accounts/{id}/totals{question}"))).collect();
        let each: Vec<_> = each.into_iter().filter(|answer| answer.status == 200).map(|answer| answer.json()).collect();
        for field in ["balance", "spendable", "co_invested", "allowance", "reserved", "remaining_allowance"] {
            let pounds =
                |of: &serde_json::Value| of[field].as_str().unwrap().parse::<levy_ledger::domain::money::Money>();
            let sum: levy_ledger::domain::money::Money = each.iter().map(|of| pounds(of).unwrap()).sum();
            assert_eq!(pounds(&all).unwrap(), sum, "{field} {question}");
        }
    }
}

#[test]
fn the_first_close_after_a_load_finds_nothing_in_arrears() {
    let ledger = Ledger::fresh();
    let (country, events) = country(&ledger);
    let next = ledger.store.load("england", country.begins, events).unwrap();
    let month = country.last.plus(1);
    for number in 0..country.accounts {
        let path = format!("/v1/accounts/{}/months/{month}/close", country.account_id(number));
        ledger.admin.post(&path, &json!({})).expect(200);
    }
    let paid = format!("entries WHERE seq >= {next} AND earned_month");
    assert!(count(&ledger, &format!("{paid} = {}", month.stored())) > 0);
    assert_eq!(count(&ledger, &format!("{paid} <> {}", month.stored())), 0);
}

#[test]
fn what_does_not_fit_the_ledger_is_not_loaded() {
    let ledger = Ledger::fresh();
    let (country, events) = country(&ledger);
    let moved = ledger.store.load("england", country.begins + 1, events.clone()).unwrap_err();
    assert!(matches!(moved, LoadError::Moved { next, .. } if next == country.begins), "{moved}");
    // Without the providers, the transfers and what hangs on them have nothing to hold on to.
    let without = events.into_iter().skip(usize::try_from(country.providers()).unwrap()).collect();
    let left = ledger.store.load("england", country.begins, without).unwrap_err();
    assert!(matches!(left, LoadError::Left { left, given } if 0 < left && left < given), "{left}");
    assert_eq!(ledger.store.next_number().unwrap(), country.begins);
    assert_eq!(count(&ledger, "entries"), 0);
    ledger.account();
}
