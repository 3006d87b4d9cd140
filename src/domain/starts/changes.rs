//! Which changes of a start are in order.

use chrono::NaiveDate;

use super::event::StartChange;
use super::history::{Ends, StartHistory};
use super::status::StartStatus;
use super::terms::latest_end;
use crate::domain::money::Money;

/// A change that the start's state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongState {
    /// It counts for nothing.
    #[error("the start is void, so it cannot be {step}: record it again")]
    Void {
        /// What was to happen.
        step: &'static str,
    },
    /// It has ended.
    #[error("a start that is {status} since {on} cannot be {step}")]
    Ended {
        /// How it ended.
        status: StartStatus,
        /// On which day.
        on: NaiveDate,
        /// What was to happen.
        step: &'static str,
    },
    /// Another price would hold from a day after its end.
    #[error("a start that is {status} since {on} has no other price from {from}")]
    PriceAfterEnd {
        /// How it ended.
        status: StartStatus,
        /// On which day.
        on: NaiveDate,
        /// The first day of the price.
        from: NaiveDate,
    },
    /// It is paused.
    #[error("the start is paused already, its last day of learning being {since}; it has to resume first")]
    AlreadyPaused {
        /// The last day of learning.
        since: NaiveDate,
    },
    /// It is not paused.
    #[error("the start is not paused, so it cannot resume")]
    NotPaused,
}

/// A start that is void changes no more. Once it is withdrawn, completed or achieved nothing follows
/// but these: achievement after completion, a completion that achievement did not wait for, and late
/// news of a price from before. A break begins while learning and ends once (`docs/rules.md` section 7).
///
/// # Errors
/// [`WrongState`], with what stands against it.
pub fn check_state(history: &StartHistory, change: &StartChange) -> Result<(), WrongState> {
    let step = step(change);
    if history.is_void() {
        return Err(WrongState::Void { step });
    }
    let ends = history.ends_at(NaiveDate::MAX);
    let paused_on = history.periods_at(NaiveDate::MAX).paused_on;
    match *change {
        StartChange::Voided => Ok(()),
        StartChange::PriceChanged { from, .. } => match ends.last().filter(|(_, on)| from > *on) {
            Some((status, on)) => Err(WrongState::PriceAfterEnd { status, on, from }),
            None => Ok(()),
        },
        StartChange::Completed { .. } => refuse_ended(Ends { achieved: None, ..ends }, step),
        StartChange::Achieved { .. } => refuse_ended(Ends { completed: None, ..ends }, step),
        StartChange::Withdrawn { .. } | StartChange::DatesChanged { .. } => refuse_ended(ends, step),
        StartChange::Paused { .. } => {
            refuse_ended(ends, step)?;
            paused_on.map_or(Ok(()), |since| Err(WrongState::AlreadyPaused { since }))
        }
        StartChange::Resumed { .. } => {
            refuse_ended(ends, step)?;
            paused_on.map(|_| ()).ok_or(WrongState::NotPaused)
        }
    }
}

fn refuse_ended(ends: Ends, step: &'static str) -> Result<(), WrongState> {
    ends.last().map_or(Ok(()), |(status, on)| Err(WrongState::Ended { status, on, step }))
}

/// How a sentence says that it happened.
const fn step(change: &StartChange) -> &'static str {
    match change {
        StartChange::Paused { .. } => "paused",
        StartChange::Resumed { .. } => "resumed",
        StartChange::Withdrawn { .. } => "withdrawn",
        StartChange::Completed { .. } => "completed",
        StartChange::Achieved { .. } => "achieved",
        StartChange::PriceChanged { .. } => "given another price",
        StartChange::DatesChanged { .. } => "given other dates",
        StartChange::Voided => "made void",
    }
}

/// A part of a change that can never be right for the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnfitChange {
    /// Its day lies before the start's first.
    #[error("the start's first day is {first_day}; nothing happens to it before")]
    BeforeFirstDay {
        /// The first day.
        first_day: NaiveDate,
    },
    /// A price would hold from before the start's first day.
    #[error("the start's first day is {first_day}; no price holds before")]
    PriceBeforeFirstDay {
        /// The first day.
        first_day: NaiveDate,
    },
    /// Its day lies before the last break ended.
    #[error("learning went on after a break on {returned_on}; the day is that one or later")]
    BeforeReturn {
        /// The first day after the break.
        returned_on: NaiveDate,
    },
    /// Learning would go on before it was broken off.
    #[error("the last day of learning before the break is {paused_on}; it resumes on a later day")]
    NotAfterPause {
        /// The last day before the break.
        paused_on: NaiveDate,
    },
    /// Achievement would come before completion.
    #[error("learning was completed on {completed_on}; the achievement is of that day or later")]
    BeforeCompletion {
        /// The day of completion.
        completed_on: NaiveDate,
    },
    /// Completion would come after achievement.
    #[error("the apprentice achieved on {achieved_on}; learning was completed by then")]
    AfterAchievement {
        /// The day of achievement.
        achieved_on: NaiveDate,
    },
    /// Less than nothing was agreed.
    #[error("an agreed price is 0.00 pounds or more")]
    NegativePrice,
    /// No date is given.
    #[error("give start_on, planned_end_on or both")]
    NoDate,
    /// It would begin before anybody had agreed to it.
    #[error("a start does not begin before it was agreed, on {agreed_on}")]
    BeforeAgreement {
        /// The day of the agreement.
        agreed_on: NaiveDate,
    },
    /// It would begin after something that happened to it.
    #[error("the start cannot begin after {on}, the day it was {event}")]
    BeginsAfterEvent {
        /// What happened.
        event: &'static str,
        /// Its day.
        on: NaiveDate,
    },
    /// The new first day does not fit to the planned end.
    #[error(
        "training is planned to end on {planned_end_on}, which is not from {start_on} to {latest}: give both dates"
    )]
    BeginsOutOfPlan {
        /// The new first day.
        start_on: NaiveDate,
        /// The planned end that stands.
        planned_end_on: NaiveDate,
        /// The last day that training from the first day may be planned to end on.
        latest: NaiveDate,
    },
    /// It would be planned to end before learning begins, or goes on.
    #[error("training is not planned to end before learning begins or goes on, on {earliest}")]
    EndsTooEarly {
        /// The first day, or that of the last return.
        earliest: NaiveDate,
    },
    /// It would take longer than any apprenticeship does.
    #[error("training takes at most ten years, so that it ends by {latest}")]
    EndsTooLate {
        /// The last day that is taken.
        latest: NaiveDate,
    },
}

/// Every part of a change that can never be right for the start (`docs/rules.md` section 7).
#[must_use]
pub fn unfit_change(history: &StartHistory, change: &StartChange) -> Vec<UnfitChange> {
    let Ends { completed, achieved, .. } = history.ends_at(NaiveDate::MAX);
    match *change {
        StartChange::Voided => Vec::new(),
        StartChange::Paused { on } | StartChange::Withdrawn { on } => unfit_day(history, on).into_iter().collect(),
        StartChange::Completed { on } => {
            let late = achieved.filter(|achieved_on| on > *achieved_on);
            let late = late.map(|achieved_on| UnfitChange::AfterAchievement { achieved_on });
            unfit_day(history, on).into_iter().chain(late).collect()
        }
        StartChange::Achieved { on } => {
            let early = completed.filter(|completed_on| on < *completed_on);
            let early = early.map(|completed_on| UnfitChange::BeforeCompletion { completed_on });
            early.or_else(|| unfit_day(history, on)).into_iter().collect()
        }
        StartChange::Resumed { on, planned_end_on } => {
            let paused_on = history.periods_at(NaiveDate::MAX).paused_on.filter(|paused_on| on <= *paused_on);
            let early = paused_on.map(|paused_on| UnfitChange::NotAfterPause { paused_on });
            let end = planned_end_on.and_then(|end| unfit_end(end, on, history.first_day()));
            early.into_iter().chain(end).collect()
        }
        StartChange::PriceChanged { from, agreed_price } => {
            let first_day = history.first_day();
            let early = (from < first_day).then_some(UnfitChange::PriceBeforeFirstDay { first_day });
            early.into_iter().chain((agreed_price < Money::ZERO).then_some(UnfitChange::NegativePrice)).collect()
        }
        StartChange::DatesChanged { start_on: None, planned_end_on: None } => vec![UnfitChange::NoDate],
        StartChange::DatesChanged { start_on, planned_end_on } => unfit_dates(history, start_on, planned_end_on),
    }
}

/// A day that lies before the first one, or before the last break ended.
fn unfit_day(history: &StartHistory, on: NaiveDate) -> Option<UnfitChange> {
    let (first_day, returned_on) = (history.first_day(), history.returned_on());
    if on < first_day {
        return Some(UnfitChange::BeforeFirstDay { first_day });
    }
    (on < returned_on).then_some(UnfitChange::BeforeReturn { returned_on })
}

fn unfit_end(planned_end_on: NaiveDate, earliest: NaiveDate, first_day: NaiveDate) -> Option<UnfitChange> {
    let latest = latest_end(first_day);
    if planned_end_on < earliest {
        return Some(UnfitChange::EndsTooEarly { earliest });
    }
    (planned_end_on > latest).then_some(UnfitChange::EndsTooLate { latest })
}

fn unfit_dates(
    history: &StartHistory,
    start_on: Option<NaiveDate>,
    planned_end_on: Option<NaiveDate>,
) -> Vec<UnfitChange> {
    let first_day = start_on.unwrap_or(history.first_day());
    let mut found: Vec<UnfitChange> = start_on.and_then(|day| unfit_first_day(history, day)).into_iter().collect();
    let breaks = history.periods_at(NaiveDate::MAX).periods.len() > 1;
    let earliest = if breaks { history.returned_on().max(first_day) } else { first_day };
    match planned_end_on {
        Some(end) => found.extend(unfit_end(end, earliest, first_day)),
        None if found.is_empty() => {
            let (planned_end_on, latest) = (history.planned_end_on(NaiveDate::MAX), latest_end(first_day));
            let fits = (first_day..=latest).contains(&planned_end_on);
            let out = UnfitChange::BeginsOutOfPlan { start_on: first_day, planned_end_on, latest };
            found.extend((!fits).then_some(out));
        }
        None => {}
    }
    found
}

fn unfit_first_day(history: &StartHistory, start_on: NaiveDate) -> Option<UnfitChange> {
    let facts = history.facts();
    if start_on < facts.agreed_on && !facts.change_of_employer {
        return Some(UnfitChange::BeforeAgreement { agreed_on: facts.agreed_on });
    }
    let events = history.changes().iter().filter_map(|(_, change)| Some((change.day()?, step(change))));
    let first = events.filter(|(on, _)| start_on > *on).min();
    first.map(|(on, event)| UnfitChange::BeginsAfterEvent { event, on })
}
