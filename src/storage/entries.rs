//! The journal's rows.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use uuid::Uuid;

use super::columns::{self, Stored};
use super::connection::Db;
use super::rows::EntryRow;
use super::schema::{accounts, entries, starts, transfers};
use crate::domain::calendar::Month;
use crate::domain::journal::{Earned, Entry, EntryKind, Seq};
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

/// Every entry within these numbers with its account, oldest first.
pub(crate) fn within(db: &mut Db, (first, last): (Seq, Seq)) -> Stored<Vec<(Seq, Seq, Entry)>> {
    // Without the last number PostgreSQL expects a third of all, and goes through them.
    let within = entries::seq.between(first, last);
    let rows: Vec<EntryRow> = entries::table.filter(within).order(entries::seq).load(db)?;
    rows.into_iter().map(|row| Ok((row.seq, row.account_id, entry_of(&row)?))).collect()
}

/// What was paid for each of these starts so far, net of refunds.
pub(crate) fn paid_by_start(db: &mut Db, keys: &[Seq]) -> Stored<HashMap<Seq, Money>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let sums: Vec<(Option<Seq>, i64)> = entries::table
        .filter(entries::start_id.eq_any(keys.to_vec()))
        .group_by(entries::start_id)
        .select((entries::start_id, sql::<BigInt>("CAST(COALESCE(SUM(amount), 0) AS BIGINT)")))
        .load(db)?;
    Ok(sums.into_iter().filter_map(|(start, moved)| Some((start?, -Money::from_units(moved)))).collect())
}

/// How many payments and refunds of each of these starts stand: those that were reversed do not, nor
/// do their reversals.
pub(crate) fn standing_by_start(db: &mut Db, keys: &[Seq]) -> Stored<HashMap<Seq, i64>> {
    let standing = sql::<BigInt>("CAST(SUM(CASE WHEN reverses IS NULL THEN 1 ELSE -1 END) AS BIGINT)");
    let counts: Vec<(Option<Seq>, i64)> = entries::table
        .filter(entries::start_id.eq_any(keys.to_vec()))
        .group_by(entries::start_id)
        .select((entries::start_id, standing))
        .load(db)?;
    Ok(counts.into_iter().filter_map(|(start, count)| Some((start?, count))).collect())
}

/// The public ids of the start and the transfer that an entry names by key.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NamedIds {
    pub(crate) start: Option<Uuid>,
    pub(crate) transfer: Option<Uuid>,
}

/// An entry as it is listed.
#[derive(Clone, Debug)]
pub(crate) struct ListedEntry {
    pub(crate) seq: Seq,
    pub(crate) entry: Entry,
    pub(crate) named: NamedIds,
    pub(crate) recorded_at: NaiveDateTime,
    pub(crate) recorded_by: String,
}

/// Which entries of an account are listed: of these kinds or all, effective within these days, for a
/// start.
pub(crate) struct EntryFilter<'f> {
    pub(crate) account: Seq,
    pub(crate) kinds: &'f [EntryKind],
    pub(crate) from: Option<NaiveDate>,
    pub(crate) to: Option<NaiveDate>,
    pub(crate) start: Option<Seq>,
}

/// Up to `limit` entries after a number, oldest first.
pub(crate) fn page(db: &mut Db, filter: &EntryFilter<'_>, after: Seq, limit: i64) -> Stored<Vec<ListedEntry>> {
    let mut query = entries::table
        .filter(entries::account_id.eq(filter.account))
        .filter(entries::seq.gt(after))
        .order(entries::seq)
        .limit(limit)
        .into_boxed();
    if !filter.kinds.is_empty() {
        let kinds: Vec<&str> = filter.kinds.iter().map(|kind| kind.name()).collect();
        query = query.filter(entries::kind.eq_any(kinds));
    }
    if let Some(from) = filter.from {
        query = query.filter(entries::effective_on.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(entries::effective_on.le(to));
    }
    if let Some(start) = filter.start {
        query = query.filter(entries::start_id.eq(start));
    }
    let rows = query.load(db)?;
    listed(db, rows)
}

/// Entries of these numbers, by number.
pub(crate) fn numbered(db: &mut Db, seqs: &[Seq]) -> Stored<HashMap<Seq, ListedEntry>> {
    if seqs.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = entries::table.filter(entries::seq.eq_any(seqs.to_vec())).load(db)?;
    Ok(listed(db, rows)?.into_iter().map(|entry| (entry.seq, entry)).collect())
}

/// The references of entries of these numbers.
pub(crate) fn references(db: &mut Db, seqs: &[Seq]) -> Stored<Vec<(Seq, Option<String>)>> {
    let named = entries::table.filter(entries::seq.eq_any(seqs.to_vec()));
    Ok(named.select((entries::seq, entries::reference)).load(db)?)
}

/// The entry of a number, and the account whose balance it moves.
pub(crate) fn find(db: &mut Db, seq: Seq) -> Stored<Option<(Uuid, ListedEntry)>> {
    let row: Option<EntryRow> = entries::table.find(seq).first(db).optional()?;
    let Some(row) = row else { return Ok(None) };
    let account: String = accounts::table.find(row.account_id).select(accounts::public_id).first(db)?;
    let account = columns::uuid(&account)?;
    Ok(listed(db, vec![row])?.pop().map(|entry| (account, entry)))
}

fn listed(db: &mut Db, rows: Vec<EntryRow>) -> Stored<Vec<ListedEntry>> {
    let of_starts = distinct(rows.iter().filter_map(|row| row.start_id));
    let of_transfers = distinct(rows.iter().filter_map(|row| row.transfer_id));
    let named: Vec<(Seq, String)> = match of_starts.is_empty() {
        true => Vec::new(),
        false => starts::table.filter(starts::id.eq_any(of_starts)).select((starts::id, starts::public_id)).load(db)?,
    };
    let start_ids = by_key(named)?;
    let columns = (transfers::id, transfers::public_id);
    let named: Vec<(Seq, String)> = match of_transfers.is_empty() {
        true => Vec::new(),
        false => transfers::table.filter(transfers::id.eq_any(of_transfers)).select(columns).load(db)?,
    };
    let transfer_ids = by_key(named)?;
    let listed = |row: EntryRow| {
        let of = |key: Option<Seq>, ids: &HashMap<Seq, Uuid>| key.and_then(|key| ids.get(&key)).copied();
        let named = NamedIds { start: of(row.start_id, &start_ids), transfer: of(row.transfer_id, &transfer_ids) };
        let entry = entry_of(&row)?;
        Ok(ListedEntry { seq: row.seq, entry, named, recorded_at: row.recorded_at, recorded_by: row.recorded_by })
    };
    rows.into_iter().map(listed).collect()
}

fn distinct(keys: impl Iterator<Item = Seq>) -> Vec<Seq> {
    keys.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

fn by_key(named: Vec<(Seq, String)>) -> Stored<HashMap<Seq, Uuid>> {
    named.into_iter().map(|(key, id)| Ok((key, columns::uuid(&id)?))).collect()
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
        lot: row.lot.map(columns::month).transpose()?,
        earned: earned_of(row.earned_month, row.earned_kind.as_deref())?,
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
        lot: entry.lot.map(Month::stored),
        earned_month: entry.earned.map(|earned| earned.month.stored()),
        earned_kind: entry.earned.map(|earned| earned.kind.name().to_owned()),
    }
}

/// The earning that two columns name; none where they name none.
pub(crate) fn earned_of(month: Option<i32>, kind: Option<&str>) -> Stored<Option<Earned>> {
    let Some((month, kind)) = month.zip(kind) else { return Ok(None) };
    Ok(Some(Earned { month: columns::month(month)?, kind: columns::name("kind of earning", kind)? }))
}
