//! A start's recorded changes, folded: where it stands, its dates and its price on any day, and what
//! decides what it earns.

use chrono::NaiveDate;

use super::event::StartChange;
use super::status::StartStatus;
use crate::domain::calendar::Month;
use crate::domain::earnings::{AgreedPrice, Learning, PeriodInLearning, capped_price};
use crate::domain::journal::Seq;
use crate::domain::money::Money;

/// What is known of a start apart from its changes, as far as its life goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartFacts {
    /// The first day of learning.
    pub start_on: NaiveDate,
    /// The last day of learning as planned.
    pub planned_end_on: NaiveDate,
    /// The price agreed with the training provider, in pounds.
    pub agreed_price: Money,
    /// The most that the funding band in force on the first day allows, in pounds.
    pub funding_band_maximum: Option<Money>,
    /// The day of the agreement.
    pub agreed_on: NaiveDate,
    /// Whether the apprentice goes on from another employer.
    pub change_of_employer: bool,
}

/// A start and all its recorded changes, from which any day can be answered. A change counts from
/// its day, at that day's end; one without a day counts for every day (`docs/rules.md` section 7).
///
/// ```
/// use levy_ledger::domain::calendar::parse_date;
/// use levy_ledger::domain::starts::{StartChange, StartFacts, StartHistory, StartStatus};
/// let facts = StartFacts {
///     start_on: parse_date("2026-09-01")?,
///     planned_end_on: parse_date("2027-08-31")?,
///     agreed_price: Default::default(),
///     funding_band_maximum: None,
///     agreed_on: parse_date("2026-08-20")?,
///     change_of_employer: false,
/// };
/// let paused = StartChange::Paused { on: parse_date("2026-11-30")? };
/// let start = StartHistory::new(facts, vec![(7, paused)]);
/// assert_eq!(start.status_at(parse_date("2026-08-31")?), StartStatus::Planned);
/// assert_eq!(start.status_at(parse_date("2026-11-29")?), StartStatus::Live);
/// assert_eq!(start.status_at(parse_date("2026-11-30")?), StartStatus::Paused);
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartHistory {
    facts: StartFacts,
    changes: Vec<(Seq, StartChange)>,
}

/// The final events that are known of a start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) withdrawn: Option<NaiveDate>,
    pub(super) completed: Option<NaiveDate>,
    pub(super) achieved: Option<NaiveDate>,
}

impl Ends {
    /// Where a start that ended stands, and the day of it.
    pub(super) fn last(self) -> Option<(StartStatus, NaiveDate)> {
        let left = self.withdrawn.map(|on| (StartStatus::Withdrawn, on));
        let achieved = self.achieved.map(|on| (StartStatus::Achieved, on));
        left.or(achieved).or_else(|| self.completed.map(|on| (StartStatus::Completed, on)))
    }
}

/// The periods in learning, and the last day before a break that has not ended.
pub(super) struct Periods {
    pub(super) periods: Vec<PeriodInLearning>,
    pub(super) paused_on: Option<NaiveDate>,
}

impl StartHistory {
    /// A history from its changes in the order of recording.
    #[must_use]
    pub const fn new(facts: StartFacts, changes: Vec<(Seq, StartChange)>) -> Self {
        Self { facts, changes }
    }

    /// What is known of the start apart from its changes.
    #[must_use]
    pub const fn facts(&self) -> &StartFacts {
        &self.facts
    }

    /// Its changes in the order of recording, each with its number.
    #[must_use]
    pub fn changes(&self) -> &[(Seq, StartChange)] {
        &self.changes
    }

    /// Adds a change that was recorded under a number.
    pub fn record(&mut self, seq: Seq, change: StartChange) {
        self.changes.push((seq, change));
    }

    /// The number of its last change.
    #[must_use]
    pub fn last_recorded(&self) -> Option<Seq> {
        self.changes.last().map(|(seq, _)| *seq)
    }

    /// What is known at the end of a day, in the order of recording.
    fn known(&self, day: NaiveDate) -> impl DoubleEndedIterator<Item = &StartChange> {
        self.changes.iter().map(|(_, change)| change).filter(move |change| change.day().is_none_or(|on| on <= day))
    }

    /// Whether it was recorded by mistake, and so counts for nothing on any day.
    #[must_use]
    pub fn is_void(&self) -> bool {
        self.changes.iter().any(|(_, change)| *change == StartChange::Voided)
    }

    /// The first day of learning.
    #[must_use]
    pub fn first_day(&self) -> NaiveDate {
        let put_right = self.changes.iter().rev().find_map(|(_, change)| match change {
            StartChange::DatesChanged { start_on, .. } => *start_on,
            StartChange::Paused { .. }
            | StartChange::Resumed { .. }
            | StartChange::Withdrawn { .. }
            | StartChange::Completed { .. }
            | StartChange::Achieved { .. }
            | StartChange::PriceChanged { .. }
            | StartChange::Voided => None,
        });
        put_right.unwrap_or(self.facts.start_on)
    }

    /// The periods in learning as known at the end of a day.
    pub(super) fn periods_at(&self, day: NaiveDate) -> Periods {
        let planned = |start_on, planned_end_on| PeriodInLearning { start_on, last_day: None, planned_end_on };
        let (mut before, mut paused_on) = (Vec::new(), None);
        let mut last = planned(self.first_day(), self.facts.planned_end_on);
        for change in self.known(day) {
            match *change {
                StartChange::Paused { on } => paused_on = Some(on),
                StartChange::Resumed { on, planned_end_on } => {
                    let next = planned(on, planned_end_on.unwrap_or(last.planned_end_on));
                    before.push(PeriodInLearning { last_day: paused_on.take(), ..last });
                    last = next;
                }
                StartChange::DatesChanged { planned_end_on: Some(planned_end_on), .. } => {
                    last.planned_end_on = planned_end_on;
                }
                StartChange::DatesChanged { planned_end_on: None, .. }
                | StartChange::Withdrawn { .. }
                | StartChange::Completed { .. }
                | StartChange::Achieved { .. }
                | StartChange::PriceChanged { .. }
                | StartChange::Voided => {}
            }
        }
        before.push(last);
        Periods { periods: before, paused_on }
    }

    /// The last day of learning as planned, as known at the end of a day.
    #[must_use]
    pub fn planned_end_on(&self, day: NaiveDate) -> NaiveDate {
        let planned = self.periods_at(day).periods.last().map(|period| period.planned_end_on);
        planned.unwrap_or(self.facts.planned_end_on)
    }

    /// The first day of learning since the last break; the first day of all without one.
    pub(super) fn returned_on(&self) -> NaiveDate {
        self.periods_at(NaiveDate::MAX).periods.last().map_or(self.first_day(), |period| period.start_on)
    }

    /// The prices agreed as known at the end of a day, oldest first. Of several from one day the one
    /// recorded last holds.
    #[must_use]
    pub fn prices_at(&self, day: NaiveDate) -> Vec<AgreedPrice> {
        let first_day = self.first_day();
        let mut prices = vec![AgreedPrice { from: first_day, amount: self.facts.agreed_price }];
        for change in self.known(day) {
            let StartChange::PriceChanged { from, agreed_price } = *change else { continue };
            let price = AgreedPrice { from: from.max(first_day), amount: agreed_price };
            prices.retain(|other| other.from != price.from);
            prices.push(price);
        }
        prices.sort_by_key(|price| price.from);
        prices
    }

    /// The price agreed as it stands on a day, in pounds.
    #[must_use]
    pub fn agreed_price(&self, day: NaiveDate) -> Money {
        let price = self.prices_at(day).last().map(|price| price.amount);
        price.unwrap_or(self.facts.agreed_price)
    }

    /// The dearest price that it ever has, up to the funding band maximum: what a transfer has to
    /// hold for it, in pounds (`docs/rules.md` section 6).
    #[must_use]
    pub fn dearest_price(&self) -> Money {
        let prices = self.prices_at(NaiveDate::MAX).into_iter();
        let capped = prices.map(|price| capped_price(price.amount, self.facts.funding_band_maximum));
        capped.max().unwrap_or_default()
    }

    /// The final events that are known at the end of a day.
    pub(super) fn ends_at(&self, day: NaiveDate) -> Ends {
        let mut ends = Ends::default();
        for change in self.known(day) {
            match *change {
                StartChange::Withdrawn { on } => ends.withdrawn = Some(on),
                StartChange::Completed { on } => ends.completed = Some(on),
                StartChange::Achieved { on } => ends.achieved = Some(on),
                StartChange::Paused { .. }
                | StartChange::Resumed { .. }
                | StartChange::PriceChanged { .. }
                | StartChange::DatesChanged { .. }
                | StartChange::Voided => {}
            }
        }
        ends
    }

    /// Where it stands at the end of a day.
    #[must_use]
    pub fn status_at(&self, day: NaiveDate) -> StartStatus {
        if self.is_void() {
            return StartStatus::Void;
        }
        if let Some((status, _)) = self.ends_at(day).last() {
            return status;
        }
        match self.periods_at(day).paused_on {
            Some(_) => StartStatus::Paused,
            None if day < self.first_day() => StartStatus::Planned,
            None => StartStatus::Live,
        }
    }

    /// The day on which learning ended, by everything recorded: withdrawal, else completion, else
    /// achievement.
    #[must_use]
    pub fn ended_on(&self) -> Option<NaiveDate> {
        let Ends { withdrawn, completed, achieved } = self.ends_at(NaiveDate::MAX);
        withdrawn.or(completed).or(achieved)
    }

    /// The first and the last month in which it can earn anything, by everything recorded, whatever
    /// its day. The 20% of an achievement that is not recorded yet counts in the month of the planned
    /// end, or of the completion.
    #[must_use]
    pub fn earning_months(&self) -> (Month, Month) {
        let first = Month::of(self.first_day());
        let Ends { withdrawn, completed, achieved } = self.ends_at(NaiveDate::MAX);
        let planned = self.planned_end_on(NaiveDate::MAX);
        let last = withdrawn.unwrap_or_else(|| completed.unwrap_or(planned).max(achieved.unwrap_or(NaiveDate::MIN)));
        (first, Month::of(last).max(first))
    }

    /// What decides what it earns, as known at the end of a day: changes dated later are not known
    /// yet. None for a start that is void.
    #[must_use]
    pub fn learning_at(&self, day: NaiveDate) -> Option<Learning> {
        if self.is_void() {
            return None;
        }
        let Periods { periods, paused_on } = self.periods_at(day);
        let Ends { withdrawn, completed, achieved } = self.ends_at(day);
        Some(Learning {
            funding_band_maximum: self.facts.funding_band_maximum,
            prices: self.prices_at(day),
            periods,
            paused_on,
            withdrawn_on: withdrawn,
            completed_on: completed,
            achieved_on: achieved,
        })
    }
}
