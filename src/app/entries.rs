//! Reading the journal, as far as a caller may see it.

use chrono::NaiveDate;
use uuid::Uuid;

use super::accounts;
use super::scope::Scope;
use crate::domain::journal::{EntryKind, Seq};
use crate::domain::rules::RuleSet;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::entries::{self, EntryFilter};
use crate::storage::{rule_sets, starts};

pub(crate) use crate::storage::entries::{ListedEntry, NamedIds};

/// Which entries of an account are asked for.
#[derive(Clone)]
pub(crate) struct EntriesAsked {
    pub(crate) account: Uuid,
    /// Of these kinds; none for all.
    pub(crate) kinds: Vec<EntryKind>,
    /// Effective on this day or later.
    pub(crate) from: Option<NaiveDate>,
    /// Effective on this day or before.
    pub(crate) to: Option<NaiveDate>,
    /// For this start.
    pub(crate) start: Option<Uuid>,
}

impl EntriesAsked {
    /// The entries of these kinds, all of them.
    pub(crate) fn of_kinds(account: Uuid, kinds: &[EntryKind]) -> Self {
        Self { account, kinds: kinds.to_vec(), from: None, to: None, start: None }
    }
}

/// A page of an account's entries, oldest first; none where the caller sees no such account. What
/// names a start that is not there finds nothing.
pub(crate) fn page(
    db: &mut Db,
    scope: &Scope,
    asked: &EntriesAsked,
    (after, limit): (Seq, i64),
) -> Stored<Option<Vec<ListedEntry>>> {
    let Some(account) = accounts::stored(db, scope, asked.account, Seq::MAX)? else { return Ok(None) };
    let start = match asked.start {
        None => None,
        Some(id) => match starts::by_public_ids(db, &[id])?.first() {
            Some(row) => Some(row.id),
            None => return Ok(Some(Vec::new())),
        },
    };
    let (from, to) = (asked.from, asked.to);
    let filter = EntryFilter { account: account.key, kinds: &asked.kinds, from, to, start };
    entries::page(db, &filter, after, limit).map(Some)
}

/// The entry of a number, if the caller may see its account.
pub(crate) fn find(db: &mut Db, scope: &Scope, seq: Seq) -> Stored<Option<ListedEntry>> {
    let found = entries::find(db, seq)?;
    Ok(found.filter(|(account, _)| scope.sees(*account)).map(|(_, entry)| entry))
}

/// A page of an account's levy entries, with the rules that say when they lapse.
pub(crate) fn levy_page(
    db: &mut Db,
    scope: &Scope,
    account: Uuid,
    window: (Seq, i64),
) -> Stored<Option<Vec<(ListedEntry, NaiveDate)>>> {
    let asked = EntriesAsked::of_kinds(account, &[EntryKind::Levy, EntryKind::LevyAdjustment]);
    let Some(found) = page(db, scope, &asked, window)? else { return Ok(None) };
    let Some(rules) = rules_of(db, scope, account)? else { return Ok(None) };
    let with_expiry = |entry: ListedEntry| {
        let expires_on = rules.due_month(entry.entry.month).last_day();
        (entry, expires_on)
    };
    Ok(Some(found.into_iter().map(with_expiry).collect()))
}

/// The rules that an account follows, if the caller may see it.
pub(crate) fn rules_of(db: &mut Db, scope: &Scope, account: Uuid) -> Stored<Option<RuleSet>> {
    let Some(account) = accounts::stored(db, scope, account, Seq::MAX)? else { return Ok(None) };
    Ok(rule_sets::all(db, Seq::MAX)?.remove(&account.settings.rule_set).map(|(_, rules)| rules))
}
