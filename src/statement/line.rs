//! A line of the statement in the field's own terms: what it says, what it does to the balance,
//! which month it belongs to, and when two lines are the same.

use std::fmt;
use std::fmt::Write as _;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::domain::calendar::Month;
use crate::domain::money::Money;

/// What a line reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Levy that entered the account.
    Levy,
    /// A correction of levy, either way.
    LevyAdjustment,
    /// A payment to a training provider.
    Payment(PaymentKind),
    /// Funds sent to, or received from, another account.
    Transfer,
    /// Funds that lapsed; with the life of the lot where the line names one.
    Expired(Option<Life>),
}

/// What a payment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaymentKind {
    /// A month of learning.
    Monthly,
    /// The part held back until completion.
    Completion,
    /// What was left to pay at an early end.
    Balance,
    /// A milestone reached.
    Milestone,
}

/// The life of the funds that an expiry line names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Life {
    /// Funds that live 12 months.
    Months12,
    /// Funds that live 24 months.
    Months24,
}

impl Life {
    /// The life in months.
    #[must_use]
    pub const fn months(self) -> i32 {
        match self {
            Self::Months12 => 12,
            Self::Months24 => 24,
        }
    }
}

impl Kind {
    /// Every kind, in the order in which the file's description lists them.
    pub const ALL: [Self; 10] = [
        Self::Levy,
        Self::LevyAdjustment,
        Self::Payment(PaymentKind::Monthly),
        Self::Payment(PaymentKind::Completion),
        Self::Payment(PaymentKind::Balance),
        Self::Payment(PaymentKind::Milestone),
        Self::Transfer,
        Self::Expired(None),
        Self::Expired(Some(Life::Months12)),
        Self::Expired(Some(Life::Months24)),
    ];

    /// The transaction type, as the file writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Levy => "Levy",
            Self::LevyAdjustment => "Levy Adjustment",
            Self::Payment(PaymentKind::Monthly) => "Monthly Payment",
            Self::Payment(PaymentKind::Completion) => "Completion Payment",
            Self::Payment(PaymentKind::Balance) => "Balance Payment",
            Self::Payment(PaymentKind::Milestone) => "Milestone Payment",
            Self::Transfer => "Transfer",
            Self::Expired(None) => "Expired Levy",
            Self::Expired(Some(Life::Months12)) => "Expired Levy 12 month",
            Self::Expired(Some(Life::Months24)) => "Expired Levy 24 month",
        }
    }
}

/// A unique learner number: personal data, so it never shows in logs or errors.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Uln(String);

impl Uln {
    /// A learner number whose form has been checked.
    pub(super) const fn new(digits: String) -> Self {
        Self(digits)
    }

    /// Its ten digits, for whoever may see them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Uln {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Uln(..)")
    }
}

/// A line of the statement. Learners' names are not part of it: they are dropped as it is read.
///
/// Columns that a layout does not have are blank, and amounts that it does not have are nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line of the file, the header's being counted, from 1.
    pub number: u64,
    /// Transaction date: of levy HMRC's submission, of payments the day their collection closed.
    pub date: NaiveDate,
    /// Transaction type.
    pub kind: Kind,
    /// Description, such as "Transfer sent to Small Firm".
    pub description: Option<String>,
    /// PAYE scheme, on lines of levy.
    pub paye_scheme: Option<String>,
    /// Payroll month by its label, on lines of levy: month 1 of 2017-18 is April 2017.
    pub payroll_month: Option<Month>,
    /// Levy declared, in pounds, before the English fraction.
    pub levy_declared: Money,
    /// The English fraction, 0 to 1: a hundredth of the column "English %".
    pub english_fraction: Decimal,
    /// The government's top-up, in pounds.
    pub top_up: Money,
    /// Cohort reference (version 2).
    pub cohort_reference: Option<String>,
    /// Training provider, by name.
    pub training_provider: Option<String>,
    /// Unique learner number.
    pub uln: Option<Uln>,
    /// Course name; version 1 calls it the apprenticeship training course.
    pub course_name: Option<String>,
    /// Course level.
    pub level: Option<u8>,
    /// Course type (version 2).
    pub course_type: Option<String>,
    /// Paid from levy, in pounds.
    pub paid_from_levy: Money,
    /// Paid from a transfer, in pounds.
    pub paid_from_transfer: Money,
    /// The employer's contribution, in pounds.
    pub your_contribution: Money,
    /// Government's contribution, in pounds.
    pub government_contribution: Money,
    /// Total, in pounds; its sign tells a transfer's direction.
    pub total: Money,
}

impl Line {
    /// What the line does to the balance: a payment what was paid from levy, since its total also
    /// holds the two contributions; any other line its total (`docs/rules.md` section 9).
    ///
    /// A completion payment of £1,000 that was co-invested, £50 by the employer and £950 by
    /// government, moves the balance by nothing. A transfer of -£250 was sent, one of £250 received,
    /// whatever its description says.
    #[must_use]
    pub const fn balance_effect(&self) -> Money {
        match self.kind {
            Kind::Payment(_) => self.paid_from_levy,
            Kind::Levy | Kind::LevyAdjustment | Kind::Transfer | Kind::Expired(_) => self.total,
        }
    }

    /// The month that the line belongs to (`docs/rules.md` section 9).
    ///
    /// Levy: its entry month, which is its date's month. Payments and transfers: their collection
    /// month, the one before their date's, since a collection closes early in the next month: 6 May
    /// 2026 is April 2026. Expiry: its date's month.
    #[must_use]
    pub fn month(&self) -> Month {
        match self.kind {
            Kind::Levy | Kind::LevyAdjustment | Kind::Expired(_) => Month::of(self.date),
            Kind::Payment(_) | Kind::Transfer => Month::of(self.date).plus(-1),
        }
    }

    /// What makes a line the same as another, in whichever version and form it was downloaded: every
    /// field that both versions have, without the learner's name.
    ///
    /// Covered: date, type, description, PAYE scheme, payroll month, levy declared, English fraction,
    /// top-up, training provider, learner number, course, level, what was paid from levy or from a
    /// transfer (version 1 has one column for both, so it is their sum), the two contributions, total.
    /// Not covered: line number, cohort reference and course type, which version 1 lacks. Texts count
    /// without commas and spaces, as the CSV drops commas that the workbook keeps.
    ///
    /// The learner number makes the text, and a plain hash of it, personal data: keep it under a key
    /// or where it can be erased.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut text = String::with_capacity(192);
        let funded = self.paid_from_levy + self.paid_from_transfer;
        let _ = write!(text, "{}|{}", self.date, self.kind.name());
        push_bare(&mut text, self.description.as_deref());
        push_bare(&mut text, self.paye_scheme.as_deref());
        text.push('|');
        if let Some(month) = self.payroll_month {
            let _ = write!(text, "{month}");
        }
        let fraction = self.english_fraction.normalize();
        let _ = write!(text, "|{}|{fraction}|{}", self.levy_declared.units(), self.top_up.units());
        push_bare(&mut text, self.training_provider.as_deref());
        push_bare(&mut text, self.uln.as_ref().map(Uln::as_str));
        push_bare(&mut text, self.course_name.as_deref());
        text.push('|');
        if let Some(level) = self.level {
            let _ = write!(text, "{level}");
        }
        for amount in [funded, self.your_contribution, self.government_contribution, self.total] {
            let _ = write!(text, "|{}", amount.units());
        }
        text
    }
}

/// Appends a text without what the versions and forms write differently. The separator is escaped,
/// so that no two different lines come out alike.
fn push_bare(canonical: &mut String, text: Option<&str>) {
    canonical.push('|');
    for c in text.unwrap_or_default().chars().filter(|&c| c != ',' && !c.is_whitespace()) {
        if matches!(c, '|' | '\\') {
            canonical.push('\\');
        }
        canonical.push(c);
    }
}
