//! The PAYE schemes of an account: what they declared, and whom they are shared with.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;

use super::columns::{self, StorageError, Stored};
use super::connection::Db;
use super::declarations::submission_of;
use super::rows::{OutcomeRow, PayeSharePartRow, PayeShareRow, SubmissionRow};
use super::schema::{entries, levy_outcomes, levy_submissions, paye_share_parts, paye_shares};
use crate::domain::declarations::OutcomeKind;
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::names::Named;
use crate::domain::paye_schemes::{SchemeCredit, SchemePart, SchemeRecord, SchemeShare};
use crate::domain::payroll::PayrollMonth;

/// The rows of whom a scheme is shared with.
pub(crate) fn rows_of(seq: Seq, account: Seq, share: &SchemeShare) -> (PayeShareRow, Vec<PayeSharePartRow>) {
    let row =
        PayeShareRow { seq, account_id: account, paye_scheme: share.paye_scheme.clone(), begins: share.from.stored() };
    let part = |(place, part): (i32, &SchemePart)| PayeSharePartRow {
        seq,
        place,
        name: part.name.clone(),
        percent: part.percent.to_string(),
    };
    (row, (1..).zip(&share.parts).map(part).collect())
}

/// Up to `limit` shares of an account's schemes after a number, in the order in which they were
/// recorded, each with its number.
pub(crate) fn shares(
    db: &mut Db,
    account: Seq,
    (after, upto): (Seq, Seq),
    limit: i64,
) -> Stored<Vec<(Seq, SchemeShare)>> {
    let of_account = paye_shares::table.filter(paye_shares::account_id.eq(account));
    let recorded = of_account.filter(paye_shares::seq.gt(after)).filter(paye_shares::seq.le(upto));
    let rows: Vec<PayeShareRow> = recorded.order(paye_shares::seq).limit(limit).load(db)?;
    let (Some(first), Some(last)) = (rows.first().map(|row| row.seq), rows.last().map(|row| row.seq)) else {
        return Ok(Vec::new());
    };
    let parts = paye_share_parts::table.filter(paye_share_parts::seq.between(first, last));
    let parts: Vec<PayeSharePartRow> = parts.order((paye_share_parts::seq, paye_share_parts::place)).load(db)?;
    let mut by_share: HashMap<Seq, Vec<SchemePart>> = HashMap::new();
    for row in parts {
        let part = SchemePart { name: row.name, percent: columns::decimal(&row.percent)? };
        by_share.entry(row.seq).or_default().push(part);
    }
    let share = |row: PayeShareRow| {
        let parts = by_share.remove(&row.seq).unwrap_or_default();
        Ok((row.seq, SchemeShare { paye_scheme: row.paye_scheme, from: columns::month(row.begins)?, parts }))
    };
    rows.into_iter().map(share).collect()
}

/// What is known of each scheme of an account from what was processed by the end of a day and
/// recorded up to a number. A credit that was taken back is left out.
pub(crate) fn records(
    db: &mut Db,
    account: Seq,
    as_at: NaiveDate,
    known_at: Seq,
) -> Stored<BTreeMap<String, SchemeRecord>> {
    let decided = levy_submissions::table
        .inner_join(levy_outcomes::table.on(levy_outcomes::submission_id.eq(levy_submissions::id)))
        .filter(levy_submissions::account_id.eq(account))
        .filter(levy_outcomes::seq.le(known_at))
        .filter(levy_outcomes::processed_on.le(as_at))
        .filter(levy_outcomes::outcome.ne(OutcomeKind::Ignored.name()))
        .order(levy_outcomes::seq);
    let decided: Vec<(SubmissionRow, OutcomeRow)> = decided.load(db)?;
    let entries = Credits::of(db, account, as_at, known_at)?;
    let mut seen = HashSet::new();
    let mut records: BTreeMap<String, SchemeRecord> = BTreeMap::new();
    for (row, outcome) in decided {
        let submission = submission_of(&row)?;
        let record = records.entry(row.paye_scheme).or_default();
        record.credits.extend(entries.credit(&outcome, submission.month)?);
        if seen.insert(row.id) {
            record.submissions.push(submission);
        }
    }
    for (_, share) in shares(db, account, (0, known_at), i64::MAX)? {
        if let Some(record) = records.get_mut(&share.paye_scheme) {
            record.shares.push(share);
        }
    }
    Ok(records)
}

/// The credits of an account by number, without those that were taken back.
struct Credits(HashMap<Seq, Money>);

impl Credits {
    fn of(db: &mut Db, account: Seq, as_at: NaiveDate, known_at: Seq) -> Stored<Self> {
        let of_schemes = entries::table
            .filter(entries::account_id.eq(account))
            .filter(entries::paye_scheme.is_not_null())
            .filter(entries::effective_on.le(as_at))
            .filter(entries::seq.le(known_at));
        let rows: Vec<(Seq, i64, Option<Seq>)> =
            of_schemes.select((entries::seq, entries::amount, entries::reverses)).load(db)?;
        let mut credits: HashMap<Seq, Money> =
            rows.iter().map(|(seq, units, _)| (*seq, Money::from_units(*units))).collect();
        for reversed in rows.iter().filter_map(|(_, _, reverses)| *reverses) {
            credits.remove(&reversed);
        }
        Ok(Self(credits))
    }

    /// What an outcome credited; none where it posted nothing, or was taken back since.
    fn credit(&self, outcome: &OutcomeRow, month: PayrollMonth) -> Stored<Option<SchemeCredit>> {
        let credit = match outcome.entry_id {
            None => Some(Money::ZERO),
            Some(entry) => self.0.get(&entry).copied(),
        };
        let parts = (credit, outcome.declared, outcome.top_up, outcome.english_fraction.as_deref());
        let (Some(credit), Some(declared), Some(top_up), Some(fraction)) = parts else { return Ok(None) };
        let (declared, top_up) = (Money::from_units(declared), Money::from_units(top_up));
        Ok(Some(SchemeCredit { month, declared, top_up, credit, english_fraction: columns::decimal(fraction)? }))
    }
}

/// A part that cannot be worked out is a fault of what is stored.
pub(crate) fn unreadable(scheme: &str) -> StorageError {
    StorageError::Unreadable { what: "share of a PAYE scheme", value: scheme.to_owned() }
}
