//! A council to which a story happens, over the interface: facts recorded, months closed, and what
//! the ledger then holds.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::Text;
use levy_ledger::domain::calendar::Month;
use levy_ledger::domain::starts::StartChange;
use serde_json::{Value, json};

use super::facts::{Fact, PROVIDERS, Story, What};
use crate::databases::Intruder;
use crate::harness::Ledger;

pub struct Council {
    pub ledger: Ledger,
    /// The council's account, and that of the provider that has one.
    pub accounts: [String; 2],
    db: Intruder,
    providers: Vec<String>,
    transfers: Vec<String>,
    starts: HashMap<usize, String>,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

impl Council {
    pub fn new(story: &Story) -> Self {
        let ledger = Ledger::fresh_on(&story.size.begins().to_string());
        let council = ledger.account_like(json!({"name": "Northshire County Council",
            "rule_set": story.size.rule_set, "policy_cap_percent": "20",
            "training_provider_priority": ["10000003", "10000001"]}));
        let provider = |at: usize| {
            let provider = json!({"name": format!("Provider {at}"), "sector": "adult_social_care"});
            ledger.admin.post("/v1/providers", &provider).made()
        };
        let providers: Vec<String> = (0..PROVIDERS).map(provider).collect();
        let of_provider = ledger.account_like(json!({"name": "Provider Ltd", "rule_set": story.size.rule_set,
            "provider_id": providers[PROVIDERS - 1]}));
        let db = ledger.intruder();
        let (accounts, transfers, starts) = ([council, of_provider], Vec::new(), HashMap::new());
        Self { ledger, accounts, db, providers, transfers, starts }
    }

    /// Records a fact.
    pub fn record(&mut self, story: &Story, fact: &Fact) {
        let account = format!("/v1/accounts/{}", self.accounts[0]);
        match &fact.what {
            What::Levy { provider, amount } => {
                let account = &self.accounts[usize::from(*provider)];
                self.ledger.levy(account, &amount.to_string(), &fact.day.to_string());
            }
            What::Payment { amount } => {
                let payment =
                    json!({"month": Month::of(fact.day).to_string(), "kind": "own", "amount": amount.to_string()});
                self.ledger.admin.post(&format!("{account}/payments"), &json!({"payments": [payment]})).expect(200);
            }
            What::Transfer { provider, body } => {
                let mut body = body.clone();
                body["provider_id"] = json!(self.providers[*provider]);
                self.transfers.push(self.ledger.admin.post(&format!("{account}/transfers"), &body).made());
            }
            What::TransferChange { transfer, step, body } => {
                let path = format!("/v1/transfers/{}/{step}", self.transfers[*transfer]);
                self.ledger.admin.post(&path, body).expect(200);
            }
            What::Start(at) => {
                let id = self.ledger.admin.post(&format!("{account}/starts"), &self.start_in(story, *at)).made();
                self.starts.insert(*at, id);
            }
            What::Change { start, change } => {
                let (step, body) = step_of(change);
                self.ledger.admin.post(&format!("/v1/starts/{}/{step}", self.starts[start]), &body).expect(200);
            }
        }
    }

    fn start_in(&self, story: &Story, at: usize) -> Value {
        let start = &story.starts[at];
        json!({
            "learner_reference": start.reference, "standard_code": "ST0005", "level": 3,
            "transfer_id": start.transfer.map(|transfer| &self.transfers[transfer]),
            "agreed_price": start.facts.agreed_price.to_string(),
            "funding_band_maximum": start.facts.funding_band_maximum.map(|most| most.to_string()),
            "agreed_on": start.facts.agreed_on.to_string(), "start_on": start.facts.start_on.to_string(),
            "planned_end_on": start.facts.planned_end_on.to_string(),
            "training_provider_ukprn": start.training_provider,
        })
    }

    /// Closes a month of both accounts, the one that meets shortfalls last; gives the records.
    pub fn close(&self, month: Month, dry: bool) -> Vec<Value> {
        let query = if dry { "?dry_run=true" } else { "" };
        let close = |account: &String| {
            let path = format!("/v1/accounts/{account}/months/{month}/close{query}");
            self.ledger.admin.post(&path, &json!({})).expect(200).json()
        };
        self.accounts.iter().map(close).collect()
    }

    pub fn get(&self, account: usize, what: &str) -> Value {
        self.ledger.admin.get(&format!("/v1/accounts/{}/{what}", self.accounts[account])).expect(200).json()
    }

    /// Lines that a query gives.
    pub fn lines(&mut self, sql: &str) -> Vec<String> {
        let lines: Vec<Line> = diesel::sql_query(sql).load(&mut self.db).unwrap();
        lines.into_iter().map(|line| line.line).collect()
    }

    /// What the journal and the months say, whoever recorded what first.
    pub fn books(&mut self) -> [Vec<String>; 4] {
        [ENTRIES, MONTHS, CO_INVESTED, NOTICES].map(|sql| self.lines(sql))
    }

    /// Moves the clock on to a day, never back.
    pub fn on(&self, day: NaiveDate) {
        use levy_ledger::storage::Clock;
        if self.ledger.clock.today() < day {
            self.ledger.clock.set(&day.to_string());
        }
    }
}

fn step_of(change: &StartChange) -> (&'static str, Value) {
    let day = |on: &NaiveDate| on.to_string();
    match change {
        StartChange::Paused { on } => ("pause", json!({"on": day(on)})),
        StartChange::Resumed { on, planned_end_on } => {
            ("resume", json!({"on": day(on), "planned_end_on": planned_end_on.as_ref().map(day)}))
        }
        StartChange::Withdrawn { on } => ("withdraw", json!({"on": day(on)})),
        StartChange::Completed { on } => ("complete", json!({"on": day(on)})),
        StartChange::Achieved { on } => ("achieve", json!({"on": day(on)})),
        StartChange::PriceChanged { from, agreed_price } => {
            ("change-price", json!({"from": day(from), "agreed_price": agreed_price.to_string()}))
        }
        StartChange::DatesChanged { .. } | StartChange::Voided => unreachable!("without a day: {change:?}"),
    }
}

const ENTRIES: &str = "SELECT e.account_id || ' ' || e.kind || ' ' || e.month || ' ' || e.effective_on || ' ' || e.amount
    || ' lot ' || COALESCE(CAST(e.lot AS TEXT), '-') || ' of ' || COALESCE(l.learner_reference, '-') || ' '
    || COALESCE(CAST(e.earned_month AS TEXT), '-') || ' ' || COALESCE(e.earned_kind, '-') || ' by ' || (e.transfer_id IS NOT NULL) AS line
    FROM entries e LEFT JOIN learners l ON l.start_id = e.start_id ORDER BY 1";
const MONTHS: &str =
    "SELECT account_id || ' ' || month || ' ' || paid || ' ' || transferred || ' ' || government || ' '
    || employer || ' ' || expired || ' ' || expired_earlier AS line FROM closed_months ORDER BY account_id, month";
const CO_INVESTED: &str =
    "SELECT c.account_id || ' ' || m.month || ' ' || l.learner_reference || ' ' || c.earned_month || ' '
    || c.earned_kind || ' ' || c.amount || ' ' || c.employer_percent || ' ' || c.government || ' ' || c.employer
    || ' ' || COALESCE(CAST(c.provider_id AS TEXT), '-') || ' ' || COALESCE(CAST(c.passed_to AS TEXT), '-') AS line
    FROM co_investments c JOIN closed_months m ON m.seq = c.seq JOIN learners l ON l.start_id = c.start_id ORDER BY 1";
const NOTICES: &str =
    "SELECT account_id || ' ' || month || ' ' || kind || ' ' || amount || ' ' || COALESCE(CAST(due_on AS TEXT), '-') || ' '
    || COALESCE(CAST(provider_id AS TEXT), '-') || ' ' || (transfer_id IS NOT NULL) AS line FROM notices ORDER BY 1";
