//! What is read of starts and transfers to plan what an account has promised.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::columns::Stored;
use super::connection::Db;
use super::schema::{entries, starts};
use super::{accounts, transfers};
use crate::domain::calendar::Month;
use crate::domain::earnings::capped_price;
use crate::domain::funds::last_ended;
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::promises::{PlannedStart, PlannedTransfer};
use crate::domain::transfers::{TransferHistory, TransferStatus};

/// The account's own starts that can still earn after a day: agreed by then, with a planned end in a
/// month that is not over. Each with what it was paid by then.
pub(crate) fn own_starts(db: &mut Db, account: Seq, as_at: NaiveDate) -> Stored<Vec<PlannedStart>> {
    let ahead = last_ended(as_at).plus(1).first_day();
    let mut paid = paid_for_starts(db, account, as_at, ahead)?;
    let columns =
        (starts::id, starts::agreed_price, starts::funding_band_maximum, starts::start_on, starts::planned_end_on);
    let rows: Vec<(Seq, i64, Option<i64>, NaiveDate, NaiveDate)> = starts::table
        .filter(starts::account_id.eq(account))
        .filter(starts::transfer_id.is_null())
        .filter(starts::agreed_on.le(as_at))
        .filter(starts::planned_end_on.ge(ahead))
        .select(columns)
        .load(db)?;
    let planned = |(key, price, band, start_on, planned_end_on): (Seq, i64, Option<i64>, NaiveDate, NaiveDate)| {
        let price = capped_price(Money::from_units(price), band.map(Money::from_units));
        PlannedStart { price, start_on, planned_end_on, paid: paid.remove(&key).unwrap_or_default() }
    };
    Ok(rows.into_iter().map(planned).collect())
}

/// What was paid by a day for each own start that is planned to go on, added up by the database.
fn paid_for_starts(db: &mut Db, account: Seq, as_at: NaiveDate, ahead: NaiveDate) -> Stored<HashMap<Seq, Money>> {
    let paid = sql::<BigInt>("CAST(-COALESCE(SUM(amount), 0) AS BIGINT)");
    let rows: Vec<(Seq, i64)> = entries::table
        .inner_join(starts::table.on(entries::start_id.eq(starts::id.nullable())))
        .group_by(starts::id)
        .select((starts::id, paid))
        .filter(starts::account_id.eq(account))
        .filter(starts::transfer_id.is_null())
        .filter(starts::planned_end_on.ge(ahead))
        .filter(entries::effective_on.le(as_at))
        .load(db)?;
    Ok(rows.into_iter().map(|(start, units)| (start, Money::from_units(units))).collect())
}

/// The transfers of an account that stand as accepted or live at the end of a day, on the terms of
/// that day, with what each was paid in the months that were over by then.
pub(crate) fn accepted_transfers(db: &mut Db, account: Seq, as_at: NaiveDate) -> Stored<Vec<PlannedTransfer>> {
    let mut paid = accounts::paid_by_month(db, &[account])?;
    let mut found = Vec::new();
    for stored in transfers::histories(db, &[account], Seq::MAX)? {
        let purpose = transfers::purpose_of(&stored.row)?;
        let history = TransferHistory::new(stored.facts, stored.changes);
        let standing = history.status_at(as_at);
        let accepted = matches!(standing, Some(TransferStatus::Accepted | TransferStatus::Live));
        let Some(terms) = history.terms_at(as_at).filter(|_| accepted) else { continue };
        let months = paid.remove(&(account, stored.row.id)).unwrap_or_default();
        found.push(PlannedTransfer {
            amount: terms.amount,
            schedule: terms.schedule.clone(),
            paid: by(months, last_ended(as_at)),
            programme: purpose.planned_start.zip(purpose.duration_months),
        });
    }
    Ok(found)
}

fn by(months: BTreeMap<Month, Money>, last: Month) -> BTreeMap<Month, Money> {
    months.into_iter().filter(|(month, _)| *month <= last).collect()
}
