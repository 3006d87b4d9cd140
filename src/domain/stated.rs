//! Entries of the journal as the lines of a statement that would record them again.

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

use super::calendar::Month;
use super::journal::{Entry, EntryKind};
use super::money::Money;

/// The day of a month on which collections are taken to close.
const COLLECTIONS_CLOSE: u64 = 5;

/// The day that a statement's line of an entry carries: the one that it carried if a statement brought
/// it; else of levy the day from which it counts, of payments and transfers the fifth of the month after
/// their collection month, of expiry the last day of its due month. A correction has no line
/// (`docs/rules.md` section 9).
///
/// ```
/// use levy_ledger::domain::{journal::EntryKind, stated::stated_day};
/// let april: levy_ledger::domain::calendar::Month = "2026-04".parse()?;
/// let day = stated_day((EntryKind::OwnPayment, april), april.last_day(), None);
/// assert_eq!(day.map(|day| day.to_string()).as_deref(), Some("2026-05-05"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn stated_day(
    (kind, month): (EntryKind, Month),
    effective_on: NaiveDate,
    stated_on: Option<NaiveDate>,
) -> Option<NaiveDate> {
    let by_rule = match kind {
        EntryKind::Levy | EntryKind::LevyAdjustment => effective_on,
        EntryKind::OwnPayment | EntryKind::TransferPayment | EntryKind::TransferReceived => {
            month.last_day() + Days::new(COLLECTIONS_CLOSE)
        }
        EntryKind::Expiry => month.last_day(),
        EntryKind::Correction => return None,
    };
    Some(stated_on.unwrap_or(by_rule))
}

/// An entry with what its line says beyond it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedEntry {
    /// The line's day.
    pub on: NaiveDate,
    /// The entry.
    pub entry: Entry,
    /// What was declared to HMRC, where levy came from a declaration.
    pub declared: Option<DeclaredLevy>,
    /// The start that was paid for.
    pub course: Course,
    /// The name of the provider that a transfer paid for.
    pub provider: Option<String>,
}

/// What a declaration came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeclaredLevy {
    /// Levy declared, before the English fraction, in pounds.
    pub declared: Money,
    /// The English fraction.
    pub english_fraction: Decimal,
    /// The top-up, in pounds.
    pub top_up: Money,
}

/// What a line says of a start: nothing of its learner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// The training provider, by name.
    pub training_provider: Option<String>,
    /// The standard, by its title or its code.
    pub name: Option<String>,
    /// The level.
    pub level: Option<u8>,
}
