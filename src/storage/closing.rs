//! What is due of accounts in a month: their starts in one pass, each with what it earned by the
//! month's end less what was settled before.
//!
//! A start of which nothing changed since the month before is due what it earns in the month alone;
//! only the others need what was settled of them in earlier months. Accounts are read together, so that
//! closing the month of many takes few queries.

mod ahead;
mod by_two;
mod candidates;
mod last_closes;
mod starts;

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::allowance::{self, AllAsAt};
use super::columns::Stored;
use super::connection::Db;
use super::ledger::Ledger;
use super::months::{self, MonthNames, MonthRecord};
use super::{passed_on, statements};
use crate::domain::account::{Account, Transfer};
use crate::domain::calendar::{AllowanceYear, Month};
use crate::domain::close::{Closing, MonthDue, StartDue, start_due};
use crate::domain::earnings::{Instalment, earnings};
use crate::domain::journal::{Earned, Seq};
use crate::domain::month_end::{differences, refundable};
use crate::domain::rules::Parameter;

pub use ahead::Ahead;
use by_two::by_two;
pub(super) use candidates::Candidates;
pub(super) use last_closes::{LastCloses, given};
pub(super) use starts::{ReadStart, read, references, settle_those_earning, settled};

/// A month that is to be closed, of accounts.
#[derive(Clone, Debug)]
pub struct ToClose {
    /// The accounts.
    pub accounts: Vec<Uuid>,
    /// The month.
    pub month: Month,
    /// Whether the closes are answered, which takes the public ids of what they name.
    pub answered: bool,
}

/// A month of an account that is to be closed.
#[derive(Clone, Debug)]
pub struct ClosingMonth {
    /// The month.
    pub month: Month,
    /// As it was closed, if it was.
    pub record: Option<MonthRecord>,
    /// What is due in it; nothing where it is not the next month to be closed.
    pub due: MonthDue,
    /// What closing it records, where that was worked out ahead.
    pub settled: Option<Closing>,
    /// The transfers of the account, in the order of recording.
    pub transfers: Vec<Uuid>,
    /// The public ids of what it names.
    pub names: MonthNames,
}

/// Reads what closing a month of accounts that are loaded needs.
pub(super) fn load(
    (db, beside): (&mut Db, Option<&mut Db>),
    ledger: &Ledger,
    to_close: &ToClose,
) -> Stored<HashMap<Uuid, ClosingMonth>> {
    let month = to_close.month;
    let accounts: Vec<&Account> = to_close.accounts.iter().filter_map(|id| ledger.accounts.get(id)).collect();
    let transfers = transfers_of(ledger, &accounts);
    let is_next = |account: &&&Account| account.books.first_open().is_none_or(|open| open == month);
    let next: Vec<&Account> = accounts.iter().filter(is_next).copied().collect();
    let mut due = due((db, beside), &next, (month, &transfers))?;
    let mut found = HashMap::with_capacity(accounts.len());
    for account in accounts {
        let is_closed = account.books.closed_through.is_some_and(|last| month <= last);
        let record = if is_closed { months::find(db, account.key, month)? } else { None };
        let due = due.remove(&account.key).unwrap_or_default();
        let names = match &record {
            Some(record) => months::names(db, std::slice::from_ref(record))?,
            None if to_close.answered => names(db, &due)?,
            None => MonthNames::default(),
        };
        let transfers = transfers.get(&account.public_id).into_iter().flatten();
        let transfers = transfers.map(|transfer| transfer.public_id).collect();
        found.insert(account.public_id, ClosingMonth { month, record, due, settled: None, transfers, names });
    }
    Ok(found)
}

/// The transfers of accounts, in the order of recording.
fn transfers_of<'l>(ledger: &'l Ledger, accounts: &[&Account]) -> HashMap<Uuid, Vec<&'l Transfer>> {
    let mut found: HashMap<Uuid, Vec<&Transfer>> =
        accounts.iter().map(|account| (account.public_id, Vec::new())).collect();
    for transfer in ledger.transfers.values() {
        if let Some(of_account) = found.get_mut(&transfer.account) {
            of_account.push(transfer);
        }
    }
    found.values_mut().for_each(|transfers| transfers.sort_unstable_by_key(|transfer| transfer.key));
    found
}

/// The public ids of the starts whose shortfalls a close may name.
fn names(db: &mut Db, due: &MonthDue) -> Stored<MonthNames> {
    let transferred = due.starts.iter().filter(|start| start.transfer.is_some());
    let starts = months::start_ids(db, transferred.map(|start| start.start).collect())?;
    Ok(MonthNames { starts, ..MonthNames::default() })
}

/// What is due of each account, of which the month is the next to be closed.
fn due(
    (db, beside): (&mut Db, Option<&mut Db>),
    accounts: &[&Account],
    (month, transfers): (Month, &HashMap<Uuid, Vec<&Transfer>>),
) -> Stored<HashMap<Seq, MonthDue>> {
    let (stated, own): (Vec<&Account>, Vec<&Account>) =
        accounts.iter().partition(|account| account.books.stated.contains(&month));
    let keys: Vec<Seq> = stated.iter().map(|account| account.key).collect();
    let contributions = statements::contributions(db, &keys, (month, Seq::MAX))?;
    let stated = keys.into_iter().map(|key| {
        let stated = Some(contributions.get(&key).copied().unwrap_or_default());
        (key, MonthDue { stated, ..MonthDue::default() })
    });
    let mut found: HashMap<Seq, MonthDue> = stated.collect();
    if own.is_empty() {
        return Ok(found);
    }
    let mut starts = starts_due((db, beside), &own, month)?;
    let base_year = AllowanceYear::of_month(month).previous();
    let keys: Vec<Seq> = own.iter().map(|account| account.key).collect();
    let as_at = AllAsAt { accounts: &keys, on: month.last_day(), known_at: Seq::MAX };
    let base_levy = allowance::all_declared_in(db, as_at, base_year)?;
    let levy_accounts = months::levy_accounts(db, Seq::MAX)?;
    for account in own {
        let base_levy = base_levy.get(&account.key).copied().unwrap_or_default();
        let transfers = transfers.get(&account.public_id).map(Vec::as_slice).unwrap_or_default();
        let starts = starts.remove(&account.key).unwrap_or_default();
        let levy_accounts = levy_accounts.of_receivers(account.key, transfers, month);
        found.insert(account.key, MonthDue { starts, base_levy, levy_accounts, stated: None });
    }
    Ok(found)
}

/// What is due for starts by account: what others passed on to it, then its own.
fn starts_due(
    (db, beside): (&mut Db, Option<&mut Db>),
    accounts: &[&Account],
    month: Month,
) -> Stored<HashMap<Seq, Vec<StartDue>>> {
    let by_key: HashMap<Seq, &Account> = accounts.iter().map(|account| (account.key, *account)).collect();
    let known_at = Seq::MAX;
    let closes = LastCloses::of(db, accounts, known_at)?;
    let mut due = passed_on::due(db, &closes)?;
    let Candidates { keys, changed } = Candidates::of(db, &closes, month)?;
    let keys: Vec<Seq> = keys.into_iter().collect();
    let due_of = |db: &mut Db, keys: &[Seq]| {
        let mut starts = read(db, keys, &changed, known_at)?;
        let earns_such = |earned: &Instalment| earned.month == month && earned.amount.is_negative();
        settle_those_earning(db, &mut starts, (month, known_at), earns_such)?;
        let due = starts.into_iter().filter_map(|start| {
            let account = by_key.get(&start.account)?;
            Some((account.key, of_start(start, account, month)?))
        });
        Ok(due.collect())
    };
    by_two((db, beside), &keys, due_of, |found: Vec<(Seq, StartDue)>| {
        for (account, start) in found {
            due.entry(account).or_default().push(start);
        }
    })?;
    Ok(due)
}

fn of_start(start: ReadStart, account: &Account, month: Month) -> Option<StartDue> {
    let history = &start.history;
    // A start that is void earns nothing, and what was settled of it is given back.
    let earned = history.learning_at(month.last_day()).as_ref().map(earnings).unwrap_or_default();
    let due = match &start.settled {
        Some(settled) => start_due(&earned, settled, month),
        None => {
            let of_month: Vec<Instalment> = earned.into_iter().filter(|earning| earning.month == month).collect();
            differences(&of_month, &BTreeMap::new(), month)
        }
    };
    // What was earned in a month of the statement is the statement's to pay.
    let due: Vec<_> = due.into_iter().filter(|(month, ..)| !account.books.stated.contains(month)).collect();
    if due.is_empty() {
        return None;
    }
    let taken_back = due.iter().any(|(_, _, amount)| amount.is_negative());
    let percent = account.rules.value_on(Parameter::EmployerCoInvestmentPercent, history.first_day());
    let recorded = start.settled.into_iter().flatten().map(|settled| (settled.month, settled.part));
    Some(StartDue {
        start: start.start,
        reference: start.reference,
        agreed_on: start.agreed_on,
        transfer: start.transfer,
        training_provider: start.training_provider,
        employer_percent: percent.unwrap_or_default(),
        due: due.into_iter().map(|(month, kind, amount)| (Earned { month, kind }, amount)).collect(),
        refundable: if taken_back { refundable(recorded) } else { BTreeMap::new() },
    })
}
