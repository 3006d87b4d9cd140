//! Whole histories of a ledger over its interface: whatever was asked in whatever order, what was
//! refused changed nothing, the past stayed as it was, and everything foots and verifies.

use std::collections::BTreeMap;

use levy_ledger::domain::calendar::parse_date;
use levy_ledger::domain::journal::{EntryKind, Sums};
use levy_ledger::domain::money::Money;
use levy_ledger::domain::names::Named;
use levy_ledger::domain::rules::RuleSet;
use levy_ledger::domain::totals::Totals;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::steps::{Kind, Step, step};
use crate::harness::{Answer, Ledger, TODAY};

/// The day in the past whose answers later entries leave alone.
const PAST: &str = "2026-06-30";

/// A ledger on which a history takes place.
pub struct World {
    ledger: Ledger,
    pub account: String,
    pub providers: [String; 2],
    pub transfers: Vec<String>,
    pub starts: Vec<String>,
    /// Entries by number: kind and effective day.
    pub entries: BTreeMap<i64, (String, String)>,
    /// Whether the allowance may have shrunk below what was committed.
    cut: bool,
}

/// What was answered, less what differs with each request.
fn timeless(value: Value) -> Value {
    let changing = ["id", "seq", "request_id", "recorded_at", "known_at", "next_cursor"];
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(name, _)| !changing.contains(&name.as_str()));
            kept.map(|(name, value)| (name, timeless(value))).collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(values) => values.into_iter().map(timeless).collect(),
        other => other,
    }
}

/// Where two answers differ.
fn differences(at: &str, before: &Value, after: &Value) -> Vec<String> {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) if old.keys().eq(new.keys()) => {
            old.iter().flat_map(|(name, old)| differences(&format!("{at}/{name}"), old, &new[name])).collect()
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            let pairs = old.iter().zip(new).enumerate();
            pairs.flat_map(|(place, (old, new))| differences(&format!("{at}/{place}"), old, new)).collect()
        }
        (old, new) if old == new => Vec::new(),
        (old, new) => vec![format!("{at}: {old} became {new}")],
    }
}

fn money(value: &Value) -> Money {
    value.as_str().unwrap().parse().unwrap()
}

impl World {
    fn new() -> Self {
        let ledger = Ledger::fresh();
        let account = ledger.account();
        ledger.levy(&account, "800.00", "2024-10-22");
        ledger.levy(&account, "1000.00", "2025-05-22");
        let provider = |name: &str| {
            let provider = json!({"name": name, "sector": "adult_social_care"});
            ledger.admin.post("/v1/providers", &provider).made()
        };
        let providers = ["Harbour Care", "Moorland Care"].map(provider);
        let (transfers, starts, entries) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut world = Self { ledger, account, providers, transfers, starts, entries, cut: false };
        world.learn();
        world
    }

    fn get(&self, path: &str) -> Value {
        self.ledger.admin.get(path).expect(200).json()
    }

    fn of_account(&self, paths: &[String]) -> Vec<Value> {
        paths.iter().map(|path| timeless(self.get(&format!("/v1/accounts/{}/{path}", self.account)))).collect()
    }

    /// Everything that stands today.
    fn now(&self) -> Value {
        let paths =
            ["totals", "funds", "entries?limit=1000", "transfer-allowance", "transfers", "starts", "underspend"];
        let mut all = self.of_account(&paths.map(str::to_owned));
        all.push(timeless(self.get("/v1/changes?limit=1000")));
        all.into()
    }

    /// Everything that stood at the end of the day in the past.
    fn past(&self) -> Value {
        let at = ["totals", "funds", "underspend", "reports/transfers", "transfers"]
            .map(|path| format!("{path}?as_at={PAST}"));
        let mut all = self.of_account(&at);
        all.extend(self.of_account(&[format!("transfer-allowance?on={PAST}")]));
        all.into()
    }

    /// Knows the entries that are there.
    fn learn(&mut self) {
        let listed = self.get(&format!("/v1/accounts/{}/entries?limit=1000", self.account));
        let entry = |entry: &Value| {
            let text = |name: &str| entry[name].as_str().unwrap().to_owned();
            (entry["seq"].as_i64().unwrap(), (text("kind"), text("effective_on")))
        };
        self.entries = listed["data"].as_array().unwrap().iter().map(entry).collect();
    }

    fn send(&self, step: &Step, dry: bool) -> Answer {
        let path = format!("{}{}", step.path, if dry { "?dry_run=true" } else { "" });
        if step.patch {
            self.ledger.admin.patch(&path, "*", &step.body)
        } else {
            self.ledger.admin.post(&path, &step.body)
        }
    }

    /// Takes a step, after a dry run of it, and tells whether it was recorded.
    fn take(&mut self, step: &Step) -> Result<bool, TestCaseError> {
        let tried = step.tries.then(|| self.send(step, true));
        let answer = self.send(step, false);
        let recorded = answer.status < 300;
        prop_assert!(recorded || [409, 422].contains(&answer.status), "{} {}: {}", step.path, step.body, answer.text);
        if let Some(tried) = tried {
            prop_assert_eq!(tried.status < 300, recorded, "{} | {} | {}", step.path, tried.text, answer.text);
            prop_assert_eq!(timeless(tried.json()), timeless(answer.json()));
        }
        if recorded {
            let id = || answer.json()["id"].as_str().unwrap().to_owned();
            match step.makes {
                Some("transfer") => self.transfers.push(id()),
                Some("start") => self.starts.push(id()),
                Some(_) | None => {}
            }
            self.cut |= step.cuts;
            self.learn();
        }
        Ok(recorded)
    }

    /// What entries by a day come to, added up by the rules alone.
    fn replayed(&self, day: &str, entries: &[Value], rules: &RuleSet) -> Totals {
        let mut sums = Sums::new();
        for entry in entries.iter().filter(|entry| entry["effective_on"].as_str() <= Some(day)) {
            let kind = EntryKind::ALL.iter().find(|kind| Some(kind.name()) == entry["kind"].as_str()).unwrap();
            let month = entry["month"].as_str().unwrap().parse().unwrap();
            sums.entry(month).or_default().count(*kind, money(&entry["amount"]));
        }
        Totals::of(&sums.into(), rules, parse_date(day).unwrap())
    }

    /// Lots, balance and totals foot on a day, and entries replayed from nothing give the same.
    fn foots(&self, day: &str, entries: &[Value]) -> Result<(), TestCaseError> {
        let at = [format!("funds?as_at={day}"), format!("totals?as_at={day}")];
        let [funds, totals] = self.of_account(&at).try_into().unwrap();
        let mut remaining = Money::ZERO;
        for lot in funds["lots"].as_array().unwrap() {
            let [entered, spent, transferred, expired, left] =
                ["entered", "spent", "transferred", "expired", "remaining"].map(|name| money(&lot[name]));
            prop_assert_eq!(entered, spent + transferred + expired + left, "{}", lot);
            prop_assert!([spent, transferred, expired, left].iter().all(|part| !part.is_negative()), "{}", lot);
            remaining += left;
        }
        let figure = |name: &str| money(&totals[name]);
        let balance = figure("balance");
        prop_assert_eq!(balance, remaining + money(&funds["unallocated"]));
        prop_assert_eq!(figure("spendable"), remaining.min(balance).at_least_zero());
        let moved = figure("levy_in") + figure("transfers_received") + figure("corrections");
        prop_assert_eq!(balance, moved - figure("own_spending") - figure("transferred") - figure("expired"));
        let rules = if totals["rule_set"] == "england" { RuleSet::england() } else { RuleSet::standard() };
        let again = self.replayed(day, entries, &rules);
        prop_assert_eq!((again.balance, again.spendable), (balance, figure("spendable")));
        prop_assert_eq!((again.levy_in, again.own_spending), (figure("levy_in"), figure("own_spending")));
        prop_assert_eq!((again.transferred, again.expired), (figure("transferred"), figure("expired")));
        Ok(())
    }

    /// The cap holds today and at the year's end, unless the allowance itself was cut.
    fn stays_within_the_cap(&self) -> Result<(), TestCaseError> {
        for day in [TODAY, "2027-04-19"] {
            let year = self.of_account(&[format!("transfer-allowance?on={day}")]).remove(0);
            prop_assert!(self.cut || year["exceeded_by"] == "0.00", "{}: {}", day, year);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_history_keeps_to_the_rules_and_verifies(kinds in prop::collection::vec(Kind::any(), 24)) {
        let mut world = World::new();
        let (mut now, mut past) = (world.now(), world.past());
        for kind in &kinds {
            let Some(step) = step(&world, kind) else { continue };
            let recorded = world.take(&step)?;
            let then = std::mem::replace(&mut now, world.now());
            if !recorded {
                let changed = differences("", &then, &now);
                prop_assert!(changed.is_empty(), "what was refused changes nothing: {step:?} {changed:#?}");
            }
            let before = std::mem::replace(&mut past, world.past());
            if step.effective.as_deref() > Some(PAST) {
                let changed = differences("", &before, &past);
                prop_assert!(changed.is_empty(), "the past stays as it was: {step:?} {changed:#?}");
            }
            world.stays_within_the_cap()?;
        }
        let entries = world.get(&format!("/v1/accounts/{}/entries?limit=1000", world.account));
        for day in ["2025-12-30", "2026-05-31", TODAY, "2026-11-30", "2027-12-31"] {
            world.foots(day, entries["data"].as_array().unwrap())?;
        }
        let found = world.get("/v1/audit/verify");
        prop_assert_eq!(&found["ok"], &json!(true), "{}", found);
    }
}
