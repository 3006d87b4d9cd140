//! What is held of an account when a statement of it comes: what decides where its lines go.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::secret::LineKey;
use super::staging::Staged;
use crate::domain::calendar::Month;
use crate::domain::close::MonthSource;
use crate::domain::journal::{EntryKind, Seq};
use crate::domain::money::Money;
use crate::domain::names::Named;
use crate::domain::statements::{Holding, LevyHeld};
use crate::storage::columns::{self, Stored};
use crate::storage::connection::Db;
use crate::storage::schema::{closed_months, entries, learners, levy_submissions, start_lives, statement_lines};
use crate::storage::sums::KEYS_AT_ONCE;

/// The accounts under which PAYE schemes are known, by their levy and by what they declared.
pub(crate) fn accounts_of_schemes(db: &mut Db, schemes: &BTreeSet<String>) -> Stored<BTreeMap<String, BTreeSet<Seq>>> {
    let mut known: BTreeMap<String, BTreeSet<Seq>> = BTreeMap::new();
    let schemes: Vec<&String> = schemes.iter().collect();
    for schemes in schemes.chunks(KEYS_AT_ONCE) {
        let named = entries::paye_scheme.eq_any(schemes.to_vec());
        let levied = entries::table.filter(named).select((entries::paye_scheme, entries::account_id)).distinct();
        for (scheme, account) in levied.load::<(Option<String>, Seq)>(db)? {
            known.entry(scheme.unwrap_or_default()).or_default().insert(account);
        }
        let named = levy_submissions::paye_scheme.eq_any(schemes.to_vec());
        let columns = (levy_submissions::paye_scheme, levy_submissions::account_id);
        for (scheme, account) in
            levy_submissions::table.filter(named).select(columns).distinct().load::<(String, Seq)>(db)?
        {
            known.entry(scheme).or_default().insert(account);
        }
    }
    Ok(known)
}

/// What decides where lines of these schemes go.
pub(super) fn holding(db: &mut Db, account: Seq, schemes: &BTreeSet<String>) -> Stored<Holding> {
    let by_close = closed_months::account_id.eq(account).and(closed_months::source.eq(MonthSource::Close.name()));
    let closed: Vec<i32> = closed_months::table.filter(by_close).select(closed_months::month).load(db)?;
    let closed = closed.into_iter().map(columns::month).collect::<Stored<_>>()?;
    Ok(Holding { levy: levy_held(db, account, schemes)?, closed })
}

/// Levy of these schemes that came from no statement and was not taken back.
fn levy_held(db: &mut Db, account: Seq, schemes: &BTreeSet<String>) -> Stored<LevyHeld> {
    type Row = (Seq, Option<String>, Option<i32>, String, i64, Option<Seq>);
    let mut rows: Vec<Row> = Vec::new();
    let schemes: Vec<&String> = schemes.iter().collect();
    for schemes in schemes.chunks(KEYS_AT_ONCE) {
        let held = entries::table
            .filter(entries::paye_scheme.eq_any(schemes.to_vec()).and(entries::account_id.eq(account)))
            .filter(entries::payroll_month.is_not_null().and(entries::stated_on.is_null()))
            .select((
                entries::seq,
                entries::paye_scheme,
                entries::payroll_month,
                entries::kind,
                entries::amount,
                entries::reverses,
            ));
        rows.extend(held.load::<Row>(db)?);
    }
    let taken_back: BTreeSet<Seq> = rows.iter().filter_map(|row| row.5).collect();
    let mut levy = LevyHeld::new();
    for (seq, scheme, month, kind, units, reverses) in rows {
        let Some((scheme, month)) = scheme.zip(month) else { continue };
        if reverses.is_none() && !taken_back.contains(&seq) {
            let held = (columns::name::<EntryKind>("kind of entry", &kind)?, Money::from_units(units));
            levy.entry((scheme, columns::month(month)?)).or_default().push(held);
        }
    }
    Ok(levy)
}

/// The starts of an account whose learner's number is known, in the order of number and first day.
#[derive(Default)]
pub(super) struct StartsOfLearners(Vec<(u64, NaiveDate, Seq)>);

impl StartsOfLearners {
    pub(super) fn of(db: &mut Db, account: Seq) -> Stored<Self> {
        let known = start_lives::table
            .inner_join(learners::table.on(learners::start_id.eq(start_lives::start_id)))
            .filter(start_lives::account_id.eq(account).and(start_lives::voided.eq(false)))
            .filter(learners::uln.is_not_null())
            .select((learners::uln, start_lives::start_on, start_lives::start_id));
        let rows: Vec<(Option<String>, NaiveDate, Seq)> = known.load(db)?;
        let start = |(uln, on, key): (Option<String>, NaiveDate, Seq)| Some((uln?.parse().ok()?, on, key));
        let mut starts: Vec<_> = rows.into_iter().filter_map(start).collect();
        starts.sort_unstable();
        Ok(Self(starts))
    }

    /// The start that a payment of a month is for: of several of the learner's the last that had begun.
    pub(super) fn paid(&self, uln: u64, month: Month) -> Option<Seq> {
        let from = self.0.partition_point(|(other, ..)| *other < uln);
        let of_learner = self.0.get(from..)?.iter().take_while(|(other, ..)| *other == uln);
        let begun = of_learner.clone().take_while(|(_, on, _)| *on <= month.last_day()).last();
        begun.or_else(|| of_learner.clone().next()).map(|(_, _, start)| *start)
    }
}

/// Whether any line between two days is held.
pub(super) fn any_line(db: &mut Db, account: Seq, (first, last): (NaiveDate, NaiveDate)) -> Stored<bool> {
    let within = statement_lines::account_id.eq(account).and(statement_lines::line_date.between(first, last));
    let found: Option<Seq> =
        statement_lines::table.filter(within).select(statement_lines::statement).first(db).optional()?;
    Ok(found.is_some())
}

/// How often the lines from one to another of the same day are held.
pub(super) fn times_held(
    db: &mut Db,
    account: Seq,
    (first, last): (&Staged, &Staged),
) -> Stored<HashMap<LineKey, i64>> {
    let times = sql::<BigInt>("CAST(SUM(times) AS BIGINT)");
    let of_day = statement_lines::account_id.eq(account).and(statement_lines::line_date.eq(first.line.date));
    let held: Vec<(Vec<u8>, i64)> = statement_lines::table
        .filter(of_day)
        .filter(statement_lines::line_key.between(first.key.to_vec(), last.key.to_vec()))
        .group_by(statement_lines::line_key)
        .select((statement_lines::line_key, times))
        .load(db)?;
    Ok(held.into_iter().filter_map(|(key, times)| Some((key.try_into().ok()?, times))).collect())
}
