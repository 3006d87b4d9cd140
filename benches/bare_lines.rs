//! The lines of an imported statement, inserted bare beside their entries.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::Outcome;
use super::bare::{Bare, Inserts, ROWS};

diesel::table! {
    statement_lines (account_id, line_date, line_key, statement) {
        account_id -> BigInt,
        line_date -> Date,
        line_key -> Binary,
        statement -> BigInt,
        times -> Integer,
        month -> Integer,
        kind -> Text,
        amount -> BigInt,
        outcome -> Text,
        paye_scheme -> Nullable<Text>,
        payroll_month -> Nullable<Integer>,
        note -> Nullable<Text>,
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = statement_lines, treat_none_as_default_value = false)]
struct Line {
    account_id: i64,
    line_date: NaiveDate,
    line_key: Vec<u8>,
    statement: i64,
    times: i32,
    month: i32,
    kind: String,
    amount: i64,
    outcome: String,
    paye_scheme: Option<String>,
    payroll_month: Option<i32>,
    note: Option<String>,
}

/// Inserts all lines of the one account of a ledger that has any, day by day, which is kindest to the index
/// that they stand in.
pub fn insert_lines(inserts: &mut Inserts, ledger: &str) -> Outcome<()> {
    let mut after: Option<(NaiveDate, Vec<u8>)> = None;
    let account: i64 = statement_lines::table.select(statement_lines::account_id).first(&mut Bare::open(ledger)?)?;
    loop {
        let lines = statement_lines::table.filter(statement_lines::account_id.eq(account));
        let lines = lines.order((statement_lines::line_date, statement_lines::line_key));
        let lines = lines.limit(i64::try_from(ROWS)?).into_boxed();
        let due = match after {
            None => lines,
            Some((date, key)) => {
                let later = statement_lines::line_key.gt(key);
                let later = statement_lines::line_date.eq(date).and(later).or(statement_lines::line_date.gt(date));
                lines.filter(statement_lines::line_date.ge(date)).filter(later)
            }
        };
        let rows: Vec<Line> = inserts.read(|from| due.load(from))?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some((last.line_date, last.line_key.clone()));
        inserts.timed(|into| insert(into, rows))?;
    }
}

fn insert(into: &mut Bare, rows: Vec<Line>) -> QueryResult<usize> {
    let statement = diesel::insert_into(statement_lines::table);
    match (into, Box::<[Line; ROWS]>::try_from(rows)) {
        (Bare::Sqlite(db), Ok(rows)) => statement.values(rows).execute(db),
        (Bare::Postgres(db), Ok(rows)) => statement.values(rows).execute(db),
        (Bare::Sqlite(db), Err(rows)) => statement.values(rows).execute(db),
        (Bare::Postgres(db), Err(rows)) => statement.values(rows).execute(db),
    }
}
