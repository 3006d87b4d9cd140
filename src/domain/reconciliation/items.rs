//! Lines of one side that the other has not: entries of ours that no statement brought, and lines of a
//! statement that were not recorded.

use chrono::NaiveDate;

use super::Place;
use crate::domain::calendar::Month;
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::names::Named;

/// What levy is known by on both sides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LevyOf {
    /// The PAYE scheme.
    pub paye_scheme: String,
    /// The payroll month.
    pub payroll_month: Month,
}

/// Entries of ours that no statement line was recorded as: alike in month, kind, amount and all else
/// here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OurItem {
    /// Its month and kind.
    pub place: Place,
    /// What each does to the balance.
    pub amount: Money,
    /// How many there are.
    pub times: i64,
    /// Where it comes from.
    pub origin: Origin,
    /// The first of them; none for expiry that is worked out.
    pub entry: Option<Seq>,
    /// The day from which that one counts.
    pub on: NaiveDate,
    /// The lot that lapsed.
    pub lot: Option<Month>,
    /// What levy is known by.
    pub levy: Option<LevyOf>,
}

/// Where an entry of ours comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Recorded by hand, by a declaration or by a close.
    Recorded,
    /// It takes another entry back.
    Reversal,
    /// Expiry that no booking names.
    WorkedOut,
}

/// Lines of a statement that were held and not recorded, alike in all that is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldItem {
    /// Its month and kind.
    pub place: Place,
    /// What each does to the balance.
    pub amount: Money,
    /// How many there are.
    pub times: i64,
    /// Why it was not recorded.
    pub held: Held,
    /// The line's day.
    pub on: NaiveDate,
    /// What levy is known by.
    pub levy: Option<LevyOf>,
    /// Its description.
    pub note: Option<String>,
}

/// Why a line was held and not recorded (`docs/rules.md` section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Levy of the same scheme, payroll month and amount was held already.
    LevyHeld,
    /// The same with another amount.
    LevyDiffers,
    /// Our own close closed its month.
    MonthClosed,
}

impl Named for Held {
    const SCHEMA: &'static str = "HeldOutcome";
    const ALL: &'static [Self] = &[Self::LevyHeld, Self::LevyDiffers, Self::MonthClosed];

    fn name(self) -> &'static str {
        match self {
            Self::LevyHeld => "levy_held",
            Self::LevyDiffers => "levy_differs",
            Self::MonthClosed => "month_closed",
        }
    }
}
