//! What decides an allowance, as at a day and as known at a number: from the running sums where
//! everything recorded counts, else less what was recorded later. A recent day so reads few entries.

use std::collections::HashMap;
use std::ops::Range;

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use super::accounts::{Months, UNATTRIBUTED};
use super::columns::{self, Stored};
use super::connection::Db;
use super::schema::{declared_sums, entries, monthly_sums, transfer_months};
use crate::domain::account::DeclaredAhead;
use crate::domain::calendar::{AllowanceYear, Month};
use crate::domain::funds::last_ended;
use crate::domain::journal::{EntryKind, Seq};
use crate::domain::money::Money;
use crate::domain::names::Named;

/// A sum of entries, on both databases.
const AMOUNT: &str = "CAST(COALESCE(SUM(amount), 0) AS BIGINT)";

/// Entries of levy, said as literals so that the index of levy serves.
const IS_LEVY: &str = "kind IN ('levy', 'levy_adjustment')";

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

/// Several accounts as at a day's end and as known at a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AllAsAt<'k> {
    /// Their keys, no more than are asked for in one statement.
    pub(crate) accounts: &'k [Seq],
    /// What takes effect after this day does not count.
    pub(crate) on: NaiveDate,
    /// Nor does what was recorded after this number; [`Seq::MAX`] where everything counts.
    pub(crate) known_at: Seq,
}

/// What transfers were paid, by account and transfer.
pub(crate) type Paid = HashMap<(Seq, Seq), Months>;

/// What each transfer of an account was paid by month; under [`UNATTRIBUTED`] what named no transfer.
pub(crate) fn paid_by_transfer(db: &mut Db, AsAt { account, on, known_at }: AsAt) -> Stored<HashMap<Seq, Months>> {
    let paid = paid_in(db, AllAsAt { accounts: &[account], on, known_at }, 0..i32::MAX)?;
    Ok(paid.into_iter().map(|((_, transfer), months)| (transfer, months)).collect())
}

/// The same of several accounts, in the months of an allowance year.
pub(crate) fn paid_in_year(db: &mut Db, all: AllAsAt<'_>, year: AllowanceYear) -> Stored<Paid> {
    let first = Month::of(year.first_day());
    paid_in(db, all, first.stored()..first.plus(12).stored())
}

fn paid_in(db: &mut Db, all: AllAsAt<'_>, months: Range<i32>) -> Stored<Paid> {
    let known = all.known_at == Seq::MAX;
    // What takes effect in a month that is over counts; the month of the day itself is read from the
    // journal.
    let last = if known { last_ended(all.on).stored().min(months.end - 1) } else { months.end - 1 };
    let rows: Vec<(Seq, Seq, i32, i64)> = transfer_months::table
        .filter(transfer_months::account_id.eq_any(all.accounts.to_vec()))
        .filter(transfer_months::month.between(months.start, last))
        .load(db)?;
    let mut paid = Paid::new();
    for (account, transfer, month, units) in rows {
        paid.entry((account, transfer)).or_default().insert(columns::month(month)?, Money::from_units(units));
    }
    let entered = if known { payments_of_the_month(db, all)? } else { later_payments(db, all)? };
    for (account, transfer, month, units) in entered.into_iter().filter(|(_, _, month, _)| months.contains(month)) {
        let months = paid.entry((account, transfer.unwrap_or(UNATTRIBUTED))).or_default();
        // A payment is an entry below nothing: what is added turns its sign, what is taken off does not.
        let amount = Money::from_units(if known { -units } else { units });
        *months.entry(columns::month(month)?).or_default() += amount;
    }
    Ok(paid)
}

type Payments = (Seq, Option<Seq>, i32, i64);

/// Payments that took effect in the month of the day and by the day, where that month is not over.
fn payments_of_the_month(db: &mut Db, AllAsAt { accounts, on, .. }: AllAsAt<'_>) -> Stored<Vec<Payments>> {
    let from = last_ended(on).plus(1).first_day();
    if from > on {
        return Ok(Vec::new());
    }
    Ok(entries::table
        .filter(entries::account_id.eq_any(accounts.to_vec()))
        .filter(entries::effective_on.between(from, on))
        .filter(entries::kind.eq(EntryKind::TransferPayment.name()))
        .group_by((entries::account_id, entries::transfer_id, entries::month))
        .select((entries::account_id, entries::transfer_id, entries::month, sql::<BigInt>(AMOUNT)))
        .load(db)?)
}

fn later_payments(db: &mut Db, AllAsAt { accounts, on, known_at }: AllAsAt<'_>) -> Stored<Vec<Payments>> {
    Ok(entries::table
        .filter(entries::account_id.eq_any(accounts.to_vec()))
        .filter(entries::effective_on.gt(on).or(entries::seq.gt(known_at)))
        .filter(entries::kind.eq(EntryKind::TransferPayment.name()))
        .group_by((entries::account_id, entries::transfer_id, entries::month))
        .select((entries::account_id, entries::transfer_id, entries::month, sql::<BigInt>(AMOUNT)))
        .load(db)?)
}

/// The levy funds of accounts that were declared in an allowance year.
pub(crate) fn all_declared_in(db: &mut Db, all: AllAsAt<'_>, year: AllowanceYear) -> Stored<HashMap<Seq, Money>> {
    let rows: Vec<(Seq, i64)> = declared_sums::table
        .filter(declared_sums::account_id.eq_any(all.accounts.to_vec()))
        .filter(declared_sums::allowance_year.eq(year.stored()))
        .select((declared_sums::account_id, declared_sums::levy))
        .load(db)?;
    let mut declared: HashMap<Seq, Money> =
        rows.into_iter().map(|(account, units)| (account, Money::from_units(units))).collect();
    for (account, day, _, units) in later_levy(db, all)? {
        if day.is_some_and(|day| AllowanceYear::of(day) == year) {
            *declared.entry(account).or_default() -= Money::from_units(units);
        }
    }
    Ok(declared)
}

/// The levy funds of accounts that entered in these months.
pub(crate) fn all_entered_in(db: &mut Db, all: AllAsAt<'_>, months: Range<Month>) -> Stored<HashMap<Seq, Money>> {
    let of_months = monthly_sums::month.ge(months.start.stored()).and(monthly_sums::month.lt(months.end.stored()));
    let sums = monthly_sums::table.filter(monthly_sums::account_id.eq_any(all.accounts.to_vec())).filter(of_months);
    let sums: Vec<(Seq, i64)> = sums.select((monthly_sums::account_id, monthly_sums::levy)).load(db)?;
    let mut entered: HashMap<Seq, Money> = HashMap::new();
    for (account, units) in sums {
        *entered.entry(account).or_default() += Money::from_units(units);
    }
    for (account, _, month, units) in later_levy(db, all)? {
        if months.contains(&columns::month(month)?) {
            *entered.entry(account).or_default() -= Money::from_units(units);
        }
    }
    Ok(entered)
}

type Levy = (Seq, Option<NaiveDate>, i32, i64);

fn later_levy(db: &mut Db, AllAsAt { accounts, on, known_at }: AllAsAt<'_>) -> Stored<Vec<Levy>> {
    let mut query = entries::table
        .filter(sql::<Bool>(IS_LEVY))
        .filter(entries::account_id.eq_any(accounts.to_vec()))
        .group_by((entries::account_id, entries::declared_on, entries::month))
        .select((entries::account_id, entries::declared_on, entries::month, sql::<BigInt>(AMOUNT)))
        .into_boxed();
    query = match known_at {
        Seq::MAX => query.filter(entries::effective_on.gt(on)),
        known_at => query.filter(entries::effective_on.gt(on).or(entries::seq.gt(known_at))),
    };
    Ok(query.load(db)?)
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
        // Added to, so that SQLite looks for the day and does not go through all up to the number.
        .filter(entries::effective_on.gt(today).and((entries::seq + 0).le(known_at)))
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
    let rows: Vec<(Option<Seq>, i32, i64)> = entries::table
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
