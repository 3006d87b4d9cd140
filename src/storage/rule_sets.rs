//! Rule sets and their dated rows.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;

use super::columns::{self, StorageError, Stored};
use super::connection::Db;
use super::rows::{RuleRowRow, RuleSetRow};
use super::schema::{rule_rows, rule_sets};
use crate::domain::journal::Seq;
use crate::domain::rules::{RuleRow, RuleSet};

/// Every rule set as of `known_at`, with its key, by name.
pub(crate) fn all(db: &mut Db, known_at: Seq) -> Stored<BTreeMap<String, (Seq, RuleSet)>> {
    let sets: Vec<RuleSetRow> = rule_sets::table.filter(rule_sets::id.le(known_at)).load(db)?;
    let order = (rule_rows::rule_set_id, rule_rows::begins_on);
    let rows: Vec<RuleRowRow> = rule_rows::table.filter(rule_rows::seq.le(known_at)).order(order).load(db)?;
    let mut by_set: HashMap<Seq, Vec<RuleRow>> = HashMap::new();
    for row in rows {
        let rule = rule_of(&row)?;
        by_set.entry(row.rule_set_id).or_default().push(rule);
    }
    let mut found = BTreeMap::new();
    for RuleSetRow { id, name } in sets {
        let rows = by_set.remove(&id).unwrap_or_default();
        let rules = RuleSet::new(&name, &rows)
            .map_err(|(_, fault)| StorageError::Unreadable { what: "rule set", value: format!("{name}: {fault}") })?;
        found.insert(name, (id, rules));
    }
    Ok(found)
}

/// The names of rule sets by key.
pub(crate) fn names(db: &mut Db) -> Stored<HashMap<Seq, String>> {
    Ok(rule_sets::table.load::<(Seq, String)>(db)?.into_iter().collect())
}

fn rule_of(row: &RuleRowRow) -> Stored<RuleRow> {
    let parameter = row
        .parameter
        .parse()
        .map_err(|_| StorageError::Unreadable { what: "parameter", value: row.parameter.clone() })?;
    Ok(RuleRow { parameter, from: row.begins_on, value: columns::decimal(&row.value)? })
}

/// The rows of rules as they are stored.
pub(crate) fn rule_rows_of(seq: Seq, set: Seq, rows: &[RuleRow]) -> Vec<RuleRowRow> {
    let row = |row: &RuleRow| RuleRowRow {
        rule_set_id: set,
        parameter: row.parameter.name().to_owned(),
        begins_on: row.from,
        value: row.value.to_string(),
        seq,
    };
    rows.iter().map(row).collect()
}

/// Records the rule sets that the ledger begins with, once, under the number before the first.
pub(crate) fn begin_with(db: &mut Db, sets: &[RuleSet]) -> Stored<()> {
    let there = names(db)?;
    if !there.is_empty() {
        return Ok(());
    }
    for (key, rules) in (-1_i64..).zip(sets) {
        let set = RuleSetRow { id: key, name: rules.name().to_owned() };
        super::connection::append(db, rule_sets::table, vec![set])?;
        super::connection::append(db, rule_rows::table, rule_rows_of(0, key, rules.rows()))?;
    }
    Ok(())
}
