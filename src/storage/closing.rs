//! What is due of an account in a month: its starts in one pass, each with what it earned by the
//! month's end less what was settled before.
//!
//! A start of which nothing changed since the month before is due what it earns in the month alone;
//! only the others need what was settled of them in earlier months.

mod candidates;

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use uuid::Uuid;

use super::allowance::{self, AsAt};
use super::columns::{self, Stored};
use super::connection::Db;
use super::entries::earned_of;
use super::months::{self, MonthNames, MonthRecord};
use super::passed_on;
use super::schema::{closed_months, co_investments, entries, events, learners, starts};
use super::start_changes::histories;
use super::statements;
use super::sums::KEYS_AT_ONCE;
use crate::domain::account::Account;
use crate::domain::calendar::{AllowanceYear, Month};
use crate::domain::close::{MonthDue, Settled, StartDue, start_due};
use crate::domain::earnings::{Instalment, earnings};
use crate::domain::journal::{Earned, EntryKind, Seq};
use crate::domain::money::Money;
use crate::domain::month_end::{PaidPart, Source, differences, refundable};
use crate::domain::names::Named;
use crate::domain::rules::Parameter;
use crate::domain::starts::StartHistory;

pub(super) use candidates::Candidates;

/// A month that is to be closed.
#[derive(Clone, Debug)]
pub struct ClosingMonth {
    /// The account.
    pub account: Uuid,
    /// The month.
    pub month: Month,
    /// As it was closed, if it was.
    pub record: Option<MonthRecord>,
    /// What is due in it; nothing where it is not the next month to be closed.
    pub due: MonthDue,
    /// The public ids of what it names.
    pub names: MonthNames,
}

/// An account as known at a number: what was recorded after it does not count.
#[derive(Clone, Copy, Debug)]
pub(super) struct AsKnown {
    /// The account's key.
    pub(super) account: Seq,
    pub(super) known_at: Seq,
}

/// Reads what closing a month of an account needs.
pub(super) fn load(db: &mut Db, account: &Account, month: Month) -> Stored<ClosingMonth> {
    let record = months::find(db, account.key, month)?;
    let is_next = account.books.first_open().is_none_or(|open| open == month);
    let due = if record.is_none() && is_next { due(db, account, month)? } else { MonthDue::default() };
    let names = match &record {
        Some(record) => months::names(db, std::slice::from_ref(record))?,
        None => {
            let transferred = due.starts.iter().filter(|start| start.transfer.is_some());
            let starts = months::start_ids(db, transferred.map(|start| start.start).collect())?;
            MonthNames { starts, ..MonthNames::default() }
        }
    };
    Ok(ClosingMonth { account: account.public_id, month, record, due, names })
}

fn due(db: &mut Db, account: &Account, month: Month) -> Stored<MonthDue> {
    if account.books.stated.contains(&month) {
        let stated = Some(statements::contributions(db, account.key, month, Seq::MAX)?);
        return Ok(MonthDue { stated, ..MonthDue::default() });
    }
    let of = AsKnown { account: account.key, known_at: Seq::MAX };
    let since = last_close(db, of)?;
    let mut due = passed_on::due(db, of, since)?;
    let starts = Candidates::of(db, account, month, (since, of.known_at))?;
    let keys: Vec<Seq> = starts.keys.iter().copied().collect();
    for keys in keys.chunks(KEYS_AT_ONCE) {
        let mut known = Known::of(db, of, keys, &starts.changed)?;
        known.settle(db, month, |earned| earned.month == month && earned.amount.is_negative())?;
        due.extend(known.due(account, month)?);
    }
    let base_year = AllowanceYear::of_month(month).previous();
    let as_at = AsAt { account: account.key, on: month.last_day(), known_at: of.known_at };
    let base_levy = allowance::levy_declared_in(db, as_at, base_year)?;
    Ok(MonthDue { starts: due, base_levy, levy_accounts: levy_accounts(db, of)?, stated: None })
}

/// The last number that the last close of an account recorded.
pub(super) fn last_close(db: &mut Db, AsKnown { account, known_at }: AsKnown) -> Stored<Option<Seq>> {
    Ok(closed_months::table
        .inner_join(events::table.on(events::first_seq.eq(closed_months::seq)))
        .filter(closed_months::account_id.eq(account).and(closed_months::seq.le(known_at)))
        .order(closed_months::seq.desc())
        .select(events::last_seq)
        .first(db)
        .optional()?)
}

/// The levy accounts that providers have of their own, but for this one; of several the first opened.
pub(super) fn levy_accounts(db: &mut Db, AsKnown { account, known_at }: AsKnown) -> Stored<HashMap<Seq, Seq>> {
    let held = months::levy_accounts(db, known_at)?;
    Ok(held.into_iter().rev().filter(|(own, _)| *own != account).map(|(own, provider)| (provider, own)).collect())
}

/// What is known of some starts.
pub(super) struct Known {
    of: AsKnown,
    pub(super) rows: Vec<StartColumns>,
    pub(super) histories: HashMap<Seq, StartHistory>,
    pub(super) references: HashMap<Seq, String>,
    /// What was settled before, of those that changed.
    pub(super) settled: HashMap<Seq, Vec<Settled>>,
    pub(super) changed: HashSet<Seq>,
}

/// The start, its transfer, the day of the agreement and the training provider's UKPRN.
pub(super) type StartColumns = (Seq, Option<Seq>, NaiveDate, Option<String>);

impl Known {
    pub(super) fn of(db: &mut Db, of: AsKnown, keys: &[Seq], changed: &HashSet<Seq>) -> Stored<Self> {
        let changed: HashSet<Seq> = keys.iter().copied().filter(|key| changed.contains(key)).collect();
        let columns = (starts::id, starts::transfer_id, starts::agreed_on, starts::training_provider_ukprn);
        // Of a start of another account, which passed a shortfall on, only that is due here.
        let of_account = starts::id.eq_any(keys.to_vec()).and(starts::account_id.eq(of.account));
        Ok(Self {
            of,
            rows: starts::table.filter(of_account).select(columns).order(starts::id).load(db)?,
            histories: histories(db, keys, of.known_at)?,
            references: references(db, keys)?,
            settled: settled(db, of, &changed.iter().copied().collect::<Vec<_>>())?,
            changed,
        })
    }

    /// Reads what was settled of the starts that something happened to and that earn such a thing too: a
    /// price that fell far enough earns below nothing month after month, and what is given back goes
    /// where it came from.
    pub(super) fn settle(&mut self, db: &mut Db, known_in: Month, such: impl Fn(&Instalment) -> bool) -> Stored<()> {
        let earns = |history: &StartHistory| history.learning_at(known_in.last_day()).as_ref().map(earnings);
        let other = self.histories.iter().filter(|(key, history)| {
            let unread = !history.changes().is_empty() && !self.changed.contains(key);
            unread && earns(history).is_some_and(|earned| earned.iter().any(&such))
        });
        let other: Vec<Seq> = other.map(|(key, _)| *key).collect();
        self.settled.extend(settled(db, self.of, &other)?);
        self.changed.extend(other);
        Ok(())
    }

    fn due(mut self, account: &Account, month: Month) -> Stored<Vec<StartDue>> {
        let rows = std::mem::take(&mut self.rows);
        Ok(rows.into_iter().filter_map(|row| self.start_due(row, account, month)).collect())
    }

    fn start_due(&mut self, row: StartColumns, account: &Account, month: Month) -> Option<StartDue> {
        let (start, transfer, agreed_on, training_provider) = row;
        let history = self.histories.get(&start)?;
        // A start that is void earns nothing, and what was settled of it is given back.
        let earned = history.learning_at(month.last_day()).as_ref().map(earnings).unwrap_or_default();
        let settled = self.settled.remove(&start).unwrap_or_default();
        let due = match self.changed.contains(&start) {
            true => start_due(&earned, &settled, month),
            false => {
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
        let recorded = settled.into_iter().map(|settled| (settled.month, settled.part));
        let percent = account.rules.value_on(Parameter::EmployerCoInvestmentPercent, history.first_day());
        Some(StartDue {
            start,
            reference: self.references.remove(&start).unwrap_or_default(),
            agreed_on,
            transfer,
            training_provider,
            employer_percent: percent.unwrap_or_default(),
            due: due.into_iter().map(|(month, kind, amount)| (Earned { month, kind }, amount)).collect(),
            refundable: if taken_back { refundable(recorded) } else { BTreeMap::new() },
        })
    }
}

pub(super) fn references(db: &mut Db, keys: &[Seq]) -> Stored<HashMap<Seq, String>> {
    let of_starts = learners::table.filter(learners::start_id.eq_any(keys.to_vec()));
    let rows: Vec<(Seq, Option<String>)> =
        of_starts.select((learners::start_id, learners::learner_reference)).load(db)?;
    Ok(rows.into_iter().filter_map(|(key, reference)| Some((key, reference?))).collect())
}

/// What an account settled of these starts, added up by the database: what it paid, and what it did
/// not cover.
pub(super) fn settled(db: &mut Db, of: AsKnown, keys: &[Seq]) -> Stored<HashMap<Seq, Vec<Settled>>> {
    let AsKnown { account, known_at } = of;
    let mut found: HashMap<Seq, Vec<Settled>> = HashMap::new();
    if keys.is_empty() {
        return Ok(found);
    }
    type Paid = (Option<Seq>, i32, Option<i32>, Option<String>, String, i64);
    let sum = || sql::<BigInt>("CAST(-COALESCE(SUM(amount), 0) AS BIGINT)");
    let paid: Vec<Paid> = entries::table
        .filter(entries::start_id.eq_any(keys.to_vec()).and(entries::account_id.eq(account)))
        .filter(entries::seq.le(known_at))
        .group_by((entries::start_id, entries::month, entries::earned_month, entries::earned_kind, entries::kind))
        .select((entries::start_id, entries::month, entries::earned_month, entries::earned_kind, entries::kind, sum()))
        .load(db)?;
    for (start, month, earned_month, earned_kind, kind, units) in paid {
        let earned = earned_of(earned_month, earned_kind.as_deref())?;
        let source = if kind == EntryKind::TransferPayment.name() { Source::Transfer } else { Source::Levy };
        let month = earned.map_or_else(|| columns::month(month), |earned| Ok(earned.month))?;
        let part = PaidPart { source, amount: Money::from_units(units) };
        let settled = Settled { month, kind: earned.map(|earned| earned.kind), part };
        found.entry(start.unwrap_or_default()).or_default().push(settled);
    }
    type Uncovered = (Seq, i32, String, String, Option<Seq>, i64);
    let of_starts = co_investments::start_id.eq_any(keys.to_vec()).and(co_investments::account_id.eq(account));
    let uncovered: Vec<Uncovered> = co_investments::table
        .filter(of_starts.and(co_investments::seq.le(known_at)))
        .order((co_investments::seq, co_investments::place))
        .select((
            co_investments::start_id,
            co_investments::earned_month,
            co_investments::earned_kind,
            co_investments::employer_percent,
            co_investments::passed_to,
            co_investments::amount,
        ))
        .load(db)?;
    for (start, month, kind, percent, passed_to, units) in uncovered {
        let source = match passed_to {
            Some(_) => Source::PassedOn,
            None => Source::CoInvestment { employer_percent: columns::decimal(&percent)? },
        };
        let part = PaidPart { source, amount: Money::from_units(units) };
        let kind = Some(columns::name("kind of earning", &kind)?);
        found.entry(start).or_default().push(Settled { month: columns::month(month)?, kind, part });
    }
    Ok(found)
}
