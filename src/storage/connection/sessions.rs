//! Connections that are kept: one that outlives its server's absence, and a pool of those that read.

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ManageConnection, Pool};

use super::{DatabaseUrl, Db, Failure, OpenError, Purpose, failure, open};
use crate::storage::columns::{StorageError, Stored};

/// A connection that is opened anew when its server was lost.
pub(crate) struct Lasting {
    url: DatabaseUrl,
    purpose: Purpose,
    db: Db,
    lost: bool,
}

impl Lasting {
    /// Opens it.
    ///
    /// # Errors
    /// [`OpenError`] when the database cannot be opened.
    pub(crate) fn open(url: &DatabaseUrl, purpose: Purpose) -> Result<Self, OpenError> {
        Ok(Self { url: url.clone(), purpose, db: open(url, purpose)?, lost: false })
    }

    /// The connection, opened anew if it was lost.
    pub(crate) fn get(&mut self) -> Stored<&mut Db> {
        if self.lost {
            self.db = open(&self.url, self.purpose)?;
            self.lost = false;
        }
        Ok(&mut self.db)
    }

    /// Uses it, and sees whether it is lost.
    pub(crate) fn run<T>(&mut self, what: impl FnOnce(&mut Db) -> Stored<T>) -> Stored<T> {
        let outcome = what(self.get()?);
        self.lost = matches!(&outcome, Err(StorageError::Database(cause)) if failure(cause) == Failure::Lost);
        outcome
    }

    /// Whether each question takes a round trip to a server.
    pub(crate) fn is_remote(&self) -> bool {
        match self.db {
            Db::Sqlite(_) => false,
            Db::Postgres(_) => true,
        }
    }

    /// Knows that it was lost.
    pub(crate) fn lose(&mut self) {
        self.lost = true;
    }

    /// Whether it was lost.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost
    }
}

/// Connections for reading, which never wait for the writer.
pub(crate) struct ReadConnections {
    pub(crate) url: DatabaseUrl,
}

impl ManageConnection for ReadConnections {
    type Connection = Db;
    type Error = OpenError;

    fn connect(&self) -> Result<Db, OpenError> {
        open(&self.url, Purpose::Reading)
    }

    fn is_valid(&self, db: &mut Db) -> Result<(), OpenError> {
        match db {
            Db::Sqlite(_) => Ok(()),
            // A server may have gone away, or come back, since it was asked last.
            Db::Postgres(postgres) => postgres
                .batch_execute("SELECT 1")
                .map_err(|cause| OpenError::Unreachable { url: self.url.clone(), cause: cause.to_string() }),
        }
    }

    fn has_broken(&self, _: &mut Db) -> bool {
        false
    }
}

/// The pool of reading connections.
pub(crate) type ReadPool = Pool<ReadConnections>;
