//! What a start earns, beside what was paid for it.

use chrono::NaiveDate;
use uuid::Uuid;

use super::scope::Scope;
use super::starts::row_seen;
use crate::domain::earnings::{Instalment, earnings};
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::starts;

/// What a start earns, with what was paid in each month of an instalment.
pub(crate) struct StartEarnings {
    pub(crate) instalments: Vec<(Instalment, Money)>,
    /// What it earns in all.
    pub(crate) total: Money,
    /// What was paid for it in all, in months without an instalment too.
    pub(crate) paid_total: Money,
}

/// The earnings of a start by everything recorded of it, what is dated ahead included, if the caller
/// may see it. One that is void earns nothing.
pub(crate) fn find(db: &mut Db, scope: &Scope, id: Uuid) -> Stored<Option<StartEarnings>> {
    let Some((_, row)) = row_seen(db, scope, id)? else { return Ok(None) };
    let history = starts::histories(db, &[row.id], Seq::MAX)?.remove(&row.id);
    let learning = history.and_then(|history| history.learning_at(NaiveDate::MAX));
    let earned = learning.map(|learning| earnings(&learning)).unwrap_or_default();
    let mut paid = starts::paid_by_month(db, row.id)?;
    let paid_total = paid.values().copied().sum();
    let total = earned.iter().map(|instalment| instalment.amount).sum();
    // What was paid in a month stands once, beside the first of the month's earnings.
    let with_paid = |instalment: Instalment| (instalment, paid.remove(&instalment.month).unwrap_or_default());
    Ok(Some(StartEarnings { instalments: earned.into_iter().map(with_paid).collect(), total, paid_total }))
}
