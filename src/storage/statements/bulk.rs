//! A staged statement, decided and recorded alone in its transaction, or only tried out.

use super::passage::{Nowhere, Tally, go_through};
use super::recording::{self, FileFacts, Hand};
use super::staging::Staging;
use crate::domain::account::Account;
use crate::domain::journal::Sums;
use crate::domain::money::Money;
use crate::domain::statements::closing_difference;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::events::Head;
use crate::storage::ledger::Ledger;
use crate::storage::writer::{Actor, Answer, Moment, Refused};

/// A command that records more than memory holds: it reads and appends by itself, in a transaction of
/// its own.
pub trait Bulk: Send {
    /// Decides and records, or only decides.
    ///
    /// # Errors
    /// `StorageError` when the database fails: then nothing is recorded.
    fn run(self: Box<Self>, desk: &mut Desk<'_>) -> Stored<Result<Answer, Refused>>;
}

/// Where a [`Bulk`] command reads and records.
pub struct Desk<'d> {
    pub(crate) db: &'d mut Db,
    pub(crate) ledger: &'d Ledger,
    pub(crate) actor: &'d Actor,
    pub(crate) now: Moment,
    /// Where the ledger stands; none where nothing is to be recorded.
    pub(crate) head: Option<&'d mut Head>,
}

/// What an import came to.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    pub(crate) tally: Tally,
    pub(crate) closing_difference: Money,
}

impl Desk<'_> {
    /// Takes a statement of an account.
    pub(crate) fn take(&mut self, account: &Account, staging: &mut Staging, file: &FileFacts) -> Stored<Settled> {
        let tally = match self.head.as_deref_mut() {
            Some(head) => {
                let mut hand = Hand { head, actor: self.actor, at: self.now.at };
                recording::record(self.db, account, (staging, file), &mut hand)?
            }
            None => go_through(self.db, account.key, staging, &mut Nowhere)?,
        };
        let mut ledger: Sums = account.books.months.clone();
        tally.add_to(&mut ledger);
        let seen = staging.sightings.iter().map(|(key, seen)| (*key, seen.amount));
        Ok(Settled { closing_difference: closing_difference(seen, &ledger), tally })
    }
}
