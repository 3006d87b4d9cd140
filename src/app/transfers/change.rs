//! The steps of a transfer after it was offered: each is in order for its state, and what it commits
//! beyond before is held to the allowance.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use uuid::Uuid;

use super::terms::{GivenSchedule, provider_fault, schedule_given};
use super::{TransferView, held_to_allowance, view_of};
use crate::app::scope::Scope;
use crate::app::{Command, Decision, Fault, Refusal, refuse_faults};
use crate::domain::account::{Transfer, Uses};
use crate::domain::calendar::AllowanceYear;
use crate::domain::facts::Fact;
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::schedule::increases;
use crate::domain::transfers::{
    Change, ChangeNote, Employer, Terms, TransferChange, Transition, check_employer, check_reschedule, check_transition,
};
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::writer::{Moment, Receipt};

/// Takes a transfer from one state to another. Accepting an offer that had lapsed by now commits its
/// amount anew, since its reservation may have been used in between.
pub(crate) struct ChangeTransfer {
    pub(crate) scope: Scope,
    pub(crate) id: Uuid,
    pub(crate) on: NaiveDate,
    pub(crate) transition: Transition,
    pub(crate) reason: Option<String>,
}

impl Command for ChangeTransfer {
    type Answer = TransferView;

    fn needs(&self) -> Needs {
        Needs { transfers: vec![self.id], ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, now: Moment) -> Result<Decision<TransferView>, Refusal> {
        let transfer = self.scope.transfer(ledger, self.id)?;
        check_transition(&transfer.history, self.transition, self.on)
            .map_err(|invalid| Refusal::InvalidTransition(invalid.to_string()))?;
        let change = TransferChange { on: self.on, change: Change::Transition(self.transition) };
        changed(ledger, transfer, (change, self.reason), now)
    }
}

/// Gives a transfer new terms, which are held to the allowance like an offer.
pub(crate) struct Reschedule {
    pub(crate) scope: Scope,
    pub(crate) id: Uuid,
    pub(crate) on: NaiveDate,
    /// The amount from then on; as it was unless said.
    pub(crate) amount: Option<Money>,
    pub(crate) schedule: GivenSchedule,
    pub(crate) reason: String,
}

impl Command for Reschedule {
    type Answer = TransferView;

    fn needs(&self) -> Needs {
        Needs { transfers: vec![self.id], ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, now: Moment) -> Result<Decision<TransferView>, Refusal> {
        let transfer = self.scope.transfer(ledger, self.id)?;
        check_reschedule(&transfer.history, self.on)
            .map_err(|invalid| Refusal::InvalidTransition(invalid.to_string()))?;
        let amount = self.amount.unwrap_or(transfer.terms().amount);
        let mut faults = Vec::new();
        if amount <= Money::ZERO {
            faults.push(Fault::at("/amount", "a transfer is of more than 0.00 pounds"));
        }
        let schedule = schedule_given(&self.schedule, amount, transfer.purpose.agreed_on, &mut faults);
        refuse_faults(faults)?;
        covers_what_is_bound(transfer, amount)?;
        let change = Change::Rescheduled(Terms { amount, schedule });
        changed(ledger, transfer, (TransferChange { on: self.on, change }, Some(self.reason)), now)
    }
}

/// Lets another provider, which took over the one before, go on with a transfer. Its starts, its
/// schedule and what it reserves stay.
pub(crate) struct ChangeEmployer {
    pub(crate) scope: Scope,
    pub(crate) id: Uuid,
    pub(crate) on: NaiveDate,
    /// The provider from then on.
    pub(crate) provider: Uuid,
    pub(crate) reason: String,
}

impl Command for ChangeEmployer {
    type Answer = TransferView;

    fn needs(&self) -> Needs {
        Needs { transfers: vec![self.id], providers: vec![self.provider], ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, now: Moment) -> Result<Decision<TransferView>, Refusal> {
        let transfer = self.scope.transfer(ledger, self.id)?;
        check_employer(&transfer.history, self.on)
            .map_err(|invalid| Refusal::InvalidTransition(invalid.to_string()))?;
        let mut faults: Vec<Fault> = provider_fault(ledger, self.provider, self.on).into_iter().collect();
        if transfer.provider_on(self.on).public_id == self.provider {
            faults.push(Fault::at("/provider_id", "this is the transfer's provider already"));
        }
        refuse_faults(faults)?;
        let known = ledger.providers.get(&self.provider).ok_or(Refusal::NotFound("provider"))?;
        let change = Change::EmployerChanged(Employer { key: known.key, public_id: self.provider });
        changed(ledger, transfer, (TransferChange { on: self.on, change }, Some(self.reason)), now)
    }
}

/// An amount does not fall below what was paid, nor below the capped prices of the starts.
fn covers_what_is_bound(transfer: &Transfer, amount: Money) -> Result<(), Refusal> {
    let paid: Money = transfer.months.values().copied().sum();
    let (least, why) = if transfer.priced() > paid {
        (transfer.priced(), "the prices of its starts total")
    } else {
        (paid, "it was paid")
    };
    if amount >= least {
        return Ok(());
    }
    let detail = format!(
        "the transfer cannot fall to {}: {why} {}, which is the least it can be",
        amount.in_words(),
        least.in_words()
    );
    Err(Refusal::TransferExceeded { detail, figures: Some((amount, least)) })
}

/// The decision to record a change, once what it commits beyond before is within the allowance.
fn changed(
    ledger: &Ledger,
    before: &Transfer,
    (change, reason): (TransferChange, Option<String>),
    now: Moment,
) -> Result<Decision<TransferView>, Refusal> {
    let account = ledger.accounts.get(&before.account).ok_or(Refusal::NotFound("transfer"))?;
    let mut after = before.clone();
    after.change(change.clone());
    let growth = increases(&committed(&before.uses(now.today)), &committed(&after.uses(now.today)));
    let warnings = held_to_allowance(account, &growth, change.on, now.today)?;
    let key: Option<Seq> = Some(account.key);
    let TransferChange { on, change } = change;
    let mut note = ChangeNote {
        on,
        change: change.done(),
        amount: change.amount(),
        provider: change.employer().map(|employer| employer.public_id),
        reason: reason.clone(),
        by: String::new(),
    };
    Ok(Decision {
        facts: vec![Fact::TransferChanged { transfer: after.public_id, on, change, reason }],
        account: key,
        subject: Some(after.public_id),
        answer: Box::new(move |receipt: &Receipt| {
            note.by.clone_from(&receipt.by);
            after.notes.push(note);
            view_of(&after, now.today, warnings)
        }),
    })
}

fn committed(uses: &Uses) -> BTreeMap<AllowanceYear, Money> {
    uses.iter().map(|(year, used)| (*year, used.committed())).collect()
}
