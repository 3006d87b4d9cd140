//! The journal's rows.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::columns::{self, Stored};
use super::connection::Db;
use super::rows::EntryRow;
use super::schema::entries;
use crate::domain::calendar::Month;
use crate::domain::journal::{Entry, Seq};
use crate::domain::money::Money;
use crate::domain::names::Named;

/// An entry with where and whether it stands.
pub(crate) struct StoredEntry {
    pub(crate) seq: Seq,
    pub(crate) account: Seq,
    pub(crate) entry: Entry,
    pub(crate) reversed_by: Option<Seq>,
}

/// Entries of these numbers.
pub(crate) fn by_seq(db: &mut Db, seqs: &[Seq]) -> Stored<Vec<StoredEntry>> {
    if seqs.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<EntryRow> = entries::table.filter(entries::seq.eq_any(seqs.to_vec())).load(db)?;
    let reversals: Vec<(Option<Seq>, Seq)> = entries::table
        .filter(entries::reverses.eq_any(seqs.to_vec()))
        .select((entries::reverses, entries::seq))
        .load(db)?;
    rows.into_iter()
        .map(|row| {
            let reversed_by = reversals.iter().find(|(of, _)| *of == Some(row.seq)).map(|(_, by)| *by);
            Ok(StoredEntry { seq: row.seq, account: row.account_id, entry: entry_of(&row)?, reversed_by })
        })
        .collect()
}

/// What a row says.
pub(crate) fn entry_of(row: &EntryRow) -> Stored<Entry> {
    Ok(Entry {
        kind: columns::name("kind of entry", &row.kind)?,
        month: columns::month(row.month)?,
        effective_on: row.effective_on,
        stated_on: row.stated_on,
        declared_on: row.declared_on,
        amount: Money::from_units(row.amount),
        start: row.start_id,
        transfer: row.transfer_id,
        payroll_month: row.payroll_month.map(columns::month).transpose()?,
        paye_scheme: row.paye_scheme.clone(),
        reference: row.reference.clone(),
        reverses: row.reverses,
    })
}

/// The row of an entry.
pub(crate) fn row_of(seq: Seq, account: Seq, entry: &Entry, at: NaiveDateTime, by: &str) -> EntryRow {
    EntryRow {
        seq,
        account_id: account,
        kind: entry.kind.name().to_owned(),
        month: entry.month.stored(),
        effective_on: entry.effective_on,
        stated_on: entry.stated_on,
        declared_on: entry.declared_on,
        amount: entry.amount.units(),
        start_id: entry.start,
        transfer_id: entry.transfer,
        payroll_month: entry.payroll_month.map(Month::stored),
        paye_scheme: entry.paye_scheme.clone(),
        reference: entry.reference.clone(),
        recorded_at: at,
        recorded_by: by.to_owned(),
        reverses: entry.reverses,
    }
}
