//! Months whose payments and expiry come from a statement, and what employers and government paid in
//! them.

use std::collections::{BTreeSet, HashMap};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::domain::calendar::Month;
use crate::domain::journal::{EntryKind, Seq};
use crate::domain::money::Money;
use crate::domain::names::Named;
use crate::storage::columns::{self, Stored};
use crate::storage::connection::Db;
use crate::storage::schema::{statement_sightings as sightings, statements};
use crate::storage::sums::KEYS_AT_ONCE;

/// The kinds of lines that make a month the statement's.
const KINDS: [EntryKind; 4] =
    [EntryKind::OwnPayment, EntryKind::TransferPayment, EntryKind::TransferReceived, EntryKind::Expiry];

/// The months of accounts of which lines of payments, transfers or expiry were recorded, by what was
/// recorded up to a number (`docs/rules.md` section 9).
pub(crate) fn stated_months(db: &mut Db, keys: &[Seq], known_at: Seq) -> Stored<HashMap<Seq, BTreeSet<Month>>> {
    let rows: Vec<(Seq, i32)> = sightings::table
        .inner_join(statements::table.on(statements::seq.eq(sightings::statement)))
        .filter(statements::account_id.eq_any(keys.to_vec()).and(statements::seq.le(known_at)))
        .filter(sightings::recorded.gt(0).and(sightings::kind.eq_any(KINDS.map(EntryKind::name))))
        .select((statements::account_id, sightings::month))
        .distinct()
        .load(db)?;
    let mut months: HashMap<Seq, BTreeSet<Month>> = HashMap::new();
    for (account, month) in rows {
        months.entry(account).or_default().insert(columns::month(month)?);
    }
    Ok(months)
}

/// What government and employers paid beside the lines of a month, by account, recorded up to a number.
pub(crate) fn contributions(
    db: &mut Db,
    keys: &[Seq],
    (month, known_at): (Month, Seq),
) -> Stored<HashMap<Seq, (Money, Money)>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let sum = |column: &str| sql::<BigInt>(&format!("CAST(COALESCE(SUM({column}), 0) AS BIGINT)"));
    let rows: Vec<(Seq, i64, i64)> = sightings::table
        .inner_join(statements::table.on(statements::seq.eq(sightings::statement)))
        .filter(statements::account_id.eq_any(keys.to_vec()).and(sightings::month.eq(month.stored())))
        .filter(statements::seq.le(known_at))
        .group_by(statements::account_id)
        .select((statements::account_id, sum("recorded_government"), sum("recorded_employer")))
        .load(db)?;
    let money = Money::from_units;
    Ok(rows
        .into_iter()
        .map(|(account, government, employer)| (account, (money(government), money(employer))))
        .collect())
}

/// What both paid beside recorded lines of accounts, of months up to one and recorded up to a number.
pub(crate) fn contributions_through(db: &mut Db, keys: &[Seq], (last, known_at): (Month, Seq)) -> Stored<Money> {
    let mut total = Money::ZERO;
    for keys in keys.chunks(KEYS_AT_ONCE) {
        let units: i64 = sightings::table
            .inner_join(statements::table.on(statements::seq.eq(sightings::statement)))
            .filter(statements::account_id.eq_any(keys.to_vec()).and(statements::seq.le(known_at)))
            .filter(sightings::month.le(last.stored()))
            .select(sql::<BigInt>("CAST(COALESCE(SUM(recorded_government + recorded_employer), 0) AS BIGINT)"))
            .first(db)?;
        total += Money::from_units(units);
    }
    Ok(total)
}
