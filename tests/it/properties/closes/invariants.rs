//! What holds after every close.

use std::collections::HashMap;

use levy_ledger::domain::calendar::Month;
use levy_ledger::domain::earnings::{Instalment, earnings};
use levy_ledger::domain::money::Money;
use levy_ledger::domain::starts::StartHistory;
use serde_json::Value;

use super::council::Council;
use super::facts::{Start, Story};

fn money(value: &Value) -> Money {
    value.as_str().unwrap_or_else(|| panic!("no money: {value}")).parse().unwrap()
}

/// Everything that holds once a month is closed.
pub fn hold(council: &mut Council, story: &Story, month: Month) {
    for account in 0..council.accounts.len() {
        funds_foot(council, account, month);
        totals_foot(council, account, month);
        within_the_allowance(council, account, month);
    }
    every_start_is_settled(council, story, month);
}

/// The funds at a month's end, lot by lot.
pub fn funds(council: &Council, account: usize, month: Month) -> Value {
    council.get(account, &format!("funds?as_at={}", month.last_day()))
}

fn funds_foot(council: &mut Council, account: usize, month: Month) {
    let funds = funds(council, account, month);
    let mut remaining = Money::ZERO;
    for lot in funds["lots"].as_array().unwrap() {
        let [entered, spent, transferred, expired, left] =
            ["entered", "spent", "transferred", "expired", "remaining"].map(|name| money(&lot[name]));
        assert_eq!(entered, spent + transferred + expired + left, "{month}: {lot}");
        assert!([entered, spent, transferred, expired, left].iter().all(|part| !part.is_negative()), "{month}: {lot}");
        remaining += left;
    }
    let balance = money(&funds["balance"]);
    assert_eq!(balance, remaining + money(&funds["unallocated"]), "{month}");
    let key = format!("(SELECT id FROM accounts WHERE public_id = '{}')", council.accounts[account]);
    let day = month.last_day();
    let sum = format!(
        "SELECT CAST(COALESCE(SUM(amount), 0) AS TEXT) AS line FROM entries \
         WHERE account_id = {key} AND effective_on <= '{day}'"
    );
    let entries: i64 = council.lines(&sum)[0].parse().unwrap();
    assert_eq!(balance.units(), entries, "{month}: the balance is the sum of the entries");
}

fn totals_foot(council: &Council, account: usize, month: Month) {
    let totals = council.get(account, &format!("totals?as_at={}", month.last_day()));
    let [levy, received, corrections, own, transferred, expired, balance] =
        ["levy_in", "transfers_received", "corrections", "own_spending", "transferred", "expired", "balance"]
            .map(|name| money(&totals[name]));
    assert_eq!(balance, levy + received + corrections - own - transferred - expired, "{month}: {totals}");
}

/// No levy of a year that is over is taken back in a story, so nothing exceeds an allowance.
fn within_the_allowance(council: &Council, account: usize, month: Month) {
    let allowance = council.get(account, &format!("transfer-allowance?on={}", month.last_day()));
    assert_eq!(allowance["exceeded_by"], "0.00", "{month}: {allowance}");
    assert!(money(&allowance["paid"]) <= money(&allowance["allowance"]), "{month}: {allowance}");
}

/// What a start has earned by a month's end, from its facts alone.
fn earned(start: &Start, month: Month) -> Vec<Instalment> {
    let changes = (0..).zip(start.changes.iter().copied()).collect();
    let learning = StartHistory::new(start.facts.clone(), changes).learning_at(month.last_day());
    earnings(&learning.unwrap()).into_iter().filter(|earning| earning.month <= month).collect()
}

/// Paid, co-invested and passed on make up what was earned, and by the provider's own account what
/// was passed on to it. More stays settled only where a month earned less than nothing, of which
/// the rest is never taken back.
fn every_start_is_settled(council: &mut Council, story: &Story, month: Month) {
    let settled = sums(council, SETTLED);
    for start in story.starts.iter().filter(|start| start.facts.agreed_on <= month.last_day()) {
        let of_start = settled.get(&start.reference).copied().unwrap_or_default();
        let earned = earned(start, month);
        let total: Money = earned.iter().map(|earning| earning.amount).sum();
        let negative = start.changes.iter().any(|change| matches!(change.done(), "price_changed"));
        let more = of_start - total;
        assert!(more.is_zero() || (negative && more > Money::ZERO), "{month}: {start:?} {of_start} of {total}");
    }
    let (passed, met) = (sums(council, PASSED_ON), sums(council, MET));
    for (reference, passed) in passed {
        let met = met.get(&reference).copied().unwrap_or_default();
        assert_eq!(met, passed, "{month}: {reference}");
    }
}

fn sums(council: &mut Council, sql: &str) -> HashMap<String, Money> {
    let pair = |line: String| {
        let (reference, units) = line.split_once(' ').unwrap();
        (reference.to_owned(), Money::from_units(units.parse().unwrap()))
    };
    council.lines(sql).into_iter().map(pair).collect()
}

/// By start: what the council paid, what it did not cover and what it passed on.
const SETTLED: &str = "SELECT l.learner_reference || ' ' || SUM(x.amount) AS line FROM (
    SELECT start_id, account_id, -amount AS amount FROM entries WHERE start_id IS NOT NULL
    UNION ALL SELECT start_id, account_id, amount FROM co_investments) x
    JOIN starts s ON s.id = x.start_id AND s.account_id = x.account_id
    JOIN learners l ON l.start_id = x.start_id GROUP BY x.start_id, l.learner_reference";
/// By start: what was passed on.
const PASSED_ON: &str = "SELECT l.learner_reference || ' ' || SUM(c.amount) AS line FROM co_investments c
    JOIN learners l ON l.start_id = c.start_id WHERE c.passed_to IS NOT NULL GROUP BY c.start_id, l.learner_reference";
/// By start: what an account met that it was passed on.
const MET: &str = "SELECT l.learner_reference || ' ' || SUM(x.amount) AS line FROM (
    SELECT start_id, account_id, -amount AS amount FROM entries WHERE start_id IS NOT NULL
    UNION ALL SELECT start_id, account_id, amount FROM co_investments) x
    JOIN starts s ON s.id = x.start_id AND s.account_id <> x.account_id
    JOIN learners l ON l.start_id = x.start_id GROUP BY x.start_id, l.learner_reference";
