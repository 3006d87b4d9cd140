//! What another process recorded since the last batch of this one, counted into what is loaded: where
//! several serve a ledger in turns, each would otherwise load everything anew for each of its batches.

use std::collections::HashSet;

use super::columns::Stored;
use super::connection::Db;
use super::counting::Paying;
use super::events::Later;
use super::ledger::Ledger;
use super::{accounts, changes, entries, starts, transfers};
use crate::domain::journal::Seq;

/// How many entries are counted in at the most: where there are more, loading takes no longer.
const COUNTED_IN: Seq = 2_000;

/// The actions of events that are counted in besides those that record entries.
const AGREED: &str = "transfer_agreed";
const STARTED: &str = "start_recorded";

/// What was recorded since: entries, transfers that were agreed and starts, by their keys.
#[derive(Default)]
struct Since {
    entries: Seq,
    agreed: Vec<Seq>,
    started: Vec<Seq>,
}

impl Since {
    /// None where anything else was recorded, which is seldom, or more than is counted in.
    fn of(events: &[Later]) -> Option<Self> {
        let mut since = Self::default();
        for event in events {
            let numbers = event.last - event.first + 1;
            match (event.action.as_str(), numbers) {
                (changes::ENTERED, _) => since.entries += numbers,
                (AGREED, 1) => since.agreed.push(event.first),
                (STARTED, 1) => since.started.push(event.first),
                _ => return None,
            }
        }
        (since.entries <= COUNTED_IN).then_some(since)
    }
}

impl Ledger {
    /// Counts in what was recorded after what is loaded. False where that cannot be done, and everything
    /// has to be loaded anew.
    pub(super) fn catch_up(&mut self, db: &mut Db, later: &[Later]) -> Stored<bool> {
        let (Some(first), Some(last)) = (later.first(), later.last()) else { return Ok(true) };
        let Some(since) = Since::of(later) else { return Ok(false) };
        let entries = if since.entries > 0 { entries::within(db, (first.first, last.last))? } else { Vec::new() };
        // An event that begins with an entry can go on otherwise.
        if Seq::try_from(entries.len()) != Ok(since.entries) {
            return Ok(false);
        }
        self.agree_with_others(db, &since.agreed)?;
        let mut paying = Paying::new();
        for (seq, account, entry) in &entries {
            match self.account_ids.get(account).copied() {
                Some(account) => self.count((*seq, account), entry, &mut paying),
                // Who pays for a start need not be the account that has it.
                None => self.count_for_start(entry),
            }
        }
        self.settle_uses(&mut paying);
        self.hold_others_starts(db, &since.started)?;
        Ok(true)
    }

    fn agree_with_others(&mut self, db: &mut Db, agreed: &[Seq]) -> Stored<()> {
        if agreed.is_empty() {
            return Ok(());
        }
        let stored = transfers::by_keys(db, agreed)?;
        let of: HashSet<Seq> = stored.iter().map(|stored| stored.row.account_id).collect();
        let (loaded, others): (Vec<Seq>, Vec<Seq>) = of.into_iter().partition(|key| self.account_ids.contains_key(key));
        // Providers that are loaded know who has transfers with them, be that account loaded or not.
        let mut accounts = accounts::ids_of(db, &others)?;
        accounts.extend(loaded.into_iter().filter_map(|key| Some((key, *self.account_ids.get(&key)?))));
        for transfer in transfers::unpaid(db, stored, &accounts)? {
            self.agree(transfer);
        }
        Ok(())
    }

    fn hold_others_starts(&mut self, db: &mut Db, started: &[Seq]) -> Stored<()> {
        if started.is_empty() {
            return Ok(());
        }
        for (transfer, under) in starts::under_transfers(db, started)? {
            for (start, under) in under {
                self.hold_start(transfer, start, Some(under));
            }
        }
        // Any of them may be the same as one that is asked about.
        self.forget_identities();
        Ok(())
    }
}
