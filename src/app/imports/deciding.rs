//! What becomes of a row: it is found, or recorded by the same use case as a request of its own, or
//! refused by the same rules (`docs/imports.md`).

use std::collections::HashMap;

use chrono::NaiveDate;
use uuid::Uuid;

use super::ImportOf;
use super::columns::Columns;
use super::refused::RefusedRow;
use super::rows::{ProviderNamed, Wanted, WantedStart, WantedTransfer};
use crate::app::providers::RegisterProvider;
use crate::app::starts::RecordStart;
use crate::app::transfers::OfferTransfer;
use crate::app::{Command, Decision, Fault, Refusal};
use crate::domain::account::Transfer;
use crate::domain::facts::NewStart;
use crate::domain::money::Money;
use crate::domain::people::Provider;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::writer::{Effects, Moment};

/// What becomes of a row.
pub(super) enum Decided {
    /// It is there already.
    Found,
    /// It is recorded.
    Recorded(Effects),
}

/// Adds what a row has to see.
pub(super) fn need(needs: &mut Needs, wanted: &Wanted) {
    match wanted {
        Wanted::Provider(provider) => match &provider.company_number {
            Some(number) => needs.company_numbers.push(number.clone()),
            None => needs.provider_names.push(provider.name.clone()),
        },
        Wanted::Transfer(transfer) => {
            let ProviderNamed { id, company_number, name } = transfer.provider.clone();
            needs.providers.extend(id);
            needs.company_numbers.extend(company_number);
            needs.provider_names.extend(name);
        }
        Wanted::Start(start) => needs.learner_references.extend(start.learner.reference.clone()),
    }
}

/// Decides a row on everything recorded and on the rows before it.
pub(super) fn decide(
    wanted: Wanted,
    (of, known): (&ImportOf, &mut KnownTransfers),
    ledger: &Ledger,
    now: Moment,
) -> Result<Decided, Refusal> {
    match wanted {
        Wanted::Provider(provider) => {
            if is_there(&provider, ledger) {
                return Ok(Decided::Found);
            }
            record(RegisterProvider { id: Uuid::now_v7(), provider }, ledger, now)
        }
        Wanted::Transfer(wanted) => transfer(*wanted, (of, known), ledger, now),
        Wanted::Start(wanted) => start(*wanted, (of, known), ledger, now),
    }
}

fn record<C: Command>(command: C, ledger: &Ledger, now: Moment) -> Result<Decided, Refusal> {
    let Decision { facts, account, subject, .. } = command.decide(ledger, now)?;
    Ok(Decided::Recorded(Effects::of_step(facts, account, subject.map(|id| id.to_string()))))
}

/// Whether a provider is there: the one of its company number, or where it gives none, one of exactly
/// its name with no other charity number, CQC location or postcode.
fn is_there(provider: &Provider, ledger: &Ledger) -> bool {
    if let Some(number) = &provider.company_number {
        return ledger.company_numbers.contains_key(number);
    }
    let agrees = |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
    let mut namesakes = ledger.provider_names.get(&provider.name).into_iter().flatten();
    namesakes.any(|id| {
        ledger.providers.get(id).is_some_and(|known| {
            let known = &known.provider;
            agrees(&provider.charity_number, &known.charity_number)
                && agrees(&provider.cqc_location_id, &known.cqc_location_id)
                && agrees(&provider.postcode, &known.postcode)
        })
    })
}

/// The provider that a row names. An id of another ledger says nothing where there is another name.
fn provider_of(named: &ProviderNamed, ledger: &Ledger) -> Result<Uuid, Refusal> {
    let missing = |column: &str, detail: String| Err(Refusal::Invalid(vec![Fault::at(column, detail)]));
    if let Some(id) = named.id.filter(|id| ledger.providers.contains_key(id)) {
        return Ok(id);
    }
    if let Some(number) = &named.company_number {
        let found = ledger.company_numbers.get(number).copied();
        let detail = || format!("no provider has the company number {number}: import or register it first");
        return found.map_or_else(|| missing("/provider_company_number", detail()), Ok);
    }
    let Some(name) = &named.name else {
        return missing("/provider_id", "there is no such provider: import or register it first".to_owned());
    };
    let namesakes: Vec<Uuid> = ledger.provider_names.get(name).into_iter().flatten().copied().collect();
    match namesakes.as_slice() {
        [one] => Ok(*one),
        [] => missing("/provider_name", format!("no provider is called {name:?}: import or register it first")),
        several => {
            let detail =
                format!("{} providers are called {name:?}: name it by its company number or id", several.len());
            missing("/provider_name", detail)
        }
    }
}

/// Records a transfer unless it is there: the one of its reference, or where it has none, one that
/// looks the same.
fn transfer(
    wanted: WantedTransfer,
    (of, known): (&ImportOf, &mut KnownTransfers),
    ledger: &Ledger,
    now: Moment,
) -> Result<Decided, Refusal> {
    let provider = provider_of(&wanted.provider, ledger)?;
    let (reference, agreed_on) = (wanted.purpose.reference.clone(), wanted.purpose.agreed_on);
    match &reference {
        Some(reference) => {
            let same = |transfer: &&Transfer| {
                let ours = transfer.agreed_with.public_id == provider
                    || transfer.provider_on(NaiveDate::MAX).public_id == provider;
                ours && transfer.purpose.agreed_on == agreed_on && has_amount(transfer, wanted.amount)
            };
            let mut there = known.of_reference(reference, ledger).peekable();
            if let Some(first) = there.peek().copied() {
                let Some(_) = there.find(same) else { return Err(taken(reference, first)) };
                return Ok(Decided::Found);
            }
        }
        None => {
            if known.takes_nameless((provider, agreed_on, wanted.purpose.apprentices), wanted.amount) {
                return Ok(Decided::Found);
            }
        }
    }
    let id = Uuid::now_v7();
    let WantedTransfer { amount, purpose, schedule, accepted, .. } = wanted;
    let (scope, account) = (of.scope.clone(), of.account);
    let decided =
        record(OfferTransfer { scope, id, account, provider, amount, purpose, schedule, accepted }, ledger, now)?;
    if let Some(reference) = reference {
        known.by_reference.entry(reference).or_default().push(id);
    }
    Ok(decided)
}

/// Whether an amount is the one agreed at first or the one that stands now.
fn has_amount(transfer: &Transfer, amount: Money) -> bool {
    [transfer.history.facts().terms.amount, transfer.terms().amount].contains(&amount)
}

fn taken(reference: &str, by: &Transfer) -> Refusal {
    let (amount, on) = (by.history.facts().terms.amount.in_words(), by.purpose.agreed_on);
    let detail = format!(
        "{reference:?} is the reference of another transfer, of {amount} agreed on {on}: give this one its own, or \
         correct the provider, the amount or the day"
    );
    Refusal::Invalid(vec![Fault::at("/reference", detail)])
}

/// Records a start unless the same learner reference, standard and first day is there.
fn start(
    wanted: WantedStart,
    (of, known): (&ImportOf, &mut KnownTransfers),
    ledger: &Ledger,
    now: Moment,
) -> Result<Decided, Refusal> {
    let account = of.scope.account(ledger, of.account)?;
    let WantedStart { transfer_id, transfer_reference, terms, learner } = wanted;
    if let Some(reference) = &learner.reference {
        let identity = (account.key, reference.clone(), terms.standard_code.clone(), terms.start_on);
        if ledger.start_identities.contains_key(&identity) {
            return Ok(Decided::Found);
        }
    }
    let transfer = known.funding(transfer_id, transfer_reference.as_deref(), (of.account, ledger))?;
    let start = NewStart { public_id: Uuid::now_v7(), account: of.account, transfer, terms, learner };
    record(RecordStart { scope: of.scope.clone(), start }, ledger, now)
}

/// What is wrong with a row, each fault with its column.
pub(super) fn named(row: u32, refusal: Refusal, columns: &Columns) -> Vec<RefusedRow> {
    match refusal {
        Refusal::Invalid(faults) => {
            let named = |fault: Fault| {
                let column = fault.pointer.split('/').nth(1).map(|column| columns.heading(column));
                RefusedRow::at(row, column, fault.detail)
            };
            faults.into_iter().map(named).collect()
        }
        Refusal::CapExceeded(_) => vec![RefusedRow { row, column: Some(columns.heading("amount")), refusal }],
        refusal => vec![RefusedRow { row, column: None, refusal }],
    }
}

/// A transfer without a reference is known by its provider, its day and its number of apprentices.
type Likeness = (Uuid, NaiveDate, u32);

/// The transfers of the account, as rows name them.
pub(super) struct KnownTransfers {
    by_reference: HashMap<String, Vec<Uuid>>,
    /// Those that were there before this file, without a reference: the amounts of each.
    nameless: HashMap<Likeness, Vec<[Money; 2]>>,
}

impl KnownTransfers {
    pub(super) fn of(ledger: &Ledger, account: Uuid) -> Self {
        let mut known = Self { by_reference: HashMap::new(), nameless: HashMap::new() };
        for transfer in ledger.transfers.values().filter(|transfer| transfer.account == account) {
            match &transfer.purpose.reference {
                Some(reference) => known.by_reference.entry(reference.clone()).or_default().push(transfer.public_id),
                None => {
                    let purpose = &transfer.purpose;
                    let likeness = (transfer.agreed_with.public_id, purpose.agreed_on, purpose.apprentices);
                    let amounts = [transfer.history.facts().terms.amount, transfer.terms().amount];
                    known.nameless.entry(likeness).or_default().push(amounts);
                }
            }
        }
        known
    }

    fn of_reference<'l>(&self, reference: &str, ledger: &'l Ledger) -> impl Iterator<Item = &'l Transfer> {
        let ids = self.by_reference.get(reference).cloned().unwrap_or_default();
        ids.into_iter().filter_map(|id| ledger.transfers.get(&id))
    }

    /// Whether one that looks the same was there before this file. Each is found once, so that two rows
    /// that look the same are two transfers, however often the file is imported.
    fn takes_nameless(&mut self, likeness: Likeness, amount: Money) -> bool {
        let Some(alike) = self.nameless.get_mut(&likeness) else { return false };
        let found = alike.iter().position(|amounts| amounts.contains(&amount));
        found.map(|place| alike.swap_remove(place)).is_some()
    }

    /// The transfer that a row of starts names. An id of another ledger says nothing where there is a
    /// reference.
    fn funding(
        &self,
        id: Option<Uuid>,
        reference: Option<&str>,
        (account, ledger): (Uuid, &Ledger),
    ) -> Result<Option<Uuid>, Refusal> {
        let ours = |id: &Uuid| ledger.transfers.get(id).is_some_and(|transfer| transfer.account == account);
        let Some(reference) = reference.filter(|_| !id.as_ref().is_some_and(ours)) else { return Ok(id) };
        let missing = |detail: String| Err(Refusal::Invalid(vec![Fault::at("/transfer_reference", detail)]));
        match self.by_reference.get(reference).map(Vec::as_slice).unwrap_or_default() {
            [one] => Ok(Some(*one)),
            [] => missing(format!("no transfer of this account has the reference {reference:?}: import it first")),
            several => missing(format!("{} transfers have the reference {reference:?}: give its id", several.len())),
        }
    }
}
