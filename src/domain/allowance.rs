//! The transfer allowance: what an account may transfer in an allowance year, and what is left of it.

use std::ops::{Add, Range};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::calendar::AllowanceYear;
use super::money::Money;
use super::rules::percent_of;

/// The allowance is this percent of the levy funds of the year before, kept to five places and never
/// below nothing; without a percentage there are no transfers (`docs/rules.md` section 6).
///
/// ```
/// use levy_ledger::domain::{allowance::allowance, money::Money};
/// let base_levy: Money = "495000.00".parse()?;
/// assert_eq!(allowance(Some(25.into()), base_levy).to_string(), "123750.00");
/// assert_eq!(allowance(None, base_levy), Money::ZERO);
/// # Ok::<(), levy_ledger::domain::money::MoneyError>(())
/// ```
#[must_use]
pub fn allowance(cap_percent: Option<Decimal>, base_levy: Money) -> Money {
    let part = |percent| percent_of(percent, base_levy.at_least_zero()).unwrap_or(Money::LIMIT);
    cap_percent.map_or(Money::ZERO, part)
}

/// The levy that decides a year's allowance was declared in the allowance year before: from 20 April
/// up to, and not on, the next 20 April (`docs/rules.md` section 6).
#[must_use]
pub fn base_window(year: AllowanceYear) -> Range<NaiveDate> {
    year.previous().first_day()..year.first_day()
}

/// The base of a year is the sum of the levy funds, adjustments included, declared in the allowance
/// year before (`docs/rules.md` section 6).
///
/// ```
/// use levy_ledger::domain::{allowance::base_levy, calendar::{AllowanceYear, CalendarError, parse_date}, money::Money};
/// let pounds = |whole: i64| Money::from_units(whole * 100_000);
/// let lines = [(parse_date("2024-04-19")?, pounds(1_400)), (parse_date("2024-04-20")?, pounds(7_777))];
/// assert_eq!(base_levy("2024-25".parse()?, lines), pounds(1_400));
/// # Ok::<(), CalendarError>(())
/// ```
#[must_use]
pub fn base_levy(year: AllowanceYear, declared: impl IntoIterator<Item = (NaiveDate, Money)>) -> Money {
    let window = base_window(year);
    declared.into_iter().filter(|(day, _)| window.contains(day)).map(|(_, amount)| amount).sum()
}

/// A base year is complete once the allowance year before `year` has ended (`docs/rules.md`
/// section 6).
///
/// ```
/// use levy_ledger::domain::{allowance::base_year_complete, calendar::parse_date};
/// assert!(!base_year_complete("2027-28".parse()?, parse_date("2027-04-19")?));
/// assert!(base_year_complete("2027-28".parse()?, parse_date("2027-04-20")?));
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
#[must_use]
pub fn base_year_complete(year: AllowanceYear, today: NaiveDate) -> bool {
    today >= year.first_day()
}

/// What a year's transfers take of its allowance (`docs/rules.md` section 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct YearUse {
    /// Paid to providers in the year, net of refunds of the year's own payments.
    pub paid: Money,
    /// Scheduled by open transfers for the year and not yet paid.
    pub reserved: Money,
}

impl YearUse {
    /// All that is taken: paid and reserved.
    #[must_use]
    pub fn committed(self) -> Money {
        self.paid + self.reserved
    }
}

impl Add for YearUse {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { paid: self.paid + other.paid, reserved: self.reserved + other.reserved }
    }
}

/// What decides a year's allowance before anything is transferred (`docs/rules.md` section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Basis {
    /// The year whose allowance it is.
    pub allowance_year: AllowanceYear,
    /// The levy funds of the year before, or of the last twelve complete months while provisional.
    pub base_levy: Money,
    /// The rule set's cap; none where it allows no transfers.
    pub cap_percent: Option<Decimal>,
    /// The account's own cap, if it set one.
    pub policy_cap_percent: Option<Decimal>,
    /// Whether the base year has yet to end.
    pub provisional: bool,
}

/// A year's allowance and what is left of it (`docs/rules.md` section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The year, 20 April to 19 April.
    pub allowance_year: AllowanceYear,
    /// The levy funds that it is worked out from.
    pub base_levy: Money,
    /// The rule set's cap; none where it allows no transfers.
    pub cap_percent: Option<Decimal>,
    /// The account's own cap, if it set one.
    pub policy_cap_percent: Option<Decimal>,
    /// What may be transferred in the year.
    pub allowance: Money,
    /// What was.
    pub paid: Money,
    /// What open transfers hold for the year beyond that.
    pub reserved: Money,
    /// What is still free, never below nothing.
    pub remaining: Money,
    /// By how much paid and reserved pass the allowance.
    pub exceeded_by: Money,
    /// Whether its base year has yet to end.
    pub provisional: bool,
}

impl Allowance {
    /// The lower of the two caps binds, and what is paid and reserved is taken off; unused allowance
    /// is not carried over (`docs/rules.md` section 6).
    #[must_use]
    pub fn new(basis: Basis, used: YearUse) -> Self {
        let Basis { allowance_year, base_levy, cap_percent, policy_cap_percent, provisional } = basis;
        let binding = cap_percent.map(|cap| policy_cap_percent.map_or(cap, |policy| policy.min(cap)));
        let allowance = allowance(binding, base_levy);
        let free = allowance - used.committed();
        Self {
            allowance_year,
            base_levy,
            cap_percent,
            policy_cap_percent,
            allowance,
            paid: used.paid,
            reserved: used.reserved,
            remaining: free.at_least_zero(),
            exceeded_by: (-free).at_least_zero(),
            provisional,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pounds(whole: i64) -> Money {
        Money::from_units(whole * 100_000)
    }

    fn year_of_100_000(provisional: bool) -> Basis {
        Basis {
            allowance_year: "2026-27".parse().unwrap(),
            base_levy: pounds(400_000),
            cap_percent: Some(Decimal::from(25)),
            policy_cap_percent: None,
            provisional,
        }
    }

    #[test]
    fn the_lower_cap_binds_and_both_are_shown() {
        let council = Basis { policy_cap_percent: Some(Decimal::from(20)), ..year_of_100_000(false) };
        let year = Allowance::new(council, YearUse::default());
        assert_eq!(year.allowance, pounds(80_000));
        assert_eq!((year.cap_percent, year.policy_cap_percent), (Some(25.into()), Some(20.into())));
        let generous = Basis { policy_cap_percent: Some(Decimal::from(40)), ..year_of_100_000(false) };
        assert_eq!(Allowance::new(generous, YearUse::default()).allowance, pounds(100_000));
    }

    #[test]
    fn a_base_below_nothing_allows_nothing() {
        assert_eq!(allowance(Some(Decimal::from(25)), -pounds(1)), Money::ZERO);
    }

    #[test]
    fn an_allowance_that_shrank_below_its_use_has_nothing_left() {
        let year = Allowance::new(year_of_100_000(false), YearUse { paid: pounds(90_000), reserved: pounds(15_000) });
        assert_eq!((year.remaining, year.exceeded_by), (Money::ZERO, pounds(5_000)));
    }
}
