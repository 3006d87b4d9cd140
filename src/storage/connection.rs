//! Opening a database and the few statements on which SQLite and PostgreSQL part. No other file
//! knows which database it talks to.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::query_builder::InsertStatement;
use diesel::query_dsl::methods::ExecuteDsl;
use diesel::r2d2::{ManageConnection, Pool};

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub(crate) enum Db {
    /// A file, or a temporary one.
    Sqlite(SqliteConnection),
    /// A server; refused by name until it is served.
    Postgres(PgConnection),
}

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A scheme that no database here answers to.
    #[error("the database URL {0:?} names no database: write sqlite:FILE, such as sqlite:levy-ledger.db")]
    UnknownScheme(String),
    /// PostgreSQL, which this version does not serve.
    #[error("PostgreSQL is not served by this version: write sqlite:FILE, such as sqlite:levy-ledger.db")]
    PostgresNotServed,
    /// The file cannot be opened.
    #[error("cannot open {path}: {cause}")]
    Unreachable {
        /// The file that was asked for.
        path: PathBuf,
        /// What the database says.
        cause: String,
    },
}

/// Where the ledger is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseUrl {
    path: PathBuf,
}

impl DatabaseUrl {
    /// A file of SQLite.
    #[must_use]
    pub fn file(path: PathBuf) -> Self {
        Self { path }
    }

    /// The file of the database.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl std::str::FromStr for DatabaseUrl {
    type Err = OpenError;

    fn from_str(url: &str) -> Result<Self, OpenError> {
        let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        let file = url.strip_prefix("sqlite:").map(|file| file.strip_prefix("//").unwrap_or(file));
        match file {
            Some(file) if !file.is_empty() => Ok(Self { path: PathBuf::from(file) }),
            Some(_) | None if is_postgres => Err(OpenError::PostgresNotServed),
            Some(_) | None => Err(OpenError::UnknownScheme(url.to_owned())),
        }
    }
}

/// What every SQLite connection is told: wait for a lock, keep the log apart, flush each commit to
/// disk, hold foreign keys, keep 16 MiB of pages, and overwrite what is deleted, so that erased
/// personal data does not stay in the file.
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; \
    PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16384; PRAGMA secure_delete = FAST;";

/// Opens a connection.
///
/// # Errors
/// [`OpenError`] when the database cannot be opened or set up.
pub(crate) fn open(url: &DatabaseUrl) -> Result<Db, OpenError> {
    let unreachable = |cause: String| OpenError::Unreachable { path: url.path.clone(), cause };
    let mut connection =
        SqliteConnection::establish(&url.path.to_string_lossy()).map_err(|cause| unreachable(cause.to_string()))?;
    connection.batch_execute(SQLITE_SETTINGS).map_err(|cause| unreachable(cause.to_string()))?;
    Ok(Db::Sqlite(connection))
}

/// Opens a connection that keeps how far webhooks were told. Its commits need not wait for the disk: what
/// a power cut loses of them is told once more.
///
/// # Errors
/// [`OpenError`] when the database cannot be opened or set up.
pub(crate) fn open_for_deliveries(url: &DatabaseUrl) -> Result<Db, OpenError> {
    let unreachable =
        |cause: diesel::result::Error| OpenError::Unreachable { path: url.path.clone(), cause: cause.to_string() };
    let mut db = open(url)?;
    if let Db::Sqlite(sqlite) = &mut db {
        sqlite.batch_execute("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -256").map_err(unreachable)?;
    }
    Ok(db)
}

/// Opens a connection that only looks, and leaves the database as it finds it.
///
/// # Errors
/// [`OpenError`] when the database cannot be opened.
pub(crate) fn look_at(url: &DatabaseUrl) -> Result<Db, OpenError> {
    let unreachable = |cause: String| OpenError::Unreachable { path: url.path.clone(), cause };
    let mut connection =
        SqliteConnection::establish(&url.path.to_string_lossy()).map_err(|cause| unreachable(cause.to_string()))?;
    let settings = "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON; PRAGMA cache_size = -65536;";
    connection.batch_execute(settings).map_err(|cause| unreachable(cause.to_string()))?;
    Ok(Db::Sqlite(connection))
}

/// Takes the ledger lock: from here to the end of the transaction nobody else records.
pub(crate) fn begin_recording(db: &mut Db) -> QueryResult<()> {
    match db {
        Db::Sqlite(sqlite) => sqlite.batch_execute("BEGIN IMMEDIATE"),
        Db::Postgres(postgres) => postgres.batch_execute("BEGIN; SELECT pg_advisory_xact_lock(7205759)"),
    }
}

/// What the failure of a statement means for what it was to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The database said that it has no room: nothing was recorded.
    Full,
    /// Somebody else records for longer than is waited for, as an import by another process can:
    /// nothing was recorded.
    Busy,
    /// The database refused and said why: nothing was recorded.
    Stated,
    /// The disk or the connection failed: whether it was recorded is not known.
    Unknown,
}

/// What a failure means.
pub(crate) fn failure(cause: &diesel::result::Error) -> Failure {
    use diesel::result::Error;
    match cause {
        Error::DatabaseError(_, said) if said.message().contains("database or disk is full") => Failure::Full,
        Error::DatabaseError(_, said) if said.message().contains("database is locked") => Failure::Busy,
        Error::DatabaseError(_, said) if said.message().contains("I/O error") => Failure::Unknown,
        Error::DatabaseError(..) => Failure::Stated,
        _ => Failure::Unknown,
    }
}

/// Takes a little room and gives it back, which fails where there is none.
pub(crate) fn try_room(db: &mut Db) -> QueryResult<()> {
    let blob = match db {
        Db::Sqlite(_) => "BLOB); INSERT INTO room VALUES (zeroblob(65536))",
        Db::Postgres(_) => "TEXT); INSERT INTO room VALUES (repeat('0', 65536))",
    };
    db.batch_execute(&format!("CREATE TABLE room (bytes {blob}; DROP TABLE room"))
}

/// A number that changes whenever another connection has committed.
pub(crate) fn data_version(db: &mut Db) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Version {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        data_version: i64,
    }
    let sql = match db {
        Db::Sqlite(_) => "PRAGMA data_version",
        Db::Postgres(_) => "SELECT COALESCE(MAX(last_seq), 0) AS data_version FROM events",
    };
    Ok(diesel::sql_query(sql).get_result::<Version>(db)?.data_version)
}

/// Appends rows to a table, many to a statement.
pub(crate) fn append<T, R, V>(db: &mut Db, table: T, rows: Vec<R>) -> QueryResult<()>
where
    T: Table + Copy,
    Vec<R>: Insertable<T, Values = V>,
    InsertStatement<T, V>: ExecuteDsl<SqliteConnection> + ExecuteDsl<PgConnection>,
{
    // SQLite takes at most 32,766 parameters in a statement; the widest table has 19 columns.
    let mut rows = rows.into_iter();
    loop {
        let next: Vec<R> = rows.by_ref().take(1_000).collect();
        if next.is_empty() {
            return Ok(());
        }
        let statement = diesel::insert_into(table).values(next);
        match db {
            Db::Sqlite(sqlite) => ExecuteDsl::execute(statement, sqlite)?,
            Db::Postgres(postgres) => ExecuteDsl::execute(statement, postgres)?,
        };
    }
}

/// Appends very many rows to a table. SQLite is given one after the other by one prepared statement,
/// which serves it half as fast again as statements of many rows, each of which is prepared anew; to a
/// server that would cost a round trip each.
pub(crate) fn append_bulk<T, R, V, W>(db: &mut Db, table: T, rows: Vec<R>) -> QueryResult<()>
where
    T: Table + Copy,
    R: Insertable<T, Values = V>,
    Vec<R>: Insertable<T, Values = W>,
    InsertStatement<T, V>: ExecuteDsl<SqliteConnection>,
    InsertStatement<T, W>: ExecuteDsl<SqliteConnection> + ExecuteDsl<PgConnection>,
{
    match db {
        Db::Sqlite(sqlite) => {
            rows.into_iter().try_for_each(|row| ExecuteDsl::execute(row.insert_into(table), sqlite).map(drop))
        }
        Db::Postgres(_) => append(db, table, rows),
    }
}

/// Sets rows of whole numbers, each under its key, in one statement a thousand rows.
pub(crate) fn set_sums(db: &mut Db, sums: &SumTable, rows: &[Vec<i64>]) -> QueryResult<()> {
    let updates: Vec<String> = sums.values.iter().map(|column| format!("{column} = excluded.{column}")).collect();
    let columns = [sums.key, sums.values].concat().join(", ");
    for rows in rows.chunks(1_000) {
        let tuples: Vec<String> = rows.iter().map(|row| format!("({})", join(row))).collect();
        db.batch_execute(&format!(
            "INSERT INTO {} ({columns}) VALUES {} ON CONFLICT ({}) DO UPDATE SET {}",
            sums.table,
            tuples.join(", "),
            sums.key.join(", "),
            updates.join(", "),
        ))?;
    }
    Ok(())
}

fn join(row: &[i64]) -> String {
    row.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

/// A table of running sums: all its columns are whole numbers.
pub(crate) struct SumTable {
    pub(crate) table: &'static str,
    pub(crate) key: &'static [&'static str],
    pub(crate) values: &'static [&'static str],
}

/// Connections for reading, which never wait for the writer.
pub(crate) struct ReadConnections {
    pub(crate) url: DatabaseUrl,
}

impl ManageConnection for ReadConnections {
    type Connection = Db;
    type Error = OpenError;

    fn connect(&self) -> Result<Db, OpenError> {
        let mut db = open(&self.url)?;
        // There are several of them, and the operating system keeps the pages of the file as well.
        db.batch_execute("PRAGMA query_only = ON; PRAGMA cache_size = -4096")
            .map_err(|cause| OpenError::Unreachable { path: self.url.path.clone(), cause: cause.to_string() })?;
        Ok(db)
    }

    fn is_valid(&self, _: &mut Db) -> Result<(), OpenError> {
        Ok(())
    }

    fn has_broken(&self, _: &mut Db) -> bool {
        false
    }
}

/// The pool of reading connections.
pub(crate) type ReadPool = Pool<ReadConnections>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_in_which_another_process_records_for_long_is_busy_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::file(folder.path().join("ledger.db"));
        let (mut theirs, mut ours) = (open(&url).unwrap(), open(&url).unwrap());
        begin_recording(&mut theirs).unwrap();
        ours.batch_execute("PRAGMA busy_timeout = 0").unwrap();
        let refused = begin_recording(&mut ours).unwrap_err();
        assert_eq!(failure(&refused), Failure::Busy);
        theirs.batch_execute("COMMIT").unwrap();
        assert!(begin_recording(&mut ours).is_ok());
    }
}
