//! PAYE schemes year by year, and the parts of one that several employers share, such as a council
//! and the schools it maintains.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::calendar::Month;
use super::declarations::Submission;
use super::money::{Money, MoneyError};
use super::payroll::{PayrollMonth, PayrollYear};
use super::rules::percent_of;

/// Somebody who shares a PAYE scheme with the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemePart {
    /// Who it is.
    pub name: String,
    /// Percent of the scheme's credits.
    pub percent: Decimal,
}

/// Whom a scheme is shared with from a payroll month on; the account itself has the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemeShare {
    /// The PAYE scheme.
    pub paye_scheme: String,
    /// The label of the first payroll month for which it holds.
    pub from: Month,
    /// The others who share it.
    pub parts: Vec<SchemePart>,
}

/// A credit divided among those who share its scheme: each part is its percent, rounded to five
/// places, and the account's own part takes the remainder (`docs/rules.md` section 4).
///
/// ```
/// use levy_ledger::domain::{money::Money, paye_schemes::{SchemePart, divide}};
/// let third = |name: &str| SchemePart { name: name.to_owned(), percent: "33.3333".parse().unwrap_or_default() };
/// let (parts, own) = divide("1000.00".parse()?, &[third("Hill School"), third("Vale School")])?;
/// assert_eq!(parts.iter().map(Money::to_string).collect::<Vec<_>>(), ["333.333", "333.333"]);
/// assert_eq!(own.to_string(), "333.334");
/// # Ok::<(), levy_ledger::domain::money::MoneyError>(())
/// ```
///
/// # Errors
/// [`MoneyError::TooLarge`] where a part is beyond what money can be, which no percentage gives.
pub fn divide(credit: Money, parts: &[SchemePart]) -> Result<(Vec<Money>, Money), MoneyError> {
    let shares = parts.iter().map(|part| percent_of(part.percent, credit));
    let shares: Vec<Money> = shares.collect::<Result<_, _>>()?;
    let own = credit - shares.iter().copied().sum();
    Ok((shares, own))
}

/// What was credited for a submission.
#[derive(Clone, Debug)]
pub struct SchemeCredit {
    /// The payroll month.
    pub month: PayrollMonth,
    /// Pounds declared, before the English fraction.
    pub declared: Money,
    /// Pounds that government adds.
    pub top_up: Money,
    /// Pounds credited.
    pub credit: Money,
    /// The English fraction it was taken with.
    pub english_fraction: Decimal,
}

/// What is known of one scheme of an account.
#[derive(Clone, Debug, Default)]
pub struct SchemeRecord {
    /// What was submitted.
    pub submissions: Vec<Submission>,
    /// What was credited.
    pub credits: Vec<SchemeCredit>,
    /// Whom it was shared with, in the order in which that was recorded.
    pub shares: Vec<SchemeShare>,
}

/// One payroll year of a scheme.
#[derive(Clone, Debug)]
pub struct SchemeYear {
    /// The payroll year.
    pub year: PayrollYear,
    /// Pounds declared, before the English fraction.
    pub declared: Money,
    /// Pounds that government adds.
    pub top_up: Money,
    /// Pounds credited.
    pub credit: Money,
    /// The English fractions that credits were taken with, lowest first.
    pub english_fractions: BTreeSet<Decimal>,
    /// Pounds of the credit by who else has a part.
    pub parts: BTreeMap<String, Money>,
    /// Pounds of the credit that are the account's own.
    pub own: Money,
    /// The submission that was made last.
    pub last: Submission,
}

impl SchemeRecord {
    /// The years of the scheme in which something was submitted, oldest first.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`] where a part is beyond what money can be.
    pub fn years(&self) -> Result<Vec<SchemeYear>, MoneyError> {
        let mut years: BTreeMap<PayrollYear, SchemeYear> = BTreeMap::new();
        for submission in &self.submissions {
            let year = submission.month.year();
            let known = years.entry(year).or_insert_with(|| SchemeYear::beginning_with(submission));
            if known.last.order() < submission.order() {
                known.last = submission.clone();
            }
        }
        for credit in &self.credits {
            let Some(year) = years.get_mut(&credit.month.year()) else { continue };
            year.count(credit, self.parts_in(credit.month.label()))?;
        }
        Ok(years.into_values().collect())
    }

    /// Who else has a part of a month: of what holds from the latest month, the last recorded.
    fn parts_in(&self, month: Month) -> &[SchemePart] {
        let holding = self.shares.iter().filter(|share| share.from <= month);
        holding.max_by_key(|share| share.from).map_or(&[], |share| share.parts.as_slice())
    }
}

impl SchemeYear {
    fn beginning_with(submission: &Submission) -> Self {
        Self {
            year: submission.month.year(),
            declared: Money::ZERO,
            top_up: Money::ZERO,
            credit: Money::ZERO,
            english_fractions: BTreeSet::new(),
            parts: BTreeMap::new(),
            own: Money::ZERO,
            last: submission.clone(),
        }
    }

    fn count(&mut self, credit: &SchemeCredit, parts: &[SchemePart]) -> Result<(), MoneyError> {
        let (shares, own) = divide(credit.credit, parts)?;
        self.declared += credit.declared;
        self.top_up += credit.top_up;
        self.credit += credit.credit;
        self.english_fractions.insert(credit.english_fraction.normalize());
        for (part, share) in parts.iter().zip(shares) {
            *self.parts.entry(part.name.clone()).or_default() += share;
        }
        self.own += own;
        Ok(())
    }
}
