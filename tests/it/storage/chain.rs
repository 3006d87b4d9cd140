//! One chain, whoever records, from which everything else can be rebuilt.

use diesel::prelude::*;
use levy_ledger::domain::people::Role;
use levy_ledger::ops::commands::issue_token;
use levy_ledger::storage::{Store, StoreOptions};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::verify::{faults, head};
use crate::harness::{Ledger, TODAY};

#[test]
fn two_processes_that_record_in_turn_share_one_gapless_chain() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let url = ledger.url().parse().unwrap();
    let clock = ledger.clock.clone();
    let other = Store::open(StoreOptions { url, clock, idempotency_days: 90, readers: 1 }).unwrap();
    let mut numbers = Vec::new();
    for day in 1..=9 {
        numbers.push(ledger.levy(&account, "10.00", &format!("2026-05-0{day}")).json()["seq"].clone());
        issue_token(&other, Role::Finance, "another process", None, 30).unwrap();
    }
    assert_eq!(numbers, (0..9).map(|turn| json!(3 + 2 * turn)).collect::<Vec<_>>());
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let other = other.clone();
            std::thread::spawn(move || {
                for _ in 0..10 {
                    issue_token(&other, Role::Finance, "another process", None, 30).unwrap();
                }
            })
        })
        .collect();
    for _ in 0..10 {
        ledger.levy(&account, "10.00", "2026-06-22");
    }
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(faults(&ledger), Vec::<String>::new());
    assert!(head(&ledger).starts_with("50:"), "{}", head(&ledger));
    let changes = ledger.admin.get("/v1/changes?limit=1000").expect(200).json();
    let seqs: Vec<i64> = changes["data"].as_array().unwrap().iter().map(|c| c["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (1..=50).collect::<Vec<_>>());
}

/// The sums that are kept, as they are kept.
fn sums(ledger: &Ledger) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::Text)]
        line: String,
    }
    let sql = "SELECT 'month ' || concat_ws(' ', account_id, month, levy, own, transferred, received, corrections, \
               expired) AS line FROM monthly_sums \
               UNION ALL SELECT 'declared ' || concat_ws(' ', account_id, allowance_year, levy) FROM declared_sums \
               ORDER BY 1";
    let lines: Vec<Line> = diesel::sql_query(sql).load(&mut ledger.intruder()).unwrap();
    lines.into_iter().map(|line| line.line).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn recording_the_same_entries_again_in_an_empty_ledger_gives_the_same_sums(
        levy in prop::collection::vec((1..13_u32, 1..29_u32, -900_000..900_000_i64), 1..12),
        payments in prop::collection::vec((1..13_u32, any::<bool>(), -50_000..200_000_i64), 0..10),
        reversed in 3..20_i64,
    ) {
        let (first, again) = (Ledger::fresh_on(TODAY), Ledger::fresh_on(TODAY));
        let (account, same) = (first.account(), again.account());
        for (month, day, pence) in levy.into_iter().filter(|(_, _, pence)| *pence != 0) {
            first.levy(&account, &pounds(pence), &format!("2025-{month:02}-{day:02}"));
        }
        for (month, own, pence) in payments {
            let kind = if own { "own" } else { "transfer" };
            // Some are refused, which leaves nothing to record again.
            pay(&first, &account, (&format!("2026-{month:02}"), kind, &pounds(pence)));
        }
        first.admin.post(&format!("/v1/entries/{reversed}/reverse"), &json!({"reason": "recorded by mistake"}));
        let changes = first.admin.get("/v1/changes?limit=1000").expect(200).json();
        for change in changes["data"].as_array().unwrap().iter().filter(|change| !change["entry"].is_null()) {
            record_again(&again, &same, &change["entry"]);
        }
        prop_assert_eq!(sums(&first), sums(&again));
        prop_assert_eq!(faults(&again), Vec::<String>::new());
    }
}

fn pounds(pence: i64) -> String {
    let sign = if pence < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", pence.abs() / 100, pence.abs() % 100)
}

/// Records a payment, or has it refused; gives the status.
fn pay(ledger: &Ledger, account: &str, (month, kind, amount): (&str, &str, &str)) -> u16 {
    let payment = json!({"month": month, "kind": kind, "amount": amount});
    ledger.admin.post(&format!("/v1/accounts/{account}/payments"), &json!({"payments": [payment]})).status
}

/// Records what an entry says, under the number that it had.
fn record_again(ledger: &Ledger, account: &str, entry: &Value) {
    let (month, amount) = (entry["month"].as_str().unwrap(), entry["amount"].as_str().unwrap());
    let opposite = amount.strip_prefix('-').map_or_else(|| format!("-{amount}"), str::to_owned);
    match (entry["reverses"].as_i64(), entry["kind"].as_str().unwrap()) {
        (Some(seq), _) => {
            ledger.admin.post(&format!("/v1/entries/{seq}/reverse"), &json!({"reason": "again"})).expect(201);
        }
        (None, "own_payment") => assert_eq!(pay(ledger, account, (month, "own", &opposite)), 200),
        (None, "transfer_payment") => assert_eq!(pay(ledger, account, (month, "transfer", &opposite)), 200),
        (None, _) => {
            ledger.levy(account, amount, entry["effective_on"].as_str().unwrap());
        }
    }
}
