//! A ledger on which facts are recorded as they are given, to try what is read from them.

use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use uuid::Uuid;

use super::figures::AsOf;
use super::scope::Scope;
use super::totals::{self, TotalsView};
use super::underspend;
use super::{Command, Decision, Refusal, local};
use crate::domain::account::AccountSettings;
use crate::domain::calendar::{Month, parse_date};
use crate::domain::facts::{Fact, Learner, NewStart, NewTransfer, StartTerms, TransferPurpose};
use crate::domain::journal::{Entry, EntryKind, Seq};
use crate::domain::people::{Provider, Sector};
use crate::domain::transfers::Terms;
use crate::domain::underspend::{Period, Underspend};
use crate::storage::connection::Db;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::writer::Moment;
use crate::storage::{Clock, Store, StoreOptions, Stored};

/// The day on which scenarios take place.
pub(crate) const TODAY: &str = "2026-11-22";

struct Noon;

impl Clock for Noon {
    fn now(&self) -> NaiveDateTime {
        self.today().and_time(NaiveTime::MIN)
    }

    fn today(&self) -> NaiveDate {
        day(TODAY)
    }
}

pub(crate) fn day(text: &str) -> NaiveDate {
    parse_date(text).unwrap()
}

pub(crate) fn month(text: &str) -> Month {
    text.parse().unwrap()
}

/// Records facts without asking whether a rule allows them.
struct Record {
    needs: Needs,
    facts: Vec<Fact>,
}

impl Command for Record {
    type Answer = Option<Seq>;

    fn needs(&self) -> Needs {
        self.needs.clone()
    }

    fn decide(self, ledger: &Ledger, _: Moment) -> Result<Decision<Option<Seq>>, Refusal> {
        let answer = Box::new(|receipt: &crate::storage::writer::Receipt| receipt.first_seq);
        let account = self.needs.accounts.first().and_then(|id| ledger.accounts.get(id)).map(|account| account.key);
        Ok(Decision { facts: self.facts, account, subject: None, answer })
    }
}

/// A ledger with one account.
pub(crate) struct Scenario {
    pub(crate) store: Store,
    pub(crate) account: Uuid,
    _folder: tempfile::TempDir,
}

impl Scenario {
    pub(crate) fn under(rule_set: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("ledger.db").display()).parse().unwrap();
        let store = Store::open(StoreOptions { url, clock: Arc::new(Noon), idempotency_days: 90, readers: 1 }).unwrap();
        let mut scenario = Self { store, account: Uuid::nil(), _folder: folder };
        scenario.account = scenario.open_account(rule_set);
        scenario
    }

    pub(crate) fn open_account(&self, rule_set: &str) -> Uuid {
        let public_id = Uuid::now_v7();
        let settings = AccountSettings {
            name: "Northshire".to_owned(),
            rule_set: rule_set.to_owned(),
            policy_cap_percent: None,
            english_fraction_override: None,
            provider: None,
            training_provider_priority: Vec::new(),
        };
        self.record(Needs::default(), vec![Fact::AccountOpened { public_id, settings }]);
        public_id
    }

    pub(crate) fn record(&self, needs: Needs, facts: Vec<Fact>) -> Seq {
        let recorded = local::record(&self.store, &local::operator("scenario"), Record { needs, facts });
        recorded.unwrap().unwrap()
    }

    /// Moves the balance by an amount on a day, in that day's month.
    pub(crate) fn entry(&self, kind: EntryKind, amount: &str, on: &str) -> Seq {
        self.enter(entry(kind, amount, on))
    }

    pub(crate) fn enter(&self, entry: Entry) -> Seq {
        self.enter_all(vec![entry])
    }

    pub(crate) fn enter_all(&self, entries: Vec<Entry>) -> Seq {
        let needs = Needs { accounts: vec![self.account], ..Needs::default() };
        let facts = entries.into_iter().map(|entry| Fact::Moved { account: self.account, entry });
        self.record(needs, facts.collect())
    }

    /// An own start of £12,000 from one day to another; gives its key.
    pub(crate) fn start(&self, start_on: &str, planned_end_on: &str) -> Seq {
        let terms = StartTerms {
            standard_code: "ST0001".to_owned(),
            standard_title: None,
            level: 3,
            sector: None,
            agreed_price: "12000.00".parse().unwrap(),
            funding_band_maximum: None,
            agreed_on: day(start_on),
            start_on: day(start_on),
            planned_end_on: day(planned_end_on),
            training_provider_ukprn: None,
            training_provider_name: None,
            local_training_provider: None,
            change_of_employer: false,
        };
        let (public_id, account) = (Uuid::now_v7(), self.account);
        let start = NewStart { public_id, account, transfer: None, terms, learner: Learner::default() };
        let needs = Needs { accounts: vec![self.account], ..Needs::default() };
        self.record(needs, vec![Fact::StartRecorded(Box::new(start))])
    }

    /// A provider; gives its id.
    pub(crate) fn provider(&self) -> Uuid {
        let provider = Provider {
            name: "Harbour Care".to_owned(),
            sector: Sector::AdultSocialCare,
            company_number: None,
            charity_number: None,
            cqc_location_id: None,
            size: None,
            levy_payer: None,
            district: None,
            postcode: None,
            closed_on: None,
        };
        let public_id = Uuid::now_v7();
        self.record(Needs::default(), vec![Fact::ProviderRegistered { public_id, provider }]);
        public_id
    }

    /// A transfer to a provider, wholly scheduled for an allowance year; gives its key.
    pub(crate) fn transfer(&self, provider: Uuid, amount: &str, agreed_on: &str, accepted: bool) -> Seq {
        let amount = amount.parse().unwrap();
        let purpose = TransferPurpose {
            agreed_on: day(agreed_on),
            apprentices: 1,
            lapses_on: None,
            planned_start: None,
            duration_months: None,
            standard_code: None,
            level: None,
            priority_groups: Vec::new(),
            reference: None,
        };
        let schedule = [("2026-27".parse().unwrap(), amount)].into();
        let (public_id, account) = (Uuid::now_v7(), self.account);
        let new = NewTransfer { public_id, account, provider, purpose, terms: Terms { amount, schedule }, accepted };
        let needs = Needs { accounts: vec![self.account], providers: vec![provider], ..Needs::default() };
        self.record(needs, vec![Fact::TransferAgreed(Box::new(new))])
    }

    pub(crate) fn read<T>(&self, query: impl FnOnce(&mut Db) -> Stored<T>) -> T {
        self.store.read(query).unwrap()
    }

    /// The state at a day's end as known at a number.
    pub(crate) fn as_of(&self, as_at: &str, known_at: Option<Seq>) -> AsOf {
        self.read(|db| AsOf::new(db, Some(day(as_at)), known_at, day(TODAY))).unwrap()
    }

    pub(crate) fn totals(&self, as_at: &str, known_at: Option<Seq>) -> TotalsView {
        let of = self.as_of(as_at, known_at);
        self.read(|db| totals::of_account(db, &Scope::default(), self.account, of)).unwrap()
    }

    pub(crate) fn underspend(&self, as_at: &str) -> Underspend {
        let of = self.as_of(as_at, None);
        let question = (of, Period::default());
        self.read(|db| underspend::report(db, &Scope::default(), self.account, question)).unwrap()
    }
}

/// A movement of the balance on a day, in that day's month.
pub(crate) fn entry(kind: EntryKind, amount: &str, on: &str) -> Entry {
    let levy = matches!(kind, EntryKind::Levy | EntryKind::LevyAdjustment);
    Entry { declared_on: levy.then(|| day(on)), ..Entry::on(day(on), kind, amount.parse().unwrap()) }
}
