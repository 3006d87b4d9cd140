//! What starts earn through their whole life: every change of circumstance, and several at once.

use chrono::NaiveDate;
use levy_ledger::domain::calendar::parse_date;
use levy_ledger::domain::earnings::{AgreedPrice, Instalment, Learning, PeriodInLearning, earnings};
use levy_ledger::domain::money::Money;
use levy_ledger::domain::names::Named;

fn day(text: &str) -> NaiveDate {
    parse_date(text).unwrap()
}

/// A start and what becomes of it, told in the order in which it happens.
#[derive(Clone)]
struct Life(Learning);

impl Life {
    fn planned(start_on: &str, planned_end_on: &str, price: &str) -> Self {
        let (start_on, planned_end_on) = (day(start_on), day(planned_end_on));
        Self(Learning {
            funding_band_maximum: None,
            prices: vec![AgreedPrice { from: start_on, amount: price.parse().unwrap() }],
            periods: vec![PeriodInLearning { start_on, last_day: None, planned_end_on }],
            paused_on: None,
            withdrawn_on: None,
            completed_on: None,
            achieved_on: None,
        })
    }

    fn in_a_band_of(mut self, maximum: &str) -> Self {
        self.0.funding_band_maximum = Some(maximum.parse().unwrap());
        self
    }

    fn at(mut self, from: &str, price: &str) -> Self {
        self.0.prices.push(AgreedPrice { from: day(from), amount: price.parse().unwrap() });
        self
    }

    fn paused(mut self, on: &str) -> Self {
        self.0.paused_on = Some(day(on));
        self
    }

    fn back(mut self, on: &str, planned_end_on: &str) -> Self {
        self.0.periods.last_mut().unwrap().last_day = self.0.paused_on.take();
        let (start_on, planned_end_on) = (day(on), day(planned_end_on));
        self.0.periods.push(PeriodInLearning { start_on, last_day: None, planned_end_on });
        self
    }

    fn withdrawn(mut self, on: &str) -> Self {
        self.0.withdrawn_on = Some(day(on));
        self
    }

    fn completed(mut self, on: &str) -> Self {
        self.0.completed_on = Some(day(on));
        self
    }

    fn achieved(mut self, on: &str) -> Self {
        self.0.achieved_on = Some(day(on));
        self
    }

    /// What it earns, with months in a row that earn the same in one line: `2024-08 to 2024-12 500.00`.
    /// Instalments have no word after the amount.
    fn earns(&self) -> Vec<String> {
        let earned = earnings(&self.0);
        let runs = earned.chunk_by(|a, b| (a.kind, a.amount, a.month.plus(1)) == (b.kind, b.amount, b.month));
        runs.map(in_words).collect()
    }

    fn total(&self) -> String {
        earnings(&self.0).iter().map(|earned| earned.amount).sum::<Money>().to_string()
    }
}

fn in_words(run: &[Instalment]) -> String {
    let (first, last) = (run.first().unwrap(), run.last().unwrap());
    let months = if run.len() > 1 { format!("{} to {}", first.month, last.month) } else { first.month.to_string() };
    let line = format!("{months} {} {}", first.amount, first.kind.name());
    line.trim_end_matches(" on_programme").to_owned()
}

/// 24 instalments of £500, of which a break leaves the first five.
fn broken_off() -> Life {
    Life::planned("2024-08-20", "2026-07-31", "15000.00").paused("2025-01-15")
}

/// A year of £1,000 a month, broken off too soon for the first to be kept.
fn broken_off_too_soon() -> Life {
    Life::planned("2023-01-01", "2023-12-31", "15000.00").paused("2023-02-01")
}

#[test]
fn an_open_pause_ends_the_earnings_and_a_return_shares_out_the_rest() {
    assert_eq!(broken_off().earns(), ["2024-08 to 2024-12 500.00"]);
    let back = broken_off().back("2025-03-15", "2026-07-31");
    assert_eq!(back.earns(), ["2024-08 to 2024-12 500.00", "2025-03 to 2026-07 558.82353"]);
    let again = back.paused("2025-06-15").back("2025-09-01", "2026-07-31");
    let expected = ["2024-08 to 2024-12 500.00", "2025-03 to 2025-05 558.82353", "2025-09 to 2026-07 711.22995"];
    assert_eq!(again.earns(), expected);
}

#[test]
fn a_pause_on_a_census_date_keeps_that_month_and_a_return_in_it_does_not_earn_it_twice() {
    let life = Life::planned("2024-01-01", "2024-12-31", "15000.00").paused("2024-03-31");
    assert_eq!(life.earns(), ["2024-01 to 2024-03 1000.00"]);
    assert_eq!(life.clone().back("2024-03-31", "2024-12-31").earns(), ["2024-01 to 2024-12 1000.00"]);
    assert_eq!(life.back("2024-04-01", "2024-12-31").earns(), ["2024-01 to 2024-12 1000.00"]);
}

#[test]
fn a_return_in_the_month_of_the_break_earns_that_month_in_its_own_period() {
    let life = Life::planned("2024-01-01", "2024-12-31", "15000.00").paused("2024-03-10");
    let later = life.back("2024-03-20", "2025-02-15");
    assert_eq!(later.earns(), ["2024-01 to 2024-02 1000.00", "2024-03 to 2025-01 909.09091"]);
}

#[test]
fn a_return_after_its_planned_end_earns_nothing_until_it_is_completed() {
    let life = broken_off().back("2026-09-01", "2026-07-31");
    assert_eq!(life.earns(), ["2024-08 to 2024-12 500.00"]);
    assert_eq!(life.completed("2026-11-20").earns(), ["2024-08 to 2024-12 500.00", "2026-11 9500.00 balancing"]);
}

#[test]
fn a_price_counts_from_the_month_of_its_day_and_earlier_months_stay() {
    let life = Life::planned("2025-08-26", "2027-04-26", "15000.00");
    let dearer = life.clone().at("2026-12-01", "18000.00");
    assert_eq!(dearer.earns(), ["2025-08 to 2026-11 600.00", "2026-12 to 2027-03 1200.00"]);
    let on_the_census_date = life.at("2026-11-30", "18000.00");
    assert_eq!(on_the_census_date.earns(), ["2025-08 to 2026-10 600.00", "2026-11 to 2027-03 1080.00"]);
}

#[test]
fn a_lower_price_can_make_the_rest_negative() {
    let life = Life::planned("2025-08-26", "2027-04-26", "15000.00").at("2026-08-01", "8000.00");
    assert_eq!(life.earns(), ["2025-08 to 2026-07 600.00", "2026-08 to 2027-03 -100.00"]);
    // Completed early, nothing remains to be balanced, and nothing is taken back by it.
    assert_eq!(life.completed("2026-08-10").earns(), ["2025-08 to 2026-07 600.00"]);
}

#[test]
fn a_band_maximum_caps_the_new_price_as_it_did_the_old() {
    let life = Life::planned("2020-08-15", "2021-07-31", "15000.00").in_a_band_of("22500.00");
    let capped = life.at("2021-02-15", "30750.00").completed("2021-07-31").achieved("2021-08-02");
    let expected = ["2020-08 to 2021-01 1000.00", "2021-02 to 2021-07 2000.00", "2021-08 4500.00 completion"];
    assert_eq!(capped.earns(), expected);
}

#[test]
fn a_price_agreed_inside_a_break_counts_from_the_return_and_one_after_it_from_its_month() {
    let life = Life::planned("2023-10-01", "2024-09-30", "15000.00").paused("2024-01-31");
    let back = life.at("2024-03-01", "18000.00").back("2024-05-01", "2025-03-31");
    assert_eq!(back.earns(), ["2023-10 to 2024-01 1000.00", "2024-05 to 2025-03 945.45455"]);
    let life = Life::planned("2020-08-01", "2021-10-01", "7000.00").paused("2020-10-14");
    let back = life.back("2021-01-16", "2021-10-01").at("2021-05-01", "8000.00");
    let expected = ["2020-08 to 2020-09 400.00", "2021-01 to 2021-04 533.33333", "2021-05 to 2021-09 693.33334"];
    assert_eq!(back.earns(), expected);
}

#[test]
fn a_withdrawal_keeps_the_months_it_saw_the_end_of_and_earns_no_completion() {
    let life = Life::planned("2024-01-01", "2024-12-31", "15000.00");
    assert_eq!(life.clone().withdrawn("2024-03-30").earns(), ["2024-01 to 2024-02 1000.00"]);
    assert_eq!(life.clone().withdrawn("2024-03-31").earns(), ["2024-01 to 2024-03 1000.00"]);
    let left = life.withdrawn("2024-03-31").completed("2024-05-01").achieved("2024-06-01");
    assert_eq!(left.earns(), ["2024-01 to 2024-03 1000.00"]);
    // A break had ended learning before.
    assert_eq!(broken_off().withdrawn("2025-04-30").earns(), broken_off().earns());
}

#[test]
fn a_withdrawal_before_the_qualifying_period_forfeits_everything() {
    let long = Life::planned("2024-01-31", "2024-07-16", "15000.00");
    assert_eq!(long.clone().withdrawn("2024-03-11").earns(), Vec::<String>::new());
    assert_eq!(long.withdrawn("2024-03-12").earns(), ["2024-01 to 2024-02 2000.00"]);
    let short = Life::planned("2024-01-31", "2024-07-15", "15000.00");
    assert_eq!(short.clone().withdrawn("2024-02-12").earns(), Vec::<String>::new());
    assert_eq!(short.withdrawn("2024-02-13").earns(), ["2024-01 2000.00"]);
    let brief = Life::planned("2024-01-31", "2024-02-12", "15000.00");
    assert_eq!(brief.withdrawn("2024-01-31").earns(), ["2024-01 12000.00"]);
}

#[test]
fn what_a_first_period_forfeits_goes_to_the_instalments_after_the_return() {
    let back = broken_off_too_soon().back("2023-04-20", "2023-08-31");
    assert_eq!(back.earns(), ["2023-04 to 2023-08 2400.00"]);
    // The rest of £11,000 in five parts of £2,200, and the £1,000 between the two that survive.
    assert_eq!(back.withdrawn("2023-06-15").earns(), ["2023-04 to 2023-05 2700.00"]);
}

#[test]
fn the_last_surviving_instalment_takes_the_remainder_of_what_was_forfeited() {
    let back = broken_off_too_soon().back("2023-04-20", "2023-10-31").withdrawn("2023-06-30");
    // £11,000 ÷ 7 = £1,571.42857, and £1,000 ÷ 3 beside it.
    assert_eq!(back.earns(), ["2023-04 to 2023-05 1904.7619", "2023-06 1904.76191"]);
}

#[test]
fn several_failing_periods_pass_on_to_those_that_qualify_after_them() {
    let twice = broken_off_too_soon().back("2023-03-31", "2023-12-31").paused("2023-04-20");
    assert_eq!(twice.earns(), Vec::<String>::new());
    // £1,000 of January and £1,100 of March; £9,900 is left for nine months.
    let third = twice.back("2023-05-01", "2024-01-31");
    assert_eq!(third.total(), "12000.00");
    assert_eq!(third.earns(), ["2023-05 to 2023-12 1333.33333", "2024-01 1333.33336"]);
}

#[test]
fn nothing_is_passed_back_to_an_earlier_period() {
    let life = Life::planned("2023-01-01", "2023-12-31", "15000.00").paused("2023-03-15");
    let back = life.back("2023-04-20", "2023-12-31").withdrawn("2023-05-30");
    assert_eq!(back.earns(), ["2023-01 to 2023-02 1000.00"]);
}

#[test]
fn completion_before_the_planned_end_balances_from_its_month_on() {
    let life = Life::planned("2025-08-01", "2026-07-31", "15000.00");
    let expected = ["2025-08 to 2026-04 1000.00", "2026-05 3000.00 balancing"];
    for day in ["2026-05-01", "2026-05-20", "2026-05-31"] {
        assert_eq!(life.clone().completed(day).earns(), expected, "{day}");
    }
    let last_month = life.completed("2026-07-30");
    assert_eq!(last_month.earns(), ["2025-08 to 2026-06 1000.00", "2026-07 1000.00 balancing"]);
}

#[test]
fn completion_on_or_after_the_planned_end_balances_only_a_shortfall() {
    let even = Life::planned("2025-08-01", "2026-07-31", "15000.00");
    for day in ["2026-07-31", "2026-09-10"] {
        assert_eq!(even.clone().completed(day).earns(), ["2025-08 to 2026-07 1000.00"], "{day}");
    }
    // 23 instalments of £521.73913 are £0.00001 short of £12,000.
    let short = Life::planned("2026-09-14", "2028-07-31", "15000.00");
    let in_time = short.clone().completed("2028-07-31");
    assert_eq!(in_time.earns(), ["2026-09 to 2028-06 521.73913", "2028-07 521.73914 balancing"]);
    let late = short.completed("2028-09-05");
    assert_eq!(late.earns(), ["2026-09 to 2028-07 521.73913", "2028-09 0.00001 balancing"]);
    // 18 instalments of £666.66667 are £0.00006 beyond it, which stays.
    let beyond = Life::planned("2022-08-01", "2024-02-15", "15000.00").completed("2024-02-15");
    assert_eq!((beyond.earns().len(), beyond.total()), (1, "12000.00006".to_owned()));
}

#[test]
fn completion_inside_a_returned_period_balances_what_its_instalments_leave() {
    let life = broken_off().back("2025-09-30", "2026-03-15").completed("2025-11-25").achieved("2025-11-25");
    let expected = [
        "2024-08 to 2024-12 500.00",
        "2025-09 to 2025-10 1583.33333",
        "2025-11 6333.33334 balancing",
        "2025-11 3000.00 completion",
    ];
    assert_eq!(life.earns(), expected);
}

#[test]
fn completion_pays_what_a_failed_period_would_have_forfeited() {
    // 41 days after the return, of 168 or more: September is forfeited, and balanced in October.
    let failed = broken_off().back("2025-09-01", "2026-07-31").completed("2025-10-11");
    assert_eq!(failed.earns(), ["2024-08 to 2024-12 500.00", "2025-10 9500.00 balancing"]);
    let reached = broken_off().back("2025-09-01", "2026-07-31").completed("2025-10-12");
    let expected = ["2024-08 to 2024-12 500.00", "2025-09 863.63636", "2025-10 8636.36364 balancing"];
    assert_eq!(reached.earns(), expected);
}

#[test]
fn completion_during_an_open_pause_balances_what_the_months_of_learning_left() {
    let life = broken_off().completed("2025-05-20");
    assert_eq!(life.earns(), ["2024-08 to 2024-12 500.00", "2025-05 9500.00 balancing"]);
}

#[test]
fn a_start_without_a_census_date_is_balanced_on_completion() {
    let life = Life::planned("2026-03-02", "2026-03-30", "3000.00");
    assert_eq!(life.earns(), Vec::<String>::new());
    let done = life.completed("2026-03-30").achieved("2026-04-10");
    assert_eq!(done.earns(), ["2026-03 2400.00 balancing", "2026-04 600.00 completion"]);
}

#[test]
fn achievement_pays_the_20_percent_in_its_month_with_or_without_completion() {
    let life = Life::planned("2026-01-01", "2026-04-30", "1000.00").achieved("2026-02-14");
    let expected = ["2026-01 to 2026-02 200.00", "2026-02 200.00 completion", "2026-03 to 2026-04 200.00"];
    assert_eq!(life.earns(), expected);
    let completed = life.completed("2026-03-10");
    let expected = ["2026-01 to 2026-02 200.00", "2026-02 200.00 completion", "2026-03 400.00 balancing"];
    assert_eq!(completed.earns(), expected);
}

#[test]
fn a_withdrawal_or_a_price_dated_after_achievement_leaves_its_payment_as_it_was() {
    let life = Life::planned("2026-01-01", "2026-12-31", "1000.00").achieved("2026-06-30");
    assert!(life.clone().withdrawn("2026-08-31").earns().contains(&"2026-06 200.00 completion".to_owned()));
    assert!(life.at("2026-07-01", "2000.00").earns().contains(&"2026-06 200.00 completion".to_owned()));
}
