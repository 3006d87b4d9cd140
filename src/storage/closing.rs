//! What is due of an account in a month: its starts in one pass, each with what it earned by the
//! month's end less what was settled before.
//!
//! A start of which nothing changed since the month before is due what it earns in the month alone;
//! only the others need what was settled of them in earlier months.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

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
use super::schema::{closed_months, co_investments, entries, events, learners, start_changes, start_lives, starts};
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
        let stated = Some(statements::contributions(db, account.key, month)?);
        return Ok(MonthDue { stated, ..MonthDue::default() });
    }
    let since = last_close(db, account.key)?;
    let mut due = passed_on::due(db, account.key, since)?;
    let starts = Candidates::of(db, account, month, since)?;
    let keys: Vec<Seq> = starts.keys.iter().copied().collect();
    for keys in keys.chunks(KEYS_AT_ONCE) {
        let mut known = Known::of(db, account.key, keys, &starts.changed)?;
        known.settle(db, (account.key, month), |earned| earned.month == month && earned.amount.is_negative())?;
        due.extend(known.due(account, month)?);
    }
    let base_year = AllowanceYear::of_month(month).previous();
    let as_at = AsAt { account: account.key, on: month.last_day(), known_at: Seq::MAX };
    let base_levy = allowance::levy_declared_in(db, as_at, base_year)?;
    Ok(MonthDue { starts: due, base_levy, levy_accounts: levy_accounts(db, account.key)?, stated: None })
}

/// The last number that the last close of an account recorded.
pub(super) fn last_close(db: &mut Db, account: Seq) -> Stored<Option<Seq>> {
    Ok(closed_months::table
        .inner_join(events::table.on(events::first_seq.eq(closed_months::seq)))
        .filter(closed_months::account_id.eq(account))
        .order(closed_months::seq.desc())
        .select(events::last_seq)
        .first(db)
        .optional()?)
}

/// The levy accounts that providers have of their own, but for this one; of several the first opened.
pub(super) fn levy_accounts(db: &mut Db, account: Seq) -> Stored<HashMap<Seq, Seq>> {
    let held = months::levy_accounts(db)?;
    Ok(held.into_iter().rev().filter(|(own, _)| *own != account).map(|(own, provider)| (provider, own)).collect())
}

/// The starts that may be due something in a month.
pub(super) struct Candidates {
    pub(super) keys: BTreeSet<Seq>,
    /// Those of which more may be due than the month's own earning.
    pub(super) changed: HashSet<Seq>,
}

impl Candidates {
    pub(super) fn of(db: &mut Db, account: &Account, month: Month, since: Option<Seq>) -> Stored<Self> {
        let begun = start_lives::account_id.eq(account.key).and(start_lives::first_month.le(month.stored()));
        let begun = || start_lives::table.filter(begun).filter(start_lives::voided.eq(false));
        let (Some(since), Some(open)) = (since, account.books.first_open()) else {
            // The first month that is closed settles whatever was earned before it too.
            let keys: Vec<Seq> = begun().select(start_lives::start_id).load(db)?;
            return Ok(Self { changed: keys.iter().copied().collect(), keys: keys.into_iter().collect() });
        };
        let live = begun().filter(start_lives::last_month.ge(month.stored()));
        let mut keys: BTreeSet<Seq> = live.select(start_lives::start_id).load::<Seq>(db)?.into_iter().collect();
        let mut changed = recorded_since(db, account.key, since)?;
        let window = start_changes::changed_on.between(open.first_day(), month.last_day());
        let taking_effect = start_changes::table.filter(start_changes::account_id.eq(account.key)).filter(window);
        changed.extend(taking_effect.select(start_changes::start_id).load::<Seq>(db)?);
        changed.extend(paid_by_hand(db, account.key, month)?);
        keys.extend(&changed);
        Ok(Self { keys, changed })
    }
}

/// The starts of which something was recorded after a number: the start, a change, a payment.
fn recorded_since(db: &mut Db, account: Seq, since: Seq) -> Stored<HashSet<Seq>> {
    let new = starts::table.filter(starts::account_id.eq(account).and(starts::id.gt(since)));
    let mut found: HashSet<Seq> = new.select(starts::id).load::<Seq>(db)?.into_iter().collect();
    let changes = start_changes::table.filter(start_changes::account_id.eq(account).and(start_changes::seq.gt(since)));
    found.extend(changes.select(start_changes::start_id).load::<Seq>(db)?);
    let paid = entries::table.filter(entries::account_id.eq(account).and(entries::seq.gt(since)));
    let paid = paid.filter(entries::start_id.is_not_null()).select(entries::start_id);
    found.extend(paid.load::<Option<Seq>>(db)?.into_iter().flatten());
    Ok(found)
}

/// The starts that were paid for in a month before it is closed.
fn paid_by_hand(db: &mut Db, account: Seq, month: Month) -> Stored<Vec<Seq>> {
    let of_month = entries::account_id.eq(account).and(entries::effective_on.eq(month.last_day()));
    let paid = entries::table.filter(of_month).filter(entries::start_id.is_not_null()).select(entries::start_id);
    Ok(paid.load::<Option<Seq>>(db)?.into_iter().flatten().collect())
}

/// What is known of some starts.
pub(super) struct Known {
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
    pub(super) fn of(db: &mut Db, account: Seq, keys: &[Seq], changed: &HashSet<Seq>) -> Stored<Self> {
        let changed: HashSet<Seq> = keys.iter().copied().filter(|key| changed.contains(key)).collect();
        let columns = (starts::id, starts::transfer_id, starts::agreed_on, starts::training_provider_ukprn);
        // Of a start of another account, which passed a shortfall on, only that is due here.
        let of_account = starts::id.eq_any(keys.to_vec()).and(starts::account_id.eq(account));
        Ok(Self {
            rows: starts::table.filter(of_account).select(columns).order(starts::id).load(db)?,
            histories: histories(db, keys)?,
            references: references(db, keys)?,
            settled: settled(db, account, &changed.iter().copied().collect::<Vec<_>>())?,
            changed,
        })
    }

    /// Reads what was settled of the starts that something happened to and that earn such a thing too: a
    /// price that fell far enough earns below nothing month after month, and what is given back goes
    /// where it came from.
    pub(super) fn settle(
        &mut self,
        db: &mut Db,
        (account, known_in): (Seq, Month),
        such: impl Fn(&Instalment) -> bool,
    ) -> Stored<()> {
        let earns = |history: &StartHistory| history.learning_at(known_in.last_day()).as_ref().map(earnings);
        let other = self.histories.iter().filter(|(key, history)| {
            let unread = !history.changes().is_empty() && !self.changed.contains(key);
            unread && earns(history).is_some_and(|earned| earned.iter().any(&such))
        });
        let other: Vec<Seq> = other.map(|(key, _)| *key).collect();
        self.settled.extend(settled(db, account, &other)?);
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
pub(super) fn settled(db: &mut Db, account: Seq, keys: &[Seq]) -> Stored<HashMap<Seq, Vec<Settled>>> {
    let mut found: HashMap<Seq, Vec<Settled>> = HashMap::new();
    if keys.is_empty() {
        return Ok(found);
    }
    type Paid = (Option<Seq>, i32, Option<i32>, Option<String>, String, i64);
    let sum = || sql::<BigInt>("CAST(-COALESCE(SUM(amount), 0) AS BIGINT)");
    let paid: Vec<Paid> = entries::table
        .filter(entries::start_id.eq_any(keys.to_vec()).and(entries::account_id.eq(account)))
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
        .filter(of_starts)
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
