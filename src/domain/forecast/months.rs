//! Months closed one after the other on books that grow.

use std::collections::{BTreeSet, HashMap};

use super::starts::Asked;
use super::{ExpectedStart, ForecastMonth, LevyAhead, Outlook, Programme};
use crate::domain::account::{Account, Transfer};
use crate::domain::calendar::{AllowanceYear, Month};
use crate::domain::close::{Closing, CoInvested, MonthDue, Settled, allowance_after, close};
use crate::domain::journal::{Books, Entry, EntryKind, Seq};
use crate::domain::money::Money;
use crate::domain::month_end::{PaidPart, Source};
use crate::domain::totals::account_funds;

/// A forecast closes the months from the first open one on, each by the rules of the close, from what
/// is recorded, dates ahead included: every start's earnings, transfers that wait for their starts by
/// their schedules, and the levy that is expected. The entries of one month are there when the next is
/// closed, and nothing else happens (`docs/rules.md` section 10). `programmes` are added to what is
/// recorded.
#[must_use]
pub fn forecast(outlook: &Outlook, months: i32, levy: &LevyAhead, programmes: &[Programme]) -> Vec<ForecastMonth> {
    let planned: Vec<ExpectedStart> =
        programmes.iter().enumerate().flat_map(|(at, plan)| plan.starts(at, &outlook.account.rules)).collect();
    let mut growing = Growing::of(outlook, &planned);
    let last = outlook.first.plus(months - 1);
    outlook.first.through(last).map(|month| growing.close(month, levy)).collect()
}

/// The books on their way.
struct Growing<'o> {
    outlook: &'o Outlook,
    planned: &'o [ExpectedStart],
    account: Account,
    transfers: Vec<Transfer>,
    /// What was settled of the starts whose months follow from it.
    settled: HashMap<Seq, Vec<Settled>>,
    stated: BTreeSet<Month>,
    balance: Money,
}

impl<'o> Growing<'o> {
    fn of(outlook: &'o Outlook, planned: &'o [ExpectedStart]) -> Self {
        let account = outlook.account.clone();
        let settled = outlook.starts.iter();
        let settled = settled.filter_map(|start| Some((start.terms.start, start.begins_settled()?))).collect();
        let balance = balance(&account, outlook.first.plus(-1));
        let stated = account.books.stated.clone();
        Self { outlook, planned, account, transfers: outlook.transfers.clone(), settled, stated, balance }
    }

    fn close(&mut self, month: Month, levy: &LevyAhead) -> ForecastMonth {
        if let Some(entry) = levy.entry(&self.account.books, month) {
            self.account.count(&entry);
        }
        let due = self.due(month);
        let transfers: Vec<&Transfer> = self.transfers.iter().collect();
        let closing = close(&self.account, &transfers, month, &due);
        self.record(month, &closing);
        let opening = std::mem::replace(&mut self.balance, balance(&self.account, month));
        let sums = self.account.books.months.get(&month).copied().unwrap_or_default();
        let transfers: Vec<&Transfer> = self.transfers.iter().collect();
        let (short_of_funds, short_of_allowance) = self.short(month, &due, &closing);
        ForecastMonth {
            month,
            opening,
            levy_in: sums.flow.levy,
            other: sums.flow.received + sums.corrections,
            own: closing.closed.paid,
            transfers: closing.closed.transferred,
            co_investment: closing.closed.government + closing.closed.employer,
            expired: closing.closed.expired,
            closing: self.balance,
            allowance: allowance_after(&self.account, &transfers, (month, self.base_levy(month))),
            short_of_funds,
            short_of_allowance,
        }
    }

    fn base_levy(&self, month: Month) -> Money {
        let year = AllowanceYear::of_month(month);
        self.account.base_levy(year, month.last_day())
    }

    /// Everything that is due in a month.
    fn due(&self, month: Month) -> MonthDue {
        if let Some(stated) = self.outlook.stated.get(&month) {
            return MonthDue { stated: Some(*stated), ..MonthDue::default() };
        }
        let first = self.outlook.first;
        let passed_on = self.outlook.passed_on.iter().filter(|_| month == first).cloned();
        let starts = self.outlook.starts.iter().chain(self.planned).filter_map(|start| {
            let settled = self.settled.get(&start.terms.start).map(Vec::as_slice).unwrap_or_default();
            start.due(&Asked { month, first, stated: &self.stated, settled })
        });
        MonthDue {
            starts: passed_on.chain(starts).collect(),
            base_levy: self.base_levy(month),
            levy_accounts: self.outlook.levy_accounts.clone(),
            stated: None,
        }
    }

    /// Counts in what a close records, as recording it would.
    fn record(&mut self, month: Month, closing: &Closing) {
        for entry in &closing.entries {
            self.account.count(entry);
            if entry.kind == EntryKind::TransferPayment {
                let transfer = self.transfers.iter_mut().find(|transfer| Some(transfer.key) == entry.transfer);
                match transfer {
                    Some(transfer) => transfer.count_paid(entry),
                    None => *self.account.unattributed.entry(month).or_default() -= entry.amount,
                }
            }
            self.settle(entry);
        }
        for part in &closing.co_invested {
            let source = match part.passed_to {
                Some(_) => Source::PassedOn,
                None => Source::CoInvestment { employer_percent: part.employer_percent },
            };
            if let Some(settled) = self.settled.get_mut(&part.start) {
                let amount = PaidPart { source, amount: part.amount };
                settled.push(Settled { month: part.earned.month, kind: Some(part.earned.kind), part: amount });
            }
        }
        self.account.books.closed_through = Some(month);
    }

    /// Remembers what an entry settled of a start whose later months follow from it.
    fn settle(&mut self, entry: &Entry) {
        let settled = entry.start.and_then(|start| self.settled.get_mut(&start));
        if let (Some(settled), Some(earned)) = (settled, entry.earned) {
            let transfer = entry.kind == EntryKind::TransferPayment;
            let source = if transfer { Source::Transfer } else { Source::Levy };
            let part = PaidPart { source, amount: -entry.amount };
            settled.push(Settled { month: earned.month, kind: Some(earned.kind), part });
        }
    }

    /// What was due and not covered: for want of funds, or of allowance where funds were left. What
    /// was earned after a transfer had ended was never its own to pay.
    fn short(&self, month: Month, due: &MonthDue, closing: &Closing) -> (Money, Money) {
        let transfer_of: HashMap<Seq, Seq> =
            due.starts.iter().filter_map(|start| Some((start.start, start.transfer?))).collect();
        let ended = |part: &CoInvested, transfer: &Seq| {
            let transfer = self.transfers.iter().find(|other| other.key == *transfer);
            transfer.is_some_and(|transfer| !transfer.pays_for(part.earned.month, month))
        };
        let funds_left = self.balance > Money::ZERO || closing.closed.expired > Money::ZERO;
        let mut short = (Money::ZERO, Money::ZERO);
        for part in closing.co_invested.iter().filter(|part| part.amount > Money::ZERO) {
            match transfer_of.get(&part.start) {
                Some(transfer) if ended(part, transfer) => {}
                Some(_) if funds_left => short.1 += part.amount,
                Some(_) | None => short.0 += part.amount,
            }
        }
        short
    }
}

/// The balance at a month's end, less what has lapsed by then, booked or not.
fn balance(account: &Account, month: Month) -> Money {
    let books = &account.books;
    let by_then = Books {
        months: books.months.range(..=month).map(|(month, sums)| (*month, *sums)).collect(),
        booked: books.booked.iter().filter(|booking| booking.due_month <= month).copied().collect(),
        closed_through: books.closed_through.map(|last| last.min(month)),
        stated: books.stated.clone(),
    };
    account_funds(&by_then, &account.rules, month.last_day()).balance
}
