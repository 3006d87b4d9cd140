//! Following the ledger: every change in order, as far as the caller may see it.

use chrono::NaiveDateTime;
use uuid::Uuid;

use super::scope::Scope;
use crate::domain::journal::{Entry, Seq};
use crate::storage::changes::{self, Change, PublicIds};
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::rows::EntryRow;
use crate::storage::{accounts, entries};

/// What was recorded under one number, as callers name things.
pub(crate) struct Followed {
    pub(crate) seq: Seq,
    pub(crate) action: String,
    pub(crate) account: Option<Uuid>,
    /// The public id of what was made or changed; none for an entry.
    pub(crate) subject: Option<String>,
    pub(crate) recorded_at: NaiveDateTime,
    pub(crate) recorded_by: String,
    pub(crate) entry: Option<FollowedEntry>,
}

/// An entry with the public ids of the start and the transfer that it names.
pub(crate) struct FollowedEntry {
    pub(crate) entry: Entry,
    pub(crate) start: Option<Uuid>,
    pub(crate) transfer: Option<Uuid>,
}

/// Some changes, and where to go on.
pub(crate) struct Following {
    pub(crate) changes: Vec<Followed>,
    /// The number after which the next ones begin.
    pub(crate) next_after: Seq,
    /// Whether there are more already.
    pub(crate) more: bool,
    /// The ledger's last number.
    pub(crate) head: Seq,
}

/// The changes after a number, at most `limit` of them.
pub(crate) fn follow(db: &mut Db, scope: &Scope, after: Seq, limit: usize) -> Stored<Following> {
    let keys = scope.limit().map(|ids| accounts::keys_of(db, ids)).transpose()?;
    let keys: Option<Vec<Seq>> = keys.map(|keys| keys.into_iter().collect());
    let page = changes::page(db, keys.as_deref(), after, limit)?;
    let ids = changes::public_ids(db, &page.changes)?;
    let changes = page.changes.into_iter().map(|change| named(change, &ids)).collect::<Stored<_>>()?;
    Ok(Following { changes, next_after: page.next_after, more: page.more, head: page.head })
}

fn named(change: Change, ids: &PublicIds) -> Stored<Followed> {
    let Change { seq, action, account, subject, recorded_at, recorded_by, entry } = change;
    let named = |row: EntryRow| -> Stored<FollowedEntry> {
        let start = row.start_id.and_then(|key| ids.starts.get(&key).copied());
        let transfer = row.transfer_id.and_then(|key| ids.transfers.get(&key).copied());
        Ok(FollowedEntry { entry: entries::entry_of(&row)?, start, transfer })
    };
    let account = account.and_then(|key| ids.accounts.get(&key).copied());
    Ok(Followed { seq, action, account, subject, recorded_at, recorded_by, entry: entry.map(named).transpose()? })
}
