//! Lines of the national statement on their way into the ledger: what a line is, and where it goes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::calendar::Month;
use super::journal::{Entry, EntryKind, Seq, Sums};
use super::money::Money;
use super::names::Named;

/// A line of a statement, without the learner's name and number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedLine {
    /// Its date.
    pub date: NaiveDate,
    /// The month that it belongs to: entry month of levy, collection month of payments and transfers,
    /// due month of expiry.
    pub month: Month,
    /// What it is as an entry.
    pub kind: EntryKind,
    /// Pounds by which it moves the balance.
    pub amount: Money,
    /// The PAYE scheme, of levy.
    pub paye_scheme: Option<String>,
    /// The payroll month, of levy.
    pub payroll_month: Option<Month>,
    /// The month in which the funds entered that lapsed, where the line names their life.
    pub lot: Option<Month>,
    /// What it says of itself.
    pub note: Option<String>,
    /// What the employer paid beside it.
    pub employer: Money,
    /// What government paid beside it.
    pub government: Money,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineOutcome {
    /// It is recorded.
    Recorded,
    /// The same levy is held from elsewhere: nothing is recorded.
    LevyHeld,
    /// Levy of another amount is held from elsewhere: it is kept for the reconciliation.
    LevyDiffers,
    /// This ledger's own close paid the month: it is kept for the reconciliation.
    MonthClosed,
}

impl Named for LineOutcome {
    const SCHEMA: &'static str = "LineOutcome";
    const ALL: &'static [Self] = &[Self::Recorded, Self::LevyHeld, Self::LevyDiffers, Self::MonthClosed];

    fn name(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::LevyHeld => "levy_held",
            Self::LevyDiffers => "levy_differs",
            Self::MonthClosed => "month_closed",
        }
    }
}

/// Levy that is held from elsewhere, by PAYE scheme and payroll month: what it is, and how much.
pub type LevyHeld = BTreeMap<(String, Month), Vec<(EntryKind, Money)>>;

/// What of an account decides where a line goes.
#[derive(Clone, Debug, Default)]
pub struct Holding {
    /// Levy that came from no statement and was not taken back.
    pub levy: LevyHeld,
    /// The months that this ledger's own close paid.
    pub closed: BTreeSet<Month>,
}

impl Holding {
    /// Where a line goes (`docs/rules.md` section 9): levy of the same scheme, payroll month and
    /// amount is held already, of another amount it is kept for the reconciliation; so are payments,
    /// transfers and expiry of a month that our own close paid. A close also booked whatever fell due
    /// before it.
    ///
    /// £990 of April declared and held; the statement says £990, then £1,000:
    ///
    /// ```
    /// use levy_ledger::domain::{journal::EntryKind, statements::{Holding, LineOutcome, StatedLine}};
    /// let mut holding = Holding::default();
    /// let april = ("123/AB45678".to_owned(), "2026-04".parse()?);
    /// holding.levy.insert(april.clone(), vec![(EntryKind::Levy, "990.00".parse()?)]);
    /// let line = StatedLine {
    ///     paye_scheme: Some(april.0),
    ///     payroll_month: Some(april.1),
    ///     ..StatedLine::of("2026-05-23".parse()?, EntryKind::Levy, "990.00".parse()?)
    /// };
    /// assert_eq!(holding.place(&line), LineOutcome::LevyHeld);
    /// let more = StatedLine { amount: "1000.00".parse()?, ..line };
    /// assert_eq!(holding.place(&more), LineOutcome::LevyDiffers);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn place(&self, line: &StatedLine) -> LineOutcome {
        let paid_by_close = match line.kind {
            EntryKind::Levy | EntryKind::LevyAdjustment => return self.place_levy(line),
            EntryKind::OwnPayment | EntryKind::TransferPayment | EntryKind::TransferReceived => {
                self.closed.contains(&line.month)
            }
            EntryKind::Expiry => match (self.closed.first(), self.closed.contains(&line.month)) {
                (Some(first), within) => within || line.month < *first,
                (None, _) => false,
            },
            EntryKind::Correction => false,
        };
        if paid_by_close { LineOutcome::MonthClosed } else { LineOutcome::Recorded }
    }

    fn place_levy(&self, line: &StatedLine) -> LineOutcome {
        if self.levy.is_empty() {
            return LineOutcome::Recorded;
        }
        let Some(declared) = line.paye_scheme.clone().zip(line.payroll_month) else { return LineOutcome::Recorded };
        let held = self.levy.get(&declared).map(Vec::as_slice).unwrap_or_default();
        if held.iter().any(|(_, amount)| *amount == line.amount) {
            LineOutcome::LevyHeld
        } else if held.iter().any(|(kind, _)| *kind == line.kind) {
            LineOutcome::LevyDiffers
        } else {
            LineOutcome::Recorded
        }
    }
}

impl StatedLine {
    /// A line of a kind on a day, in its month, of which nothing more is known.
    #[must_use]
    pub fn of(date: NaiveDate, kind: EntryKind, amount: Money) -> Self {
        let month = match kind {
            EntryKind::Levy | EntryKind::LevyAdjustment | EntryKind::Expiry | EntryKind::Correction => Month::of(date),
            EntryKind::OwnPayment | EntryKind::TransferPayment | EntryKind::TransferReceived => {
                Month::of(date).plus(-1)
            }
        };
        Self {
            date,
            month,
            kind,
            amount,
            paye_scheme: None,
            payroll_month: None,
            lot: None,
            note: None,
            employer: Money::ZERO,
            government: Money::ZERO,
        }
    }

    /// The entry that a line is recorded as: levy from its own day, which also decides its allowance
    /// year; the rest with the last day of its month (`docs/rules.md` section 9). A payment that the
    /// account had no part in moves nothing, and is none.
    #[must_use]
    pub fn entry(&self, start: Option<Seq>) -> Option<Entry> {
        let is_levy = matches!(self.kind, EntryKind::Levy | EntryKind::LevyAdjustment);
        if self.amount.is_zero() && self.kind != EntryKind::Expiry {
            return None;
        }
        let effective_on = if is_levy { self.date } else { self.month.last_day() };
        Some(Entry {
            stated_on: Some(self.date),
            declared_on: is_levy.then_some(self.date),
            payroll_month: self.payroll_month,
            paye_scheme: self.paye_scheme.clone(),
            lot: self.lot,
            reference: self.note.clone(),
            start,
            ..Entry::on(effective_on, self.kind, self.amount)
        })
    }
}

/// What the ledger holds of a file's months and kinds, less what the file says of them: nothing when
/// both agree. Levy and its adjustments count as one kind.
///
/// ```
/// use levy_ledger::domain::{journal::{EntryKind, Sums}, statements::closing_difference};
/// let may = "2026-05".parse()?;
/// let mut ledger = Sums::new();
/// ledger.entry(may).or_default().count(EntryKind::Levy, "990.00".parse()?);
/// let file = [((may, EntryKind::Levy), "1000.00".parse()?)];
/// assert_eq!(closing_difference(file, &ledger).to_string(), "-10.00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn closing_difference(file: impl IntoIterator<Item = ((Month, EntryKind), Money)>, ledger: &Sums) -> Money {
    let mut seen = BTreeSet::new();
    let mut difference = Money::ZERO;
    for ((month, kind), amount) in file {
        let kind = if kind == EntryKind::LevyAdjustment { EntryKind::Levy } else { kind };
        difference -= amount;
        if seen.insert((month, kind)) {
            difference += ledger.get(&month).map_or(Money::ZERO, |sums| sums.moved_by(kind));
        }
    }
    difference
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(date: &str, kind: EntryKind, amount: &str) -> StatedLine {
        StatedLine::of(date.parse().unwrap(), kind, amount.parse().unwrap())
    }

    #[test]
    fn a_month_that_our_own_close_paid_takes_no_line_and_its_levy_is_recorded_all_the_same() {
        let holding = Holding { closed: BTreeSet::from(["2026-05".parse().unwrap()]), ..Holding::default() };
        let place = |date, kind| holding.place(&line(date, kind, "-10.00"));
        assert_eq!(place("2026-06-05", EntryKind::OwnPayment), LineOutcome::MonthClosed);
        assert_eq!(place("2026-05-05", EntryKind::OwnPayment), LineOutcome::Recorded);
        assert_eq!(place("2026-05-28", EntryKind::Expiry), LineOutcome::MonthClosed);
        assert_eq!(place("2026-04-28", EntryKind::Expiry), LineOutcome::MonthClosed, "the close booked it");
        assert_eq!(place("2026-06-28", EntryKind::Expiry), LineOutcome::Recorded);
        assert_eq!(place("2026-05-20", EntryKind::LevyAdjustment), LineOutcome::Recorded);
    }

    #[test]
    fn a_payment_counts_from_the_last_day_of_its_collection_month_and_levy_from_its_own() {
        let paid = line("2026-05-06", EntryKind::OwnPayment, "-400.00").entry(Some(7)).unwrap();
        assert_eq!((paid.effective_on.to_string(), paid.start), ("2026-04-30".to_owned(), Some(7)));
        assert_eq!(paid.stated_on.map(|day| day.to_string()).as_deref(), Some("2026-05-06"));
        let levy = line("2026-05-23", EntryKind::Levy, "990.00").entry(None).unwrap();
        assert_eq!((levy.effective_on, levy.declared_on), (levy.stated_on.unwrap(), levy.stated_on));
        assert!(line("2026-05-06", EntryKind::OwnPayment, "0.00").entry(None).is_none());
        assert!(line("2026-05-28", EntryKind::Expiry, "0.00").entry(None).is_some(), "nil is final too");
    }
}
