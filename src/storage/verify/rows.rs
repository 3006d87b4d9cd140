//! The rows: what each event says that it recorded is what the append-only tables hold, no more and
//! no less.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde_json::Value;

use super::{Rebuilding, current};
use crate::domain::journal::Seq;
use crate::storage::changes::NO_ROWS;
use crate::storage::columns::{StorageError, Stored};
use crate::storage::connection::Db;
use crate::storage::events;
use crate::storage::migrations::first_rule_sets;
use crate::storage::rows::{EntryRow, EventRow, Rows, RuleSetRow, WebhookRows};
use crate::storage::rule_sets::rule_rows_of;
use crate::storage::schema::{
    account_settings, accounts, closed_months, co_investments, entries, journal_profiles, levy_outcomes,
    levy_submissions, notices, paye_share_parts, paye_shares, rule_rows, rule_sets, start_changes, starts,
    statement_sightings, statements, transfer_changes, transfer_schedules, transfers, webhook_removals, webhooks,
    workforce_returns,
};

/// Rows as texts, by their table and number, in an order of their own.
type Texts = BTreeMap<(String, Seq), Vec<String>>;

/// Rechecks the rows of a page of events, whose numbers lie after the first and up to the second.
pub(super) fn recheck(
    db: &mut Db,
    (after, last): (Seq, Seq),
    events: &[EventRow],
    rebuilding: &mut Rebuilding,
) -> Stored<()> {
    let mut said = Texts::new();
    for event in events.iter().filter(|event| event.body != NO_ROWS) {
        match serde_json::from_str(&event.body) {
            Ok(body) => {
                rebuilding.current.absorb(&body);
                list(&body, &mut said);
            }
            Err(_) => rebuilding.faults.add(event.first_seq, format!("what event {} says is no JSON", event.id)),
        }
    }
    let there = texts_of(&stored(db, after.saturating_add(1), last)?);
    tell_differences(said, there, rebuilding);
    Ok(())
}

/// Rechecks what belongs to no event: the rule sets that every ledger begins with, and nothing else.
pub(super) fn recheck_unrecorded(db: &mut Db, rebuilding: &mut Rebuilding) -> Stored<()> {
    let mut first = Rows::default();
    for (key, rules) in (-1_i64..).zip(first_rule_sets()) {
        first.rule_sets.push(RuleSetRow { id: key, name: rules.name().to_owned() });
        first.rule_rows.extend(rule_rows_of(0, key, rules.rows()));
    }
    let there = texts_of(&stored(db, Seq::MIN, 0)?);
    tell_differences(texts_of(&first), there, rebuilding);
    let (head, beyond, entries) = Connection::transaction::<_, StorageError, _>(db, |db| {
        let head = events::head(db)?.seq;
        let outside = entries::table.filter(entries::seq.gt(head).or(entries::seq.lt(1)));
        let entries: Vec<EntryRow> = outside.order(entries::seq).limit(1_000).load(db)?;
        Ok((head, stored(db, head.saturating_add(1), Seq::MAX)?, entries))
    })?;
    for entry in entries {
        rebuilding.faults.add(entry.seq, format!("the entry belongs to no event; the last number is {head}"));
    }
    tell_differences(Texts::new(), texts_of(&beyond), rebuilding);
    Ok(())
}

fn tell_differences(said: Texts, mut there: Texts, rebuilding: &mut Rebuilding) {
    for (place, rows) in said {
        let (table, seq) = &place;
        match there.remove(&place) {
            Some(stored) if stored == rows => (),
            Some(_) => rebuilding.faults.add(*seq, format!("{table} differs from what was recorded")),
            None => rebuilding.faults.add(*seq, format!("{table} lacks what was recorded")),
        }
    }
    for (table, seq) in there.into_keys() {
        rebuilding.faults.add(seq, format!("{table} holds a row that no event recorded"));
    }
}

fn texts_of(rows: &Rows) -> Texts {
    let mut texts = Texts::new();
    // Rows are plain structs of texts and numbers, which always serialise.
    list(&serde_json::to_value(rows).unwrap_or_default(), &mut texts);
    texts
}

/// Lists the rows of an event's body, but for the tables that hold what is current.
fn list(body: &Value, texts: &mut Texts) {
    for (table, rows) in
        body.as_object().into_iter().flatten().filter(|(table, _)| !current::TABLES.contains(&&***table))
    {
        for row in rows.as_array().into_iter().flatten() {
            let seq = ["seq", "id", "statement"]
                .iter()
                .find_map(|key| row.get(key))
                .and_then(Value::as_i64)
                .unwrap_or_default();
            let rows = texts.entry((table.clone(), seq)).or_default();
            rows.push(row.to_string());
            rows.sort_unstable();
        }
    }
}

/// The rows of these numbers in every append-only table that an event's body speaks of.
pub(in crate::storage) fn stored(db: &mut Db, from: Seq, to: Seq) -> Stored<Rows> {
    Ok(Rows {
        rule_sets: rule_sets::table.filter(rule_sets::id.between(from, to)).load(db)?,
        rule_rows: rule_rows::table.filter(rule_rows::seq.between(from, to)).load(db)?,
        accounts: accounts::table.filter(accounts::id.between(from, to)).load(db)?,
        account_settings: account_settings::table.filter(account_settings::seq.between(from, to)).load(db)?,
        transfers: transfers::table.filter(transfers::id.between(from, to)).load(db)?,
        transfer_changes: transfer_changes::table.filter(transfer_changes::seq.between(from, to)).load(db)?,
        transfer_schedules: transfer_schedules::table.filter(transfer_schedules::seq.between(from, to)).load(db)?,
        starts: starts::table.filter(starts::id.between(from, to)).load(db)?,
        start_changes: start_changes::table.filter(start_changes::seq.between(from, to)).load(db)?,
        notices: notices::table.filter(notices::seq.between(from, to)).load(db)?,
        closed_months: closed_months::table.filter(closed_months::seq.between(from, to)).load(db)?,
        co_investments: co_investments::table.filter(co_investments::seq.between(from, to)).load(db)?,
        journal_profiles: journal_profiles::table.filter(journal_profiles::seq.between(from, to)).load(db)?,
        levy_submissions: levy_submissions::table.filter(levy_submissions::id.between(from, to)).load(db)?,
        levy_outcomes: levy_outcomes::table.filter(levy_outcomes::seq.between(from, to)).load(db)?,
        paye_shares: paye_shares::table.filter(paye_shares::seq.between(from, to)).load(db)?,
        paye_share_parts: paye_share_parts::table.filter(paye_share_parts::seq.between(from, to)).load(db)?,
        statements: statements::table.filter(statements::seq.between(from, to)).load(db)?,
        statement_sightings: statement_sightings::table
            .filter(statement_sightings::statement.between(from, to))
            .load(db)?,
        workforce_returns: workforce_returns::table.filter(workforce_returns::seq.between(from, to)).load(db)?,
        webhooks: WebhookRows {
            webhooks: webhooks::table.filter(webhooks::id.between(from, to)).load(db)?,
            webhook_removals: webhook_removals::table.filter(webhook_removals::seq.between(from, to)).load(db)?,
            deliveries: Vec::new(),
        },
        // What is current is rechecked apart, the journal with the chain, and personal data never.
        start_lives: Vec::new(),
        providers: Vec::new(),
        amended_providers: Vec::new(),
        tokens: Vec::new(),
        revoked_tokens: Vec::new(),
        changed_learners: Vec::new(),
        erased_learners: Vec::new(),
        learners: Vec::new(),
        entries: Vec::new(),
    })
}
