//! What a close needs, read before its turn comes: while those before it are recorded.

use chrono::NaiveDate;
use uuid::Uuid;

use super::ClosingMonth;
use crate::domain::account::Account;
use crate::domain::close::Closing;
use crate::domain::journal::Seq;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::events::{self, Head};
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::passed_on;

/// A ledger with what closing a month of accounts needs, and where it stood as it was read.
pub struct Ahead {
    ledger: Ledger,
    head: Head,
}

impl Ahead {
    /// Reads it, all of it in one state.
    pub(crate) fn read(db: &mut Db, needs: &Needs, today: NaiveDate) -> Stored<Self> {
        let head = events::head(db)?;
        let mut ledger = Ledger::default();
        ledger.load_with_closing((db, None), &[needs], today)?;
        Ok(Self { ledger, head })
    }

    /// Works out what the closes record, which says nothing of when they do.
    pub(crate) fn settle(&mut self, close: impl Fn(&Ledger, &Account, &ClosingMonth) -> Closing) {
        let ledger = &self.ledger;
        let open = ledger.closing.iter().filter(|(_, closing)| closing.record.is_none());
        let closes = open.filter_map(|(id, closing)| Some((*id, close(ledger, ledger.accounts.get(id)?, closing))));
        let closes: Vec<(Uuid, Closing)> = closes.collect();
        for (id, closes) in closes {
            self.ledger.closing.entry(id).and_modify(|closing| closing.settled = Some(closes));
        }
    }

    /// The ledger, where reading it again would give the same to close by: all that was recorded since
    /// are closes of other accounts, and they passed nothing on to these.
    pub(crate) fn if_it_counts(self, db: &mut Db, today: NaiveDate) -> Stored<Option<Ledger>> {
        let Self { ledger, head } = self;
        let accounts: Vec<Seq> = ledger.accounts.values().map(|account| account.key).collect();
        let counts = !ledger.is_stale(today)
            && events::are_closes_of_others(db, head.event, &accounts)?
            && !passed_on::is_any(db, head.seq, &accounts)?;
        Ok(counts.then_some(ledger))
    }
}
