//! What was committed to providers beside what they drew down of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::{Decimal, RoundingStrategy};

use super::calendar::Month;
use super::earnings::earnings;
use super::money::Money;
use super::starts::{StartHistory, StartStatus};

/// A transfer that was accepted, as it stands at a day's end.
#[derive(Clone, Debug)]
pub struct Commitment {
    /// Whether it can still pay.
    pub is_open: bool,
    /// The apprenticeships agreed.
    pub apprenticeships: u64,
    /// The agreed amount, by the terms in force.
    pub agreed: Money,
    /// What it reserves beyond what it was paid.
    pub reserved: Money,
    /// What it was paid, net of refunds.
    pub paid: Money,
    /// That by month.
    pub months: BTreeMap<Month, Money>,
    /// Its starts.
    pub starts: StartsUnder,
}

/// The starts under a transfer at a day's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StartsUnder {
    /// How many were recorded.
    pub recorded: u64,
    /// How many of them had begun and had not ended.
    pub live: u64,
    /// What all of them earned in the months that were over.
    pub earned: Money,
}

impl StartsUnder {
    /// Counts a start as known at the end of a day (`docs/rules.md` section 10).
    pub fn add(&mut self, start: &StartHistory, on: NaiveDate) {
        self.recorded += 1;
        self.live += u64::from(matches!(start.status_at(on), StartStatus::Live | StartStatus::Paused));
        let earned = start.learning_at(on).map(|learning| earnings(&learning)).unwrap_or_default();
        let over = earned.into_iter().filter(|earned| earned.month.last_day() <= on);
        self.earned += over.map(|earned| earned.amount).sum();
    }
}

/// What was committed by some transfers, and what of it was drawn down (`docs/rules.md` section 10).
/// Agreed = paid − paid beyond + undrawn + released.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drawdown {
    /// Transfers that can still pay.
    pub open: u64,
    /// Transfers that were completed or stopped.
    pub ended: u64,
    /// The apprenticeships agreed.
    pub apprenticeships: u64,
    /// Their starts.
    pub starts: StartsUnder,
    /// The agreed amounts.
    pub agreed: Money,
    /// What open ones reserve.
    pub reserved: Money,
    /// What was paid, net of refunds.
    pub paid: Money,
    /// What of the open ones was not paid yet.
    pub undrawn: Money,
    /// What of the ended ones was never paid.
    pub released: Money,
    /// What was paid beyond what was agreed.
    pub paid_beyond: Money,
    /// The first and the last month in which anything was paid.
    pub paid_months: Option<(Month, Month)>,
}

impl Drawdown {
    /// Adds a transfer.
    pub fn add(&mut self, transfer: &Commitment) {
        let left = transfer.agreed - transfer.paid;
        let (undrawn, released) = match transfer.is_open {
            true => (left.at_least_zero(), Money::ZERO),
            false => (Money::ZERO, left.at_least_zero()),
        };
        let paid_in = || transfer.months.iter().filter(|(_, paid)| **paid > Money::ZERO).map(|(month, _)| *month);
        self.add_all(&Self {
            open: u64::from(transfer.is_open),
            ended: u64::from(!transfer.is_open),
            apprenticeships: transfer.apprenticeships,
            starts: transfer.starts,
            agreed: transfer.agreed,
            reserved: transfer.reserved,
            paid: transfer.paid,
            undrawn,
            released,
            paid_beyond: (-left).at_least_zero(),
            paid_months: paid_in().min().zip(paid_in().max()),
        });
    }

    /// Adds what was committed by others.
    pub fn add_all(&mut self, other: &Self) {
        self.open += other.open;
        self.ended += other.ended;
        self.apprenticeships += other.apprenticeships;
        self.starts.recorded += other.starts.recorded;
        self.starts.live += other.starts.live;
        self.starts.earned += other.starts.earned;
        self.agreed += other.agreed;
        self.reserved += other.reserved;
        self.paid += other.paid;
        self.undrawn += other.undrawn;
        self.released += other.released;
        self.paid_beyond += other.paid_beyond;
        self.paid_months = match (self.paid_months, other.paid_months) {
            (Some((first, last)), Some((other_first, other_last))) => {
                Some((first.min(other_first), last.max(other_last)))
            }
            (either, None) | (None, either) => either,
        };
    }

    /// What was paid as a percentage of what was agreed, to two places, halves up; none where nothing was
    /// agreed.
    ///
    /// ```
    /// use levy_ledger::domain::commitments::Drawdown;
    /// let drawn = Drawdown { agreed: "8000.00".parse()?, paid: "5000.00".parse()?, ..Drawdown::default() };
    /// assert_eq!(drawn.drawn_percent().unwrap().to_string(), "62.50");
    /// assert_eq!(Drawdown::default().drawn_percent(), None);
    /// # Ok::<(), levy_ledger::domain::money::MoneyError>(())
    /// ```
    #[must_use]
    pub fn drawn_percent(&self) -> Option<Decimal> {
        let percent = (self.paid.pounds() * Decimal::ONE_HUNDRED).checked_div(self.agreed.pounds())?;
        let mut percent = percent.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        percent.rescale(2);
        Some(percent)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pounds(units: i64) -> Money {
        Money::from_units(units)
    }

    proptest! {
        /// Whatever was agreed and paid, the parts come to what was agreed.
        #[test]
        fn what_was_agreed_is_paid_undrawn_or_released(
            transfers in prop::collection::vec((any::<bool>(), 0..9_000_000_i64, -1_000_000..12_000_000_i64), 0..8),
        ) {
            let mut drawdown = Drawdown::default();
            for (is_open, agreed, paid) in transfers {
                drawdown.add(&Commitment {
                    is_open,
                    apprenticeships: 1,
                    agreed: pounds(agreed),
                    reserved: Money::ZERO,
                    paid: pounds(paid),
                    months: BTreeMap::new(),
                    starts: StartsUnder::default(),
                });
            }
            let Drawdown { agreed, paid, undrawn, released, paid_beyond, .. } = drawdown;
            prop_assert_eq!(agreed, paid - paid_beyond + undrawn + released);
        }
    }
}
