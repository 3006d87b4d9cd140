//! Recording a staged file: entries and lines are appended a thousand at a time while the file is gone
//! through, in one transaction and under one event, so that memory does not grow with the file.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom};

use chrono::NaiveDateTime;
use sha2::{Digest, Sha256};

use super::passage::{Placed, Sink, Tally, go_through, unstaged};
use super::staging::{Sighting, Staging};
use crate::domain::account::Account;
use crate::domain::calendar::Month;
use crate::domain::journal::{EntryKind, Seq};
use crate::domain::names::Named;
use crate::domain::statements::LineOutcome;
use crate::storage::accounts::{DECLARED_SUMS, MONTHLY_SUMS, TRANSFER_MONTHS, UNATTRIBUTED, sums_row};
use crate::storage::columns::{Stored, date_text};
use crate::storage::connection::{self, Db, append};
use crate::storage::entries::row_of;
use crate::storage::events::{Hashing, Head, hex, write_entry};
use crate::storage::rows::{EntryRow, EventRow, Rows, SightingRow, StatementLineRow, StatementRow};
use crate::storage::schema;
use crate::storage::writer::Actor;

/// The action of an event that records a statement.
pub(crate) const IMPORTED: &str = "statement_imported";
/// How many rows are appended at a time.
const AT_ONCE: usize = 1_000;

/// What is known of a file besides its lines.
#[derive(Clone, Debug)]
pub(crate) struct FileFacts {
    pub(crate) version: i32,
    pub(crate) layout: &'static str,
    /// SHA-256 of its bytes, in hexadecimal.
    pub(crate) digest: String,
    /// Lines that could not be read.
    pub(crate) refused: i64,
}

/// Who records, when, and where the ledger stands.
pub(super) struct Hand<'h> {
    pub(super) head: &'h mut Head,
    pub(super) actor: &'h Actor,
    pub(super) at: NaiveDateTime,
}

/// Records the lines of a file that were not held before. Where there is none, nothing is recorded.
pub(super) fn record(
    db: &mut Db,
    account: &Account,
    (staging, file): (&mut Staging, &FileFacts),
    hand: &mut Hand<'_>,
) -> Stored<Tally> {
    let mut recording = Recording::begin(account.key, hand)?;
    let tally = go_through(db, account.key, staging, &mut recording)?;
    if !tally.any_new {
        return Ok(tally);
    }
    recording.flush(db)?;
    let Recording { statement, last, hashed, keys, .. } = recording;
    let rows = rows_of(statement, (account.key, hand), (staging, file), &tally, hex(&keys.finalize()));
    let mut event = EventRow {
        id: hand.head.event + 1,
        first_seq: statement,
        last_seq: last,
        recorded_at: hand.at,
        actor: hand.actor.id.clone(),
        actor_name: hand.actor.name.clone(),
        request_id: hand.actor.request_id.clone(),
        action: IMPORTED.to_owned(),
        account_id: Some(account.key),
        subject: None,
        // Rows are plain structs of texts and numbers, which always serialise.
        body: serde_json::to_string(&rows).unwrap_or_default(),
        hash: String::new(),
    };
    event.hash = hash_of(&hand.head.hash, &event, hashed).map_err(unstaged)?;
    *hand.head = Head { event: event.id, seq: last, hash: event.hash.clone(), recorded_at: hand.at };
    rows.append(db)?;
    append(db, schema::events::table, vec![event])?;
    set_sums(db, account, &tally)?;
    Ok(tally)
}

fn hash_of(previous: &str, event: &EventRow, hashed: BufWriter<File>) -> std::io::Result<String> {
    let mut hashing = Hashing::begin(previous, event);
    let mut file = hashed.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::new(file);
    let mut piece = vec![0; 64 * 1024];
    loop {
        let read = reader.read(&mut piece)?;
        if read == 0 {
            return Ok(hashing.finish());
        }
        hashing.written(piece.get(..read).unwrap_or_default());
    }
}

fn rows_of(
    statement: Seq,
    (account, hand): (Seq, &Hand<'_>),
    (staging, file): (&Staging, &FileFacts),
    tally: &Tally,
    keys_digest: String,
) -> Rows {
    let months = || staging.sightings.keys().map(|(month, _)| month.stored());
    let imported = StatementRow {
        seq: statement,
        account_id: account,
        version: file.version.to_string(),
        layout: file.layout.to_owned(),
        file_digest: file.digest.clone(),
        lines: staging.sightings.values().map(|sighting| sighting.lines).sum::<i64>() + file.refused,
        recorded: tally.recorded,
        already_held: tally.already_held,
        reconciliation_only: tally.reconciliation_only,
        refused: file.refused,
        first_month: months().min(),
        last_month: months().max(),
        keys_digest,
        recorded_by: hand.actor.name.clone(),
    };
    let sighting = |(key, seen): (&(Month, EntryKind), &Sighting)| {
        let recorded = tally.recorded_lines.get(key).copied().unwrap_or_default();
        let added = tally.new_lines.get(key).copied().unwrap_or_default();
        SightingRow {
            statement,
            month: key.0.stored(),
            kind: key.1.name().to_owned(),
            lines: seen.lines,
            amount: seen.amount.units(),
            employer: seen.employer.units(),
            government: seen.government.units(),
            recorded: recorded.lines,
            recorded_employer: recorded.employer.units(),
            recorded_government: recorded.government.units(),
            new_lines: added.lines,
            new_amount: added.amount.units(),
            unattributed_lines: added.unattributed_lines,
            unattributed_amount: added.unattributed_amount.units(),
        }
    };
    let statement_sightings = staging.sightings.iter().map(sighting).collect();
    Rows { statements: vec![imported], statement_sightings, ..Rows::default() }
}

/// Sets the running sums that the recorded lines changed.
fn set_sums(db: &mut Db, account: &Account, tally: &Tally) -> Stored<()> {
    let mut sums = account.books.months.clone();
    tally.add_to(&mut sums);
    let touched: BTreeSet<Month> = tally.recorded_lines.keys().map(|(month, _)| *month).collect();
    let months = sums.iter().filter(|(month, _)| touched.contains(month));
    let months = months.map(|(month, sums)| sums_row(account.key, month.stored(), sums));
    let declared = tally.declared.iter().map(|(year, levy)| {
        let before = account.declared.get(year).copied().unwrap_or_default();
        vec![account.key, i64::from(year.stored()), (before + *levy).units()]
    });
    let paid = tally.recorded_lines.iter().filter(|((_, kind), _)| *kind == EntryKind::TransferPayment);
    let paid = paid.map(|((month, _), sent)| {
        let before = account.unattributed.get(month).copied().unwrap_or_default();
        vec![account.key, UNATTRIBUTED, i64::from(month.stored()), (before - sent.amount).units()]
    });
    let sums =
        [(&MONTHLY_SUMS, months.collect()), (&DECLARED_SUMS, declared.collect()), (&TRANSFER_MONTHS, paid.collect())];
    Ok(connection::set_sums(db, &sums)?)
}

/// A file on its way into the journal.
struct Recording {
    account: Seq,
    /// The number of the import.
    statement: Seq,
    /// The last number given.
    last: Seq,
    at: NaiveDateTime,
    by: String,
    entries: Vec<EntryRow>,
    lines: Vec<StatementLineRow>,
    /// The entries as they are hashed: what comes before them is known only at the end.
    hashed: BufWriter<File>,
    keys: Sha256,
}

impl Recording {
    fn begin(account: Seq, hand: &Hand<'_>) -> Stored<Self> {
        let statement = hand.head.seq + 1;
        let hashed = BufWriter::with_capacity(256 * 1024, tempfile::tempfile().map_err(unstaged)?);
        let (entries, lines) = (Vec::with_capacity(AT_ONCE), Vec::with_capacity(AT_ONCE));
        let (at, by) = (hand.at, hand.actor.name.clone());
        Ok(Self { account, statement, last: statement, at, by, entries, lines, hashed, keys: Sha256::new() })
    }

    fn flush(&mut self, db: &mut Db) -> Stored<()> {
        append(db, schema::entries::table, std::mem::replace(&mut self.entries, Vec::with_capacity(AT_ONCE)))?;
        append(db, schema::statement_lines::table, std::mem::replace(&mut self.lines, Vec::with_capacity(AT_ONCE)))?;
        Ok(())
    }

    fn line_row(&self, placed: &Placed) -> StatementLineRow {
        let line = &placed.staged.line;
        let note = line.note.clone().filter(|_| placed.outcome != LineOutcome::Recorded);
        StatementLineRow {
            account_id: self.account,
            line_date: line.date,
            line_key: placed.staged.key.to_vec(),
            statement: self.statement,
            times: i32::try_from(placed.times).unwrap_or(i32::MAX),
            month: line.month.stored(),
            kind: line.kind.name().to_owned(),
            amount: line.amount.units(),
            outcome: placed.outcome.name().to_owned(),
            paye_scheme: line.paye_scheme.clone(),
            payroll_month: line.payroll_month.map(Month::stored),
            note,
        }
    }
}

impl Sink for Recording {
    fn take(&mut self, db: &mut Db, placed: Placed) -> Stored<()> {
        let row = self.line_row(&placed);
        hash_line(&mut self.keys, &row);
        self.lines.push(row);
        let recorded = placed.outcome == LineOutcome::Recorded;
        if let Some(entry) = placed.staged.line.entry(placed.start).filter(|_| recorded) {
            for _ in 0..placed.times {
                self.last += 1;
                let row = row_of(self.last, self.account, &entry, self.at, &self.by);
                write_entry(&mut self.hashed, &row).map_err(unstaged)?;
                self.entries.push(row);
                if self.entries.len() >= AT_ONCE {
                    self.flush(db)?;
                }
            }
        }
        if self.lines.len() >= AT_ONCE { self.flush(db) } else { Ok(()) }
    }
}

/// Adds a line to the digest that stands for a statement's lines in its event.
pub(crate) fn hash_line(digest: &mut Sha256, row: &StatementLineRow) {
    let number = |value: Option<i32>| value.map(|value| value.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.as_deref().map(|text| format!("{text:?}")).unwrap_or_default();
    let canonical = format!(
        "{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}\n",
        row.account_id,
        date_text(row.line_date),
        hex(&row.line_key),
        row.statement,
        row.times,
        row.month,
        row.kind,
        row.amount,
        row.outcome,
        text(&row.paye_scheme),
        number(row.payroll_month),
        text(&row.note),
    );
    digest.update(canonical);
}
