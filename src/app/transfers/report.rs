//! The report of an account's transfers, read for a day.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::OnDay;
use crate::domain::journal::Seq;
use crate::domain::transfer_report::{AlikeStarts, ReportedTransfer, TransferReport};
use crate::domain::transfers::{TransferHistory, TransferStatus};
use crate::storage::agreements::{self, ReportedProvider};
use crate::storage::allowance::{AsAt, paid_by_transfer};
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::transfers::{StoredTransfer, histories, purpose_of};

/// What is reported of the transfers that were accepted by a day's end. One that was completed or
/// stopped since still counts as agreed; one withdrawn by then does not.
pub(crate) fn report(db: &mut Db, account: Seq, on: NaiveDate) -> Stored<TransferReport> {
    let mut paid = paid_by_transfer(db, AsAt { account, on, known_at: Seq::MAX })?;
    let mut starts: HashMap<Seq, Vec<AlikeStarts>> = HashMap::new();
    for alike in agreements::reported_starts(db, account, on)? {
        let agreements::ReportedStarts { transfer, level, sector, groups, count } = alike;
        starts.entry(transfer).or_default().push(AlikeStarts { level, sector, groups, count });
    }
    let stored = histories(db, &[account], Seq::MAX)?;
    let employers = stored.iter().flat_map(|transfer| transfer.changes.iter().filter_map(|c| c.change.employer()));
    let providers = stored.iter().map(|transfer| transfer.row.provider_id);
    let providers = providers.chain(employers.map(|employer| employer.key)).collect();
    let providers = agreements::reported_providers(db, providers)?;
    let mut reported = Vec::with_capacity(stored.len());
    for StoredTransfer { row, facts, changes, .. } in stored {
        let history = TransferHistory::new(facts, changes);
        let provider = history.employer_at(on).map_or(row.provider_id, |employer| employer.key);
        let Some(reported_provider) = providers.get(&provider).filter(|_| counts(&history, on)) else { continue };
        let day = OnDay::of(&history, &paid.remove(&row.id).unwrap_or_default(), on);
        let starts = starts.remove(&row.id).unwrap_or_default();
        let purpose = purpose_of(&row)?;
        let ReportedProvider { sector, district } = reported_provider;
        reported.push(ReportedTransfer {
            provider,
            sector: *sector,
            district: district.clone(),
            level: purpose.level,
            groups: purpose.priority_groups,
            agreed: day.terms.amount,
            reserved: day.reserved,
            paid: day.paid,
            apprenticeships: u64::from(purpose.apprentices),
            starts,
        });
    }
    Ok(TransferReport::of(&reported))
}

fn counts(history: &TransferHistory, on: NaiveDate) -> bool {
    let accepted = history.accepted_on().is_some_and(|accepted| accepted <= on);
    accepted && history.status_at(on) != Some(TransferStatus::Withdrawn)
}
