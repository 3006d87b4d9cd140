//! Starts: recording them, and reading them with what the caller may see.

use std::collections::HashMap;

use chrono::NaiveDate;
use uuid::Uuid;

use super::scope::Scope;
use super::{Command, Decision, Fault, Refusal, refuse_faults};
use crate::domain::account::Account;
use crate::domain::earnings::capped_price;
use crate::domain::facts::{Fact, Learner, NewStart, StartTerms};
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::starts::{StartHistory, StartNote, StartStatus, UnfitTerm, unfit_terms};
use crate::domain::transfers::{ProposedStart, StartRefused, StartsSoFar, check_start};
use crate::storage::accounts;
use crate::storage::columns::{self, Stored};
use crate::storage::connection::Db;
use crate::storage::entries;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::rows::StartRow;
use crate::storage::starts::{self, KnownLearner, StartsWanted, StoredLife};
use crate::storage::writer::Moment;

/// A start as its callers see it.
pub(crate) struct StartView {
    /// None on a dry run.
    pub(crate) id: Option<Uuid>,
    pub(crate) version: Option<Seq>,
    pub(crate) account: Uuid,
    pub(crate) transfer: Option<Uuid>,
    pub(crate) terms: StartTerms,
    pub(crate) status: StartStatus,
    pub(crate) paid: Money,
    /// What happened to it, in the order of recording.
    pub(crate) notes: Vec<StartNote>,
    /// None in answers that are kept, and where it was not asked for.
    pub(crate) learner: Option<Learner>,
}

/// Records a start.
pub(crate) struct RecordStart {
    pub(crate) scope: Scope,
    pub(crate) start: NewStart,
}

impl Command for RecordStart {
    type Answer = StartView;

    fn needs(&self) -> Needs {
        let learner_references = self.start.learner.reference.clone().into_iter().collect();
        Needs { accounts: vec![self.start.account], learner_references, ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, now: Moment) -> Result<Decision<StartView>, Refusal> {
        let account = self.scope.account(ledger, self.start.account)?;
        refuse_faults(self.faults(ledger))?;
        let (terms, learner) = (&self.start.terms, &self.start.learner);
        refuse_duplicate(ledger, account, (terms, learner), (terms.start_on, None))?;
        self.refuse_beyond_transfer(ledger)?;
        let start = self.start;
        let (id, recorded) = (start.public_id, start.clone());
        Ok(Decision {
            facts: vec![Fact::StartRecorded(Box::new(start))],
            account: Some(account.key),
            subject: Some(id),
            answer: Box::new(move |receipt| StartView {
                id: receipt.first_seq.map(|_| id),
                version: receipt.first_seq,
                account: recorded.account,
                transfer: recorded.transfer,
                status: if now.today < recorded.terms.start_on { StartStatus::Planned } else { StartStatus::Live },
                terms: recorded.terms,
                paid: Money::ZERO,
                notes: Vec::new(),
                learner: receipt.first_seq.is_none().then_some(recorded.learner),
            }),
        })
    }
}

impl RecordStart {
    fn faults(&self, ledger: &Ledger) -> Vec<Fault> {
        let unfit = unfit_terms(&self.start.terms);
        let mut faults: Vec<Fault> = unfit.into_iter().map(|term| Fault::at(pointer(term), term)).collect();
        let ours = |id: &Uuid| ledger.transfers.get(id).is_some_and(|found| found.account == self.start.account);
        if let Some(transfer) = self.start.transfer.filter(|id| !ours(id)) {
            faults.push(Fault::at("/transfer_id", format!("this account has no transfer {transfer}")));
        }
        faults
    }

    fn refuse_beyond_transfer(&self, ledger: &Ledger) -> Result<(), Refusal> {
        let Some(transfer) = self.start.transfer.and_then(|id| ledger.transfers.get(&id)) else { return Ok(()) };
        let terms = &self.start.terms;
        let so_far = StartsSoFar { count: transfer.starts(), capped_total: transfer.priced() };
        let capped_price = capped_price(terms.agreed_price, terms.funding_band_maximum);
        let proposed = ProposedStart { start_on: terms.start_on, capped_price };
        check_start(&transfer.history, so_far, proposed).map_err(|refused| {
            let detail = refused.to_string();
            match refused {
                StartRefused::NotAccepted { .. } => Refusal::InvalidTransition(detail),
                StartRefused::TooMany { .. } => Refusal::TransferExceeded { detail, figures: None },
                StartRefused::BeyondAmount { requested, available } => {
                    Refusal::TransferExceeded { detail, figures: Some((requested, available)) }
                }
                StartRefused::BeforeAgreement { .. } => Refusal::Invalid(vec![Fault::at("/start_on", detail)]),
            }
        })
    }
}

fn pointer(term: UnfitTerm) -> &'static str {
    match term {
        UnfitTerm::Price => "/agreed_price",
        UnfitTerm::Band => "/funding_band_maximum",
        UnfitTerm::Level => "/level",
        UnfitTerm::BeforeAgreement { .. } => "/start_on",
        UnfitTerm::EndsTooEarly { .. } | UnfitTerm::EndsTooLate { .. } => "/planned_end_on",
        UnfitTerm::Ukprn => "/training_provider_ukprn",
    }
}

/// Refuses the same learner reference, standard and first day twice in an account. `itself` is the
/// start that is already there.
pub(crate) fn refuse_duplicate(
    ledger: &Ledger,
    account: &Account,
    (terms, learner): (&StartTerms, &Learner),
    (start_on, itself): (NaiveDate, Option<Seq>),
) -> Result<(), Refusal> {
    let Some(reference) = learner.reference.clone() else { return Ok(()) };
    let identity = (account.key, reference, terms.standard_code.clone(), start_on);
    let other = ledger.start_identities.get(&identity).filter(|key| Some(**key) != itself);
    other.map_or(Ok(()), |_| Err(Refusal::DuplicateStart))
}

/// What was agreed as it stands on a day: the dates and the price as they were changed by then.
pub(super) fn as_it_stands(terms: StartTerms, history: &StartHistory, today: NaiveDate) -> StartTerms {
    StartTerms {
        start_on: history.first_day(),
        planned_end_on: history.planned_end_on(today),
        agreed_price: history.agreed_price(today),
        ..terms
    }
}

/// What starts are asked for.
pub(crate) struct StartsAsked {
    pub(crate) account: Uuid,
    pub(crate) transfer: Option<Uuid>,
    pub(crate) status: Option<StartStatus>,
    pub(crate) after: Seq,
    pub(crate) limit: i64,
    /// Whether personal data is read.
    pub(crate) with_learners: bool,
}

/// The starts of an account, oldest first, each with its key; none if the caller may not see it.
pub(crate) fn page(
    db: &mut Db,
    scope: &Scope,
    today: NaiveDate,
    asked: &StartsAsked,
) -> Stored<Option<Vec<(Seq, StartView)>>> {
    let seen = scope.sees(asked.account).then_some(asked.account);
    let keys = accounts::keys_of(db, seen.as_slice())?;
    let Some(account) = keys.into_iter().next() else { return Ok(None) };
    let transfer = match asked.transfer {
        None => None,
        Some(id) => match starts::transfer_key(db, account, id)? {
            None => return Ok(Some(Vec::new())),
            key => key,
        },
    };
    let StartsAsked { status, after, limit, .. } = *asked;
    let rows = starts::page(db, &StartsWanted { account, transfer, status, today, after, limit })?;
    views(db, rows, (asked.account, today), asked.with_learners).map(Some)
}

/// The start of an id, if the caller may see it.
pub(crate) fn find(db: &mut Db, scope: &Scope, today: NaiveDate, id: Uuid) -> Stored<Option<StartView>> {
    let Some((account, row)) = row_seen(db, scope, id)? else { return Ok(None) };
    Ok(views(db, vec![row], (account, today), true)?.pop().map(|(_, view)| view))
}

/// The row of a start and the public id of its account, if the caller may see it.
pub(crate) fn row_seen(db: &mut Db, scope: &Scope, id: Uuid) -> Stored<Option<(Uuid, StartRow)>> {
    let Some(row) = starts::by_public_ids(db, &[id])?.pop() else { return Ok(None) };
    let account = starts::account_id(db, row.account_id)?;
    Ok(scope.sees(account).then_some((account, row)))
}

/// Rows as callers see them, with what is known of them beside, each table asked once.
fn views(
    db: &mut Db,
    rows: Vec<StartRow>,
    (account, today): (Uuid, NaiveDate),
    with_learners: bool,
) -> Stored<Vec<(Seq, StartView)>> {
    let keys: Vec<Seq> = rows.iter().map(|row| row.id).collect();
    let transfers = starts::transfer_ids(db, rows.iter().filter_map(|row| row.transfer_id))?;
    let mut paid = entries::paid_by_start(db, &keys)?;
    let mut learners = if with_learners { starts::learners_of(db, &keys)? } else { HashMap::new() };
    let mut lives = starts::lives(db, &rows)?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(StoredLife { history, notes }) = lives.remove(&row.id) else { continue };
        let learner = learners.remove(&row.id);
        let version = learner.as_ref().map(|known| known.version.max(history.last_recorded().unwrap_or_default()));
        let view = StartView {
            id: Some(columns::uuid(&row.public_id)?),
            version,
            account,
            transfer: row.transfer_id.and_then(|key| transfers.get(&key).copied()),
            status: history.status_at(today),
            terms: as_it_stands(starts::terms_of(&row)?, &history, today),
            paid: paid.remove(&row.id).unwrap_or_default(),
            notes,
            learner: learner.map(|known| known.learner),
        };
        found.push((row.id, view));
    }
    Ok(found)
}

/// What is known of a start's learner now.
pub(crate) fn learner_of(db: &mut Db, start: Uuid) -> Stored<Learner> {
    let Some(row) = starts::by_public_ids(db, &[start])?.pop() else { return Ok(Learner::default()) };
    let KnownLearner { learner, .. } = starts::learners_of(db, &[row.id])?.remove(&row.id).unwrap_or_default();
    Ok(learner)
}
