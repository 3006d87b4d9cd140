//! Levy declared to HMRC, a submission at a time: what is sent, what becomes of it, and why.

mod settling;

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDateTime;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::levy::Credit;
use super::money::Money;
use super::names::Named;
use super::payroll::{PayrollMonth, PayrollYear, Timeliness, in_the_uk};

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
    /// The account that it was sent to.
    pub account: Uuid,
    /// What became of it.
    pub outcome: OutcomeKind,
    /// The submission whose figure its own was measured from, where it was posted.
    pub measured_from: Option<SubmissionId>,
}

/// What becomes of a submission, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeKind {
    /// It was credited.
    Posted,
    /// It counts for nothing.
    Ignored,
    /// Its month's cut-off has not passed.
    Waiting,
    /// It is kept and counts where later ones are measured, but credits nothing.
    Held,
}

impl Named for OutcomeKind {
    const SCHEMA: &'static str = "DeclarationOutcome";
    const ALL: &'static [Self] = &[Self::Posted, Self::Ignored, Self::Waiting, Self::Held];

    fn name(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::Ignored => "ignored",
            Self::Waiting => "waiting",
            Self::Held => "held",
        }
    }
}

/// What becomes of a submission, with why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is credited.
    Posted(Posting),
    /// It lies before the levy began.
    BeforeTheLevy,
    /// Its month's cut-off has not passed.
    Waiting,
    /// It is kept and credits nothing.
    Held(WhyHeld),
}

/// What a submission adds to the funds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The credit, and its parts.
    pub credit: Credit,
    /// The English fraction it was taken with.
    pub english_fraction: Decimal,
    /// The top-up it was taken with, in percent.
    pub top_up_percent: Decimal,
    /// What its figure was measured from; none where that was nothing.
    pub measured_from: Option<MeasuredFrom>,
}

/// The figure that another was measured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeasuredFrom {
    /// The submission.
    pub id: SubmissionId,
    /// Its payroll month.
    pub month: PayrollMonth,
    /// Its levy due in the year to date.
    pub figure: Money,
}

/// Why a submission credits nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyHeld {
    /// There was nothing to pay for the period.
    NoPayment,
    /// It came after the cut-off.
    Late,
    /// It came after the year's last cut-off and before adjustments begin.
    YearEndGap,
    /// Another submission counts for the month.
    Superseded(SubmissionId),
    /// The month was posted with another submission.
    MonthPosted(SubmissionId),
    /// What was posted for a later month, or adjusted the year, covers it.
    Covered(SubmissionId),
    /// Its life would have run out before the month of processing.
    TooOld,
    /// Its credit would be beyond what money can be.
    TooLarge,
}

impl Outcome {
    /// Its name.
    #[must_use]
    pub const fn kind(&self) -> OutcomeKind {
        match self {
            Self::Posted(_) => OutcomeKind::Posted,
            Self::BeforeTheLevy => OutcomeKind::Ignored,
            Self::Waiting => OutcomeKind::Waiting,
            Self::Held(_) => OutcomeKind::Held,
        }
    }

    /// What it credits.
    #[must_use]
    pub const fn posting(&self) -> Option<&Posting> {
        match self {
            Self::Posted(posting) => Some(posting),
            Self::BeforeTheLevy | Self::Waiting | Self::Held(_) => None,
        }
    }

    /// What happened to the submission and why, in a sentence.
    #[must_use]
    pub fn reason(&self, submission: &Submission) -> String {
        let month = submission.month;
        match self {
            Self::Posted(posting) => posting.reason(submission),
            Self::BeforeTheLevy => {
                let first = PayrollYear::FIRST_OF_THE_LEVY;
                format!("the payroll year {} lies before {first}, in which the levy began", month.year())
            }
            Self::Waiting => format!("the cut-off of {month}, 00:00 on {}, has not passed", month.cut_off()),
            Self::Held(why) => why.reason(month),
        }
    }
}

impl Posting {
    fn reason(&self, submission: &Submission) -> String {
        let figure = submission.figure().unwrap_or_default().in_words();
        let since = self.measured_from.map_or_else(
            || "with nothing before it".to_owned(),
            |base| format!("less {} of {} (submission {})", base.figure.in_words(), base.month, base.id),
        );
        let what = match submission.timeliness {
            Timeliness::YearEndAdjustment => "adjusted after the year's end",
            Timeliness::OnTime | Timeliness::Late | Timeliness::YearEndGap => "declared",
        };
        let declared = self.credit.declared.in_words();
        let (fraction, top_up) = (self.english_fraction.normalize(), self.top_up_percent.normalize());
        format!(
            "{declared} {what}: {figure} in the year to date {since}; English fraction {fraction}, top-up {top_up}%"
        )
    }
}

impl WhyHeld {
    fn reason(self, month: PayrollMonth) -> String {
        match self {
            Self::NoPayment => format!("no payment for the period: nothing is posted for {month}"),
            Self::Late => format!(
                "made after the cut-off of {month}, 00:00 on {}: a later month in time carries the difference",
                month.cut_off()
            ),
            Self::YearEndGap => format!(
                "made after the last cut-off of {} and before 23:59:59 on 21 April, from when it would adjust the \
                 year: nothing is posted",
                month.year()
            ),
            Self::Superseded(by) => format!("submission {by} counts for {month}: it is the last one in time"),
            Self::MonthPosted(with) => format!(
                "{month} was posted with submission {with}: what arrives for it later is carried by the months after it"
            ),
            Self::Covered(by) => format!(
                "submission {by} was posted for a later part of {} without it, and so covers it already",
                month.year()
            ),
            Self::TooOld => format!(
                "too old: the life of funds of {} ran out before the month of processing; the figure still counts \
                 where later ones are measured",
                month.label()
            ),
            Self::TooLarge => "its credit would lie beyond 90000000000.00 pounds".to_owned(),
        }
    }
}
