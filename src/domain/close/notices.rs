//! What a close gives notice of: shortfalls, funds that lapse soon, and transfers that wait for a
//! start.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::CoInvested;
use crate::domain::account::{Account, Transfer};
use crate::domain::calendar::Month;
use crate::domain::funds::lapsing;
use crate::domain::journal::{Books, Seq};
use crate::domain::money::Money;
use crate::domain::names::Named;
use crate::domain::transfers::TransferStatus;

/// For how many months ahead notice is given of funds that lapse.
const AHEAD: i32 = 3;

/// What notice is given of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// Earnings that the funds or the allowance did not cover.
    Shortfall,
    /// Funds that lapse within three months unless they are spent.
    FundsLapsing,
    /// A transfer accepted whose planned start has come without a start.
    TransferNotStarted,
}

impl NoticeKind {
    /// What is said of it in the list of changes.
    #[must_use]
    pub const fn action(self) -> &'static str {
        match self {
            Self::Shortfall => "shortfall_noticed",
            Self::FundsLapsing => "lapsing_noticed",
            Self::TransferNotStarted => "unstarted_transfer_noticed",
        }
    }
}

impl Named for NoticeKind {
    const SCHEMA: &'static str = "NoticeKind";
    const ALL: &'static [Self] = &[Self::Shortfall, Self::FundsLapsing, Self::TransferNotStarted];

    fn name(self) -> &'static str {
        match self {
            Self::Shortfall => "shortfall",
            Self::FundsLapsing => "funds_lapsing",
            Self::TransferNotStarted => "transfer_not_started",
        }
    }
}

/// Something that a close gives notice of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it is.
    pub kind: NoticeKind,
    /// How much it is about, in pounds.
    pub amount: Money,
    /// The day on which funds lapse.
    pub due_on: Option<NaiveDate>,
    /// The provider whose shortfall it is; none for the account's own training.
    pub provider: Option<Seq>,
    /// The transfer that waits.
    pub transfer: Option<Seq>,
}

pub(super) fn of_month(
    account: &Account,
    books: &Books,
    (transfers, month): (&[&Transfer], Month),
    co_invested: &[CoInvested],
) -> Vec<Notice> {
    let nothing =
        Notice { kind: NoticeKind::Shortfall, amount: Money::ZERO, due_on: None, provider: None, transfer: None };
    let mut by_provider: BTreeMap<Option<Seq>, Money> = BTreeMap::new();
    for part in co_invested.iter().filter(|part| !part.amount.is_negative()) {
        *by_provider.entry(part.provider).or_default() += part.amount;
    }
    let shortfalls = by_provider.into_iter().map(|(provider, amount)| Notice { amount, provider, ..nothing });
    let ahead = lapsing(&books.flows(), &books.bookings(), &account.rules, month.last_day());
    let soon = ahead.into_iter().filter(|(due, amount)| *due <= month.plus(AHEAD) && !amount.is_zero());
    let soon = soon.map(|(due, amount)| Notice {
        kind: NoticeKind::FundsLapsing,
        amount,
        due_on: Some(due.last_day()),
        ..nothing
    });
    let waiting = transfers.iter().filter(|transfer| waits(transfer, month)).map(|transfer| Notice {
        kind: NoticeKind::TransferNotStarted,
        amount: transfer.terms().amount,
        transfer: Some(transfer.key),
        provider: Some(transfer.provider_on(month.last_day()).key),
        ..nothing
    });
    shortfalls.chain(soon).chain(waiting).collect()
}

/// Whether a transfer stands as accepted at a month's end although it was planned to have begun.
fn waits(transfer: &Transfer, month: Month) -> bool {
    let planned = transfer.purpose.planned_start.is_some_and(|planned| planned <= month);
    planned && transfer.history.status_at(month.last_day()) == Some(TransferStatus::Accepted)
}
