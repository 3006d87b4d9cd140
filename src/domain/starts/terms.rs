//! What a start must be to be recorded.

use chrono::{Months, NaiveDate};

use crate::domain::facts::StartTerms;
use crate::domain::money::Money;

/// For how many months training is planned at the most.
const LONGEST: Months = Months::new(120);

/// A term of a start that cannot stand as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnfitTerm {
    /// Nothing, or less, was agreed.
    #[error("an agreed price is more than 0.00 pounds")]
    Price,
    /// The band allows nothing, or less.
    #[error("a funding band maximum is more than 0.00 pounds; leave it out where none applies")]
    Band,
    /// There is no such level.
    #[error("a level lies from 2 to 7")]
    Level,
    /// It would begin before anybody had agreed to it.
    #[error("a start does not begin before it was agreed, on {agreed_on}")]
    BeforeAgreement {
        /// The day of the agreement.
        agreed_on: NaiveDate,
    },
    /// It would end before it begins.
    #[error("training does not end before it begins, on {start_on}")]
    EndsTooEarly {
        /// The first day.
        start_on: NaiveDate,
    },
    /// It would take longer than any apprenticeship does.
    #[error("training takes at most ten years, so that it ends by {latest}")]
    EndsTooLate {
        /// The last day that is taken.
        latest: NaiveDate,
    },
    /// Not a UKPRN.
    #[error("a UKPRN has 8 digits, such as \"10000001\"")]
    Ukprn,
}

/// Training is planned to end within ten years of its first day.
#[must_use]
pub fn latest_end(start_on: NaiveDate) -> NaiveDate {
    start_on.checked_add_months(LONGEST).unwrap_or(NaiveDate::MAX)
}

/// Every term of a start that cannot stand as it is. An apprentice who goes on with another employer
/// may have begun before that employer agreed (`docs/rules.md` section 6).
///
/// ```
/// # use levy_ledger::domain::{calendar::parse_date, facts::StartTerms, starts::{UnfitTerm, unfit_terms}};
/// # let day = parse_date("2026-09-01")?;
/// # let terms = StartTerms {
/// #     standard_code: "ST0005".to_owned(), standard_title: None, level: 2, sector: None,
/// #     agreed_price: "9000.00".parse().unwrap_or_default(), funding_band_maximum: None, agreed_on: day,
/// #     start_on: day, planned_end_on: day, training_provider_ukprn: None, training_provider_name: None,
/// #     local_training_provider: None, change_of_employer: false,
/// # };
/// assert_eq!(unfit_terms(&terms), []);
/// assert_eq!(unfit_terms(&StartTerms { level: 8, ..terms }), [UnfitTerm::Level]);
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
#[must_use]
pub fn unfit_terms(terms: &StartTerms) -> Vec<UnfitTerm> {
    let StartTerms { agreed_on, start_on, planned_end_on, .. } = *terms;
    let latest = latest_end(start_on);
    let is_nothing = |amount: Money| amount.is_zero() || amount.is_negative();
    let checks = [
        (is_nothing(terms.agreed_price), UnfitTerm::Price),
        (terms.funding_band_maximum.is_some_and(is_nothing), UnfitTerm::Band),
        (!(2..=7).contains(&terms.level), UnfitTerm::Level),
        (start_on < agreed_on && !terms.change_of_employer, UnfitTerm::BeforeAgreement { agreed_on }),
        (planned_end_on < start_on, UnfitTerm::EndsTooEarly { start_on }),
        (planned_end_on > latest, UnfitTerm::EndsTooLate { latest }),
        (terms.training_provider_ukprn.as_deref().is_some_and(|ukprn| !has_digits(ukprn, 8)), UnfitTerm::Ukprn),
    ];
    checks.into_iter().filter(|(unfit, _)| *unfit).map(|(_, term)| term).collect()
}

/// A unique learner number has ten digits, the first of which is not 0.
///
/// ```
/// use levy_ledger::domain::starts::is_uln;
/// assert!(is_uln("9876543210"));
/// assert!(!is_uln("0876543210") && !is_uln("987654321"));
/// ```
#[must_use]
pub fn is_uln(text: &str) -> bool {
    has_digits(text, 10) && !text.starts_with('0')
}

fn has_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|b| b.is_ascii_digit())
}
