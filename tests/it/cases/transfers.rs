//! Worked figures of the calendar, levy credits, the transfer allowance and instalments.

mod earnings;
mod profiles;
pub mod reading;

use chrono::{Days, NaiveDate};
use levy_ledger::domain::allowance::{Allowance, Basis, YearUse, allowance, base_levy, base_window};
use levy_ledger::domain::calendar::{AllowanceYear, TaxYear};
use levy_ledger::domain::declarations::{Processing, Submission, SubmissionId, settle};
use levy_ledger::domain::earnings::{capped_price, completion_payment, instalment};
use levy_ledger::domain::levy::{Credit, credit};
use levy_ledger::domain::money::Money;
use levy_ledger::domain::payroll::{PayrollMonth, PayrollYear, Timeliness, in_the_uk};
use levy_ledger::domain::public_sector::{HeadCount, ReportingYear, WorkforceReturn};
use levy_ledger::domain::rules::{Parameter, RuleRow, RuleSet};
use rust_decimal::Decimal;
use serde_json::Value;

use reading::{cases, day, decimal, is, list, money, percent, text, whole};

/// Kinds of `transfers.json` that are worked elsewhere: those of a month's close in `month_end.rs`.
const MONTH_END: [&str; 2] = ["monthly_funding_order", "monthly_split"];

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
            "public_sector_target" => public_sector_target(case),
            "public_sector_year" => public_sector_year(case),
            unknown => panic!("no rule for the kind {unknown}"),
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

/// A submission that says everything but when, which is the day before its cut-off.
fn submission(id: i64, month: PayrollMonth, figure: &Value, english_fraction: Decimal) -> Submission {
    let submission = Submission {
        id: SubmissionId::from_stored(id),
        month,
        year_to_date: if figure.is_null() { None } else { Some(money(figure)) },
        no_payment: figure.is_null(),
        submitted_at: (month.cut_off() - Days::new(1)).into(),
        english_fraction: Some(english_fraction),
        timeliness: Timeliness::OnTime,
    };
    submission.dated()
}

/// What the submissions of one scheme are credited, each with the day of its submission; none for
/// one that posts nothing.
fn credits(submissions: &[Submission], rules: &RuleSet) -> Vec<(NaiveDate, Option<Credit>)> {
    let processing = Processing {
        account: 1,
        processed_on: submissions.iter().map(|submission| submission.month.cut_off()).max().unwrap(),
        rules,
        english_fraction_override: None,
        first_year: PayrollYear::beginning_in(2010),
    };
    let outcomes = settle(&[], submissions, &processing);
    let credit = |submission: &Submission| outcomes[&submission.id].posting().map(|posting| posting.credit);
    submissions.iter().map(|sent| (in_the_uk(sent.submitted_at).date(), credit(sent))).collect()
}

fn from_submissions(case: &Value) {
    let read = |line: &Value| {
        let year: PayrollYear = text(&line["year"]).parse().unwrap();
        let month = PayrollMonth::new(year, whole(&line["month"]).try_into().unwrap()).unwrap();
        let fraction = line.get("english_fraction").map_or(Decimal::ONE, decimal);
        let sent = submission(whole(&line["id"]).into(), month, &line["ytd"], fraction);
        Submission { submitted_at: day(&line["submitted"]).into(), ..sent }.dated()
    };
    let sent: Vec<Submission> = list(&case["submissions"]).iter().map(read).collect();
    let credits = credits(&sent, &RuleSet::england());
    let credits = credits.into_iter().filter_map(|(on, credit)| Some((on, credit?.amount)));
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
    let rows = Parameter::ALL.map(|parameter| RuleRow {
        parameter,
        from: NaiveDate::from_ymd_opt(2010, 1, 1).unwrap(),
        value: match parameter {
            Parameter::TopUpPercent => percent(&case["top_up"]),
            Parameter::TransferCapPercent | Parameter::ExpiryMonths | Parameter::EmployerCoInvestmentPercent => {
                Decimal::from(24)
            }
        },
    });
    let rules = RuleSet::new("case", &rows).unwrap();
    let fraction = decimal(&case["english_fraction"]);
    let months = list(&case["ytd"]).iter().zip(1_u32..).map(|(figure, number)| {
        let month = PayrollMonth::new(PayrollYear::FIRST_OF_THE_LEVY, number).unwrap();
        submission(number.into(), month, figure, fraction)
    });
    let credits = credits(&months.collect::<Vec<_>>(), &rules).into_iter();
    let credits: Vec<Money> =
        credits.map(|(_, credit)| credit.map(|credit| credit.amount).unwrap_or_default()).collect();
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

fn public_sector_target(case: &Value) {
    let count = |of: &Value| HeadCount {
        start: whole(&of["start"]).try_into().unwrap(),
        end: whole(&of["end"]).try_into().unwrap(),
        new: whole(&of["new"]).try_into().unwrap(),
    };
    let counted = WorkforceReturn {
        year: ReportingYear::from_stored(2026),
        employees: count(&case["employees"]),
        apprentices: count(&case["apprentices"]),
    };
    for (name, percent) in [
        ("starts_share", counted.starts_percent()),
        ("headcount_share", counted.headcount_percent()),
        ("target_measure", counted.target_percent()),
    ] {
        assert_eq!(percent, Some(decimal(&case["expect"][name])), "{name}: {case}");
    }
}

fn public_sector_year(case: &Value) {
    let year = ReportingYear::of(day(&case["date"])).to_string();
    let short = year.strip_prefix("20").unwrap().replace('-', "");
    assert_eq!(short, text(&case["expect"]), "{case}");
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
