//! Transfers told as they happen, day by day.

use chrono::NaiveDate;

use super::*;
use crate::domain::calendar::parse_date;
use crate::domain::money::Money;
use crate::domain::names::Named;
use crate::domain::schedule::Schedule;

fn day(text: &str) -> NaiveDate {
    parse_date(text).unwrap()
}

fn pounds(whole: i64) -> Money {
    Money::from_units(whole * 100_000)
}

fn terms(whole: i64) -> Terms {
    Terms { amount: pounds(whole), schedule: Schedule::from([("2026-27".parse().unwrap(), pounds(whole))]) }
}

/// £9,000 for three apprentices, offered on 1 May 2026 and open until the end of the month.
fn offer() -> TransferFacts {
    TransferFacts {
        agreed_on: day("2026-05-01"),
        terms: terms(9_000),
        apprentices: 3,
        lapses_on: Some(day("2026-05-31")),
        first_start: None,
    }
}

fn with_start(first_start: &str) -> TransferFacts {
    TransferFacts { first_start: Some(day(first_start)), ..offer() }
}

fn transfer(facts: TransferFacts, steps: &[(&str, Transition)]) -> TransferHistory {
    let change = |&(on, step): &(&str, Transition)| TransferChange { on: day(on), change: Change::Transition(step) };
    TransferHistory::new(facts, steps.iter().map(change).collect())
}

fn statuses(history: &TransferHistory, days: &[&str]) -> Vec<&'static str> {
    days.iter().map(|on| history.status_at(day(on)).map_or("none", Named::name)).collect()
}

#[test]
fn an_offer_that_nobody_answers_lapses_by_itself() {
    let unanswered = transfer(offer(), &[]);
    let days = ["2026-04-30", "2026-05-01", "2026-05-31", "2026-06-01", "2027-01-01"];
    assert_eq!(statuses(&unanswered, &days), ["none", "offered", "offered", "lapsed", "lapsed"]);
    assert_eq!(unanswered.released_on(), Some(day("2026-06-01")));
    assert_eq!(unanswered.accepted_on(), None);
}

#[test]
fn an_offer_without_a_last_day_stays_open() {
    let open = transfer(TransferFacts { lapses_on: None, ..offer() }, &[]);
    assert_eq!(statuses(&open, &["2030-01-01"]), ["offered"]);
    assert_eq!(open.released_on(), None);
}

#[test]
fn an_accepted_transfer_is_live_from_its_first_start_and_ends_when_completed() {
    let steps = [("2026-05-20", Transition::Accept), ("2027-10-01", Transition::Complete)];
    let completed = transfer(with_start("2026-09-01"), &steps);
    let days = ["2026-05-19", "2026-05-20", "2026-08-31", "2026-09-01", "2027-09-30", "2027-10-01"];
    assert_eq!(statuses(&completed, &days), ["offered", "accepted", "accepted", "live", "live", "completed"]);
    assert_eq!(completed.accepted_on(), Some(day("2026-05-20")));
    assert_eq!(completed.released_on(), Some(day("2027-10-01")));
}

#[test]
fn a_decline_dated_ahead_counts_from_its_day() {
    let declined = transfer(offer(), &[("2026-05-15", Transition::Decline)]);
    assert_eq!(statuses(&declined, &["2026-05-14", "2026-05-15", "2026-06-30"]), ["offered", "declined", "declined"]);
    assert_eq!(declined.released_on(), Some(day("2026-05-15")));
}

#[test]
fn new_terms_hold_from_their_day() {
    let change = TransferChange { on: day("2026-07-01"), change: Change::Rescheduled(terms(12_000)) };
    let accepted = TransferChange { on: day("2026-05-01"), change: Change::Transition(Transition::Accept) };
    let rescheduled = TransferHistory::new(offer(), vec![accepted, change]);
    assert_eq!(rescheduled.amount_at(day("2026-04-30")), Money::ZERO);
    assert_eq!(rescheduled.schedule_at(day("2026-04-30")), None);
    assert_eq!(rescheduled.amount_at(day("2026-06-30")), pounds(9_000));
    assert_eq!(rescheduled.schedule_at(day("2026-07-01")), Some(&terms(12_000).schedule));
}

/// Which of the six steps are in order on a day, by name.
fn in_order(history: &TransferHistory, on: &str) -> Vec<&'static str> {
    let allowed = Transition::ALL.into_iter().filter(|step| check_transition(history, *step, day(on)).is_ok());
    allowed.map(Transition::name).collect()
}

#[test]
fn each_status_has_its_own_ways_out() {
    assert_eq!(in_order(&transfer(offer(), &[]), "2026-05-31"), ["accept", "decline", "withdraw", "lapse"]);
    assert_eq!(in_order(&transfer(offer(), &[]), "2026-06-01"), [""; 0]);
    let accept = ("2026-05-20", Transition::Accept);
    assert_eq!(in_order(&transfer(offer(), &[accept]), "2026-06-01"), ["withdraw"]);
    assert_eq!(in_order(&transfer(with_start("2026-09-01"), &[accept]), "2026-06-01"), ["stop", "complete"]);
    for step in [Transition::Stop, Transition::Complete] {
        let closed = transfer(with_start("2026-09-01"), &[accept, ("2026-12-01", step)]);
        assert_eq!(in_order(&closed, "2027-01-01"), [""; 0]);
    }
    for step in [Transition::Decline, Transition::Withdraw, Transition::Lapse] {
        assert_eq!(in_order(&transfer(offer(), &[("2026-05-02", step)]), "2026-05-03"), [""; 0]);
    }
}

#[test]
fn a_transfer_with_a_start_cannot_be_withdrawn() {
    let live = transfer(with_start("2026-09-01"), &[("2026-05-20", Transition::Accept)]);
    let refused = check_transition(&live, Transition::Withdraw, day("2026-06-01")).unwrap_err();
    assert_eq!(refused.to_string(), "a transfer that is live on 2026-06-01 cannot be withdrawn");
}

#[test]
fn a_change_is_not_dated_before_the_last_one() {
    let accepted = transfer(offer(), &[("2026-05-20", Transition::Accept)]);
    let refused = check_transition(&accepted, Transition::Withdraw, day("2026-05-19")).unwrap_err();
    assert_eq!(refused.to_string(), "the transfer last changed on 2026-05-20, so it cannot be withdrawn on 2026-05-19");
    assert_eq!(check_transition(&accepted, Transition::Withdraw, day("2026-05-20")), Ok(()));
    let early = check_transition(&transfer(offer(), &[]), Transition::Accept, day("2026-04-30"));
    assert!(matches!(early, Err(InvalidTransition::OutOfOrder { .. })));
}

#[test]
fn only_an_open_transfer_is_rescheduled() {
    assert_eq!(check_reschedule(&transfer(offer(), &[]), day("2026-05-31")), Ok(()));
    let refused = check_reschedule(&transfer(offer(), &[]), day("2026-06-01")).unwrap_err();
    assert_eq!(refused.to_string(), "a transfer that is lapsed on 2026-06-01 cannot be rescheduled");
    let live = transfer(with_start("2026-06-01"), &[("2026-05-20", Transition::Accept)]);
    assert_eq!(check_reschedule(&live, day("2026-07-01")), Ok(()));
}

fn start(on: &str, capped: i64) -> ProposedStart {
    ProposedStart { start_on: day(on), capped_price: pounds(capped) }
}

#[test]
fn a_start_needs_an_accepted_transfer() {
    let none = StartsSoFar::default();
    let offered = check_start(&transfer(offer(), &[]), none, start("2026-09-01", 3_000));
    assert_eq!(offered, Err(StartRefused::NotAccepted { status: TransferStatus::Offered }));
    let ahead = transfer(offer(), &[("2026-05-30", Transition::Accept)]);
    assert_eq!(check_start(&ahead, none, start("2026-09-01", 3_000)), Ok(()));
    let withdrawn = transfer(offer(), &[("2026-05-20", Transition::Accept), ("2026-12-01", Transition::Withdraw)]);
    let refused = check_start(&withdrawn, none, start("2026-09-01", 3_000));
    assert_eq!(refused, Err(StartRefused::NotAccepted { status: TransferStatus::Withdrawn }));
}

#[test]
fn a_transfer_is_agreed_before_its_starts_begin() {
    let accepted = transfer(offer(), &[("2026-05-01", Transition::Accept)]);
    let on_the_day = check_start(&accepted, StartsSoFar::default(), start("2026-05-01", 3_000));
    assert_eq!(on_the_day, Err(StartRefused::BeforeAgreement { agreed_on: day("2026-05-01") }));
    assert_eq!(check_start(&accepted, StartsSoFar::default(), start("2026-05-02", 3_000)), Ok(()));
}

#[test]
fn starts_stay_within_the_apprentices_and_the_amount_agreed() {
    let accepted = transfer(with_start("2026-09-01"), &[("2026-05-01", Transition::Accept)]);
    let two = StartsSoFar { count: 2, capped_total: pounds(6_000) };
    assert_eq!(check_start(&accepted, two, start("2026-09-01", 3_000)), Ok(()));
    let beyond = check_start(&accepted, two, start("2026-09-01", 3_001));
    assert_eq!(beyond, Err(StartRefused::BeyondAmount { requested: pounds(3_001), available: pounds(3_000) }));
    let three = StartsSoFar { count: 3, capped_total: pounds(6_000) };
    assert_eq!(check_start(&accepted, three, start("2026-09-01", 1)), Err(StartRefused::TooMany { apprentices: 3 }));
}
