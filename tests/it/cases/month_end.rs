//! Worked figures of a month's end: the order of payment, what each account pays, what is
//! co-invested, and where refunds go back to.

mod refunds;

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use levy_ledger::domain::money::Money;
use levy_ledger::domain::month_end::{
    CoInvestment, Demand, Funding, Means, Outcome, TransferYear, co_investment, order_of_payment, pay_in_order,
};
use rust_decimal::Decimal;
use serde_json::Value;

use super::Case;
use super::transfers::reading::{cases, decimal, is, list, money, text, whole};

/// A demand of the cases: its start reference with its own name, and the account that sends.
type Asked = Demand<(i32, String), String>;

/// What an account has, by its name.
type Accounts = BTreeMap<String, Means<String>>;

#[test]
fn months_end_as_worked() {
    let mut worked: BTreeMap<String, usize> = BTreeMap::new();
    let tables = [include_str!("../../cases/earnings.json"), include_str!("../../cases/transfers.json")];
    for value in tables.into_iter().flat_map(cases) {
        let rule = match text(&value["kind"]) {
            "month_end" => month_end,
            "order" => order,
            "coinvest" => coinvest,
            "refund" => refunds::refunds,
            "negative_earning" => refunds::negative_earning,
            "monthly_funding_order" => funding_order,
            "monthly_split" => split,
            _ => continue,
        };
        let mut case = Case::new(text(&value["id"]), value.clone());
        *worked.entry(case.take_text("kind")).or_default() += 1;
        // What tells a case apart and where it came from; the tolerance is read with each figure.
        for key in ["id", "topic", "origin", "tolerance"] {
            case.take(key);
        }
        rule(&mut case, &value);
        case.finish();
    }
    assert_eq!(worked.len(), 7, "a kind without cases: {worked:?}");
}

fn part(case: &mut Case, key: &str) -> Case {
    Case::new(&case.name(), case.take(key).unwrap())
}

/// The objects of a map, by their keys.
fn parts(case: &mut Case, key: &str) -> BTreeMap<String, Case> {
    let Some(Value::Object(fields)) = case.take(key) else { panic!("{}: no {key}", case.name()) };
    fields.into_iter().map(|(name, value)| (name.clone(), Case::new(&name, value))).collect()
}

fn take_money(case: &mut Case, key: &str) -> Money {
    money(&case.take(key).unwrap())
}

/// The employer's percent of what the government pays the rest of: 0.9 is 10.
fn take_employer_percent(case: &mut Case) -> Decimal {
    (Decimal::ONE - decimal(&case.take("gov_rate").unwrap())) * Decimal::ONE_HUNDRED
}

/// The case's accounts know no reservations: all allowance is free, and of each sender's transfer
/// enough was paid in the year to be refunded.
fn means(balance: Money, allowance: Money, sender: &str) -> Means<String> {
    let year = TransferYear { scheduled: Money::ZERO, paid: Money::LIMIT };
    Means::of_month(balance, allowance, allowance, BTreeMap::from([(sender.to_owned(), year)]))
}

fn moment(value: &Value) -> NaiveDateTime {
    let (day, minute) = text(value).split_once('T').unwrap_or((text(value), "00:00"));
    let day: NaiveDate = day.parse().unwrap();
    day.and_time(minute.parse().unwrap())
}

fn take_sender(case: &mut Case) -> Funding<String> {
    let sender = case.take("sender").unwrap();
    if sender.is_null() { Funding::Own } else { Funding::Transfer(text(&sender).to_owned()) }
}

/// A demand, and the account of its employer.
fn asked(mut case: Case) -> (Asked, String) {
    let employer = case.take_text("employer");
    let demand = Demand {
        reference: (whole(&case.take("uln").unwrap()), case.take_text("id")),
        agreed: moment(&case.take("agreed").unwrap()),
        funding: take_sender(&mut case),
        training_provider: Some(case.take_text("provider")),
        amount: take_money(&mut case, "amount"),
        employer_percent: if case.fields.contains_key("gov_rate") {
            take_employer_percent(&mut case)
        } else {
            Decimal::ZERO
        },
    };
    case.finish();
    (demand, employer)
}

/// Where a month's money came from, for one demand.
#[derive(Clone, Copy, Default)]
struct Split {
    transfer: Money,
    levy: Money,
    shared: CoInvestment,
}

fn month_end(case: &mut Case, value: &Value) {
    let mut input = part(case, "input");
    let mut accounts = Accounts::new();
    for (name, mut account) in parts(&mut input, "accounts") {
        let (balance, allowance) = (take_money(&mut account, "balance"), take_money(&mut account, "allowance"));
        accounts.insert(name.clone(), means(balance, allowance, &name));
        account.finish();
    }
    let Some(Value::Object(priorities)) = input.take("priorities") else { panic!("{value}") };
    let priorities = priorities.into_iter().map(|(account, ukprns)| (account, ukprns_of(&ukprns))).collect();
    let demands = input.take_list("demands").into_iter().map(asked).collect();
    input.finish();
    let split = close(&mut accounts, &priorities, demands);
    let mut expect = part(case, "expect");
    let expected = parts(&mut expect, "split");
    expect.finish();
    assert!(expected.keys().eq(split.keys()), "{value}");
    for (name, mut expected) in expected {
        let paid = split[&name];
        let figures = [
            ("transfer", paid.transfer),
            ("levy", paid.levy),
            ("gov", paid.shared.government),
            ("employer", paid.shared.employer),
        ];
        for (key, figure) in figures {
            assert!(is(figure, &expected.take(key).unwrap(), value), "{name}: {key} {figure} of {value}");
        }
        expected.finish();
    }
}

fn ukprns_of(value: &Value) -> Vec<String> {
    list(value).iter().map(|ukprn| text(ukprn).to_owned()).collect()
}

/// Every account pays its refunds and transfers, then its own starts with the shortfalls passed on
/// to it; an employer without an account has nothing to pay from.
fn close(
    accounts: &mut Accounts,
    priorities: &BTreeMap<String, Vec<String>>,
    demands: Vec<(Asked, String)>,
) -> BTreeMap<String, Split> {
    let mut split: BTreeMap<String, Split> = BTreeMap::new();
    let (mut first, mut last) = (Vec::new(), Vec::new());
    let employers: BTreeMap<_, _> =
        demands.iter().map(|(demand, employer)| (demand.reference.clone(), employer.clone())).collect();
    for (demand, employer) in demands {
        match &demand.funding {
            Funding::Transfer(sender) => first.push((demand.clone(), sender.clone())),
            Funding::Own if demand.is_refund() => first.push((demand, employer)),
            Funding::Own => last.push((demand, employer)),
        }
    }
    for outcome in pay_all(accounts, priorities, first) {
        let paid = split.entry(outcome.demand.reference.1.clone()).or_default();
        match outcome.demand.funding {
            Funding::Transfer(_) => paid.transfer += outcome.paid,
            Funding::Own => paid.levy += outcome.paid,
        }
        let employer = employers[&outcome.demand.reference].clone();
        last.extend(outcome.shortfall().map(|passed_on| (passed_on, employer)));
    }
    for outcome in pay_all(accounts, priorities, last) {
        let paid = split.entry(outcome.demand.reference.1.clone()).or_default();
        paid.levy += outcome.paid;
        paid.shared = outcome.co_invested();
    }
    split
}

/// Pays each demand from the account that it is put to.
fn pay_all(
    accounts: &mut Accounts,
    priorities: &BTreeMap<String, Vec<String>>,
    demands: Vec<(Asked, String)>,
) -> Vec<Outcome<(i32, String), String>> {
    let mut by_account: BTreeMap<String, Vec<Asked>> = BTreeMap::new();
    for (demand, account) in demands {
        by_account.entry(account).or_default().push(demand);
    }
    let mut outcomes = Vec::new();
    for (account, demands) in by_account {
        let means = accounts.entry(account.clone()).or_insert_with(|| means(Money::ZERO, Money::ZERO, &account));
        outcomes.extend(pay_in_order(means, demands, priorities.get(&account).map_or(&[], Vec::as_slice)));
    }
    outcomes
}

fn order(case: &mut Case, value: &Value) {
    let mut input = part(case, "input");
    let account = input.take_text("account");
    let priorities = input.take("priorities").map(|ukprns| ukprns_of(&ukprns)).unwrap_or_default();
    let mut demands: Vec<Asked> = Vec::new();
    for (demand, employer) in input.take_list("demands").into_iter().map(asked) {
        let sends = demand.funding == Funding::Transfer(account.clone());
        assert!(sends || employer == account, "a demand of another account: {value}");
        demands.push(demand);
    }
    input.finish();
    order_of_payment(&mut demands, &priorities);
    let paid: Vec<&str> = demands.iter().map(|demand| demand.reference.1.as_str()).collect();
    let mut expect = part(case, "expect");
    let expected = expect.take("order").unwrap();
    assert_eq!(paid, list(&expected).iter().map(text).collect::<Vec<_>>(), "{value}");
    expect.finish();
}

fn coinvest(case: &mut Case, value: &Value) {
    let mut input = part(case, "input");
    let amount = take_money(&mut input, "amount");
    let shared = co_investment(amount, take_employer_percent(&mut input));
    input.finish();
    let mut expect = part(case, "expect");
    assert!(is(shared.government, &expect.take("gov").unwrap(), value), "{value}: {shared:?}");
    if let Some(employer) = expect.take("employer") {
        assert!(is(shared.employer, &employer, value), "{value}: {shared:?}");
    }
    assert_eq!(shared.total(), amount, "{value}");
    expect.finish();
}

fn funding_order(case: &mut Case, value: &Value) {
    let (balance, allowance) = (take_money(case, "balance"), take_money(case, "allowance"));
    let mut means = means(balance, allowance, "sender");
    let (calls, expected) = (case.take("calls").unwrap(), case.take("expect").unwrap());
    assert_eq!(list(&calls).len(), list(&expected).len(), "{value}");
    for (call, expected) in list(&calls).iter().zip(list(&expected)) {
        let funding = match text(&call[0]) {
            "transfer" => Funding::Transfer("sender".to_owned()),
            "own" => Funding::Own,
            unknown => panic!("no call {unknown}"),
        };
        let paid = means.pay(&funding, money(&call[1]));
        assert!(is(paid, expected, value), "{call} paid {paid} of {value}");
    }
}

fn split(case: &mut Case, value: &Value) {
    let sender = means(take_money(case, "sender_balance"), take_money(case, "allowance"), "sender");
    let receiver = means(take_money(case, "receiver_levy"), Money::ZERO, "receiver");
    let demand = Demand {
        reference: (0, "start".to_owned()),
        agreed: moment(&Value::from("2026-11-01")),
        funding: Funding::Transfer("sender".to_owned()),
        training_provider: None,
        amount: take_money(case, "due"),
        employer_percent: decimal(&case.take("employer_percent").unwrap()),
    };
    let mut accounts = Accounts::from([("sender".to_owned(), sender), ("receiver".to_owned(), receiver)]);
    let paid = close(&mut accounts, &BTreeMap::new(), vec![(demand, "receiver".to_owned())])["start"];
    let mut expect = part(case, "expect");
    let figures = [
        ("transfer", paid.transfer),
        ("receiver_levy", paid.levy),
        ("government", paid.shared.government),
        ("employer", paid.shared.employer),
    ];
    for (key, figure) in figures {
        assert!(is(figure, &expect.take(key).unwrap(), value), "{key} {figure} of {value}");
    }
    expect.finish();
}
