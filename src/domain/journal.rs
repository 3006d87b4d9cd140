//! The journal: what moves an account's balance, each movement an entry that is never changed.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::calendar::Month;
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
    /// Counts one entry in.
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

/// An account's sums by calendar month.
pub type Sums = BTreeMap<Month, MonthSums>;

/// The expiry that is booked in an account's sums, each due month's total.
#[must_use]
pub fn bookings(sums: &Sums) -> Vec<Booking> {
    let booked = sums.iter().filter(|(_, sums)| !sums.expired.is_zero());
    booked.map(|(month, sums)| Booking { due_month: *month, entry_month: None, amount: sums.expired }).collect()
}

/// The flows of an account's sums, as expiry is worked out from them.
#[must_use]
pub fn flows(sums: &Sums) -> Flows {
    sums.iter().map(|(month, sums)| (*month, sums.flow)).collect()
}
