//! What is current: providers and tokens are kept as they stand, which must be as the events left
//! them.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

use super::{PAGE, Rebuilding};
use crate::domain::journal::Seq;
use crate::storage::columns::{StorageError, Stored};
use crate::storage::connection::Db;
use crate::storage::rows::{ProviderRow, TokenRow};
use crate::storage::schema::{providers, tokens};

/// The parts of an event's body that speak of what is current.
pub(super) const TABLES: [&str; 6] =
    ["providers", "amended_providers", "tokens", "revoked_tokens", "changed_learners", "erased_learners"];

/// What the events left, each row under its key.
#[derive(Default)]
pub(super) struct Current {
    providers: BTreeMap<Seq, Value>,
    tokens: BTreeMap<Seq, Value>,
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
    }
}

/// Rechecks both tables, a page of keys at a time.
pub(super) fn recheck(db: &mut Db, rebuilding: &mut Rebuilding) -> Stored<()> {
    recheck_table(
        db,
        rebuilding,
        &Table {
            name: "providers",
            rebuilt: |current| &current.providers,
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
            rebuilt: |current| &current.tokens,
            stored: |db, after| {
                let rows: Vec<TokenRow> =
                    tokens::table.filter(tokens::id.gt(after)).order(tokens::id).limit(PAGE).load(db)?;
                Ok(rows.iter().map(|row| (row.id, text(row))).collect())
            },
        },
    )
}

/// A table of what is current.
struct Table {
    name: &'static str,
    rebuilt: fn(&Current) -> &BTreeMap<Seq, Value>,
    /// A page of its rows after a key.
    stored: fn(&mut Db, Seq) -> Stored<BTreeMap<Seq, Value>>,
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
        let rebuilt = (table.rebuilt)(&rebuilding.current).range(after..=last);
        let rebuilt: BTreeMap<Seq, &Value> = rebuilt.filter(|(key, _)| **key > after).map(|(k, v)| (*k, v)).collect();
        let keys = rebuilt.keys().chain(stored.keys().filter(|key| !rebuilt.contains_key(key)));
        for key in keys {
            if rebuilt.get(key).copied() != stored.get(key) {
                rebuilding.faults.add(*key, format!("{} differs from what was last recorded", table.name));
            }
        }
        if !full {
            return Ok(());
        }
        after = last;
    }
}
