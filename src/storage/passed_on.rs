//! Shortfalls of transfers that other accounts passed on to one, which it meets as it pays own
//! training.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::prelude::*;

use super::closing::{AsKnown, references, settled};
use super::columns::{self, Stored};
use super::connection::Db;
use super::schema::{co_investments, entries, starts};
use super::sums::KEYS_AT_ONCE;
use crate::domain::close::StartDue;
use crate::domain::journal::{Earned, Seq};
use crate::domain::money::Money;
use crate::domain::month_end::refundable;

/// What is due of a start, as stored: the start, the month and the kind of the earning, the amount.
type DueRow = (Seq, i32, String, i64);

/// What other accounts passed on to an account since its last close, and what it had met of that and
/// was taken back since.
pub(super) fn due(db: &mut Db, of: AsKnown, since: Option<Seq>) -> Stored<Vec<StartDue>> {
    let since = since.unwrap_or(0);
    let mut rows: Vec<DueRow> = co_investments::table
        .filter(co_investments::passed_to.eq(of.account))
        .filter(co_investments::seq.gt(since).and(co_investments::seq.le(of.known_at)))
        .order((co_investments::seq, co_investments::place))
        .select((
            co_investments::start_id,
            co_investments::earned_month,
            co_investments::earned_kind,
            co_investments::amount,
        ))
        .load(db)?;
    rows.extend(taken_back(db, of, since)?);
    let keys: Vec<Seq> = rows.iter().map(|row| row.0).collect::<BTreeSet<_>>().into_iter().collect();
    let mut due = BTreeMap::new();
    for keys in keys.chunks(KEYS_AT_ONCE) {
        due.extend(starts_of(db, of, keys)?);
    }
    for (start, month, kind, units) in rows {
        let earned = Earned { month: columns::month(month)?, kind: columns::name("kind of earning", &kind)? };
        if let Some(start) = due.get_mut(&start) {
            start.due.push((earned, Money::from_units(units)));
        }
    }
    Ok(due.into_values().collect())
}

/// Payments of an account for starts of others that were reversed since a number.
fn taken_back(db: &mut Db, AsKnown { account, known_at }: AsKnown, since: Seq) -> Stored<Vec<DueRow>> {
    type Row = (Option<Seq>, Option<i32>, Option<String>, i64);
    let reversed = entries::account_id.eq(account).and(entries::seq.gt(since)).and(entries::reverses.is_not_null());
    let rows: Vec<Row> = entries::table
        .inner_join(starts::table.on(entries::start_id.eq(starts::id.nullable())))
        .filter(reversed.and(entries::seq.le(known_at)).and(starts::account_id.ne(account)))
        .order(entries::seq)
        .select((entries::start_id, entries::earned_month, entries::earned_kind, entries::amount))
        .load(db)?;
    Ok(rows.into_iter().filter_map(|(start, month, kind, units)| Some((start?, month?, kind?, units))).collect())
}

/// These starts with what can be taken back of each, and nothing due yet.
fn starts_of(db: &mut Db, of: AsKnown, keys: &[Seq]) -> Stored<BTreeMap<Seq, StartDue>> {
    type Row = (Seq, chrono::NaiveDate, Option<String>);
    let references = references(db, keys)?;
    let percents = percents(db, of, keys)?;
    let mut paid = settled(db, of, keys)?;
    let columns = (starts::id, starts::agreed_on, starts::training_provider_ukprn);
    let rows: Vec<Row> = starts::table.filter(starts::id.eq_any(keys.to_vec())).select(columns).load(db)?;
    let mut found = BTreeMap::new();
    for (start, agreed_on, training_provider) in rows {
        let recorded = paid.remove(&start).unwrap_or_default().into_iter().map(|paid| (paid.month, paid.part));
        let percent = percents.get(&start).map(|percent| columns::decimal(percent)).transpose()?;
        found.insert(
            start,
            StartDue {
                start,
                reference: references.get(&start).cloned().unwrap_or_default(),
                agreed_on,
                transfer: None,
                training_provider,
                employer_percent: percent.unwrap_or_default(),
                due: Vec::new(),
                refundable: refundable(recorded),
            },
        );
    }
    Ok(found)
}

/// The employer's percent of what was passed on, by start.
fn percents(db: &mut Db, AsKnown { account, known_at }: AsKnown, keys: &[Seq]) -> Stored<HashMap<Seq, String>> {
    let passed = co_investments::passed_to.eq(account).and(co_investments::start_id.eq_any(keys.to_vec()));
    let passed = passed.and(co_investments::seq.le(known_at));
    let columns = (co_investments::start_id, co_investments::employer_percent);
    let rows: Vec<(Seq, String)> = co_investments::table.filter(passed).select(columns).distinct().load(db)?;
    Ok(rows.into_iter().collect())
}
