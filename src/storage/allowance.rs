//! What decides an allowance, as at a day and as known at a number: the running sums, less what
//! takes effect later or was recorded later. A recent day so reads few entries.

use std::collections::HashMap;
use std::ops::Range;

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use super::accounts::{self, Months, UNATTRIBUTED};
use super::columns::{self, Stored};
use super::connection::Db;
use super::schema::{entries, monthly_sums};
use crate::domain::account::DeclaredAhead;
use crate::domain::calendar::{AllowanceYear, Month};
use crate::domain::journal::{EntryKind, Seq};
use crate::domain::money::Money;
use crate::domain::names::Named;

/// A sum of entries, on both databases.
const AMOUNT: &str = "CAST(COALESCE(SUM(amount), 0) AS BIGINT)";

/// An account as at a day's end and as known at a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AsAt {
    /// The account's key.
    pub(crate) account: Seq,
    /// What takes effect after this day does not count.
    pub(crate) on: NaiveDate,
    /// Nor does what was recorded after this number.
    pub(crate) known_at: Seq,
}

/// What each transfer was paid by month; under [`UNATTRIBUTED`] what named no transfer.
pub(crate) fn paid_by_transfer(db: &mut Db, as_at: AsAt) -> Stored<HashMap<Seq, Months>> {
    let all = accounts::paid_by_month(db, &[as_at.account], Seq::MAX)?;
    let mut paid: HashMap<Seq, Months> = all.into_iter().map(|((_, transfer), months)| (transfer, months)).collect();
    for (transfer, month, units) in later_payments(db, as_at)? {
        let months = paid.entry(transfer.unwrap_or(UNATTRIBUTED)).or_default();
        // A payment is an entry below nothing.
        *months.entry(columns::month(month)?).or_default() += Money::from_units(units);
    }
    Ok(paid)
}

/// The levy funds that were declared in an allowance year.
pub(crate) fn levy_declared_in(db: &mut Db, as_at: AsAt, year: AllowanceYear) -> Stored<Money> {
    let declared = accounts::declared(db, &[as_at.account], Seq::MAX)?.remove(&as_at.account).unwrap_or_default();
    let later = later_levy(db, as_at)?.into_iter();
    let later = later.filter(|(day, ..)| day.is_some_and(|day| AllowanceYear::of(day) == year));
    let later: Money = later.map(|(_, _, units)| Money::from_units(units)).sum();
    Ok(declared.get(&year).copied().unwrap_or_default() - later)
}

/// The levy funds of accounts that take effect after a day, by the allowance year of their declaration.
pub(crate) fn levy_effective_after(
    db: &mut Db,
    accounts: &[Seq],
    on: NaiveDate,
) -> Stored<HashMap<(Seq, AllowanceYear), Money>> {
    let rows: Vec<(Seq, Option<NaiveDate>, i64)> = entries::table
        .filter(entries::account_id.eq_any(accounts.to_vec()))
        .filter(entries::effective_on.gt(on))
        // Said as literals, so that the index of levy serves.
        .filter(sql::<Bool>("kind IN ('levy', 'levy_adjustment')"))
        .group_by((entries::account_id, entries::declared_on))
        .select((entries::account_id, entries::declared_on, sql::<BigInt>(AMOUNT)))
        .load(db)?;
    let mut later: HashMap<(Seq, AllowanceYear), Money> = HashMap::new();
    for (account, declared_on, units) in rows {
        let Some(year) = declared_on.map(AllowanceYear::of) else { continue };
        *later.entry((account, year)).or_default() += Money::from_units(units);
    }
    Ok(later)
}

/// The levy funds that entered in these months.
pub(crate) fn levy_entered_in(db: &mut Db, as_at: AsAt, months: Range<Month>) -> Stored<Money> {
    let of_months = monthly_sums::month.ge(months.start.stored()).and(monthly_sums::month.lt(months.end.stored()));
    let sums = monthly_sums::table.filter(monthly_sums::account_id.eq(as_at.account)).filter(of_months);
    let sums: Vec<i64> = sums.select(monthly_sums::levy).load(db)?;
    let mut entered: Money = sums.into_iter().map(Money::from_units).sum();
    for (_, month, units) in later_levy(db, as_at)? {
        if months.contains(&columns::month(month)?) {
            entered -= Money::from_units(units);
        }
    }
    Ok(entered)
}

type Payments = (Option<Seq>, i32, i64);

fn later_payments(db: &mut Db, AsAt { account, on, known_at }: AsAt) -> Stored<Vec<Payments>> {
    Ok(entries::table
        .filter(entries::account_id.eq(account))
        .filter(entries::effective_on.gt(on).or(entries::seq.gt(known_at)))
        .filter(entries::kind.eq(EntryKind::TransferPayment.name()))
        .group_by((entries::transfer_id, entries::month))
        .select((entries::transfer_id, entries::month, sql::<BigInt>(AMOUNT)))
        .load(db)?)
}

type Levy = (Option<NaiveDate>, i32, i64);

fn later_levy(db: &mut Db, AsAt { account, on, known_at }: AsAt) -> Stored<Vec<Levy>> {
    Ok(entries::table
        .filter(entries::account_id.eq(account))
        .filter(entries::effective_on.gt(on).or(entries::seq.gt(known_at)))
        .filter(entries::kind.eq_any([EntryKind::Levy.name(), EntryKind::LevyAdjustment.name()]))
        .group_by((entries::declared_on, entries::month))
        .select((entries::declared_on, entries::month, sql::<BigInt>(AMOUNT)))
        .load(db)?)
}

/// The levy funds of accounts that were declared and take effect only after today, recorded up to
/// `known_at`.
pub(crate) fn levy_ahead(
    db: &mut Db,
    accounts: &[Seq],
    today: NaiveDate,
    known_at: Seq,
) -> Stored<HashMap<Seq, DeclaredAhead>> {
    type Row = (Seq, Option<NaiveDate>, NaiveDate, i64);
    let rows: Vec<Row> = entries::table
        .filter(entries::account_id.eq_any(accounts.to_vec()))
        .filter(entries::effective_on.gt(today).and(entries::seq.le(known_at)))
        .filter(entries::declared_on.is_not_null())
        .select((entries::account_id, entries::declared_on, entries::effective_on, entries::amount))
        .load(db)?;
    let mut ahead: HashMap<Seq, DeclaredAhead> = HashMap::new();
    for (account, declared_on, from, units) in rows {
        if let Some(year) = declared_on.map(AllowanceYear::of).filter(|year| from > year.last_day()) {
            *ahead.entry(account).or_default().entry((year, from)).or_default() += Money::from_units(units);
        }
    }
    Ok(ahead)
}

/// What each of these transfers was paid by month, as at the end of a day.
pub(crate) fn paid_to(db: &mut Db, transfers: &[Seq], on: NaiveDate) -> Stored<HashMap<Seq, Months>> {
    let rows: Vec<Payments> = entries::table
        .filter(entries::transfer_id.eq_any(transfers.to_vec()))
        .filter(entries::effective_on.le(on))
        .filter(entries::kind.eq(EntryKind::TransferPayment.name()))
        .group_by((entries::transfer_id, entries::month))
        .select((entries::transfer_id, entries::month, sql::<BigInt>(AMOUNT)))
        .load(db)?;
    let mut paid: HashMap<Seq, Months> = HashMap::new();
    for (transfer, month, units) in rows {
        let months = paid.entry(transfer.unwrap_or(UNATTRIBUTED)).or_default();
        months.insert(columns::month(month)?, -Money::from_units(units));
    }
    Ok(paid)
}
