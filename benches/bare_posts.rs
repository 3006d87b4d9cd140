//! What the database alone does of what posts do: the same statements by `pgbench`, and the same rows by bare
//! multi-row inserts.

use std::time::{Duration, Instant};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use levy_ledger::storage::Store;

use super::Outcome;
use super::place::Place;

/// How many rows a bare statement inserts.
const ROWS: i64 = 1_000;

/// The statements of a post of levy, one transaction a request, under the same lock.
const POST: &str = "BEGIN;
SELECT pg_advisory_xact_lock(7205759);
SELECT id AS event, last_seq, hash, recorded_at FROM events ORDER BY id DESC LIMIT 1 \\gset
INSERT INTO entries (seq, account_id, kind, month, effective_on, declared_on, amount, reference, recorded_at, recorded_by)
VALUES (:last_seq + 1, 1, 'levy', 202605, '2026-05-22', '2025-06-01', 100000000, 'bench', now(), 'bench');
INSERT INTO events (id, first_seq, last_seq, recorded_at, actor, actor_name, request_id, action, account_id, body, hash)
VALUES (:event + 1, :last_seq + 1, :last_seq + 1, now(), '01a20333-fb98-7171-99f1-b2af7bcc9b39', 'bench',
'01a20333-fb98-7171-99f1-b2af7bcc9b39', 'levy_recorded', 1, '{}', repeat('0', 64));
INSERT INTO monthly_sums VALUES (1, 202605, 0, 0, 0, 0, 0, 0) ON CONFLICT (account_id, month)
DO UPDATE SET levy = monthly_sums.levy + 100000000;
INSERT INTO declared_sums VALUES (1, 2025, 0) ON CONFLICT (account_id, allowance_year)
DO UPDATE SET levy = declared_sums.levy + 100000000;
COMMIT;
";

/// What `pgbench` reaches with the statements of a post.
pub fn pgbench(place: &Place, seconds: u64) -> Outcome<Option<f64>> {
    let url = place.fresh();
    if !url.starts_with("postgres") {
        return Ok(None);
    }
    Store::migrate(&url.parse()?)?;
    PgConnection::establish(&url)?.batch_execute(
        "INSERT INTO accounts VALUES (1, 'bench'); INSERT INTO events VALUES (1, 1, 1, now(), '', '', '', '', 1, NULL, '', '')",
    )?;
    place.pgbench(&url, POST, seconds)
}

diesel::table! {
    entries (seq) {
        seq -> BigInt,
        account_id -> BigInt,
        kind -> Text,
        month -> Integer,
        effective_on -> Date,
        amount -> BigInt,
        recorded_at -> Timestamp,
        recorded_by -> Text,
    }
}

type Payment = (i64, i64, String, i32, NaiveDate, i64, NaiveDateTime, String);

/// Rows a second that multi-row inserts alone put into the same tables, the payments of the run.
pub fn inserts(from: &str, into: &str) -> Outcome<f64> {
    Store::migrate(&into.parse()?)?;
    let (mut from, mut into) = (Bare::open(from)?, Bare::open(into)?);
    let account: i64 = entries::table.select(entries::account_id).first(&mut from)?;
    into.batch_execute(&format!("INSERT INTO accounts VALUES ({account}, 'bench')"))?;
    let (mut after, mut count, mut took) = (0, 0, Duration::ZERO);
    while count < 200_000 {
        let payments = entries::table.filter(entries::seq.gt(after)).filter(entries::kind.eq("own_payment"));
        let rows: Vec<Payment> = payments.order(entries::seq).limit(ROWS).load(&mut from)?;
        let Some(last) = rows.last().map(|row| row.0) else { break };
        (after, count) = (last, count + u32::try_from(rows.len())?);
        let values: Vec<_> = rows
            .into_iter()
            .map(|(seq, account, kind, month, effective_on, amount, at, by)| {
                (
                    entries::seq.eq(seq),
                    entries::account_id.eq(account),
                    entries::kind.eq(kind),
                    entries::month.eq(month),
                    entries::effective_on.eq(effective_on),
                    entries::amount.eq(amount),
                    entries::recorded_at.eq(at),
                    entries::recorded_by.eq(by),
                )
            })
            .collect();
        let began = Instant::now();
        into.batch_execute("BEGIN")?;
        match &mut into {
            Bare::Sqlite(db) => diesel::insert_into(entries::table).values(values).execute(db)?,
            Bare::Postgres(db) => diesel::insert_into(entries::table).values(values).execute(db)?,
        };
        into.batch_execute("COMMIT")?;
        took += began.elapsed();
    }
    Ok(f64::from(count) / took.as_secs_f64())
}

/// A database without the ledger.
#[derive(diesel::MultiConnection)]
enum Bare {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Bare {
    fn open(url: &str) -> Outcome<Self> {
        let Some(file) = url.strip_prefix("sqlite:") else {
            return Ok(Self::Postgres(PgConnection::establish(url)?));
        };
        let mut db = SqliteConnection::establish(file)?;
        db.batch_execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384")?;
        Ok(Self::Sqlite(db))
    }
}
