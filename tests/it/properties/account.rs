//! Accounts to try the rules on: any flows, lives and closed months.

use chrono::NaiveDate;
use levy_ledger::domain::calendar::Month;
use levy_ledger::domain::funds::{Booking, Flows, MonthFlow, funds_as_at};
use levy_ledger::domain::money::Money;
use levy_ledger::domain::rules::{Parameter, RuleRow, RuleSet};
use proptest::prelude::*;

/// Months of flows: long enough for most lots to lapse among them.
pub const MONTHS: i32 = 30;

pub fn month(index: i32) -> Month {
    Month::new(2024, 1).unwrap().plus(index)
}

/// A day by which everything has lapsed.
pub fn the_end() -> NaiveDate {
    month(MONTHS + 20).last_day()
}

/// The standard rules with other lives: `long` months, and `short` from the given month.
pub fn lives(long: i32, short: i32, from: i32) -> RuleSet {
    let standard = RuleSet::standard();
    let others = standard.rows().iter().copied().filter(|row| row.parameter != Parameter::ExpiryMonths);
    let life = |from: Month, months: i32| RuleRow {
        parameter: Parameter::ExpiryMonths,
        from: from.first_day(),
        value: months.into(),
    };
    let rows: Vec<RuleRow> = others.chain([life(month(-1), long), life(month(from), short)]).collect();
    RuleSet::new("two lives", &rows).unwrap()
}

pub fn one_life() -> impl Strategy<Value = RuleSet> {
    (1..12).prop_map(|life| lives(life, life, 0))
}

pub fn any_lives() -> impl Strategy<Value = RuleSet> {
    (1..16, 1..8, 0..MONTHS).prop_map(|(long, short, from)| lives(long, short, from))
}

/// A month, one of the four directions and an amount.
pub type Move = (i32, usize, i64);

pub fn moves(least: i64) -> impl Strategy<Value = Vec<Move>> {
    let amount = prop_oneof![3 => 1..100_i64, 1 => least..100];
    let kind = prop_oneof![4 => Just(0), 2 => Just(1), 2 => Just(2), 1 => Just(3)];
    prop::collection::vec((0..MONTHS, kind, amount), 1..40)
}

/// Levy and spending, of which nothing comes back.
pub fn forward() -> impl Strategy<Value = Vec<Move>> {
    moves(0).prop_map(|moves| moves.into_iter().filter(|(_, kind, _)| *kind != 3).collect())
}

pub fn flows(moves: &[Move]) -> Flows {
    let mut flows = Flows::new();
    for &(at, kind, units) in moves {
        let flow: &mut MonthFlow = flows.entry(month(at)).or_default();
        let figure = match kind {
            0 => &mut flow.levy,
            1 => &mut flow.own,
            2 => &mut flow.transferred,
            _ => &mut flow.received,
        };
        *figure += Money::from_units(units);
    }
    flows
}

pub fn by(flows: &Flows, last: Month) -> Flows {
    flows.range(..=last).map(|(month, flow)| (*month, *flow)).collect()
}

/// What closing some of the months books, missed months too: lot by lot, or the total of a month.
pub fn close(flows: &Flows, rules: &RuleSet, closed: &[i32], in_total: bool) -> Vec<Booking> {
    let mut bookings: Vec<Booking> = Vec::new();
    for &at in closed {
        let funds = funds_as_at(&by(flows, month(at)), &bookings, rules, month(at).last_day());
        let before: Vec<Month> = bookings.iter().map(|booking| booking.due_month).collect();
        let due = funds.lots.iter().filter(|lot| lot.due_month <= month(at) && !before.contains(&lot.due_month));
        let entry_month = |entered| if in_total { None } else { Some(entered) };
        bookings.extend(due.map(|lot| Booking {
            due_month: lot.due_month,
            entry_month: entry_month(lot.entry_month),
            amount: lot.expired,
        }));
    }
    bookings
}

pub fn closed_months() -> impl Strategy<Value = Vec<i32>> {
    prop::collection::btree_set(0..MONTHS + 16, 0..5).prop_map(|months| months.into_iter().collect())
}
