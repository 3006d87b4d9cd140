//! Copying a whole ledger into another database, row by row under the numbers that the rows have, so
//! that its chain passes on unbroken. It is one transaction there: a copy is whole or not at all.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::accounts::{DECLARED_SUMS, MONTHLY_SUMS, TRANSFER_MONTHS};
use super::columns::{StorageError, Stored};
use super::connection::{self, Db, Purpose, append};
use super::events::{self, Head};
use super::rows::{EntryRow, EventRow, IdempotencyRow, Rows, StatementLineRow};
use super::schema::{
    self, accounts, declared_sums, entries, idempotency_answers, learners, ledger_secrets, monthly_sums, providers,
    start_lives, statement_lines, tokens, transfer_months, webhook_deliveries,
};
use super::verify::{self, Verification};
use super::{DatabaseUrl, migrations};
use crate::domain::journal::Seq;

/// How many numbers, or rows, are copied at a time.
const AT_ONCE: i64 = 5_000;

/// Why a ledger was not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Either database cannot be opened, read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// What is copied to holds something already.
    #[error("{0} holds a ledger: name an empty database to copy to")]
    NotEmpty(DatabaseUrl),
    /// The copy is not what was copied, as when the ledger was tampered with before.
    #[error("the copy does not verify: {detail}; the ledger that was copied is untouched, drop the copy")]
    Differs {
        /// The first difference.
        detail: String,
    },
}

impl From<diesel::result::Error> for CopyError {
    fn from(cause: diesel::result::Error) -> Self {
        Self::Storage(cause.into())
    }
}

/// Copies a ledger into an empty database, whose tables are made, and verifies the copy; gives where both
/// stand. While it copies, nobody records in the ledger. `progress` is told how far it has come, and of
/// how much; it goes twice over the numbers, to copy and to verify.
///
/// # Errors
/// [`CopyError`] when a database cannot be used, the one holds no ledger of this version or the other a
/// ledger already, or the copy does not verify.
pub fn copy(
    (from, to): (&DatabaseUrl, &DatabaseUrl),
    today: chrono::NaiveDate,
    progress: &mut dyn FnMut(Seq, Seq),
) -> Result<Head, CopyError> {
    drop(verify::Inspection::open(from)?);
    let mut source = connection::open(from, Purpose::Recording).map_err(StorageError::from)?;
    let mut target = connection::open(to, Purpose::Recording).map_err(StorageError::from)?;
    if !migrations::make_anew(&mut target)? {
        return Err(CopyError::NotEmpty(to.clone()));
    }
    connection::begin_recording(&mut source)?;
    connection::begin_recording(&mut target)?;
    let head = events::head(&mut source)?;
    let mut copying = Copying { from: &mut source, to: &mut target, upto: head.seq };
    copying.everything(&mut |done| progress(done, head.seq * 2))?;
    target.batch_execute("COMMIT")?;
    let apart = [&mut source, &mut target].map(unchained);
    source.batch_execute("ROLLBACK")?;
    let extent = verify::Extent { from: None, to: None, today };
    let found = verify::verify(&mut target, &extent, &mut |done, of| progress(head.seq + done, of * 2))?;
    same(&head, &found)?;
    let [ours, theirs] = apart;
    if ours? != theirs? {
        return Err(CopyError::Differs { detail: "personal data or kept answers are not all there".to_owned() });
    }
    Ok(head)
}

/// How much there is of what the chain does not cover: personal data, and kept answers.
fn unchained(db: &mut Db) -> Stored<(i64, i64)> {
    Ok((learners::table.count().get_result(db)?, idempotency_answers::table.count().get_result(db)?))
}

fn same(head: &Head, found: &Verification) -> Result<(), CopyError> {
    let fault = found.faults.first().map(|fault| match fault.seq {
        Some(seq) => format!("{seq}: {}", fault.detail),
        None => fault.detail.clone(),
    });
    let stands = (found.head != *head).then(|| format!("it stands at {}, not at {head}", found.head));
    fault.or(stands).map_or(Ok(()), |detail| Err(CopyError::Differs { detail }))
}

struct Copying<'c> {
    from: &'c mut Db,
    to: &'c mut Db,
    /// The last number there is.
    upto: Seq,
}

impl Copying<'_> {
    fn everything(&mut self, progress: &mut dyn FnMut(Seq)) -> Stored<()> {
        // What belongs to no event comes under numbers up to nought.
        verify::stored(self.from, Seq::MIN, 0)?.append(self.to)?;
        self.secrets()?;
        let mut done = 0;
        loop {
            let events = verify::page(self.from, done, self.upto)?;
            let Some(last) = events.last().map(|event| event.last_seq) else { break };
            self.recorded(done + 1, last, events)?;
            done = last;
            progress(done);
        }
        self.statement_lines()?;
        self.answers()?;
        self.sums()
    }

    /// Everything under these numbers.
    fn recorded(&mut self, first: Seq, last: Seq, events: Vec<EventRow>) -> Stored<()> {
        let db = &mut *self.from;
        let mut rows = Rows {
            providers: providers::table.filter(providers::id.between(first, last)).load(db)?,
            tokens: tokens::table.filter(tokens::id.between(first, last)).load(db)?,
            learners: learners::table.filter(learners::start_id.between(first, last)).load(db)?,
            start_lives: start_lives::table.filter(start_lives::start_id.between(first, last)).load(db)?,
            ..verify::stored(db, first, last)?
        };
        let told = webhook_deliveries::table.filter(webhook_deliveries::webhook_id.between(first, last));
        rows.webhooks.deliveries = told.load(db)?;
        rows.append(self.to)?;
        append(self.to, schema::events::table, events)?;
        let mut next = first;
        while next <= last {
            let upto = last.min(next + AT_ONCE - 1);
            let some: Vec<EntryRow> =
                entries::table.filter(entries::seq.between(next, upto)).order(entries::seq).load(self.from)?;
            append(self.to, entries::table, some)?;
            next = upto + 1;
        }
        Ok(())
    }

    fn secrets(&mut self) -> Stored<()> {
        let secrets: Vec<(String, String)> = ledger_secrets::table.load(self.from)?;
        for (name, value) in secrets {
            let row = (ledger_secrets::name.eq(name), ledger_secrets::value.eq(value));
            diesel::insert_into(ledger_secrets::table).values(row).execute(self.to)?;
        }
        Ok(())
    }

    fn statement_lines(&mut self) -> Stored<()> {
        use statement_lines::dsl;
        let statements: Vec<(Seq, Seq)> = schema::statements::table
            .select((schema::statements::seq, schema::statements::account_id))
            .load(self.from)?;
        for (statement, account) in statements {
            let days = dsl::statement_lines
                .filter(dsl::account_id.eq(account))
                .filter(dsl::statement.eq(statement))
                .select(dsl::line_date)
                .distinct();
            for day in days.load::<chrono::NaiveDate>(self.from)? {
                let of_day = dsl::statement_lines
                    .filter(dsl::account_id.eq(account))
                    .filter(dsl::line_date.eq(day))
                    .filter(dsl::statement.eq(statement));
                append(self.to, dsl::statement_lines, of_day.load::<StatementLineRow>(self.from)?)?;
            }
        }
        Ok(())
    }

    fn answers(&mut self) -> Stored<()> {
        let mut after = 0;
        loop {
            let next = idempotency_answers::table.filter(idempotency_answers::id.gt(after));
            let rows: Vec<IdempotencyRow> = next.order(idempotency_answers::id).limit(AT_ONCE).load(self.from)?;
            let Some(last) = rows.last().map(|row| row.id) else { return Ok(()) };
            append(self.to, idempotency_answers::table, rows)?;
            after = last;
        }
    }

    fn sums(&mut self) -> Stored<()> {
        let keys: Vec<Seq> = accounts::table.select(accounts::id).order(accounts::id).load(self.from)?;
        for (first, last) in keys.chunks(100).filter_map(|keys| keys.first().copied().zip(keys.last().copied())) {
            type Months = (i64, i32, i64, i64, i64, i64, i64, i64);
            let months = monthly_sums::table.filter(monthly_sums::account_id.between(first, last));
            let months = months.load::<Months>(self.from)?.into_iter();
            let row = |(account, month, levy, own, transferred, received, corrections, expired): Months| {
                vec![account, i64::from(month), levy, own, transferred, received, corrections, expired]
            };
            let months = months.map(row).collect();
            let declared = declared_sums::table.filter(declared_sums::account_id.between(first, last));
            let declared = declared.load::<(i64, i32, i64)>(self.from)?.into_iter();
            let row = |(account, year, levy)| vec![account, i64::from(year), levy];
            let declared = declared.map(row).collect();
            let paid = transfer_months::table.filter(transfer_months::account_id.between(first, last));
            let paid = paid.load::<(i64, i64, i32, i64)>(self.from)?.into_iter();
            let row = |(account, transfer, month, paid)| vec![account, transfer, i64::from(month), paid];
            let paid = paid.map(row).collect();
            let sums = [(&MONTHLY_SUMS, months), (&DECLARED_SUMS, declared), (&TRANSFER_MONTHS, paid)];
            connection::set_sums(self.to, &sums)?;
        }
        Ok(())
    }
}
