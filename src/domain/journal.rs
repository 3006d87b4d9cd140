//! The journal: what moves an account's balance, each movement an entry that is never changed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::calendar::Month;
use super::earnings::EarningKind;
use super::funds::{Booking, Flows, MonthFlow};
use super::money::Money;
use super::names::Named;

/// The number under which something was recorded; it also serves as the key inside the ledger.
pub type Seq = i64;

/// What an entry records. Every kind moves the balance by the entry's amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// Levy funds credited.
    Levy,
    /// Levy funds adjusted, most often taken back.
    LevyAdjustment,
    /// Own training paid, or refunded when positive.
    OwnPayment,
    /// A transfer paid, or refunded when positive.
    TransferPayment,
    /// A transfer received from another account.
    TransferReceived,
    /// Funds that lapsed, as booked.
    Expiry,
    /// A correction of the balance alone.
    Correction,
}

impl Named for EntryKind {
    const SCHEMA: &'static str = "EntryKind";
    const ALL: &'static [Self] = &[
        Self::Levy,
        Self::LevyAdjustment,
        Self::OwnPayment,
        Self::TransferPayment,
        Self::TransferReceived,
        Self::Expiry,
        Self::Correction,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Levy => "levy",
            Self::LevyAdjustment => "levy_adjustment",
            Self::OwnPayment => "own_payment",
            Self::TransferPayment => "transfer_payment",
            Self::TransferReceived => "transfer_received",
            Self::Expiry => "expiry",
            Self::Correction => "correction",
        }
    }
}

/// An earning of a start: the month in which it is earned, and what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Earned {
    /// The month in which it is earned, which may lie before the month in which it is paid.
    pub month: Month,
    /// What it is for.
    pub kind: EarningKind,
}

/// One movement of an account's balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it records.
    pub kind: EntryKind,
    /// Entry month of levy, collection month of payments, due month of expiry.
    pub month: Month,
    /// The day from which it counts.
    pub effective_on: NaiveDate,
    /// The day that a statement's line carried.
    pub stated_on: Option<NaiveDate>,
    /// The day that decides the allowance year of levy.
    pub declared_on: Option<NaiveDate>,
    /// Pounds by which the balance moves.
    pub amount: Money,
    /// The month in which the funds entered that lapsed; none for a due month's total.
    pub lot: Option<Month>,
    /// What of the start's earnings was paid, where it is known.
    pub earned: Option<Earned>,
    /// The start that was paid for.
    pub start: Option<Seq>,
    /// The transfer that paid.
    pub transfer: Option<Seq>,
    /// The tax month of levy, named by the calendar month in which it begins.
    pub payroll_month: Option<Month>,
    /// The PAYE scheme of levy.
    pub paye_scheme: Option<String>,
    /// The council's own reference.
    pub reference: Option<String>,
    /// The entry that this one takes back.
    pub reverses: Option<Seq>,
}

impl Entry {
    /// A movement on a day, in that day's month, of which nothing more is known.
    #[must_use]
    pub fn on(effective_on: NaiveDate, kind: EntryKind, amount: Money) -> Self {
        Self {
            kind,
            month: Month::of(effective_on),
            effective_on,
            stated_on: None,
            declared_on: None,
            amount,
            lot: None,
            earned: None,
            start: None,
            transfer: None,
            payroll_month: None,
            paye_scheme: None,
            reference: None,
            reverses: None,
        }
    }

    /// The booking of lapsed funds that it is, if it is one.
    #[must_use]
    pub fn booking(&self) -> Option<Booking> {
        let booking = Booking { due_month: self.month, entry_month: self.lot, amount: -self.amount };
        (self.kind == EntryKind::Expiry).then_some(booking)
    }
}

/// The sums of one account's entries in one calendar month, each positive in its own direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MonthSums {
    /// What flowed in and out.
    pub flow: MonthFlow,
    /// Corrections of the balance.
    pub corrections: Money,
    /// Expiry as booked.
    pub expired: Money,
}

impl MonthSums {
    /// Counts an entry, or the sum of several of one kind, in.
    pub fn count(&mut self, kind: EntryKind, amount: Money) {
        match kind {
            EntryKind::Levy | EntryKind::LevyAdjustment => self.flow.levy += amount,
            EntryKind::OwnPayment => self.flow.own -= amount,
            EntryKind::TransferPayment => self.flow.transferred -= amount,
            EntryKind::TransferReceived => self.flow.received += amount,
            EntryKind::Expiry => self.expired -= amount,
            EntryKind::Correction => self.corrections += amount,
        }
    }
}

impl MonthSums {
    /// Pounds by which entries of a kind moved the balance; levy and its adjustments are one.
    #[must_use]
    pub fn moved_by(&self, kind: EntryKind) -> Money {
        match kind {
            EntryKind::Levy | EntryKind::LevyAdjustment => self.flow.levy,
            EntryKind::OwnPayment => -self.flow.own,
            EntryKind::TransferPayment => -self.flow.transferred,
            EntryKind::TransferReceived => self.flow.received,
            EntryKind::Expiry => -self.expired,
            EntryKind::Correction => self.corrections,
        }
    }
}

/// An account's sums by calendar month.
pub type Sums = BTreeMap<Month, MonthSums>;

/// What the journal of an account comes to: its sums by month, and what of its expiry is final.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// The sums by month.
    pub months: Sums,
    /// Expiry as booked, each lot by name or a due month's total.
    pub booked: Vec<Booking>,
    /// The last month that is closed: all that fell due by its end is booked.
    pub closed_through: Option<Month>,
    /// The months whose payments and expiry come from the national statement.
    pub stated: BTreeSet<Month>,
}

impl Books {
    /// Counts an entry in.
    pub fn count(&mut self, entry: &Entry) {
        self.months.entry(entry.month).or_default().count(entry.kind, entry.amount);
        self.booked.extend(entry.booking());
    }

    /// The flows by month, as expiry is worked out from them.
    #[must_use]
    pub fn flows(&self) -> Flows {
        self.months.iter().map(|(month, sums)| (*month, sums.flow)).collect()
    }

    /// The expiry that is final: as booked, and nil for every other lot that fell due by the last month
    /// closed, so that what is backdated later shows as a correction (`docs/rules.md` section 5). In a
    /// month of the statement's our close books nothing: a lot that the statement does not name, since
    /// its rows can be missing, stays worked out (section 9).
    #[must_use]
    pub fn bookings(&self) -> Vec<Booking> {
        let first = self.months.keys().next().copied();
        let closed = first.zip(self.closed_through).map(|(first, last)| first.through(last));
        let nil = |due_month| Booking { due_month, entry_month: None, amount: Money::ZERO };
        let ours = closed.into_iter().flatten().filter(|month| !self.stated.contains(month));
        self.booked.iter().copied().chain(ours.map(nil)).collect()
    }

    /// The first month that is open, once one was closed.
    #[must_use]
    pub fn first_open(&self) -> Option<Month> {
        self.closed_through.map(|last| last.plus(1))
    }
}

/// Sums alone: what expired in a month is its total.
impl From<Sums> for Books {
    fn from(months: Sums) -> Self {
        let booked = months.iter().filter(|(_, sums)| !sums.expired.is_zero());
        let total = |(month, sums): (&Month, &MonthSums)| Booking {
            due_month: *month,
            entry_month: None,
            amount: sums.expired,
        };
        let booked = booked.map(total).collect();
        Self { months, booked, ..Self::default() }
    }
}
