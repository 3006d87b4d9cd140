//! What a start earns month by month when it runs as planned: instalments on census dates and the
//! completion payment.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::calendar::Month;
use super::money::Money;
use super::names::Named;

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

/// What a start's earning of a month is for (`docs/rules.md` section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EarningKind {
    /// An instalment of the 80%, on a census date.
    OnProgramme,
    /// What remained of the 80% when learning was completed early.
    Balancing,
    /// The 20%, in the month of achievement.
    Completion,
}

impl Named for EarningKind {
    const SCHEMA: &'static str = "EarningKind";
    const ALL: &'static [Self] = &[Self::OnProgramme, Self::Balancing, Self::Completion];

    fn name(self) -> &'static str {
        match self {
            Self::OnProgramme => "on_programme",
            Self::Balancing => "balancing",
            Self::Completion => "completion",
        }
    }
}

/// One month's earning of a start (`docs/rules.md` section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instalment {
    /// The month in which it is earned.
    pub month: Month,
    /// What it is for.
    pub kind: EarningKind,
    /// How much.
    pub amount: Money,
}

/// A month earns when its last day, the census date, lies within the dates: the first is the month
/// of `from`, the last that of `to` if `to` ends a month, else the one before (`docs/rules.md`
/// section 7).
///
/// ```
/// use levy_ledger::domain::{calendar::parse_date, earnings::census_months};
/// let months = census_months(parse_date("2024-02-10")?, parse_date("2024-05-02")?);
/// assert_eq!(months.count(), 3);
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
pub fn census_months(from: NaiveDate, to: NaiveDate) -> impl DoubleEndedIterator<Item = Month> {
    let end = Month::of(to);
    let last = if end.last_day() == to { end } else { end.plus(-1) };
    Month::of(from).through(last)
}

/// 80% of a price is earned while learning (`docs/rules.md` section 7).
#[must_use]
pub fn on_programme_total(price: Money) -> Money {
    part_of_price(price, ON_PROGRAMME_PERCENT, 1)
}

/// 20% of a price is earned by achieving (`docs/rules.md` section 7).
#[must_use]
pub fn completion_payment(price: Money) -> Money {
    part_of_price(price, Decimal::ONE_HUNDRED - ON_PROGRAMME_PERCENT, 1)
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
    if instalments == 0 {
        return Money::ZERO;
    }
    part_of_price(price, ON_PROGRAMME_PERCENT, instalments)
}

/// Divides last and rounds once. A part of a price is within the limits of money because the price is.
fn part_of_price(price: Money, percent: Decimal, parts: usize) -> Money {
    let parts = Decimal::ONE_HUNDRED * Decimal::from(parts);
    Money::rounded(price.pounds() * percent / parts).unwrap_or(Money::LIMIT)
}

/// A price agreed with the training provider, from the day on which it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgreedPrice {
    /// The first day it holds for.
    pub from: NaiveDate,
    /// The price, in pounds, before the funding band maximum.
    pub amount: Money,
}

/// A period in learning: from a first day to a break, or to the planned end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodInLearning {
    /// Its first day.
    pub start_on: NaiveDate,
    /// The last day actually learnt before the break that ended it; none for the last period.
    pub last_day: Option<NaiveDate>,
    /// The last day of learning as planned while it ran.
    pub planned_end_on: NaiveDate,
}

/// Everything that decides what a start earns (`docs/rules.md` section 7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learning {
    /// The most that the funding band in force on the first day allows, in pounds.
    pub funding_band_maximum: Option<Money>,
    /// The prices agreed, oldest first; the first holds from the first day.
    pub prices: Vec<AgreedPrice>,
    /// The periods in learning, oldest first; at least one.
    pub periods: Vec<PeriodInLearning>,
    /// The last day of learning before a break that has not ended.
    pub paused_on: Option<NaiveDate>,
    /// The last day of learning of an apprentice who left.
    pub withdrawn_on: Option<NaiveDate>,
    /// The day on which learning was completed.
    pub completed_on: Option<NaiveDate>,
    /// The day of achievement.
    pub achieved_on: Option<NaiveDate>,
}

/// A start that runs as planned earns an instalment on each census date from its first day to its
/// planned end, then the 20% in the month of achievement; without achievement there is none
/// (`docs/rules.md` section 7).
///
/// ```
/// use levy_ledger::domain::{calendar::parse_date, earnings::regular_earnings, money::Money};
/// let (start_on, planned_end_on) = (parse_date("2022-08-01")?, parse_date("2024-02-15")?);
/// let price = Money::from_units(15_000 * 100_000);
/// let earned = regular_earnings(price, start_on, planned_end_on, Some(planned_end_on));
/// let amounts: Vec<String> = earned.iter().map(|instalment| instalment.amount.to_string()).collect();
/// assert_eq!(amounts.len(), 19);
/// assert!(amounts.starts_with(&["666.66667".to_owned()]));
/// assert!(amounts.ends_with(&["666.66667".to_owned(), "3000.00".to_owned()]));
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
#[must_use]
pub fn regular_earnings(
    price: Money,
    start_on: NaiveDate,
    planned_end_on: NaiveDate,
    achieved_on: Option<NaiveDate>,
) -> Vec<Instalment> {
    let amount = instalment(price, census_months(start_on, planned_end_on).count());
    let on_programme = census_months(start_on, planned_end_on).map(|month| Instalment {
        month,
        kind: EarningKind::OnProgramme,
        amount,
    });
    let completion = achieved_on.map(|day| Instalment {
        month: Month::of(day),
        kind: EarningKind::Completion,
        amount: completion_payment(price),
    });
    on_programme.chain(completion).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::parse_date;

    fn earned(start_on: &str, planned_end_on: &str, achieved_on: Option<&str>) -> Vec<(String, &'static str, String)> {
        let day = |text: &str| parse_date(text).unwrap();
        let price = "12000.00".parse().unwrap();
        regular_earnings(price, day(start_on), day(planned_end_on), achieved_on.map(day))
            .into_iter()
            .map(|part| (part.month.to_string(), part.kind.name(), part.amount.to_string()))
            .collect()
    }

    #[test]
    fn a_planned_end_on_a_census_date_earns_that_month() {
        let earned = earned("2026-01-31", "2026-03-31", None);
        assert_eq!(earned.len(), 3);
        assert_eq!(earned[2], ("2026-03".to_owned(), "on_programme", "3200.00".to_owned()));
    }

    #[test]
    fn a_planned_end_a_day_short_of_the_census_date_does_not() {
        assert_eq!(earned("2026-01-31", "2026-03-30", None).len(), 2);
    }

    #[test]
    fn a_start_between_two_census_dates_earns_no_instalment() {
        assert_eq!(earned("2026-03-02", "2026-03-30", None), []);
        let achieved = earned("2026-03-02", "2026-03-30", Some("2026-04-02"));
        assert_eq!(achieved, [("2026-04".to_owned(), "completion", "2400.00".to_owned())]);
    }

    #[test]
    fn a_planned_end_before_the_first_day_earns_nothing() {
        assert_eq!(earned("2026-03-02", "2025-12-31", None), []);
    }
}
