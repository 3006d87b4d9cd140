//! What an account did not spend, what lapses next, and what is promised of it.

use uuid::Uuid;

use super::figures::{self, AsOf};
use super::scope::Scope;
use crate::domain::funds::last_ended;
use crate::domain::promises::{Plan, start_plan, transfer_plan};
use crate::domain::underspend::{Period, Underspend, underspend};
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::promises;

/// The underspend of an account, if the caller may see it.
pub(crate) fn report(db: &mut Db, scope: &Scope, id: Uuid, (of, period): (AsOf, Period)) -> Stored<Option<Underspend>> {
    let Some(account) = figures::account(db, scope, id, &of)? else { return Ok(None) };
    let from = last_ended(of.as_at).plus(1);
    let starts = promises::own_starts(db, account.stored.key, of.as_at)?;
    let transfers = promises::accepted_transfers(db, account.stored.key, of.as_at)?;
    let plans = starts.iter().map(|start| start_plan(start, from));
    let plans = plans.chain(transfers.iter().map(|transfer| transfer_plan(transfer, from)));
    let mut planned = Plan::new();
    for (month, amount) in plans.flatten() {
        *planned.entry(month).or_default() += amount;
    }
    Ok(Some(underspend(&account.sums, &account.rules, of.as_at, &planned).within(period)))
}
