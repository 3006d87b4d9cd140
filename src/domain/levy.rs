//! What a declaration to HMRC is worth as levy funds.

use rust_decimal::Decimal;

use super::money::{Money, MoneyError};

/// What one declaration adds to the funds, with its parts shown apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credit {
    /// The credit itself: English fraction and top-up included.
    pub amount: Money,
    /// What was declared, before the English fraction.
    pub declared: Money,
    /// What government adds.
    pub top_up: Money,
}

/// The credit is what was declared × English fraction × (1 + top-up); the top-up is the credit less
/// declared × fraction. Each is worked out exactly and rounded once (`docs/rules.md` section 4).
///
/// ```
/// use levy_ledger::domain::{levy::credit, rules::parse_figure};
/// let fraction = parse_figure("0.9").unwrap_or_default();
/// let credit = credit("500000.00".parse()?, fraction, 10.into())?;
/// assert_eq!(credit.amount.to_string(), "495000.00");
/// assert_eq!(credit.top_up.to_string(), "45000.00");
/// # Ok::<(), levy_ledger::domain::money::MoneyError>(())
/// ```
///
/// # Errors
/// [`MoneyError::TooLarge`] where the credit is beyond what money can be.
pub fn credit(declared: Money, english_fraction: Decimal, top_up_percent: Decimal) -> Result<Credit, MoneyError> {
    let share = |fraction: Decimal, percent: Decimal| {
        let hundredths = declared.pounds().checked_mul(fraction).and_then(|english| english.checked_mul(percent));
        hundredths.map(|hundredths| hundredths / Decimal::ONE_HUNDRED).ok_or(MoneyError::TooLarge)
    };
    let with_top_up = Decimal::ONE_HUNDRED.checked_add(top_up_percent).ok_or(MoneyError::TooLarge)?;
    Ok(Credit {
        amount: Money::rounded(share(english_fraction, with_top_up)?)?,
        declared,
        top_up: Money::rounded(share(english_fraction, top_up_percent)?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negative_declaration_takes_its_top_up_back() {
        let credit = credit("-1000.00".parse().unwrap(), Decimal::ONE, Decimal::TEN).unwrap();
        assert_eq!(credit.amount.to_string(), "-1100.00");
        assert_eq!(credit.top_up.to_string(), "-100.00");
    }

    #[test]
    fn a_top_up_comes_from_the_exact_credit_and_not_from_the_rounded_one() {
        let credit = credit("0.01".parse().unwrap(), Decimal::new(8_765_432, 7), Decimal::TEN).unwrap();
        assert_eq!(credit.amount.to_string(), "0.00964");
        assert_eq!(credit.top_up.to_string(), "0.00088");
    }

    #[test]
    fn a_figure_beyond_money_is_refused() {
        assert_eq!(credit(Money::LIMIT, Decimal::ONE, Decimal::TEN), Err(MoneyError::TooLarge));
        assert_eq!(credit(Money::LIMIT, Decimal::MAX, Decimal::TEN), Err(MoneyError::TooLarge));
    }
}
