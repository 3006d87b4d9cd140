//! What of transfers and starts is running out of time.

use chrono::{Days, NaiveDate};

use super::calendar::Month;
use super::names::Named;
use super::starts::{StartHistory, StartStatus};
use super::transfers::{Change, TransferHistory, TransferStatus};

/// Why something is on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClockKind {
    /// An offer that nobody answered lapses soon.
    OfferLapsing,
    /// An offer has lapsed because nobody answered it.
    OfferLapsed,
    /// An offer that does not lapse has not been answered for long.
    OfferUnanswered,
    /// A transfer was accepted and has no start.
    TransferNotStarted,
    /// A start has come to its planned end, and nothing says how it ended.
    StartPastPlannedEnd,
}

impl Named for ClockKind {
    const SCHEMA: &'static str = "ClockKind";
    const ALL: &'static [Self] = &[
        Self::OfferLapsing,
        Self::OfferLapsed,
        Self::OfferUnanswered,
        Self::TransferNotStarted,
        Self::StartPastPlannedEnd,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::OfferLapsing => "offer_lapsing",
            Self::OfferLapsed => "offer_lapsed",
            Self::OfferUnanswered => "offer_unanswered",
            Self::TransferNotStarted => "transfer_not_started",
            Self::StartPastPlannedEnd => "start_past_planned_end",
        }
    }
}

impl ClockKind {
    /// What there is to do, in a sentence.
    #[must_use]
    pub const fn what_to_do(self) -> &'static str {
        match self {
            Self::OfferLapsing => "Get the provider's answer by the last day, or the offer lapses by itself.",
            Self::OfferLapsed => "Record the answer if it came in time; otherwise record that the offer lapsed.",
            Self::OfferUnanswered => "Ask the provider for an answer, or withdraw the offer to free its allowance.",
            Self::TransferNotStarted => {
                "Record the starts, reschedule the transfer, or withdraw it to free what it reserves."
            }
            Self::StartPastPlannedEnd => {
                "Ask how the apprentice stands, and record the completion, the withdrawal or a later planned end."
            }
        }
    }
}

/// Something that is running out of time, and the day it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Why.
    pub kind: ClockKind,
    /// The day.
    pub on: NaiveDate,
}

/// The day at whose end the list is asked for, and how many days ahead it looks.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    /// The day.
    pub as_at: NaiveDate,
    /// The days ahead; also after how many days without a day of its own something is due.
    pub within_days: u32,
}

impl Watch {
    fn days(&self) -> Days {
        Days::new(u64::from(self.within_days))
    }

    /// What falls due within the days, or was due before.
    fn sees(&self, kind: ClockKind, on: NaiveDate) -> Option<Due> {
        let last = self.as_at.checked_add_days(self.days()).unwrap_or(NaiveDate::MAX);
        (on <= last).then_some(Due { kind, on })
    }

    /// What has no day of its own is due so many days after it began, and not listed before.
    fn sees_since(&self, kind: ClockKind, since: NaiveDate) -> Option<Due> {
        let on = since.checked_add_days(self.days()).unwrap_or(NaiveDate::MAX);
        (on <= self.as_at).then_some(Due { kind, on })
    }
}

/// What is due of a transfer (`docs/rules.md` section 10): an offer by its last day, else so many days
/// after it was made; an accepted one without a start by the first day of the month in which it was to
/// start, else so many days after it was accepted.
#[must_use]
pub fn transfer_due(
    history: &TransferHistory,
    planned_start: Option<Month>,
    has_start: bool,
    watch: &Watch,
) -> Option<Due> {
    let facts = history.facts();
    match history.status_at(watch.as_at)? {
        TransferStatus::Offered => match facts.lapses_on {
            Some(last) => watch.sees(ClockKind::OfferLapsing, last),
            None => watch.sees_since(ClockKind::OfferUnanswered, facts.agreed_on),
        },
        TransferStatus::Lapsed if !was_answered(history, watch.as_at) => {
            watch.sees(ClockKind::OfferLapsed, facts.lapses_on?)
        }
        TransferStatus::Accepted if !has_start => match planned_start {
            Some(month) => watch.sees(ClockKind::TransferNotStarted, month.first_day()),
            None => watch.sees_since(ClockKind::TransferNotStarted, history.accepted_on()?),
        },
        TransferStatus::Accepted
        | TransferStatus::Live
        | TransferStatus::Completed
        | TransferStatus::Declined
        | TransferStatus::Lapsed
        | TransferStatus::Withdrawn
        | TransferStatus::Stopped => None,
    }
}

/// Whether people took a step with an offer by the end of a day, be it to say that it lapsed.
fn was_answered(history: &TransferHistory, day: NaiveDate) -> bool {
    let by_then = history.changes().iter().filter(|change| change.on <= day);
    by_then.into_iter().any(|change| matches!(change.change, Change::Transition(_)))
}

/// A start is due from its planned end on while nothing says that it ended, a break being no end
/// (`docs/rules.md` section 10).
#[must_use]
pub fn start_due(history: &StartHistory, as_at: NaiveDate) -> Option<Due> {
    let on = history.planned_end_on(as_at);
    let goes_on = matches!(history.status_at(as_at), StartStatus::Live | StartStatus::Paused);
    (goes_on && on <= as_at).then_some(Due { kind: ClockKind::StartPastPlannedEnd, on })
}
