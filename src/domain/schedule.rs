//! What a transfer sets aside and pays by allowance year: its schedule, what was paid, and what it
//! still reserves.

use std::collections::BTreeMap;

use super::calendar::{AllowanceYear, Month};
use super::earnings::regular_earnings;
use super::money::Money;

/// What a transfer sets aside for each allowance year (`docs/rules.md` section 6).
pub type Schedule = BTreeMap<AllowanceYear, Money>;

/// The longest programme the ledger's calendar can hold, in months.
const LONGEST: u32 = 90 * 12;

/// A schedule that is not given follows what the programme would earn: instalments to the planned
/// end, which is the start + the duration − 1 day, and the 20% in its last month. Each counts in the
/// allowance year of its month's last day (`docs/rules.md` sections 6 and 7). The amounts are those
/// of the earnings, so their sum can differ from the agreed amount in the last places.
///
/// ```
/// use levy_ledger::domain::{money::Money, schedule::derived_schedule};
/// let amount = Money::from_units(12_000 * 100_000);
/// let schedule = derived_schedule(amount, "2026-09".parse()?, 12);
/// let years: Vec<String> = schedule.iter().map(|(year, amount)| format!("{year}: {amount}")).collect();
/// assert_eq!(years, ["2026-27: 5600.00", "2027-28: 6400.00"]);
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
#[must_use]
pub fn derived_schedule(amount: Money, planned_start: Month, duration_months: u32) -> Schedule {
    let duration = duration_months.clamp(1, LONGEST).cast_signed();
    let planned_end = planned_start.plus(duration - 1).last_day();
    let mut schedule = Schedule::new();
    for earning in regular_earnings(amount, planned_start.first_day(), planned_end, Some(planned_end)) {
        *schedule.entry(AllowanceYear::of_month(earning.month)).or_default() += earning.amount;
    }
    schedule
}

/// What counts as paid against a year's allowance is the sum of its months, taken in order and never
/// below nothing, so that a refund gives back only what was paid in the same year (`docs/rules.md`
/// section 6).
///
/// ```
/// use levy_ledger::domain::{calendar::AllowanceYear, money::Money, schedule::gross_paid};
/// let pounds = |whole: i64| Money::from_units(whole * 100_000);
/// let months = [("2027-03".parse()?, pounds(500)), ("2027-04".parse()?, pounds(-200)), ("2027-05".parse()?, pounds(300))];
/// let paid: Vec<(AllowanceYear, Money)> = gross_paid(months).into_iter().collect();
/// assert_eq!(paid, [("2026-27".parse()?, pounds(500)), ("2027-28".parse()?, pounds(300))]);
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
#[must_use]
pub fn gross_paid(months: impl IntoIterator<Item = (Month, Money)>) -> BTreeMap<AllowanceYear, Money> {
    let mut by_month: BTreeMap<Month, Money> = BTreeMap::new();
    for (month, amount) in months {
        *by_month.entry(month).or_default() += amount;
    }
    let mut paid = BTreeMap::new();
    for (month, amount) in by_month {
        let year: &mut Money = paid.entry(AllowanceYear::of_month(month)).or_default();
        *year = (*year + amount).at_least_zero();
    }
    paid
}

/// An open transfer reserves what it scheduled for a year and has not yet paid, also after the year
/// has ended (`docs/rules.md` section 6).
///
/// ```
/// use std::collections::BTreeMap;
/// use levy_ledger::domain::{calendar::AllowanceYear, money::Money, schedule::reserved};
/// let year: AllowanceYear = "2026-27".parse()?;
/// let pounds = |whole: i64| Money::from_units(whole * 100_000);
/// let schedule = BTreeMap::from([(year, pounds(5_600))]);
/// assert_eq!(reserved(&schedule, &BTreeMap::from([(year, pounds(2_000))])).get(&year), Some(&pounds(3_600)));
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
#[must_use]
pub fn reserved(schedule: &Schedule, paid: &BTreeMap<AllowanceYear, Money>) -> BTreeMap<AllowanceYear, Money> {
    let left = |year, scheduled: Money| (scheduled - paid.get(&year).copied().unwrap_or_default()).at_least_zero();
    schedule.iter().map(|(&year, &scheduled)| (year, left(year, scheduled))).collect()
}

/// What an open transfer takes of each year's allowance is what it paid and what it still reserves;
/// a closed one, whose schedule is empty here, only what it paid (`docs/rules.md` section 6).
#[must_use]
pub fn committed(schedule: &Schedule, paid: &BTreeMap<AllowanceYear, Money>) -> BTreeMap<AllowanceYear, Money> {
    let mut committed = paid.clone();
    for (year, left) in reserved(schedule, paid) {
        *committed.entry(year).or_default() += left;
    }
    committed
}

/// An offer, a new schedule or a payment is held against the allowance for what it commits beyond
/// what was committed before: in each year where that grows (`docs/rules.md` section 6).
///
/// ```
/// use std::collections::BTreeMap;
/// use levy_ledger::domain::{calendar::AllowanceYear, money::Money, schedule::{committed, increases}};
/// let (this, next): (AllowanceYear, AllowanceYear) = ("2026-27".parse()?, "2027-28".parse()?);
/// let pounds = |whole: i64| Money::from_units(whole * 100_000);
/// let paid = BTreeMap::from([(this, pounds(2_000))]);
/// let before = committed(&BTreeMap::from([(this, pounds(5_600))]), &paid);
/// let after = committed(&BTreeMap::from([(this, pounds(2_000)), (next, pounds(3_600))]), &paid);
/// assert_eq!(increases(&before, &after), BTreeMap::from([(next, pounds(3_600))]));
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
#[must_use]
pub fn increases(
    before: &BTreeMap<AllowanceYear, Money>,
    after: &BTreeMap<AllowanceYear, Money>,
) -> BTreeMap<AllowanceYear, Money> {
    let growth = |year, amount: Money| amount - before.get(&year).copied().unwrap_or_default();
    let growth = after.iter().map(|(&year, &amount)| (year, growth(year, amount)));
    growth.filter(|(_, more)| *more > Money::ZERO).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pounds(whole: i64) -> Money {
        Money::from_units(whole * 100_000)
    }

    fn year(text: &str) -> AllowanceYear {
        text.parse().unwrap()
    }

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn april_pays_in_the_allowance_year_that_it_ends_in() {
        let schedule = derived_schedule(pounds(3_000), month("2026-03"), 3);
        let expected = [(year("2025-26"), pounds(800)), (year("2026-27"), pounds(2_200))];
        assert_eq!(schedule, expected.into_iter().collect());
    }

    #[test]
    fn a_schedule_keeps_the_instalments_as_they_round() {
        let schedule = derived_schedule(pounds(15_000), month("2026-05"), 23);
        let whole: Money = schedule.values().copied().sum();
        assert_eq!(whole.to_string(), "14999.99999");
    }

    #[test]
    fn a_programme_lasts_at_least_a_month_and_ends_within_the_calendar() {
        let at_once = derived_schedule(pounds(100), month("2026-05"), 0);
        assert_eq!(at_once, Schedule::from([(year("2026-27"), pounds(100))]));
        assert!(derived_schedule(pounds(100), month("2026-05"), u32::MAX).len() < 100);
    }

    #[test]
    fn a_refund_beyond_the_year_s_payments_gives_back_no_allowance() {
        let months =
            [(month("2026-06"), pounds(100)), (month("2026-07"), pounds(-300)), (month("2026-08"), pounds(50))];
        assert_eq!(gross_paid(months), BTreeMap::from([(year("2026-27"), pounds(50))]));
    }

    #[test]
    fn months_count_in_their_order_whatever_the_order_of_recording() {
        let months = [(month("2026-07"), pounds(-100)), (month("2026-06"), pounds(100))];
        assert_eq!(gross_paid(months), BTreeMap::from([(year("2026-27"), Money::ZERO)]));
    }

    #[test]
    fn a_payment_beyond_the_schedule_commits_more_and_one_within_it_does_not() {
        let schedule = Schedule::from([(year("2026-27"), pounds(1_000))]);
        let after = |paid: i64| committed(&schedule, &BTreeMap::from([(year("2026-27"), pounds(paid))]));
        assert_eq!(increases(&after(0), &after(1_000)), BTreeMap::new());
        assert_eq!(increases(&after(400), &after(1_200)), BTreeMap::from([(year("2026-27"), pounds(200))]));
    }
}
