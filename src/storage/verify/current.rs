//! What is current: providers, tokens and where starts stand are kept as they are, which must be as
//! the events left them.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{PAGE, Rebuilding};
use crate::domain::journal::Seq;
use crate::storage::columns::{StorageError, Stored};
use crate::storage::connection::Db;
use crate::storage::rows::{ProviderRow, StartChangeRow, StartLifeRow, StartRow, TokenRow};
use crate::storage::schema::{providers, start_lives as stored_lives, tokens};
use crate::storage::{start_changes, start_lives};

/// The parts of an event's body that speak of what is current.
pub(super) const TABLES: [&str; 6] =
    ["providers", "amended_providers", "tokens", "revoked_tokens", "changed_learners", "erased_learners"];

/// What the events left, each row under its key.
#[derive(Default)]
pub(super) struct Current {
    providers: BTreeMap<Seq, Value>,
    tokens: BTreeMap<Seq, Value>,
    starts: BTreeMap<Seq, RecordedStart>,
}

/// A start as the events tell of it.
struct RecordedStart {
    row: StartRow,
    changes: Vec<StartChangeRow>,
}

impl Current {
    /// Takes in what one event's body says.
    pub(super) fn absorb(&mut self, body: &Value) {
        let rows = |table: &str| body.get(table).and_then(Value::as_array).into_iter().flatten();
        let key = |row: &Value| row.get("id").and_then(Value::as_i64).unwrap_or_default();
        for row in rows("providers").chain(rows("amended_providers")) {
            self.providers.insert(key(row), row.clone());
        }
        for row in rows("tokens") {
            self.tokens.insert(key(row), row.clone());
        }
        for revoked in rows("revoked_tokens") {
            let same = |token: &&mut Value| token.get("public_id") == revoked.get("public_id");
            if let Some(Value::Object(token)) = self.tokens.values_mut().find(same) {
                token.insert("revoked_seq".to_owned(), json!(revoked.get("seq")));
                token.insert("revoked_at".to_owned(), json!(revoked.get("at")));
            }
        }
        // A row that cannot be read differs from what is stored, which is told elsewhere.
        for row in rows("starts").filter_map(|row| StartRow::deserialize(row).ok()) {
            self.starts.insert(row.id, RecordedStart { row, changes: Vec::new() });
        }
        for row in rows("start_changes").filter_map(|row| StartChangeRow::deserialize(row).ok()) {
            if let Some(start) = self.starts.get_mut(&row.start_id) {
                start.changes.push(row);
            }
        }
    }
}

/// Rows as values, by their keys.
type Values = BTreeMap<Seq, Value>;

fn within(rows: &Values, after: Seq, last: Seq) -> Values {
    let rows = rows.range(after..=last).filter(|(key, _)| **key > after);
    rows.map(|(key, row)| (*key, row.clone())).collect()
}

/// Where the changes of starts leave them.
fn lives(starts: &BTreeMap<Seq, RecordedStart>, after: Seq, last: Seq) -> Values {
    let starts = starts.range(after..=last).filter(|(key, _)| **key > after);
    let life = |(key, start): (&Seq, &RecordedStart)| {
        let life = start_changes::life_of(start_changes::facts_of(&start.row), start.changes.clone()).ok()?;
        Some((*key, text(&start_lives::row_of(*key, start.row.account_id, &life.history))))
    };
    starts.filter_map(life).collect()
}

/// Rechecks the tables, a page of keys at a time.
pub(super) fn recheck(db: &mut Db, rebuilding: &mut Rebuilding) -> Stored<()> {
    recheck_table(
        db,
        rebuilding,
        &Table {
            name: "providers",
            rebuilt: |current, after, last| within(&current.providers, after, last),
            stored: |db, after| {
                let rows: Vec<ProviderRow> =
                    providers::table.filter(providers::id.gt(after)).order(providers::id).limit(PAGE).load(db)?;
                Ok(rows.iter().map(|row| (row.id, text(row))).collect())
            },
        },
    )?;
    recheck_table(
        db,
        rebuilding,
        &Table {
            name: "tokens",
            rebuilt: |current, after, last| within(&current.tokens, after, last),
            stored: |db, after| {
                let rows: Vec<TokenRow> =
                    tokens::table.filter(tokens::id.gt(after)).order(tokens::id).limit(PAGE).load(db)?;
                Ok(rows.iter().map(|row| (row.id, text(row))).collect())
            },
        },
    )?;
    recheck_table(
        db,
        rebuilding,
        &Table {
            name: "start_lives",
            rebuilt: |current, after, last| lives(&current.starts, after, last),
            stored: |db, after| {
                let rows = stored_lives::table.filter(stored_lives::start_id.gt(after));
                let rows: Vec<StartLifeRow> = rows.order(stored_lives::start_id).limit(PAGE).load(db)?;
                Ok(rows.iter().map(|row| (row.start_id, text(row))).collect())
            },
        },
    )
}

/// A table of what is current.
struct Table {
    name: &'static str,
    /// Its rows after a key, up to another.
    rebuilt: fn(&Current, Seq, Seq) -> Values,
    /// A page of its rows after a key.
    stored: fn(&mut Db, Seq) -> Stored<Values>,
}

fn text(row: &impl Serialize) -> Value {
    // Rows are plain structs of texts and numbers, which always serialise.
    serde_json::to_value(row).unwrap_or_default()
}

fn recheck_table(db: &mut Db, rebuilding: &mut Rebuilding, table: &Table) -> Stored<()> {
    let mut after = Seq::MIN;
    loop {
        let stored = Connection::transaction::<_, StorageError, _>(db, |db| {
            rebuilding.catch_up(db)?;
            (table.stored)(db, after)
        })?;
        let full = i64::try_from(stored.len()).is_ok_and(|rows| rows == PAGE);
        let last = stored.last_key_value().map(|(key, _)| *key).filter(|_| full).unwrap_or(Seq::MAX);
        let rebuilt = (table.rebuilt)(&rebuilding.current, after, last);
        let keys = rebuilt.keys().chain(stored.keys().filter(|key| !rebuilt.contains_key(key)));
        for key in keys {
            if rebuilt.get(key) != stored.get(key) {
                rebuilding.faults.add(*key, format!("{} differs from what was last recorded", table.name));
            }
        }
        if !full {
            return Ok(());
        }
        after = last;
    }
}
