//! Accounts whose months are due to be closed: all their starts are live, three of ten under transfers, and
//! their funds pay for all of them.

use std::collections::BTreeMap;

use chrono::{Days, Months, NaiveDate};
use levy_ledger::domain::account::AccountSettings;
use levy_ledger::domain::calendar::{AllowanceYear, Month};
use levy_ledger::domain::facts::{Fact, Learner, NewStart, NewTransfer, StartTerms, TransferPurpose};
use levy_ledger::domain::journal::{Entry, EntryKind};
use levy_ledger::domain::money::Money;
use levy_ledger::domain::people::{Provider, Sector, Size};
use levy_ledger::domain::transfers::Terms;
use levy_ledger::storage::Store;
use uuid::Uuid;

use super::Outcome;

/// For how many months levy comes in, from a year before the first that is closed.
const MONTHS_OF_LEVY: u32 = 24;
/// About how many facts are loaded in a transaction.
const AT_ONCE: usize = 50_000;

/// Accounts of the same form.
pub struct Bodies {
    /// How many there are.
    pub accounts: u32,
    /// How many starts each has, all of 24 months.
    pub starts: u32,
    /// How many transfers its starts under transfers share.
    pub transfers: u32,
    /// The month in which all begin.
    pub first: Month,
}

/// The id of something of an account, later ones behind earlier ones.
fn id(what: u8, account: u32, number: u32) -> Uuid {
    let moment = 0x0190_0000_0000_u128 + (u128::from(what) << 24) + u128::from(account);
    Uuid::from_u128(moment << 80 | 0x7000 << 64 | 0b10 << 62 | u128::from(number))
}

/// The id of an account.
pub fn account_id(account: u32) -> Uuid {
    id(1, account, 0)
}

impl Bodies {
    /// Loads them into a ledger.
    pub fn load(&self, store: &Store) -> Outcome<()> {
        let mut next = store.next_number()?;
        let mut events = Vec::new();
        for account in 0..self.accounts {
            events.extend(self.of(account));
            if events.iter().map(Vec::len).sum::<usize>() >= AT_ONCE || account + 1 == self.accounts {
                next = store.load("bench", next, std::mem::take(&mut events))?;
            }
        }
        Ok(())
    }

    fn of(&self, account: u32) -> Vec<Vec<Fact>> {
        let settings = AccountSettings {
            name: format!("Bench Body {account}"),
            rule_set: "standard".to_owned(),
            policy_cap_percent: None,
            english_fraction_override: None,
            training_provider_priority: Vec::new(),
            provider: None,
        };
        let mut events = vec![
            vec![Fact::AccountOpened { public_id: account_id(account), settings }],
            (0..self.transfers).map(|number| registered(account, number)).collect(),
            (0..MONTHS_OF_LEVY).map(|month| self.levy(account, month)).collect(),
            (0..self.transfers).map(|number| self.agreed(account, number)).collect(),
        ];
        let starts: Vec<Fact> = (0..self.starts).map(|number| self.start(account, number)).collect();
        events.extend(starts.chunks(1_000).map(<[Fact]>::to_vec));
        events
    }

    fn levy(&self, account: u32, month: u32) -> Fact {
        let on = self.first.first_day() - Months::new(12) + Months::new(month) + Days::new(21);
        let amount = Money::from_units(i64::from(self.starts) * 30_000_000);
        let entry = Entry { declared_on: Some(on), ..Entry::on(on, EntryKind::Levy, amount) };
        Fact::Moved { account: account_id(account), entry }
    }

    fn agreed(&self, account: u32, number: u32) -> Fact {
        let amount = Money::from_units(9_000_000_000_000);
        let year = AllowanceYear::of(self.first.first_day() + Months::new(36));
        Fact::TransferAgreed(Box::new(NewTransfer {
            public_id: id(3, account, number),
            account: account_id(account),
            provider: id(2, account, number),
            purpose: TransferPurpose {
                agreed_on: self.first.first_day() - Days::new(6),
                apprentices: self.starts,
                lapses_on: None,
                planned_start: None,
                duration_months: None,
                standard_code: None,
                level: None,
                priority_groups: Vec::new(),
                reference: None,
            },
            terms: Terms { amount, schedule: BTreeMap::from([(year, amount)]) },
            accepted: true,
        }))
    }

    fn start(&self, account: u32, number: u32) -> Fact {
        let first = self.first.first_day();
        let at = account.wrapping_mul(31).wrapping_add(number);
        let terms = StartTerms {
            standard_code: "ST0005".to_owned(),
            standard_title: None,
            level: 3,
            sector: None,
            agreed_price: Money::from_units(i64::from(600_000 + at % 7_919) * 1_000),
            funding_band_maximum: None,
            agreed_on: first - Days::new(5 + u64::from(number % 5)),
            start_on: first + Days::new(u64::from(number % 28)),
            planned_end_on: last_day(first),
            training_provider_ukprn: Some(format!("1000{:04}", at % 97)),
            training_provider_name: None,
            local_training_provider: None,
            change_of_employer: false,
        };
        let reference = Some(format!("B-{account}-{number}"));
        Fact::StartRecorded(Box::new(NewStart {
            public_id: id(4, account, number),
            account: account_id(account),
            transfer: (number % 10 < 3).then(|| id(3, account, number % self.transfers)),
            terms,
            learner: Learner { reference, ..Learner::default() },
        }))
    }
}

/// The last day of two years.
fn last_day(first: NaiveDate) -> NaiveDate {
    first + Months::new(24) - Days::new(1)
}

fn registered(account: u32, number: u32) -> Fact {
    let provider = Provider {
        name: format!("Bench Care {account}-{number}"),
        sector: Sector::AdultSocialCare,
        company_number: None,
        charity_number: None,
        cqc_location_id: None,
        size: Some(Size::Small),
        levy_payer: None,
        district: None,
        postcode: None,
        closed_on: None,
    };
    Fact::ProviderRegistered { public_id: id(2, account, number), provider }
}
