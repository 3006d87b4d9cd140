//! The entries of a month for a finance journal, with the providers that transfers are to.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::entries::{self, EntriesAsked, ListedEntry};
use super::scope::Scope;
use crate::domain::calendar::Month;
use crate::domain::journal::Seq;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::providers;

/// An entry, and the name of the provider that its transfer was to at the month's end.
pub(crate) struct PostedEntry {
    pub(crate) listed: ListedEntry,
    pub(crate) provider: Option<String>,
}

/// A page of the entries that count from a day of a month, oldest first; none where the caller sees
/// no such account.
pub(crate) fn page(
    db: &mut Db,
    scope: &Scope,
    (account, month): (Uuid, Month),
    window: (Seq, i64),
) -> Stored<Option<Vec<(Seq, PostedEntry)>>> {
    let (from, to) = (Some(month.first_day()), Some(month.last_day()));
    let asked = EntriesAsked { from, to, ..EntriesAsked::of_kinds(account, &[]) };
    let Some(found) = entries::page(db, scope, &asked, window)? else { return Ok(None) };
    let transfers: BTreeSet<Seq> = found.iter().filter_map(|listed| listed.entry.transfer).collect();
    let names = providers::names_by_transfer(db, transfers.into_iter().collect(), month.last_day())?;
    let posted = found.into_iter().map(|listed| {
        let provider = listed.entry.transfer.and_then(|transfer| names.get(&transfer)).cloned();
        (listed.seq, PostedEntry { listed, provider })
    });
    Ok(Some(posted.collect()))
}
