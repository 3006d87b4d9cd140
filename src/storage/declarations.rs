//! Levy declared to HMRC: the submissions held, and what became of each.

mod listing;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use diesel::prelude::*;
use uuid::Uuid;

use super::columns::{self, Stored};
use super::connection::Db;
use super::ledger::{Ledger, Needs};
use super::rows::{OutcomeRow, SubmissionRow};
use super::schema::{levy_outcomes, levy_submissions};
use super::sums::KEYS_AT_ONCE;
use crate::domain::account::Account;
use crate::domain::declarations::{Declared, HeldSubmission, Outcome, OutcomeKind, Posting, Submission, SubmissionId};
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::names::Named;
use crate::domain::payroll::{PayrollMonth, Timeliness};

pub(crate) use listing::{ListedSubmission, page};

/// Declarations that arrive in an account. What waits there is needed too.
#[derive(Clone, Debug)]
pub struct Declaring {
    /// The account.
    pub account: Uuid,
    /// The PAYE schemes that they are about.
    pub schemes: BTreeSet<String>,
    /// The submissions that arrive.
    pub submissions: Vec<SubmissionId>,
}

/// What is held of the schemes that were asked for.
#[derive(Default)]
pub struct Declarations {
    by_scheme: BTreeMap<String, Vec<HeldSubmission>>,
    keys: HashMap<SubmissionId, Seq>,
}

impl Declarations {
    /// Everything that is held for a scheme, under whatever account.
    #[must_use]
    pub fn history(&self, scheme: &str) -> &[HeldSubmission] {
        self.by_scheme.get(scheme).map_or(&[], Vec::as_slice)
    }

    /// Whether a submission is held.
    #[must_use]
    pub fn holds(&self, id: SubmissionId) -> bool {
        self.keys.contains_key(&id)
    }

    /// What waits in an account, with its scheme.
    pub fn waiting(&self, account: Seq) -> impl Iterator<Item = (&str, &Submission)> {
        let all = self.by_scheme.iter().flat_map(|(scheme, held)| held.iter().map(move |held| (scheme, held)));
        let waiting = all.filter(move |(_, held)| held.account == account && held.outcome == OutcomeKind::Waiting);
        waiting.map(|(scheme, held)| (scheme.as_str(), &held.submission))
    }
}

/// Loads the whole histories of the schemes that a batch asks for or that have something waiting in
/// its accounts, and finds which submissions are held already. They are loaded anew for each batch:
/// histories are long, and few commands ask for them.
pub(crate) fn load(db: &mut Db, needs: &[&Needs], accounts: &HashMap<Uuid, Account>) -> Stored<Declarations> {
    let asked: Vec<&Declaring> = needs.iter().filter_map(|need| need.declaring.as_ref()).collect();
    let mut found = Declarations::default();
    if asked.is_empty() {
        return Ok(found);
    }
    let keys: HashSet<Seq> = asked.iter().filter_map(|asked| Some(accounts.get(&asked.account)?.key)).collect();
    let mut schemes: BTreeSet<String> = asked.iter().flat_map(|asked| asked.schemes.iter().cloned()).collect();
    schemes.extend(schemes_waiting(db, &keys)?);
    let schemes: Vec<String> = schemes.into_iter().collect();
    for schemes in schemes.chunks(KEYS_AT_ONCE) {
        let of_schemes = levy_submissions::table
            .inner_join(levy_outcomes::table.on(levy_outcomes::submission_id.eq(levy_submissions::id)))
            .filter(levy_submissions::paye_scheme.eq_any(schemes.to_vec()))
            .order(levy_outcomes::seq);
        found.keep(of_schemes.load(db)?)?;
    }
    let ids: Vec<i64> = asked.iter().flat_map(|asked| &asked.submissions).map(|id| id.stored()).collect();
    for ids in ids.chunks(KEYS_AT_ONCE) {
        let held = levy_submissions::table.filter(levy_submissions::submission.eq_any(ids.to_vec()));
        let held: Vec<(i64, Seq)> = held.select((levy_submissions::submission, levy_submissions::id)).load(db)?;
        found.keys.extend(held.into_iter().map(|(id, key)| (SubmissionId::from_stored(id), key)));
    }
    Ok(found)
}

/// The schemes of which something waits in accounts.
fn schemes_waiting(db: &mut Db, accounts: &HashSet<Seq>) -> Stored<Vec<String>> {
    let (mut schemes, keys) = (Vec::new(), accounts.iter().copied().collect::<Vec<Seq>>());
    for keys in keys.chunks(KEYS_AT_ONCE) {
        let later = diesel::alias!(levy_outcomes as later);
        let decided_later = later
            .filter(later.field(levy_outcomes::submission_id).eq(levy_submissions::id))
            .filter(later.field(levy_outcomes::outcome).ne(OutcomeKind::Waiting.name()));
        let waiting = levy_submissions::table
            .filter(levy_submissions::account_id.eq_any(keys.to_vec()))
            .filter(diesel::dsl::not(diesel::dsl::exists(decided_later)))
            .select(levy_submissions::paye_scheme)
            .distinct();
        schemes.extend(waiting.load::<String>(db)?);
    }
    Ok(schemes)
}

impl Declarations {
    /// Keeps rows in the order in which they were recorded: the last outcome counts.
    fn keep(&mut self, rows: Vec<(SubmissionRow, OutcomeRow)>) -> Stored<()> {
        let mut places: HashMap<Seq, (String, usize)> = HashMap::new();
        for (row, outcome) in rows {
            let kind: OutcomeKind = columns::name("outcome", &outcome.outcome)?;
            let measured_from = outcome.measured_from.map(SubmissionId::from_stored);
            if let Some((scheme, place)) = places.get(&row.id) {
                if let Some(held) = self.by_scheme.get_mut(scheme).and_then(|held| held.get_mut(*place)) {
                    (held.outcome, held.measured_from) = (kind, measured_from);
                }
                continue;
            }
            let submission = submission_of(&row)?;
            self.keys.insert(submission.id, row.id);
            let of_scheme = self.by_scheme.entry(row.paye_scheme.clone()).or_default();
            places.insert(row.id, (row.paye_scheme, of_scheme.len()));
            of_scheme.push(HeldSubmission { submission, account: row.account_id, outcome: kind, measured_from });
        }
        Ok(())
    }

    /// Knows what was just decided of a submission; gives its key.
    fn know(&mut self, account: Seq, seq: Seq, declared: &Declared) -> Seq {
        let id = declared.submission.id;
        let key = *self.keys.entry(id).or_insert(seq);
        let held = self.by_scheme.entry(declared.paye_scheme.clone()).or_default();
        let measured_from = declared.outcome.posting().and_then(|posting| posting.measured_from).map(|base| base.id);
        let now = HeldSubmission {
            submission: declared.submission.clone(),
            account,
            outcome: declared.outcome.kind(),
            measured_from,
        };
        match held.iter_mut().find(|held| held.submission.id == id) {
            Some(held) => *held = now,
            None => held.push(now),
        }
        key
    }
}

/// What a row says.
pub(crate) fn submission_of(row: &SubmissionRow) -> Stored<Submission> {
    let submission = Submission {
        id: SubmissionId::from_stored(row.submission),
        month: PayrollMonth::labelled(columns::month(row.payroll_month)?),
        year_to_date: row.year_to_date.map(Money::from_units),
        no_payment: row.no_payment,
        submitted_at: row.submitted_at,
        english_fraction: row.english_fraction.as_deref().map(columns::decimal).transpose()?,
        timeliness: Timeliness::OnTime,
    };
    Ok(submission.dated())
}

/// Lets the loaded ledger know what was decided of a submission; gives its rows: of itself where it
/// arrives, and of what becomes of it.
pub(super) fn record(
    ledger: &mut Ledger,
    seq: Seq,
    declared: &Declared,
) -> (Option<SubmissionRow>, Option<OutcomeRow>) {
    let Some(account) = ledger.accounts.get(&declared.account).map(|account| account.key) else { return (None, None) };
    let key = ledger.declarations.know(account, seq, declared);
    let submission = &declared.submission;
    let arrived = declared.arrives.then(|| SubmissionRow {
        id: seq,
        submission: submission.id.stored(),
        account_id: account,
        paye_scheme: declared.paye_scheme.clone(),
        payroll_month: submission.month.label().stored(),
        year_to_date: submission.year_to_date.map(Money::units),
        no_payment: submission.no_payment,
        submitted_at: submission.submitted_at,
        english_fraction: submission.english_fraction.map(|fraction| fraction.to_string()),
    });
    (arrived, Some(outcome_row(seq, key, declared)))
}

fn outcome_row(seq: Seq, key: Seq, declared: &Declared) -> OutcomeRow {
    let Declared { submission, outcome, processed_on, entry_follows, .. } = declared;
    let posting: Option<&Posting> = Outcome::posting(outcome);
    OutcomeRow {
        seq,
        submission_id: key,
        processed_on: *processed_on,
        outcome: outcome.kind().name().to_owned(),
        reason: outcome.reason(submission),
        declared: posting.map(|posting| posting.credit.declared.units()),
        top_up: posting.map(|posting| posting.credit.top_up.units()),
        english_fraction: posting.map(|posting| posting.english_fraction.to_string()),
        measured_from: posting.and_then(|posting| posting.measured_from).map(|base| base.id.stored()),
        entry_id: entry_follows.then(|| seq.saturating_add(1)),
    }
}
