//! Which changes of a transfer are in order, and which starts it takes.

use chrono::NaiveDate;

use super::history::TransferHistory;
use super::state::{TransferStatus, Transition};
use crate::domain::money::Money;
use crate::domain::names::Named;

/// What someone would do with a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Take it to another status.
    Transition(Transition),
    /// Give it new terms.
    Reschedule,
    /// Let another provider go on in the place of the one before.
    ChangeEmployer,
}

impl Step {
    /// How a sentence says that it happened: `accepted`, `rescheduled`.
    #[must_use]
    pub fn done(self) -> &'static str {
        match self {
            Self::Transition(transition) => transition.leads_to().name(),
            Self::Reschedule => "rescheduled",
            Self::ChangeEmployer => "taken over",
        }
    }
}

/// A change that is not in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTransition {
    /// The transfer is not in a status that allows it.
    #[error("a transfer that is {from} on {on} cannot be {}", step.done())]
    NotFrom {
        /// Its status on the day.
        from: TransferStatus,
        /// What was to happen.
        step: Step,
        /// The day it was to happen.
        on: NaiveDate,
    },
    /// The day lies before the transfer's last change.
    #[error("the transfer last changed on {last}, so it cannot be {} on {on}", step.done())]
    OutOfOrder {
        /// What was to happen.
        step: Step,
        /// The day it was to happen.
        on: NaiveDate,
        /// The day of the last change.
        last: NaiveDate,
    },
}

/// An offer can be accepted, declined, withdrawn or left to lapse; an accepted transfer withdrawn
/// while it has no start; a live one stopped or completed; none dated before the last change
/// (`docs/rules.md` section 6).
///
/// ```
/// use levy_ledger::domain::calendar::parse_date;
/// use levy_ledger::domain::transfers::{Terms, TransferFacts, TransferHistory, Transition, check_transition};
/// let facts = TransferFacts {
///     agreed_on: parse_date("2026-05-01")?,
///     terms: Terms { amount: Default::default(), schedule: Default::default() },
///     apprentices: 3,
///     lapses_on: Some(parse_date("2026-05-31")?),
///     first_start: None,
/// };
/// let offer = TransferHistory::new(facts, Vec::new());
/// assert!(check_transition(&offer, Transition::Accept, parse_date("2026-05-31")?).is_ok());
/// let late = check_transition(&offer, Transition::Accept, parse_date("2026-06-01")?).map_err(|e| e.to_string());
/// assert_eq!(late, Err("a transfer that is lapsed on 2026-06-01 cannot be accepted".to_owned()));
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
///
/// # Errors
/// [`InvalidTransition`] for a status that does not allow it or a day before the last change.
pub fn check_transition(
    history: &TransferHistory,
    transition: Transition,
    on: NaiveDate,
) -> Result<(), InvalidTransition> {
    let step = Step::Transition(transition);
    let from = status_for(history, step, on)?;
    let allowed = match transition {
        Transition::Accept | Transition::Decline | Transition::Lapse => from == TransferStatus::Offered,
        Transition::Withdraw => matches!(from, TransferStatus::Offered | TransferStatus::Accepted),
        Transition::Stop | Transition::Complete => from == TransferStatus::Live,
    };
    if allowed { Ok(()) } else { Err(InvalidTransition::NotFrom { from, step, on }) }
}

/// A transfer can be rescheduled while it is open, not dated before its last change; its new terms
/// are then held against the allowance like an offer (`docs/rules.md` section 6).
///
/// # Errors
/// [`InvalidTransition`] for a closed transfer or a day before the last change.
pub fn check_reschedule(history: &TransferHistory, on: NaiveDate) -> Result<(), InvalidTransition> {
    open_for(history, Step::Reschedule, on)
}

/// Another provider can take over an open transfer, not dated before its last change: its starts, its
/// schedule and what it reserves stay (`docs/rules.md` section 6).
///
/// # Errors
/// [`InvalidTransition`] for a closed transfer or a day before the last change.
pub fn check_employer(history: &TransferHistory, on: NaiveDate) -> Result<(), InvalidTransition> {
    open_for(history, Step::ChangeEmployer, on)
}

fn open_for(history: &TransferHistory, step: Step, on: NaiveDate) -> Result<(), InvalidTransition> {
    let from = status_for(history, step, on)?;
    if from.is_open() { Ok(()) } else { Err(InvalidTransition::NotFrom { from, step, on }) }
}

/// The status that decides about a step on a day, which is not before the last change.
fn status_for(history: &TransferHistory, step: Step, on: NaiveDate) -> Result<TransferStatus, InvalidTransition> {
    let last = history.last_change_on();
    let status = history.decisive_status_at(on).filter(|_| on >= last);
    status.ok_or(InvalidTransition::OutOfOrder { step, on, last })
}

/// The starts that a transfer already pays for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StartsSoFar {
    /// How many.
    pub count: u32,
    /// The sum of their capped prices.
    pub capped_total: Money,
}

/// A start that is to be paid for by a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProposedStart {
    /// Its first day.
    pub start_on: NaiveDate,
    /// Its price, up to the funding band maximum.
    pub capped_price: Money,
}

/// Why a transfer does not take a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartRefused {
    /// The transfer is not accepted, or is closed.
    #[error("a start is added to a transfer that is accepted or live; this one is {status}")]
    NotAccepted {
        /// Its status by all that is recorded.
        status: TransferStatus,
    },
    /// It has as many starts as apprentices were agreed.
    #[error("the transfer is for {apprentices} apprenticeships and has a start for each")]
    TooMany {
        /// How many were agreed.
        apprentices: u32,
    },
    /// The prices of its starts would pass the agreed amount.
    #[error(
        "a start of {} is more than what the transfer's other starts leave of its agreed amount, {}",
        requested.in_words(), available.in_words()
    )]
    BeyondAmount {
        /// The start's capped price.
        requested: Money,
        /// What the other starts leave.
        available: Money,
    },
    /// It begins before the transfer was agreed, or on that day.
    #[error("a transfer pays only for starts that begin after it was agreed, on {agreed_on}")]
    BeforeAgreement {
        /// The day the transfer was agreed.
        agreed_on: NaiveDate,
    },
}

/// A transfer takes a start while it is accepted or live, agreed before the start's first day, with
/// an apprenticeship to spare and with capped prices that total no more than the agreed amount
/// (`docs/rules.md` section 6). All that is recorded counts, whatever its day.
///
/// ```
/// use levy_ledger::domain::calendar::parse_date;
/// use levy_ledger::domain::money::Money;
/// use levy_ledger::domain::transfers::{
///     Change, ProposedStart, StartsSoFar, Terms, TransferChange, TransferFacts, TransferHistory, Transition, check_start,
/// };
/// let pounds = |whole: i64| Money::from_units(whole * 100_000);
/// let agreed_on = parse_date("2026-05-01")?;
/// let terms = Terms { amount: pounds(9_000), schedule: Default::default() };
/// let facts = TransferFacts { agreed_on, terms, apprentices: 3, lapses_on: None, first_start: None };
/// let accepted = TransferChange { on: agreed_on, change: Change::Transition(Transition::Accept) };
/// let transfer = TransferHistory::new(facts, vec![accepted]);
/// let recorded = StartsSoFar { count: 1, capped_total: pounds(5_000) };
/// let start = |price: i64| ProposedStart { start_on: parse_date("2026-09-01").unwrap_or(agreed_on), capped_price: pounds(price) };
/// assert!(check_start(&transfer, recorded, start(4_000)).is_ok());
/// let refused = check_start(&transfer, recorded, start(4_500)).map_err(|e| e.to_string()).err();
/// assert_eq!(
///     refused.as_deref(),
///     Some("a start of £4,500 is more than what the transfer's other starts leave of its agreed amount, £4,000")
/// );
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
///
/// # Errors
/// [`StartRefused`], naming the first of these that does not hold.
pub fn check_start(
    history: &TransferHistory,
    recorded: StartsSoFar,
    proposed: ProposedStart,
) -> Result<(), StartRefused> {
    let status = history.recorded_status();
    if !matches!(status, TransferStatus::Accepted | TransferStatus::Live) {
        return Err(StartRefused::NotAccepted { status });
    }
    let agreed_on = history.facts().agreed_on;
    if proposed.start_on <= agreed_on {
        return Err(StartRefused::BeforeAgreement { agreed_on });
    }
    let apprentices = history.facts().apprentices;
    if recorded.count >= apprentices {
        return Err(StartRefused::TooMany { apprentices });
    }
    let available = (history.amount_at(history.last_change_on()) - recorded.capped_total).at_least_zero();
    if proposed.capped_price > available {
        return Err(StartRefused::BeyondAmount { requested: proposed.capped_price, available });
    }
    Ok(())
}
