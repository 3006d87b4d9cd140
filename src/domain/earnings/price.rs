//! What a price comes to: the part that counts, the 80% earned by learning and the 20% by achieving.

use rust_decimal::Decimal;

use crate::domain::money::Money;

/// The part of a price that is earned while learning, in percent; the rest is earned by achieving.
const ON_PROGRAMME_PERCENT: Decimal = Decimal::from_parts(80, 0, 0, false, 0);

/// A price counts up to the funding band maximum in force on the start's first day
/// (`docs/rules.md` section 7).
///
/// ```
/// use levy_ledger::domain::{earnings::capped_price, money::Money};
/// let agreed: Money = "8000.00".parse()?;
/// assert_eq!(capped_price(agreed, Some("3750.00".parse()?)).to_string(), "3750.00");
/// assert_eq!(capped_price(agreed, None), agreed);
/// # Ok::<(), levy_ledger::domain::money::MoneyError>(())
/// ```
#[must_use]
pub fn capped_price(agreed: Money, funding_band_maximum: Option<Money>) -> Money {
    funding_band_maximum.map_or(agreed, |maximum| agreed.min(maximum))
}

/// 80% of a price is earned while learning (`docs/rules.md` section 7).
#[must_use]
pub fn on_programme_total(price: Money) -> Money {
    part_of_price(price, ON_PROGRAMME_PERCENT)
}

/// 20% of a price is earned by achieving (`docs/rules.md` section 7).
#[must_use]
pub fn completion_payment(price: Money) -> Money {
    part_of_price(price, Decimal::ONE_HUNDRED - ON_PROGRAMME_PERCENT)
}

/// Each instalment is 80% of the price over their number, to five places; the last does not absorb
/// the remainder. None without a census date (`docs/rules.md` section 7).
///
/// ```
/// use levy_ledger::domain::earnings::instalment;
/// assert_eq!(instalment("15000.00".parse()?, 23).to_string(), "521.73913");
/// # Ok::<(), levy_ledger::domain::money::MoneyError>(())
/// ```
#[must_use]
pub fn instalment(price: Money, instalments: usize) -> Money {
    share_of_rest(price, Money::ZERO, instalments)
}

/// What of the 80% was not generated yet, in equal parts; below nothing where more was generated than
/// the price allows. Divides last and rounds once.
pub(super) fn share_of_rest(price: Money, generated: Money, parts: usize) -> Money {
    if parts == 0 {
        return Money::ZERO;
    }
    let rest = price.pounds() * ON_PROGRAMME_PERCENT - generated.pounds() * Decimal::ONE_HUNDRED;
    rounded(rest / (Decimal::ONE_HUNDRED * Decimal::from(parts)))
}

fn part_of_price(price: Money, percent: Decimal) -> Money {
    rounded(price.pounds() * percent / Decimal::ONE_HUNDRED)
}

/// A part of a price is within the limits of money because the price is.
fn rounded(pounds: Decimal) -> Money {
    Money::rounded(pounds).unwrap_or(Money::LIMIT)
}
