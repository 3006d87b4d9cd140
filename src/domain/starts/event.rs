//! What happens to a start after it was recorded.

use chrono::NaiveDate;

use crate::domain::money::Money;

/// What happens to a start after it was recorded (`docs/rules.md` section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartChange {
    /// Learning is broken off.
    Paused {
        /// The last day of learning.
        on: NaiveDate,
    },
    /// Learning goes on.
    Resumed {
        /// The first day of learning again.
        on: NaiveDate,
        /// The last day as planned from then on; as before unless said.
        planned_end_on: Option<NaiveDate>,
    },
    /// The apprentice left.
    Withdrawn {
        /// The last day of learning.
        on: NaiveDate,
    },
    /// Learning was completed.
    Completed {
        /// On this day.
        on: NaiveDate,
    },
    /// The apprentice achieved.
    Achieved {
        /// On this day.
        on: NaiveDate,
    },
    /// Another price was agreed.
    PriceChanged {
        /// The first day it holds for.
        from: NaiveDate,
        /// The price, in pounds.
        agreed_price: Money,
    },
    /// The dates are put right. It has no day: it counts for every day once it is recorded.
    DatesChanged {
        /// The first day; as it was unless said.
        start_on: Option<NaiveDate>,
        /// The last day as planned; as it was unless said.
        planned_end_on: Option<NaiveDate>,
    },
    /// It was recorded by mistake. It has no day either.
    Voided,
}

impl StartChange {
    /// The day from which it counts; none where it counts for every day.
    #[must_use]
    pub const fn day(&self) -> Option<NaiveDate> {
        match self {
            Self::Paused { on }
            | Self::Resumed { on, .. }
            | Self::Withdrawn { on }
            | Self::Completed { on }
            | Self::Achieved { on }
            | Self::PriceChanged { from: on, .. } => Some(*on),
            Self::DatesChanged { .. } | Self::Voided => None,
        }
    }

    /// How a list of what happened names it, and the name it is recorded under.
    #[must_use]
    pub const fn done(&self) -> &'static str {
        match self {
            Self::Paused { .. } => "paused",
            Self::Resumed { .. } => "resumed",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Completed { .. } => "completed",
            Self::Achieved { .. } => "achieved",
            Self::PriceChanged { .. } => "price_changed",
            Self::DatesChanged { .. } => "dates_changed",
            Self::Voided => "voided",
        }
    }

    /// What is said of it in the list of changes.
    #[must_use]
    pub const fn action(&self) -> &'static str {
        match self {
            Self::Paused { .. } => "start_paused",
            Self::Resumed { .. } => "start_resumed",
            Self::Withdrawn { .. } => "start_withdrawn",
            Self::Completed { .. } => "start_completed",
            Self::Achieved { .. } => "start_achieved",
            Self::PriceChanged { .. } => "start_price_changed",
            Self::DatesChanged { .. } => "start_dates_changed",
            Self::Voided => "start_voided",
        }
    }
}

/// A change as people look it up: what, why and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartNote {
    /// What happened.
    pub change: StartChange,
    /// Why.
    pub reason: Option<String>,
    /// Who recorded it.
    pub by: String,
}
