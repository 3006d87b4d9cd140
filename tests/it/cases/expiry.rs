//! The worked cases of expiry (`docs/rules.md` section 5).

use std::collections::BTreeMap;

use chrono::NaiveDate;
use levy_ledger::domain::calendar::{Month, parse_date};
use levy_ledger::domain::funds::{Booking, Flows, draw, funds_as_at};
use levy_ledger::domain::money::Money;
use levy_ledger::domain::rules::{Parameter, RuleRow, RuleSet};
use rust_decimal::Decimal;
use serde_json::Value;

use super::rows::{Rows, assert_amount, assert_named, assert_rows, pairs, pairs_of};
use super::{Case, money, read};

#[test]
fn every_case_of_expiry_comes_out_as_worked() {
    for mut case in read("expiry.json") {
        for key in ["id", "name", "asserts"] {
            case.take(key);
        }
        match case.take_text("kind").as_str() {
            "schedule" | "guidance" | "lookup" => schedule(case),
            "two_cohort" => two_cohort(case),
            "monthly_two_cohort" => monthly(case),
            "account_run" => account_run(case),
            unknown => unreachable!("{}: unknown kind {unknown}", case.name()),
        }
    }
}

/// An account of a case: what moved, what is recorded, and how long its funds live.
struct Account {
    flows: Flows,
    entered: Vec<Month>,
    bookings: Vec<Booking>,
    short_from: Option<Month>,
    rules: RuleSet,
}

impl Account {
    fn new(case: &mut Case) -> Self {
        let short_from = case.take_month("short_rule_from");
        let short = case.take("short_expiry_months");
        assert_eq!(short.is_some(), short_from.is_some(), "{}", case.name());
        let long = case.take("expiry_months").unwrap();
        let lives = std::iter::once((day("2010-01-01"), long)).chain(short_from.map(Month::first_day).zip(short));
        let rules = rules(lives);
        Self { flows: Flows::new(), entered: Vec::new(), bookings: Vec::new(), short_from, rules }
    }

    /// The account of a case that gives funds in and out by month.
    fn by_month(case: &mut Case) -> Self {
        let mut account = Self::new(case);
        let until = case.take_month("until");
        let entered_until = case.take_month("funds_in_up_to").or(until);
        for (month, amount) in pairs(case, "funds_in") {
            if entered_until.is_none_or(|last| month <= last) {
                account.flows.entry(month).or_default().levy += amount;
                account.entered.push(month);
            }
        }
        for (month, amount) in pairs(case, "funds_out").into_iter().filter(|(m, _)| until.is_none_or(|last| *m <= last))
        {
            account.flows.entry(month).or_default().own += amount;
        }
        for (short, key) in [(false, "already_expired"), (true, "already_expired_short")] {
            for (due_month, amount) in pairs(case, key) {
                let entry_month = account.short_from.map(|_| account.due_in(due_month, short));
                account.bookings.push(Booking { due_month, entry_month, amount });
            }
        }
        account
    }

    /// The entry month of this life that falls due in a month, or one in which nothing entered.
    fn due_in(&self, due_month: Month, short: bool) -> Month {
        let falls_due =
            |entered: &&Month| self.is_short(**entered) == short && self.rules.due_month(**entered) == due_month;
        self.entered.iter().find(falls_due).copied().unwrap_or(due_month.plus(-1200))
    }

    fn is_short(&self, entered: Month) -> bool {
        self.short_from.is_some_and(|from| from <= entered)
    }

    /// What one run at the end of a month adds: a row for each lot due by then without a record.
    fn run(&self, as_at: Month) -> Vec<Booking> {
        let flows: Flows = self.flows.range(..=as_at).map(|(month, flow)| (*month, *flow)).collect();
        let funds = funds_as_at(&flows, &self.bookings, &self.rules, as_at.last_day());
        let expired: Rows = funds.lots.iter().map(|lot| (lot.entry_month, lot.expired)).collect();
        let mut added = Vec::new();
        for entry_month in self.entered.iter().copied().filter(|entered| *entered <= as_at) {
            let due_month = self.rules.due_month(entry_month);
            let names = |booking: &Booking| booking.entry_month.is_none_or(|named| named == entry_month);
            let booked = self.bookings.iter().any(|booking| booking.due_month == due_month && names(booking));
            if due_month <= as_at && !booked {
                let amount = expired.get(&entry_month).copied().unwrap_or_default();
                added.push(Booking { due_month, entry_month: Some(entry_month), amount });
            }
        }
        added.sort_by_key(|row| row.entry_month);
        added.dedup();
        added
    }

    /// The rows of long life, of short life, and of both.
    fn rows(&self, added: &[Booking]) -> [Rows; 3] {
        let of = |wanted: &[bool]| {
            let mut rows = Rows::new();
            for row in added.iter().filter(|row| wanted.contains(&self.is_short(row.entry_month.unwrap()))) {
                *rows.entry(row.due_month).or_default() += row.amount;
            }
            rows
        };
        [of(&[false]), of(&[true]), of(&[false, true])]
    }
}

/// One run over everything, a row for each month of funds in.
fn schedule(mut case: Case) {
    let account = Account::by_month(&mut case);
    let lots = draw(&account.flows, &account.bookings, |entered| account.rules.due_month(entered));
    let expired: Rows = lots.iter().map(|lot| (lot.entry_month, lot.expired)).collect();
    let mut rows = Rows::new();
    for entered in &account.entered {
        rows.insert(account.rules.due_month(*entered), expired.get(entered).copied().unwrap_or_default());
    }
    let as_at = case.take_month("as_at");
    if let Some(expected) = case.take("expected_amount") {
        assert_amount(&case.name(), as_at.unwrap(), &expected, &rows);
    }
    assert_rows(&mut case, &rows);
    case.finish();
}

/// One run at a month's end with two lives side by side.
fn two_cohort(mut case: Case) {
    let mut account = Account::by_month(&mut case);
    let as_at = case.take_month("as_at").unwrap();
    let [long, short, both] = account.rows(&account.run(as_at));
    for (key, rows) in [("expected_long", &long), ("expected_short", &short)] {
        if let Some(expected) = case.take(key) {
            let mut expected = Case::new(&case.name(), expected);
            assert_rows(&mut expected, rows);
            expected.finish();
        }
    }
    assert_named(&case.name(), &pairs_of(case.take("expected_rows_total")), &both);
    assert_rows(&mut case, &both);
    assert_runs(&mut account, &mut case);
    case.finish();
}

/// Month closes one after the other, each booking what it adds.
fn monthly(mut case: Case) {
    let mut account = Account::by_month(&mut case);
    assert_eq!(case.take_month("as_at"), None, "{}", case.name());
    assert_runs(&mut account, &mut case);
    case.finish();
}

fn assert_runs(account: &mut Account, case: &mut Case) {
    let mut expected: Vec<(Month, Case)> = Vec::new();
    for key in ["runs", "expected_runs"] {
        for mut run in case.take_list(key) {
            let at = run.take_month("period").or_else(|| run.take_month("as_at")).or_else(|| run.take_month("until"));
            expected.push((at.unwrap(), run));
        }
    }
    let Some(first) = case.take_month("run_from").or(expected.iter().map(|(at, _)| *at).min()) else { return };
    let last = case.take_month("run_to").or(expected.iter().map(|(at, _)| *at).max()).unwrap();
    for at in first.through(last) {
        let added = account.run(at);
        let [long, short, both] = account.rows(&added);
        account.bookings.extend(added);
        for (_, run) in expected.iter_mut().filter(|(period, _)| *period == at) {
            for (key, rows) in [("long", &long), ("short", &short), ("total", &both)] {
                if let Some(amount) = run.take(key) {
                    assert_amount(&case.name(), at, &amount, rows);
                }
            }
            assert_rows(run, &both);
        }
    }
    for (at, run) in expected {
        assert!(first <= at && at <= last, "{}: no run of {at}", case.name());
        run.finish();
    }
}

/// One run over the lines of an account.
fn account_run(mut case: Case) {
    let mut account = Account::new(&mut case);
    let as_at = case.take_month("as_at").unwrap();
    case.take("run_date");
    let (balance, in_month) = record_lines(&mut account, &mut case, as_at);
    let added = account.run(as_at);
    let [_, _, rows] = account.rows(&added);
    let written: Money = rows.values().copied().sum();
    let funds = funds_as_at(&account.flows, &account.bookings, &account.rules, as_at.last_day());
    assert_eq!(funds.balance, balance - written, "{}", case.name());

    let mut expected = Case::new(&case.name(), case.take("expected").unwrap());
    let moved = |kind: &str| in_month.get(kind).copied().unwrap_or_default();
    let figures = [
        ("balance", funds.balance),
        ("expired_total_written", -written),
        ("levy_in_month", moved("levy")),
        ("payment_in_month", moved("payment")),
        ("transfer_in_month", moved("transfer")),
    ];
    for (key, actual) in figures {
        if let Some(figure) = expected.take(key) {
            assert_eq!(actual, money(&figure), "{}: {key}", case.name());
        }
    }
    if let Some(derived) = expected.take("rows_written_derived") {
        assert_eq!(rows, pairs_of(Some(derived)).into_iter().collect(), "{}", case.name());
    }
    assert_named(&case.name(), &pairs_of(expected.take("rows_written")), &rows);
    assert_rows(&mut expected, &rows);
    expected.finish();
    case.finish();
}

/// Records the lines of a case: what they come to, and by type those dated in a month.
fn record_lines(account: &mut Account, case: &mut Case, of: Month) -> (Money, BTreeMap<String, Money>) {
    let mut in_month: BTreeMap<String, Money> = BTreeMap::new();
    let mut balance = Money::ZERO;
    for mut line in case.take_list("lines") {
        let (kind, amount) = (line.take_text("type"), money(&line.take("amount").unwrap()));
        let dated = Month::of(day(&line.take_text("date")));
        record(account, &mut line, &kind, dated, amount);
        line.finish();
        balance += amount;
        if dated == of {
            *in_month.entry(kind).or_default() += amount;
        }
    }
    (balance, in_month)
}

fn record(account: &mut Account, line: &mut Case, kind: &str, dated: Month, amount: Money) {
    match kind {
        "levy" => {
            account.flows.entry(dated).or_default().levy += amount;
            account.entered.push(dated);
        }
        "expired" => account.bookings.push(Booking { due_month: dated, entry_month: None, amount: -amount }),
        "payment" => account.flows.entry(collected(&line.take_text("period_end"))).or_default().own -= amount,
        "transfer" => {
            let flow = account.flows.entry(collected(&line.take_text("period_end"))).or_default();
            if amount.is_negative() { flow.transferred -= amount } else { flow.received += amount }
        }
        unknown => unreachable!("{}: unknown line {unknown}", line.name()),
    }
}

fn day(text: &str) -> NaiveDate {
    parse_date(text).unwrap()
}

/// The calendar month of a collection period such as `1718-R09`, which is April 2018.
fn collected(period: &str) -> Month {
    let (years, number) = period.split_once("-R").unwrap();
    let begins: i32 = years.get(..2).unwrap().parse().unwrap();
    Month::new(2000 + begins, 7).unwrap().plus(number.parse().unwrap())
}

/// A rule set with these lives in months, each from its day, and nothing else of note.
fn rules(lives: impl Iterator<Item = (NaiveDate, Value)>) -> RuleSet {
    let standard = RuleSet::standard();
    let mut rows: Vec<RuleRow> =
        standard.rows().iter().copied().filter(|row| row.parameter != Parameter::ExpiryMonths).collect();
    rows.extend(lives.map(|(from, months)| {
        let value: Decimal = months.to_string().parse().unwrap();
        RuleRow { parameter: Parameter::ExpiryMonths, from, value }
    }));
    RuleSet::new("case", &rows).unwrap()
}
