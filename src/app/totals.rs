//! Totals of one account, and of all accounts that a caller may see.

use uuid::Uuid;

use super::allowance::{self, AllowanceQuestion};
use super::figures::{self, AccountAsOf, AsOf};
use super::scope::Scope;
use crate::domain::calendar::AllowanceYear;
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::totals::Totals;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::participation::{self, Participation};

/// Totals with what goes beside them.
pub(crate) struct TotalsView {
    pub(crate) of: AsOf,
    /// The rule set followed; none where accounts differ, or there are none.
    pub(crate) rule_set: Option<String>,
    pub(crate) totals: Totals,
    /// The allowance year that holds the day.
    pub(crate) allowance_year: AllowanceYear,
    pub(crate) allowance: Money,
    pub(crate) reserved: Money,
    pub(crate) remaining_allowance: Money,
    pub(crate) participation: Participation,
}

/// The totals of one account, if it was there and the caller may see it.
pub(crate) fn of_account(db: &mut Db, scope: &Scope, id: Uuid, of: AsOf) -> Stored<Option<TotalsView>> {
    let Some(account) = figures::account(db, scope, id, &of)? else { return Ok(None) };
    summed(db, &[account], of).map(Some)
}

/// The totals of all accounts that the caller may see. A provider that several of them have transfers
/// with counts once.
pub(crate) fn of_all(db: &mut Db, scope: &Scope, of: AsOf) -> Stored<TotalsView> {
    let accounts = figures::accounts(db, scope, &of)?;
    summed(db, &accounts, of)
}

fn summed(db: &mut Db, accounts: &[AccountAsOf], of: AsOf) -> Stored<TotalsView> {
    let keys: Vec<Seq> = accounts.iter().map(|account| account.stored.key).collect();
    let mut view = TotalsView {
        of,
        rule_set: one_rule_set(accounts),
        totals: Totals::default(),
        allowance_year: AllowanceYear::of(of.as_at),
        allowance: Money::ZERO,
        reserved: Money::ZERO,
        remaining_allowance: Money::ZERO,
        participation: participation::by(db, &keys, of.as_at, of.known_at)?,
    };
    for AccountAsOf { stored, rules, sums } in accounts {
        view.totals = view.totals + Totals::of(sums, rules, of.as_at);
        let question =
            AllowanceQuestion { account: stored, rules, on: of.as_at, known_at: of.known_at, today: of.today };
        let allowance = allowance::as_at(db, question)?;
        view.allowance += allowance.allowance;
        view.reserved += allowance.reserved;
        view.remaining_allowance += allowance.remaining;
    }
    Ok(view)
}

fn one_rule_set(accounts: &[AccountAsOf]) -> Option<String> {
    let mut names = accounts.iter().map(|account| &account.stored.settings.rule_set);
    let first = names.next()?;
    names.all(|name| name == first).then(|| first.clone())
}
