//! Qualifying periods: how long a period in learning must last to earn its instalments, and what
//! becomes of them when it does not.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Instalment;
use super::instalments::PeriodEarnings;
use super::learning::PeriodInLearning;
use crate::domain::money::Money;

/// A period in learning qualifies after 42 days where 168 or more are planned, after 14 where 14 to
/// 167 are, and after one below that (`docs/rules.md` section 7).
///
/// ```
/// use levy_ledger::domain::earnings::qualifying_days;
/// assert_eq!([168, 167, 14, 13].map(qualifying_days), [42, 14, 14, 1]);
/// ```
#[must_use]
pub const fn qualifying_days(planned_days: i64) -> i64 {
    match planned_days {
        168.. => 42,
        14..168 => 14,
        ..14 => 1,
    }
}

/// Days from the first to the last, both included.
fn days(first: NaiveDate, last: NaiveDate) -> i64 {
    (last - first).num_days() + 1
}

/// Whether a period in learning reaches its qualifying period before its break or the last day of
/// learning; one that neither ends will, since its planned days are enough.
pub(super) fn qualifies(period: &PeriodInLearning, last_day: Option<NaiveDate>) -> bool {
    let needed = qualifying_days(days(period.start_on, period.planned_end_on));
    let learnt_to = [period.last_day, last_day].into_iter().flatten().min();
    learnt_to.is_none_or(|day| days(period.start_on, day) >= needed)
}

/// The instalments of periods that do not qualify are forfeited; the sum of each is added in equal
/// parts to the later instalments that are left, the last part taking the remainder (`docs/rules.md`
/// section 7).
pub(super) fn forfeit(by_period: Vec<PeriodEarnings>) -> Vec<Instalment> {
    let mut kept: Vec<Instalment> = Vec::new();
    let mut forfeited: Vec<(usize, Money)> = Vec::new();
    for period in by_period {
        if period.qualifies {
            kept.extend(period.instalments);
        } else {
            let sum = period.instalments.iter().map(|instalment| instalment.amount).sum();
            forfeited.push((kept.len(), sum));
        }
    }
    for (earlier, sum) in forfeited {
        spread(sum, kept.get_mut(earlier..).unwrap_or_default());
    }
    kept
}

fn spread(sum: Money, later: &mut [Instalment]) {
    let parts = Decimal::from(later.len());
    let Some((last, others)) = later.split_last_mut() else { return };
    // A part of an amount of money is within its limits.
    let part = Money::rounded(sum.pounds() / parts).unwrap_or_default();
    let mut rest = sum;
    for instalment in others {
        instalment.amount += part;
        rest -= part;
    }
    last.amount += rest;
}
