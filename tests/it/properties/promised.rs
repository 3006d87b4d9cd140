//! What is promised of the funds that lapse is what lapses less once the promises are really paid: three
//! accounts with the same levy, one that promises, one that pays, and one that does neither.

use std::collections::BTreeMap;

use levy_ledger::domain::calendar::Month;
use levy_ledger::domain::money::Money;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::Ledger;

/// The first month that is not over on the day of the tests.
const THIS_MONTH: &str = "2026-11";
/// The months of 2026-27 that are left: what a transfer has to pay in that year is shared out to them.
const LEFT_OF_THE_YEAR: i64 = 5;

/// What became of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Now {
    Live,
    Withdrawn,
    Paused,
    /// Paid by the transfer, whose schedule promises it already.
    UnderTheTransfer,
}

/// A start of whole months, from so many months before this one, that costs £1,000 a month.
#[derive(Clone, Copy, Debug)]
struct Start {
    begun_before: i32,
    months: i32,
    now: Now,
}

fn pounds(whole: i64) -> Money {
    Money::from_units(whole * 100_000)
}

fn this_month() -> Month {
    THIS_MONTH.parse().unwrap()
}

fn start() -> impl Strategy<Value = Start> {
    let now = prop_oneof![4 => Just(Now::Live), 1 => Just(Now::Withdrawn), 1 => Just(Now::Paused), 1 => Just(Now::UnderTheTransfer)];
    (0..10_i32, 3..12_i32, now).prop_map(|(begun_before, months, now)| Start { begun_before, months, now })
}

impl Start {
    fn first(self) -> Month {
        this_month().plus(-self.begun_before)
    }

    /// It ends only where there was something to end.
    fn ends(self) -> bool {
        self.begun_before > 0 && self.months >= self.begun_before
    }

    /// What it will earn, worked out by hand: £800 in each of its months, and £200 for each in the last.
    fn plans(self) -> BTreeMap<Month, Money> {
        let ended = matches!(self.now, Now::Withdrawn | Now::Paused) && self.ends();
        let last = self.first().plus(self.months - 1);
        let mut plan = BTreeMap::new();
        if ended || self.now == Now::UnderTheTransfer || last < this_month() {
            return plan;
        }
        for month in self.first().max(this_month()).through(last) {
            plan.insert(month, pounds(800));
        }
        *plan.entry(last).or_default() += pounds(200 * i64::from(self.months));
        plan
    }

    fn record(self, ledger: &Ledger, account: &str, transfer: &str, at: usize) {
        let (first, last) = (self.first(), self.first().plus(self.months - 1));
        let transfer = (self.now == Now::UnderTheTransfer).then_some(transfer);
        let body = json!({"learner_reference": format!("L-{at}"), "standard_code": "ST0005", "level": 3,
            "transfer_id": transfer, "agreed_price": format!("{}.00", self.months * 1_000),
            "agreed_on": "2026-01-01", "start_on": first.first_day().to_string(),
            "planned_end_on": last.last_day().to_string()});
        let id = ledger.admin.post(&format!("/v1/accounts/{account}/starts"), &body).made();
        let step = match self.now {
            Now::Withdrawn if self.ends() => "withdraw",
            Now::Paused if self.ends() => "pause",
            Now::Live | Now::UnderTheTransfer | Now::Withdrawn | Now::Paused => return,
        };
        let on = this_month().plus(-1).last_day().to_string();
        ledger.admin.post(&format!("/v1/starts/{id}/{step}"), &json!({"on": on})).expect(200);
    }
}

/// An account with this levy from December 2024 on, and so much in this month that nothing falls short.
fn account(ledger: &Ledger, rule_set: &str, levy: &[i64]) -> String {
    let account = ledger.account_like(json!({"name": "Northshire", "rule_set": rule_set}));
    let first: Month = "2024-12".parse().unwrap();
    for (month, amount) in (0..).zip(levy).map(|(at, amount)| (first.plus(at), amount)) {
        if *amount > 0 {
            ledger.levy(&account, &pounds(*amount).to_string(), &month.first_day().to_string());
        }
    }
    // A quarter of it may be transferred in 2026-27.
    ledger.levy(&account, "100000.00", "2025-06-22");
    ledger.levy(&account, "900000.00", "2026-11-10");
    account
}

/// The amounts of lines by month, those of nothing left out.
fn by_month(lines: &Value, month: &str, amount: &str) -> BTreeMap<String, Money> {
    let line =
        |line: &Value| (line[month].as_str().unwrap().to_owned(), line[amount].as_str().unwrap().parse().unwrap());
    lines.as_array().unwrap().iter().map(line).filter(|(_, amount): &(_, Money)| !amount.is_zero()).collect()
}

fn underspend(ledger: &Ledger, account: &str, query: &str) -> Value {
    ledger.admin.get(&format!("/v1/accounts/{account}/underspend{query}")).expect(200).json()
}

/// What has lapsed of an account from this month on, when everything has.
fn lapsed(ledger: &Ledger, account: &str) -> BTreeMap<String, Money> {
    let report = underspend(ledger, account, &format!("?as_at=2032-12-31&from={THIS_MONTH}"));
    by_month(&report["expired"], "month", "amount")
}

/// Promises what starts and a transfer promise.
fn promise(ledger: &Ledger, account: &str, starts: &[Start], transferred: i64) {
    let provider = json!({"name": "Harbour Care", "sector": "adult_social_care"});
    let provider = ledger.admin.post("/v1/providers", &provider).made();
    let amount = format!("{}.00", LEFT_OF_THE_YEAR * transferred + 200_000);
    let parts = json!([{"allowance_year": "2026-27", "amount": format!("{}.00", LEFT_OF_THE_YEAR * transferred)},
        {"allowance_year": "2040-41", "amount": "200000.00"}]);
    let transfer = json!({"provider_id": provider, "amount": amount, "agreed_on": "2025-12-01", "apprentices": 50,
        "status": "accepted", "schedule": parts});
    let transfer = ledger.admin.post(&format!("/v1/accounts/{account}/transfers"), &transfer).made();
    for (at, start) in starts.iter().enumerate() {
        start.record(ledger, account, &transfer, at);
    }
}

/// Pays in each month what was promised for it.
fn pay(ledger: &Ledger, account: &str, starts: &[Start], transferred: i64) {
    let mut plan: BTreeMap<Month, Money> = BTreeMap::new();
    for month in this_month().through(this_month().plus(4)) {
        *plan.entry(month).or_default() += pounds(transferred);
    }
    for (month, amount) in starts.iter().flat_map(|start| start.plans()) {
        *plan.entry(month).or_default() += amount;
    }
    let payment = |(month, amount): (Month, Money)| json!({"month": month.to_string(), "kind": "own", "amount": amount.to_string()});
    let payments: Vec<Value> = plan.into_iter().filter(|(_, amount)| !amount.is_zero()).map(payment).collect();
    ledger.admin.post(&format!("/v1/accounts/{account}/payments"), &json!({"payments": payments})).expect(200);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn what_is_promised_is_what_lapses_less_once_it_is_paid(
        rule_set in prop_oneof![Just("standard"), Just("england")],
        levy in prop::collection::vec(0..9_000_i64, 23),
        starts in prop::collection::vec(start(), 0..9),
        transferred in 1..1_500_i64,
    ) {
        let ledger = Ledger::fresh();
        let [promising, paying, idle] = [(); 3].map(|()| account(&ledger, rule_set, &levy));
        promise(&ledger, &promising, &starts, transferred);
        pay(&ledger, &paying, &starts, transferred);
        let lapsing = underspend(&ledger, &promising, "")["lapsing"].clone();
        prop_assert_eq!(by_month(&lapsing, "due_month", "amount"), lapsed(&ledger, &idle), "without a payment");
        prop_assert_eq!(by_month(&lapsing, "due_month", "at_risk"), lapsed(&ledger, &paying), "with them");
        for line in lapsing.as_array().unwrap() {
            let [amount, promised, at_risk] =
                ["amount", "promised", "at_risk"].map(|name| line[name].as_str().unwrap().parse::<Money>().unwrap());
            prop_assert_eq!(amount, promised + at_risk);
        }
    }
}
