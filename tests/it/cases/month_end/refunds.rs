//! Worked figures of refunds and of negative earnings.

use std::collections::BTreeMap;

use levy_ledger::domain::calendar::Month;
use levy_ledger::domain::month_end::{PaidPart, Source, refund, take_back};
use rust_decimal::Decimal;
use serde_json::Value;

use super::super::transfers::reading::{decimal, list, whole};
use super::{Case, part, take_employer_percent, take_money};

/// A payment of the past: its part, the rate that it was recorded with, and its delivery period.
fn paid_before(mut line: Case) -> (PaidPart, Decimal, i32) {
    let employer_percent = take_employer_percent(&mut line);
    let source = match line.take_text("source").as_str() {
        "levy" => Source::Levy,
        "transfer" => Source::Transfer,
        "gov" | "employer" => Source::CoInvestment { employer_percent },
        unknown => panic!("no source {unknown}"),
    };
    let paid = PaidPart { source, amount: take_money(&mut line, "amount") };
    let period = line.take("period").map_or(0, |period| whole(&period));
    line.finish();
    (paid, employer_percent, period)
}

const fn family(source: Source) -> &'static str {
    match source {
        Source::CoInvestment { .. } => "coinvest",
        Source::Levy => "levy",
        Source::Transfer => "transfer",
        Source::PassedOn => "passed_on",
    }
}

/// Compares refunds by family, and by rate for co-investment where the case tells rates apart;
/// funds have no rate, so that of a levy or transfer row is one that its payments were recorded with.
fn assert_refunds(case: &mut Case, refunds: &[PaidPart], history: &[(PaidPart, Decimal, i32)], value: &Value) {
    let mut expected: BTreeMap<(String, Option<Decimal>), Decimal> = BTreeMap::new();
    let mut by_rate = false;
    let mut expect = part(case, "expect");
    for mut row in expect.take_list("refunds") {
        let name = row.take_text("family");
        let rate = row.fields.contains_key("gov_rate").then(|| take_employer_percent(&mut row));
        let of_rate =
            |paid: &PaidPart, known: Decimal| family(paid.source) == name && rate.is_none_or(|rate| rate == known);
        assert!(history.iter().any(|(paid, known, _)| of_rate(paid, *known)), "{name} was never paid so: {value}");
        by_rate |= rate.is_some();
        let rate = rate.filter(|_| name == "coinvest");
        *expected.entry((name, rate)).or_default() += decimal(&row.take("amount").unwrap());
        row.finish();
    }
    expect.finish();
    let mut given: BTreeMap<(String, Option<Decimal>), Decimal> = BTreeMap::new();
    for refund in refunds {
        let rate = match refund.source {
            Source::CoInvestment { employer_percent } if by_rate => Some(employer_percent),
            Source::CoInvestment { .. } | Source::PassedOn | Source::Levy | Source::Transfer => None,
        };
        *given.entry((family(refund.source).to_owned(), rate)).or_default() += refund.amount.pounds();
    }
    let tolerance = value.get("tolerance").map(decimal).unwrap_or_default();
    assert!(given.keys().eq(expected.keys()), "{given:?} of {value}");
    let close = given.values().zip(expected.values()).all(|(given, expected)| (given - expected).abs() <= tolerance);
    assert!(close, "{given:?} of {value}");
}

pub fn refunds(case: &mut Case, value: &Value) {
    let mut input = part(case, "input");
    let amount = take_money(&mut input, "amount");
    let history: Vec<_> = input.take_list("history").into_iter().map(paid_before).collect();
    let by_rate = input.take("by_rate").is_some_and(|by_rate| by_rate == Value::Bool(true));
    input.finish();
    let rows = list(&value["expect"]["refunds"]);
    assert!(rows.iter().all(|row| row.get("gov_rate").is_some() == by_rate), "{value}");
    let paid: Vec<PaidPart> = history.iter().map(|(paid, ..)| *paid).collect();
    assert_refunds(case, &refund(amount, &paid), &history, value);
}

pub fn negative_earning(case: &mut Case, value: &Value) {
    let mut input = part(case, "input");
    let month = |period: i32| Month::new(2025, 8).unwrap().plus(period - 1);
    let (amount, period) = (take_money(&mut input, "amount"), whole(&input.take("period").unwrap()));
    let history: Vec<_> = input.take_list("history").into_iter().map(paid_before).collect();
    input.finish();
    let mut paid: BTreeMap<Month, Vec<PaidPart>> = BTreeMap::new();
    for (part, _, period) in &history {
        paid.entry(month(*period)).or_default().push(*part);
    }
    let taken = take_back(amount, month(period), &paid);
    let taken: Vec<PaidPart> = taken.into_iter().map(|(_, part)| part).collect();
    assert_refunds(case, &taken, &history, value);
}
