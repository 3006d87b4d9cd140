//! Worked cases of the rules, end to end: what goes in over the interface, and what the close then
//! pays, takes back or leaves uncovered. Each case is read from its table by its name.

use levy_ledger::domain::money::Money;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::months::Council;
use crate::cases::transfers::reading::{cases, decimal, is, list, money, text, whole};
use crate::harness::Ledger;

/// The month in which every case takes place.
const MONTH: &str = "2026-05";

fn case(id: &str) -> Value {
    let tables = [include_str!("../../cases/earnings.json"), include_str!("../../cases/transfers.json")];
    let mut found = tables.into_iter().flat_map(cases).filter(|case| case["id"] == id);
    found.next().unwrap_or_else(|| panic!("no case {id}"))
}

/// What an account has at the month's close.
struct Account<'c> {
    balance: Money,
    allowance: Money,
    employer_percent: Decimal,
    priorities: &'c [&'c str],
}

impl Account<'_> {
    fn new(balance: Money, allowance: Money, employer_percent: Decimal) -> Self {
        Self { balance, allowance, employer_percent, priorities: &[] }
    }

    /// Opens it: a quarter of what was declared in the year before is the allowance, and the rest of the
    /// balance is of this year.
    fn open(&self) -> Council {
        let ledger = Ledger::fresh();
        let parameters = [
            ("transfer_cap_percent", "25".to_owned()),
            ("expiry_months", "24".to_owned()),
            ("top_up_percent", "10".to_owned()),
            ("employer_co_investment_percent", self.employer_percent.normalize().to_string()),
        ];
        let row = |(name, value): &(&str, String)| json!({"parameter": name, "from": "2010-01-01", "value": value});
        let rows: Vec<Value> = parameters.iter().map(row).collect();
        ledger.admin.post("/v1/rule-sets", &json!({"name": "case", "rows": rows})).expect(201);
        let account = ledger.account_like(json!({"name": "Northshire County Council", "rule_set": "case",
            "training_provider_priority": self.priorities}));
        let council = Council { ledger, account };
        let of_last_year = self.allowance + self.allowance + self.allowance + self.allowance;
        for (amount, declared_on) in [(of_last_year, "2025-06-01"), (self.balance - of_last_year, "2026-05-10")] {
            let levy = json!({"amount": amount.to_string(), "entered_on": "2026-05-10", "declared_on": declared_on});
            if !amount.is_zero() {
                council.post("levy-funds", &levy).expect(201);
            }
        }
        council
    }
}

/// A start that earns an amount in the month, and no more: 80% of its price, in one instalment.
fn due(amount: Money, agreed_day: usize, more: Value) -> (String, Value) {
    let price = Money::rounded(amount.pounds() * Decimal::new(125, 2)).unwrap();
    let mut start = json!({"agreed_price": price.to_string(), "agreed_on": format!("2026-04-{agreed_day:02}"),
        "start_on": "2026-05-01", "planned_end_on": "2026-05-31"});
    start.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    (format!("S-{agreed_day}"), start)
}

fn start(council: &Council, (reference, start): (String, Value)) -> String {
    council.start(&reference, start)
}

/// A transfer to a provider that reserves nothing of the year, so that it needs free allowance.
fn transfer(council: &Council, provider: &str) -> String {
    let transfer = json!({
        "provider_id": provider, "amount": "90000.00", "agreed_on": "2026-04-01", "apprentices": 9,
        "status": "accepted", "schedule": [{"allowance_year": "2027-28", "amount": "90000.00"}],
    });
    council.post("transfers", &transfer).made()
}

fn figure(value: &Value) -> Money {
    value.as_str().unwrap().parse().unwrap()
}

/// What the entries of a start come to, of a kind, as paid.
fn paid(council: &Council, kind: &str, start: &str) -> Money {
    let entries = council.get(&format!("entries?kind={kind}&start_id={start}"));
    entries["data"].as_array().unwrap().iter().map(|entry| -figure(&entry["amount"])).sum()
}

/// One start under a transfer: what the sender pays, what the provider's own account pays, and what
/// is shared.
fn split(sender: &Account<'_>, receiver: Option<Money>, amount: Money) -> [Money; 4] {
    let mut council = sender.open();
    let provider = council.provider("Harbour Care");
    let under = transfer(&council, &provider);
    let start = start(&council, due(amount, 20, json!({"transfer_id": under})));
    let receiver = receiver.map(|levy| {
        let account = json!({"name": "Harbour Care Ltd", "rule_set": "case", "provider_id": provider});
        let account = council.ledger.account_like(account);
        if !levy.is_zero() {
            council.ledger.levy(&account, &levy.to_string(), "2026-05-10");
        }
        account
    });
    let mut month = council.close(MONTH);
    let transferred = paid(&council, "transfer_payment", &start);
    let mut levy = Money::ZERO;
    if let Some(receiver) = receiver {
        assert_eq!(figure(&month["co_invested"]["government"]), Money::ZERO, "it is passed on");
        council.account = receiver;
        month = council.close(MONTH);
        levy = paid(&council, "own_payment", &start);
    }
    council.verify();
    let shared = |who: &str| figure(&month["co_invested"][who]);
    [transferred, levy, shared("government"), shared("employer")]
}

fn assert_figures(figures: [Money; 4], names: [&str; 4], expected: &Value, case: &Value) {
    for (name, figure) in names.into_iter().zip(figures) {
        assert!(is(figure, &expected[name], case), "{name} {figure} of {case}");
    }
}

fn employer_percent(gov_rate: &Value) -> Decimal {
    (Decimal::ONE - decimal(gov_rate)) * Decimal::ONE_HUNDRED
}

#[test]
fn monthly_splits_are_closed_as_worked() {
    for id in ["spl-01", "spl-03", "spl-05", "spl-06", "spl-07", "spl-08"] {
        let case = case(id);
        let [balance, allowance, levy] =
            ["sender_balance", "allowance", "receiver_levy"].map(|name| money(&case[name]));
        let sender = Account::new(balance, allowance, decimal(&case["employer_percent"]));
        let receiver = Some(levy).filter(|levy| !levy.is_zero());
        let figures = split(&sender, receiver, money(&case["due"]));
        assert_figures(figures, ["transfer", "receiver_levy", "government", "employer"], &case["expect"], &case);
    }
}

#[test]
fn the_ends_of_months_under_transfers_are_closed_as_worked() {
    for id in ["pay-PV2-730-R12", "pay-PV2-737-R01", "pay-PV2-738-R02", "pay-PV2-739-R01", "pay-PV2-740-R10"] {
        let case = case(id);
        let (accounts, demand) = (&case["input"]["accounts"], &case["input"]["demands"][0]);
        let sender = &accounts[text(&demand["sender"])];
        let percent = employer_percent(&demand["gov_rate"]);
        let sender = Account::new(money(&sender["balance"]), money(&sender["allowance"]), percent);
        let receiver = money(&accounts[text(&demand["employer"])]["balance"]);
        let figures = split(&sender, Some(receiver), money(&demand["amount"]));
        let expected = &case["expect"]["split"][text(&demand["id"])];
        assert_figures(figures, ["transfer", "levy", "gov", "employer"], expected, &case);
    }
}

#[test]
fn the_end_of_a_month_of_prioritised_training_providers_is_closed_as_worked() {
    let case = case("pay-PV2-603-R05");
    let demands = list(&case["input"]["demands"]);
    let ukprns = ["10000001", "10000002"];
    let account = &case["input"]["accounts"]["E1"];
    let percent = employer_percent(&demands[0]["gov_rate"]);
    let account = Account {
        priorities: &ukprns,
        ..Account::new(money(&account["balance"]), money(&account["allowance"]), percent)
    };
    let council = account.open();
    let named = list(&case["input"]["priorities"]["E1"]);
    // Those that come first are agreed last.
    let starts: Vec<String> = demands
        .iter()
        .enumerate()
        .map(|(at, demand)| {
            let place = named.iter().position(|name| *name == demand["provider"]).unwrap();
            let more = json!({"training_provider_ukprn": ukprns[place]});
            start(&council, due(money(&demand["amount"]), 20 - at, more))
        })
        .collect();
    let month = council.close(MONTH);
    let mut shared = [Decimal::ZERO; 2];
    for (demand, start) in demands.iter().zip(&starts) {
        let expected = &case["expect"]["split"][text(&demand["id"])];
        assert!(is(paid(&council, "own_payment", start), &expected["levy"], &case), "{demand}");
        shared[0] += decimal(&expected["gov"]);
        shared[1] += decimal(&expected["employer"]);
    }
    let co_invested = ["government", "employer"].map(|who| figure(&month["co_invested"][who]).pounds());
    assert_eq!(co_invested, shared);
}

#[test]
fn funds_are_used_in_the_order_that_is_worked() {
    for id in ["wf-04", "wf-05", "wf-06", "wf-07"] {
        let case = case(id);
        let council = Account::new(money(&case["balance"]), money(&case["allowance"]), 5.into()).open();
        let under = transfer(&council, &council.provider("Harbour Care"));
        let called = list(&case["calls"]).iter().enumerate().map(|(at, call)| {
            let transfer_id = if text(&call[0]) == "transfer" { json!(under) } else { Value::Null };
            (text(&call[0]), start(&council, due(money(&call[1]), 10 + at, json!({"transfer_id": transfer_id}))))
        });
        let called: Vec<(&str, String)> = called.collect();
        council.close(MONTH);
        for ((funding, start), expected) in called.iter().zip(list(&case["expect"])) {
            let paid = paid(&council, &format!("{funding}_payment"), start);
            assert!(is(paid, expected, &case), "{funding} paid {paid} of {case}");
        }
    }
}

#[test]
fn demands_are_paid_in_the_order_that_is_worked() {
    for id in ["order-2", "order-5"] {
        let case = case(id);
        let ukprn = |number: i32| format!("1000000{number}");
        let first: Vec<String> =
            case["input"]["priorities"].as_array().into_iter().flatten().map(|value| ukprn(whole(value))).collect();
        let first: Vec<&str> = first.iter().map(String::as_str).collect();
        let most = Money::from_units(100_000 * 100_000);
        let council = Account { priorities: &first, ..Account::new(most, most, 5.into()) }.open();
        let under = transfer(&council, &council.provider("Harbour Care"));
        let demands = list(&case["input"]["demands"]);
        let mut moments: Vec<&str> = demands.iter().map(|demand| text(&demand["agreed"])).collect();
        moments.sort_unstable();
        moments.dedup();
        let mut starts: Vec<(String, &str)> = Vec::new();
        for (at, demand) in demands.iter().enumerate() {
            // A day for each moment, and a standard for each start of a learner.
            let agreed = moments.iter().position(|moment| *moment == text(&demand["agreed"])).unwrap();
            let more = json!({"standard_code": format!("ST{at:04}"), "learner_reference": text(&demand["uln"]),
                "training_provider_ukprn": ukprn(whole(&demand["provider"])),
                "transfer_id": if demand["sender"].is_null() { Value::Null } else { json!(under) }});
            starts.push((start(&council, due(money(&demand["amount"]), 10 + agreed, more)), text(&demand["id"])));
        }
        council.close(MONTH);
        let entries = council.get("entries?limit=1000");
        let paid =
            entries["data"].as_array().unwrap().iter().filter_map(|entry| {
                starts.iter().find(|(start, _)| entry["start_id"] == json!(start)).map(|(_, id)| *id)
            });
        let expected: Vec<&str> = list(&case["expect"]["order"]).iter().map(text).collect();
        assert_eq!(paid.collect::<Vec<_>>(), expected, "{case}");
    }
}

#[test]
fn what_no_funds_cover_is_shared_as_worked() {
    for id in ["coinvest-01", "coinvest-03", "coinvest-07", "coinvest-11", "own-half-even"] {
        let case = case(id);
        let input = &case["input"];
        let council = Account::new(Money::ZERO, Money::ZERO, employer_percent(&input["gov_rate"])).open();
        start(&council, due(money(&input["amount"]), 20, json!({})));
        let shared = &council.close(MONTH)["co_invested"];
        assert!(is(figure(&shared["government"]), &case["expect"]["gov"], &case), "{case}: {shared}");
        assert_eq!(figure(&shared["government"]) + figure(&shared["employer"]), money(&input["amount"]), "{case}");
    }
}

#[test]
fn a_refund_goes_back_to_what_the_payment_came_from_as_worked() {
    let case = case("refund-2");
    let history = list(&case["input"]["history"]);
    let total: Money = history.iter().map(|part| money(&part["amount"])).sum();
    let levy = money(&history[0]["amount"]);
    let council = Account::new(levy, Money::ZERO, employer_percent(&history[1]["gov_rate"])).open();
    let reduced = start(&council, due(total, 20, json!({})));
    let may = council.close(MONTH);
    assert_eq!(paid(&council, "own_payment", &reduced), levy);
    for (part, who) in history[1..].iter().zip(["government", "employer"]) {
        assert_eq!(figure(&may["co_invested"][who]), money(&part["amount"]));
    }
    let (_, cheaper) = due(total + money(&case["input"]["amount"]), 20, json!({}));
    council.change(&reduced, "change-price", &json!({"from": "2026-05-01", "agreed_price": cheaper["agreed_price"]}));
    let june = council.close("2026-06");
    let refunds = list(&case["expect"]["refunds"]);
    let shared = figure(&june["co_invested"]["government"]) + figure(&june["co_invested"]["employer"]);
    assert!(is(shared, &refunds[0]["amount"], &case), "{june}");
    assert!(is(figure(&june["paid"]), &refunds[1]["amount"], &case), "{june}");
}

#[test]
fn a_negative_earning_takes_back_no_more_of_the_levy_than_it_paid_as_worked() {
    let case = case("neg-1");
    let (earned, history) = (money(&case["input"]["amount"]), &case["input"]["history"][0]);
    // £300 a month for two months, of which the levy paid £200; in June a price of nothing takes May's
    // £300 back. What the levy did not pay was shared, and goes back there.
    let levy = money(&history["amount"]);
    let council = Account::new(levy, Money::ZERO, employer_percent(&history["gov_rate"])).open();
    let more = json!({"planned_end_on": "2026-06-30"});
    let falls = start(&council, due(-earned - earned, 20, more));
    assert_eq!(figure(&council.close(MONTH)["paid"]), levy);
    council.change(&falls, "change-price", &json!({"from": "2026-06-01", "agreed_price": "0.00"}));
    let june = council.close("2026-06");
    assert!(is(figure(&june["paid"]), &case["expect"]["refunds"][0]["amount"], &case), "{june}");
    let shared = figure(&june["co_invested"]["government"]) + figure(&june["co_invested"]["employer"]);
    assert_eq!(figure(&june["paid"]) + shared, earned);
    council.verify();
}

fn instalments(council: &Council, start: &str) -> Vec<Value> {
    let earnings = council.ledger.admin.get(&format!("/v1/starts/{start}/earnings")).expect(200).json();
    earnings["instalments"].as_array().unwrap().clone()
}

#[test]
fn what_completion_balances_is_as_worked() {
    let case = case("ut-balance-5");
    let input = &case["input"];
    let council = Council::new();
    // £1,000 by the price that held in August, £1,200 by the one from September.
    let (_, before) = due(money(&input["instalments"][0][2]), 20, json!({}));
    let (_, after) = due(money(&input["on_programme_total"]), 20, json!({}));
    let dates = json!({"agreed_price": before["agreed_price"], "agreed_on": "2024-07-20", "start_on": "2024-08-05",
        "planned_end_on": input["price_end"]});
    let start = council.start("A-1", dates);
    council.change(&start, "change-price", &json!({"from": "2024-09-01", "agreed_price": after["agreed_price"]}));
    council.change(&start, "complete", &json!({"on": input["completion"]}));
    let earned = instalments(&council, &start);
    let expected = list(&case["expect"]["instalments"]);
    assert_eq!(earned.len(), expected.len(), "{earned:?}");
    for (earned, expected) in earned.iter().zip(expected) {
        let period = format!("{}-R{:02}", text(&expected[0]), whole(&expected[1]));
        let kind = if text(&expected[3]) == "Regular" { "on_programme" } else { "balancing" };
        assert_eq!((&earned["delivery_period"], &earned["kind"]), (&json!(period), &json!(kind)));
        assert!(is(figure(&earned["amount"]), &expected[2], &case), "{earned}");
    }
}

#[test]
fn a_start_earns_on_each_census_date_as_worked() {
    let council = Council::new();
    for id in ["census-3", "census-4", "census-5", "census-8", "census-9"] {
        let case = case(id);
        let dates = json!({"agreed_on": "2023-01-01", "start_on": case["input"]["start"],
            "planned_end_on": case["input"]["end"]});
        let start = council.start(id, dates);
        let expected = usize::try_from(whole(&case["expect"]["count"])).unwrap();
        assert_eq!(instalments(&council, &start).len(), expected, "{case}");
    }
}

#[test]
fn earnings_name_their_delivery_period_as_worked() {
    let council = Council::new();
    for id in ["cal-01", "cal-03", "cal-07", "cal-09"] {
        let case = case(id);
        let dates =
            json!({"agreed_on": "2022-01-01", "start_on": case["input"]["date"], "planned_end_on": "2024-07-31"});
        let start = council.start(id, dates);
        let [year, period] = [0, 1].map(|at| whole(&case["expect"]["period"][at]));
        assert_eq!(instalments(&council, &start)[0]["delivery_period"], format!("{year}-R{period:02}"), "{case}");
    }
}
