//! Domain values as columns hold them, and back. A value that cannot be read back is a fault of the
//! database, not of a caller.

use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::connection::{self, Failure, OpenError};
use crate::domain::calendar::Month;
use crate::domain::names::Named;

/// Why something stored could not be read, or not written.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The database refused a statement.
    #[error("the database says: {0}")]
    Database(#[from] diesel::result::Error),
    /// No connection could be had.
    #[error("no connection to the database: {0}")]
    Connection(String),
    /// The database cannot be opened, or cannot keep a ledger.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database has not the form that this version writes, and cannot be brought to it.
    #[error("{0}")]
    Form(String),
    /// Lines of a file could not be put aside, or read back.
    #[error("the temporary files of an import: {0}")]
    Staging(String),
    /// A stored value that is not one of ours.
    #[error("the stored {what} {value:?} cannot be read")]
    Unreadable {
        /// What kind of value it should be.
        what: &'static str,
        /// What stands there.
        value: String,
    },
}

impl StorageError {
    /// Whether the database is away, or has no connection left: whoever asks may come back.
    #[must_use]
    pub fn is_away(&self) -> bool {
        match self {
            Self::Open(_) | Self::Connection(_) => true,
            Self::Database(cause) => connection::failure(cause) == Failure::Lost,
            Self::Form(_) | Self::Staging(_) | Self::Unreadable { .. } => false,
        }
    }
}

/// What reading gives.
pub type Stored<T> = Result<T, StorageError>;

fn unreadable(what: &'static str, value: impl ToString) -> StorageError {
    StorageError::Unreadable { what, value: value.to_string() }
}

pub(crate) fn month(stored: i32) -> Stored<Month> {
    Month::from_stored(stored).ok_or_else(|| unreadable("month", stored))
}

pub(crate) fn uuid(stored: &str) -> Stored<Uuid> {
    Uuid::parse_str(stored).map_err(|_| unreadable("id", stored))
}

pub(crate) fn decimal(stored: &str) -> Stored<Decimal> {
    Decimal::from_str(stored).map_err(|_| unreadable("figure", stored))
}

pub(crate) fn name<T: Named>(what: &'static str, stored: &str) -> Stored<T> {
    T::from_name(stored).map_err(|_| unreadable(what, stored))
}

pub(crate) fn whole<T: FromStr>(what: &'static str, stored: &str) -> Stored<T> {
    stored.parse().map_err(|_| unreadable(what, stored))
}

/// A list of names, as one column holds it: separated by spaces.
pub(crate) fn names<T: Named>(what: &'static str, stored: &str) -> Stored<Vec<T>> {
    stored.split_whitespace().map(|word| name(what, word)).collect()
}

pub(crate) fn words<T: Named>(values: &[T]) -> String {
    values.iter().map(|value| value.name()).collect::<Vec<_>>().join(" ")
}

pub(crate) fn small<T: TryFrom<i64>>(what: &'static str, stored: i64) -> Stored<T> {
    T::try_from(stored).map_err(|_| unreadable(what, stored))
}

/// A date in the one form in which it is hashed and answered.
pub(crate) fn date_text(date: NaiveDate) -> String {
    // The same as the format "%Y-%m-%d" for four-digit years, and much faster.
    date.to_string()
}

/// A time in the one form in which it is hashed.
pub(crate) fn time_text(time: NaiveDateTime) -> String {
    time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}
