//! The history of an account: levy every month, starts with their lives, and every month closed as the
//! ledger closes it, so that the next close finds nothing in arrears.

use std::collections::{BTreeMap, HashMap};

use chrono::{Days, Months, NaiveDate};
use levy_ledger::domain::account::{Account, AccountSettings, Transfer};
use levy_ledger::domain::calendar::{AllowanceYear, Month};
use levy_ledger::domain::close::{MonthDue, StartDue, close};
use levy_ledger::domain::earnings::{Instalment, earnings};
use levy_ledger::domain::facts::{Fact, NewTransfer};
use levy_ledger::domain::journal::{Earned, Entry, EntryKind, Seq};
use levy_ledger::domain::money::Money;
use levy_ledger::domain::rules::{Parameter, RuleSet};
use levy_ledger::domain::starts::StartHistory;
use levy_ledger::domain::transfers::{Change, Employer, TransferChange, TransferFacts, TransferHistory, Transition};

use super::country::Country;
use super::lives::{Cohort, Life, cohorts};
use super::random::Random;

/// How many months of levy, starts and closes are recorded after each other.
const YEAR: i32 = 12;

/// An account on its way through the months.
pub struct Teller<'c> {
    country: &'c Country,
    account: Account,
    transfers: Vec<Transfer>,
    cohorts: Vec<Cohort>,
    /// What starts earn, by month.
    due: HashMap<Month, Vec<StartDue>>,
    levy: BTreeMap<Month, Money>,
    scheme: String,
    next: Seq,
    events: Vec<Vec<Fact>>,
}

/// All that happened to an account, each list of facts an event, when its first fact takes a number.
pub fn history(country: &Country, (number, size): (u32, u32), first: Seq) -> Vec<Vec<Fact>> {
    let mut random = Random::of(country.seed ^ (u64::from(number) << 20));
    let id = country.account_id(number);
    let settings = AccountSettings {
        name: format!("Employer {number}"),
        rule_set: "england".to_owned(),
        policy_cap_percent: None,
        english_fraction_override: None,
        training_provider_priority: Vec::new(),
        provider: None,
    };
    let cohorts = cohorts(country, number, size, &mut random);
    let levy = levy(country, &cohorts, &mut random);
    let account = Account::opened(first, id, settings.clone(), RuleSet::england());
    let mut teller = Teller {
        country,
        account,
        transfers: Vec::new(),
        cohorts,
        due: HashMap::new(),
        levy,
        scheme: format!("{:03}/E{number:05}", number % 900 + 100),
        next: first,
        events: Vec::new(),
    };
    teller.tell(vec![Fact::AccountOpened { public_id: id, settings }]);
    let mut from = country.first();
    while from <= country.last {
        let to = from.plus(YEAR - 1).min(country.last);
        teller.credit_levy(from, to);
        teller.begin(from, to);
        from.through(to).for_each(|month| teller.close(month));
        from = to.plus(1);
    }
    teller.events
}

/// Levy that pays most of what starts earn: its mean over the year around a month, some more or less of
/// it, and never nothing.
fn levy(country: &Country, cohorts: &[Cohort], random: &mut Random) -> BTreeMap<Month, Money> {
    let mut cost: BTreeMap<Month, i64> = BTreeMap::new();
    for life in cohorts.iter().flat_map(|cohort| &cohort.lives) {
        for earned in earnings_of(&life.history()) {
            *cost.entry(earned.month).or_default() += earned.amount.units();
        }
    }
    let percent = match random.within(1, 10) {
        1 => 75,
        2 => 200,
        _ => i64::from(random.within(105, 140)),
    };
    let months = country.first().through(country.last.plus(2));
    let of = |month: Month| {
        let around: i64 = cost.range(month.plus(-3)..=month.plus(8)).map(|(_, cost)| *cost).sum();
        Money::from_units((around / 12 * percent / 100 / 1_000 + 25_000) * 1_000)
    };
    months.map(|month| (month, of(month))).collect()
}

fn earnings_of(history: &StartHistory) -> Vec<Instalment> {
    history.learning_at(NaiveDate::MAX).as_ref().map(earnings).unwrap_or_default()
}

impl Teller<'_> {
    fn tell(&mut self, facts: Vec<Fact>) {
        if !facts.is_empty() {
            self.next += i64::try_from(facts.len()).unwrap_or_default();
            self.events.push(facts);
        }
    }

    /// The number that a fact takes after others of its event.
    fn number(&self, before: &[Fact]) -> Seq {
        self.next + i64::try_from(before.len()).unwrap_or_default()
    }

    fn credit_levy(&mut self, from: Month, to: Month) {
        // What was declared for the months after the last that is closed comes in too.
        let to = if to == self.country.last { to.plus(2) } else { to };
        let mut facts = Vec::new();
        for (month, amount) in self.levy.range(from..=to) {
            let entered_on = month.first_day() + Days::new(21);
            if entered_on > self.country.today {
                continue;
            }
            let entry = Entry {
                declared_on: Some(month.first_day() + Days::new(15)),
                payroll_month: Some(month.plus(-1)),
                paye_scheme: Some(self.scheme.clone()),
                ..Entry::on(entered_on, EntryKind::Levy, *amount)
            };
            self.account.count(&entry);
            facts.push(Fact::Moved { account: self.account.public_id, entry });
        }
        self.tell(facts);
    }

    /// Records transfers and starts that begin within these months, and what happens to them later.
    fn begin(&mut self, from: Month, to: Month) {
        let (begin, stay) = std::mem::take(&mut self.cohorts)
            .into_iter()
            .partition::<Vec<_>, _>(|cohort| (from..=to).contains(&cohort.begins));
        self.cohorts = stay;
        let (mut facts, mut later) = (Vec::new(), Vec::new());
        for cohort in begin {
            let transfer = cohort.agreement.as_ref().map(|_| self.number(&facts));
            if let Some((new, provider)) = cohort.agreement.clone() {
                let transfer = agreed(self.number(&facts), provider, &new, cohort.released_on);
                if let Some(on) = cohort.released_on {
                    later.push(Fact::TransferChanged {
                        transfer: new.public_id,
                        on,
                        change: Change::Transition(Transition::Complete),
                        reason: None,
                    });
                }
                self.transfers.push(transfer);
                facts.push(Fact::TransferAgreed(Box::new(new)));
            }
            for life in &cohort.lives {
                let key = self.number(&facts);
                self.plan(key, transfer, life);
                facts.push(Fact::StartRecorded(Box::new(life.start.clone())));
                let change = |change| Fact::StartChanged { start: life.start.public_id, change, reason: None };
                later.extend(life.changes.iter().copied().map(change));
            }
        }
        self.tell(facts);
        self.tell(later);
    }

    /// Keeps what a start is due in each month to come.
    fn plan(&mut self, key: Seq, transfer: Option<Seq>, life: &Life) {
        let percent = self.account.rules.value_on(Parameter::EmployerCoInvestmentPercent, life.facts.start_on);
        for earned in earnings_of(&life.history()) {
            if earned.month > self.country.last || earned.amount <= Money::ZERO {
                continue;
            }
            let due = (Earned { month: earned.month, kind: earned.kind }, earned.amount);
            let of_month = self.due.entry(earned.month).or_default();
            match of_month.last_mut().filter(|last| last.start == key) {
                Some(last) => last.due.push(due),
                None => of_month.push(StartDue {
                    start: key,
                    reference: life.start.learner.reference.clone().unwrap_or_default(),
                    agreed_on: life.facts.agreed_on,
                    transfer,
                    training_provider: life.start.terms.training_provider_ukprn.clone(),
                    employer_percent: percent.unwrap_or_default(),
                    due: vec![due],
                    refundable: BTreeMap::new(),
                }),
            }
        }
    }

    fn close(&mut self, month: Month) {
        let base = AllowanceYear::of_month(month).previous();
        let due = MonthDue {
            starts: self.due.remove(&month).unwrap_or_default(),
            base_levy: self.account.declared.get(&base).copied().unwrap_or_default(),
            ..MonthDue::default()
        };
        let transfers: Vec<&Transfer> = self.transfers.iter().collect();
        let closing = close(&self.account, &transfers, month, &due);
        let account = self.account.public_id;
        let mut facts = vec![Fact::MonthClosed { account, closed: closing.closed, co_invested: closing.co_invested }];
        for entry in closing.entries {
            self.account.count(&entry);
            let transfer = entry.transfer.and_then(|key| self.transfers.iter_mut().find(|of| of.key == key));
            if let Some(transfer) = transfer {
                transfer.count_paid(&entry);
            }
            facts.push(Fact::Moved { account, entry });
        }
        facts.extend(closing.notices.into_iter().map(|notice| Fact::Noticed { account, month, notice }));
        self.account.books.closed_through = Some(month);
        self.tell(facts);
        // What has ended long ago is no longer looked at.
        let ended = month.plus(-30).last_day();
        self.transfers.retain(|transfer| transfer.history.released_on().is_none_or(|on| on > ended));
    }
}

fn agreed(key: Seq, provider: Seq, new: &NewTransfer, released_on: Option<NaiveDate>) -> Transfer {
    let facts = TransferFacts {
        agreed_on: new.purpose.agreed_on,
        terms: new.terms.clone(),
        apprentices: new.purpose.apprentices,
        lapses_on: None,
        first_start: None,
    };
    let mut changes = vec![TransferChange { on: new.purpose.agreed_on, change: new.first_change() }];
    changes.extend(released_on.map(|on| TransferChange { on, change: Change::Transition(Transition::Complete) }));
    Transfer {
        key,
        public_id: new.public_id,
        account: new.account,
        agreed_with: Employer { key: provider, public_id: new.provider },
        purpose: new.purpose.clone(),
        notes: Vec::new(),
        history: TransferHistory::new(facts, changes),
        months: BTreeMap::new(),
        under: BTreeMap::new(),
    }
}

/// A day some months after another, less a day.
pub fn planned_end(start_on: NaiveDate, months: u32) -> NaiveDate {
    let after = start_on.checked_add_months(Months::new(months));
    after.and_then(|day| day.checked_sub_days(Days::new(1))).unwrap_or(start_on)
}
