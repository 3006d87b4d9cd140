//! The report of an account's transfers, read for a day.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::OnDay;
use crate::domain::journal::Seq;
use crate::domain::transfer_report::{AlikeStarts, ReportedTransfer, TransferReport};
use crate::domain::transfers::{TransferHistory, TransferStatus};
use crate::storage::accounts::Months;
use crate::storage::agreements::{self, ReportedProvider};
use crate::storage::allowance::{AsAt, paid_by_transfer};
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::rows::TransferRow;
use crate::storage::transfers::{StoredTransfer, histories, purpose_of};

/// The transfers of an account that were accepted by a day's end, and their providers of that day.
pub(super) struct Accepted {
    pub(super) transfers: Vec<AcceptedTransfer>,
    pub(super) providers: HashMap<Seq, ReportedProvider>,
}

/// A transfer that was accepted by a day's end, as it stood then.
pub(super) struct AcceptedTransfer {
    pub(super) row: TransferRow,
    /// The key of the provider that has it on the day.
    pub(super) provider: Seq,
    pub(super) day: OnDay,
    /// What it was paid by month.
    pub(super) months: Months,
}

/// The transfers that were accepted by a day's end. One that was completed or stopped since still counts
/// as agreed; one withdrawn by then does not.
pub(super) fn accepted(db: &mut Db, account: Seq, on: NaiveDate) -> Stored<Accepted> {
    let mut paid = paid_by_transfer(db, AsAt { account, on, known_at: Seq::MAX })?;
    let mut transfers = Vec::new();
    for StoredTransfer { row, facts, changes, .. } in histories(db, &[account], Seq::MAX)? {
        let history = TransferHistory::new(facts, changes);
        if !counts(&history, on) {
            continue;
        }
        let months = paid.remove(&row.id).unwrap_or_default();
        let provider = history.employer_at(on).map_or(row.provider_id, |employer| employer.key);
        transfers.push(AcceptedTransfer { provider, day: OnDay::of(&history, &months, on), months, row });
    }
    let keys: HashSet<Seq> = transfers.iter().map(|transfer| transfer.provider).collect();
    Ok(Accepted { transfers, providers: agreements::reported_providers(db, keys)? })
}

fn counts(history: &TransferHistory, on: NaiveDate) -> bool {
    let accepted = history.accepted_on().is_some_and(|accepted| accepted <= on);
    accepted && history.status_at(on) != Some(TransferStatus::Withdrawn)
}

/// What is reported of the transfers that were accepted by a day's end.
pub(crate) fn report(db: &mut Db, account: Seq, on: NaiveDate) -> Stored<TransferReport> {
    let mut starts: HashMap<Seq, Vec<AlikeStarts>> = HashMap::new();
    for alike in agreements::reported_starts(db, account, on)? {
        let agreements::ReportedStarts { transfer, level, sector, local, groups, count } = alike;
        starts.entry(transfer).or_default().push(AlikeStarts { level, sector, local, groups, count });
    }
    let Accepted { transfers, providers } = accepted(db, account, on)?;
    let mut reported = Vec::with_capacity(transfers.len());
    for AcceptedTransfer { row, provider, day, .. } in transfers {
        let Some(ReportedProvider { sector, district, .. }) = providers.get(&provider) else { continue };
        let purpose = purpose_of(&row)?;
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
            starts: starts.remove(&row.id).unwrap_or_default(),
        });
    }
    Ok(TransferReport::of(&reported))
}
