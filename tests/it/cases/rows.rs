//! The ways in which a case states the rows that it expects, a period and an amount each.

use std::collections::BTreeMap;

use levy_ledger::domain::calendar::Month;
use levy_ledger::domain::money::Money;
use serde_json::Value;

use super::{Case, money, month};

pub type Rows = BTreeMap<Month, Money>;

/// Every statement about rows that a case makes.
pub fn assert_rows(case: &mut Case, rows: &Rows) {
    let name = case.name().to_owned();
    let mut named = pairs_of(case.take("expected_expired"));
    named.extend(pairs_of(case.take("rows")));
    assert_named(&name, &named, rows);
    let by_month = case.take("by_month").unwrap_or_default();
    for (period, amount) in by_month.as_object().into_iter().flatten() {
        assert_amount(&name, period.parse().unwrap(), amount, rows);
        named.push((period.parse().unwrap(), Money::ZERO));
    }
    if let Some(amount) = case.take("all_others") {
        for (period, row) in rows.iter().filter(|(period, _)| named.iter().all(|(month, _)| month != *period)) {
            assert_eq!(*row, money(&amount), "{name}: {period}, as all others");
        }
    }
    for absent in case.take("absent").iter().flat_map(|list| list.as_array().unwrap()) {
        assert_eq!(rows.get(&month(absent)), None, "{name}: {absent} is absent");
    }
    assert_totals(case, &name, rows);
    if let Some(derived) = case.take("derived_expired") {
        assert_eq!(*rows, pairs_of(Some(derived)).into_iter().collect(), "{name}");
    }
}

fn assert_totals(case: &mut Case, name: &str, rows: &Rows) {
    let total = |rows: &mut dyn Iterator<Item = (&Month, &Money)>| rows.map(|(_, amount)| *amount).sum::<Money>();
    for key in ["count", "expected_count"] {
        if let Some(count) = case.take(key) {
            assert_eq!(rows.len().to_string(), count.to_string(), "{name}: {key}");
        }
    }
    for key in ["sum", "expected_sum"] {
        if let Some(sum) = case.take(key) {
            assert_eq!(total(&mut rows.iter()), money(&sum), "{name}: {key}");
        }
    }
    if let Some(sum) = case.take("expected_sum_from") {
        let mut sum = Case::new(name, sum);
        let from = sum.take_month("period").unwrap();
        assert_eq!(total(&mut rows.range(from..)), money(&sum.take("amount").unwrap()), "{name}: sum from {from}");
        sum.finish();
    }
    if let Some(tail) = case.take("tail_sum") {
        let [from, sum] = tail.as_array().unwrap().as_slice() else { unreachable!("{name}: {tail}") };
        let from = usize::try_from(from.as_u64().unwrap()).unwrap();
        assert_eq!(total(&mut rows.iter().skip(from)), money(sum), "{name}: tail sum");
    }
}

/// The rows that a case names.
pub fn assert_named(name: &str, named: &[(Month, Money)], rows: &Rows) {
    for (period, amount) in named {
        assert_eq!(rows.get(period), Some(amount), "{name}: {period}");
    }
}

/// 0 says that nothing lapsed, with or without a row; null says that there is no row.
pub fn assert_amount(name: &str, period: Month, expected: &Value, rows: &Rows) {
    let row = rows.get(&period).copied();
    if expected.is_null() {
        assert_eq!(row, None, "{name}: {period}");
    } else {
        assert_eq!(row.unwrap_or_default(), money(expected), "{name}: {period}");
    }
}

/// The periods and amounts under a key.
pub fn pairs(case: &mut Case, key: &str) -> Vec<(Month, Money)> {
    pairs_of(case.take(key))
}

/// A list of periods and amounts; nothing where it is absent.
pub fn pairs_of(list: Option<Value>) -> Vec<(Month, Money)> {
    let list = list.unwrap_or_else(|| Value::Array(Vec::new()));
    let pair = |item: &Value| {
        let mut item = Case::new("a period and an amount", item.clone());
        let pair = (item.take_month("period").unwrap(), money(&item.take("amount").unwrap()));
        item.finish();
        pair
    };
    list.as_array().unwrap().iter().map(pair).collect()
}
