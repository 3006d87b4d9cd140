//! The transfer allowance of an account's year, as at a day and as known at a number.

use std::collections::HashMap;

use chrono::NaiveDate;
use uuid::Uuid;

use super::accounts;
use super::scope::Scope;
use crate::domain::allowance::{Allowance, Basis, YearUse, base_year_complete};
use crate::domain::calendar::{AllowanceYear, Month};
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::rules::RuleSet;
use crate::domain::schedule::{gross_paid, reserved};
use crate::domain::transfers::TransferHistory;
use crate::storage::accounts::{Months, StoredAccount};
use crate::storage::allowance::{self, AllAsAt};
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::{rule_sets, transfers};

/// Whose allowance is asked for, and when.
#[derive(Clone, Copy)]
pub(crate) struct AllowanceQuestion<'q> {
    /// The account with its settings as of `known_at`.
    pub(crate) account: &'q StoredAccount,
    /// The rule set that its settings name, as of `known_at`.
    pub(crate) rules: &'q RuleSet,
    /// The day whose end it is; it decides the allowance year.
    pub(crate) on: NaiveDate,
    /// What was recorded after this number is not known.
    pub(crate) known_at: Seq,
    /// The day it is, which decides whether the base year is complete.
    pub(crate) today: NaiveDate,
}

/// The allowance of the year that holds the day, with what transfers had been paid and had reserved
/// of it by then (`docs/rules.md` section 6). What takes effect after the day does not count; apart
/// from that it is today the allowance that decisions are held to.
pub(crate) fn as_at(db: &mut Db, question: AllowanceQuestion<'_>) -> Stored<Allowance> {
    let AllowanceQuestion { account, rules, on, known_at, today } = question;
    let all = AllAsAt { accounts: &[account.key], on, known_at };
    Ok(Allowances::of(db, all, today)?.take(account, rules))
}

/// What decides the allowances of accounts in the year that holds a day, read at once.
pub(crate) struct Allowances {
    on: NaiveDate,
    provisional: bool,
    base_levy: HashMap<Seq, Money>,
    used: HashMap<Seq, YearUse>,
}

impl Allowances {
    pub(crate) fn of(db: &mut Db, all: AllAsAt<'_>, today: NaiveDate) -> Stored<Self> {
        let year = AllowanceYear::of(all.on);
        let provisional = !base_year_complete(year, today);
        let base_levy = if provisional {
            let this_month = Month::of(today);
            allowance::all_entered_in(db, all, this_month.plus(-12)..this_month)?
        } else {
            allowance::all_declared_in(db, all, year.previous())?
        };
        Ok(Self { on: all.on, provisional, base_levy, used: used(db, all, year)? })
    }

    /// The allowance of one of the accounts.
    pub(crate) fn take(&mut self, account: &StoredAccount, rules: &RuleSet) -> Allowance {
        let basis = Basis {
            allowance_year: AllowanceYear::of(self.on),
            base_levy: self.base_levy.remove(&account.key).unwrap_or_default(),
            cap_percent: rules.transfer_cap(self.on),
            policy_cap_percent: account.settings.policy_cap_percent,
            provisional: self.provisional,
        };
        Allowance::new(basis, self.used.remove(&account.key).unwrap_or_default())
    }
}

/// What was paid and is reserved in a year: transfer by transfer, since a refund gives back only
/// what its own transfer was paid, and spending that names no transfer by itself.
fn used(db: &mut Db, all: AllAsAt<'_>, year: AllowanceYear) -> Stored<HashMap<Seq, YearUse>> {
    let mut paid = allowance::paid_in_year(db, all, year)?;
    let mut used: HashMap<Seq, YearUse> = HashMap::new();
    for stored in transfers::histories(db, all.accounts, all.known_at)? {
        let (account, transfer) = (stored.row.account_id, stored.row.id);
        let months = paid.remove(&(account, transfer)).unwrap_or_default();
        let history = TransferHistory::new(stored.facts, stored.changes);
        let sum = used.entry(account).or_default();
        *sum = *sum + use_of(&history, &months, all.on, year);
    }
    for ((account, _), months) in paid {
        used.entry(account).or_default().paid += paid_in(&months, year);
    }
    Ok(used)
}

/// What one transfer takes of a year as at a day: what it was paid, and while it is open what its
/// schedule holds beyond that.
fn use_of(history: &TransferHistory, months: &Months, on: NaiveDate, year: AllowanceYear) -> YearUse {
    let paid = gross_paid(months.iter().map(|(month, amount)| (*month, *amount)));
    let open = history.status_at(on).is_some_and(|status| status.is_open());
    let schedule = history.schedule_at(on).filter(|_| open);
    let reserved = schedule.and_then(|schedule| reserved(schedule, &paid).remove(&year));
    YearUse { paid: paid.get(&year).copied().unwrap_or_default(), reserved: reserved.unwrap_or_default() }
}

fn paid_in(months: &Months, year: AllowanceYear) -> Money {
    let paid = gross_paid(months.iter().map(|(month, amount)| (*month, *amount)));
    paid.get(&year).copied().unwrap_or_default()
}

/// The allowance of the year that holds a day, by everything recorded, if the caller may see the
/// account.
pub(crate) fn now(
    db: &mut Db,
    scope: &Scope,
    account: Uuid,
    (on, today): (NaiveDate, NaiveDate),
) -> Stored<Option<Allowance>> {
    let known_at = Seq::MAX;
    let Some(account) = accounts::stored(db, scope, account, known_at)? else { return Ok(None) };
    let rule_sets = rule_sets::all(db, known_at)?;
    let Some((_, rules)) = rule_sets.get(&account.settings.rule_set) else { return Ok(None) };
    as_at(db, AllowanceQuestion { account: &account, rules, on, known_at, today }).map(Some)
}
