//! A levy account as it stands: its settings and the sums from which its funds and its allowance
//! are worked out.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::allowance::{Allowance, Basis, YearUse, base_year_complete};
use super::calendar::{AllowanceYear, Month};
use super::facts::TransferPurpose;
use super::journal::{Books, Entry, Seq};
use super::money::Money;
use super::rules::{RuleSet, deciding_day};
use super::schedule::{gross_paid, reserved};
use super::transfers::{ChangeNote, Employer, Terms, TransferChange, TransferHistory};

/// What an account chooses for itself. Settings take effect when they are recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSettings {
    /// Its name.
    pub name: String,
    /// The name of the rule set it follows.
    pub rule_set: String,
    /// A transfer cap of its own, in percent; the lower of it and the rule set's binds.
    pub policy_cap_percent: Option<Decimal>,
    /// An English fraction that replaces HMRC's, 0 to 1.
    pub english_fraction_override: Option<Decimal>,
    /// The training providers that are paid first, by UKPRN.
    pub training_provider_priority: Vec<String>,
    /// The provider that holds the account, whose shortfalls as a receiver of transfers it meets.
    pub provider: Option<Uuid>,
}

/// Levy funds that were declared in one allowance year and enter after it, by that year and the day
/// from which they count.
pub type DeclaredAhead = BTreeMap<(AllowanceYear, NaiveDate), Money>;

/// An account with everything that a decision about it needs.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its key inside the ledger.
    pub key: Seq,
    /// The name that callers know it by.
    pub public_id: Uuid,
    /// The number under which its settings were last recorded.
    pub version: Seq,
    /// Its settings.
    pub settings: AccountSettings,
    /// The rule set that its settings name.
    pub rules: RuleSet,
    /// What its journal comes to.
    pub books: Books,
    /// Levy funds by the allowance year of their declaration.
    pub declared: BTreeMap<AllowanceYear, Money>,
    /// What of that takes effect only after the year of its declaration.
    pub declared_ahead: DeclaredAhead,
    /// What its transfers were paid and still reserve, by allowance year.
    pub uses: BTreeMap<AllowanceYear, YearUse>,
    /// What its transfers of each month were paid without a transfer being named.
    pub unattributed: BTreeMap<Month, Money>,
}

impl Account {
    /// An account that was just opened.
    #[must_use]
    pub fn opened(key: Seq, public_id: Uuid, settings: AccountSettings, rules: RuleSet) -> Self {
        Self {
            key,
            public_id,
            version: key,
            settings,
            rules,
            books: Books::default(),
            declared: BTreeMap::new(),
            declared_ahead: DeclaredAhead::new(),
            uses: BTreeMap::new(),
            unattributed: BTreeMap::new(),
        }
    }

    /// Counts a payment or a refund of a transfer against the allowance; without a transfer it is
    /// spending from before the records.
    pub fn pay(&mut self, transfer: Option<&mut Transfer>, entry: &Entry, today: NaiveDate) {
        let (before, after) = match transfer {
            Some(transfer) => {
                let before = transfer.uses(today);
                transfer.count_paid(entry);
                (before, transfer.uses(today))
            }
            None => {
                let before = paid_uses(&self.unattributed);
                *self.unattributed.entry(entry.month).or_default() -= entry.amount;
                (before, paid_uses(&self.unattributed))
            }
        };
        self.shift_uses(&before, &after);
    }

    /// Moves the use of the allowance from what a transfer took before to what it takes after.
    pub fn shift_uses(&mut self, before: &Uses, after: &Uses) {
        for (year, taken) in before {
            let year = self.uses.entry(*year).or_default();
            year.paid -= taken.paid;
            year.reserved -= taken.reserved;
        }
        for (year, taken) in after {
            let year = self.uses.entry(*year).or_default();
            year.paid += taken.paid;
            year.reserved += taken.reserved;
        }
    }

    /// Counts an entry into the sums.
    pub fn count(&mut self, entry: &Entry) {
        self.books.count(entry);
        if let Some(declared_on) = entry.declared_on {
            let year = AllowanceYear::of(declared_on);
            *self.declared.entry(year).or_default() += entry.amount;
            if entry.effective_on > year.last_day() {
                *self.declared_ahead.entry((year, entry.effective_on)).or_default() += entry.amount;
            }
        }
    }

    /// The levy funds that a year's allowance is a share of, in pounds: those declared in the
    /// allowance year before and effective by now; while that year has not ended, those that entered
    /// in the last twelve complete months (`docs/rules.md` section 6).
    #[must_use]
    pub fn base_levy(&self, year: AllowanceYear, today: NaiveDate) -> Money {
        if base_year_complete(year, today) {
            let base = year.previous();
            let ahead = self.declared_ahead.range((base, today)..(year, NaiveDate::MIN));
            let ahead: Money = ahead.filter(|((_, from), _)| *from > today).map(|(_, amount)| *amount).sum();
            return self.declared.get(&base).copied().unwrap_or_default() - ahead;
        }
        let this_month = Month::of(today);
        self.books.months.range(this_month.plus(-12)..this_month).map(|(_, sums)| sums.flow.levy).sum()
    }

    /// A year's allowance as the cap in force on `day` gives it, and what is left of it, as known on
    /// `today` (`docs/rules.md` section 6).
    #[must_use]
    pub fn allowance(&self, year: AllowanceYear, day: NaiveDate, today: NaiveDate) -> Allowance {
        let basis = Basis {
            allowance_year: year,
            base_levy: self.base_levy(year, today),
            cap_percent: self.rules.transfer_cap(deciding_day(year, day)),
            policy_cap_percent: self.settings.policy_cap_percent,
            provisional: !base_year_complete(year, today),
        };
        Allowance::new(basis, self.uses.get(&year).copied().unwrap_or_default())
    }
}

/// A transfer with everything that a decision about it needs.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// Its key inside the ledger.
    pub key: Seq,
    /// The name that callers know it by.
    pub public_id: Uuid,
    /// The account that pays.
    pub account: Uuid,
    /// The provider that it was agreed with.
    pub agreed_with: Employer,
    /// What it is for.
    pub purpose: TransferPurpose,
    /// What happened to it, with who said so and why.
    pub notes: Vec<ChangeNote>,
    /// What happened to it.
    pub history: TransferHistory,
    /// What it was paid in each month.
    pub months: BTreeMap<Month, Money>,
    /// The starts that it pays for by their keys, those that are void left out.
    pub under: BTreeMap<Seq, StartUnder>,
}

/// What a transfer has to hold of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartUnder {
    /// The first day of learning.
    pub start_on: NaiveDate,
    /// The dearest price that it ever has, up to the funding band maximum, in pounds.
    pub price: Money,
}

impl Transfer {
    /// The provider that receives it at the end of a day.
    #[must_use]
    pub fn provider_on(&self, day: NaiveDate) -> Employer {
        self.history.employer_at(day).unwrap_or(self.agreed_with)
    }

    /// Its terms as they stand by everything recorded.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        self.history.terms_at(NaiveDate::MAX).unwrap_or(&self.history.facts().terms)
    }

    /// What it takes of each year's allowance on a day: what it was paid, and while it is open what
    /// it was scheduled beyond that. A release that lies ahead frees nothing yet, nor do new terms,
    /// which reserve from now on what they will add.
    #[must_use]
    pub fn uses(&self, today: NaiveDate) -> Uses {
        let mut uses = paid_uses(&self.months);
        let paid = uses.iter().map(|(year, used)| (*year, used.paid)).collect();
        let open = self.history.released_on().is_none_or(|released| released > today);
        for terms in self.history.terms_from(today).filter(|_| open) {
            for (year, held) in reserved(&terms.schedule, &paid) {
                let year = uses.entry(year).or_default();
                year.reserved = year.reserved.max(held);
            }
        }
        uses
    }

    /// Whether it pays for what was earned in a month: up to the month in which it ended, as known at
    /// the end of the month `by` (`docs/rules.md` section 8).
    #[must_use]
    pub fn pays_for(&self, earned: Month, by: Month) -> bool {
        let released = self.history.released_on().filter(|on| *on <= by.last_day());
        released.is_none_or(|on| earned <= Month::of(on))
    }

    /// Counts a payment or a refund into what it was paid in the entry's month.
    pub fn count_paid(&mut self, entry: &Entry) {
        *self.months.entry(entry.month).or_default() -= entry.amount;
    }

    /// Adds a change to what happened to it.
    pub fn change(&mut self, change: TransferChange) {
        let mut changes = self.history.changes().to_vec();
        changes.push(change);
        self.history = TransferHistory::new(self.history.facts().clone(), changes);
    }

    /// How many starts it pays for.
    #[must_use]
    pub fn starts(&self) -> u32 {
        u32::try_from(self.under.len()).unwrap_or(u32::MAX)
    }

    /// The capped prices of its starts, in pounds.
    #[must_use]
    pub fn priced(&self) -> Money {
        self.under.values().map(|start| start.price).sum()
    }

    /// Holds a start as it is recorded under it, or frees its place and its price once it is void.
    pub fn hold_start(&mut self, key: Seq, start: Option<StartUnder>) {
        match start {
            Some(start) => self.under.insert(key, start),
            None => self.under.remove(&key),
        };
        let mut facts = self.history.facts().clone();
        facts.first_start = self.under.values().map(|start| start.start_on).min();
        self.history = TransferHistory::new(facts, self.history.changes().to_vec());
    }
}

/// What is taken of the allowance, by year.
pub type Uses = BTreeMap<AllowanceYear, YearUse>;

/// What payments by month take of the allowance of each year.
#[must_use]
pub fn paid_uses(months: &BTreeMap<Month, Money>) -> Uses {
    let paid = gross_paid(months.iter().map(|(month, paid)| (*month, *paid)));
    paid.into_iter().map(|(year, paid)| (year, YearUse { paid, reserved: Money::ZERO })).collect()
}

/// A start with what a decision about it needs.
#[derive(Clone, Debug)]
pub struct Start {
    /// Its key inside the ledger.
    pub key: Seq,
    /// The name that callers know it by.
    pub public_id: Uuid,
    /// The account whose start it is.
    pub account: Uuid,
    /// The key of the transfer that funds it.
    pub transfer: Option<Seq>,
    /// Its first day of learning.
    pub start_on: NaiveDate,
    /// Whether it was recorded by mistake, and so is paid nothing.
    pub voided: bool,
    /// What was paid for it so far, net of refunds.
    pub paid: Money,
}
