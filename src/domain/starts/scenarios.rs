//! Starts through their lives, as the fold and the checks see them.

use chrono::NaiveDate;

use super::*;
use crate::domain::calendar::parse_date;
use crate::domain::money::Money;
use crate::domain::names::Named;

fn day(text: &str) -> NaiveDate {
    parse_date(text).unwrap()
}

fn pounds(whole: i64) -> Money {
    Money::from_units(whole * 100_000)
}

/// £12,000 from 1 September 2026 to 31 August 2027, up to £11,000.
fn facts() -> StartFacts {
    StartFacts {
        start_on: day("2026-09-01"),
        planned_end_on: day("2027-08-31"),
        agreed_price: pounds(12_000),
        funding_band_maximum: Some(pounds(11_000)),
        agreed_on: day("2026-08-20"),
        change_of_employer: false,
    }
}

fn history(changes: &[StartChange]) -> StartHistory {
    StartHistory::new(facts(), (7..).zip(changes.iter().copied()).collect())
}

fn paused(on: &str) -> StartChange {
    StartChange::Paused { on: day(on) }
}

fn resumed(on: &str, planned_end_on: Option<&str>) -> StartChange {
    StartChange::Resumed { on: day(on), planned_end_on: planned_end_on.map(day) }
}

fn withdrawn(on: &str) -> StartChange {
    StartChange::Withdrawn { on: day(on) }
}

fn completed(on: &str) -> StartChange {
    StartChange::Completed { on: day(on) }
}

fn achieved(on: &str) -> StartChange {
    StartChange::Achieved { on: day(on) }
}

fn price(from: &str, whole: i64) -> StartChange {
    StartChange::PriceChanged { from: day(from), agreed_price: pounds(whole) }
}

fn dates(start_on: Option<&str>, planned_end_on: Option<&str>) -> StartChange {
    StartChange::DatesChanged { start_on: start_on.map(day), planned_end_on: planned_end_on.map(day) }
}

/// What stands against a change, in words.
fn refused(before: &[StartChange], change: StartChange) -> Option<String> {
    let history = history(before);
    let state = check_state(&history, &change).err().map(|wrong| wrong.to_string());
    state.or_else(|| unfit_change(&history, &change).first().map(ToString::to_string))
}

fn allowed(before: &[StartChange], change: StartChange) {
    assert_eq!(refused(before, change), None, "{change:?}");
}

#[track_caller]
fn refused_for(before: &[StartChange], change: StartChange, part: &str) {
    let why = refused(before, change).unwrap_or_default();
    assert!(why.contains(part), "{change:?}: {why:?}");
}

#[test]
fn what_is_dated_later_is_not_known_yet() {
    let start = history(&[paused("2026-11-30"), resumed("2027-02-01", Some("2027-10-31")), withdrawn("2027-06-15")]);
    let status = |on: &str| start.status_at(day(on)).name();
    let days = ["2026-08-31", "2026-09-01", "2026-11-30", "2027-01-31", "2027-02-01", "2027-06-14", "2027-06-15"];
    assert_eq!(days.map(status), ["planned", "live", "paused", "paused", "live", "live", "withdrawn"]);
    let before = start.learning_at(day("2026-11-29")).unwrap();
    assert_eq!((before.paused_on, before.withdrawn_on, before.periods.len()), (None, None, 1));
    let broken_off = start.learning_at(day("2026-12-01")).unwrap();
    assert_eq!((broken_off.paused_on, broken_off.periods.len()), (Some(day("2026-11-30")), 1));
    let at_last = start.learning_at(day("2027-06-15")).unwrap();
    assert_eq!((at_last.paused_on, at_last.withdrawn_on), (None, Some(day("2027-06-15"))));
    let ends: Vec<_> = at_last.periods.iter().map(|period| (period.last_day, period.planned_end_on)).collect();
    assert_eq!(ends, [(Some(day("2026-11-30")), day("2027-08-31")), (None, day("2027-10-31"))]);
    assert_eq!(start.planned_end_on(day("2027-01-31")), day("2027-08-31"));
    assert_eq!(start.planned_end_on(day("2027-02-01")), day("2027-10-31"));
    assert_eq!(start.ended_on(), Some(day("2027-06-15")));
}

#[test]
fn prices_hold_from_their_days_and_of_one_day_the_last_recorded() {
    let start = history(&[price("2027-03-01", 9_000), price("2026-12-01", 10_000), price("2027-03-01", 8_000)]);
    let amounts = |on: &str| -> Vec<Money> { start.prices_at(day(on)).iter().map(|price| price.amount).collect() };
    assert_eq!(amounts("2026-11-30"), [pounds(12_000)]);
    assert_eq!(amounts("2027-03-01"), [pounds(12_000), pounds(10_000), pounds(8_000)]);
    assert_eq!(start.agreed_price(day("2027-01-01")), pounds(10_000));
    assert_eq!(start.dearest_price(), pounds(11_000), "as far as the band allows");
    let from_the_first = history(&[price("2026-09-01", 7_000)]);
    assert_eq!((from_the_first.dearest_price(), from_the_first.prices_at(NaiveDate::MAX).len()), (pounds(7_000), 1));
}

#[test]
fn dates_that_are_put_right_count_for_every_day() {
    let start = history(&[dates(Some("2026-10-01"), None), dates(None, Some("2027-09-30"))]);
    assert_eq!((start.first_day(), start.planned_end_on(day("2026-01-01"))), (day("2026-10-01"), day("2027-09-30")));
    let learning = start.learning_at(day("2026-01-01")).unwrap();
    assert_eq!((learning.prices[0].from, learning.periods[0].start_on), (day("2026-10-01"), day("2026-10-01")));
    assert_eq!(start.status_at(day("2026-09-15")), StartStatus::Planned);
}

#[test]
fn a_start_that_is_void_counts_for_nothing_on_any_day() {
    let start = history(&[paused("2026-11-30"), StartChange::Voided]);
    assert!(start.is_void() && start.learning_at(day("2026-10-01")).is_none());
    assert_eq!(start.status_at(day("2026-09-15")), StartStatus::Void);
    for change in [paused("2027-01-01"), StartChange::Voided, dates(None, Some("2027-09-30")), price("2027-01-01", 1)] {
        refused_for(&[StartChange::Voided], change, "void");
    }
}

#[test]
fn breaks_begin_and_end_in_turn_and_in_order() {
    allowed(&[], paused("2026-09-01"));
    refused_for(&[], paused("2026-08-31"), "first day is 2026-09-01");
    refused_for(&[paused("2026-11-30")], paused("2027-01-31"), "paused already");
    refused_for(&[], resumed("2026-12-01", None), "not paused");
    refused_for(&[paused("2026-11-30")], resumed("2026-11-30", None), "on a later day");
    allowed(&[paused("2026-11-30")], resumed("2026-12-01", None));
    refused_for(&[paused("2026-11-30")], resumed("2026-12-01", Some("2026-11-30")), "2026-12-01");
    refused_for(&[paused("2026-11-30")], resumed("2026-12-01", Some("2036-09-02")), "ends by 2036-09-01");
    let broken_once = [paused("2026-11-30"), resumed("2027-01-01", None)];
    refused_for(&broken_once, paused("2026-12-31"), "after a break on 2027-01-01");
    allowed(&broken_once, paused("2027-01-01"));
}

#[test]
fn little_follows_once_a_start_has_ended() {
    let left = [withdrawn("2027-01-15")];
    for change in [
        paused("2027-01-20"),
        resumed("2027-02-01", None),
        withdrawn("2027-02-01"),
        completed("2027-01-10"),
        achieved("2027-03-01"),
        dates(None, Some("2027-12-31")),
    ] {
        refused_for(&left, change, "withdrawn since 2027-01-15");
    }
    refused_for(&[completed("2027-08-31")], withdrawn("2027-08-01"), "completed since 2027-08-31");
    refused_for(&[completed("2027-08-31")], completed("2027-08-31"), "completed since 2027-08-31");
    refused_for(&[achieved("2027-08-31")], achieved("2027-09-30"), "achieved since 2027-08-31");
    refused_for(&[achieved("2027-08-31")], paused("2027-07-31"), "achieved since 2027-08-31");
}

#[test]
fn completion_comes_no_later_than_achievement() {
    allowed(&[completed("2027-08-31")], achieved("2027-08-31"));
    refused_for(&[completed("2027-08-31")], achieved("2027-08-30"), "completed on 2027-08-31");
    allowed(&[achieved("2027-08-31")], completed("2027-08-31"));
    refused_for(&[achieved("2027-08-31")], completed("2027-09-01"), "achieved on 2027-08-31");
    let both = history(&[achieved("2027-08-31"), completed("2027-07-31")]);
    assert_eq!(both.status_at(day("2027-08-01")), StartStatus::Completed);
    assert_eq!((both.status_at(day("2027-08-31")), both.ended_on()), (StartStatus::Achieved, Some(day("2027-07-31"))));
}

#[test]
fn late_news_of_a_price_is_taken_and_one_after_the_end_is_not() {
    let left = [paused("2026-12-31"), withdrawn("2027-01-15")];
    allowed(&left, price("2026-10-01", 9_000));
    allowed(&left, price("2027-01-15", 9_000));
    refused_for(&left, price("2027-01-16", 9_000), "withdrawn since 2027-01-15");
    refused_for(&[], price("2026-08-31", 9_000), "no price holds before");
    allowed(&[], price("2026-09-01", 0));
    refused_for(&[], price("2026-09-01", -1), "0.00 pounds or more");
}

#[test]
fn dates_stay_around_everything_that_happened() {
    refused_for(&[], dates(None, None), "give start_on");
    refused_for(&[paused("2026-11-30")], dates(Some("2026-12-01"), None), "2026-11-30, the day it was paused");
    allowed(&[paused("2026-11-30")], dates(Some("2026-11-30"), None));
    refused_for(&[], dates(Some("2026-08-19"), None), "agreed, on 2026-08-20");
    refused_for(&[], dates(Some("2027-09-01"), None), "give both dates");
    allowed(&[], dates(Some("2027-09-01"), Some("2028-08-31")));
    refused_for(&[], dates(None, Some("2026-08-31")), "2026-09-01");
    refused_for(&[], dates(None, Some("2036-09-02")), "ends by 2036-09-01");
    let broken_once = [paused("2026-11-30"), resumed("2027-01-01", None)];
    refused_for(&broken_once, dates(None, Some("2026-12-31")), "2027-01-01");
    let moved = StartFacts { change_of_employer: true, ..facts() };
    let early = dates(Some("2026-08-01"), None);
    assert_eq!(unfit_change(&StartHistory::new(moved, Vec::new()), &early), []);
}

#[test]
fn the_months_of_earning_cover_whatever_can_still_be_earned() {
    let months = |changes: &[StartChange]| {
        let (first, last) = history(changes).earning_months();
        format!("{first} to {last}")
    };
    assert_eq!(months(&[]), "2026-09 to 2027-08");
    assert_eq!(months(&[paused("2026-11-30")]), "2026-09 to 2027-08");
    assert_eq!(months(&[withdrawn("2027-01-15")]), "2026-09 to 2027-01");
    assert_eq!(months(&[completed("2027-05-15")]), "2026-09 to 2027-05");
    assert_eq!(months(&[completed("2027-05-15"), achieved("2027-11-02")]), "2026-09 to 2027-11");
    assert_eq!(months(&[achieved("2027-05-15")]), "2026-09 to 2027-08");
    assert_eq!(months(&[dates(Some("2026-10-05"), Some("2027-12-01"))]), "2026-10 to 2027-12");
}
