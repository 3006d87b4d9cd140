//! Accounts as at a day and as known at a number, from which figures are worked out.

use chrono::NaiveDate;
use uuid::Uuid;

use super::accounts as use_cases;
use super::audit::begins;
use super::scope::Scope;
use crate::domain::funds::Funds;
use crate::domain::journal::{Books, Seq};
use crate::domain::rules::RuleSet;
use crate::domain::totals::account_funds;
use crate::storage::accounts::{self, StoredAccount};
use crate::storage::columns::{StorageError, Stored};
use crate::storage::connection::Db;
use crate::storage::{audit, events, rule_sets, sums};

/// The state that figures are asked of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AsOf {
    /// The day whose end it is.
    pub(crate) as_at: NaiveDate,
    /// What was recorded after this number is not known.
    pub(crate) known_at: Seq,
    /// The day on which it is asked.
    pub(crate) today: NaiveDate,
    /// Whether later numbers are there, so that the running sums hold too much.
    earlier: bool,
}

/// A number that the ledger has not given yet, or never gives.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("known_at lies from 0 to {head}, the last number that the ledger has given")]
pub(crate) struct NotGiven {
    head: Seq,
}

impl AsOf {
    /// The state at the end of a day (today unless said) as known at a number (the last one unless
    /// said).
    pub(crate) fn new(
        db: &mut Db,
        as_at: Option<NaiveDate>,
        known_at: Option<Seq>,
        today: NaiveDate,
    ) -> Stored<Result<Self, NotGiven>> {
        let head = events::head(db)?.seq;
        let known_at = known_at.unwrap_or(head);
        if !(0..=head).contains(&known_at) {
            return Ok(Err(NotGiven { head }));
        }
        Ok(Ok(Self { as_at: as_at.unwrap_or(today), known_at, today, earlier: known_at < head }))
    }

    /// The state from which something was answered on a day: like [`AsOf::new`], but a day that is over
    /// stands for what had been recorded by its end where no number is said, and of what was recorded at
    /// once all counts or nothing (`docs/rules.md` section 10).
    pub(crate) fn answered_on(
        db: &mut Db,
        as_at: Option<NaiveDate>,
        known_at: Option<Seq>,
        today: NaiveDate,
    ) -> Stored<Result<Self, NotGiven>> {
        let over = as_at.filter(|day| *day < today && known_at.is_none());
        let by_then = over.map(|day| audit::last_before(db, begins(day.succ_opt().unwrap_or(day)))).transpose()?;
        let mut of = Self::new(db, as_at, known_at.or(by_then), today)?;
        if let Ok(of) = &mut of {
            of.known_at = events::whole(db, of.known_at)?;
        }
        Ok(of)
    }

    /// The last number that counts, above all of them where everything recorded does.
    pub(crate) fn last_known(&self) -> Seq {
        if self.earlier { self.known_at } else { Seq::MAX }
    }
}

impl AsOf {
    /// The last number that counts; the greatest there is where everything recorded does.
    pub(crate) fn counts_to(&self) -> Seq {
        if self.earlier { self.known_at } else { Seq::MAX }
    }
}

/// An account with what there was of it: settings and rules as recorded by then, and sums as
/// effective by then.
pub(crate) struct AccountAsOf {
    pub(crate) stored: StoredAccount,
    pub(crate) rules: RuleSet,
    pub(crate) books: Books,
}

/// The account of an id as it was, if it was there and the caller may see it.
pub(crate) fn account(db: &mut Db, scope: &Scope, id: Uuid, of: &AsOf) -> Stored<Option<AccountAsOf>> {
    let found = use_cases::stored(db, scope, id, of.known_at)?;
    Ok(with_sums(db, found.into_iter().collect(), of)?.into_iter().next())
}

/// The accounts of these keys as they were.
pub(crate) fn of_keys(db: &mut Db, keys: &[Seq], of: &AsOf) -> Stored<Vec<AccountAsOf>> {
    let found = accounts::with_settings(db, Some(keys), of.known_at)?;
    with_sums(db, found, of)
}

/// The keys of the accounts that the caller may see, in their order.
pub(crate) fn keys(db: &mut Db, scope: &Scope) -> Stored<Vec<Seq>> {
    let mut keys: Vec<Seq> = accounts::keys_seen(db, scope.limit())?.into_iter().collect();
    keys.sort_unstable();
    Ok(keys)
}

fn with_sums(db: &mut Db, found: Vec<StoredAccount>, of: &AsOf) -> Stored<Vec<AccountAsOf>> {
    let keys: Vec<Seq> = found.iter().map(|account| account.key).collect();
    let rule_sets = rule_sets::all(db, of.known_at)?;
    let mut books = sums::books_as_at(db, &keys, of.as_at, of.earlier.then_some(of.known_at))?;
    let mut accounts = Vec::with_capacity(found.len());
    for stored in found {
        let name = &stored.settings.rule_set;
        let unreadable = || StorageError::Unreadable { what: "rule set", value: name.clone() };
        let rules = rule_sets.get(name).map(|(_, rules)| rules.clone()).ok_or_else(unreadable)?;
        let books = books.remove(&stored.key).unwrap_or_default();
        accounts.push(AccountAsOf { stored, rules, books });
    }
    Ok(accounts)
}

/// The funds of an account, lot by lot.
pub(crate) fn funds(db: &mut Db, scope: &Scope, id: Uuid, of: &AsOf) -> Stored<Option<Funds>> {
    let found = account(db, scope, id, of)?;
    Ok(found.map(|account| account_funds(&account.books, &account.rules, of.as_at)))
}
