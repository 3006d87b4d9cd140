//! What a forecast begins with: an account with everything recorded of it up to a number, and its
//! starts, read in chunks, of each of which no more is kept than the months to come need.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use diesel::prelude::*;
use uuid::Uuid;

use super::allowance;
use super::closing::{self, Candidates, LastCloses, ReadStart};
use super::columns::Stored;
use super::connection::Db;
use super::ledger::{Ledger, Needs};
use super::months;
use super::passed_on;
use super::schema::{entries, start_changes};
use super::start_lives::{Earning, earning};
use super::statements;
use super::sums::KEYS_AT_ONCE;
use crate::domain::account::{Account, Transfer};
use crate::domain::calendar::Month;
use crate::domain::earnings::Instalment;
use crate::domain::forecast::{ExpectedStart, Outlook, Terms, awaited};
use crate::domain::journal::Seq;
use crate::domain::rules::Parameter;

/// What a forecast of an account begins with in a month, by what was recorded up to `known_at`; none if
/// there was no such account.
pub(crate) fn outlook(db: &mut Db, id: Uuid, this_month: Month, known_at: Seq) -> Stored<Option<Outlook>> {
    let mut ledger = Ledger::known_at(known_at);
    let needs = Needs { accounts: vec![id], ..Needs::default() };
    ledger.load(db, [&needs], this_month.first_day())?;
    let Some(mut account) = ledger.accounts.remove(&id) else { return Ok(None) };
    let first = account.books.first_open().unwrap_or(this_month);
    // The base of an allowance counts what is effective by the end of each month that is forecast.
    let eve = first.plus(-1).last_day();
    let mut ahead = allowance::levy_ahead(db, &[account.key], eve, known_at)?;
    account.declared_ahead = ahead.remove(&account.key).unwrap_or_default();
    let mut transfers: Vec<Transfer> = ledger.transfers.into_values().filter(|of| of.account == id).collect();
    transfers.sort_unstable_by_key(|transfer| transfer.key);
    let closes = LastCloses::of(db, &[&account], known_at)?;
    let mut starts = starts(db, &account, (first, &closes))?;
    let waiting = transfers.iter().filter_map(|of| awaited(of, first.max(this_month), &account.rules));
    starts.extend(waiting);
    let stated: Vec<Month> = account.books.stated.range(first..).copied().collect();
    let stated = stated.into_iter().map(|month| {
        let contributions = statements::contributions(db, &[account.key], (month, known_at))?.remove(&account.key);
        Ok((month, contributions.unwrap_or_default()))
    });
    Ok(Some(Outlook {
        stated: stated.collect::<Stored<BTreeMap<_, _>>>()?,
        passed_on: passed_on::due(db, &closes)?.remove(&account.key).unwrap_or_default(),
        levy_accounts: months::levy_accounts(db, known_at)?.but_for(account.key),
        account,
        transfers,
        starts,
        first,
        this_month,
    }))
}

/// The starts of an account that can be due something from a month on.
fn starts(db: &mut Db, account: &Account, (first, closes): (Month, &LastCloses)) -> Stored<Vec<ExpectedStart>> {
    let Candidates { mut keys, mut changed } = Candidates::of(db, closes, first)?;
    let known_at = closes.known_at;
    let ahead = Earning { begun_by: None, lasting_to: Some(first) };
    keys.extend(earning(db, &[account.key], ahead, known_at)?);
    changed.extend(changing_after(db, account.key, first, known_at)?);
    keys.extend(&changed);
    let mut expected = Vec::with_capacity(keys.len());
    let keys: Vec<Seq> = keys.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    for keys in keys.chunks(KEYS_AT_ONCE) {
        let mut read = closing::read(db, keys, &changed, known_at)?;
        let gives_back = |earned: &Instalment| earned.month >= first && earned.amount.is_negative();
        closing::settle_those_earning(db, &mut read, (first, known_at), gives_back)?;
        // Of a start of another account, which passed a shortfall on, only that is due here.
        let own = read.into_iter().filter(|start| start.account == account.key);
        expected.extend(own.filter_map(|start| expected_start(start, account, first)));
    }
    Ok(expected)
}

/// The starts to which something happens, or for which something is paid, after a month, by what was
/// recorded up to a number.
fn changing_after(db: &mut Db, account: Seq, month: Month, known_at: Seq) -> Stored<HashSet<Seq>> {
    let later = start_changes::account_id.eq(account).and(start_changes::changed_on.gt(month.last_day()));
    let changes = start_changes::table.filter(later).filter(start_changes::seq.le(known_at));
    let changes = changes.select(start_changes::start_id);
    let mut found: HashSet<Seq> = changes.load::<Seq>(db)?.into_iter().collect();
    let later = entries::account_id.eq(account).and(entries::effective_on.ge(month.last_day()));
    // Added to, so that SQLite looks for the day and does not go through all up to the number.
    let paid = entries::table.filter(later.and((entries::seq + 0).le(known_at)));
    let paid = paid.filter(entries::start_id.is_not_null()).select(entries::start_id);
    found.extend(paid.load::<Option<Seq>>(db)?.into_iter().flatten());
    Ok(found)
}

fn expected_start(read: ReadStart, account: &Account, first: Month) -> Option<ExpectedStart> {
    let ReadStart { start, transfer, agreed_on, training_provider, reference, history, settled, .. } = read;
    let percent = account.rules.value_on(Parameter::EmployerCoInvestmentPercent, history.first_day());
    let employer_percent = percent.unwrap_or_default();
    let terms = Terms { start, reference, agreed_on, transfer, training_provider, employer_percent };
    ExpectedStart::recorded(terms, &history, settled, first)
}
