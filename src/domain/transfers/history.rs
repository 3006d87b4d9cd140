//! A transfer's recorded changes, folded: its status, amount and schedule on any day.

use chrono::{Days, NaiveDate};
use uuid::Uuid;

use super::state::{TransferStatus, Transition};
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::names::Named;
use crate::domain::schedule::Schedule;

/// What was agreed: how much in all, and how much in each allowance year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The agreed amount.
    pub amount: Money,
    /// Its parts by allowance year.
    pub schedule: Schedule,
}

/// What is recorded of a transfer after it was agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The offer itself, on the day agreed.
    Offered,
    /// A step that people took.
    Transition(Transition),
    /// New terms.
    Rescheduled(Terms),
    /// The provider was taken over by another, which goes on in its place.
    EmployerChanged(Employer),
}

/// The provider that employs a transfer's apprentices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Employer {
    /// Its key inside the ledger.
    pub key: Seq,
    /// The name that callers know it by.
    pub public_id: Uuid,
}

/// A change and the day on which it takes effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferChange {
    /// Its day.
    pub on: NaiveDate,
    /// What changed.
    pub change: Change,
}

impl Change {
    /// How a list of what happened names it.
    #[must_use]
    pub fn done(&self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Transition(transition) => transition.leads_to().name(),
            Self::Rescheduled(_) => "rescheduled",
            Self::EmployerChanged(_) => "employer_changed",
        }
    }

    /// The agreed amount that it brings.
    #[must_use]
    pub fn amount(&self) -> Option<Money> {
        match self {
            Self::Rescheduled(terms) => Some(terms.amount),
            Self::Offered | Self::Transition(_) | Self::EmployerChanged(_) => None,
        }
    }

    /// The provider that it brings.
    #[must_use]
    pub fn employer(&self) -> Option<Employer> {
        match self {
            Self::EmployerChanged(employer) => Some(*employer),
            Self::Offered | Self::Transition(_) | Self::Rescheduled(_) => None,
        }
    }
}

/// A change as people look it up: when, what, why and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeNote {
    /// Its day.
    pub on: NaiveDate,
    /// What happened: `offered`, `accepted`, `rescheduled`.
    pub change: &'static str,
    /// The agreed amount from then on, where it was set.
    pub amount: Option<Money>,
    /// The provider from then on, where another took over.
    pub provider: Option<Uuid>,
    /// Why.
    pub reason: Option<String>,
    /// Who recorded it.
    pub by: String,
}

/// What is known of a transfer apart from its changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferFacts {
    /// The day from which it is offered.
    pub agreed_on: NaiveDate,
    /// What was offered.
    pub terms: Terms,
    /// How many apprenticeships it is to pay for.
    pub apprentices: u32,
    /// The last day on which the offer can be answered, if it was given one.
    pub lapses_on: Option<NaiveDate>,
    /// The first day of the earliest start recorded under it.
    pub first_start: Option<NaiveDate>,
}

/// A transfer and all its recorded changes, from which any day can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferHistory {
    facts: TransferFacts,
    changes: Vec<TransferChange>,
}

impl TransferHistory {
    /// A history from its changes in the order of recording; those of one day keep that order.
    #[must_use]
    pub fn new(facts: TransferFacts, mut changes: Vec<TransferChange>) -> Self {
        changes.sort_by_key(|change| change.on);
        Self { facts, changes }
    }

    /// What is known of the transfer apart from its changes.
    #[must_use]
    pub const fn facts(&self) -> &TransferFacts {
        &self.facts
    }

    /// Its changes, by day.
    #[must_use]
    pub fn changes(&self) -> &[TransferChange] {
        &self.changes
    }

    /// The status at the end of a day; none before the day agreed. An offer that is not answered by
    /// its last day has lapsed by itself on the next; an accepted transfer is live from the first day
    /// of its first start (`docs/rules.md` section 6).
    #[must_use]
    pub fn status_at(&self, day: NaiveDate) -> Option<TransferStatus> {
        let status = self.standing_at(day)?;
        let begun = self.facts.first_start.is_some_and(|first| first <= day);
        Some(if status == TransferStatus::Accepted && begun { TransferStatus::Live } else { status })
    }

    /// The status that recorded changes and the calendar give, without regard to starts.
    fn standing_at(&self, day: NaiveDate) -> Option<TransferStatus> {
        let mut status = (self.facts.agreed_on <= day).then_some(TransferStatus::Offered)?;
        for TransferChange { on, change } in self.changes.iter().filter(|change| change.on <= day) {
            status = self.lapsing(status, *on);
            if let (true, Change::Transition(transition)) = (status.is_open(), change) {
                status = transition.leads_to();
            }
        }
        Some(self.lapsing(status, day))
    }

    fn lapsing(&self, status: TransferStatus, day: NaiveDate) -> TransferStatus {
        let too_late = self.facts.lapses_on.is_some_and(|last| day > last);
        if status == TransferStatus::Offered && too_late { TransferStatus::Lapsed } else { status }
    }

    /// The status on a day as decisions see it: an accepted transfer is live once a start is
    /// recorded, even one that has yet to begin (`docs/rules.md` section 6).
    #[must_use]
    pub fn decisive_status_at(&self, day: NaiveDate) -> Option<TransferStatus> {
        let status = self.standing_at(day)?;
        let has_start = self.facts.first_start.is_some();
        Some(if status == TransferStatus::Accepted && has_start { TransferStatus::Live } else { status })
    }

    /// The status once every recorded change has taken effect, whatever its day.
    #[must_use]
    pub fn recorded_status(&self) -> TransferStatus {
        self.decisive_status_at(self.last_change_on()).unwrap_or(TransferStatus::Offered)
    }

    /// A transfer reserves nothing from the day on which it is declined, withdrawn, stopped or
    /// completed, or has lapsed: none while, by all recorded facts, it stays open (`docs/rules.md`
    /// section 6).
    #[must_use]
    pub fn released_on(&self) -> Option<NaiveDate> {
        let lapsed = self.facts.lapses_on.and_then(|last| last.checked_add_days(Days::new(1)));
        let changed = self.changes.iter().map(|change| change.on);
        let mut days: Vec<NaiveDate> = changed.chain([self.facts.agreed_on]).chain(lapsed).collect();
        days.sort_unstable();
        days.into_iter().find(|day| self.status_at(*day).is_some_and(|status| !status.is_open()))
    }

    /// The terms at the end of a day: as last rescheduled, else as offered; none before the day
    /// agreed (`docs/rules.md` section 6).
    #[must_use]
    pub fn terms_at(&self, day: NaiveDate) -> Option<&Terms> {
        let rescheduled = self.changes.iter().rev().find_map(|TransferChange { on, change }| match change {
            Change::Rescheduled(terms) if *on <= day => Some(terms),
            Change::Rescheduled(_) | Change::Offered | Change::Transition(_) | Change::EmployerChanged(_) => None,
        });
        (self.facts.agreed_on <= day).then(|| rescheduled.unwrap_or(&self.facts.terms))
    }

    /// The terms at the end of a day, and those that are recorded for later.
    pub fn terms_from(&self, day: NaiveDate) -> impl Iterator<Item = &Terms> {
        let now = self.terms_at(day.max(self.facts.agreed_on));
        let later =
            self.changes.iter().filter(move |change| change.on > day).filter_map(|change| match &change.change {
                Change::Rescheduled(terms) => Some(terms),
                Change::Offered | Change::Transition(_) | Change::EmployerChanged(_) => None,
            });
        now.into_iter().chain(later)
    }

    /// The provider that had taken over by the end of a day; none while the first one stays
    /// (`docs/rules.md` section 6).
    #[must_use]
    pub fn employer_at(&self, day: NaiveDate) -> Option<Employer> {
        let by_then = self.changes.iter().rev().filter(|change| change.on <= day);
        by_then.filter_map(|change| change.change.employer()).next()
    }

    /// The agreed amount at the end of a day; nothing before the day agreed.
    #[must_use]
    pub fn amount_at(&self, day: NaiveDate) -> Money {
        self.terms_at(day).map_or(Money::ZERO, |terms| terms.amount)
    }

    /// The schedule at the end of a day; none before the day agreed.
    #[must_use]
    pub fn schedule_at(&self, day: NaiveDate) -> Option<&Schedule> {
        self.terms_at(day).map(|terms| &terms.schedule)
    }

    /// The day on which the provider accepted.
    #[must_use]
    pub fn accepted_on(&self) -> Option<NaiveDate> {
        let accepted = |change: &&TransferChange| change.change == Change::Transition(Transition::Accept);
        self.changes.iter().find(accepted).map(|change| change.on)
    }

    /// The day of the last change: the day agreed if there was none since.
    #[must_use]
    pub fn last_change_on(&self) -> NaiveDate {
        self.changes.last().map_or(self.facts.agreed_on, |change| change.on.max(self.facts.agreed_on))
    }
}
