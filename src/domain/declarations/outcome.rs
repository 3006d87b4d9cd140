//! What becomes of a submission, and why, in sentences.

use rust_decimal::Decimal;

use super::{Submission, SubmissionId};
use crate::domain::levy::Credit;
use crate::domain::money::Money;
use crate::domain::names::Named;
use crate::domain::payroll::{PayrollMonth, PayrollYear, Timeliness};

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
