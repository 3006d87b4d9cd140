//! What of an account's transfers and starts is running out of time, read for a day.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::domain::clock_list::{Due, Watch, start_due, transfer_due};
use crate::domain::earnings::capped_price;
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::transfers::TransferHistory;
use crate::storage::agreements::{self, ReportedProvider};
use crate::storage::columns::{self, Stored};
use crate::storage::connection::Db;
use crate::storage::starts;
use crate::storage::sums::KEYS_AT_ONCE;
use crate::storage::transfers::{StoredTransfer, histories};

/// Something that is running out of time.
pub(crate) struct ClockItem {
    pub(crate) due: Due,
    /// The provider of the day with its name; none of the account's own starts.
    pub(crate) provider: Option<(Uuid, String)>,
    pub(crate) transfer: Option<Uuid>,
    pub(crate) start: Option<Uuid>,
    /// Of a transfer what was agreed; of a start the price that counts.
    pub(crate) amount: Money,
    /// The reference of the transfer.
    pub(crate) reference: Option<String>,
}

/// A transfer as the list names it.
struct Named {
    public_id: Uuid,
    provider: Seq,
    reference: Option<String>,
}

/// What was found to be due, by key.
struct Found {
    /// The key of the start, else of the transfer.
    key: Seq,
    due: Due,
    transfer: Option<Seq>,
    start: Option<Uuid>,
    amount: Money,
}

/// The clock list of an account, by the day that each item is due, then by kind and age.
pub(crate) fn list(db: &mut Db, account: Seq, watch: &Watch) -> Stored<Vec<ClockItem>> {
    let (named, mut found) = of_transfers(db, account, watch)?;
    for keys in starts::past_planned_end(db, account, watch.as_at)?.chunks(KEYS_AT_ONCE) {
        found.extend(of_starts(db, keys, watch)?);
    }
    found.sort_by_key(|found| (found.due.on, found.due.kind, found.key));
    let transfers = found.iter().filter_map(|found| named.get(&found.transfer?));
    let providers: HashSet<Seq> = transfers.map(|transfer| transfer.provider).collect();
    let providers = agreements::reported_providers(db, providers)?;
    let named_provider = |key: Seq| {
        let ReportedProvider { public_id, name, .. } = providers.get(&key)?;
        Some((*public_id, name.clone()))
    };
    let item = |Found { due, transfer, start, amount, .. }: Found| {
        let transfer = transfer.and_then(|transfer| named.get(&transfer));
        ClockItem {
            due,
            provider: transfer.and_then(|transfer| named_provider(transfer.provider)),
            transfer: transfer.map(|transfer| transfer.public_id),
            start,
            amount,
            reference: transfer.and_then(|transfer| transfer.reference.clone()),
        }
    };
    Ok(found.into_iter().map(item).collect())
}

/// Every transfer of an account by name, and what of them is due.
fn of_transfers(db: &mut Db, account: Seq, watch: &Watch) -> Stored<(HashMap<Seq, Named>, Vec<Found>)> {
    let started: HashSet<Seq> =
        agreements::starts_under(db, account, watch.as_at)?.into_iter().map(|(transfer, _)| transfer).collect();
    let (mut named, mut found) = (HashMap::new(), Vec::new());
    for StoredTransfer { row, facts, changes, .. } in histories(db, &[account], Seq::MAX)? {
        let history = TransferHistory::new(facts, changes);
        let planned_start = row.planned_start.map(columns::month).transpose()?;
        if let Some(due) = transfer_due(&history, planned_start, started.contains(&row.id), watch) {
            let amount = history.amount_at(watch.as_at);
            found.push(Found { key: row.id, due, transfer: Some(row.id), start: None, amount });
        }
        let provider = history.employer_at(watch.as_at).map_or(row.provider_id, |employer| employer.key);
        let public_id = columns::uuid(&row.public_id)?;
        named.insert(row.id, Named { public_id, provider, reference: row.reference });
    }
    Ok((named, found))
}

/// What of these starts is due.
fn of_starts(db: &mut Db, keys: &[Seq], watch: &Watch) -> Stored<Vec<Found>> {
    let lives = starts::histories(db, keys, Seq::MAX)?;
    let mut found = Vec::new();
    for row in starts::by_keys(db, keys)? {
        let Some(history) = lives.get(&row.id) else { continue };
        let Some(due) = start_due(history, watch.as_at) else { continue };
        let amount = capped_price(history.agreed_price(watch.as_at), history.facts().funding_band_maximum);
        let start = Some(columns::uuid(&row.public_id)?);
        found.push(Found { key: row.id, due, transfer: row.transfer_id, start, amount });
    }
    Ok(found)
}
