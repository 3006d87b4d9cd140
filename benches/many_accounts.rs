//! The close of a month of many accounts by the command: accounts a second, time for each start, entries
//! a second, and beside them bare multi-row inserts of a month's entries in one transaction.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use levy_ledger::domain::people::Role;
use levy_ledger::ops::close_month::close_month;
use levy_ledger::ops::commands::issue_token;
use levy_ledger::storage::{Store, StoreOptions};

use super::measured::{insert_bare, peak};
use super::{FIRST, Later, Outcome};

/// Closes months of as many accounts as there are, each with so many live starts.
pub fn close(accounts: u32, each: u32, months: u32) -> Outcome<()> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let file = folder.path().join("ledger.db");
    let url = format!("sqlite:{}", file.display()).parse()?;
    let store = Store::open(StoreOptions { url, clock: Arc::new(Later), idempotency_days: 90, readers: 4 })?;
    // The first event, on which those of the load are built.
    issue_token(&store, Role::Admin, "bench", None, 1)?;
    let mut db = SqliteConnection::establish(&file.to_string_lossy())?;
    load(&mut db, accounts, each)?;
    let first: NaiveDate = FIRST.parse()?;
    let before = peak()?;
    let (mut bare, mut closes) = (Duration::ZERO, Duration::ZERO);
    println!(
        "{accounts} accounts of {each} starts\n\
         month     entries  seconds  accounts a second  us a start  entries a second  of bare inserts  peak MiB more"
    );
    for number in 0..months {
        let month = (first + chrono::Months::new(number)).format("%Y-%m").to_string();
        let began = Instant::now();
        close_month(&store, month.parse()?)?;
        let took = began.elapsed();
        let memory = peak()?.saturating_sub(before) / 1024;
        let (entries, inserting) = insert_bare(&mut db, &folder.path().join("bare.db"), &month)?;
        (bare, closes) = (bare + inserting, closes + took);
        println!(
            "{month} {entries:>9} {:>8.2} {:>18.0} {:>11.1} {:>17.0} {:>16.2} {memory:>14}",
            took.as_secs_f64(),
            f64::from(accounts) / took.as_secs_f64(),
            took.as_secs_f64() * 1e6 / f64::from(accounts * each),
            f64::from(entries) / took.as_secs_f64(),
            inserting.as_secs_f64() / took.as_secs_f64(),
        );
    }
    println!("all of bare inserts: {:.3}", bare.as_secs_f64() / closes.as_secs_f64());
    Ok(())
}

/// Accounts with two years of levy and a transfer each, which pays for three of ten of their starts,
/// straight into the database: the load is not what is measured.
fn load(db: &mut SqliteConnection, accounts: u32, each: u32) -> Outcome<()> {
    db.batch_execute("PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE")?;
    let with = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {accounts}),
         k(j) AS (SELECT 0 UNION ALL SELECT j + 1 FROM k WHERE j < 23),
         s(j) AS (SELECT 0 UNION ALL SELECT j + 1 FROM s WHERE j < {each} - 1),
         h AS (SELECT MAX(last_seq) AS seq FROM events), levied AS (SELECT j, date('2025-05-22', '+' || j || ' months') AS day FROM k),
         at AS (SELECT seq, seq + {accounts} AS transfers, seq + 2 * {accounts} AS levy, seq + 26 * {accounts} AS starts FROM h)"
    );
    db.batch_execute(&format!(
        "{with} INSERT INTO accounts (id, public_id)
             SELECT at.seq + i, printf('01910000-0000-7000-8000-%012x', i) FROM n, at;
         {with} INSERT INTO account_settings (seq, account_id, name, rule_set_id, training_provider_priority)
             SELECT at.seq + i, at.seq + i, 'Bench Body ' || i, (SELECT MIN(id) FROM rule_sets), '' FROM n, at;
         {with} INSERT INTO providers (id, public_id, version, name, sector)
             SELECT at.seq + i, printf('01920000-0000-7000-8000-%012x', i), at.seq + i, 'Bench Care ' || i,
                 'adult_social_care' FROM n, at;
         {with} INSERT INTO transfers (id, public_id, account_id, provider_id, agreed_on, apprentices, priority_groups)
             SELECT at.transfers + i, printf('01930000-0000-7000-8000-%012x', i), at.seq + i, at.seq + i, '2026-04-25',
                 1000, '' FROM n, at;
         {with} INSERT INTO transfer_changes (seq, transfer_id, changed_on, change, amount, recorded_by)
             SELECT at.transfers + i, at.transfers + i, '2026-04-25', 'agree', 9000000000000, 'bench' FROM n, at;
         {with} INSERT INTO transfer_schedules (seq, transfer_id, allowance_year, amount)
             SELECT at.transfers + i, at.transfers + i, 2029, 9000000000000 FROM n, at;
         {with} INSERT INTO entries (seq, account_id, kind, month, effective_on, declared_on, amount, recorded_at, recorded_by)
             SELECT at.levy + (i - 1) * 24 + j, at.seq + i, 'levy', CAST(strftime('%Y%m', day) AS INTEGER), day, day,
                 {each} * 30000000, '2026-04-30 12:00:00.000000', 'bench' FROM n, levied, at;
         INSERT INTO monthly_sums (account_id, month, levy, own, transferred, received, corrections, expired)
             SELECT account_id, month, amount, 0, 0, 0, 0, 0 FROM entries WHERE kind = 'levy';
         INSERT INTO declared_sums (account_id, allowance_year, levy)
             SELECT account_id, CAST(strftime('%Y', date(declared_on, '-109 days')) AS INTEGER), SUM(amount)
             FROM entries WHERE kind = 'levy' GROUP BY 1, 2;
         {with} INSERT INTO starts (id, public_id, account_id, transfer_id, standard_code, level, agreed_price, agreed_on,
                 start_on, planned_end_on, training_provider_ukprn)
             SELECT at.starts + (i - 1) * {each} + j + 1, printf('01900000-0000-7000-8000-%012x', (i - 1) * {each} + j),
                 at.seq + i, CASE WHEN j % 10 < 3 THEN at.transfers + i END, 'ST0005', 3, (600000 + (i * 31 + j) % 7919) * 1000,
                 date('2026-04-26', '-' || (j % 5) || ' days'), date('2026-05-01', '+' || (j % 28) || ' days'), '2028-04-30',
                 printf('1000%04d', (i + j) % 97) FROM n, s, at;
         INSERT INTO learners (start_id, learner_reference, version) SELECT id, 'B-' || id, id FROM starts;
         INSERT INTO start_lives (start_id, account_id, start_on, first_month, last_month, dearest_price, version, voided)
             SELECT id, account_id, start_on, 202605, 202804, agreed_price, id, 0 FROM starts;
         INSERT INTO events (id, first_seq, last_seq, recorded_at, actor, actor_name, request_id, action, body, hash)
             SELECT id + 1, last_seq + 1, (SELECT MAX(id) FROM starts), recorded_at, actor, actor_name, request_id,
                 'start_recorded', '{{}}', hash FROM events ORDER BY id DESC LIMIT 1;
         COMMIT; ANALYZE"
    ))?;
    Ok(())
}
