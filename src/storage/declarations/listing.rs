//! The submissions of an account as they are listed.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use rust_decimal::Decimal;

use super::submission_of;
use crate::domain::declarations::{OutcomeKind, Submission};
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::storage::columns::{self, Stored};
use crate::storage::connection::Db;
use crate::storage::entries::{self, ListedEntry};
use crate::storage::rows::{OutcomeRow, SubmissionRow};
use crate::storage::schema::{levy_outcomes, levy_submissions};

/// A submission with what became of it.
pub(crate) struct ListedSubmission {
    pub(crate) key: Seq,
    pub(crate) paye_scheme: String,
    pub(crate) submission: Submission,
    pub(crate) processed_on: NaiveDate,
    pub(crate) outcome: OutcomeKind,
    pub(crate) reason: String,
    pub(crate) declared: Option<Money>,
    pub(crate) top_up: Option<Money>,
    pub(crate) english_fraction: Option<Decimal>,
    pub(crate) entry: Option<ListedEntry>,
}

/// Up to `limit` submissions that were sent to an account after a key, oldest first.
pub(crate) fn page(db: &mut Db, account: Seq, after: Seq, limit: i64) -> Stored<Vec<ListedSubmission>> {
    let of_account = levy_submissions::table.filter(levy_submissions::account_id.eq(account));
    let of_page = of_account.filter(levy_submissions::id.gt(after)).order(levy_submissions::id).limit(limit);
    let rows: Vec<SubmissionRow> = of_page.load(db)?;
    let keys: Vec<Seq> = rows.iter().map(|row| row.id).collect();
    let decided = levy_outcomes::table.filter(levy_outcomes::submission_id.eq_any(keys)).order(levy_outcomes::seq);
    let decided: Vec<OutcomeRow> = decided.load(db)?;
    // The last one counts.
    let mut outcomes: HashMap<Seq, OutcomeRow> = decided.into_iter().map(|row| (row.submission_id, row)).collect();
    let numbers: Vec<Seq> = outcomes.values().filter_map(|outcome| outcome.entry_id).collect();
    let mut entries = entries::numbered(db, &numbers)?;
    let mut listed = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(outcome) = outcomes.remove(&row.id) else { continue };
        let entry = outcome.entry_id.and_then(|seq| entries.remove(&seq));
        listed.push(listed_of(&row, outcome, entry)?);
    }
    Ok(listed)
}

fn listed_of(row: &SubmissionRow, outcome: OutcomeRow, entry: Option<ListedEntry>) -> Stored<ListedSubmission> {
    Ok(ListedSubmission {
        key: row.id,
        paye_scheme: row.paye_scheme.clone(),
        submission: submission_of(row)?,
        processed_on: outcome.processed_on,
        outcome: columns::name("outcome", &outcome.outcome)?,
        reason: outcome.reason,
        declared: outcome.declared.map(Money::from_units),
        top_up: outcome.top_up.map(Money::from_units),
        english_fraction: outcome.english_fraction.as_deref().map(columns::decimal).transpose()?,
        entry,
    })
}
