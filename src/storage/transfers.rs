//! Transfers: append-only parents, changes and schedules, folded into histories.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;
use uuid::Uuid;

use super::accounts::Months;
use super::columns::{self, StorageError, Stored};
use super::connection::Db;
use super::rows::{TransferChangeRow, TransferRow, TransferScheduleRow};
use super::schema::{transfer_changes, transfer_schedules, transfers};
use super::{providers, starts as starts_of};
use crate::domain::account::Transfer;
use crate::domain::calendar::AllowanceYear;
use crate::domain::facts::{NewTransfer, TransferPurpose};
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::schedule::Schedule;
use crate::domain::transfers::{
    Change, ChangeNote, Employer, Terms, TransferChange, TransferFacts, TransferHistory, Transition,
};

/// How the first row of a transfer says whether it was accepted on the day it was agreed.
const OFFERED: &str = "offer";
const AGREED: &str = "agree";
const RESCHEDULED: &str = "reschedule";
/// How a change says that another provider took over.
pub(super) const TAKEN_OVER: &str = "change_employer";

/// The changes by which a transfer is accepted: at once, or as an offer.
pub(crate) const ACCEPTING: [&str; 2] = [AGREED, Transition::Accept.name()];

/// The accounts of transfers.
pub(crate) fn accounts_of(db: &mut Db, ids: &[Uuid]) -> Stored<HashSet<Seq>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    let keys: Vec<Seq> =
        transfers::table.filter(transfers::public_id.eq_any(ids)).select(transfers::account_id).load(db)?;
    Ok(keys.into_iter().collect())
}

/// Every transfer of these accounts, as decisions see it by what was recorded up to `known_at`.
pub(crate) fn load(
    db: &mut Db,
    (keys, known_at): (&[Seq], Seq),
    ids: &HashMap<Seq, Uuid>,
    paid: &mut HashMap<(Seq, Seq), Months>,
) -> Stored<Vec<Transfer>> {
    let mut under = starts_of::by_transfer(db, keys, known_at)?;
    let mut stored = histories(db, keys, known_at)?;
    let mut months = Vec::with_capacity(stored.len());
    for StoredTransfer { row, facts, .. } in &mut stored {
        let under = under.get(&row.id).into_iter().flatten();
        facts.first_start = under.map(|(_, start)| start.start_on).min();
        months.push(paid.remove(&(row.account_id, row.id)).unwrap_or_default());
    }
    let mut found = unpaid(db, stored, ids)?;
    for (transfer, months) in found.iter_mut().zip(months) {
        transfer.months = months;
        transfer.under = under.remove(&transfer.key).unwrap_or_default();
    }
    Ok(found)
}

/// Transfers as stored, of accounts by their keys, as decisions see them while nothing was paid of them
/// and no start is under them.
pub(super) fn unpaid(db: &mut Db, stored: Vec<StoredTransfer>, accounts: &HashMap<Seq, Uuid>) -> Stored<Vec<Transfer>> {
    let providers = providers::ids_of(db, stored.iter().map(|transfer| transfer.row.provider_id))?;
    let transfer = |StoredTransfer { row, facts, changes, notes }: StoredTransfer| {
        Ok(Transfer {
            key: row.id,
            public_id: columns::uuid(&row.public_id)?,
            account: accounts.get(&row.account_id).copied().unwrap_or_default(),
            agreed_with: Employer {
                key: row.provider_id,
                public_id: providers.get(&row.provider_id).copied().unwrap_or_default(),
            },
            purpose: purpose_of(&row)?,
            notes,
            history: TransferHistory::new(facts, changes),
            months: Months::new(),
            under: BTreeMap::new(),
        })
    };
    stored.into_iter().map(transfer).collect()
}

/// A transfer as stored, its changes folded from its rows.
pub(crate) struct StoredTransfer {
    pub(crate) row: TransferRow,
    pub(crate) facts: TransferFacts,
    pub(crate) changes: Vec<TransferChange>,
    pub(crate) notes: Vec<ChangeNote>,
}

/// The transfers of accounts with what was recorded of them up to `known_at`.
pub(crate) fn histories(db: &mut Db, accounts: &[Seq], known_at: Seq) -> Stored<Vec<StoredTransfer>> {
    let of_accounts = || transfers::account_id.eq_any(accounts.to_vec());
    let rows: Vec<TransferRow> =
        transfers::table.filter(of_accounts()).filter(transfers::id.le(known_at)).order(transfers::id).load(db)?;
    let changes: Vec<TransferChangeRow> = transfer_changes::table
        .inner_join(transfers::table.on(transfers::id.eq(transfer_changes::transfer_id)))
        .filter(of_accounts())
        .filter(transfer_changes::seq.le(known_at))
        .order(transfer_changes::seq)
        .select(TransferChangeRow::as_select())
        .load(db)?;
    let schedules: Vec<TransferScheduleRow> = transfer_schedules::table
        .inner_join(transfers::table.on(transfers::id.eq(transfer_schedules::transfer_id)))
        .filter(of_accounts())
        .filter(transfer_schedules::seq.le(known_at))
        .select(TransferScheduleRow::as_select())
        .load(db)?;
    fold(db, rows, changes, schedules)
}

/// Every transfer with what was recorded of it, of these keys.
pub(crate) fn by_keys(db: &mut Db, keys: &[Seq]) -> Stored<Vec<StoredTransfer>> {
    let rows = transfers::table.filter(transfers::id.eq_any(keys.to_vec())).order(transfers::id).load(db)?;
    let changes = transfer_changes::table
        .filter(transfer_changes::transfer_id.eq_any(keys.to_vec()))
        .order(transfer_changes::seq)
        .load(db)?;
    let schedules = transfer_schedules::table.filter(transfer_schedules::transfer_id.eq_any(keys.to_vec())).load(db)?;
    fold(db, rows, changes, schedules)
}

fn fold(
    db: &mut Db,
    rows: Vec<TransferRow>,
    changes: Vec<TransferChangeRow>,
    schedules: Vec<TransferScheduleRow>,
) -> Stored<Vec<StoredTransfer>> {
    let mut scheduled: HashMap<Seq, Schedule> = HashMap::new();
    for row in schedules {
        let year = AllowanceYear::from_stored(row.allowance_year);
        scheduled.entry(row.seq).or_default().insert(year, Money::from_units(row.amount));
    }
    let employers = match changes.iter().any(|change| change.provider_id.is_some()) {
        true => providers::ids_of(db, changes.iter().filter_map(|change| change.provider_id))?,
        false => HashMap::new(),
    };
    let mut by_transfer: HashMap<Seq, Vec<TransferChangeRow>> = HashMap::new();
    for row in changes {
        by_transfer.entry(row.transfer_id).or_default().push(row);
    }
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let changes = by_transfer.remove(&row.id).unwrap_or_default();
        found.push(fold_one(row, changes, (&mut scheduled, &employers))?);
    }
    Ok(found)
}

fn fold_one(
    row: TransferRow,
    rows: Vec<TransferChangeRow>,
    (scheduled, employers): (&mut HashMap<Seq, Schedule>, &HashMap<Seq, Uuid>),
) -> Stored<StoredTransfer> {
    let mut terms = Terms { amount: Money::ZERO, schedule: Schedule::new() };
    let (mut changes, mut notes) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for change in rows {
        let on = change.changed_on;
        let amount = Money::from_units(change.amount.unwrap_or(0));
        let mut agreed = || Terms { amount, schedule: scheduled.remove(&change.seq).unwrap_or_default() };
        let what = match change.change.as_str() {
            OFFERED => {
                terms = agreed();
                Change::Offered
            }
            AGREED => {
                terms = agreed();
                Change::Transition(Transition::Accept)
            }
            RESCHEDULED => Change::Rescheduled(agreed()),
            TAKEN_OVER => {
                let key = change.provider_id.unwrap_or_default();
                Change::EmployerChanged(Employer { key, public_id: employers.get(&key).copied().unwrap_or_default() })
            }
            step => Change::Transition(transition(step)?),
        };
        let (reason, by) = (change.reason, change.recorded_by);
        let provider = what.employer().map(|employer| employer.public_id);
        let amount = change.amount.map(Money::from_units);
        notes.push(ChangeNote { on, change: what.done(), amount, provider, reason, by });
        if what != Change::Offered {
            changes.push(TransferChange { on, change: what });
        }
    }
    let facts = TransferFacts {
        agreed_on: row.agreed_on,
        terms,
        apprentices: columns::small("number of apprentices", row.apprentices)?,
        lapses_on: row.lapses_on,
        first_start: None,
    };
    Ok(StoredTransfer { row, facts, changes, notes })
}

fn transition(name: &str) -> Stored<Transition> {
    let found = Transition::ALL.into_iter().find(|transition| transition.name() == name);
    found.ok_or_else(|| StorageError::Unreadable { what: "change of a transfer", value: name.to_owned() })
}

/// What a transfer is for, from its row.
pub(crate) fn purpose_of(row: &TransferRow) -> Stored<TransferPurpose> {
    Ok(TransferPurpose {
        agreed_on: row.agreed_on,
        apprentices: columns::small("number of apprentices", row.apprentices)?,
        lapses_on: row.lapses_on,
        planned_start: row.planned_start.map(columns::month).transpose()?,
        duration_months: row.duration_months.map(|months| columns::small("duration", i64::from(months))).transpose()?,
        standard_code: row.standard_code.clone(),
        level: row.level.map(|level| columns::small("level", i64::from(level))).transpose()?,
        priority_groups: columns::names("priority group", &row.priority_groups)?,
        reference: row.reference.clone(),
    })
}

/// The rows of a new transfer: parent, first change and schedule.
pub(crate) fn rows_of(
    seq: Seq,
    new: &NewTransfer,
    account: Seq,
    provider: Seq,
    by: &str,
) -> (TransferRow, TransferChangeRow, Vec<TransferScheduleRow>) {
    let purpose = &new.purpose;
    let row = TransferRow {
        id: seq,
        public_id: new.public_id.to_string(),
        account_id: account,
        provider_id: provider,
        agreed_on: purpose.agreed_on,
        apprentices: i64::from(purpose.apprentices),
        lapses_on: purpose.lapses_on,
        planned_start: purpose.planned_start.map(crate::domain::calendar::Month::stored),
        duration_months: purpose.duration_months.and_then(|months| i32::try_from(months).ok()),
        standard_code: purpose.standard_code.clone(),
        level: purpose.level.map(i32::from),
        priority_groups: columns::words(&purpose.priority_groups),
        reference: purpose.reference.clone(),
    };
    let change = TransferChangeRow {
        seq,
        transfer_id: seq,
        changed_on: purpose.agreed_on,
        change: if new.accepted { AGREED } else { OFFERED }.to_owned(),
        amount: Some(new.terms.amount.units()),
        reason: None,
        recorded_by: by.to_owned(),
        provider_id: None,
    };
    (row, change, schedule_rows(seq, seq, &new.terms.schedule))
}

/// The row of a change, and the rows of the schedule it brings.
pub(crate) fn change_rows(
    seq: Seq,
    transfer: Seq,
    TransferChange { on, change }: &TransferChange,
    reason: Option<String>,
    by: &str,
) -> (TransferChangeRow, Vec<TransferScheduleRow>) {
    let (name, terms) = match change {
        Change::Offered => (OFFERED, None),
        Change::Transition(transition) => (transition.name(), None),
        Change::Rescheduled(terms) => (RESCHEDULED, Some(terms)),
        Change::EmployerChanged(_) => (TAKEN_OVER, None),
    };
    let row = TransferChangeRow {
        seq,
        transfer_id: transfer,
        changed_on: *on,
        change: name.to_owned(),
        amount: terms.map(|terms| terms.amount.units()),
        reason,
        recorded_by: by.to_owned(),
        provider_id: change.employer().map(|employer| employer.key),
    };
    (row, terms.map(|terms| schedule_rows(seq, transfer, &terms.schedule)).unwrap_or_default())
}

fn schedule_rows(seq: Seq, transfer: Seq, schedule: &Schedule) -> Vec<TransferScheduleRow> {
    let row = |(year, amount): (&AllowanceYear, &Money)| TransferScheduleRow {
        seq,
        transfer_id: transfer,
        allowance_year: year.stored(),
        amount: amount.units(),
    };
    schedule.iter().map(row).collect()
}
