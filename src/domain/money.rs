//! Pounds, exact to the fifth decimal: stored as whole hundred-thousandths in 64 bits, calculated
//! with decimals, rounded in one place.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

/// Hundred-thousandths in a pound.
const UNITS: i64 = 100_000;

/// An amount of pounds, exact to five decimal places (`docs/rules.md` section 2).
///
/// Amounts that enter the ledger lie within ±[`Money::LIMIT`]; sums saturate at a thousand times
/// that, which no account can reach.
///
/// ```
/// use levy_ledger::domain::money::Money;
/// let instalment: Money = "521.73913".parse()?;
/// assert_eq!(instalment.to_string(), "521.73913");
/// assert_eq!("1234.50".parse::<Money>()?.to_string(), "1234.50");
/// # Ok::<(), levy_ledger::domain::money::MoneyError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

/// Why a text or a figure is not money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not in the one form that money is written in.
    #[error("money is a string of pounds with 2 to 5 decimals, such as \"1234.50\"")]
    Form,
    /// Beyond [`Money::LIMIT`].
    #[error("money lies between -90000000000.00 and 90000000000.00 pounds")]
    TooLarge,
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount that is accepted: £90,000,000,000.00.
    pub const LIMIT: Self = Self(90_000_000_000 * UNITS);

    /// An amount from whole hundred-thousandths of a pound, as it is stored.
    #[must_use]
    pub const fn from_units(units: i64) -> Self {
        Self(units)
    }

    /// The amount in whole hundred-thousandths of a pound, as it is stored.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.0
    }

    /// The amount as an exact decimal of pounds, to calculate with.
    #[must_use]
    pub fn pounds(self) -> Decimal {
        Decimal::new(self.0, 5)
    }

    /// Rounds a calculated figure to five places, half to even. The only place that rounds money.
    ///
    /// ```
    /// use levy_ledger::domain::money::Money;
    /// use rust_decimal::Decimal;
    /// let twenty_third = Money::rounded(Decimal::from(12_000) / Decimal::from(23))?;
    /// assert_eq!(twenty_third.to_string(), "521.73913");
    /// # Ok::<(), levy_ledger::domain::money::MoneyError>(())
    /// ```
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`] beyond ±[`Money::LIMIT`].
    pub fn rounded(pounds: Decimal) -> Result<Self, MoneyError> {
        pounds
            .checked_mul(Decimal::from(UNITS))
            .map(|units| units.round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven))
            .and_then(|units| units.to_i64())
            .map(Self)
            .filter(|money| money.within_limit())
            .ok_or(MoneyError::TooLarge)
    }

    /// The amount in whole pence, half to even, for systems that take no more decimals.
    ///
    /// ```
    /// use levy_ledger::domain::money::Money;
    /// let instalment: Money = "521.73913".parse()?;
    /// assert_eq!(instalment.to_pence().to_string(), "521.74");
    /// # Ok::<(), levy_ledger::domain::money::MoneyError>(())
    /// ```
    #[must_use]
    pub fn to_pence(self) -> Self {
        let pence = self.pounds().round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven);
        // Rounding to pence leaves whole hundred-thousandths, within the range that they came from.
        (pence * Decimal::from(UNITS)).to_i64().map_or(self, Self)
    }

    /// Whether the amount lies within ±[`Money::LIMIT`].
    #[must_use]
    pub fn within_limit(self) -> bool {
        (-Self::LIMIT..=Self::LIMIT).contains(&self)
    }

    /// The amount, or nothing when it is negative.
    #[must_use]
    pub fn at_least_zero(self) -> Self {
        self.max(Self::ZERO)
    }

    /// Whether the amount is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether the amount is below nothing.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The amount as it is written in a sentence: `£311,798.84`, and `£373,000` when whole.
    #[must_use]
    pub fn in_words(self) -> String {
        let text = self.to_string();
        let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |d| ("-", d));
        let (pounds, pence) = digits.split_once('.').unwrap_or((digits, ""));
        let mut grouped = String::new();
        for (i, digit) in pounds.chars().enumerate() {
            if i > 0 && (pounds.len() - i).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let pence = if pence == "00" { String::new() } else { format!(".{pence}") };
        format!("{sign}£{grouped}{pence}")
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |d| (true, d));
        let (pounds, decimals) = digits.split_once('.').ok_or(MoneyError::Form)?;
        let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        let leading_zero = pounds.len() > 1 && pounds.starts_with('0');
        if !all_digits(pounds) || !all_digits(decimals) || leading_zero {
            return Err(MoneyError::Form);
        }
        if !(2..=5).contains(&decimals.len()) {
            return Err(MoneyError::Form);
        }
        let units = format!("{pounds}{decimals:0<5}").parse::<i64>();
        let units = units.map_err(|_| MoneyError::TooLarge)?;
        let money = Self(if negative { -units } else { units });
        if money.within_limit() { Ok(money) } else { Err(MoneyError::TooLarge) }
    }
}

impl fmt::Display for Money {
    /// The shortest form with at least two decimals: `1234.50`, `521.73913`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let units = self.0.unsigned_abs();
        let (pounds, mut rest) = (units / UNITS.unsigned_abs(), units % UNITS.unsigned_abs());
        let mut places = 5;
        while places > 2 && rest % 10 == 0 {
            rest /= 10;
            places -= 1;
        }
        write!(f, "{sign}{pounds}.{rest:0places$}")
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_in_one_form_only() {
        for text in ["0.00", "1234.50", "-0.00001", "521.73913", "90000000000.00"] {
            assert!(text.parse::<Money>().is_ok(), "{text}");
        }
        for text in ["", "1", "1.5", "01.00", ".50", "1,000.00", "+1.00", "1.000001", "1.0x", " 1.00", "--1.00"] {
            assert_eq!(text.parse::<Money>(), Err(MoneyError::Form), "{text}");
        }
        for text in ["90000000000.00001", "-90000000001.00", "99999999999999999999.00"] {
            assert_eq!(text.parse::<Money>(), Err(MoneyError::TooLarge), "{text}");
        }
    }

    #[test]
    fn money_is_written_as_short_as_two_decimals_allow() {
        for text in ["0.00", "-0.50", "12.345", "-521.73913", "10.00001", "90000000000.00"] {
            assert_eq!(text.parse::<Money>().map(|m| m.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn a_sentence_groups_thousands_and_drops_empty_pence() {
        let words = |text: &str| text.parse::<Money>().map(Money::in_words);
        assert_eq!(words("373000.00").as_deref(), Ok("£373,000"));
        assert_eq!(words("311798.84").as_deref(), Ok("£311,798.84"));
        assert_eq!(words("-1234567.00").as_deref(), Ok("-£1,234,567"));
    }

    #[test]
    fn half_a_unit_rounds_to_the_even_one() {
        let half = |units: i64| Money::rounded(Decimal::new(units, 6)).map(Money::units);
        assert_eq!(half(25), Ok(2));
        assert_eq!(half(35), Ok(4));
        assert_eq!(half(-25), Ok(-2));
    }
}
