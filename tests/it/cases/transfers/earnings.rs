//! Worked figures of census dates, delivery periods and starts that run as planned.

use levy_ledger::domain::calendar::{DeliveryPeriod, Month};
use levy_ledger::domain::earnings::{
    EarningKind, Instalment, capped_price, census_months, completion_payment, on_programme_total, regular_earnings,
};
use levy_ledger::domain::money::Money;
use serde_json::Value;

use super::reading::{cases, day, is, list, money, text, whole};

/// Kinds of `earnings.json` whose rules belong to a month's close.
const OTHER_RULES: [&str; 6] = ["month_end", "order", "coinvest", "refund", "negative_earning", "balance"];

#[test]
fn starts_that_run_as_planned_earn_as_worked() {
    let mut profiles = 0;
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
            "profile" if runs_as_planned(input) => {
                profile(case);
                profiles += 1;
            }
            "profile" => {}
            kind => assert!(OTHER_RULES.contains(&kind), "no rule for the kind {kind}"),
        }
    }
    assert!(profiles > 0, "some profiles run as planned");
}

fn given<'a>(input: &'a Value, key: &str) -> Option<&'a Value> {
    input.get(key).filter(|value| !value.is_null())
}

/// One price and one period to its planned end, without a change of circumstance.
fn runs_as_planned(input: &Value) -> bool {
    let ([price], [period]) = (list(&input["prices"]), list(&input["periods"])) else { return false };
    let to_its_end = given(period, "end").is_none_or(|end| *end == period["planned_end"]);
    let undisturbed = ["withdrawal", "pause", "completion"].into_iter().all(|key| given(input, key).is_none());
    price["from"] == period["start"] && to_its_end && undisturbed
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

fn profile(case: &Value) {
    let input = &case["input"];
    let period = &input["periods"][0];
    let price = capped_price(money(&input["prices"][0]["amount"]), given(input, "fbm").map(money));
    let (start_on, planned_end_on) = (day(&period["start"]), day(&period["planned_end"]));
    let earned = regular_earnings(price, start_on, planned_end_on, given(input, "achievement").map(day));
    for (aspect, expected) in case["expect"].as_object().unwrap() {
        let holds = match aspect.as_str() {
            "on_programme_total" => is(on_programme_total(price), expected, case),
            "completion_payment" => is(completion_payment(price), expected, case),
            rows => rows_hold(rows, expected, &earned, case),
        };
        assert!(holds, "{aspect} of {case}: {earned:?}");
    }
}

fn rows_hold(aspect: &str, expected: &Value, earned: &[Instalment], case: &Value) -> bool {
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
