//! What was committed to each provider beside what it drew down, read for a day.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use uuid::Uuid;

use super::report::{Accepted, AcceptedTransfer, accepted};
use crate::domain::commitments::{Commitment, Drawdown, StartsUnder};
use crate::domain::journal::Seq;
use crate::domain::people::Sector;
use crate::storage::agreements;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::starts::histories;
use crate::storage::sums::KEYS_AT_ONCE;

/// A provider with what was committed to it.
pub(crate) struct ProviderCommitments {
    pub(crate) provider: Uuid,
    pub(crate) name: String,
    pub(crate) sector: Sector,
    pub(crate) district: Option<String>,
    pub(crate) drawdown: Drawdown,
}

/// What an account committed to each provider by transfers that were accepted by a day's end, by the
/// providers' names; those of one name by age.
pub(crate) fn commitments(db: &mut Db, account: Seq, on: NaiveDate) -> Stored<Vec<ProviderCommitments>> {
    let Accepted { transfers, mut providers } = accepted(db, account, on)?;
    let mut starts = starts_by_transfer(db, account, on)?;
    let mut drawdowns: BTreeMap<Seq, Drawdown> = BTreeMap::new();
    for AcceptedTransfer { row, provider, day, months } in transfers {
        drawdowns.entry(provider).or_default().add(&Commitment {
            is_open: day.status.is_open(),
            apprenticeships: u64::try_from(row.apprentices).unwrap_or(0),
            agreed: day.terms.amount,
            reserved: day.reserved,
            paid: day.paid,
            months,
            starts: starts.remove(&row.id).unwrap_or_default(),
        });
    }
    let found = drawdowns.into_iter().filter_map(|(key, drawdown)| {
        let agreements::ReportedProvider { public_id, name, sector, district } = providers.remove(&key)?;
        Some(ProviderCommitments { provider: public_id, name, sector, district, drawdown })
    });
    let mut found: Vec<ProviderCommitments> = found.collect();
    found.sort_by_cached_key(|provider| (provider.name.to_lowercase(), provider.provider));
    Ok(found)
}

/// The starts under each transfer, read in parts so that no more lives are held than one part has.
fn starts_by_transfer(db: &mut Db, account: Seq, on: NaiveDate) -> Stored<HashMap<Seq, StartsUnder>> {
    let mut found: HashMap<Seq, StartsUnder> = HashMap::new();
    for starts in agreements::starts_under(db, account, on)?.chunks(KEYS_AT_ONCE) {
        let keys: Vec<Seq> = starts.iter().map(|(_, start)| *start).collect();
        let lives = histories(db, &keys, Seq::MAX)?;
        for (transfer, start) in starts {
            if let Some(history) = lives.get(start) {
                found.entry(*transfer).or_default().add(history, on);
            }
        }
    }
    Ok(found)
}
