//! What happens to a council over some years, drawn at random from a seed: levy, transfers, starts
//! and their lives, each fact with its day.

use chrono::{Days, Months, NaiveDate};
use levy_ledger::domain::calendar::Month;
use levy_ledger::domain::money::Money;
use levy_ledger::domain::starts::{StartChange, StartFacts};
use serde_json::{Value, json};

use super::lives::life;

/// Numbers that follow from a seed alone (SplitMix64).
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from `least` up to and with `most`.
    pub fn within(&mut self, least: i64, most: i64) -> i64 {
        least + i64::try_from(self.next() % u64::try_from(most - least + 1).unwrap()).unwrap()
    }

    pub fn days(&mut self, least: i64, most: i64) -> Days {
        Days::new(u64::try_from(self.within(least, most)).unwrap())
    }

    /// Whether something happens that happens in so many of a hundred cases.
    pub fn percent(&mut self, of: i64) -> bool {
        self.within(1, 100) <= of
    }
}

/// What is recorded.
#[derive(Clone, Debug)]
pub enum What {
    /// Levy of the council, or of the provider that has an account of its own.
    Levy { provider: bool, amount: Money },
    /// A payment for a month that no start stands behind; a refund below nothing.
    Payment { amount: Money },
    /// A transfer to the provider of its place.
    Transfer { provider: usize, body: Value },
    /// Something that happens to a transfer.
    TransferChange { transfer: usize, step: &'static str, body: Value },
    /// A start, by its place.
    Start(usize),
    /// Something that happens to a start.
    Change { start: usize, change: StartChange },
}

/// Something that is recorded, and the day from which it counts.
#[derive(Clone, Debug)]
pub struct Fact {
    pub day: NaiveDate,
    pub what: What,
}

/// A start, with all that happens to it.
#[derive(Clone, Debug)]
pub struct Start {
    pub reference: String,
    pub transfer: Option<usize>,
    pub facts: StartFacts,
    pub training_provider: String,
    pub changes: Vec<StartChange>,
}

/// How large a story is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub starts: usize,
    /// The first month that is closed, and how many are.
    pub first: Month,
    pub months: i32,
    /// Months of levy before the first that is closed.
    pub levy_before: i32,
    /// What a month's levy is about, in pounds.
    pub levy: i64,
    pub rule_set: &'static str,
}

/// Everything that happens.
#[derive(Clone, Debug)]
pub struct Story {
    pub size: Size,
    pub starts: Vec<Start>,
    /// By day, in the order in which they are recorded.
    pub facts: Vec<Fact>,
}

/// The providers; the last has a levy account of its own.
pub const PROVIDERS: usize = 3;
/// The month from which the third transfer is no longer live.
const STOPPED_AFTER: i32 = 20;

impl Story {
    pub fn of(seed: u64, size: Size) -> Self {
        let mut dice = Dice::new(seed);
        let mut facts = levy(&mut dice, size);
        facts.extend(transfers(size));
        let starts: Vec<Start> = (0..size.starts).map(|at| start(&mut dice, size, at)).collect();
        for (at, start) in starts.iter().enumerate() {
            facts.push(Fact { day: start.facts.agreed_on, what: What::Start(at) });
            let change = |change: &StartChange| Fact {
                day: change.day().unwrap(),
                what: What::Change { start: at, change: *change },
            };
            facts.extend(start.changes.iter().map(change));
        }
        let last = size.last().last_day();
        facts.retain(|fact| fact.day <= last);
        facts.sort_by_key(|fact| fact.day);
        Self { size, starts, facts }
    }
}

impl Size {
    pub fn last(self) -> Month {
        self.first.plus(self.months - 1)
    }

    /// The day on which the story begins to be told: before the first month is over.
    pub fn begins(self) -> NaiveDate {
        self.first.first_day()
    }
}

fn pounds(whole: i64) -> Money {
    Money::from_units(whole * 100_000)
}

/// Levy month by month, with months that are poor, and a few that take back; spending from before the
/// records, of which some comes back later.
fn levy(dice: &mut Dice, size: Size) -> Vec<Fact> {
    let mut facts = Vec::new();
    for month in size.first.plus(-size.levy_before).through(size.last()) {
        let poor = (month.stored() / 4) % 3 == 0;
        let about = if poor { size.levy / 6 } else { size.levy };
        let amount = pounds(dice.within(about / 2, about * 3 / 2)) + Money::from_units(dice.within(0, 99_999));
        let day = month.first_day() + dice.days(0, 27);
        facts.push(Fact { day, what: What::Levy { provider: false, amount } });
        if dice.percent(12) {
            let amount = -pounds(dice.within(1, size.levy / 4));
            facts.push(Fact {
                day: day.max(month.first_day() + dice.days(0, 27)),
                what: What::Levy { provider: false, amount },
            });
        }
        if month >= size.first.plus(-3) && dice.percent(60) {
            let amount = pounds(dice.within(1, size.levy / 12));
            facts.push(Fact { day, what: What::Levy { provider: true, amount } });
        }
    }
    for (month, part) in [(-3, 5), (-2, 9), (7, -12), (17, -15)] {
        let day = size.first.plus(month).last_day();
        facts.push(Fact { day, what: What::Payment { amount: size_part(size, part) } });
    }
    facts
}

/// A part of a month's levy, so many parts to the whole.
fn size_part(size: Size, part: i64) -> Money {
    let amount = pounds(size.levy / part.abs());
    if part < 0 { -amount } else { amount }
}

/// A transfer for each provider, agreed before the first month that is closed. Little is scheduled for
/// the years that are paid, so that most of it needs free allowance; the last is stopped.
fn transfers(size: Size) -> Vec<Fact> {
    let agreed_on = size.first.plus(-3).first_day();
    let mut facts = Vec::new();
    for provider in 0..PROVIDERS {
        let first = 2026;
        let year = |from: i32, amount: i64| json!({"allowance_year": format!("{from}-{:02}", (from + 1) % 100), "amount": format!("{amount}.00")});
        let yearly = size.levy / 6;
        let schedule =
            [year(first, yearly), year(first + 1, yearly), year(first + 2, yearly), year(first + 9, 900_000)];
        let body = json!({"amount": format!("{}.00", 900_000 + 3 * yearly), "agreed_on": agreed_on.to_string(),
            "apprentices": 500, "status": "accepted", "schedule": schedule});
        facts.push(Fact { day: agreed_on, what: What::Transfer { provider, body } });
    }
    let on = size.first.plus(STOPPED_AFTER).first_day() + Days::new(9);
    let body = json!({"on": on.to_string(), "reason": "the provider closed its service"});
    facts.push(Fact { day: on, what: What::TransferChange { transfer: 1, step: "stop", body } });
    facts
}

fn start(dice: &mut Dice, size: Size, at: usize) -> Start {
    let begins_in = size.first.plus(i32::try_from(dice.within(-2, i64::from(size.months) - 3)).unwrap());
    let start_on = begins_in.first_day() + dice.days(0, 27);
    let months = u32::try_from(dice.within(1, 22)).unwrap();
    let planned_end_on = match dice.within(0, 2) {
        0 => start_on + Months::new(months) - Days::new(1),
        1 => (start_on + Months::new(months)) + dice.days(0, 20),
        _ => Month::of(start_on + Months::new(months)).last_day(),
    };
    let agreed_price =
        pounds(dice.within(600, 900) * i64::from(months)) + Money::from_units(dice.within(0, 99) * 1_000);
    let funding_band_maximum = dice.percent(30).then(|| pounds(dice.within(500, 850) * i64::from(months)));
    let transfer = dice.percent(45).then(|| usize::try_from(dice.within(0, 2)).unwrap());
    let stopped = transfer == Some(1) && begins_in >= size.first.plus(STOPPED_AFTER - 1);
    let earliest = size.first.plus(-3).first_day();
    let facts = StartFacts {
        start_on,
        planned_end_on,
        agreed_price,
        funding_band_maximum,
        agreed_on: (start_on - dice.days(1, 40)).max(earliest),
        change_of_employer: false,
    };
    Start {
        reference: format!("S-{at:03}"),
        transfer: transfer.filter(|_| !stopped),
        changes: life(dice, &facts),
        facts,
        training_provider: format!("1000000{}", dice.within(0, 5)),
    }
}
