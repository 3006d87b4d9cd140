//! Scenes from the life of a lot that the worked cases leave out (`docs/rules.md` section 5).

use levy_ledger::domain::calendar::{Month, parse_date};
use levy_ledger::domain::funds::{Booking, Flows, Funds, MonthFlow, draw, expired, funds_as_at, lapsing, payable};
use levy_ledger::domain::money::Money;
use levy_ledger::domain::rules::RuleSet;

fn pounds(amount: i64) -> Money {
    Money::from_units(amount * 100_000)
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

#[derive(Clone, Copy)]
enum Moved {
    Levy,
    Own,
    Transferred,
    Received,
}
use Moved::{Levy, Own, Received, Transferred};

fn flows(moves: &[(&str, Moved, i64)]) -> Flows {
    let mut flows = Flows::new();
    for &(at, moved, amount) in moves {
        let flow: &mut MonthFlow = flows.entry(month(at)).or_default();
        let figure = match moved {
            Levy => &mut flow.levy,
            Own => &mut flow.own,
            Transferred => &mut flow.transferred,
            Received => &mut flow.received,
        };
        *figure += pounds(amount);
    }
    flows
}

fn total(due_month: &str, amount: i64) -> Booking {
    Booking { due_month: month(due_month), entry_month: None, amount: pounds(amount) }
}

fn named(due_month: &str, entry_month: &str, amount: i64) -> Booking {
    Booking { entry_month: Some(month(entry_month)), ..total(due_month, amount) }
}

fn at(flows: &Flows, bookings: &[Booking], day: &str) -> Funds {
    funds_as_at(flows, bookings, &RuleSet::england(), parse_date(day).unwrap())
}

/// Entered, spent, transferred, expired and remaining of every lot, in pounds.
fn figures(funds: &Funds) -> Vec<[i64; 5]> {
    let in_pounds = |money: Money| money.units() / 100_000;
    let lots = funds.lots.iter();
    lots.map(|lot| [lot.entered, lot.spent, lot.transferred, lot.expired, lot.remaining].map(in_pounds)).collect()
}

#[test]
fn two_lots_lose_50_in_their_common_due_month_and_the_third_100_in_the_next() {
    let flows = flows(&[("2025-09", Levy, 100), ("2026-09", Levy, 100), ("2026-10", Levy, 100), ("2027-09", Own, 150)]);
    let lost = expired(&flows, &[], &RuleSet::england(), parse_date("2027-10-31").unwrap());
    let lost: Vec<(Month, Money)> = lost.into_iter().collect();
    assert_eq!(lost, [(month("2027-09"), pounds(50)), (month("2027-10"), pounds(100))]);
}

#[test]
fn a_refund_is_clawed_back_once_so_the_short_lot_expires_70() {
    let flows = flows(&[("2025-09", Levy, 100), ("2026-09", Levy, 100), ("2027-07", Own, 150), ("2027-08", Own, -20)]);
    let england = RuleSet::england();
    let lots = draw(&flows, &[], |entered| england.due_month(entered));
    let expired: Vec<Money> = lots.iter().map(|lot| lot.expired).collect();
    assert_eq!(expired, [pounds(0), pounds(70)]);
}

#[test]
fn funds_of_may_2024_lapse_at_the_end_of_may_2026_whether_or_not_it_was_closed() {
    let flows = flows(&[("2024-05", Levy, 100), ("2026-05", Own, 30)]);
    assert_eq!(at(&flows, &[], "2026-05-30").spendable(), pounds(70));
    for bookings in [vec![], vec![total("2026-05", 70)], vec![named("2026-05", "2024-05", 70)]] {
        let funds = at(&flows, &bookings, "2026-05-31");
        assert_eq!(figures(&funds), [[100, 30, 0, 70, 0]]);
        assert_eq!((funds.expired, funds.balance, funds.unallocated), (pounds(70), pounds(0), pounds(0)));
    }
}

#[test]
fn a_refund_after_the_due_month_stays_in_the_balance_and_in_no_lot() {
    let flows = flows(&[("2024-05", Levy, 100), ("2026-05", Own, 30), ("2026-06", Own, -30)]);
    for bookings in [vec![], vec![total("2026-05", 70)]] {
        let funds = at(&flows, &bookings, "2026-06-30");
        assert_eq!(figures(&funds), [[100, 30, 0, 70, 0]]);
        assert_eq!((funds.balance, funds.unallocated, funds.spendable()), (pounds(30), pounds(30), pounds(0)));
    }
}

#[test]
fn an_adjustment_takes_no_more_from_a_booked_lot_than_it_did_not_lose() {
    let flows = flows(&[("2024-05", Levy, 100), ("2024-06", Own, 30), ("2026-06", Levy, -50)]);
    let funds = at(&flows, &[total("2026-05", 70)], "2026-06-30");
    assert_eq!(figures(&funds), [[70, 0, 0, 70, 0], [0, 0, 0, 0, 0]]);
    assert_eq!((funds.balance, funds.unallocated, funds.spendable()), (pounds(-50), pounds(-50), pounds(0)));
}

#[test]
fn a_claw_back_that_finds_no_funds_lowers_what_can_be_spent_later() {
    let flows = flows(&[("2025-01", Levy, 100), ("2025-02", Levy, -150), ("2025-03", Levy, 80)]);
    let funds = at(&flows, &[], "2025-03-31");
    assert_eq!(figures(&funds), [[0; 5], [0; 5], [80, 0, 0, 0, 80]]);
    assert_eq!((funds.balance, funds.unallocated, funds.spendable()), (pounds(30), pounds(-50), pounds(30)));
    let available = |at| payable(&flows, &[], &RuleSet::england(), month(at)).available;
    assert_eq!([available("2025-01"), available("2025-02"), available("2025-03")], [0, 0, 30].map(pounds));
}

#[test]
fn a_shared_total_is_the_newer_lots_first() {
    let moves = [("2025-09", Levy, 100), ("2026-09", Levy, 100), ("2027-09", Own, 90)];
    let funds = at(&flows(&moves), &[total("2027-09", 110)], "2027-09-30");
    assert_eq!(figures(&funds), [[100, 90, 0, 10, 0], [100, 0, 0, 100, 0]]);
}

#[test]
fn an_adjustment_before_a_shared_total_was_recorded_is_not_undone_by_it() {
    let moves = [("2025-09", Levy, 100), ("2026-09", Levy, 100), ("2026-10", Levy, -60), ("2027-09", Own, 70)];
    for bookings in [vec![], vec![total("2027-09", 70)]] {
        let funds = at(&flows(&moves), &bookings, "2027-10-31");
        assert_eq!(figures(&funds), [[100, 70, 0, 30, 0], [40, 0, 0, 40, 0], [0; 5]]);
    }
}

#[test]
fn a_named_line_books_its_own_lot_and_leaves_the_other_to_be_worked_out() {
    let moves = [("2025-09", Levy, 100), ("2026-09", Levy, 100), ("2027-09", Own, 60)];
    let funds = at(&flows(&moves), &[named("2027-09", "2025-09", 50)], "2027-09-30");
    assert_eq!(figures(&funds), [[100, 50, 0, 50, 0], [100, 10, 0, 90, 0]]);
}

#[test]
fn recorded_months_take_their_spending_by_due_month_though_an_older_lot_is_due_later() {
    let moves = [("2026-07", Levy, 100), ("2026-08", Levy, 100), ("2027-08", Transferred, 30), ("2028-07", Own, 20)];
    let bookings = [named("2028-07", "2026-07", 80), named("2027-08", "2026-08", 70)];
    let funds = at(&flows(&moves), &bookings, "2028-07-31");
    assert_eq!(figures(&funds), [[100, 20, 0, 80, 0], [100, 0, 30, 70, 0]]);
    assert_eq!((funds.uncovered, funds.unallocated), (pounds(0), pounds(0)));
}

#[test]
fn a_payment_does_not_push_a_later_one_out_of_the_older_lot_that_outlives_the_newer() {
    let moves = flows(&[("2026-07", Levy, 100), ("2026-08", Levy, 100), ("2028-07", Own, 60)]);
    let available = |at| payable(&moves, &[], &RuleSet::england(), month(at)).available;
    assert_eq!([available("2027-08"), available("2027-09")], [40, 40].map(pounds));
}

#[test]
fn a_booked_lot_stays_in_its_month_when_the_rules_change() {
    let moves = flows(&[("2024-05", Levy, 100), ("2024-06", Levy, 100)]);
    let yearly = |entered: Month| entered.plus(12);
    let lots = draw(&moves, &[named("2026-05", "2024-05", 100)], yearly);
    let due: Vec<Month> = lots.iter().map(|lot| lot.due_month).collect();
    assert_eq!(due, [month("2026-05"), month("2025-06")]);
}

#[test]
fn expiry_recorded_beyond_what_entered_is_in_no_lot() {
    let funds = at(&flows(&[("2024-05", Levy, 100)]), &[total("2026-05", 130), total("2026-06", 5)], "2026-06-30");
    assert_eq!(figures(&funds), [[100, 0, 0, 100, 0]]);
    assert_eq!((funds.expired, funds.balance, funds.unallocated), (pounds(135), pounds(-35), pounds(-35)));
}

#[test]
fn like_cancels_like_and_transfers_are_taken_before_own_training() {
    let moves = [
        ("2025-01", Levy, 100),
        ("2025-02", Levy, 100),
        ("2025-03", Own, 60),
        ("2025-03", Transferred, 50),
        ("2025-04", Transferred, 20),
        ("2025-05", Own, -10),
        ("2025-05", Received, 30),
    ];
    // Of what came back, £20 cancel April's transfers. Of March's, £10 own training and £10 transfers go.
    let funds = at(&flows(&moves), &[], "2025-05-31");
    assert_eq!(figures(&funds), [[100, 50, 40, 0, 10], [100, 0, 0, 0, 100]]);
}

#[test]
fn a_payment_uses_neither_what_is_promised_to_a_later_one_nor_a_refund_still_to_come() {
    let moves = flows(&[
        ("2025-01", Levy, 100),
        ("2025-02", Own, 80),
        ("2025-04", Own, 15),
        ("2025-06", Own, -50),
        ("2025-07", Levy, 40),
    ]);
    let available = |at| payable(&moves, &[], &RuleSet::standard(), month(at)).available;
    let months = ["2024-12", "2025-02", "2025-05", "2025-06", "2025-07", "2027-02", "2027-08"];
    assert_eq!(months.map(available), [0, 5, 5, 55, 95, 40, 0].map(pounds));
}

#[test]
fn nothing_of_a_booked_lot_can_be_paid_and_the_answer_says_what_lapsed() {
    let moves = flows(&[("2024-05", Levy, 100), ("2024-06", Levy, 100)]);
    let backdated = payable(&moves, &[total("2026-05", 100)], &RuleSet::standard(), month("2026-04"));
    assert_eq!((backdated.available, backdated.had_nothing_lapsed), (pounds(100), pounds(200)));
}

#[test]
fn what_lapses_next_includes_months_that_lose_nothing_and_plans_to_spend() {
    let moves = flows(&[("2024-05", Levy, 100), ("2024-06", Levy, 100), ("2025-03", Own, 100), ("2026-06", Own, 25)]);
    let ahead = lapsing(&moves, &[], &RuleSet::standard(), parse_date("2025-04-30").unwrap());
    let ahead: Vec<(Month, Money)> = ahead.into_iter().collect();
    assert_eq!(ahead, [(month("2026-05"), pounds(0)), (month("2026-06"), pounds(75))]);
}
