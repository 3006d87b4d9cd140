//! Submissions of one PAYE scheme and year, sent to either of two accounts in any pieces and order.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use levy_ledger::domain::declarations::{
    HeldSubmission, Outcome, OutcomeKind, Processing, Submission, SubmissionId, settle,
};
use levy_ledger::domain::money::Money;
use levy_ledger::domain::payroll::{PayrollMonth, PayrollYear, Timeliness};
use levy_ledger::domain::rules::RuleSet;
use proptest::prelude::*;

const YEAR: PayrollYear = PayrollYear::beginning_in(2025);

/// A submission: its month, the days after the cut-off before at which it is made, its figure, and
/// whether there was nothing to pay.
type Drawn = (u32, u64, i64, bool);

/// Made in time, late, or for month 12 so late that it adjusts the year.
fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let days = prop_oneof![6 => 0..28_u64, 1 => 28..90_u64];
    let nothing = prop_oneof![8 => Just(false), 1 => Just(true)];
    prop::collection::vec((1..=12_u32, days, -50..1_000_i64, nothing), 1..30)
}

fn submissions(drawn: &[Drawn]) -> Vec<Submission> {
    let submission = |(place, &(number, days, pounds, no_payment)): (usize, &Drawn)| {
        let month = PayrollMonth::new(YEAR, number).unwrap();
        let before = PayrollMonth::labelled(month.label().plus(-1)).cut_off();
        let submission = Submission {
            id: SubmissionId::from_stored(i64::try_from(place).unwrap()),
            month,
            year_to_date: Some(Money::from_units(pounds * 100_000)),
            no_payment,
            submitted_at: (before + Days::new(days)).and_hms_opt(12, 0, 0).unwrap(),
            english_fraction: None,
            timeliness: Timeliness::OnTime,
        };
        submission.dated()
    };
    drawn.iter().enumerate().map(submission).collect()
}

/// What is held of the scheme, and everything it declared.
#[derive(Default)]
struct Scheme {
    history: Vec<HeldSubmission>,
    declared: BTreeMap<SubmissionId, Money>,
}

impl Scheme {
    fn process(
        &mut self,
        account: i64,
        arriving: &[Submission],
        processed_on: NaiveDate,
    ) -> BTreeMap<SubmissionId, Outcome> {
        let rules = RuleSet::standard();
        let first_year = PayrollYear::FIRST_OF_THE_LEVY;
        let processing =
            Processing { account, processed_on, rules: &rules, english_fraction_override: None, first_year };
        let outcomes = settle(&self.history, arriving, &processing);
        let outcome = OutcomeKind::Waiting;
        let held = |submission: &Submission| HeldSubmission {
            submission: submission.clone(),
            account,
            outcome,
            measured_from: None,
        };
        self.history.extend(arriving.iter().map(held));
        for held in &mut self.history {
            let Some(outcome) = outcomes.get(&held.submission.id) else { continue };
            held.outcome = outcome.kind();
            if let Some(posting) = outcome.posting() {
                held.measured_from = posting.measured_from.map(|base| base.id);
                let before = self.declared.insert(held.submission.id, posting.credit.declared);
                assert_eq!(before, None, "posted once");
            }
        }
        outcomes
    }

    /// The posted submission that is last in the year: months in their order, then adjustments.
    fn last_posted(&self) -> Option<&Submission> {
        let posted = self.history.iter().filter(|held| held.outcome == OutcomeKind::Posted);
        posted.map(|held| &held.submission).max_by_key(|submission| {
            let adjusts = submission.timeliness == Timeliness::YearEndAdjustment;
            (adjusts, if adjusts { 12 } else { submission.month.number() }, submission.order())
        })
    }
}

fn the_end() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 8, 1).unwrap()
}

proptest! {
    #[test]
    fn a_year_declares_its_last_posted_figure_however_it_arrives(
        drawn in drawn(),
        pieces in prop::collection::vec((1..6_usize, 1..=2_i64, 0..60_u64), 30),
    ) {
        let sent = submissions(&drawn);
        let mut scheme = Scheme::default();
        let (mut rest, mut day) = (sent.as_slice(), NaiveDate::from_ymd_opt(2025, 5, 1).unwrap());
        for (size, account, days) in pieces {
            let (piece, later) = rest.split_at(size.min(rest.len()));
            rest = later;
            day = day + Days::new(days);
            scheme.process(account, piece, day.min(the_end()));
        }
        scheme.process(1, rest, the_end());
        scheme.process(2, &[], the_end());
        let waiting = scheme.history.iter().filter(|held| held.outcome == OutcomeKind::Waiting).count();
        prop_assert_eq!(waiting, 0);
        let last = scheme.last_posted().and_then(|last| last.figure()).unwrap_or_default();
        prop_assert_eq!(scheme.declared.values().copied().sum::<Money>(), last, "{:#?}", scheme.history);
    }

    #[test]
    fn the_order_within_one_request_does_not_matter(drawn in drawn(), seed in any::<prop::sample::Index>()) {
        let sent = submissions(&drawn);
        let mut other = sent.clone();
        other.rotate_left(seed.index(sent.len()));
        other.reverse();
        let outcomes = Scheme::default().process(1, &sent, the_end());
        prop_assert_eq!(&outcomes, &Scheme::default().process(1, &other, the_end()));
        // With everything in one request, the year declares its last figure in time, and what adjusts it.
        let mut scheme = Scheme::default();
        scheme.process(1, &sent, the_end());
        let last = sent.iter().filter(|submission| submission.figure().is_some());
        let last = last.filter(|submission| matches!(
            submission.timeliness, Timeliness::OnTime | Timeliness::YearEndAdjustment
        ));
        let last = last.max_by_key(|submission| (
            submission.timeliness == Timeliness::YearEndAdjustment, submission.month.number(), submission.order()
        ));
        let last = last.and_then(Submission::figure).unwrap_or_default();
        prop_assert_eq!(scheme.declared.values().copied().sum::<Money>(), last);
    }
}
