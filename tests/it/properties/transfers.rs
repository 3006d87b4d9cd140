//! Invariants of schedules, payments and the transfer cap.

use std::collections::BTreeMap;

use levy_ledger::domain::allowance::{Allowance, Basis, YearUse};
use levy_ledger::domain::calendar::{AllowanceYear, Month};
use levy_ledger::domain::cap::within_allowance;
use levy_ledger::domain::money::Money;
use levy_ledger::domain::schedule::{committed, derived_schedule, gross_paid, increases, reserved};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

fn money(range: std::ops::Range<i64>) -> impl Strategy<Value = Money> {
    range.prop_map(Money::from_units)
}

fn month() -> impl Strategy<Value = Month> {
    (2015..2060i32, 1..=12u32).prop_map(|(year, number)| Month::new(year, number).unwrap())
}

fn by_year() -> impl Strategy<Value = BTreeMap<AllowanceYear, Money>> {
    btree_map((2024..2030i32).prop_map(AllowanceYear::from_stored), money(0..50_000_000), 0..5)
}

fn basis(base_levy: Money, cap_percent: u32, provisional: bool) -> Basis {
    Basis {
        allowance_year: AllowanceYear::from_stored(2026),
        base_levy,
        cap_percent: Some(cap_percent.into()),
        policy_cap_percent: None,
        provisional,
    }
}

proptest! {
    #[test]
    fn a_derived_schedule_is_the_amount_but_for_rounding(
        amount in money(0..10_000_000_000), start in month(), duration in 1..120u32,
    ) {
        let schedule = derived_schedule(amount, start, duration);
        let whole: Money = schedule.values().copied().sum();
        // Half a hundred-thousandth for each instalment and for the completion payment.
        prop_assert!((whole - amount).units().abs() * 2 <= i64::from(duration) + 1);
        let last = start.plus(duration.cast_signed() - 1);
        let span = AllowanceYear::of_month(start)..=AllowanceYear::of_month(last);
        prop_assert!(schedule.keys().all(|year| span.contains(year)));
    }

    #[test]
    fn a_year_s_payments_lie_between_nothing_and_all_that_was_paid_in_it(
        months in vec((month(), money(-100_000_000..100_000_000)), 0..40),
    ) {
        let mut positive: BTreeMap<AllowanceYear, Money> = BTreeMap::new();
        for (month, amount) in &months {
            *positive.entry(AllowanceYear::of_month(*month)).or_default() += amount.at_least_zero();
        }
        for (year, paid) in gross_paid(months) {
            prop_assert!((Money::ZERO..=positive[&year]).contains(&paid));
        }
    }

    #[test]
    fn what_is_committed_is_the_larger_of_scheduled_and_paid(schedule in by_year(), paid in by_year()) {
        for (year, amount) in committed(&schedule, &paid) {
            let of = |amounts: &BTreeMap<_, _>| amounts.get(&year).copied().unwrap_or_default();
            prop_assert_eq!(amount, of(&schedule).max(of(&paid)));
        }
        prop_assert!(reserved(&schedule, &paid).values().all(|left| !left.is_negative()));
    }

    #[test]
    fn an_increase_is_what_a_change_commits_beyond_before(before in by_year(), after in by_year()) {
        let more = increases(&before, &after);
        for (year, amount) in &after {
            let before = before.get(year).copied().unwrap_or_default();
            let more = more.get(year).copied().unwrap_or_default();
            prop_assert_eq!(before.max(*amount), before + more);
        }
    }

    #[test]
    fn the_cap_is_never_passed_in_a_year_that_is_not_provisional(
        base in money(-1_000_000..100_000_000_000), cap in 0..=100u32,
        asked in vec(money(-1_000_000_000..20_000_000_000), 0..30),
    ) {
        let mut held = Money::ZERO;
        for increase in asked {
            let year = Allowance::new(basis(base, cap, false), YearUse { paid: Money::ZERO, reserved: held });
            if within_allowance(&year, increase).is_ok() {
                held = (held + increase).at_least_zero();
            }
            prop_assert!(held <= year.allowance);
        }
    }

    #[test]
    fn a_provisional_year_refuses_nothing_and_warns_where_the_cap_would_refuse(
        base in money(0..100_000_000_000), cap in 0..=100u32, increase in money(-1_000_000..20_000_000_000),
    ) {
        let outcome = |provisional| {
            let year = Allowance::new(basis(base, cap, provisional), YearUse::default());
            within_allowance(&year, increase)
        };
        let warned = outcome(true).unwrap().is_some();
        prop_assert_eq!(warned, outcome(false).is_err());
    }
}
