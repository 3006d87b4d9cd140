//! Funds and their expiry under any flows, records and lives (`docs/rules.md` section 5).

use std::collections::BTreeMap;

use levy_ledger::domain::calendar::Month;
use levy_ledger::domain::funds::{Booking, Flows, Funds, MonthFlow, draw, expired, funds_as_at, lapsing, payable};
use levy_ledger::domain::money::Money;
use levy_ledger::domain::rules::RuleSet;
use proptest::prelude::*;

use super::account::*;

fn total(amounts: &BTreeMap<Month, Money>) -> Money {
    amounts.values().copied().sum()
}

fn assert_sound(funds: &Funds, flows: &Flows, lapsed: &BTreeMap<Month, Money>) -> Result<(), TestCaseError> {
    for lot in &funds.lots {
        prop_assert_eq!(lot.entered, lot.spent + lot.transferred + lot.expired + lot.remaining);
        let least = [lot.spent, lot.transferred, lot.expired, lot.remaining].into_iter().min();
        prop_assert!(least >= Some(Money::ZERO), "{:?}", lot);
    }
    let moved: Money = flows.values().map(|flow| flow.levy - flow.out()).sum();
    let remaining: Money = funds.lots.iter().map(|lot| lot.remaining).sum();
    prop_assert_eq!(funds.expired, total(lapsed));
    prop_assert_eq!(funds.balance, moved - total(lapsed));
    prop_assert_eq!(funds.balance, remaining + funds.unallocated);
    prop_assert_eq!(funds.spendable(), remaining.min(funds.balance).max(Money::ZERO));
    Ok(())
}

/// Month by month to the letter: one run for each due month, whatever it is.
fn to_the_letter(flows: &Flows, rules: &RuleSet, bookings: &[Booking]) -> Vec<Booking> {
    let mut known = bookings.to_vec();
    let due: BTreeMap<Month, ()> = flows.keys().map(|entered| (rules.due_month(*entered), ())).collect();
    for due_month in due.into_keys() {
        let earlier: Vec<Booking> = known.iter().filter(|booking| booking.due_month <= due_month).copied().collect();
        let lots = draw(&by(flows, due_month), &earlier, |entered| rules.due_month(entered));
        let booked = |entered| known.iter().any(|booking| booking.entry_month == Some(entered));
        let open: Vec<_> =
            lots.into_iter().filter(|lot| lot.due_month == due_month && !booked(lot.entry_month)).collect();
        known.extend(open.iter().map(|lot| Booking {
            due_month,
            entry_month: Some(lot.entry_month),
            amount: lot.expired,
        }));
    }
    known
}

fn sum_by_month(bookings: &[Booking]) -> BTreeMap<Month, Money> {
    let mut months = BTreeMap::new();
    for booking in bookings {
        *months.entry(booking.due_month).or_insert(Money::ZERO) += booking.amount;
    }
    months
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_lot_and_the_balance_add_up_on_any_day(
        moves in moves(-120), late in moves(-120), rules in any_lives(), closed in closed_months(),
        in_total: bool, day in 0..MONTHS + 16,
    ) {
        let bookings = close(&flows(&moves), &rules, &closed, in_total);
        let backdated = flows(&[moves, late].concat());
        let flows = by(&backdated, month(day));
        let bookings: Vec<Booking> = bookings.into_iter().filter(|b| b.due_month <= month(day)).collect();
        for as_at in [month(day).first_day(), month(day).last_day()] {
            let funds = funds_as_at(&flows, &bookings, &rules, as_at);
            assert_sound(&funds, &flows, &expired(&flows, &bookings, &rules, as_at))?;
        }
    }

    #[test]
    fn booked_months_never_change(
        moves in moves(-120), late in moves(-120), rules in any_lives(), closed in closed_months(),
    ) {
        let bookings = close(&flows(&moves), &rules, &closed, true);
        let lost = expired(&flows(&[moves, late].concat()), &bookings, &rules, the_end());
        for (due_month, amount) in sum_by_month(&bookings) {
            prop_assert_eq!(lost.get(&due_month), Some(&amount));
        }
    }

    #[test]
    fn closing_months_changes_nothing(
        moves in moves(-120), rules in any_lives(), closed in closed_months(), in_total: bool,
    ) {
        let flows = flows(&moves);
        let bookings = close(&flows, &rules, &closed, in_total);
        let (closed, open) = (
            funds_as_at(&flows, &bookings, &rules, the_end()),
            funds_as_at(&flows, &[], &rules, the_end()),
        );
        prop_assert_eq!(closed, open);
    }

    #[test]
    fn later_flows_never_change_a_past_day(moves in moves(-120), rules in any_lives(), cut in 0..MONTHS) {
        let (day, flows) = (month(cut).last_day(), flows(&moves));
        let then = expired(&by(&flows, month(cut)), &[], &rules, day);
        prop_assert_eq!(&then, &expired(&flows, &[], &rules, day));
        let mut since = expired(&flows, &[], &rules, the_end());
        let later = lapsing(&flows, &[], &rules, day);
        prop_assert_eq!(total(&since), total(&then) + total(&later));
        since.retain(|due_month, _| *due_month <= month(cut));
        prop_assert_eq!(then, since);
    }

    #[test]
    fn few_runs_give_what_a_run_for_each_due_month_gives(
        moves in moves(-120), late in moves(-120), rules in any_lives(), closed in closed_months(),
    ) {
        let bookings = close(&flows(&moves), &rules, &closed, false);
        let backdated = flows(&[moves, late].concat());
        let letter = to_the_letter(&backdated, &rules, &bookings);
        let mut few = expired(&backdated, &bookings, &rules, the_end());
        few.retain(|_, amount| !amount.is_zero());
        let mut many = sum_by_month(&letter);
        many.retain(|_, amount| !amount.is_zero());
        prop_assert_eq!(few, many);
    }

    #[test]
    fn without_negatives_one_life_follows_the_formula(moves in forward(), rules in one_life()) {
        let flows = flows(&moves);
        let lost = expired(&flows, &[], &rules, the_end());
        let mut before = Money::ZERO;
        for (due_month, amount) in lost {
            let due = flows.iter().filter(|(entered, _)| rules.due_month(**entered) <= due_month);
            let entered: Money = due.map(|(_, flow)| flow.levy).sum();
            let out: Money = flows.range(..=due_month).map(|(_, flow)| flow.out()).sum();
            prop_assert_eq!(amount, (entered - out - before).max(Money::ZERO));
            before += amount;
        }
    }

    #[test]
    fn the_order_of_entries_and_records_is_irrelevant(
        (moves, shuffled) in moves(-120).prop_flat_map(|moves| (Just(moves.clone()), Just(moves).prop_shuffle())),
        rules in any_lives(), closed in closed_months(), in_total: bool,
    ) {
        let mut bookings = close(&flows(&moves), &rules, &closed, in_total);
        let funds = funds_as_at(&flows(&moves), &bookings, &rules, the_end());
        bookings.reverse();
        prop_assert_eq!(funds, funds_as_at(&flows(&shuffled), &bookings, &rules, the_end()));
    }

    #[test]
    fn what_is_payable_leaves_every_recorded_payment_covered_and_a_unit_more_does_not_come_from_its_funds(
        moves in forward(), rules in one_life(), at in 0..MONTHS,
    ) {
        let recorded = flows(&moves);
        let available = payable(&recorded, &[], &rules, month(at)).available;
        let pays = |amount: Money| {
            let mut flows = recorded.clone();
            flows.entry(month(at)).or_default().own += amount;
            flows
        };
        let end = |flows: &Flows| funds_as_at(flows, &[], &rules, the_end());
        let paid = pays(available);
        prop_assert_eq!(end(&paid).unallocated, end(&recorded).unallocated);
        prop_assert_eq!(payable(&paid, &[], &rules, month(at)).available, Money::ZERO);
        let too_much = pays(available + Money::from_units(1));
        let of_its_funds = |flows: &Flows| -> Money {
            let lots = end(flows).lots.into_iter().filter(|lot| lot.entry_month <= month(at));
            lots.map(|lot| lot.spent + lot.transferred).sum()
        };
        prop_assert_eq!(of_its_funds(&too_much), of_its_funds(&paid));
    }

    #[test]
    fn a_payment_of_today_may_use_what_is_spendable(
        moves in moves(-120), rules in any_lives(), closed in closed_months(),
    ) {
        let closed: Vec<i32> = closed.into_iter().filter(|at| *at < MONTHS).collect();
        let mut flows = flows(&moves);
        let bookings = close(&flows, &rules, &closed, false);
        let today = month(MONTHS);
        let spendable = funds_as_at(&flows, &bookings, &rules, today.first_day()).spendable();
        let now = payable(&flows, &bookings, &rules, today);
        prop_assert_eq!(now.available, spendable);
        // A later month in which nothing moves has the payment held against what is still to come.
        flows.insert(today.plus(9), MonthFlow::default());
        prop_assert_eq!(payable(&flows, &bookings, &rules, today), now);
    }

    #[test]
    fn what_is_payable_leaves_later_payments_covered_whatever_comes_back(
        moves in moves(-120), rules in any_lives(), at in 0..MONTHS,
    ) {
        let mut flows = flows(&moves);
        let uncovered = |flows: &Flows| funds_as_at(flows, &[], &rules, the_end()).uncovered;
        let before = uncovered(&flows);
        let available = payable(&flows, &[], &rules, month(at)).available;
        flows.entry(month(at)).or_default().own += available;
        prop_assert!(uncovered(&flows) <= before);
    }

    #[test]
    fn payments_and_refunds_in_any_order_never_overdraw_any_month(
        levy in prop::collection::vec((0..MONTHS, 1..100_i64), 1..12),
        wanted in prop::collection::vec((0..MONTHS, -30..150_i64), 1..25),
        rules in any_lives(),
    ) {
        let entered: Vec<Move> = levy.into_iter().map(|(at, amount)| (at, 0, amount)).collect();
        let mut flows = flows(&entered);
        for (at, amount) in wanted {
            let available = payable(&flows, &[], &rules, month(at)).available;
            flows.entry(month(at)).or_default().own += available.min(Money::from_units(amount));
        }
        for at in 0..MONTHS {
            let by_then = by(&flows, month(at));
            let funds = funds_as_at(&by_then, &[], &rules, month(at).last_day());
            prop_assert_eq!(funds.uncovered, Money::ZERO);
            // A refund that finds no spending stands in the balance and in no lot.
            prop_assert!(!funds.unallocated.is_negative());
        }
    }
}
