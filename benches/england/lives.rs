//! Who begins when, for how long and at what price, and how it ends.

use chrono::{Days, NaiveDate};
use levy_ledger::domain::calendar::Month;
use levy_ledger::domain::facts::{Learner, NewStart, NewTransfer, StartTerms, TransferPurpose};
use levy_ledger::domain::journal::Seq;
use levy_ledger::domain::money::Money;
use levy_ledger::domain::schedule::derived_schedule;
use levy_ledger::domain::starts::{StartChange, StartFacts, StartHistory};
use levy_ledger::domain::transfers::Terms;
use uuid::Uuid;

use super::country::Country;
use super::history::planned_end;
use super::random::Random;

const STANDARDS: [(&str, u8, i32, i32); 6] = [
    ("ST0005", 3, 4_000, 5_000),
    ("ST0010", 2, 3_000, 3_500),
    ("ST0116", 4, 14_000, 15_000),
    ("ST0216", 5, 6_500, 7_000),
    ("ST0128", 6, 20_000, 24_000),
    ("ST0480", 7, 17_000, 18_000),
];

/// A start with all that happens to it.
pub struct Life {
    pub start: NewStart,
    pub facts: StartFacts,
    pub changes: Vec<StartChange>,
}

impl Life {
    /// What happened to it, as the ledger folds it.
    pub fn history(&self) -> StartHistory {
        StartHistory::new(self.facts.clone(), (1..).zip(self.changes.iter().copied()).collect())
    }
}

/// Apprentices who begin together, on the account's own funds or under a transfer.
pub struct Cohort {
    pub begins: Month,
    pub lives: Vec<Life>,
    /// The transfer, and the key of its provider.
    pub agreement: Option<(NewTransfer, Seq)>,
    /// The day on which the transfer is over, if it is.
    pub released_on: Option<NaiveDate>,
}

/// What the apprentices of a cohort have in common.
struct Plan {
    begins: Month,
    months: i32,
    standard: (&'static str, u8, i32, i32),
    price: Money,
    start_on: NaiveDate,
    agreed_on: NaiveDate,
    transfer: Option<Uuid>,
}

/// The cohorts of an account. Three of twenty starts are under transfers.
pub fn cohorts(country: &Country, number: u32, size: u32, random: &mut Random) -> Vec<Cohort> {
    let (mut cohorts, mut begun) = (Vec::new(), 0);
    while begun < size {
        let together = u32::try_from(random.within(1, 8)).unwrap_or(1).min(size - begun);
        let names = Names { country, number, begun };
        cohorts.push(cohort(&names, together, random));
        begun += together;
    }
    cohorts
}

/// What the apprentices of an account are called after.
struct Names<'c> {
    country: &'c Country,
    number: u32,
    begun: u32,
}

fn cohort(names: &Names<'_>, together: u32, random: &mut Random) -> Cohort {
    let country = names.country;
    let months = random.within(12, 24);
    let begins = if random.happens(country.live) {
        country.last.plus(-random.within(0, months - 2))
    } else {
        country.last.plus(-random.within(months, country.months - 1))
    };
    let standard = random.one_of(&STANDARDS).unwrap_or(("ST0005", 3, 4_000, 5_000));
    let start_on = begins.first_day() + Days::new(u64::from(random.within(0, 27).unsigned_abs()));
    let agreed_on = start_on - Days::new(u64::from(random.within(5, 40).unsigned_abs()));
    let price = Money::from_units(i64::from(standard.2 + random.within(0, 15) * 100) * 100_000);
    let mut plan = Plan { begins, months, standard, price, start_on, agreed_on, transfer: None };
    let agreement = random.happens(150).then(|| agreement(names, &mut plan, together, random));
    let lives = (0..together).map(|place| life(names, &plan, place, random)).collect();
    let ends_on = planned_end(start_on, months.unsigned_abs());
    let released_on = Month::of(ends_on).plus(1).last_day();
    let released_on = Some(released_on).filter(|on| agreement.is_some() && *on <= country.last.last_day());
    Cohort { begins, lives, agreement, released_on }
}

fn moment(names: &Names<'_>, place: u32) -> u64 {
    2_000_000 + u64::from(names.number) * 20_000 + u64::from(names.begun + place) * 2
}

fn agreement(names: &Names<'_>, plan: &mut Plan, together: u32, random: &mut Random) -> (NewTransfer, Seq) {
    let country = names.country;
    let public_id = random.id(moment(names, 0));
    plan.transfer = Some(public_id);
    let of = u32::try_from(random.within(0, i32::try_from(country.providers()).unwrap_or(1) - 1)).unwrap_or(0);
    let (provider, key) = country.provider(of);
    let amount = Money::from_units(plan.price.units() * i64::from(together));
    let duration = plan.months.unsigned_abs();
    let new = NewTransfer {
        public_id,
        account: country.account_id(names.number),
        provider,
        purpose: TransferPurpose {
            agreed_on: plan.agreed_on,
            apprentices: together,
            lapses_on: None,
            planned_start: Some(plan.begins),
            duration_months: Some(duration),
            standard_code: Some(plan.standard.0.to_owned()),
            level: Some(plan.standard.1),
            priority_groups: Vec::new(),
            reference: None,
        },
        terms: Terms { amount, schedule: derived_schedule(amount, plan.begins, duration) },
        accepted: true,
    };
    (new, key)
}

fn life(names: &Names<'_>, plan: &Plan, place: u32, random: &mut Random) -> Life {
    let planned_end_on = planned_end(plan.start_on, plan.months.unsigned_abs());
    let band = Money::from_units(i64::from(plan.standard.3) * 100_000);
    let facts = StartFacts {
        start_on: plan.start_on,
        planned_end_on,
        agreed_price: plan.price,
        funding_band_maximum: Some(band),
        agreed_on: plan.agreed_on,
        change_of_employer: false,
    };
    let terms = StartTerms {
        standard_code: plan.standard.0.to_owned(),
        standard_title: None,
        level: plan.standard.1,
        sector: None,
        agreed_price: plan.price,
        funding_band_maximum: Some(band),
        agreed_on: plan.agreed_on,
        start_on: plan.start_on,
        planned_end_on,
        training_provider_ukprn: Some(format!("1000{:04}", random.within(0, 999))),
        training_provider_name: None,
        local_training_provider: None,
        change_of_employer: false,
    };
    let learner =
        Learner { reference: Some(format!("E{:05}-{:05}", names.number, names.begun + place)), ..Learner::default() };
    let start = NewStart {
        public_id: random.id(moment(names, place) + 1),
        account: names.country.account_id(names.number),
        transfer: plan.transfer,
        terms,
        learner,
    };
    let changes = changes(names.country, plan, planned_end_on, random);
    Life { start, facts, changes }
}

/// What happens to a start. Nobody leaves or pauses before the qualifying period is over, so that
/// nothing paid is ever taken back.
fn changes(country: &Country, plan: &Plan, planned_end_on: NaiveDate, random: &mut Random) -> Vec<StartChange> {
    let through = country.last.last_day();
    let later = |months: i32| plan.begins.plus(months).first_day() + Days::new(9);
    let over = planned_end_on <= through;
    let leaves_on = later(random.within(3, plan.months - 2));
    if random.happens(100) {
        return if over { vec![StartChange::Withdrawn { on: leaves_on }] } else { Vec::new() };
    }
    let until = planned_end_on + Days::new(61);
    if plan.transfer.is_none() && until <= through && random.happens(20) {
        let pause = StartChange::Paused { on: leaves_on };
        let resume = StartChange::Resumed { on: leaves_on + Days::new(61), planned_end_on: Some(until) };
        return vec![pause, resume, StartChange::Completed { on: until }];
    }
    let completed = StartChange::Completed { on: planned_end_on };
    if over && random.happens(850) {
        return vec![completed, StartChange::Achieved { on: planned_end_on }];
    }
    if over { vec![completed] } else { Vec::new() }
}
