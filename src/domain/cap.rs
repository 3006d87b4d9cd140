//! The transfer cap: what a year commits to transfers is held to its allowance.

use std::fmt;

use super::allowance::Allowance;
use super::calendar::AllowanceYear;
use super::money::Money;

/// A commitment that would pass a year's allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} more in {year} would pass the transfer cap: of the year's allowance of {}, {} is free",
    requested.in_words(), allowance.in_words(), available.in_words()
)]
pub struct CapExceeded {
    /// The year in which it would.
    pub year: AllowanceYear,
    /// What paid and reserved would grow by.
    pub requested: Money,
    /// What was free.
    pub available: Money,
    /// The year's whole allowance.
    pub allowance: Money,
}

/// A commitment that passes a year's allowance as far as it is known: allowed, with a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProvisionalExcess {
    /// The year in which it does.
    pub year: AllowanceYear,
    /// What paid and reserved grow by.
    pub requested: Money,
    /// What was free of the provisional allowance.
    pub available: Money,
    /// The year's provisional allowance.
    pub allowance: Money,
}

impl fmt::Display for ProvisionalExcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [requested, available, allowance] = [self.requested, self.available, self.allowance].map(Money::in_words);
        let year = self.year;
        write!(
            f,
            "{requested} more in {year} passes its provisional allowance of {allowance}, of which {available} is free; \
             the levy that decides it is not complete before {}",
            year.first_day()
        )
    }
}

/// Paid and reserved may grow only within the year's allowance; while that is provisional, passing it
/// is allowed with a warning. Where the rule set has no cap yet there are no transfers at all
/// (`docs/rules.md` section 6).
///
/// ```
/// use levy_ledger::domain::allowance::{Allowance, Basis, YearUse};
/// use levy_ledger::domain::cap::within_allowance;
/// use levy_ledger::domain::money::Money;
/// let pounds = |whole: i64| Money::from_units(whole * 100_000);
/// let basis = Basis {
///     allowance_year: "2026-27".parse()?,
///     base_levy: pounds(495_000),
///     cap_percent: Some(25.into()),
///     policy_cap_percent: None,
///     provisional: false,
/// };
/// let year = Allowance::new(basis, YearUse { paid: pounds(100_000), reserved: pounds(20_000) });
/// assert!(within_allowance(&year, pounds(3_750)).is_ok());
/// let refused = within_allowance(&year, pounds(4_000)).map_err(|refusal| refusal.to_string());
/// assert_eq!(
///     refused.err().as_deref(),
///     Some("£4,000 more in 2026-27 would pass the transfer cap: of the year's allowance of £123,750, £3,750 is free")
/// );
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
///
/// # Errors
/// [`CapExceeded`] where the increase is more than the year's remaining allowance.
pub fn within_allowance(allowance: &Allowance, increase: Money) -> Result<Option<ProvisionalExcess>, CapExceeded> {
    let &Allowance { allowance_year: year, allowance: whole, remaining: available, .. } = allowance;
    if increase <= Money::ZERO || increase <= available {
        return Ok(None);
    }
    if allowance.provisional && allowance.cap_percent.is_some() {
        return Ok(Some(ProvisionalExcess { year, requested: increase, available, allowance: whole }));
    }
    Err(CapExceeded { year, requested: increase, available, allowance: whole })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::allowance::{Basis, YearUse};

    fn pounds(whole: i64) -> Money {
        Money::from_units(whole * 100_000)
    }

    fn year_of_100_000(provisional: bool) -> Basis {
        Basis {
            allowance_year: "2026-27".parse().unwrap(),
            base_levy: pounds(400_000),
            cap_percent: Some(25.into()),
            policy_cap_percent: None,
            provisional,
        }
    }

    #[test]
    fn a_year_that_is_over_its_allowance_takes_no_more_but_may_shrink() {
        let year = Allowance::new(year_of_100_000(false), YearUse { paid: pounds(90_000), reserved: pounds(15_000) });
        assert_eq!(within_allowance(&year, -pounds(1)), Ok(None));
        assert_eq!(within_allowance(&year, Money::ZERO), Ok(None));
        assert!(within_allowance(&year, Money::from_units(1)).is_err());
    }

    #[test]
    fn passing_a_provisional_allowance_is_a_warning() {
        let year = Allowance::new(year_of_100_000(true), YearUse::default());
        let excess = within_allowance(&year, pounds(100_001)).unwrap().unwrap();
        assert_eq!(
            excess.to_string(),
            "£100,001 more in 2026-27 passes its provisional allowance of £100,000, of which £100,000 is free; \
             the levy that decides it is not complete before 2026-04-20"
        );
        assert_eq!(within_allowance(&year, pounds(100_000)), Ok(None));
    }

    #[test]
    fn without_a_cap_nothing_is_transferred_even_provisionally() {
        let before_transfers = Basis { cap_percent: None, ..year_of_100_000(true) };
        let year = Allowance::new(before_transfers, YearUse::default());
        assert_eq!(within_allowance(&year, pounds(1)).map_err(|refusal| refusal.allowance), Err(Money::ZERO));
    }
}
