//! Recording payments and refunds: many at once, all or nothing.

use uuid::Uuid;

use super::entries::NamedIds;
use super::scope::Scope;
use super::spending::{HeldBack, PaidSoFar, hold};
use super::{Command, Decision, Fault, Refusal, refuse_faults};
use crate::domain::account::{Account, Start, Transfer};
use crate::domain::calendar::Month;
use crate::domain::facts::Fact;
use crate::domain::journal::Entry;
use crate::domain::money::Money;
use crate::domain::spending::{PaymentKind, payment};
use crate::domain::transfers::TransferStatus;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::writer::{Moment, Receipt};

/// How many payments a request holds at the most.
const MOST: usize = 1_000;

/// A payment that is asked for, or a refund when its amount is negative.
pub(crate) struct PaymentAsked {
    pub(crate) month: Month,
    pub(crate) kind: PaymentKind,
    pub(crate) amount: Money,
    pub(crate) start: Option<Uuid>,
    pub(crate) transfer: Option<Uuid>,
    pub(crate) reference: Option<String>,
}

/// Records payments: none of them, where one is refused (`docs/rules.md` sections 5 and 6).
pub(crate) struct RecordPayments {
    pub(crate) scope: Scope,
    pub(crate) account: Uuid,
    pub(crate) payments: Vec<PaymentAsked>,
}

/// Payments as recorded.
pub(crate) struct PaymentsRecorded {
    pub(crate) entries: Vec<(Entry, NamedIds)>,
    pub(crate) warnings: Vec<String>,
    pub(crate) receipt: Receipt,
}

impl Command for RecordPayments {
    type Answer = PaymentsRecorded;

    fn needs(&self) -> Needs {
        Needs {
            accounts: vec![self.account],
            starts: self.payments.iter().filter_map(|payment| payment.start).collect(),
            transfers: self.payments.iter().filter_map(|payment| payment.transfer).collect(),
            ..Needs::default()
        }
    }

    fn decide(self, ledger: &Ledger, now: Moment) -> Result<Decision<PaymentsRecorded>, Refusal> {
        let account = self.scope.account(ledger, self.account)?;
        if !(1..=MOST).contains(&self.payments.len()) {
            return Err(Refusal::Invalid(vec![Fault::at("/payments", format!("send 1 to {MOST} payments at a time"))]));
        }
        let sources = Sources { ledger, account }.of_all(&self.payments)?;
        refuse_closed(account, &self.payments)?;
        let entries: Vec<Entry> =
            self.payments.iter().zip(&sources).map(|(asked, source)| entry(asked, source)).collect();
        refuse_faults(amount_faults(ledger, account, &entries))?;
        for (place, (entry, source)) in entries.iter().zip(&sources).enumerate() {
            may_pay(place, entry, source)?;
        }
        let warnings = hold(ledger, account, &entries, now).map_err(HeldBack::among_several)?;
        let moved = |entry: &Entry| Fact::Moved { account: account.public_id, entry: entry.clone() };
        let facts = entries.iter().map(moved).collect();
        let entries: Vec<(Entry, NamedIds)> = entries.into_iter().zip(sources.iter().map(Source::ids)).collect();
        Ok(Decision {
            facts,
            account: Some(account.key),
            subject: None,
            answer: Box::new(move |receipt| PaymentsRecorded { entries, warnings, receipt: receipt.clone() }),
        })
    }
}

/// A closed month stays as it was closed.
fn refuse_closed(account: &Account, payments: &[PaymentAsked]) -> Result<(), Refusal> {
    let Some(first_open) = account.books.first_open() else { return Ok(()) };
    let closed = payments.iter().enumerate().find(|(_, asked)| asked.month < first_open);
    let refusal = |(place, asked): (usize, &PaymentAsked)| Refusal::MonthClosed {
        payment: Some(place),
        month: asked.month,
        first_open,
    };
    closed.map_or(Ok(()), |found| Err(refusal(found)))
}

/// What a payment is for, and what pays it.
#[derive(Default)]
struct Source<'l> {
    start: Option<&'l Start>,
    transfer: Option<&'l Transfer>,
}

impl Source<'_> {
    fn ids(&self) -> NamedIds {
        let start = self.start.map(|start| start.public_id);
        NamedIds { start, transfer: self.transfer.map(|transfer| transfer.public_id) }
    }
}

/// Where the starts and transfers of an account are found.
struct Sources<'l> {
    ledger: &'l Ledger,
    account: &'l Account,
}

impl<'l> Sources<'l> {
    /// The source of each payment, or all that is wrong with them.
    fn of_all(&self, payments: &[PaymentAsked]) -> Result<Vec<Source<'l>>, Refusal> {
        let mut faults = Vec::new();
        let sources = payments.iter().enumerate().map(|(place, asked)| {
            let mut fault = |field: &str, detail: String| {
                faults.push(Fault::at(&format!("/payments/{place}/{field}"), detail));
            };
            if asked.amount.is_zero() {
                fault("amount", "nothing is neither paid nor refunded; leave the payment out".to_owned());
            }
            self.of(asked, &mut fault)
        });
        let sources = sources.collect();
        refuse_faults(faults)?;
        Ok(sources)
    }

    fn of(&self, asked: &PaymentAsked, fault: &mut impl FnMut(&str, String)) -> Source<'l> {
        let id = self.account.public_id;
        let start = asked.start.and_then(|start| self.ledger.starts.get(&start)).filter(|start| start.account == id);
        let transfer = asked.transfer.and_then(|transfer| self.ledger.transfers.get(&transfer));
        let transfer = transfer.filter(|transfer| transfer.account == id);
        for (given, found, field, what) in [
            (asked.start, start.is_some(), "start_id", "start"),
            (asked.transfer, transfer.is_some(), "transfer_id", "transfer"),
        ] {
            if let Some(given) = given.filter(|_| !found) {
                fault(field, format!("this account has no {what} {given}"));
            }
        }
        if let Some(start) = start.filter(|start| start.start_on > asked.month.last_day()) {
            fault("month", format!("{} ends before the start's first day, {}", asked.month, start.start_on));
        }
        if start.is_some_and(|start| start.voided) {
            fault("start_id", "the start is void, so it is paid nothing".to_owned());
        }
        match asked.kind {
            PaymentKind::Own => self.own(asked, start, fault),
            PaymentKind::Transfer => self.transferred(start, transfer, fault),
        }
    }

    fn own(&self, asked: &PaymentAsked, start: Option<&'l Start>, fault: &mut impl FnMut(&str, String)) -> Source<'l> {
        if asked.transfer.is_some() {
            fault(
                "transfer_id",
                "own training is paid by no transfer: leave it out, or the kind is \"transfer\"".into(),
            );
        }
        if start.is_some_and(|start| start.transfer.is_some()) {
            fault("start_id", "a transfer funds this start: the kind is \"transfer\"".to_owned());
        }
        Source { start, transfer: None }
    }

    fn transferred(
        &self,
        start: Option<&'l Start>,
        transfer: Option<&'l Transfer>,
        fault: &mut impl FnMut(&str, String),
    ) -> Source<'l> {
        let Some(funded) = start else { return Source { start, transfer } };
        let funding = funded.transfer.and_then(|key| self.ledger.transfer_by_key(key));
        match (funding, transfer) {
            (None, _) => fault("start_id", "no transfer funds this start: the kind is \"own\"".to_owned()),
            (Some(funding), Some(named)) if funding.key != named.key => {
                fault("transfer_id", format!("the start is funded by transfer {}", funding.public_id));
            }
            (Some(_), _) => {}
        }
        Source { start, transfer: funding }
    }
}

fn entry(asked: &PaymentAsked, source: &Source<'_>) -> Entry {
    Entry {
        start: source.start.map(|start| start.key),
        transfer: source.transfer.map(|transfer| transfer.key),
        reference: asked.reference.clone(),
        ..payment(asked.kind, asked.month, asked.amount)
    }
}

/// Refunds give back what was paid at the most, and no account spends beyond what money can say.
fn amount_faults(ledger: &Ledger, account: &Account, entries: &[Entry]) -> Vec<Fault> {
    let mut paid = PaidSoFar::of(ledger);
    let mut spent = Spent::by(account);
    let mut faults = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let pointer = format!("/payments/{place}/amount");
        if let Err(detail) = paid.count(entry) {
            faults.push(Fault::at(&pointer, detail));
        }
        if !spent.count(entry) {
            faults.push(Fault::at(&pointer, "an account spends at most 90000000000.00 pounds"));
        }
    }
    faults
}

/// What an account has spent in all its months, each kind apart.
struct Spent {
    own: Money,
    transferred: Money,
}

impl Spent {
    fn by(account: &Account) -> Self {
        let flows = || account.books.months.values().map(|sums| sums.flow);
        Self { own: flows().map(|flow| flow.own).sum(), transferred: flows().map(|flow| flow.transferred).sum() }
    }

    /// Counts an entry; false when that goes beyond the largest amount of money.
    fn count(&mut self, entry: &Entry) -> bool {
        let spent = if entry.kind == PaymentKind::Own.entry_kind() { &mut self.own } else { &mut self.transferred };
        *spent -= entry.amount;
        spent.within_limit()
    }
}

/// A transfer pays once it is accepted, and to its end; what it paid can always be given back.
fn may_pay(place: usize, entry: &Entry, source: &Source<'_>) -> Result<(), Refusal> {
    let Some(transfer) = source.transfer.filter(|_| entry.amount.is_negative()) else { return Ok(()) };
    let status = transfer.history.recorded_status();
    match status {
        TransferStatus::Accepted | TransferStatus::Live | TransferStatus::Completed | TransferStatus::Stopped => Ok(()),
        TransferStatus::Offered | TransferStatus::Declined | TransferStatus::Lapsed | TransferStatus::Withdrawn => {
            let id = transfer.public_id;
            Err(Refusal::InvalidTransition(format!(
                "/payments/{place}: transfer {id} is {status}; a transfer pays once it is accepted"
            )))
        }
    }
}
