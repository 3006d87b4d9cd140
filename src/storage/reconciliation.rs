//! What the two sides of a reconciliation hold: sums first, and alike lines together where the sums
//! differ.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Integer, Nullable, Text};

use super::columns::{self, Stored};
use super::connection::Db;
use super::schema::{entries, statement_lines, statement_sightings, statements};
use crate::domain::calendar::Month;
use crate::domain::journal::{EntryKind, Seq};
use crate::domain::money::Money;
use crate::domain::names::Named;
use crate::domain::reconciliation::{
    FilePlaces, HeldItem, LevyOf, MOST_LINES, Origin, OurItem, Place, ReconciledKind, Shown, StatementSide,
};

/// Everything that an account's statements show, added up by the database.
pub(crate) fn statement_side(db: &mut Db, account: Seq) -> Stored<StatementSide> {
    let shown = shown(db, account)?;
    let ends: Vec<(Seq, String, i32, i32)> = statement_sightings::table
        .inner_join(statements::table.on(statements::seq.eq(statement_sightings::statement)))
        .filter(statements::account_id.eq(account))
        .group_by((statement_sightings::statement, statement_sightings::kind))
        .select((
            statement_sightings::statement,
            statement_sightings::kind,
            sql::<Integer>("MIN(statement_sightings.month)"),
            sql::<Integer>("MAX(statement_sightings.month)"),
        ))
        .load(db)?;
    let mut files: BTreeMap<Seq, FilePlaces> = BTreeMap::new();
    for (statement, kind, first, last) in ends {
        let Some(kind) = reconciled(&kind)? else { continue };
        let places = files.entry(statement).or_default();
        places.insert((columns::month(first)?, kind));
        places.insert((columns::month(last)?, kind));
    }
    Ok(StatementSide::new(shown, files.values()))
}

type Sums = (i64, i64, i64, i64, i64, i64, i64, i64);

fn shown(db: &mut Db, account: Seq) -> Stored<BTreeMap<Place, Shown>> {
    let sum = |column: &str| sql::<BigInt>(&format!("CAST(COALESCE(SUM(statement_sightings.{column}), 0) AS BIGINT)"));
    let rows: Vec<(i32, String, Sums)> = statement_sightings::table
        .inner_join(statements::table.on(statements::seq.eq(statement_sightings::statement)))
        .filter(statements::account_id.eq(account))
        .group_by((statement_sightings::month, statement_sightings::kind))
        .select((
            statement_sightings::month,
            statement_sightings::kind,
            (
                sql::<BigInt>("COUNT(*)"),
                sum("lines"),
                sum("amount"),
                sum("new_lines"),
                sum("new_amount"),
                sum("recorded"),
                sum("unattributed_lines"),
                sum("unattributed_amount"),
            ),
        ))
        .load(db)?;
    let mut shown: BTreeMap<Place, Shown> = BTreeMap::new();
    for (month, kind, (files, lines, amount, held_lines, held_amount, recorded, unattributed, of_them)) in rows {
        let Some(kind) = reconciled(&kind)? else { continue };
        let at = shown.entry((columns::month(month)?, kind)).or_default();
        // Levy and its adjustments are one kind here, of the same files.
        at.files = at.files.max(files);
        at.lines += lines;
        at.amount += Money::from_units(amount);
        at.held_lines += held_lines;
        at.held_amount += Money::from_units(held_amount);
        at.recorded += recorded;
        at.unattributed_lines += unattributed;
        at.unattributed_amount += Money::from_units(of_them);
    }
    Ok(shown)
}

fn reconciled(kind: &str) -> Stored<Option<ReconciledKind>> {
    Ok(ReconciledKind::of(columns::name("kind of entry", kind)?))
}

/// The names under which entries and lines of a kind are stored.
fn stored_kinds(kind: ReconciledKind) -> Vec<&'static str> {
    let of_kind = |entry: &&EntryKind| ReconciledKind::of(**entry) == Some(kind);
    EntryKind::ALL.iter().filter(of_kind).map(|entry| entry.name()).collect()
}

/// Months of a kind without a gap.
struct Run {
    kind: ReconciledKind,
    first: Month,
    last: Month,
}

/// The places as runs, and levy as one run over all there is: it is known by its payroll month, in
/// whichever month it stands.
fn runs(places: &BTreeSet<Place>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for &kind in ReconciledKind::ALL {
        for &(month, _) in places.iter().filter(|(_, of)| *of == kind) {
            match runs.last_mut().filter(|run| run.kind == kind) {
                Some(run) if kind == ReconciledKind::Levy || run.last.plus(1) == month => run.last = month,
                Some(_) | None => runs.push(Run { kind, first: month, last: month }),
            }
        }
    }
    runs
}

/// The entries of an account in these places that no statement's line was recorded as, alike ones
/// together; of levy all there are.
pub(crate) fn our_items(db: &mut Db, account: Seq, places: &BTreeSet<Place>) -> Stored<Vec<OurItem>> {
    let mut items = Vec::new();
    for run in runs(places) {
        for row in our_rows(db, account, &run)? {
            row.items(run.kind, &mut items)?;
        }
    }
    Ok(items)
}

/// Entries alike: their month, amount, lot and what levy is known by; then of those that take nothing
/// back and of those that do how many there are, the first, and its day.
#[derive(Queryable)]
struct OurRow {
    month: i32,
    amount: i64,
    lot: Option<i32>,
    paye_scheme: Option<String>,
    payroll_month: Option<i32>,
    entries: (i64, Option<i64>),
    reversals: (i64, Option<i64>),
    on: NaiveDate,
}

fn our_rows(db: &mut Db, account: Seq, run: &Run) -> Stored<Vec<OurRow>> {
    let counted = |sql_text: &str| sql::<BigInt>(sql_text);
    let first = |sql_text: &str| sql::<Nullable<BigInt>>(sql_text);
    let query = entries::table
        .filter(entries::account_id.eq(account))
        .filter(entries::stated_on.is_null())
        .group_by((entries::month, entries::amount, entries::lot, entries::paye_scheme, entries::payroll_month))
        .select((
            entries::month,
            entries::amount,
            entries::lot,
            entries::paye_scheme,
            entries::payroll_month,
            (counted("COUNT(*) - COUNT(reverses)"), first("MIN(CASE WHEN reverses IS NULL THEN seq END)")),
            (counted("COUNT(reverses)"), first("MIN(CASE WHEN reverses IS NOT NULL THEN seq END)")),
            sql::<Date>("MIN(effective_on)"),
        ))
        .into_boxed();
    let query = match run.kind {
        // Said as a literal, so that the index of levy serves.
        ReconciledKind::Levy => query.filter(sql::<Bool>("kind IN ('levy', 'levy_adjustment')")),
        kind => query
            .filter(entries::kind.eq_any(stored_kinds(kind)))
            .filter(entries::effective_on.between(run.first.first_day(), run.last.last_day())),
    };
    Ok(query.load(db)?)
}

impl OurRow {
    fn items(self, kind: ReconciledKind, into: &mut Vec<OurItem>) -> Stored<()> {
        let levy = levy_of(self.paye_scheme, self.payroll_month)?;
        let (month, lot) = (columns::month(self.month)?, self.lot.map(columns::month).transpose()?);
        for (origin, (times, entry)) in [(Origin::Recorded, self.entries), (Origin::Reversal, self.reversals)] {
            if times > 0 {
                let (place, amount, levy) = ((month, kind), Money::from_units(self.amount), levy.clone());
                into.push(OurItem { place, amount, times, origin, entry, on: self.on, lot, levy });
            }
        }
        Ok(())
    }
}

fn levy_of(paye_scheme: Option<String>, payroll_month: Option<i32>) -> Stored<Option<LevyOf>> {
    let payroll_month = payroll_month.map(columns::month).transpose()?;
    Ok(paye_scheme.zip(payroll_month).map(|(paye_scheme, payroll_month)| LevyOf { paye_scheme, payroll_month }))
}

/// The lines of an account in these places that were held and not recorded, alike ones together; of
/// levy all there are.
pub(crate) fn held_items(db: &mut Db, account: Seq, places: &BTreeSet<Place>) -> Stored<Vec<HeldItem>> {
    let mut items = Vec::new();
    for run in runs(places) {
        for row in held_rows(db, account, &run)? {
            items.push(HeldItem {
                place: (columns::month(row.month)?, run.kind),
                amount: Money::from_units(row.amount),
                times: row.times,
                held: columns::name("outcome of a line", &row.outcome)?,
                on: row.on,
                levy: levy_of(row.paye_scheme, row.payroll_month)?,
                note: row.note,
            });
        }
    }
    Ok(items)
}

#[derive(Queryable)]
struct HeldRow {
    month: i32,
    amount: i64,
    outcome: String,
    paye_scheme: Option<String>,
    payroll_month: Option<i32>,
    times: i64,
    on: NaiveDate,
    note: Option<String>,
}

fn held_rows(db: &mut Db, account: Seq, run: &Run) -> Stored<Vec<HeldRow>> {
    use statement_lines as lines;
    let query = lines::table
        .filter(lines::account_id.eq(account))
        .group_by((lines::month, lines::amount, lines::outcome, lines::paye_scheme, lines::payroll_month))
        .select((
            lines::month,
            lines::amount,
            lines::outcome,
            lines::paye_scheme,
            lines::payroll_month,
            sql::<BigInt>("CAST(SUM(times) AS BIGINT)"),
            sql::<Date>("MIN(line_date)"),
            sql::<Nullable<Text>>("MIN(note)"),
        ))
        .into_boxed();
    // The outcomes are said as literals, so that the indexes of unrecorded lines serve.
    let query = match run.kind {
        ReconciledKind::Levy => query.filter(sql::<Bool>("outcome IN ('levy_held', 'levy_differs')")),
        kind => query
            .filter(sql::<Bool>("outcome <> 'recorded'"))
            .filter(lines::kind.eq_any(stored_kinds(kind)))
            .filter(lines::month.between(run.first.stored(), run.last.stored())),
    };
    Ok(query.load(db)?)
}

/// The first payments of a month that a statement's lines were recorded as and that name no start.
pub(crate) fn unattributed(db: &mut Db, account: Seq, month: Month) -> Stored<Vec<(Seq, NaiveDate, Money)>> {
    let rows: Vec<(Seq, NaiveDate, i64)> = entries::table
        .filter(entries::account_id.eq(account).and(entries::effective_on.eq(month.last_day())))
        .filter(entries::kind.eq(EntryKind::OwnPayment.name()))
        .filter(entries::stated_on.is_not_null().and(entries::start_id.is_null()))
        .order(entries::seq)
        .limit(i64::try_from(MOST_LINES).unwrap_or(i64::MAX))
        .select((entries::seq, sql::<Date>("stated_on"), entries::amount))
        .load(db)?;
    Ok(rows.into_iter().map(|(seq, on, units)| (seq, on, Money::from_units(units))).collect())
}
