//! The facts of a start that decide what it earns.

use chrono::NaiveDate;

use super::price::capped_price;
use crate::domain::calendar::Month;
use crate::domain::money::Money;

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

impl Learning {
    /// The last day of learning, where there is one yet: the first of completion, withdrawal and an
    /// open pause (`docs/rules.md` section 7).
    #[must_use]
    pub fn last_day(&self) -> Option<NaiveDate> {
        [self.completed_on, self.withdrawn_on, self.paused_on].into_iter().flatten().min()
    }

    /// The price in force on a month's census date, up to the funding band maximum: a change counts
    /// from the month of its day on, and leaves earlier months as they are (`docs/rules.md`
    /// section 7).
    #[must_use]
    pub fn price_in(&self, month: Month) -> Option<AgreedPrice> {
        let latest = self.prices.iter().rev().find(|price| Month::of(price.from) <= month);
        let price = latest.or(self.prices.first())?;
        Some(AgreedPrice { from: price.from, amount: capped_price(price.amount, self.funding_band_maximum) })
    }

    /// Whether the apprentice had left by the end of a day, so that nothing is completed or achieved.
    pub(super) fn left_by(&self, day: NaiveDate) -> bool {
        self.withdrawn_on.is_some_and(|withdrawn_on| withdrawn_on <= day)
    }
}
