//! Where the ledger is kept: one writer, many readers, and everything that is recorded chained.

pub(crate) mod accounts;
pub(crate) mod agreements;
pub(crate) mod allowance;
pub(crate) mod audit;
mod catching_up;
#[cfg(test)]
mod caught_up;
pub(crate) mod changes;
pub(crate) mod closing;
pub(crate) mod columns;
mod commit;
pub(crate) mod connection;
mod copying;
mod counting;
pub(crate) mod declarations;
mod dry_run;
pub(crate) mod entries;
pub(crate) mod events;
pub(crate) mod forecasting;
mod idempotency;
pub(crate) mod journal_profiles;
pub(crate) mod known_starts;
pub(crate) mod ledger;
mod loading;
pub(crate) mod measures;
mod migrations;
pub(crate) mod months;
pub(crate) mod participation;
mod passed_on;
pub(crate) mod paye_schemes;
pub(crate) mod promises;
pub(crate) mod providers;
pub(crate) mod reconciliation;
mod recording;
#[cfg(test)]
mod room;
pub(crate) mod rows;
pub(crate) mod rule_sets;
pub(crate) mod scan;
pub(crate) mod schema;
mod start_changes;
mod start_lists;
pub(crate) mod start_lives;
mod start_rows;
pub(crate) mod starts;
pub(crate) mod statement_export;
pub(crate) mod statements;
mod submission;
pub(crate) mod sums;
pub(crate) mod tokens;
pub(crate) mod transfers;
mod verify;
pub(crate) mod webhooks;
pub(crate) mod workforce;
pub(crate) mod writer;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::prelude::*;
use diesel::r2d2::Pool;
use uuid::Uuid;

pub use columns::{StorageError, Stored};
pub use connection::{DatabaseUrl, OpenError};
pub use copying::{CopyError, copy};
pub use events::Head;
pub use loading::LoadError;
pub use verify::{Fault, Inspection, Verification};
pub use writer::{Clock, WriteError};

use crate::domain::journal::Seq;
use connection::{Db, Lasting, Purpose, ReadConnections, ReadPool};
use tokens::{Found, KnownTokens};
use verify::Extent;
use writer::{Answer, Moment, Submission, WriterHandle};

/// How long a reader waits for a connection before the caller is told that there is none.
const PATIENCE: Duration = Duration::from_secs(10);

/// The ledger, open. Whoever has a copy shares it.
#[derive(Clone)]
pub struct Store(Arc<Open>);

struct Open {
    writer: WriterHandle,
    readers: ReadPool,
    tokens: KnownTokens,
    deliveries: Mutex<Lasting>,
    clock: Arc<dyn Clock>,
    verifying: Mutex<()>,
}

/// How a ledger is opened.
pub struct StoreOptions {
    /// Where it is kept.
    pub url: DatabaseUrl,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
    /// For how many days answers are kept under their idempotency keys.
    pub idempotency_days: u32,
    /// How many connections read at the same time.
    pub readers: u32,
}

impl Store {
    /// Opens a ledger, bringing its database to the form that this version writes.
    ///
    /// # Errors
    /// [`StorageError`] when the database cannot be opened, migrated or read.
    pub fn open(options: StoreOptions) -> Stored<Self> {
        let StoreOptions { url, clock, idempotency_days, readers } = options;
        let mut db = Lasting::open(&url, Purpose::Recording)?;
        migrations::migrate(db.get()?)?;
        let tokens = KnownTokens::new(&url, readers)?;
        let deliveries = Mutex::new(Lasting::open(&url, Purpose::Delivering)?);
        let beside = Lasting::open(&url, Purpose::Reading)?;
        let writer = WriterHandle::start((db, beside), clock.clone(), idempotency_days)?;
        let readers = Pool::builder()
            .max_size(readers.max(1))
            .min_idle(Some(0))
            .connection_timeout(PATIENCE)
            .build(ReadConnections { url: url.clone() })
            .map_err(|cause| StorageError::Connection(cause.to_string()))?;
        Ok(Self(Arc::new(Open { writer, readers, tokens, deliveries, clock, verifying: Mutex::default() })))
    }

    /// Brings a database to the form that this version writes; gives the migrations applied.
    ///
    /// # Errors
    /// [`StorageError`] when it cannot be opened or refuses.
    pub fn migrate(url: &DatabaseUrl) -> Stored<Vec<String>> {
        migrations::migrate(&mut connection::open(url, Purpose::Recording)?)
    }

    /// Whether nothing was ever recorded.
    ///
    /// # Errors
    /// [`StorageError`] when it cannot be read.
    pub fn is_empty(&self) -> Stored<bool> {
        self.read(|db| Ok(events::head(db)?.seq == 0))
    }

    /// The way to the writer.
    #[must_use]
    pub fn writer(&self) -> &WriterHandle {
        &self.0.writer
    }

    /// What tells the time.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    /// The moment at which something is read.
    pub(crate) fn moment(&self) -> Moment {
        Moment { at: self.0.clock.now(), today: self.0.clock.today() }
    }

    /// Reads one consistent state, waiting for nobody.
    pub(crate) fn read<T>(&self, query: impl FnOnce(&mut Db) -> Stored<T>) -> Stored<T> {
        let mut db = self.0.readers.get().map_err(|cause| StorageError::Connection(cause.to_string()))?;
        Connection::transaction(&mut *db, query)
    }

    /// Keeps how far webhooks were told, which is no part of what is recorded and waits in no queue.
    pub(crate) fn keep<T>(&self, change: impl FnOnce(&mut Db) -> Stored<T>) -> Stored<T> {
        // A thread that panicked while it held the lock left a connection between two statements.
        self.0.deliveries.lock().unwrap_or_else(PoisonError::into_inner).run(change)
    }

    /// Rechecks the events that hold these numbers, and everything recorded if they are all. None
    /// while another run is under way: one takes what the machine has to give.
    pub(crate) fn verify(&self, from: Option<Seq>, to: Option<Seq>) -> Stored<Option<Verification>> {
        let Ok(_running) = self.0.verifying.try_lock() else { return Ok(None) };
        let mut db = self.0.readers.get().map_err(|cause| StorageError::Connection(cause.to_string()))?;
        let extent = Extent { from, to, today: self.0.clock.today() };
        verify::verify(&mut db, &extent, &mut |_, _| ()).map(Some)
    }

    /// Decides without recording.
    pub(crate) fn try_out(&self, submission: Submission) -> Stored<Answer> {
        let moment = self.moment();
        let mut db = self.0.readers.get().map_err(|cause| StorageError::Connection(cause.to_string()))?;
        dry_run::try_out(&mut db, submission, moment)
    }

    /// The token of an id, revoked or not, and where the ledger stands as it is looked up.
    pub(crate) async fn token(&self, id: Uuid) -> Stored<Found> {
        self.0.tokens.find(id).await
    }
}
