//! Differencing: what each submission of a PAYE scheme declares beyond the ones before it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;

use super::{HeldSubmission, MeasuredFrom, Outcome, OutcomeKind, Posting, Submission, SubmissionId, WhyHeld};
use crate::domain::calendar::Month;
use crate::domain::journal::Seq;
use crate::domain::levy::credit;
use crate::domain::money::Money;
use crate::domain::payroll::{PayrollMonth, PayrollYear, Timeliness, in_the_uk};
use crate::domain::rules::{Parameter, RuleSet};

/// When and under what terms submissions are processed.
#[derive(Clone, Copy, Debug)]
pub struct Processing<'p> {
    /// The key of the account that receives the credits.
    pub account: Seq,
    /// The day of processing.
    pub processed_on: NaiveDate,
    /// The rules that the account follows.
    pub rules: &'p RuleSet,
    /// The English fraction that the account sets in place of HMRC's.
    pub english_fraction_override: Option<Decimal>,
    /// The first payroll year that is not ignored.
    pub first_year: PayrollYear,
}

/// What becomes of the submissions that arrive for one PAYE scheme, and of those that have waited in
/// the same account (`docs/rules.md` section 4). `history` is everything that is held for the
/// scheme, under whatever account: the differences follow the scheme.
///
/// A month's figure in time less that of the nearest earlier month is what it declared:
///
/// ```
/// # use levy_ledger::domain::{calendar::parse_date, declarations::*, payroll::*, rules::RuleSet};
/// let year: PayrollYear = "25-26".parse()?;
/// let submission = |id: i64, month, figure: &str, made: &str| Ok::<_, Box<dyn std::error::Error>>(Submission {
///     id: SubmissionId::from_stored(id),
///     month: PayrollMonth::new(year, month).ok_or("no such month")?,
///     year_to_date: Some(figure.parse()?),
///     no_payment: false,
///     submitted_at: made.parse()?,
///     english_fraction: Some("0.9".parse()?),
///     timeliness: Timeliness::OnTime,
/// }.dated());
/// let rules = RuleSet::standard();
/// let processing = Processing {
///     account: 1,
///     processed_on: parse_date("2025-06-23")?,
///     rules: &rules,
///     english_fraction_override: None,
///     first_year: PayrollYear::FIRST_OF_THE_LEVY,
/// };
/// let first = submission(1, 1, "10000.00", "2025-05-19T12:00:00")?;
/// let second = submission(2, 2, "19500.00", "2025-06-19T12:00:00")?;
/// let outcomes = settle(&[], &[first, second], &processing);
/// let posted: Vec<String> =
///     outcomes.values().filter_map(Outcome::posting).map(|posting| posting.credit.amount.to_string()).collect();
/// // £10,000 and £9,500 declared, of which 0.9, and 10% on top.
/// assert_eq!(posted, ["9900.00", "9405.00"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn settle(
    history: &[HeldSubmission],
    arriving: &[Submission],
    processing: &Processing<'_>,
) -> BTreeMap<SubmissionId, Outcome> {
    let mut outcomes = BTreeMap::new();
    let mut scheme = SchemeFigures::default();
    for held in history.iter().filter(|held| held.outcome != OutcomeKind::Ignored) {
        scheme.hold(held, processing.account);
    }
    for submission in arriving {
        if submission.month.year() < processing.first_year {
            outcomes.insert(submission.id, Outcome::BeforeTheLevy);
        } else {
            scheme.year(submission.month.year()).add(submission, true);
        }
    }
    scheme.gather_fractions();
    for year in scheme.years.values().filter(|year| !year.pending.is_empty()) {
        Settling { year, months: year.months(), fractions: &scheme.fractions, processing }.settle(&mut outcomes);
    }
    outcomes
}

/// Everything that is known of one scheme.
#[derive(Default)]
struct SchemeFigures<'s> {
    years: BTreeMap<PayrollYear, YearFigures<'s>>,
    /// The English fractions that were given, by the time in the UK at which they were.
    fractions: BTreeMap<(NaiveDateTime, SubmissionId), Decimal>,
}

impl<'s> SchemeFigures<'s> {
    fn year(&mut self, year: PayrollYear) -> &mut YearFigures<'s> {
        self.years.entry(year).or_default()
    }

    fn hold(&mut self, held: &'s HeldSubmission, account: Seq) {
        let year = self.year(held.submission.month.year());
        year.add(&held.submission, held.outcome == OutcomeKind::Waiting && held.account == account);
        if held.outcome == OutcomeKind::Posted {
            year.fixed.insert(held.submission.id);
            year.fixed.extend(held.measured_from);
            year.posted.insert(Place::of(&held.submission), (held.submission.id, held.measured_from));
        }
    }

    fn gather_fractions(&mut self) {
        let submissions = self.years.values().flat_map(|year| &year.submissions);
        let given = submissions.filter_map(|submission| {
            Some(((in_the_uk(submission.submitted_at), submission.id), submission.english_fraction?))
        });
        self.fractions = given.collect();
    }
}

/// The place of a figure in its year: months in their order, then adjustments in theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Month(u32),
    Adjustment(NaiveDateTime, SubmissionId),
}

impl Place {
    fn of(submission: &Submission) -> Self {
        match submission.timeliness {
            Timeliness::YearEndAdjustment => Self::Adjustment(submission.submitted_at, submission.id),
            Timeliness::OnTime | Timeliness::Late | Timeliness::YearEndGap => Self::Month(submission.month.number()),
        }
    }
}

/// What is known of one payroll year of a scheme.
#[derive(Default)]
struct YearFigures<'s> {
    submissions: Vec<&'s Submission>,
    /// Those that are to be settled.
    pending: Vec<&'s Submission>,
    /// What was posted, each with what it was measured from.
    posted: BTreeMap<Place, (SubmissionId, Option<SubmissionId>)>,
    /// The submissions whose figures were posted or measured from: they stay their months' figures.
    fixed: BTreeSet<SubmissionId>,
}

impl<'s> YearFigures<'s> {
    fn add(&mut self, submission: &'s Submission, pending: bool) {
        self.submissions.push(submission);
        if pending {
            self.pending.push(submission);
        }
    }

    /// The submission that counts for each month: the one that was posted or measured from, else
    /// the last one in time that has a figure.
    fn months(&self) -> BTreeMap<u32, &'s Submission> {
        let mut months: HashMap<u32, &'s Submission> = HashMap::new();
        let rank = |submission: &Submission| {
            let is_posted = self.posted.get(&Place::of(submission)).is_some_and(|(id, _)| *id == submission.id);
            (is_posted, self.fixed.contains(&submission.id), submission.order())
        };
        let in_time = self
            .submissions
            .iter()
            .filter(|submission| submission.timeliness == Timeliness::OnTime && submission.figure().is_some());
        for submission in in_time {
            let counts = months.entry(submission.month.number()).or_insert(submission);
            if rank(submission) > rank(counts) {
                *counts = submission;
            }
        }
        months.into_iter().collect()
    }

    /// What was posted next after a submission and measured from before it, so that it carries what
    /// the submission would add. What was measured from the submission itself, or from one between
    /// that another account has yet to post, leaves it to be posted.
    fn covering(&self, submission: &Submission) -> Option<SubmissionId> {
        let place = Place::of(submission);
        let (next, measured_from) = self.posted.range((Bound::Excluded(place), Bound::Unbounded)).next()?.1;
        let base = self.submissions.iter().find(|base| Some(base.id) == *measured_from);
        base.is_none_or(|base| Place::of(base) < place).then_some(*next)
    }
}

/// The settling of one year.
struct Settling<'s> {
    year: &'s YearFigures<'s>,
    months: BTreeMap<u32, &'s Submission>,
    fractions: &'s BTreeMap<(NaiveDateTime, SubmissionId), Decimal>,
    processing: &'s Processing<'s>,
}

impl Settling<'_> {
    fn settle(&self, outcomes: &mut BTreeMap<SubmissionId, Outcome>) {
        let adjustments = self.adjustments();
        let post = |submission: &Submission| {
            let posting = self.post(submission, &adjustments);
            posting.map_or(Outcome::Held(WhyHeld::TooLarge), Outcome::Posted)
        };
        let settled = |submission: &Submission| self.why_not(submission).unwrap_or_else(|| post(submission));
        outcomes.extend(self.year.pending.iter().map(|submission| (submission.id, settled(submission))));
    }

    /// The year-end adjustments, in the order in which they were made.
    fn adjustments(&self) -> BTreeMap<(NaiveDateTime, SubmissionId), &Submission> {
        let all = self.year.submissions.iter().filter(|submission| submission.figure().is_some());
        let all = all.filter(|submission| submission.timeliness == Timeliness::YearEndAdjustment);
        all.map(|submission| (submission.order(), *submission)).collect()
    }

    /// Why a submission posts nothing; none where it does.
    fn why_not(&self, submission: &Submission) -> Option<Outcome> {
        if submission.figure().is_none() {
            return Some(Outcome::Held(WhyHeld::NoPayment));
        }
        if !submission.month.is_over_on(self.processing.processed_on) {
            return Some(Outcome::Waiting);
        }
        let why = match submission.timeliness {
            Timeliness::Late => Some(WhyHeld::Late),
            Timeliness::YearEndGap => Some(WhyHeld::YearEndGap),
            Timeliness::OnTime => self.outranked(submission),
            Timeliness::YearEndAdjustment => None,
        };
        let why = why.or_else(|| is_too_old(submission.month, self.processing).then_some(WhyHeld::TooOld));
        why.or_else(|| self.year.covering(submission).map(WhyHeld::Covered)).map(Outcome::Held)
    }

    fn outranked(&self, submission: &Submission) -> Option<WhyHeld> {
        let counts = self.months.get(&submission.month.number()).map(|counts| counts.id);
        let posted = self.year.posted.contains_key(&Place::of(submission));
        let counts = counts.filter(|counts| *counts != submission.id)?;
        Some(if posted { WhyHeld::MonthPosted(counts) } else { WhyHeld::Superseded(counts) })
    }

    /// What a submission adds; none where that is beyond what money can be.
    fn post(
        &self,
        submission: &Submission,
        adjustments: &BTreeMap<(NaiveDateTime, SubmissionId), &Submission>,
    ) -> Option<Posting> {
        let before = match submission.timeliness {
            Timeliness::YearEndAdjustment => {
                let earlier = adjustments.range(..submission.order()).next_back().map(|(_, earlier)| *earlier);
                earlier.or_else(|| self.months.values().copied().max_by_key(|month| month.order()))
            }
            Timeliness::OnTime | Timeliness::Late | Timeliness::YearEndGap => {
                self.months.range(..submission.month.number()).next_back().map(|(_, earlier)| *earlier)
            }
        };
        let measured_from =
            before.and_then(|base| Some(MeasuredFrom { id: base.id, month: base.month, figure: base.figure()? }));
        let since = measured_from.map_or(Money::ZERO, |base| base.figure);
        let english_fraction = self.english_fraction(submission);
        let top_up = self.processing.rules.value_on(Parameter::TopUpPercent, submission.month.cut_off());
        let top_up_percent = top_up.unwrap_or_default();
        let credit = credit(submission.figure()? - since, english_fraction, top_up_percent).ok()?;
        Some(Posting { credit, english_fraction, top_up_percent, measured_from })
    }

    /// The English fraction: the account's own, else the month's own, else the latest calculated
    /// before the month's cut-off, else 1. A year-end adjustment takes month 12's
    /// (`docs/rules.md` section 4).
    fn english_fraction(&self, submission: &Submission) -> Decimal {
        let before = (submission.month.cut_off().into(), SubmissionId::from_stored(0));
        let latest = || self.fractions.range(..before).next_back().map(|(_, fraction)| *fraction);
        let own = submission.english_fraction;
        let fraction = match submission.timeliness {
            Timeliness::YearEndAdjustment => {
                let march = self.months.get(&submission.month.number()).and_then(|march| march.english_fraction);
                march.or_else(latest).or(own)
            }
            Timeliness::OnTime | Timeliness::Late | Timeliness::YearEndGap => own.or_else(latest),
        };
        self.processing.english_fraction_override.or(fraction).unwrap_or(Decimal::ONE)
    }
}

/// A month is too old once its label and the life of funds that entered then lie before the month of
/// processing (`docs/rules.md` section 4).
fn is_too_old(month: PayrollMonth, processing: &Processing<'_>) -> bool {
    processing.rules.due_month(month.label()) < Month::of(processing.processed_on)
}
