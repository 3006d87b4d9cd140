//! Rolling programmes: so many apprentices every so many months.

use rust_decimal::Decimal;

use super::starts::{ExpectedStart, Terms};
use crate::domain::calendar::Month;
use crate::domain::earnings::regular_earnings;
use crate::domain::journal::{Earned, Seq};
use crate::domain::money::Money;
use crate::domain::names::Named;
use crate::domain::rules::{Parameter, RuleSet};

/// Whose funds a programme is paid from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FundedBy {
    /// The account's own.
    Own,
    /// Transfers, out of the allowance that no other transfer reserves.
    Transfer,
}

impl Named for FundedBy {
    const SCHEMA: &'static str = "FundedBy";
    const ALL: &'static [Self] = &[Self::Own, Self::Transfer];

    fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Transfer => "transfer",
        }
    }
}

/// Apprentices who begin in cohorts, one every so many months.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Programme {
    /// How many begin in each cohort.
    pub apprentices: u32,
    /// How many months lie between one cohort's first month and the next one's.
    pub every_months: u32,
    /// How many cohorts there are.
    pub cohorts: u32,
    /// The month whose first day is the first cohort's.
    pub first_start: Month,
    /// How many months each apprentice learns.
    pub duration_months: u32,
    /// The price of one, in pounds.
    pub price: Money,
    /// Who pays.
    pub funded_by: FundedBy,
}

impl Programme {
    /// Each cohort runs as planned, with the 20% in its last month. Apprentices of a cohort earn alike, so
    /// that a cohort stands as one start of so many times the amount; one that a transfer funds has a
    /// transfer of its own, which reserves nothing. `at` tells the programmes of a question apart.
    pub(super) fn starts(&self, at: usize, rules: &RuleSet) -> Vec<ExpectedStart> {
        let cohorts = if self.apprentices == 0 { 0 } else { self.cohorts };
        (0..cohorts).map(|cohort| self.cohort(key(at, cohort), cohort, rules)).collect()
    }

    fn cohort(&self, key: Seq, cohort: u32, rules: &RuleSet) -> ExpectedStart {
        let first = self.first_start.plus(cohort.saturating_mul(self.every_months).min(LONGEST).cast_signed());
        let duration = self.duration_months.clamp(1, LONGEST).cast_signed();
        let (begins, ends) = (first.first_day(), first.plus(duration - 1).last_day());
        let earned = regular_earnings(self.price, begins, ends, Some(ends));
        let times = |amount: Money| Money::from_units(amount.units().saturating_mul(i64::from(self.apprentices)));
        let earned = earned.into_iter().map(|part| (Earned { month: part.month, kind: part.kind }, times(part.amount)));
        let percent = rules.value_on(Parameter::EmployerCoInvestmentPercent, begins);
        let terms = Terms {
            start: key,
            reference: String::new(),
            agreed_on: begins,
            transfer: (self.funded_by == FundedBy::Transfer).then_some(key),
            training_provider: None,
            employer_percent: percent.unwrap_or(Decimal::ZERO),
        };
        ExpectedStart::expected(terms, earned.collect())
    }
}

/// The longest time that a programme is followed for, in months.
const LONGEST: u32 = 90 * 12;

/// A key that no recorded start or transfer has, nor any that waits for its starts.
fn key(at: usize, cohort: u32) -> Seq {
    let at = Seq::try_from(at).unwrap_or_default();
    Seq::MIN + at * Seq::from(u32::MAX) + Seq::from(cohort)
}
