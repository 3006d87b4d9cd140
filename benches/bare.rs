//! Bare multi-row inserts: what the database alone takes for rows of a ledger, put into a twin of it with the
//! same tables, indexes, triggers and foreign keys, by a statement of many rows that is prepared once.

use std::time::{Duration, Instant};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::Outcome;
use super::twin::SETTINGS;

/// How many rows a statement inserts.
pub const ROWS: usize = 100;

diesel::table! {
    entries (seq) {
        seq -> BigInt,
        account_id -> BigInt,
        kind -> Text,
        month -> Integer,
        effective_on -> Date,
        stated_on -> Nullable<Date>,
        declared_on -> Nullable<Date>,
        amount -> BigInt,
        start_id -> Nullable<BigInt>,
        transfer_id -> Nullable<BigInt>,
        payroll_month -> Nullable<Integer>,
        paye_scheme -> Nullable<Text>,
        reference -> Nullable<Text>,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        reverses -> Nullable<BigInt>,
        lot -> Nullable<Integer>,
        earned_month -> Nullable<Integer>,
        earned_kind -> Nullable<Text>,
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = entries, treat_none_as_default_value = false)]
struct Entry {
    seq: i64,
    account_id: i64,
    kind: String,
    month: i32,
    effective_on: NaiveDate,
    stated_on: Option<NaiveDate>,
    declared_on: Option<NaiveDate>,
    amount: i64,
    start_id: Option<i64>,
    transfer_id: Option<i64>,
    payroll_month: Option<i32>,
    paye_scheme: Option<String>,
    reference: Option<String>,
    recorded_at: NaiveDateTime,
    recorded_by: String,
    reverses: Option<i64>,
    lot: Option<i32>,
    earned_month: Option<i32>,
    earned_kind: Option<String>,
}

/// A database without the ledger.
#[derive(diesel::MultiConnection)]
pub enum Bare {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Bare {
    pub fn open(url: &str) -> Outcome<Self> {
        let Some(file) = url.strip_prefix("sqlite:") else {
            return Ok(Self::Postgres(PgConnection::establish(url)?));
        };
        let mut db = SqliteConnection::establish(file)?;
        db.batch_execute(SETTINGS)?;
        Ok(Self::Sqlite(db))
    }
}

/// The number of the last entry of a ledger.
pub fn last_entry(url: &str) -> Outcome<i64> {
    let last =
        entries::table.select(diesel::dsl::max(entries::seq)).get_result::<Option<i64>>(&mut Bare::open(url)?)?;
    Ok(last.unwrap_or(0))
}

/// Rows on their way into a twin, and how long the database took for them.
pub struct Inserts {
    from: Bare,
    into: Bare,
    pub rows: u32,
    pub took: Duration,
}

impl Inserts {
    /// From a ledger into its twin.
    pub fn of(ledger: &str, twin: &str) -> Outcome<Self> {
        Ok(Self { from: Bare::open(ledger)?, into: Bare::open(twin)?, rows: 0, took: Duration::ZERO })
    }

    pub fn begin(&mut self) -> Outcome<()> {
        self.timed(|into| into.batch_execute("BEGIN"))
    }

    pub fn commit(&mut self) -> Outcome<()> {
        self.timed(|into| into.batch_execute("COMMIT"))
    }

    /// Rows as the ledger holds them, which takes no time that is measured.
    pub fn read<T>(&mut self, read: impl FnOnce(&mut Bare) -> QueryResult<Vec<T>>) -> Outcome<Vec<T>> {
        let rows = read(&mut self.from)?;
        self.rows += u32::try_from(rows.len())?;
        Ok(rows)
    }

    /// A statement of them, by the clock.
    pub fn timed<T>(&mut self, work: impl FnOnce(&mut Bare) -> QueryResult<T>) -> Outcome<()> {
        let begun = Instant::now();
        work(&mut self.into)?;
        self.took += begun.elapsed();
        Ok(())
    }

    /// Inserts the entries after a number, as many as are left of so many; gives the number of the last.
    pub fn entries(&mut self, mut after: i64, at_most: usize) -> Outcome<Option<i64>> {
        let (mut last, mut left) = (None, at_most);
        while left > 0 {
            let limit = i64::try_from(left.min(ROWS))?;
            let due = entries::table.filter(entries::seq.gt(after)).order(entries::seq).limit(limit);
            let rows: Vec<Entry> = self.read(|from| due.load(from))?;
            let Some(seq) = rows.last().map(|row| row.seq) else { break };
            (after, last, left) = (seq, Some(seq), left - rows.len());
            self.timed(|into| insert(into, rows))?;
        }
        Ok(last)
    }
}

fn insert(into: &mut Bare, rows: Vec<Entry>) -> QueryResult<usize> {
    let statement = diesel::insert_into(entries::table);
    // As many as usual are a statement that is known already.
    match (into, Box::<[Entry; ROWS]>::try_from(rows)) {
        (Bare::Sqlite(db), Ok(rows)) => statement.values(rows).execute(db),
        (Bare::Postgres(db), Ok(rows)) => statement.values(rows).execute(db),
        (Bare::Sqlite(db), Err(rows)) => statement.values(rows).execute(db),
        (Bare::Postgres(db), Err(rows)) => statement.values(rows).execute(db),
    }
}
