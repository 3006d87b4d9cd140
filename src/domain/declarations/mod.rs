//! Levy declared to HMRC, a submission at a time: what is sent, what becomes of it, and why.

mod outcome;
mod settling;

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::journal::Seq;
use super::money::Money;
use super::payroll::{PayrollMonth, Timeliness, in_the_uk};

pub use outcome::{MeasuredFrom, Outcome, OutcomeKind, Posting, WhyHeld};
pub use settling::{Processing, settle};

/// HMRC's number of a submission; of two at the same time the higher is the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubmissionId(i64);

/// A text that is no number of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a submission id is a string of 1 to 18 digits without leading zeros, such as \"999000101\"")]
pub struct NotSubmissionId;

impl SubmissionId {
    /// The number as it is stored.
    #[must_use]
    pub const fn stored(self) -> i64 {
        self.0
    }

    /// The id of a stored number.
    #[must_use]
    pub const fn from_stored(number: i64) -> Self {
        Self(number)
    }
}

impl FromStr for SubmissionId {
    type Err = NotSubmissionId;

    fn from_str(text: &str) -> Result<Self, NotSubmissionId> {
        let number = text.parse().ok().filter(|number: &i64| (0..10_i64.pow(18)).contains(number));
        number.filter(|number| number.to_string() == text).map(Self).ok_or(NotSubmissionId)
    }
}

impl fmt::Display for SubmissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What one PAYE scheme told HMRC at one time about one payroll month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// HMRC's number.
    pub id: SubmissionId,
    /// The payroll month.
    pub month: PayrollMonth,
    /// The levy due in the tax year up to that month.
    pub year_to_date: Option<Money>,
    /// Whether it says that there was nothing to pay for the period.
    pub no_payment: bool,
    /// When it was made, UTC.
    pub submitted_at: NaiveDateTime,
    /// The English fraction calculated for the scheme by then, where it is said.
    pub english_fraction: Option<Decimal>,
    /// Whether it came in time.
    pub timeliness: Timeliness,
}

impl Submission {
    /// Whether it came in time, by the time at which it was made.
    #[must_use]
    pub fn dated(self) -> Self {
        Self { timeliness: Timeliness::of(self.month, in_the_uk(self.submitted_at)), ..self }
    }

    /// The figure that it declares; none where there was nothing to pay for the period.
    #[must_use]
    pub fn figure(&self) -> Option<Money> {
        self.year_to_date.filter(|_| !self.no_payment)
    }

    /// What orders submissions: the later time, then the higher id.
    #[must_use]
    pub const fn order(&self) -> (NaiveDateTime, SubmissionId) {
        (self.submitted_at, self.id)
    }
}

/// A submission as the ledger holds it.
#[derive(Clone, Debug)]
pub struct HeldSubmission {
    /// What was sent.
    pub submission: Submission,
    /// The key of the account that it was sent to.
    pub account: Seq,
    /// What became of it.
    pub outcome: OutcomeKind,
    /// The submission whose figure its own was measured from, where it was posted.
    pub measured_from: Option<SubmissionId>,
}

/// What was decided of a submission: when it arrives, and once more where it has waited.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The account that it was sent to.
    pub account: Uuid,
    /// The PAYE scheme.
    pub paye_scheme: String,
    /// What was sent.
    pub submission: Submission,
    /// Whether it arrives only now.
    pub arrives: bool,
    /// The day of processing.
    pub processed_on: NaiveDate,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Whether the entry of its credit is what is recorded next.
    pub entry_follows: bool,
}
