//! Whole years of a council closed month by month: whatever is known ahead, each month is paid from
//! what was effective by its last day, so that recording everything first and closing the months in
//! a row says the same as recording and closing as time goes by.

mod council;
mod facts;
mod forecast;
mod invariants;
mod known;
mod lives;
mod programmes;

use std::collections::BTreeSet;

use levy_ledger::domain::calendar::Month;
use proptest::prelude::*;
use serde_json::{Value, json};

use council::Council;
use facts::{Size, Story, What};
use invariants::{funds, hold};

/// What a story comes to: the books at its end, and the funds at the end of each month.
struct Told {
    books: [Vec<String>; 4],
    funds: Vec<Value>,
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

/// Records everything first, then closes the months in a row.
fn all_at_once(story: &Story) -> Told {
    let mut council = Council::new(story);
    for fact in &story.facts {
        council.record(story, fact);
    }
    council.on(story.size.last().plus(1).first_day());
    let mut told = Vec::new();
    for month in story.size.first.through(story.size.last()) {
        close(&mut council, story, month, &mut told);
    }
    end(council, told)
}

/// Records each fact on its day, and closes each month when it is over.
fn as_time_goes_by(story: &Story) -> Told {
    let mut council = Council::new(story);
    let mut facts = story.facts.iter().peekable();
    let mut told = Vec::new();
    for month in story.size.first.through(story.size.last()) {
        while let Some(fact) = facts.next_if(|fact| fact.day <= month.last_day()) {
            council.on(fact.day);
            council.record(story, fact);
        }
        council.on(month.plus(1).first_day());
        close(&mut council, story, month, &mut told);
    }
    end(council, told)
}

fn close(council: &mut Council, story: &Story, month: Month, told: &mut Vec<Value>) {
    council.close(month, false);
    hold(council, story, month);
    told.extend((0..2).map(|account| funds(council, account, month)));
}

fn end(mut council: Council, funds: Vec<Value>) -> Told {
    verify(&council);
    Told { books: council.books(), funds }
}

fn verify(council: &Council) {
    let found = council.ledger.admin.get("/v1/audit/verify").expect(200).json();
    assert_eq!(found["ok"], true, "{found}");
}

/// The first lines in which two books part.
fn parting(one: &[String], other: &[String]) -> Vec<String> {
    let (one, other): (BTreeSet<&String>, BTreeSet<&String>) = (one.iter().collect(), other.iter().collect());
    let first = one.difference(&other).take(5).map(|line| format!("only ahead: {line}"));
    first.chain(other.difference(&one).take(5).map(|line| format!("only in time: {line}"))).collect()
}

fn assert_same(ahead: &Told, in_time: &Told) {
    for (what, (one, other)) in
        ["entries", "months", "co-investment", "notices"].iter().zip(ahead.books.iter().zip(&in_time.books))
    {
        assert_eq!(parting(one, other), Vec::<String>::new(), "{what}");
        assert_eq!(one, other, "{what}");
    }
    assert_eq!(ahead.funds, in_time.funds);
}

#[test]
fn thirty_six_months_of_two_hundred_starts_come_to_the_same_whenever_their_facts_are_recorded() {
    let size =
        Size { starts: 200, first: month("2026-08"), months: 36, levy_before: 60, levy: 45_000, rule_set: "england" };
    let story = Story::of(20_260_801, size);
    let told = std::thread::scope(|both| {
        let ahead = both.spawn(|| all_at_once(&story));
        let in_time = as_time_goes_by(&story);
        (ahead.join().unwrap(), in_time)
    });
    is_rich(&told.1, &story);
    assert_same(&told.0, &told.1);
}

/// The story holds what it is told for: all that can happen does, more than once.
fn is_rich(told: &Told, story: &Story) {
    let [entries, months, co_invested, notices] = &told.books;
    let count = |lines: &[String], parts: &[&str]| {
        lines.iter().filter(|line| parts.iter().all(|part| line.contains(part))).count()
    };
    let refunds = |kind: &str| {
        let of_kind = entries.iter().filter(|line| line.contains(kind) && !line.contains(" of - "));
        of_kind.filter(|line| !line.split(' ').nth(4).unwrap().starts_with('-')).count()
    };
    let at_rate = |percent: &str| co_invested.iter().filter(|line| line.split(' ').nth(6) == Some(percent)).count();
    let figures = [
        ("months", months.len(), 72),
        ("own payments", count(entries, &["own_payment"]), 800),
        ("transfer payments", count(entries, &["transfer_payment"]), 300),
        ("balancing", count(entries, &["balancing"]), 15),
        ("completion", count(entries, &["completion"]), 40),
        ("refunds of own training", refunds("own_payment"), 15),
        ("refunds of transfers", refunds("transfer_payment"), 10),
        ("expiry", entries.iter().filter(|line| line.contains("expiry") && !line.contains(" 0 lot")).count(), 20),
        ("co-investment", co_invested.len(), 200),
        ("co-invested at 25%", at_rate("25"), 100),
        ("co-invested at 5%", at_rate("5"), 2),
        ("passed on", co_invested.iter().filter(|line| !line.ends_with(" -")).count(), 10),
        ("shortfalls noticed", count(notices, &["shortfall"]), 12),
        ("funds lapsing noticed", count(notices, &["funds_lapsing"]), 6),
    ];
    let poor: Vec<_> = figures.iter().filter(|(_, found, least)| found < least).collect();
    assert!(poor.is_empty(), "{poor:?} of {} facts; all: {figures:?}", story.facts.len());
}

/// What a month's record says, whether it was tried or closed.
fn timeless(mut record: Value) -> Value {
    record["head"] = Value::Null;
    record
}

fn small(seed: u64, starts: usize, rule_set: &'static str, first: &str) -> Story {
    let size = Size { starts, first: month(first), months: 8, levy_before: 26, levy: 3_000, rule_set };
    Story::of(seed, size)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..ProptestConfig::default() })]

    #[test]
    fn a_small_account_closes_month_by_month(
        seed in any::<u64>(),
        starts in 1..9_usize,
        rule_set in prop_oneof![Just("standard"), Just("england")],
        first in prop_oneof![Just("2026-05"), Just("2026-08"), Just("2026-12")],
        reversed in any::<prop::sample::Index>(),
    ) {
        let story = small(seed, starts, rule_set, first);
        let mut council = Council::new(&story);
        let mut facts = story.facts.iter().peekable();
        for month in story.size.first.through(story.size.last()) {
            if month == story.size.last() {
                reverse_a_payment(&mut council, month, reversed)?;
            }
            while let Some(fact) = facts.next_if(|fact| fact.day <= month.last_day()) {
                council.on(fact.day);
                council.record(&story, fact);
            }
            council.on(month.plus(1).first_day());
            tried_closed_and_closed_again(&mut council, month)?;
            hold(&mut council, &story, month);
        }
        verify(&council);
    }
}

/// A dry run says what the close then does, and closing again answers the same and records nothing.
fn tried_closed_and_closed_again(council: &mut Council, month: Month) -> Result<(), TestCaseError> {
    for account in council.accounts.clone() {
        let path = format!("/v1/accounts/{account}/months/{month}/close");
        let post = |query: &str| council.ledger.admin.post(&format!("{path}{query}"), &json!({})).expect(200).json();
        let (tried, closed) = (post("?dry_run=true"), post(""));
        prop_assert_eq!(timeless(tried), timeless(closed.clone()));
        let head = || council.ledger.admin.get("/v1/changes").expect(200).json()["head"].clone();
        let before = head();
        prop_assert_eq!((post(""), post("?dry_run=true"), head()), (closed.clone(), closed, before));
    }
    Ok(())
}

/// A payment that was a mistake comes back in the first open month, whose close pays what the start
/// has earned all the same. What was given back already is not given back twice.
fn reverse_a_payment(council: &mut Council, open: Month, which: prop::sample::Index) -> Result<(), TestCaseError> {
    let paid = council
        .lines("SELECT CAST(seq AS TEXT) AS line FROM entries WHERE start_id IS NOT NULL AND amount < 0 ORDER BY seq");
    let Some(seq) = paid.get(which.index(paid.len().max(1))) else { return Ok(()) };
    let reversal = json!({"reason": "paid from the wrong account"});
    let answer = council.ledger.admin.post(&format!("/v1/entries/{seq}/reverse"), &reversal);
    if answer.status == 409 {
        prop_assert!(answer.text.contains("would be given back"), "{}", answer.text);
        return Ok(());
    }
    let back = answer.expect(201).json();
    prop_assert_eq!(&back["month"], &json!(open.to_string()));
    prop_assert_eq!(&back["effective_on"], &json!(open.first_day().to_string()));
    Ok(())
}

/// Whatever happens is known when it is drawn: a story is told twice alike.
#[test]
fn a_story_follows_from_its_seed() {
    let facts = |seed| format!("{:?}", small(seed, 8, "england", "2026-08").facts);
    assert_eq!(facts(7), facts(7));
    assert_ne!(facts(7), facts(8));
    let starts = |story: &Story| story.facts.iter().filter(|fact| matches!(fact.what, What::Start(_))).count();
    assert_eq!(starts(&small(7, 8, "england", "2026-08")), 8);
}
