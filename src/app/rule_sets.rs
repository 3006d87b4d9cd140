//! Making rule sets and adding to them as the law changes. Rows that are there never change.

use super::scope::Scope;
use super::{Command, Decision, Fault, Refusal, refuse_faults};
use crate::domain::facts::Fact;
use crate::domain::journal::Seq;
use crate::domain::rules::{RuleFault, RuleRow, RuleSet};
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::rule_sets;
use crate::storage::writer::Moment;

/// How many rows a rule set holds at the most: each is looked at on every decision.
const MOST_ROWS: usize = 1_000;

/// Makes a rule set.
pub(crate) struct MakeRuleSet {
    pub(crate) scope: Scope,
    pub(crate) name: String,
    pub(crate) rows: Vec<RuleRow>,
}

/// A rule set as it is now, and whether that is recorded.
pub(crate) struct RuleSetView {
    pub(crate) rules: RuleSet,
    pub(crate) recorded: bool,
}

impl Command for MakeRuleSet {
    type Answer = RuleSetView;

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(self, ledger: &Ledger, _: Moment) -> Result<Decision<RuleSetView>, Refusal> {
        refuse_limited(&self.scope)?;
        let mut faults = too_many(self.rows.len());
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !(1..=64).contains(&self.name.len()) || !self.name.bytes().all(plain) {
            let right = "a rule set's name has 1 to 64 of a-z, 0-9 and -, such as \"northshire-2027\"";
            faults.push(Fault::at("/name", right));
        }
        refuse_faults(faults)?;
        if ledger.rule_sets.contains_key(&self.name) {
            return Err(Refusal::NameTaken(self.name));
        }
        let rules = RuleSet::new(&self.name, &self.rows).map_err(|(place, fault)| at_row(place, &fault))?;
        Ok(decided(Fact::RuleSetMade { rules: rules.clone() }, rules))
    }
}

/// Adds later rows to a rule set.
pub(crate) struct AddRules {
    pub(crate) scope: Scope,
    pub(crate) name: String,
    pub(crate) rows: Vec<RuleRow>,
}

impl Command for AddRules {
    type Answer = RuleSetView;

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(self, ledger: &Ledger, _: Moment) -> Result<Decision<RuleSetView>, Refusal> {
        refuse_limited(&self.scope)?;
        let (_, rules) = ledger.rule_sets.get(&self.name).ok_or(Refusal::NotFound("rule set"))?;
        let mut rules = rules.clone();
        let mut faults = too_many(rules.rows().len().saturating_add(self.rows.len()));
        if self.rows.is_empty() {
            faults.push(Fault::at("/rows", "give at least one row to add"));
        }
        refuse_faults(faults)?;
        let mut ordered: Vec<(usize, RuleRow)> = self.rows.into_iter().enumerate().collect();
        ordered.sort_by_key(|(_, row)| row.from);
        for (place, row) in &ordered {
            rules.add(*row).map_err(|fault| at_row(Some(*place), &fault))?;
        }
        let rows = ordered.into_iter().map(|(_, row)| row).collect();
        Ok(decided(Fact::RuleRowsAdded { rule_set: self.name, rows }, rules))
    }
}

fn decided(fact: Fact, rules: RuleSet) -> Decision<RuleSetView> {
    Decision {
        facts: vec![fact],
        account: None,
        subject: None,
        answer: Box::new(|receipt| RuleSetView { rules, recorded: receipt.first_seq.is_some() }),
    }
}

/// A rule set decides for every account that follows it.
fn refuse_limited(scope: &Scope) -> Result<(), Refusal> {
    match scope.limit() {
        Some(_) => Err(Refusal::Forbidden("a token limited to accounts changes no rule set".to_owned())),
        None => Ok(()),
    }
}

fn too_many(rows: usize) -> Vec<Fault> {
    let fault = || Fault::at("/rows", format!("a rule set holds at most {MOST_ROWS} rows; these would be {rows}"));
    (rows > MOST_ROWS).then(fault).into_iter().collect()
}

/// The fault of the row at a place, or of all rows together.
fn at_row(place: Option<usize>, fault: &RuleFault) -> Refusal {
    let field = match fault {
        RuleFault::UnknownParameter(_) => "/parameter",
        RuleFault::Figure | RuleFault::OutOfRange(_) => "/value",
        RuleFault::NotFirstOfMonth | RuleFault::NotLater { .. } => "/from",
        RuleFault::Undecided(_) => "",
    };
    let pointer = place.map_or_else(|| "/rows".to_owned(), |place| format!("/rows/{place}{field}"));
    Refusal::Invalid(vec![Fault::at(&pointer, fault)])
}

/// The rule sets after a place in the order in which they were made, each with its place. There
/// are few of them.
pub(crate) fn page(db: &mut Db, after: Seq, limit: i64) -> Stored<Vec<(Seq, RuleSet)>> {
    let mut sets: Vec<(Seq, RuleSet)> = rule_sets::all(db, Seq::MAX)?.into_values().collect();
    sets.sort_by_key(|(key, _)| *key);
    let limit = usize::try_from(limit).unwrap_or(0);
    let places = (1..).zip(sets).map(|(place, (_, rules))| (place, rules));
    Ok(places.filter(|(place, _)| *place > after).take(limit).collect())
}

/// The rule set of a name.
pub(crate) fn find(db: &mut Db, name: &str) -> Stored<Option<RuleSet>> {
    Ok(rule_sets::all(db, Seq::MAX)?.remove(name).map(|(_, rules)| rules))
}
