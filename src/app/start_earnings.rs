//! What a start earns as planned, beside what was paid for it.

use uuid::Uuid;

use super::scope::Scope;
use super::starts::row_seen;
use crate::domain::earnings::{Instalment, capped_price, regular_earnings};
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

/// The earnings of a start, if the caller may see it. No achievement is recorded, so that nothing
/// is earned on completion.
pub(crate) fn find(db: &mut Db, scope: &Scope, id: Uuid) -> Stored<Option<StartEarnings>> {
    let Some((_, row)) = row_seen(db, scope, id)? else { return Ok(None) };
    let terms = starts::terms_of(&row)?;
    let price = capped_price(terms.agreed_price, terms.funding_band_maximum);
    let earned = regular_earnings(price, terms.start_on, terms.planned_end_on, None);
    let mut paid = starts::paid_by_month(db, row.id)?;
    let paid_total = paid.values().copied().sum();
    let total = earned.iter().map(|instalment| instalment.amount).sum();
    let with_paid = |instalment: Instalment| (instalment, paid.remove(&instalment.month).unwrap_or_default());
    Ok(Some(StartEarnings { instalments: earned.into_iter().map(with_paid).collect(), total, paid_total }))
}
