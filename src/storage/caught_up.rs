//! A loaded ledger that counts in what another process recorded sees what one that is loaded anew sees.

use std::sync::Arc;

use chrono::{Days, NaiveDate, NaiveDateTime};
use proptest::prelude::*;
use uuid::Uuid;

use super::connection::{DatabaseUrl, Purpose, open};
use super::events::{Head, since};
use super::ledger::Ledger;
use super::ledger::Needs;
use super::writer::{Actor, Answer, Decide, Effects, Submission};
use super::{Clock, Store, StoreOptions};
use crate::domain::account::AccountSettings;
use crate::domain::facts::{Fact, Learner, NewStart, NewTransfer, StartTerms, TransferPurpose};
use crate::domain::journal::{Entry, EntryKind, Seq};
use crate::domain::money::Money;
use crate::domain::people::{Provider, Sector};
use crate::domain::starts::StartChange;
use crate::domain::transfers::{Change, Terms, Transition};

struct Midnight;

impl Clock for Midnight {
    fn now(&self) -> NaiveDateTime {
        self.today().into()
    }

    fn today(&self) -> NaiveDate {
        "2026-11-22".parse().unwrap()
    }
}

/// What is recorded next: one of several kinds, of one of those that are there, on a day.
#[derive(Clone, Debug)]
struct Step {
    kind: u8,
    of: usize,
    units: i64,
    days: u64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // What cannot be counted in is rare, or hardly anything would be.
    let kind = prop_oneof![60 => 0..8_u8, 1 => 8..10_u8];
    let step = (kind, 0..1_000_usize, 1..9_000_000_i64, 0..1_000_u64);
    let step = step.prop_map(|(kind, of, units, days)| Step { kind, of, units, days });
    prop::collection::vec(step, 1..40)
}

/// A transfer or a start: its id, its key, and the place of its account.
type Made = (Uuid, Seq, usize);

/// A ledger to which another process records, and what it holds.
struct Other {
    store: Store,
    accounts: Vec<Uuid>,
    provider: Uuid,
    transfers: Vec<Made>,
    starts: Vec<Made>,
    payments: Vec<Seq>,
}

impl Other {
    fn new(url: DatabaseUrl) -> Self {
        let options = StoreOptions { url, clock: Arc::new(Midnight), idempotency_days: 90, readers: 1 };
        let (store, provider) = (Store::open(options).unwrap(), Uuid::now_v7());
        let (accounts, transfers, starts, payments) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut other = Self { store, accounts, provider, transfers, starts, payments };
        let known = Provider {
            name: "Harbour Care".to_owned(),
            sector: Sector::Health,
            company_number: None,
            charity_number: None,
            cqc_location_id: None,
            size: None,
            levy_payer: None,
            district: None,
            postcode: None,
            closed_on: None,
        };
        other.record(0, vec![Fact::ProviderRegistered { public_id: provider, provider: known }]);
        for name in ["Northshire", "Southshire", "Westshire"] {
            let public_id = Uuid::now_v7();
            other.record(0, vec![Fact::AccountOpened { public_id, settings: settings(name) }]);
            other.accounts.push(public_id);
        }
        other
    }

    fn needs(&self) -> Needs {
        Needs {
            accounts: self.accounts.clone(),
            providers: vec![self.provider],
            whole_starts: self.starts.iter().map(|start| start.0).collect(),
            entries: self.payments.clone(),
            learner_references: vec!["L-1".to_owned()],
            ..Needs::default()
        }
    }

    /// Records facts of an account as one event; gives the number of the first.
    fn record(&self, of: usize, facts: Vec<Fact>) -> Seq {
        let (tell, told) = std::sync::mpsc::channel();
        let account = self.accounts.get(of).copied();
        let decide = Decide::One(Box::new(move |ledger, _| {
            let account = account.and_then(|id| Some(ledger.accounts.get(&id)?.key));
            let answer = move |receipt: &super::writer::Receipt| {
                tell.send(receipt.first_seq.unwrap()).unwrap();
                Answer::silent()
            };
            Ok(Effects { facts, account, subject: None, answer: Box::new(answer) })
        }));
        let actor = Actor { id: String::new(), name: "Other".to_owned(), request_id: String::new() };
        let submission = Submission { actor, needs: self.needs(), key: None, decide };
        self.store.writer().submit_blocking(submission).unwrap();
        told.recv().unwrap()
    }

    fn take(&mut self, step: &Step) {
        let day = NaiveDate::from_ymd_opt(2024, 5, 1).unwrap() + Days::new(step.days);
        let (of, amount) = (step.of % self.accounts.len(), Money::from_units(step.units));
        let moved = |entry: Entry| vec![Fact::Moved { account: self.accounts[of], entry }];
        let transfer = (!self.transfers.is_empty()).then(|| self.transfers[step.of % self.transfers.len()]);
        let start = (!self.starts.is_empty()).then(|| self.starts[step.of % self.starts.len()]);
        match step.kind {
            0 => {
                let declared_on = Some(day - Days::new(60));
                self.record(of, moved(Entry { declared_on, ..Entry::on(day, EntryKind::Levy, amount) }));
            }
            1 => {
                self.record(of, moved(Entry::on(day, EntryKind::TransferPayment, -amount)));
            }
            2 => {
                self.record(of, moved(Entry::on(day, EntryKind::Expiry, -amount)));
            }
            3 => self.agree(of, day, amount),
            4 => self.start(of, transfer.filter(|transfer| transfer.2 == of), (day, amount)),
            5..=7 => self.pay((of, transfer, start), day, amount),
            8 if step.days < 200 => {
                let Some((id, _, of)) = start else { return };
                let change = StartChange::Voided;
                self.record(of, vec![Fact::StartChanged { start: id, change, reason: None }]);
            }
            8 if step.days < 400 => {
                let account = self.accounts[of];
                self.record(of, vec![Fact::SettingsChanged { account, settings: settings("Eastshire") }]);
            }
            _ => {
                let Some((transfer, _, of)) = transfer else { return };
                let change = Change::Transition(Transition::Complete);
                self.record(of, vec![Fact::TransferChanged { transfer, on: day, change, reason: None }]);
            }
        }
    }

    fn agree(&mut self, of: usize, agreed_on: NaiveDate, amount: Money) {
        let lapses_on = Some(agreed_on + Days::new(90)).filter(|_| amount.units() % 2 == 0);
        let purpose = TransferPurpose {
            agreed_on,
            apprentices: 3,
            lapses_on,
            planned_start: None,
            duration_months: None,
            standard_code: None,
            level: None,
            priority_groups: Vec::new(),
            reference: None,
        };
        let terms = Terms { amount, schedule: [("2026-27".parse().unwrap(), amount)].into() };
        let (public_id, account, provider) = (Uuid::now_v7(), self.accounts[of], self.provider);
        let accepted = amount.units() % 3 != 0;
        let new = NewTransfer { public_id, account, provider, purpose, terms, accepted };
        let key = self.record(of, vec![Fact::TransferAgreed(Box::new(new))]);
        self.transfers.push((public_id, key, of));
    }

    fn start(&mut self, of: usize, transfer: Option<Made>, (start_on, agreed_price): (NaiveDate, Money)) {
        let terms = StartTerms {
            standard_code: "ST0001".to_owned(),
            standard_title: None,
            level: 3,
            sector: None,
            agreed_price,
            funding_band_maximum: Some(Money::from_units(5_000_000)),
            agreed_on: start_on,
            start_on,
            planned_end_on: start_on + Days::new(400),
            training_provider_ukprn: None,
            training_provider_name: None,
            local_training_provider: None,
            change_of_employer: false,
        };
        let learner = Learner { reference: Some("L-1".to_owned()), ..Learner::default() };
        let (public_id, account) = (Uuid::now_v7(), self.accounts[of]);
        let start = NewStart { public_id, account, transfer: transfer.map(|of| of.0), terms, learner };
        let key = self.record(of, vec![Fact::StartRecorded(Box::new(start))]);
        self.starts.push((public_id, key, of));
    }

    /// Pays of a transfer and for a start of the account, or for one of another account, which passed it
    /// on, and takes back what was paid before.
    fn pay(&mut self, (of, transfer, start): (usize, Option<Made>, Option<Made>), day: NaiveDate, amount: Money) {
        let transfer = transfer.filter(|transfer| transfer.2 == of).map(|transfer| transfer.1);
        let start = start.filter(|start| transfer.is_none() || start.2 == of).map(|start| start.1);
        let kind = if transfer.is_some() { EntryKind::TransferPayment } else { EntryKind::OwnPayment };
        let paid = Entry { transfer, start, ..Entry::on(day, kind, -amount) };
        let moved = |entry: Entry| Fact::Moved { account: self.accounts[of], entry };
        let first = self.record(of, vec![moved(paid.clone()), moved(paid.clone())]);
        let back = Entry { amount, reverses: Some(first), ..paid };
        if day > NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() {
            self.record(of, vec![moved(back)]);
        }
        self.payments.push(first);
    }
}

fn settings(name: &str) -> AccountSettings {
    AccountSettings {
        name: name.to_owned(),
        rule_set: "standard".to_owned(),
        policy_cap_percent: None,
        english_fraction_override: None,
        provider: None,
        training_provider_priority: Vec::new(),
    }
}

/// Everything that decisions see of it, in order and without what counts for nothing.
fn seen(ledger: &Ledger, today: NaiveDate) -> Vec<String> {
    let accounts = ledger.accounts.values().map(|account| {
        let mut account = account.clone();
        account.uses.retain(|_, used| !used.paid.is_zero() || !used.reserved.is_zero());
        account.declared_ahead.retain(|(_, from), amount| *from > today && !amount.is_zero());
        format!("{account:?}")
    });
    let mut seen: Vec<String> = accounts.collect();
    seen.extend(ledger.transfers.values().map(|transfer| format!("{transfer:?}")));
    seen.extend(ledger.starts.values().map(|start| format!("{start:?}")));
    seen.extend(ledger.known_starts.iter().map(|start| format!("{start:?}")));
    seen.extend(ledger.entries.iter().map(|entry| format!("{entry:?}")));
    seen.extend(ledger.start_identities.iter().map(|identity| format!("{identity:?}")));
    seen.extend(ledger.providers.values().map(|provider| {
        let mut provider = provider.clone();
        provider.used_by.sort_unstable();
        format!("{provider:?}")
    }));
    seen.sort_unstable();
    seen
}

#[test]
fn what_came_after_a_head_that_is_not_there_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::file(folder.path().join("ledger.db"));
    let _other = Other::new(url.clone());
    let db = &mut open(&url, Purpose::Reading).unwrap();
    let (head, _) = since(db, &Head::default()).unwrap();
    assert_eq!(since(db, &head).unwrap().1.map(|later| later.len()), Some(0));
    let rolled_back = Head { hash: "0".repeat(64), ..head.clone() };
    let (now, later) = since(db, &rolled_back).unwrap();
    assert_eq!(now, head);
    assert!(later.is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_ledger_that_caught_up_is_the_one_that_is_loaded(
        before in steps(),
        rounds in prop::collection::vec(steps(), 1..4),
        accounts in 0..4_usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::file(folder.path().join("ledger.db"));
        let mut other = Other::new(url.clone());
        before.iter().for_each(|step| other.take(step));
        let db = &mut open(&url, Purpose::Reading).unwrap();
        let today = Midnight.today();
        // Some accounts of the transfers are not loaded.
        let mut needs = other.needs();
        needs.accounts.truncate(accounts);
        let (mut ledger, mut head) = (Ledger::default(), Head::default());
        for steps in &rounds {
            if head == Head::default() {
                head = since(db, &head).unwrap().0;
                ledger.load(db, [&needs], today).unwrap();
            }
            steps.iter().for_each(|step| other.take(step));
            let (now, later) = since(db, &head).unwrap();
            let plain = steps.iter().all(|step| step.kind < 8);
            let caught_up = ledger.catch_up(db, &later.unwrap()).unwrap();
            prop_assert!(caught_up || !plain);
            if !caught_up {
                ledger = Ledger::default();
            }
            ledger.load(db, [&needs], today).unwrap();
            head = now;
            let mut anew = Ledger::default();
            anew.load(db, [&needs], today).unwrap();
            // Accounts of which nothing is needed any more stay loaded.
            let all = Needs { accounts: ledger.accounts.keys().copied().collect(), ..needs.clone() };
            anew.load(db, [&all], today).unwrap();
            prop_assert_eq!(seen(&ledger, today), seen(&anew, today));
        }
    }
}
