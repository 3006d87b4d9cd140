//! What a close needs, read before its turn comes: while those before it are recorded.

use chrono::NaiveDate;

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
        ledger.load(db, [needs], today)?;
        ledger.load_closing((db, None), [needs])?;
        Ok(Self { ledger, head })
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
