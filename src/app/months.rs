//! Closing months, and months as they were closed.

use std::collections::HashMap;

use uuid::Uuid;

use super::accounts;
use super::scope::Scope;
use super::{Command, Decision, Refusal};
use crate::domain::account::{Account, Transfer};
use crate::domain::calendar::Month;
use crate::domain::close::{ClosedMonth, Closing, CoInvested, Notice, close};
use crate::domain::facts::Fact;
use crate::domain::journal::Seq;
use crate::storage::accounts::{StoredAccount, with_settings as accounts_of};
use crate::storage::closing::{ClosingMonth, ToClose};
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::months::{self, MonthNames, MonthRecord};
use crate::storage::start_lives;
use crate::storage::sums::KEYS_AT_ONCE;
use crate::storage::writer::Moment;

/// A month as it was closed, as its callers see it.
pub(crate) struct MonthView {
    pub(crate) closed: ClosedMonth,
    pub(crate) co_invested: Vec<CoInvested>,
    pub(crate) notices: Vec<Notice>,
    /// None on a dry run.
    pub(crate) head: Option<String>,
    pub(crate) names: MonthNames,
}

impl MonthView {
    fn of(record: MonthRecord, names: MonthNames) -> Self {
        let MonthRecord { closed, co_invested, notices, head, .. } = record;
        Self { closed, co_invested, notices, head: Some(head), names }
    }
}

/// Closes a month of an account: once; closing it again answers the same.
pub(crate) struct CloseMonth {
    pub(crate) scope: Scope,
    pub(crate) account: Uuid,
    pub(crate) month: Month,
}

impl Command for CloseMonth {
    type Answer = MonthView;

    fn needs(&self) -> Needs {
        let accounts = vec![self.account];
        let closing = ToClose { accounts: accounts.clone(), month: self.month, answered: true };
        Needs { accounts, closing: Some(closing), ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, now: Moment) -> Result<Decision<MonthView>, Refusal> {
        let account = self.scope.account(ledger, self.account)?;
        let closing = ledger.closing.get(&self.account).filter(|closing| closing.month == self.month);
        let closing = closing.ok_or(Refusal::NotFound("account"))?;
        if let Some(record) = closing.record.clone() {
            let names = closing.names.clone();
            let answer = Box::new(move |_: &_| MonthView::of(record, names));
            return Ok(Decision { facts: Vec::new(), account: Some(account.key), subject: None, answer });
        }
        refuse_out_of_order(account, self.month, now)?;
        let settled = closing.settled.clone().unwrap_or_else(|| settle(ledger, account, closing));
        let Closing { entries, co_invested, notices, closed } = settled;
        let names = with_transfers(closing.names.clone(), &transfers_of(ledger, closing), self.month);
        let id = account.public_id;
        let mut facts = vec![Fact::MonthClosed { account: id, closed, co_invested: co_invested.clone() }];
        facts.extend(entries.into_iter().map(|entry| Fact::Moved { account: id, entry }));
        let given = notices.iter().map(|notice| Fact::Noticed { account: id, month: self.month, notice: *notice });
        facts.extend(given);
        Ok(Decision {
            facts,
            account: Some(account.key),
            subject: None,
            answer: Box::new(move |receipt| MonthView {
                closed,
                co_invested,
                notices,
                head: receipt.head.clone(),
                names,
            }),
        })
    }
}

/// What closing a month of an account that is loaded records.
pub(crate) fn settle(ledger: &Ledger, account: &Account, closing: &ClosingMonth) -> Closing {
    close(account, &transfers_of(ledger, closing), closing.month, &closing.due)
}

fn transfers_of<'l>(ledger: &'l Ledger, closing: &ClosingMonth) -> Vec<&'l Transfer> {
    closing.transfers.iter().filter_map(|id| ledger.transfers.get(id)).collect()
}

/// Months close in order, once they are over (`docs/rules.md` section 8).
fn refuse_out_of_order(account: &Account, month: Month, now: Moment) -> Result<(), Refusal> {
    if month >= Month::of(now.today) {
        let from = month.plus(1).first_day();
        return Err(Refusal::InvalidTransition(format!("{month} is not over: it can be closed from {from} on")));
    }
    match account.books.first_open() {
        Some(open) if open < month => {
            Err(Refusal::InvalidTransition(format!("months close in order: {open} is to be closed before {month}")))
        }
        Some(open) if open > month => Err(Refusal::InvalidTransition(format!(
            "months close in order: {} is closed, so {month}, which lies before it, stays as it is",
            open.plus(-1)
        ))),
        Some(_) | None => Ok(()),
    }
}

fn with_transfers(mut names: MonthNames, transfers: &[&Transfer], month: Month) -> MonthNames {
    names.transfers = transfers.iter().map(|transfer| (transfer.key, transfer.public_id)).collect();
    let employers = transfers.iter().map(|transfer| transfer.provider_on(month.last_day()));
    names.providers = employers.map(|employer| (employer.key, employer.public_id)).collect();
    names
}

/// The closed months of an account after a month, oldest first, each with its month as the key of its
/// page; none if the caller may not see it.
pub(crate) fn page(
    db: &mut Db,
    scope: &Scope,
    account: Uuid,
    (after, limit): (Seq, i64),
) -> Stored<Option<Vec<(Seq, MonthView)>>> {
    let Some(account) = accounts::stored(db, scope, account, Seq::MAX)? else { return Ok(None) };
    let records = months::page(db, account.key, i32::try_from(after).unwrap_or(i32::MAX), limit)?;
    let names = months::names(db, &records)?;
    let view = |record: MonthRecord| (Seq::from(record.closed.month.stored()), MonthView::of(record, names.clone()));
    Ok(Some(records.into_iter().map(view).collect()))
}

/// A month of an account as it was closed; none if it is not, or the caller may not see it.
pub(crate) fn find(db: &mut Db, scope: &Scope, account: Uuid, month: Month) -> Stored<Option<MonthView>> {
    let Some(account) = accounts::stored(db, scope, account, Seq::MAX)? else { return Ok(None) };
    let Some(record) = months::find(db, account.key, month)? else { return Ok(None) };
    let names = months::names(db, std::slice::from_ref(&record))?;
    Ok(Some(MonthView::of(record, names)))
}

/// An account whose months are closed.
pub(crate) struct ClosingAccount {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    /// The last month of it that is closed.
    pub(crate) closed_through: Option<Month>,
    /// How many starts closing a month of it goes through, about.
    pub(crate) starts: i64,
}

/// Every account, in the order in which a month is closed: those that meet shortfalls of others come
/// after them.
pub(crate) fn in_closing_order(db: &mut Db, month: Month) -> Stored<Vec<ClosingAccount>> {
    let mut found = accounts_of(db, None, Seq::MAX)?;
    let levy_accounts = months::levy_accounts(db, Seq::MAX)?.keys();
    found.sort_by_key(|account| levy_accounts.contains(&account.key));
    let mut closed = HashMap::new();
    for keys in found.chunks(KEYS_AT_ONCE) {
        let keys: Vec<Seq> = keys.iter().map(|account| account.key).collect();
        closed.extend(months::closed_through(db, &keys, (None, Seq::MAX))?);
    }
    let first = closed.values().min().map_or(month, |last| last.plus(1));
    let counts = start_lives::counts(db, first)?;
    let account = |stored: StoredAccount| {
        let closed_through = closed.get(&stored.key).copied();
        let (all, live) = counts.get(&stored.key).copied().unwrap_or_default();
        // The first month that is closed settles whatever was earned before it too.
        let starts = if closed_through.is_some() { live } else { all };
        ClosingAccount { id: stored.public_id, name: stored.settings.name, closed_through, starts }
    };
    Ok(found.into_iter().map(account).collect())
}
