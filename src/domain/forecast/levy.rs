//! The levy that a forecast expects: what it is taken from, how it grows, and when it enters.

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

use crate::domain::calendar::Month;
use crate::domain::journal::{Books, Entry, EntryKind};
use crate::domain::money::Money;

/// The day of the month on which levy enters, as the national service credits it.
pub const LEVY_DAY: u32 = 22;

/// What a month's levy is expected to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevyChoice {
    /// That of the last complete month.
    Last,
    /// The mean of the last twelve complete months.
    Mean12,
    /// None.
    None,
    /// This amount, in pounds.
    Given(Money),
}

/// What levy is asked to be expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevyQuestion {
    /// What a month's is.
    pub choice: LevyChoice,
    /// By how many percent it grows every twelve months; below nothing where it falls.
    pub growth_percent: Decimal,
}

/// The levy that is expected from a month on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevyAhead {
    /// The first month.
    pub from: Month,
    /// What enters in each of the first twelve months, in pounds.
    pub amount: Money,
    /// By how many percent it grows every twelve months.
    pub growth_percent: Decimal,
}

impl LevyAhead {
    /// Levy goes on as in the last complete month, as in the mean of the last twelve, as given, or not
    /// at all. Months that took back more than entered count as nothing (`docs/rules.md` section 10).
    #[must_use]
    pub fn expected(books: &Books, this_month: Month, LevyQuestion { choice, growth_percent }: LevyQuestion) -> Self {
        let entered = |from: Month| -> Money {
            books.months.range(from..this_month).map(|(_, sums)| sums.flow.levy).sum::<Money>().at_least_zero()
        };
        let amount = match choice {
            LevyChoice::Last => entered(this_month.plus(-1)),
            LevyChoice::Mean12 => {
                Money::rounded(entered(this_month.plus(-12)).pounds() / Decimal::from(12)).unwrap_or_default()
            }
            LevyChoice::None => Money::ZERO,
            LevyChoice::Given(amount) => amount,
        };
        Self { from: this_month, amount, growth_percent }
    }

    /// What is expected to enter in a month: the amount, grown once for every twelve months that have
    /// gone by, rounded once (`docs/rules.md` section 10).
    ///
    /// £1,000 a month growing by 3% a year:
    ///
    /// ```
    /// use levy_ledger::domain::{calendar::Month, forecast::LevyAhead};
    /// let from: Month = "2026-11".parse()?;
    /// let levy = LevyAhead { from, amount: "1000.00".parse()?, growth_percent: 3.into() };
    /// let amounts = [11, 12, 24].map(|months| levy.in_month(from.plus(months)).to_string());
    /// assert_eq!(amounts, ["1000.00", "1030.00", "1060.90"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn in_month(&self, month: Month) -> Money {
        let years = month.since(self.from) / 12;
        if month < self.from {
            return Money::ZERO;
        }
        let growth = Decimal::ONE + self.growth_percent / Decimal::ONE_HUNDRED;
        // Ten years of growth of at most 100% stay within what a decimal holds exactly enough.
        let grown = (0..years).try_fold(self.amount.pounds(), |amount, _| amount.checked_mul(growth));
        grown.and_then(|amount| Money::rounded(amount).ok()).unwrap_or(Money::LIMIT)
    }

    /// The entry of it that a month is expected to bring. A month in which levy is recorded already
    /// brings no more.
    #[must_use]
    pub fn entry(&self, books: &Books, month: Month) -> Option<Entry> {
        let recorded = books.months.get(&month).is_some_and(|sums| !sums.flow.levy.is_zero());
        let amount = Some(self.in_month(month)).filter(|amount| !recorded && !amount.is_zero())?;
        let on = day_of(month);
        Some(Entry { declared_on: Some(on), ..Entry::on(on, EntryKind::Levy, amount) })
    }
}

/// The day of a month on which levy enters.
fn day_of(month: Month) -> NaiveDate {
    let first = month.first_day();
    first.checked_add_days(Days::new(u64::from(LEVY_DAY) - 1)).unwrap_or(first)
}
