//! The sums of accounts as at a day's end: from the running sums where everything recorded counts,
//! from the journal where an earlier state is asked for.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use super::columns::{self, Stored};
use super::connection::Db;
use super::schema::{entries, monthly_sums};
use super::{months, statements};
use crate::domain::calendar::Month;
use crate::domain::funds::{Booking, MonthFlow, last_ended};
use crate::domain::journal::{Books, MonthSums, Seq, Sums};
use crate::domain::money::Money;

/// How many accounts are asked for in one statement: SQLite takes at most 32,766 parameters.
pub(crate) const KEYS_AT_ONCE: usize = 10_000;

/// A sum of entries, on both databases.
const AMOUNT: &str = "CAST(COALESCE(SUM(amount), 0) AS BIGINT)";

/// The books of accounts, from everything recorded up to `known_at`, dates ahead included.
pub(crate) fn books(db: &mut Db, keys: &[Seq], known_at: Seq) -> Stored<HashMap<Seq, Books>> {
    let mut sums = running(db, keys, None)?;
    if known_at < Seq::MAX {
        take_back(db, &mut sums, keys, known_at)?;
    }
    with_bookings(db, sums, keys, (None, Some(known_at)))
}

/// Takes what was recorded after a number back out of running sums.
fn take_back(db: &mut Db, sums: &mut HashMap<Seq, Sums>, keys: &[Seq], known_at: Seq) -> Stored<()> {
    let later: Vec<(Seq, i32, String, i64)> = entries::table
        .filter(entries::account_id.eq_any(keys.to_vec()).and(entries::seq.gt(known_at)))
        .group_by((entries::account_id, entries::month, entries::kind))
        .select((entries::account_id, entries::month, entries::kind, sql::<BigInt>(AMOUNT)))
        .load(db)?;
    for (account, month, kind, units) in later {
        let of_month = sums.entry(account).or_default().entry(columns::month(month)?).or_default();
        of_month.count(columns::name("kind of entry", &kind)?, -Money::from_units(units));
    }
    // A month of which nothing is left was not there yet.
    sums.values_mut().for_each(|months| months.retain(|_, sums| *sums != MonthSums::default()));
    Ok(())
}

/// The books of accounts from what was effective by the end of a day and recorded up to `known_at`,
/// or ever when none.
pub(crate) fn books_as_at(
    db: &mut Db,
    keys: &[Seq],
    as_at: NaiveDate,
    known_at: Option<Seq>,
) -> Stored<HashMap<Seq, Books>> {
    let sums = self::as_at(db, keys, as_at, known_at)?;
    with_bookings(db, sums, keys, (Some(as_at), known_at))
}

fn with_bookings(
    db: &mut Db,
    mut sums: HashMap<Seq, Sums>,
    keys: &[Seq],
    (as_at, known_at): (Option<NaiveDate>, Option<Seq>),
) -> Stored<HashMap<Seq, Books>> {
    let known_at = known_at.unwrap_or(Seq::MAX);
    let mut books: HashMap<Seq, Books> = HashMap::with_capacity(sums.len());
    for keys in keys.chunks(KEYS_AT_ONCE) {
        let closed = months::closed_through(db, keys, (as_at.map(last_ended), known_at))?;
        for (account, month) in closed {
            books.entry(account).or_default().closed_through = Some(month);
        }
        for (account, months) in statements::stated_months(db, keys, known_at)? {
            books.entry(account).or_default().stated = months;
        }
        for (account, booking) in expiry_booked(db, keys, (as_at, known_at))? {
            books.entry(account).or_default().booked.push(booking);
        }
    }
    for (account, months) in sums.drain() {
        books.entry(account).or_default().months = months;
    }
    Ok(books)
}

/// Expiry that is booked and effective by a day, oldest first.
fn expiry_booked(
    db: &mut Db,
    keys: &[Seq],
    (as_at, known_at): (Option<NaiveDate>, Seq),
) -> Stored<Vec<(Seq, Booking)>> {
    let mut query = entries::table
        // Said as a literal, from a first day on and of a number that is added to, so that SQLite takes the
        // index of expiry and does not go through all that is recorded of the accounts.
        .filter(sql::<Bool>("kind = 'expiry'"))
        .filter(entries::account_id.eq_any(keys.to_vec()).and(entries::effective_on.ge(NaiveDate::default())))
        .filter((entries::seq + 0).le(known_at))
        .order(entries::seq)
        .select((entries::account_id, entries::month, entries::lot, entries::amount))
        .into_boxed();
    if let Some(as_at) = as_at {
        query = query.filter(entries::effective_on.le(as_at));
    }
    let rows: Vec<(Seq, i32, Option<i32>, i64)> = query.load(db)?;
    let booking = |(account, due_month, lot, units): (Seq, i32, Option<i32>, i64)| {
        let (due_month, entry_month) = (columns::month(due_month)?, lot.map(columns::month).transpose()?);
        Ok((account, Booking { due_month, entry_month, amount: -Money::from_units(units) }))
    };
    rows.into_iter().map(booking).collect()
}

/// The sums of accounts from what was effective by the end of a day and recorded up to `known_at`,
/// or ever when none.
///
/// Whatever is recorded counts from a day of its month, so the running sums hold whole months, and
/// only the month of the day itself is read from the journal: nothing of it either on its last day.
/// Payments take effect on that last day, so on other days the journal gives no more than levy.
fn as_at(db: &mut Db, keys: &[Seq], as_at: NaiveDate, known_at: Option<Seq>) -> Stored<HashMap<Seq, Sums>> {
    let mut sums = HashMap::with_capacity(keys.len());
    for keys in keys.chunks(KEYS_AT_ONCE) {
        if known_at.is_some() {
            add_entries(db, &mut sums, keys, &Recorded { from: NaiveDate::default(), to: as_at, known_at })?;
            continue;
        }
        sums.extend(running(db, keys, Some(last_ended(as_at)))?);
        let from = last_ended(as_at).plus(1).first_day();
        if from <= as_at {
            add_entries(db, &mut sums, keys, &Recorded { from, to: as_at, known_at })?;
        }
    }
    Ok(sums)
}

/// The running sums of accounts by month, up to a month or all.
fn running(db: &mut Db, keys: &[Seq], through: Option<Month>) -> Stored<HashMap<Seq, Sums>> {
    type Row = (i64, i32, i64, i64, i64, i64, i64, i64);
    let last = through.map_or(i32::MAX, Month::stored);
    let rows: Vec<Row> = monthly_sums::table
        .filter(monthly_sums::account_id.eq_any(keys.to_vec()))
        .filter(monthly_sums::month.le(last))
        .load(db)?;
    let mut sums: HashMap<Seq, Sums> = HashMap::new();
    for (account, month, levy, own, transferred, received, corrections, expired) in rows {
        let money = Money::from_units;
        let flow = MonthFlow {
            levy: money(levy),
            own: money(own),
            transferred: money(transferred),
            received: money(received),
        };
        let of_month = MonthSums { flow, corrections: money(corrections), expired: money(expired) };
        sums.entry(account).or_default().insert(columns::month(month)?, of_month);
    }
    Ok(sums)
}

/// Entries effective within these days and recorded up to a number.
struct Recorded {
    from: NaiveDate,
    to: NaiveDate,
    known_at: Option<Seq>,
}

/// Counts entries in, added up by the database.
fn add_entries(db: &mut Db, sums: &mut HashMap<Seq, Sums>, keys: &[Seq], which: &Recorded) -> Stored<()> {
    let total = sql::<BigInt>(AMOUNT);
    let mut query = entries::table
        .group_by((entries::account_id, entries::month, entries::kind))
        .select((entries::account_id, entries::month, entries::kind, total))
        .filter(entries::account_id.eq_any(keys.to_vec()))
        .filter(entries::effective_on.between(which.from, which.to))
        .into_boxed();
    if let Some(known_at) = which.known_at {
        query = query.filter(entries::seq.le(known_at));
    }
    let rows: Vec<(Seq, i32, String, i64)> = query.load(db)?;
    for (account, month, kind, units) in rows {
        let of_month = sums.entry(account).or_default().entry(columns::month(month)?).or_default();
        of_month.count(columns::name("kind of entry", &kind)?, Money::from_units(units));
    }
    Ok(())
}
