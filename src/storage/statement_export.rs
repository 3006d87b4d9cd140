//! The journal as the lines of a statement, newest first, read in pieces that the index by account
//! and day serves.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Date, Nullable};

use super::columns::{self, Stored};
use super::connection::Db;
use super::entries::entry_of;
use super::rows::EntryRow;
use super::schema::{entries, levy_outcomes, providers, starts, transfers};
use crate::domain::calendar::Month;
use crate::domain::journal::{EntryKind, Seq};
use crate::domain::money::Money;
use crate::domain::names::Named;
use crate::domain::stated::{Course, DeclaredLevy, StatedEntry, stated_day};

/// An account's journal as it was when a number was the last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Journal {
    pub(crate) account: Seq,
    pub(crate) head: Seq,
}

/// Entries whose lines carry the same day for the same reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slice {
    /// The day of their lines.
    pub(crate) on: NaiveDate,
    effective_on: NaiveDate,
    stated_on: Option<NaiveDate>,
    kind: EntryKind,
    month: Month,
}

/// The first and the last month in which lines of the journal can be dated.
pub(crate) fn months(db: &mut Db, journal: Journal) -> Stored<Option<(Month, Month)>> {
    let days: (Option<NaiveDate>, Option<NaiveDate>) = entries::table
        .filter(entries::account_id.eq(journal.account).and(entries::seq.le(journal.head)))
        .select((sql::<Nullable<Date>>("MIN(effective_on)"), sql::<Nullable<Date>>("MAX(effective_on)")))
        .first(db)?;
    // Payments are dated in the month after their own.
    Ok(days.0.zip(days.1).map(|(first, last)| (Month::of(first), Month::of(last).plus(1))))
}

/// The slices whose lines are dated in a month, newest first.
pub(crate) fn slices(db: &mut Db, journal: Journal, dated: Month) -> Stored<Vec<Slice>> {
    let columns = (entries::effective_on, entries::stated_on, entries::kind, entries::month);
    let rows: Vec<(NaiveDate, Option<NaiveDate>, String, i32)> = entries::table
        .filter(entries::account_id.eq(journal.account).and(entries::seq.le(journal.head)))
        .filter(entries::effective_on.between(dated.plus(-1).first_day(), dated.last_day()))
        .group_by(columns)
        .select(columns)
        .load(db)?;
    let mut slices = Vec::with_capacity(rows.len());
    for (effective_on, stated_on, kind, month) in rows {
        let (kind, month) = (columns::name("kind of entry", &kind)?, columns::month(month)?);
        let on = stated_day((kind, month), effective_on, stated_on);
        let Some(on) = on.filter(|on| Month::of(*on) == dated) else { continue };
        slices.push(Slice { on, effective_on, stated_on, kind, month });
    }
    slices.sort_by_key(|slice| (std::cmp::Reverse(slice.on), slice.kind, slice.month));
    Ok(slices)
}

/// Up to `limit` entries of a slice after a number, each with its own.
pub(crate) fn page(
    db: &mut Db,
    journal: Journal,
    slice: &Slice,
    (after, limit): (Seq, i64),
) -> Stored<Vec<(Seq, StatedEntry)>> {
    let query = entries::table
        .filter(entries::account_id.eq(journal.account).and(entries::effective_on.eq(slice.effective_on)))
        .filter(entries::seq.gt(after).and(entries::seq.le(journal.head)))
        .filter(entries::kind.eq(slice.kind.name()).and(entries::month.eq(slice.month.stored())))
        .order(entries::seq)
        .limit(limit)
        .into_boxed();
    let rows: Vec<EntryRow> = match slice.stated_on {
        Some(day) => query.filter(entries::stated_on.eq(day)).load(db)?,
        None => query.filter(entries::stated_on.is_null()).load(db)?,
    };
    let said = Said::of(db, slice.kind, &rows)?;
    rows.iter().map(|row| Ok((row.seq, said.beside(row, slice.on)?))).collect()
}

/// What lines say beyond their entries.
#[derive(Default)]
struct Said {
    declared: HashMap<Seq, DeclaredLevy>,
    courses: HashMap<Seq, Course>,
    providers: HashMap<Seq, String>,
}

impl Said {
    fn of(db: &mut Db, kind: EntryKind, rows: &[EntryRow]) -> Stored<Self> {
        let mut said = Self::default();
        match kind {
            EntryKind::Levy | EntryKind::LevyAdjustment => {
                said.declared = declared(db, rows.iter().map(|row| row.seq).collect())?;
            }
            EntryKind::OwnPayment | EntryKind::TransferPayment | EntryKind::TransferReceived => {
                said.courses = courses(db, distinct(rows.iter().filter_map(|row| row.start_id)))?;
                said.providers = receivers(db, distinct(rows.iter().filter_map(|row| row.transfer_id)))?;
            }
            EntryKind::Expiry | EntryKind::Correction => {}
        }
        Ok(said)
    }

    fn beside(&self, row: &EntryRow, on: NaiveDate) -> Stored<StatedEntry> {
        Ok(StatedEntry {
            on,
            entry: entry_of(row)?,
            declared: self.declared.get(&row.seq).copied(),
            course: row.start_id.and_then(|start| self.courses.get(&start).cloned()).unwrap_or_default(),
            provider: row.transfer_id.and_then(|transfer| self.providers.get(&transfer).cloned()),
        })
    }
}

fn distinct(keys: impl Iterator<Item = Seq>) -> Vec<Seq> {
    keys.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

fn declared(db: &mut Db, seqs: Vec<Seq>) -> Stored<HashMap<Seq, DeclaredLevy>> {
    type Row = (Option<Seq>, Option<i64>, Option<i64>, Option<String>);
    let columns =
        (levy_outcomes::entry_id, levy_outcomes::declared, levy_outcomes::top_up, levy_outcomes::english_fraction);
    let rows: Vec<Row> = levy_outcomes::table.filter(levy_outcomes::entry_id.eq_any(seqs)).select(columns).load(db)?;
    let mut found = HashMap::with_capacity(rows.len());
    for (entry, declared, top_up, fraction) in rows {
        let (Some(entry), Some(declared), Some(fraction)) = (entry, declared, fraction) else { continue };
        let (declared, top_up) = (Money::from_units(declared), Money::from_units(top_up.unwrap_or_default()));
        found.insert(entry, DeclaredLevy { declared, english_fraction: columns::decimal(&fraction)?, top_up });
    }
    Ok(found)
}

fn courses(db: &mut Db, keys: Vec<Seq>) -> Stored<HashMap<Seq, Course>> {
    type Row = (Seq, String, Option<String>, i32, Option<String>);
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let columns =
        (starts::id, starts::standard_code, starts::standard_title, starts::level, starts::training_provider_name);
    let rows: Vec<Row> = starts::table.filter(starts::id.eq_any(keys)).select(columns).load(db)?;
    let course = |(key, code, title, level, training_provider): Row| {
        let level = columns::small("level", level.into())?;
        Ok((key, Course { training_provider, name: Some(title.unwrap_or(code)), level: Some(level) }))
    };
    rows.into_iter().map(course).collect()
}

/// The names of the providers that transfers were agreed with.
fn receivers(db: &mut Db, keys: Vec<Seq>) -> Stored<HashMap<Seq, String>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let named = transfers::table.inner_join(providers::table.on(providers::id.eq(transfers::provider_id)));
    let rows: Vec<(Seq, String)> =
        named.filter(transfers::id.eq_any(keys)).select((transfers::id, providers::name)).load(db)?;
    Ok(rows.into_iter().collect())
}
