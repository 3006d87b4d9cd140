//! Payroll years and HMRC's submission ids, as requests and answers write them.

use std::fmt;

use utoipa::openapi::schema::ObjectBuilder;

use super::wire::{Name, Text, Wire, string};
use crate::domain::declarations::{NotSubmissionId, OutcomeKind, SubmissionId};
use crate::domain::payroll::{NotPayrollYear, PayrollYear};

/// A payroll year.
pub(crate) type PayrollYearText = Text<PayrollYear>;
/// HMRC's number of a submission.
pub(crate) type SubmissionIdText = Text<SubmissionId>;
/// What became of a declaration.
pub(crate) type OutcomeName = Name<OutcomeKind>;

impl Wire for PayrollYear {
    const NAME: &'static str = "PayrollYear";
    const EXPECTED: &'static str = "a payroll year, such as \"26-27\"";

    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|fault: NotPayrollYear| fault.to_string())
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }

    fn schema() -> ObjectBuilder {
        string(Self::EXPECTED, "26-27").pattern(Some(r"^\d{2}-\d{2}$"))
    }
}

impl Wire for SubmissionId {
    const NAME: &'static str = "SubmissionId";
    const EXPECTED: &'static str = "HMRC's submission id: a string of 1 to 18 digits, such as \"999000101\"";

    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|fault: NotSubmissionId| fault.to_string())
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }

    fn schema() -> ObjectBuilder {
        string(Self::EXPECTED, "999000101").pattern(Some(r"^(0|[1-9]\d{0,17})$"))
    }
}
