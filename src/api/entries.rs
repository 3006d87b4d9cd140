//! The journal's entries.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::tables::Row;
use super::wire::{DateText, EntryKindName, IdText, MoneyText, MonthText, Name, Text, TimeText};
use crate::domain::journal::{Entry, Seq};
use crate::storage::writer::Receipt;

/// One movement of an account's balance.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct EntryOut {
    /// Its number in the ledger's sequence; null on a dry run.
    pub(crate) seq: Option<Seq>,
    /// What it records.
    pub(crate) kind: EntryKindName,
    /// Entry month of levy, collection month of payments, due month of expiry.
    pub(crate) month: MonthText,
    /// The day from which it counts.
    pub(crate) effective_on: DateText,
    /// The day that a statement's line carried.
    pub(crate) stated_on: Option<DateText>,
    /// Pounds by which the balance moves: payments and expiry are negative.
    pub(crate) amount: MoneyText,
    /// The start that was paid for.
    pub(crate) start_id: Option<IdText>,
    /// The transfer that paid.
    pub(crate) transfer_id: Option<IdText>,
    /// The PAYE scheme of levy.
    pub(crate) paye_scheme: Option<String>,
    /// The council's own reference.
    pub(crate) reference: Option<String>,
    /// When it was recorded.
    pub(crate) recorded_at: Option<TimeText>,
    /// By whom.
    pub(crate) recorded_by: String,
    /// The entry that it takes back.
    pub(crate) reverses: Option<Seq>,
}

impl Row for EntryOut {
    const COLUMNS: &'static [&'static str] = &[
        "seq",
        "kind",
        "month",
        "effective_on",
        "stated_on",
        "amount",
        "start_id",
        "transfer_id",
        "paye_scheme",
        "reference",
        "recorded_at",
        "recorded_by",
        "reverses",
    ];
}

/// The public ids of the start and the transfer that an entry names by key.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Named {
    pub(crate) start: Option<Uuid>,
    pub(crate) transfer: Option<Uuid>,
}

impl EntryOut {
    /// An entry as it was just recorded, at `position` of what its command recorded.
    pub(crate) fn recorded(entry: &Entry, named: Named, receipt: &Receipt, position: usize) -> Self {
        let seq = receipt.seq(position);
        Self {
            seq,
            kind: Name(entry.kind),
            month: Text(entry.month),
            effective_on: Text(entry.effective_on),
            stated_on: entry.stated_on.map(Text),
            amount: Text(entry.amount),
            start_id: named.start.map(Text),
            transfer_id: named.transfer.map(Text),
            paye_scheme: entry.paye_scheme.clone(),
            reference: entry.reference.clone(),
            recorded_at: seq.map(|_| Text(receipt.at)),
            recorded_by: receipt.by.clone(),
            reverses: entry.reverses,
        }
    }
}
