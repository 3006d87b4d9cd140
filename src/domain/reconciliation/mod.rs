//! The ledger beside the national statement, month by month and kind by kind, each difference named
//! (`docs/rules.md` section 9).

mod beyond;
mod causes;
mod items;
mod levy;
mod pairing;
mod sentence;

use std::collections::{BTreeMap, BTreeSet};

use super::calendar::Month;
use super::journal::{EntryKind, Sums};
use super::money::Money;
use super::names::Named;

pub use beyond::{BeyondAllowance, beyond_allowances, beyond_funds};
pub use causes::{Cause, Difference, Evidence, MOST_LINES, about_figures, differences};
pub use items::{Held, HeldItem, LevyOf, Origin, OurItem};

/// What both sides report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReconciledKind {
    /// Levy and its adjustments.
    Levy,
    /// Payments for own training.
    OwnPayments,
    /// Transfers sent.
    TransfersSent,
    /// Transfers received.
    TransfersReceived,
    /// Funds that lapsed.
    Expiry,
}

impl Named for ReconciledKind {
    const SCHEMA: &'static str = "ReconciledKind";
    const ALL: &'static [Self] =
        &[Self::Levy, Self::OwnPayments, Self::TransfersSent, Self::TransfersReceived, Self::Expiry];

    fn name(self) -> &'static str {
        match self {
            Self::Levy => "levy",
            Self::OwnPayments => "own_payments",
            Self::TransfersSent => "transfers_sent",
            Self::TransfersReceived => "transfers_received",
            Self::Expiry => "expiry",
        }
    }
}

impl ReconciledKind {
    /// The kind that entries of a kind count in; none for corrections, which no statement shows.
    #[must_use]
    pub const fn of(kind: EntryKind) -> Option<Self> {
        match kind {
            EntryKind::Levy | EntryKind::LevyAdjustment => Some(Self::Levy),
            EntryKind::OwnPayment => Some(Self::OwnPayments),
            EntryKind::TransferPayment => Some(Self::TransfersSent),
            EntryKind::TransferReceived => Some(Self::TransfersReceived),
            EntryKind::Expiry => Some(Self::Expiry),
            EntryKind::Correction => None,
        }
    }

    /// Whether lines carry a day of their own month; payments and transfers are dated early in the
    /// month after (`docs/rules.md` section 9).
    const fn is_dated_in_its_month(self) -> bool {
        match self {
            Self::Levy | Self::Expiry => true,
            Self::OwnPayments | Self::TransfersSent | Self::TransfersReceived => false,
        }
    }
}

/// A figure's month and kind.
pub type Place = (Month, ReconciledKind);

/// What the statements of an account show in a month of a kind. A line that several files show counts
/// once, as often as the file that shows it most (`docs/rules.md` section 9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// How many files show lines of it.
    pub files: i64,
    /// Lines of all these files together.
    pub lines: i64,
    /// What they do to the balance.
    pub amount: Money,
    /// Lines, each once.
    pub held_lines: i64,
    /// What these do to the balance: the statement's figure.
    pub held_amount: Money,
    /// How many of these were recorded; the others are held for the reconciliation.
    pub recorded: i64,
    /// Of those recorded, payments that name no start.
    pub unattributed_lines: i64,
    /// What these do to the balance.
    pub unattributed_amount: Money,
}

/// The lines that one file has, by month and kind.
pub type FilePlaces = BTreeSet<Place>;

/// Everything that the statements of an account show.
#[derive(Clone, Debug, Default)]
pub struct StatementSide {
    /// Month by month and kind by kind.
    pub shown: BTreeMap<Place, Shown>,
    /// The months that files cover with levy and expiry, and with payments and transfers.
    own_month: BTreeSet<Month>,
    month_after: BTreeSet<Month>,
}

impl StatementSide {
    /// What the files show, and what each covers: every month from its first line's to its last one's,
    /// levy and expiry apart from payments and transfers, since a file of May holds April's payments.
    /// A file with lines of one sort alone covers the other by the same days.
    #[must_use]
    pub fn new<'f>(shown: BTreeMap<Place, Shown>, files: impl IntoIterator<Item = &'f FilePlaces>) -> Self {
        let mut side = Self { shown, ..Self::default() };
        for file in files {
            let range = |dated: bool| {
                let months = file.iter().filter(|(_, kind)| kind.is_dated_in_its_month() == dated);
                let months = || months.clone().map(|(month, _)| *month);
                months().min().zip(months().max())
            };
            let (own, after) = (range(true), range(false));
            let shifted =
                |range: Option<(Month, Month)>, by| range.map(|(a, b): (Month, Month)| (a.plus(by), b.plus(by)));
            let (own, after) = (own.or(shifted(after, 1)), after.or(shifted(own, -1)));
            side.own_month.extend(own.into_iter().flat_map(|(first, last)| first.through(last)));
            side.month_after.extend(after.into_iter().flat_map(|(first, last)| first.through(last)));
        }
        side
    }

    /// Whether a file covers a month of a kind.
    #[must_use]
    pub fn covers(&self, (month, kind): Place) -> bool {
        let covered = if kind.is_dated_in_its_month() { &self.own_month } else { &self.month_after };
        covered.contains(&month)
    }

    /// Whether a file shows any line of a month.
    #[must_use]
    pub fn shows_lines(&self, month: Month) -> bool {
        ReconciledKind::ALL.iter().any(|kind| self.shown.contains_key(&(month, *kind)))
    }

    fn months(&self) -> impl Iterator<Item = Month> {
        self.shown
            .keys()
            .map(|(month, _)| *month)
            .chain(self.own_month.iter().copied())
            .chain(self.month_after.iter().copied())
    }
}

/// A figure of a month and kind on both sides, as the balance moves by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// Whether a statement covers it.
    pub covered: bool,
    /// What the ledger holds, in pounds.
    pub ours: Money,
    /// What the statement shows.
    pub statement: Money,
}

impl Figure {
    /// Ours less the statement's.
    #[must_use]
    pub fn difference(&self) -> Money {
        self.ours - self.statement
    }
}

/// Both sides, month by month and kind by kind.
#[derive(Clone, Debug, Default)]
pub struct Figures(BTreeMap<Place, Figure>);

impl Figures {
    /// Sets the two sides beside each other. `expired` is what lapsed by due month, booked or worked
    /// out, as the funds have it.
    #[must_use]
    pub fn new(sums: &Sums, expired: &BTreeMap<Month, Money>, statement: &StatementSide) -> Self {
        let months: BTreeSet<Month> = sums.keys().chain(expired.keys()).copied().chain(statement.months()).collect();
        let mut figures = BTreeMap::new();
        for month in months {
            let flow = sums.get(&month).map(|sums| sums.flow).unwrap_or_default();
            for &kind in ReconciledKind::ALL {
                let ours = match kind {
                    ReconciledKind::Levy => flow.levy,
                    ReconciledKind::OwnPayments => -flow.own,
                    ReconciledKind::TransfersSent => -flow.transferred,
                    ReconciledKind::TransfersReceived => flow.received,
                    ReconciledKind::Expiry => -expired.get(&month).copied().unwrap_or_default(),
                };
                let place = (month, kind);
                let shown = statement.shown.get(&place).map(|shown| shown.held_amount).unwrap_or_default();
                figures.insert(place, Figure { covered: statement.covers(place), ours, statement: shown });
            }
        }
        Self(figures)
    }

    /// Every month there is.
    #[must_use]
    pub fn months(&self) -> BTreeSet<Month> {
        self.0.keys().map(|(month, _)| *month).collect()
    }

    /// The figure of a month and kind.
    #[must_use]
    pub fn at(&self, place: Place) -> Figure {
        self.0.get(&place).copied().unwrap_or_default()
    }

    /// Whether the sides differ where a statement covers them, so that lines are to be read.
    #[must_use]
    pub fn differs(&self, place: Place) -> bool {
        let figure = self.at(place);
        figure.covered && !figure.difference().is_zero()
    }

    /// Where lines are to be read to name the differences of these months: those places, and every
    /// neighbouring month of the kind that differs too, however far they reach, so that what is named
    /// does not depend on which months are looked at.
    #[must_use]
    pub fn to_read(&self, months: &BTreeSet<Month>) -> BTreeSet<Place> {
        let mut places = BTreeSet::new();
        let differing = |place: &Place| self.differs(*place);
        for place in self.0.keys().filter(|(month, _)| months.contains(month)).filter(|place| differing(place)) {
            let (month, kind) = *place;
            let before = (1..).map(|back| (month.plus(-back), kind)).take_while(differing);
            let after = (0..).map(|ahead| (month.plus(ahead), kind)).take_while(differing);
            places.extend(before.chain(after));
        }
        places
    }
}
