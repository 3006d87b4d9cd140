//! Worked figures of census dates, delivery periods, the balancing step and what starts earn
//! through their whole life.

use levy_ledger::domain::calendar::{DeliveryPeriod, Month};
use levy_ledger::domain::earnings::{
    AgreedPrice, Completion, EarningKind, Instalment, Learning, PeriodInLearning, balance, capped_price, census_months,
    completion_payment, earnings, on_programme_total,
};
use levy_ledger::domain::money::Money;
use serde_json::Value;

use super::reading::{cases, day, is, list, money, text, whole};

/// Kinds of `earnings.json` whose rules belong to a month's close.
const OTHER_RULES: [&str; 5] = ["month_end", "order", "coinvest", "refund", "negative_earning"];

#[test]
fn starts_earn_as_worked() {
    let (mut profiles, mut balanced) = (0, 0);
    for case in &cases(include_str!("../../../cases/earnings.json")) {
        let input = &case["input"];
        match text(&case["kind"]) {
            "period" => {
                let period = DeliveryPeriod::of(Month::of(day(&input["date"]))).to_string();
                assert_eq!(period, label(&case["expect"]["period"]), "{case}");
            }
            "census" => {
                let count = census_months(day(&input["start"]), day(&input["end"])).count();
                assert_eq!(count, size(&case["expect"]["count"]), "{case}");
            }
            "profile" => {
                profile(case);
                profiles += 1;
            }
            "balance" => {
                balancing_step(case);
                balanced += 1;
            }
            kind => assert!(OTHER_RULES.contains(&kind), "no rule for the kind {kind}"),
        }
    }
    assert!(profiles > 0 && balanced > 0, "{profiles} starts and {balanced} balancing steps were tried");
}

fn given<'a>(input: &'a Value, key: &str) -> Option<&'a Value> {
    input.get(key).filter(|value| !value.is_null())
}

/// The start of a case. Its last period has no break after it: an end short of the planned one is the
/// last day learnt so far, as a pause is.
fn learning(input: &Value) -> Learning {
    let mut periods: Vec<PeriodInLearning> = list(&input["periods"]).iter().map(period_in_learning).collect();
    let last = periods.last_mut().unwrap();
    let learnt_to = last.last_day.take().filter(|end| *end < last.planned_end_on);
    let price = |price: &Value| AgreedPrice { from: day(&price["from"]), amount: money(&price["amount"]) };
    let date = |key: &str| given(input, key).map(day);
    Learning {
        funding_band_maximum: given(input, "fbm").map(money),
        prices: list(&input["prices"]).iter().map(price).collect(),
        periods,
        paused_on: date("pause").into_iter().chain(learnt_to).min(),
        withdrawn_on: date("withdrawal"),
        completed_on: date("completion"),
        achieved_on: date("achievement"),
    }
}

fn period_in_learning(period: &Value) -> PeriodInLearning {
    PeriodInLearning {
        start_on: day(&period["start"]),
        last_day: given(period, "end").map(day),
        planned_end_on: day(&period["planned_end"]),
    }
}

/// A delivery period given as `[2627, 2]`, as it is written: `2627-R02`.
fn label(period: &Value) -> String {
    format!("{:04}-R{:02}", whole(&period[0]), whole(&period[1]))
}

fn size(value: &Value) -> usize {
    text(value).parse().unwrap()
}

fn period_of(instalment: &Instalment) -> String {
    DeliveryPeriod::of(instalment.month).to_string()
}

fn kind_named(name: &str) -> EarningKind {
    match name {
        "Regular" => EarningKind::OnProgramme,
        "Balancing" => EarningKind::Balancing,
        "Completion" => EarningKind::Completion,
        unknown => panic!("no kind of earning {unknown}"),
    }
}

/// The month of a delivery period given as `[2627, 2]`: August 2026 is the first of 2627.
fn month_of(period: &Value) -> Month {
    Month::new(2000 + whole(&period[0]) / 100, 8).unwrap().plus(whole(&period[1]) - 1)
}

fn balancing_step(case: &Value) {
    let input = &case["input"];
    let instalment =
        |row: &Value| Instalment { month: month_of(row), kind: EarningKind::OnProgramme, amount: money(&row[2]) };
    let completion = Completion {
        completed_on: day(&input["completion"]),
        planned_end_on: day(&input["price_end"]),
        on_programme_total: money(&input["on_programme_total"]),
    };
    let balanced = balance(list(&input["instalments"]).iter().map(instalment).collect(), &completion);
    assert_eq!(case["expect"].as_object().unwrap().keys().collect::<Vec<_>>(), ["instalments"], "{case}");
    assert!(same_rows(list(&case["expect"]["instalments"]), &balanced, case), "{case}: {balanced:?}");
}

fn profile(case: &Value) {
    let start = learning(&case["input"]);
    let price = capped_price(start.prices.last().unwrap().amount, start.funding_band_maximum);
    let earned = earnings(&start);
    for (aspect, expected) in case["expect"].as_object().unwrap() {
        let holds = match aspect.as_str() {
            "on_programme_total" => is(on_programme_total(price), expected, case),
            "completion_payment" => is(completion_payment(price), expected, case),
            rows => rows_hold(rows, expected, &earned, case),
        };
        assert!(holds, "{aspect} of {case}: {earned:?}");
    }
}

pub(super) fn rows_hold(aspect: &str, expected: &Value, earned: &[Instalment], case: &Value) -> bool {
    let regular: Vec<&Instalment> = earned.iter().filter(|row| row.kind == EarningKind::OnProgramme).collect();
    match aspect {
        "instalments" => same_rows(list(expected), earned, case),
        "count" => earned.len() == size(expected),
        "regular_count" => regular.len() == size(expected),
        "min_count" => earned.len() >= size(expected),
        "sum" => is(earned.iter().map(|row| row.amount).sum::<Money>(), expected, case),
        "none_after" => earned.iter().all(|row| period_of(row) <= label(expected)),
        "all_regular_amount" => regular.iter().all(|row| is(row.amount, expected, case)),
        "from_period" => {
            let from = label(&expected["period"]);
            regular.iter().filter(|row| period_of(row) >= from).all(|row| is(row.amount, &expected["amount"], case))
        }
        "ranges" => list(expected).iter().all(|range| range_holds(range, &regular, case)),
        "amount_counts" => list(expected)
            .iter()
            .all(|pair| earned.iter().filter(|row| is(row.amount, &pair[0], case)).count() == size(&pair[1])),
        "by_type" => expected.as_object().unwrap().iter().all(|(name, row)| {
            let expected = if row.is_null() { Vec::new() } else { vec![row.clone()] };
            let of_kind = earned.iter().filter(|earning| earning.kind == kind_named(name));
            same_rows(&expected, &of_kind.copied().collect::<Vec<_>>(), case)
        }),
        unknown => panic!("no reading of {unknown}"),
    }
}

fn range_holds(range: &Value, regular: &[&Instalment], case: &Value) -> bool {
    let (from, to) = (label(&range["periods"][0]), label(&range["periods"][1]));
    let mut inside = regular.iter().filter(|row| (from.clone()..=to.clone()).contains(&period_of(row))).peekable();
    inside.peek().is_some() && inside.all(|row| is(row.amount, &range["amount"], case))
}

/// Whether the rows are these, in any order.
fn same_rows(expected: &[Value], earned: &[Instalment], case: &Value) -> bool {
    let mut left = earned.to_vec();
    let all_found = expected.iter().all(|row| {
        let kind = row.get(3).filter(|kind| !kind.is_null()).map(|kind| kind_named(text(kind)));
        let found = left.iter().position(|earning| {
            period_of(earning) == label(row)
                && is(earning.amount, &row[2], case)
                && kind.is_none_or(|kind| kind == earning.kind)
        });
        found.map(|index| left.remove(index)).is_some()
    });
    all_found && left.is_empty()
}
