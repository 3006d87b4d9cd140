//! Transfers: offering and agreeing them, the steps they take, and reading them.

mod change;
mod commitments;
mod offer;
mod report;
mod terms;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use uuid::Uuid;

use super::Refusal;
use super::scope::Scope;
use crate::domain::account::{Account, Transfer};
use crate::domain::calendar::AllowanceYear;
use crate::domain::cap::within_allowance;
use crate::domain::facts::TransferPurpose;
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::schedule::{gross_paid, reserved};
use crate::domain::transfers::{ChangeNote, Terms, TransferHistory, TransferStatus};
use crate::storage::accounts::Months;
use crate::storage::columns::{self, Stored};
use crate::storage::connection::Db;
use crate::storage::transfers::{StoredTransfer, purpose_of};
use crate::storage::{agreements, allowance, providers};

pub(crate) use change::{ChangeEmployer, ChangeTransfer, Reschedule};
pub(crate) use commitments::{ProviderCommitments, commitments};
pub(crate) use offer::OfferTransfer;
pub(crate) use report::report;
pub(crate) use terms::GivenSchedule;

/// A transfer as its callers see it on a day.
pub(crate) struct TransferView {
    pub(crate) id: Option<Uuid>,
    pub(crate) account: Uuid,
    pub(crate) provider: Uuid,
    pub(crate) purpose: TransferPurpose,
    pub(crate) status: TransferStatus,
    pub(crate) terms: Terms,
    pub(crate) paid: Money,
    pub(crate) reserved: Money,
    pub(crate) warnings: Vec<String>,
    pub(crate) notes: Vec<ChangeNote>,
}

/// What a view shows that is worked out for a day.
struct OnDay {
    status: TransferStatus,
    terms: Terms,
    paid: Money,
    reserved: Money,
}

impl OnDay {
    /// A transfer whose agreement lies ahead of the day is shown as it will begin.
    fn of(history: &TransferHistory, months: &Months, day: NaiveDate) -> Self {
        let shown = day.max(history.facts().agreed_on);
        let status = history.status_at(shown).unwrap_or(TransferStatus::Offered);
        let terms = history.terms_at(shown).unwrap_or(&history.facts().terms).clone();
        let paid = gross_paid(months.iter().map(|(month, amount)| (*month, *amount)));
        let held = if status.is_open() { reserved(&terms.schedule, &paid) } else { BTreeMap::new() };
        Self { status, terms, paid: months.values().copied().sum(), reserved: held.into_values().sum() }
    }
}

/// A transfer as a decision leaves it, seen on the day of recording.
fn view_of(transfer: &Transfer, today: NaiveDate, warnings: Vec<String>) -> TransferView {
    let by_today = transfer.months.iter().filter(|(month, _)| month.last_day() <= today);
    let months: Months = by_today.map(|(month, paid)| (*month, *paid)).collect();
    let OnDay { status, terms, paid, reserved } = OnDay::of(&transfer.history, &months, today);
    TransferView {
        id: Some(transfer.public_id),
        account: transfer.account,
        provider: transfer.provider_on(today.max(transfer.purpose.agreed_on)).public_id,
        purpose: transfer.purpose.clone(),
        status,
        terms,
        paid,
        reserved,
        warnings,
        notes: transfer.notes.clone(),
    }
}

/// Holds what a change would commit beyond before to the allowance of each year where it grows, by
/// the caps in force on `day`; gives the warnings of years that are provisional (`docs/rules.md`
/// section 6).
fn held_to_allowance(
    account: &Account,
    growth: &BTreeMap<AllowanceYear, Money>,
    day: NaiveDate,
    today: NaiveDate,
) -> Result<Vec<String>, Refusal> {
    let mut warnings = Vec::new();
    for (&year, &more) in growth {
        let excess = within_allowance(&account.allowance(year, day, today), more)?;
        warnings.extend(excess.map(|excess| excess.to_string()));
    }
    Ok(warnings)
}

/// The transfer of an id as at a day, if the caller may see it and it was agreed by then, or, when
/// no day was asked for, as it stands today.
pub(crate) fn find(
    db: &mut Db,
    scope: &Scope,
    id: Uuid,
    (as_at, today): (Option<NaiveDate>, NaiveDate),
) -> Stored<Option<TransferView>> {
    let found = agreements::find(db, id)?.filter(|(account, _)| scope.sees(*account));
    let found = found.and_then(|(account, stored)| Some((account, as_it_was(stored, as_at)?)));
    let Some((account, stored)) = found else { return Ok(None) };
    Ok(views(db, account, vec![stored], as_at.unwrap_or(today))?.pop().map(|(_, view)| view))
}

/// A transfer as it was at a day's end, with what had happened to it by then; none before it was
/// agreed. All of it when no day was asked for.
fn as_it_was(mut stored: StoredTransfer, as_at: Option<NaiveDate>) -> Option<StoredTransfer> {
    let by = |day: NaiveDate| as_at.is_none_or(|as_at| day <= as_at);
    stored.notes.retain(|note| by(note.on));
    by(stored.facts.agreed_on).then_some(stored)
}

/// Which transfers of an account are asked for.
#[derive(Clone)]
pub(crate) struct TransfersWanted {
    /// The account.
    pub(crate) account: Uuid,
    /// Only those with this status on the day.
    pub(crate) status: Option<TransferStatus>,
    /// Only those that this provider has on the day.
    pub(crate) provider: Option<Uuid>,
    /// The day; today unless said.
    pub(crate) as_at: Option<NaiveDate>,
    /// The day it is.
    pub(crate) today: NaiveDate,
}

/// How many transfers are read at a time while those that are wanted are picked out.
const CHUNK: i64 = 2_000;

/// Up to so many of the transfers that are wanted, oldest first, after a key; none for an account
/// that is not there.
pub(crate) fn page(
    db: &mut Db,
    wanted: &TransfersWanted,
    mut after: Seq,
    limit: i64,
) -> Stored<Vec<(Seq, TransferView)>> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let Some(account) = crate::storage::accounts::keys_of(db, &[wanted.account])?.into_iter().next() else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    while found.len() < limit {
        let at_once = if wanted.status.is_none() && wanted.provider.is_none() {
            i64::try_from(limit).unwrap_or(CHUNK).min(CHUNK)
        } else {
            CHUNK
        };
        let stored = agreements::page(db, (account, wanted.provider), after, at_once)?;
        let Some(last) = stored.last().map(|transfer| transfer.row.id) else { break };
        after = last;
        let stored = stored.into_iter().filter_map(|transfer| as_it_was(transfer, wanted.as_at)).collect();
        let views = views(db, wanted.account, stored, wanted.as_at.unwrap_or(wanted.today))?;
        found.extend(views.into_iter().filter(|(_, view)| {
            let stands = wanted.status.is_none_or(|status| status == view.status);
            stands && wanted.provider.is_none_or(|provider| provider == view.provider)
        }));
    }
    found.truncate(limit);
    Ok(found)
}

fn views(db: &mut Db, account: Uuid, stored: Vec<StoredTransfer>, day: NaiveDate) -> Stored<Vec<(Seq, TransferView)>> {
    let keys: Vec<Seq> = stored.iter().map(|transfer| transfer.row.id).collect();
    let mut paid = allowance::paid_to(db, &keys, day)?;
    let first_starts = agreements::first_starts(db, &keys)?;
    let providers = providers::ids_of(db, stored.iter().map(|transfer| transfer.row.provider_id))?;
    let view = |StoredTransfer { row, mut facts, changes, notes }: StoredTransfer| {
        facts.first_start = first_starts.get(&row.id).copied();
        let months = paid.remove(&row.id).unwrap_or_default();
        let history = TransferHistory::new(facts, changes);
        let employer = history.employer_at(day).map(|employer| employer.public_id);
        let OnDay { status, terms, paid, reserved } = OnDay::of(&history, &months, day);
        let view = TransferView {
            id: Some(columns::uuid(&row.public_id)?),
            account,
            provider: employer.or_else(|| providers.get(&row.provider_id).copied()).unwrap_or_default(),
            purpose: purpose_of(&row)?,
            status,
            terms,
            paid,
            reserved,
            warnings: Vec::new(),
            notes,
        };
        Ok((row.id, view))
    };
    stored.into_iter().map(view).collect()
}
