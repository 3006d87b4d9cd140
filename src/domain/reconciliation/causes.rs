//! The names of differences, and which item of the two sides has which.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::pairing::{Items, Shifted};
use super::{BeyondAllowance, Figures, Held, HeldItem, LevyOf, Origin, OurItem, Place, ReconciledKind, StatementSide};
use crate::domain::calendar::{AllowanceYear, Month};
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::names::Named;

/// The most lines that a difference shows.
pub const MOST_LINES: usize = 100;

/// Why the two sides differ, or what is worth telling where they do not (`docs/rules.md` section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// No statement covers the month.
    NoStatement,
    /// Funds with a life of 12 months fell due; the statement shows other lines of the month and no
    /// row for them.
    Missing12MonthExpiry,
    /// Held by us, by hand, by a declaration or by a close, and not in the statement.
    NotInStatement,
    /// An entry was taken back here.
    EntryReversedHere,
    /// Levy of the same scheme and payroll month has another amount.
    LevyOfAnotherAmount,
    /// The same amount stands in another month.
    Timing,
    /// The line's month was closed here, so it is held and not recorded.
    MonthClosedHere,
    /// Held levy for which there is no levy of ours any more.
    LevyHeldOnly,
    /// Payments that several files show; they count once.
    PaymentInTwoFiles,
    /// Recorded payments that name no start of ours.
    UnattributedPayment,
    /// Recorded spending that no funds covered.
    BeyondTheFunds,
    /// Recorded transfers beyond the year's allowance.
    BeyondTheCap,
}

impl Named for Cause {
    const SCHEMA: &'static str = "DifferenceCause";
    const ALL: &'static [Self] = &[
        Self::NoStatement,
        Self::Missing12MonthExpiry,
        Self::NotInStatement,
        Self::EntryReversedHere,
        Self::LevyOfAnotherAmount,
        Self::Timing,
        Self::MonthClosedHere,
        Self::LevyHeldOnly,
        Self::PaymentInTwoFiles,
        Self::UnattributedPayment,
        Self::BeyondTheFunds,
        Self::BeyondTheCap,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::NoStatement => "no_statement",
            Self::Missing12MonthExpiry => "missing_12_month_expiry",
            Self::NotInStatement => "not_in_statement",
            Self::EntryReversedHere => "entry_reversed_here",
            Self::LevyOfAnotherAmount => "levy_of_another_amount",
            Self::Timing => "timing",
            Self::MonthClosedHere => "month_closed_here",
            Self::LevyHeldOnly => "levy_held_only",
            Self::PaymentInTwoFiles => "payment_in_two_files",
            Self::UnattributedPayment => "unattributed_payment",
            Self::BeyondTheFunds => "beyond_the_funds",
            Self::BeyondTheCap => "beyond_the_cap",
        }
    }
}

/// A difference of a month, with its name and the lines behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The month.
    pub month: Month,
    /// What of it differs; none where it concerns the month's spending as a whole.
    pub kind: Option<ReconciledKind>,
    /// Its name.
    pub cause: Cause,
    /// How much of ours less the statement's it explains, in pounds; nothing where it only tells.
    pub explains: Money,
    /// What it is about, in pounds: what the lines do to the balance, or what is beyond.
    pub amount: Money,
    /// How many lines are behind it.
    pub count: i64,
    /// The first of them.
    pub lines: Vec<Evidence>,
    /// The month in which the other side has it.
    pub other_month: Option<Month>,
    /// The year whose allowance was passed.
    pub allowance_year: Option<AllowanceYear>,
}

impl Difference {
    fn new((month, kind): (Month, Option<ReconciledKind>), cause: Cause) -> Self {
        Self {
            month,
            kind,
            cause,
            explains: Money::ZERO,
            amount: Money::ZERO,
            count: 0,
            lines: Vec::new(),
            other_month: None,
            allowance_year: None,
        }
    }

    /// Spending of a month that no funds covered.
    #[must_use]
    pub fn beyond_funds(month: Month, amount: Money) -> Self {
        Self { amount, ..Self::new((month, None), Cause::BeyondTheFunds) }
    }
}

impl From<BeyondAllowance> for Difference {
    fn from(BeyondAllowance { month, allowance_year, amount }: BeyondAllowance) -> Self {
        let place = (month, Some(ReconciledKind::TransfersSent));
        Self { amount, allowance_year: Some(allowance_year), ..Self::new(place, Cause::BeyondTheCap) }
    }
}

/// A line behind a difference: of ours if it has an entry or is worked out, else of the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Whether the ledger has it and not the statement.
    pub ours: bool,
    /// The entry; of several alike the first.
    pub entry: Option<Seq>,
    /// The day of the entry or of the line.
    pub on: NaiveDate,
    /// What each does to the balance, in pounds.
    pub amount: Money,
    /// How many there are alike.
    pub times: i64,
    /// The lot that lapsed.
    pub lot: Option<Month>,
    /// What levy is known by.
    pub levy: Option<LevyOf>,
    /// The statement's description, or the entry's reference.
    pub note: Option<String>,
}

impl From<OurItem> for Evidence {
    fn from(item: OurItem) -> Self {
        let OurItem { amount, times, entry, on, lot, levy, .. } = item;
        Self { ours: true, entry, on, amount, times, lot, levy, note: None }
    }
}

impl From<HeldItem> for Evidence {
    fn from(item: HeldItem) -> Self {
        let HeldItem { amount, times, on, levy, note, .. } = item;
        Self { ours: false, entry: None, on, amount, times, lot: None, levy, note }
    }
}

/// What tells one difference of a place from another.
type Key = (Place, Cause, Option<Month>);

#[derive(Default)]
struct Naming(BTreeMap<Key, Difference>);

impl Naming {
    fn add(&mut self, (place, cause): (Place, Cause), other_month: Option<Month>, line: Evidence) {
        let (month, kind) = place;
        let named = self.0.entry((place, cause, other_month));
        let named = named.or_insert_with(|| Difference { other_month, ..Difference::new((month, Some(kind)), cause) });
        let amount = (0..line.times).map(|_| line.amount).sum();
        named.amount += amount;
        // What the statement alone has makes ours the smaller side.
        named.explains += if line.ours { amount } else { -amount };
        named.count += line.times;
        if named.lines.len() < MOST_LINES {
            named.lines.push(line);
        }
    }

    /// Names both sides of a pair, each in its own month.
    fn add_pair(&mut self, cause: Cause, Shifted { ours, held }: Shifted) {
        let (our_place, held_place) = (ours.place, held.place);
        let elsewhere = |here: Place, there: Place| (here.0 != there.0).then_some(there.0);
        self.add((our_place, cause), elsewhere(our_place, held_place), ours.into());
        self.add((held_place, cause), elsewhere(held_place, our_place), held.into());
    }
}

/// Names what the items of both sides make of the differences between them (`docs/rules.md` section
/// 9). Each item is explained once, so that the parts come to the difference: levy first by its scheme
/// and payroll month, then what both sides have in the same month, then in the month before or after;
/// what is left stands on one side alone.
///
/// £100 that a close of October paid stand in November's lines: in October ours is £100 more, in
/// November the statement.
///
/// ```
/// use levy_ledger::domain::reconciliation::{Cause, Held, HeldItem, Origin, OurItem, ReconciledKind, differences};
/// let (october, november) = ("2026-10".parse()?, "2026-11".parse()?);
/// let kind = ReconciledKind::OwnPayments;
/// let amount = "-100.00".parse()?;
/// let ours = OurItem {
///     place: (october, kind), amount, times: 1, origin: Origin::Recorded, entry: Some(7),
///     on: october.last_day(), lot: None, levy: None,
/// };
/// let held = HeldItem {
///     place: (november, kind), amount, times: 1, held: Held::MonthClosed,
///     on: november.plus(1).first_day(), levy: None, note: None,
/// };
/// let named = differences(vec![ours], vec![held], &Default::default());
/// let named: Vec<_> = named.iter().map(|named| (named.month, named.cause, named.explains.to_string())).collect();
/// assert_eq!(named, [(october, Cause::Timing, "-100.00".into()), (november, Cause::Timing, "100.00".into())]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn differences(ours: Vec<OurItem>, held: Vec<HeldItem>, statement: &StatementSide) -> Vec<Difference> {
    let mut items = Items { ours, held };
    let mut named = Naming::default();
    let levy = items.known_levy();
    items.cancel();
    let timing = levy.shifted.into_iter().chain(items.shifted());
    timing.for_each(|pair| named.add_pair(Cause::Timing, pair));
    levy.differing.into_iter().for_each(|pair| named.add_pair(Cause::LevyOfAnotherAmount, pair));
    for item in items.ours {
        named.add((item.place, cause_of_ours(&item, statement)), None, item.into());
    }
    for item in items.held {
        let cause = match item.held {
            Held::MonthClosed => Cause::MonthClosedHere,
            Held::LevyDiffers => Cause::LevyOfAnotherAmount,
            Held::LevyHeld => Cause::LevyHeldOnly,
        };
        named.add((item.place, cause), None, item.into());
    }
    named.0.into_values().collect()
}

fn cause_of_ours(item: &OurItem, statement: &StatementSide) -> Cause {
    let (month, _) = item.place;
    let lives_12_months = item.lot.is_some_and(|lot| month.since(lot) == 12);
    match item.origin {
        Origin::Reversal => Cause::EntryReversedHere,
        Origin::WorkedOut if lives_12_months && statement.shows_lines(month) => Cause::Missing12MonthExpiry,
        Origin::WorkedOut | Origin::Recorded => Cause::NotInStatement,
    }
}

/// What the figures of these months tell without their lines: that no statement covers them, payments
/// that several files show, and payments that name no start.
#[must_use]
pub fn about_figures(figures: &Figures, statement: &StatementSide, months: &BTreeSet<Month>) -> Vec<Difference> {
    let mut told = Vec::new();
    for &month in months {
        for &kind in ReconciledKind::ALL {
            let figure = figures.at((month, kind));
            let of = |cause| Difference::new((month, Some(kind)), cause);
            if !figure.covered && !figure.difference().is_zero() {
                let amount = figure.difference();
                told.push(Difference { explains: amount, amount, ..of(Cause::NoStatement) });
            }
            let Some(shown) = statement.shown.get(&(month, kind)) else { continue };
            let again = shown.lines - shown.held_lines;
            if again > 0 && !kind.is_dated_in_its_month() {
                let amount = shown.amount - shown.held_amount;
                told.push(Difference { amount, count: again, ..of(Cause::PaymentInTwoFiles) });
            }
            if shown.unattributed_lines > 0 {
                let (amount, count) = (shown.unattributed_amount, shown.unattributed_lines);
                told.push(Difference { amount, count, ..of(Cause::UnattributedPayment) });
            }
        }
    }
    told
}
