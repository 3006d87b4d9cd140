//! The transfer allowance of an account's year, as at a day and as known at a number.

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
use crate::storage::allowance::{self, AsAt};
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

impl AllowanceQuestion<'_> {
    fn as_at(&self) -> AsAt {
        AsAt { account: self.account.key, on: self.on, known_at: self.known_at }
    }
}

/// The allowance of the year that holds the day, with what transfers had been paid and had reserved
/// of it by then (`docs/rules.md` section 6). What takes effect after the day does not count; apart
/// from that it is today the allowance that decisions are held to.
pub(crate) fn as_at(db: &mut Db, question: AllowanceQuestion<'_>) -> Stored<Allowance> {
    let year = AllowanceYear::of(question.on);
    let basis = Basis {
        allowance_year: year,
        base_levy: base_levy(db, question, year)?,
        cap_percent: question.rules.transfer_cap(question.on),
        policy_cap_percent: question.account.settings.policy_cap_percent,
        provisional: !base_year_complete(year, question.today),
    };
    Ok(Allowance::new(basis, used(db, question, year)?))
}

fn base_levy(db: &mut Db, question: AllowanceQuestion<'_>, year: AllowanceYear) -> Stored<Money> {
    if base_year_complete(year, question.today) {
        return allowance::levy_declared_in(db, question.as_at(), year.previous());
    }
    let this_month = Month::of(question.today);
    allowance::levy_entered_in(db, question.as_at(), this_month.plus(-12)..this_month)
}

/// What was paid and is reserved in a year: transfer by transfer, since a refund gives back only
/// what its own transfer was paid, and spending that names no transfer by itself.
fn used(db: &mut Db, question: AllowanceQuestion<'_>, year: AllowanceYear) -> Stored<YearUse> {
    let mut paid = allowance::paid_by_transfer(db, question.as_at())?;
    let mut used = YearUse::default();
    for stored in transfers::histories(db, &[question.account.key], question.known_at)? {
        let months = paid.remove(&stored.row.id).unwrap_or_default();
        let history = TransferHistory::new(stored.facts, stored.changes);
        used = used + use_of(&history, &months, question.on, year);
    }
    let rest = paid.into_values().map(|months| paid_in(&months, year)).sum();
    Ok(used + YearUse { paid: rest, reserved: Money::ZERO })
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
