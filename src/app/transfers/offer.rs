//! Offering a transfer, or recording one that was agreed at once.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::terms::{GivenSchedule, faults_of, provider_fault, schedule_derived, schedule_given};
use super::{OnDay, TransferView, held_to_allowance};
use crate::app::scope::Scope;
use crate::app::{Command, Decision, Refusal, refuse_faults};
use crate::domain::facts::{Fact, NewTransfer, TransferPurpose};
use crate::domain::money::Money;
use crate::domain::schedule::{committed, increases};
use crate::domain::transfers::{Terms, TransferChange, TransferFacts, TransferHistory};
use crate::storage::accounts::Months;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::writer::Moment;

/// Offers a transfer to a provider. What it sets aside is held to the allowance of each year
/// (`docs/rules.md` section 6).
pub(crate) struct OfferTransfer {
    pub(crate) scope: Scope,
    pub(crate) id: Uuid,
    pub(crate) account: Uuid,
    pub(crate) provider: Uuid,
    pub(crate) amount: Money,
    pub(crate) purpose: TransferPurpose,
    /// Parts by allowance year; none to derive them.
    pub(crate) schedule: Option<GivenSchedule>,
    /// Whether the provider accepted on the day it was agreed.
    pub(crate) accepted: bool,
}

impl Command for OfferTransfer {
    type Answer = TransferView;

    fn needs(&self) -> Needs {
        Needs { accounts: vec![self.account], providers: vec![self.provider], ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, now: Moment) -> Result<Decision<TransferView>, Refusal> {
        let account = self.scope.account(ledger, self.account)?;
        let new = self.checked(ledger)?;
        let growth = increases(&BTreeMap::new(), &committed(&new.terms.schedule, &BTreeMap::new()));
        let warnings = held_to_allowance(account, &growth, new.purpose.agreed_on, now.today)?;
        let (id, offered) = (new.public_id, new.clone());
        Ok(Decision {
            facts: vec![Fact::TransferAgreed(Box::new(new))],
            account: Some(account.key),
            subject: Some(id),
            answer: Box::new(move |receipt| {
                let recorded = receipt.first_seq.map(|_| id);
                TransferView { id: recorded, notes: vec![offered.note(&receipt.by)], ..view_of(offered, now, warnings) }
            }),
        })
    }
}

impl OfferTransfer {
    /// The transfer as it would be recorded, once nothing is wrong with what was sent.
    fn checked(self, ledger: &Ledger) -> Result<NewTransfer, Refusal> {
        let mut faults = provider_fault(ledger, self.provider, self.purpose.agreed_on).into_iter().collect::<Vec<_>>();
        faults.extend(faults_of(&self.purpose, self.amount));
        let schedule = match &self.schedule {
            Some(given) => schedule_given(given, self.amount, self.purpose.agreed_on, &mut faults),
            None => schedule_derived(&self.purpose, self.amount),
        };
        refuse_faults(faults)?;
        Ok(NewTransfer {
            public_id: self.id,
            account: self.account,
            provider: self.provider,
            terms: Terms { amount: self.amount, schedule },
            purpose: self.purpose,
            accepted: self.accepted,
        })
    }
}

/// An offer as it stands once it is recorded: nothing is paid and no start is there.
fn view_of(new: NewTransfer, now: Moment, warnings: Vec<String>) -> TransferView {
    let on = new.purpose.agreed_on;
    let facts = TransferFacts {
        agreed_on: on,
        terms: new.terms.clone(),
        apprentices: new.purpose.apprentices,
        lapses_on: new.purpose.lapses_on,
        first_start: None,
    };
    let history = TransferHistory::new(facts, vec![TransferChange { on, change: new.first_change() }]);
    let OnDay { status, terms, paid, reserved } = OnDay::of(&history, &Months::new(), now.today);
    TransferView {
        id: Some(new.public_id),
        account: new.account,
        provider: new.provider,
        purpose: new.purpose,
        status,
        terms,
        paid,
        reserved,
        warnings,
        notes: Vec::new(),
    }
}
