//! The steps of a history: anything that is recorded, at random.

use levy_ledger::domain::calendar::Month;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::histories::World;

/// A step as it is drawn, before it is known what is there.
#[derive(Clone, Debug)]
pub enum Kind {
    Levy { pence: i64, entered_on: &'static str, declared_on: Option<&'static str> },
    Payments(Vec<Payment>),
    Offer { pence: i64, agreed_on: &'static str, provider: Index, shape: usize, accepted: bool },
    Transition { which: Index, name: &'static str, on: &'static str },
    Reschedule { which: Index, pence: i64, on: &'static str },
    Start { which: Index, own: bool, pence: i64, start_on: &'static str },
    Life { which: Index, shape: usize, on: &'static str, pence: i64 },
    TakeOver { which: Index, provider: Index, on: &'static str },
    Reverse(Index),
    Account(usize),
    Rules(u32),
    Provider(bool),
    Erase(Index),
    Token,
}

/// A payment, or a refund.
#[derive(Clone, Debug)]
pub struct Payment {
    pence: i64,
    at: i32,
    kind: usize,
    which: Index,
}

const DAYS: [&str; 8] =
    ["2024-11-22", "2025-04-19", "2025-04-20", "2025-06-10", "2026-03-31", "2026-05-01", "2026-07-01", "2026-11-22"];
const AHEAD: [&str; 3] = ["2026-12-01", "2027-02-28", "2027-04-20"];

fn a_day() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => prop::sample::select(&DAYS[..]), 1 => prop::sample::select(&AHEAD[..])]
}

fn payment() -> impl Strategy<Value = Payment> {
    let pence = prop_oneof![4 => 1..20_000_i64, 1 => -9_000..0_i64];
    (pence, 0..22, 0..4_usize, any::<Index>()).prop_map(|(pence, at, kind, which)| Payment { pence, at, kind, which })
}

impl Kind {
    pub fn any() -> impl Strategy<Value = Self> {
        let index = any::<Index>;
        let steps = ["accept", "decline", "withdraw", "lapse", "stop", "complete"];
        let levy = (prop_oneof![5 => 1..90_000_i64, 1 => -40_000..0_i64], a_day(), prop::option::of(a_day()));
        let offer = (1..20_000_i64, a_day(), index(), 0..5_usize, any::<bool>());
        let start = (index(), any::<bool>(), 1..9_000_i64, a_day());
        prop_oneof![
            3 => levy.prop_map(|(pence, entered_on, declared_on)| Self::Levy { pence, entered_on, declared_on }),
            6 => prop::collection::vec(payment(), 1..4).prop_map(Self::Payments),
            5 => offer.prop_map(|(pence, agreed_on, provider, shape, accepted)| Self::Offer {
                pence, agreed_on, provider, shape, accepted
            }),
            4 => (index(), prop::sample::select(steps.to_vec()), a_day())
                .prop_map(|(which, name, on)| Self::Transition { which, name, on }),
            2 => (index(), 1..30_000_i64, a_day()).prop_map(|(which, pence, on)| Self::Reschedule { which, pence, on }),
            3 => start.prop_map(|(which, own, pence, start_on)| Self::Start { which, own, pence, start_on }),
            5 => (index(), 0..8_usize, a_day(), 0..9_000_i64)
                .prop_map(|(which, shape, on, pence)| Self::Life { which, shape, on, pence }),
            1 => (index(), index(), a_day()).prop_map(|(which, provider, on)| Self::TakeOver { which, provider, on }),
            3 => index().prop_map(Self::Reverse),
            1 => (0..4_usize).prop_map(Self::Account),
            1 => (1..28_u32).prop_map(Self::Rules),
            1 => any::<bool>().prop_map(Self::Provider),
            1 => index().prop_map(Self::Erase),
            1 => Just(Self::Token),
        ]
    }
}

/// A request, and what is to be expected of it.
#[derive(Debug)]
pub struct Step {
    pub path: String,
    pub body: Value,
    pub patch: bool,
    /// Whether it has a dry run.
    pub tries: bool,
    /// The first day on which anything of it counts; none where it has no day.
    pub effective: Option<String>,
    /// Whether it may take allowance away.
    pub cuts: bool,
    /// What it makes.
    pub makes: Option<&'static str>,
}

fn pounds(pence: i64) -> String {
    let sign = if pence < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", pence.abs() / 100, pence.abs() % 100)
}

fn posted(path: String, body: Value, effective: &str) -> Step {
    let effective = Some(effective.to_owned());
    Step { path, body, patch: false, tries: true, effective, cuts: false, makes: None }
}

/// The request of a step; none where it needs something that is not there.
pub fn step(world: &World, kind: &Kind) -> Option<Step> {
    let of_account = |path: &str| format!("/v1/accounts/{}/{path}", world.account);
    let named = |which: &Index, ids: &[String]| (!ids.is_empty()).then(|| which.get(ids).clone());
    let undated = |path: String, body: Value| Step { effective: None, ..posted(path, body, "") };
    Some(match kind {
        Kind::Levy { pence, entered_on, declared_on } => {
            let body = json!({"amount": pounds(*pence), "entered_on": entered_on, "declared_on": declared_on});
            Step { cuts: *pence < 0, ..posted(of_account("levy-funds"), body, entered_on) }
        }
        Kind::Payments(payments) => {
            let first = payments.iter().map(month).min()?;
            let payments: Vec<Value> = payments.iter().map(|payment| paid(world, payment)).collect();
            posted(of_account("payments"), json!({"payments": payments}), &first.last_day().to_string())
        }
        Kind::Offer { agreed_on, .. } => {
            let step = posted(of_account("transfers"), offer(world, kind), agreed_on);
            Step { makes: Some("transfer"), ..step }
        }
        Kind::Transition { which, name, on } => {
            let transfer = named(which, &world.transfers)?;
            posted(format!("/v1/transfers/{transfer}/{name}"), json!({"on": on}), on)
        }
        Kind::Reschedule { which, pence, on } => {
            let (transfer, amount) = (named(which, &world.transfers)?, pounds(*pence));
            let schedule = json!([{"allowance_year": "2026-27", "amount": amount}]);
            let body = json!({"on": on, "amount": amount, "schedule": schedule, "reason": "plans changed"});
            posted(format!("/v1/transfers/{transfer}/reschedule"), body, on)
        }
        Kind::Start { which, own, pence, start_on } => {
            let transfer = named(which, &world.transfers).filter(|_| !own);
            let body = json!({
                "transfer_id": transfer, "learner_reference": format!("A{}", which.index(9)), "standard_code": "ST0005",
                "level": 3, "agreed_price": pounds(*pence), "agreed_on": start_on, "start_on": start_on,
                "planned_end_on": "2028-01-31", "priority_groups": ["disabled"],
            });
            Step { makes: Some("start"), ..posted(of_account("starts"), body, start_on) }
        }
        Kind::Life { which, shape, on, pence } => {
            let happened = [
                ("pause", json!({"on": on})),
                ("resume", json!({"on": on, "planned_end_on": "2028-03-31"})),
                ("withdraw", json!({"on": on})),
                ("complete", json!({"on": on})),
                ("achieve", json!({"on": on})),
                ("change-price", json!({"from": on, "agreed_price": pounds(*pence)})),
                ("change-dates", json!({"start_on": on})),
                ("void", json!({"reason": "in error"})),
            ];
            let (name, body) = happened[*shape].clone();
            let step = posted(format!("/v1/starts/{}/{name}", named(which, &world.starts)?), body, on);
            let counts_always = ["change-dates", "void"].contains(&name);
            Step { effective: step.effective.filter(|_| !counts_always), ..step }
        }
        Kind::TakeOver { which, provider, on } => {
            let transfer = named(which, &world.transfers)?;
            let body = json!({"on": on, "provider_id": provider.get(&world.providers), "reason": "bought"});
            posted(format!("/v1/transfers/{transfer}/change-employer"), body, on)
        }
        Kind::Reverse(which) => {
            let entries: Vec<_> = world.entries.iter().collect();
            let (seq, (kind, effective_on)) = *which.get(&entries);
            let step = posted(format!("/v1/entries/{seq}/reverse"), json!({"reason": "in error"}), effective_on);
            Step { cuts: kind.starts_with("levy"), tries: false, ..step }
        }
        Kind::Account(which) => {
            let settings = [
                json!({"policy_cap_percent": "20"}),
                json!({"policy_cap_percent": null}),
                json!({"rule_set": "england"}),
                json!({"rule_set": "standard"}),
            ];
            let step = undated(format!("/v1/accounts/{}", world.account), settings[*which].clone());
            Step { patch: true, tries: false, cuts: true, ..step }
        }
        Kind::Rules(on) => {
            let row = json!({"parameter": "transfer_cap_percent", "from": format!("2027-04-{on:02}"), "value": "30"});
            let step = undated("/v1/rule-sets/standard/rows".to_owned(), json!({"rows": [row]}));
            Step { tries: false, cuts: true, ..step }
        }
        Kind::Provider(closes) => {
            let change = json!({"closed_on": closes.then_some("2026-06-01")});
            let step = undated(format!("/v1/providers/{}", world.providers[1]), change);
            Step { patch: true, tries: false, ..step }
        }
        Kind::Erase(which) => {
            let start = named(which, &world.starts)?;
            let body = json!({"reason": "asked to"});
            Step { tries: false, ..undated(format!("/v1/starts/{start}/erase-personal-data"), body) }
        }
        Kind::Token => {
            let body = json!({"role": "finance", "name": "a report", "expires_in_days": 30});
            Step { tries: false, ..undated("/v1/tokens".to_owned(), body) }
        }
    })
}

/// Refunds lie in months that are over, payments in some ahead too.
fn month(payment: &Payment) -> Month {
    let at = if payment.pence < 0 { payment.at.min(16) } else { payment.at };
    Month::new(2025, 6).unwrap().plus(at)
}

fn paid(world: &World, payment: &Payment) -> Value {
    let named = |ids: &[String]| (!ids.is_empty()).then(|| payment.which.get(ids).clone());
    let (kind, start, transfer) = match payment.kind {
        0 => ("own", None, None),
        1 => ("transfer", None, named(&world.transfers)),
        2 => ("own", named(&world.starts), None),
        _ => ("transfer", named(&world.starts), None),
    };
    json!({
        "month": month(payment).to_string(), "kind": kind, "amount": pounds(payment.pence), "start_id": start,
        "transfer_id": transfer,
    })
}

fn offer(world: &World, kind: &Kind) -> Value {
    let Kind::Offer { pence, agreed_on, provider, shape, accepted } = kind else { return Value::Null };
    let (amount, part) =
        (pounds(*pence), |year: &str, pence: i64| json!({"allowance_year": year, "amount": pounds(pence)}));
    let more = [
        json!({}),
        json!({"schedule": [part("2026-27", *pence)]}),
        json!({"schedule": [part("2026-27", pence / 2), part("2027-28", pence - pence / 2)]}),
        json!({"planned_start": "2026-12", "duration_months": 18}),
        json!({"lapses_on": "2026-12-31"}),
    ];
    let mut offer = json!({
        "provider_id": provider.get(&world.providers), "amount": amount, "agreed_on": agreed_on, "apprentices": 3,
        "status": if *accepted { "accepted" } else { "offered" },
    });
    offer.as_object_mut().unwrap().extend(more[*shape].as_object().unwrap().clone());
    offer
}
