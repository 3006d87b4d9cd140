//! Where a refund goes back to: to what the payment came from, in its shares, never beyond it.

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;

use crate::domain::calendar::Month;
use crate::domain::money::Money;

/// What a part of a start's payment came from (`docs/rules.md` section 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Shared by the government and the employer, who pays this percent.
    CoInvestment {
        /// The employer's percent; each rate is a source of its own.
        employer_percent: Decimal,
    },
    /// A transfer's shortfall, paid by the provider's own levy account.
    PassedOn,
    /// The account's own funds, for its own training.
    Levy,
    /// The sending account's funds, by a transfer.
    Transfer,
}

impl Source {
    /// Refunds go through co-investment first and the account's own part last, which so takes the
    /// remainder of the rounding.
    const fn turn(self) -> u8 {
        match self {
            Self::CoInvestment { .. } => 0,
            Self::PassedOn => 1,
            Self::Levy => 2,
            Self::Transfer => 3,
        }
    }
}

/// A part of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaidPart {
    /// What it came from.
    pub source: Source,
    /// How much, in pounds; below nothing where it was given back.
    pub amount: Money,
}

/// A refund is shared over what the month's payment came from, in proportion, to five places; the
/// last part takes the remainder. It is never more than was paid, in all or of any source.
/// Co-investment gives first, in the order in which its rates appear, then levy, then the transfer
/// (`docs/rules.md` section 8).
///
/// £1,000.00 came to £400.00 from a transfer and to £600.00 from co-investment at 5%: of £100.00
/// taken back, £60.00 is co-investment and £40.00 goes back to the transfer.
///
/// ```
/// use levy_ledger::domain::{money::Money, month_end::{PaidPart, Source, refund}};
/// let part = |source, whole: i64| PaidPart { source, amount: Money::from_units(whole * 100_000) };
/// let shared = Source::CoInvestment { employer_percent: 5.into() };
/// let paid = [part(Source::Transfer, 400), part(shared, 600)];
/// let refunds = refund(Money::from_units(-100 * 100_000), &paid);
/// assert_eq!(refunds, [part(shared, -60), part(Source::Transfer, -40)]);
/// ```
#[must_use]
pub fn refund(amount: Money, paid: &[PaidPart]) -> Vec<PaidPart> {
    let parts = in_turn(paid);
    let total: Money = parts.iter().map(|part| part.amount).sum();
    let wanted = (-amount).at_least_zero().min(total);
    let (mut left, mut after) = (wanted, total);
    let mut refunds = Vec::new();
    for part in parts {
        after -= part.amount;
        // The parts after this one cannot take more than they were, which decides the last part.
        let least = (left - after).at_least_zero();
        let back = share(part.amount, wanted, total).max(least).min(left);
        left -= back;
        refunds.push(PaidPart { source: part.source, amount: -back });
    }
    refunds.retain(|part| !part.amount.is_zero());
    refunds
}

/// What each source paid in all, without those that paid nothing, in the turn of their refund.
fn in_turn(paid: &[PaidPart]) -> Vec<PaidPart> {
    let mut parts: Vec<PaidPart> = Vec::new();
    for part in paid {
        match parts.iter_mut().find(|known| known.source == part.source) {
            Some(known) => known.amount += part.amount,
            None => parts.push(*part),
        }
    }
    parts.retain(|part| part.amount > Money::ZERO);
    parts.sort_by_key(|part| part.source.turn());
    parts
}

/// A part's share of a refund, in proportion to the whole, which is more than nothing.
fn share(part: Money, wanted: Money, total: Money) -> Money {
    // A share is within the limits of money because its part is.
    Money::rounded(part.pounds() * wanted.pounds() / total.pounds()).unwrap_or(part)
}

/// What is taken back of a month is taken from what was paid, newest month first, the month itself
/// included and none after it; each month gives by the shares of what its payment came from, all of
/// it before an older one is touched. What nothing paid covers is not taken back
/// (`docs/rules.md` section 8).
///
/// October earns −£300.00, and £200.00 was paid for each of September and August: September gives
/// all of it and August £100.00.
///
/// ```
/// use std::collections::BTreeMap;
/// use levy_ledger::domain::{calendar::Month, money::Money, month_end::{PaidPart, Source, take_back}};
/// let (august, october): (Month, Month) = ("2026-08".parse()?, "2026-10".parse()?);
/// let levy = |whole: i64| PaidPart { source: Source::Levy, amount: Money::from_units(whole * 100_000) };
/// let paid = BTreeMap::from([(august, vec![levy(200)]), (august.plus(1), vec![levy(200)])]);
/// let taken = take_back(levy(-300).amount, october, &paid);
/// assert_eq!(taken, [(august.plus(1), levy(-200)), (august, levy(-100))]);
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
#[must_use]
pub fn take_back(amount: Money, month: Month, paid: &BTreeMap<Month, Vec<PaidPart>>) -> Vec<(Month, PaidPart)> {
    let mut left = amount;
    let mut taken = Vec::new();
    for (paid_month, parts) in paid.range(..=month).rev() {
        let refunds = refund(left, parts);
        left -= refunds.iter().map(|part| part.amount).sum();
        taken.extend(refunds.into_iter().map(|part| (*paid_month, part)));
    }
    taken
}

/// What was paid and can still be taken back, by month. A month's record is its payments less what
/// was taken back for it, source by source; where that is below nothing, it has consumed what older
/// months were paid from the same source, newest first (`docs/rules.md` section 8).
///
/// August and September were paid £200.00 each and October took £300.00 back: £100.00 of August is
/// left.
///
/// ```
/// use levy_ledger::domain::{calendar::Month, money::Money, month_end::{PaidPart, Source, refundable}};
/// let august: Month = "2026-08".parse()?;
/// let levy = |whole: i64| PaidPart { source: Source::Levy, amount: Money::from_units(whole * 100_000) };
/// let recorded = [(august, levy(200)), (august.plus(1), levy(200)), (august.plus(2), levy(-300))];
/// let left: Vec<(Month, Vec<PaidPart>)> = refundable(recorded).into_iter().collect();
/// assert_eq!(left, [(august, vec![levy(100)])]);
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
#[must_use]
pub fn refundable(recorded: impl IntoIterator<Item = (Month, PaidPart)>) -> BTreeMap<Month, Vec<PaidPart>> {
    let mut sources: Vec<Source> = Vec::new();
    let mut nets: HashMap<Source, BTreeMap<Month, Money>> = HashMap::new();
    for (month, part) in recorded {
        let months = nets.entry(part.source).or_insert_with(|| {
            sources.push(part.source);
            BTreeMap::new()
        });
        *months.entry(month).or_default() += part.amount;
    }
    let mut left: BTreeMap<Month, Vec<PaidPart>> = BTreeMap::new();
    for source in sources {
        for (month, amount) in nets.remove(&source).map(unconsumed).unwrap_or_default() {
            left.entry(month).or_default().push(PaidPart { source, amount });
        }
    }
    left
}

/// What is left of the months above nothing once those below it have consumed older ones, oldest
/// first, each taking the newest before it.
fn unconsumed(nets: BTreeMap<Month, Money>) -> Vec<(Month, Money)> {
    let mut left: Vec<(Month, Money)> = Vec::new();
    for (month, net) in nets {
        let mut owed = (-net).at_least_zero();
        while let Some((paid_month, paid)) = left.pop_if(|_| !owed.is_zero()) {
            let consumed = paid.min(owed);
            owed -= consumed;
            if consumed < paid {
                left.push((paid_month, paid - consumed));
            }
        }
        if net > Money::ZERO {
            left.push((month, net));
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(source: Source, units: i64) -> PaidPart {
        PaidPart { source, amount: Money::from_units(units) }
    }

    fn shared(employer_percent: i64) -> Source {
        Source::CoInvestment { employer_percent: employer_percent.into() }
    }

    fn month(number: i32) -> Month {
        Month::new(2026, 1).unwrap().plus(number - 1)
    }

    #[test]
    fn rounding_never_takes_more_of_a_part_than_was_paid() {
        let five = [shared(1), shared(2), shared(3), Source::Levy, Source::Transfer].map(|source| part(source, 1));
        for wanted in 0..=7 {
            let refunds = refund(Money::from_units(-wanted), &five);
            assert_eq!(refunds.len(), usize::try_from(wanted.min(5)).unwrap(), "{refunds:?}");
            assert!(refunds.iter().all(|refund| refund.amount == Money::from_units(-1)), "{refunds:?}");
        }
    }

    #[test]
    fn the_account_s_own_part_takes_the_remainder() {
        let paid = [part(Source::Transfer, 1), part(shared(5), 1), part(shared(25), 1)];
        let refunds = refund(Money::from_units(-2), &paid);
        assert_eq!(refunds, [part(shared(5), -1), part(shared(25), -1)]);
        let refunds = refund(Money::from_units(-1), &paid);
        assert_eq!(refunds, [part(Source::Transfer, -1)]);
    }

    #[test]
    fn what_a_source_gave_back_before_is_not_given_back_again() {
        let paid = [part(Source::Levy, 100), part(shared(5), 50), part(shared(5), -50), part(Source::Levy, -30)];
        assert_eq!(refund(Money::from_units(-500), &paid), [part(Source::Levy, -70)]);
        assert_eq!(refund(Money::from_units(10), &paid), []);
    }

    #[test]
    fn a_negative_month_takes_nothing_from_a_later_one() {
        let paid = BTreeMap::from([(month(1), vec![part(Source::Levy, 5)]), (month(3), vec![part(Source::Levy, 9)])]);
        assert_eq!(take_back(Money::from_units(-10), month(2), &paid), [(month(1), part(Source::Levy, -5))]);
    }

    #[test]
    fn what_was_taken_back_replays_from_the_nets_of_its_month() {
        let mut recorded = vec![
            (month(1), part(Source::Levy, 100)),
            (month(2), part(Source::Levy, 60)),
            (month(2), part(shared(5), 40)),
            (month(4), part(Source::Levy, 30)),
        ];
        let taken = take_back(Money::from_units(-120), month(3), &refundable(recorded.clone()));
        recorded.extend(taken.into_iter().map(|(_, part)| (month(3), part)));
        let left = [(month(1), vec![part(Source::Levy, 80)]), (month(4), vec![part(Source::Levy, 30)])];
        assert_eq!(refundable(recorded), BTreeMap::from(left));
    }
}
