//! Worked figures of the calendar, levy credits, the transfer allowance and instalments.

mod earnings;
mod profiles;
pub mod reading;

use chrono::{Days, NaiveDate};
use levy_ledger::domain::allowance::{Allowance, Basis, YearUse, allowance, base_levy, base_window};
use levy_ledger::domain::calendar::{AllowanceYear, Month, TaxYear};
use levy_ledger::domain::earnings::{capped_price, completion_payment, instalment};
use levy_ledger::domain::levy::credit;
use levy_ledger::domain::money::Money;
use levy_ledger::domain::rules::{Parameter, RuleSet};
use rust_decimal::Decimal;
use serde_json::Value;

use reading::{cases, day, decimal, is, list, money, percent, text, whole};

/// Kinds of `transfers.json` that are worked elsewhere: those of a month's close in `month_end.rs`.
const MONTH_END: [&str; 2] = ["monthly_funding_order", "monthly_split"];

/// Kinds of `transfers.json` whose rules belong to the public sector return.
const OTHER_RULES: [&str; 2] = ["public_sector_target", "public_sector_year"];

#[test]
fn transfer_allowances_are_as_worked() {
    for case in &cases(include_str!("../../cases/transfer_allowance.json")) {
        match text(&case["kind"]) {
            "worked_example" => worked_example(case),
            "from_submissions" => from_submissions(case),
            "floor" => floor(case),
            "year_window" => year_window(case),
            "remaining" => remaining(case),
            unknown => panic!("no rule for the kind {unknown}"),
        }
    }
}

#[test]
fn calendar_levy_and_instalments_are_as_worked() {
    for case in &cases(include_str!("../../cases/transfers.json")) {
        match text(&case["kind"]) {
            "financial_year_label" => {
                assert_eq!(TaxYear::of(day(&case["date"])).to_string(), text(&case["expect"]), "{case}");
            }
            "previous_levy_window" => previous_levy_window(case),
            "allowance_remaining" => allowance_remaining(case),
            "levy_credit" => levy_credit(case),
            "dated_parameters" => dated_parameters(case),
            "instalments" => instalments(case),
            "funding_cap" => funding_cap(case),
            kind if MONTH_END.contains(&kind) => {}
            kind => assert!(OTHER_RULES.contains(&kind), "no rule for the kind {kind}"),
        }
    }
}

/// The year's allowance at this cap on this base, with so much paid.
fn year_with(cap_percent: Decimal, base_levy: Money, paid: Money, on: NaiveDate) -> Allowance {
    let basis = Basis {
        allowance_year: AllowanceYear::of(on),
        base_levy,
        cap_percent: Some(cap_percent),
        policy_cap_percent: None,
        provisional: false,
    };
    Allowance::new(basis, YearUse { paid, reserved: Money::ZERO })
}

fn worked_example(case: &Value) {
    let declared = money(&case["levy_declared_in_previous_year"]);
    let funds = credit(declared, decimal(&case["english_fraction"]), percent(&case["top_up"])).unwrap().amount;
    assert!(is(funds, &case["expected"]["funds"], case), "{case}");
    let allowance = allowance(Some(percent(&case["percentage"])), funds);
    assert!(is(allowance, &case["expected"]["allowance"], case), "{case}");
    if let (Some(year), Some(levy)) = (case.get("allowance_year"), case.get("tax_year_of_levy")) {
        let year: AllowanceYear = text(year).parse().unwrap();
        assert_eq!(year.previous().to_string(), text(levy), "{case}");
    }
}

struct Submission {
    label: Month,
    year: String,
    order: (String, i32),
    fraction: Decimal,
    figure: Money,
    on: NaiveDate,
}

impl Submission {
    fn read(line: &Value) -> Self {
        let year = text(&line["year"]).to_owned();
        let april = Month::new(2000 + year[..2].parse::<i32>().unwrap(), 4).unwrap();
        Self {
            label: april.plus(whole(&line["month"]) - 1),
            year,
            order: (text(&line["submitted"]).to_owned(), whole(&line["id"])),
            fraction: line.get("english_fraction").map_or(Decimal::ONE, decimal),
            figure: money(&line["ytd"]),
            on: day(&line["submitted"]),
        }
    }

    /// The 20th of the month after the label.
    fn cut_off(&self) -> NaiveDate {
        self.label.plus(1).first_day() + Days::new(19)
    }
}

fn from_submissions(case: &Value) {
    let lines = list(&case["submissions"]).iter().filter(|line| !line["ytd"].is_null()).map(Submission::read);
    let mut on_time: Vec<Submission> = lines.filter(|line| line.on < line.cut_off()).collect();
    on_time.sort_by_key(|line| (line.label, line.order.clone()));
    on_time.reverse();
    on_time.dedup_by_key(|line| line.label);
    on_time.reverse();
    let mut before: Option<&Submission> = None;
    let mut credits = Vec::new();
    for line in &on_time {
        let since = before.filter(|earlier| earlier.year == line.year).map(|earlier| earlier.figure);
        let top_up = RuleSet::england().value_on(Parameter::TopUpPercent, line.cut_off()).unwrap();
        let credit = credit(line.figure - since.unwrap_or_default(), line.fraction, top_up).unwrap();
        credits.push((line.on, credit.amount));
        before = Some(line);
    }
    let base = base_levy(AllowanceYear::of(day(&case["as_at"])), credits);
    let allowance = allowance(Some(percent(&case["percentage"])), base);
    assert!(is(allowance, &case["expected"]["allowance"], case), "{case}: {allowance}");
}

fn floor(case: &Value) {
    let raw = money(&case["raw_remaining"]);
    let on = NaiveDate::from_ymd_opt(2026, 5, 1).unwrap();
    let year = year_with(Decimal::ONE_HUNDRED, raw.at_least_zero(), (-raw).at_least_zero(), on);
    assert!(is(year.remaining, &case["expected"]["remaining"], case), "{case}");
}

fn year_window(case: &Value) {
    let window = base_window(AllowanceYear::of(day(&case["as_at"])));
    assert_eq!(window, day(&case["expected"]["from"])..day(&case["expected"]["before"]), "{case}");
}

fn previous_levy_window(case: &Value) {
    let window = base_window(AllowanceYear::of(day(&case["as_at"])));
    assert_eq!(window, day(&case["expect"][0])..day(&case["expect"][1]), "{case}");
}

fn remaining(case: &Value) {
    let as_at = day(&case["as_at"]);
    let year = AllowanceYear::of(as_at);
    let dated = |line: &Value| (day(&line["date"]), money(&line["amount"]));
    let base = base_levy(year, list(&case["levy_lines"]).iter().map(dated));
    let paid = list(&case["transfers_out"]).iter().map(dated);
    let paid = paid.filter(|(on, _)| AllowanceYear::of(*on) == year && *on <= as_at).map(|(_, amount)| amount).sum();
    let year = year_with(percent(&case["percentage"]), base, paid, as_at);
    assert!(is(year.allowance, &case["expected"]["starting"], case), "{case}");
    assert!(is(year.remaining, &case["expected"]["remaining"], case), "{case}");
}

fn allowance_remaining(case: &Value) {
    let base = credit(money(&case["levy"]), decimal(&case["english_fraction"]), percent(&case["top_up"])).unwrap();
    let on = NaiveDate::from_ymd_opt(2026, 5, 1).unwrap();
    let year = year_with(decimal(&case["percent"]), base.amount, money(&case["paid_this_year"]), on);
    assert!(is(year.remaining, &case["expect"], case), "{case}: {}", year.remaining);
}

fn levy_credit(case: &Value) {
    let (fraction, top_up) = (decimal(&case["english_fraction"]), percent(&case["top_up"]));
    let mut before = Money::ZERO;
    let mut credits = Vec::new();
    for figure in list(&case["ytd"]) {
        let figure = if figure.is_null() { before } else { money(figure) };
        let credit = credit(figure - before, fraction, top_up).unwrap();
        assert_eq!(credit.declared, figure - before);
        credits.push(credit.amount);
        before = figure;
    }
    let expected = list(&case["expect"]["credits"]);
    assert_eq!(credits.len(), expected.len(), "{case}");
    assert!(credits.iter().zip(expected).all(|(credit, expected)| is(*credit, expected, case)), "{case}");
    assert!(is(credits.into_iter().sum(), &case["expect"]["balance"], case), "{case}");
}

fn dated_parameters(case: &Value) {
    let parameter: Parameter = text(&case["parameter"]).parse().unwrap();
    let expected = if case["expect"].is_null() { None } else { Some(decimal(&case["expect"])) };
    assert_eq!(RuleSet::england().value_on(parameter, day(&case["date"])), expected, "{case}");
}

fn instalments(case: &Value) {
    let price = money(&case["price"]);
    let monthly = instalment(price, whole(&case["months"]).try_into().unwrap());
    assert!(is(monthly, &case["expect"]["monthly"], case), "{case}: {monthly}");
    assert!(is(completion_payment(price), &case["expect"]["completion"], case), "{case}");
}

fn funding_cap(case: &Value) {
    let maximum_on = |start: NaiveDate| {
        let bound = |band: &Value, key: &str| if band[key].is_null() { None } else { Some(day(&band[key])) };
        let holds = |band: &&Value| {
            bound(band, "from").is_none_or(|from| from <= start) && bound(band, "to").is_none_or(|to| start <= to)
        };
        list(&case["bands"]).iter().find(holds).map_or(Money::ZERO, |band| money(&band["cap"]))
    };
    let (mut caps, mut costs) = (Money::ZERO, Money::ZERO);
    for apprentice in list(&case["apprentices"]) {
        let maximum = maximum_on(day(&apprentice["start"]));
        caps += maximum;
        costs += capped_price(money(&apprentice["cost"]), Some(maximum));
    }
    assert!(is(caps, &case["expect"]["cap_total"], case), "{case}: {caps}");
    assert!(is(costs, &case["expect"]["capped_cost"], case), "{case}: {costs}");
}
