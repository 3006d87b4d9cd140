//! The submissions of an account, with what became of each.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::app::scope::Scope;
use crate::app::{accounts, entries};
use crate::domain::journal::Seq;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::declarations::{self, ListedSubmission};

/// A submission as its callers see it.
pub(crate) struct DeclarationView {
    pub(crate) listed: ListedSubmission,
    /// The last day on which its credit can be spent.
    pub(crate) expires_on: Option<NaiveDate>,
}

/// A page of the submissions that were sent to an account, oldest first; none where the caller sees
/// no such account.
pub(crate) fn page(
    db: &mut Db,
    scope: &Scope,
    account: Uuid,
    (after, limit): (Seq, i64),
) -> Stored<Option<Vec<DeclarationView>>> {
    let Some(stored) = accounts::stored(db, scope, account, Seq::MAX)? else { return Ok(None) };
    let Some(rules) = entries::rules_of(db, scope, account)? else { return Ok(None) };
    let found = declarations::page(db, stored.key, after, limit)?;
    let view = |listed: ListedSubmission| {
        let month = listed.entry.as_ref().map(|entry| entry.entry.month);
        DeclarationView { listed, expires_on: month.map(|month| rules.due_month(month).last_day()) }
    };
    Ok(Some(found.into_iter().map(view).collect()))
}
