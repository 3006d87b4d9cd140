//! Opening a database and the few statements on which SQLite and PostgreSQL part. No other file
//! knows which database it talks to.

mod copied;
mod postgres;
mod sessions;
mod url;

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, InsertStatement, QueryFragment};
use diesel::query_dsl::methods::ExecuteDsl;
use diesel::sqlite::Sqlite;

pub(crate) use sessions::{Lasting, ReadConnections, ReadPool};
pub use url::{DatabaseUrl, OpenError};

use super::schema::events;
use copied::Copied;
use url::Place;

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub(crate) enum Db {
    /// A file, or a temporary one.
    Sqlite(SqliteConnection),
    /// A server.
    Postgres(PgConnection),
}

/// What every SQLite connection is told: wait for a lock, keep the log apart, flush each commit to
/// disk, hold foreign keys, keep 16 MiB of pages, and overwrite what is deleted, so that erased
/// personal data does not stay in the file.
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; \
    PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16384; PRAGMA secure_delete = FAST;";

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To record.
    Recording,
    /// To read, as one of many.
    Reading,
    /// To read much, alone.
    Looking,
    /// To keep how far webhooks were told. Its commits need not wait for the disk: what a power cut loses
    /// of them is told once more.
    Delivering,
}

impl Purpose {
    /// What SQLite is told besides.
    fn of_file(self) -> &'static str {
        match self {
            Self::Recording => "",
            // There are several of them, and the operating system keeps the pages of the file as well.
            Self::Reading => "PRAGMA query_only = ON; PRAGMA cache_size = -4096",
            Self::Looking => "PRAGMA query_only = ON; PRAGMA cache_size = -65536",
            Self::Delivering => "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -256",
        }
    }

    /// What PostgreSQL is told besides.
    fn of_server(self) -> &'static str {
        match self {
            Self::Recording => "",
            Self::Reading | Self::Looking => postgres::READING,
            Self::Delivering => postgres::NOT_WAITING,
        }
    }
}

/// Opens a connection. One that looks leaves a file as it finds it, and makes none.
///
/// # Errors
/// [`OpenError`] when the database cannot be opened or set up.
pub(crate) fn open(url: &DatabaseUrl, purpose: Purpose) -> Result<Db, OpenError> {
    match &url.0 {
        Place::Server(server) => postgres::open(url, server, purpose.of_server()).map(Db::Postgres),
        Place::File(path) => {
            let settings = if purpose == Purpose::Looking {
                if !holds_something(path) {
                    return Err(OpenError::Nothing(url.clone()));
                }
                "PRAGMA busy_timeout = 10000"
            } else {
                SQLITE_SETTINGS
            };
            let unreachable = |cause: String| OpenError::Unreachable { url: url.clone(), cause };
            let mut connection =
                SqliteConnection::establish(&path.to_string_lossy()).map_err(|cause| unreachable(cause.to_string()))?;
            connection.batch_execute(settings).map_err(|cause| unreachable(cause.to_string()))?;
            connection.batch_execute(purpose.of_file()).map_err(|cause| unreachable(cause.to_string()))?;
            Ok(Db::Sqlite(connection))
        }
    }
}

fn holds_something(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() > 0)
}

/// Begins a transaction with the ledger lock: from here to its end nobody else records. What was recorded
/// while it waited for the lock is seen, whatever isolation the server is set to.
pub(crate) fn begin_recording(db: &mut Db) -> QueryResult<()> {
    match db {
        Db::Sqlite(sqlite) => sqlite.batch_execute("BEGIN IMMEDIATE"),
        Db::Postgres(postgres) => {
            postgres.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(7205759)")
        }
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
    /// The server has gone away. What was to be committed may be recorded: the server can be asked.
    Lost,
    /// The disk failed: whether it was recorded is not known.
    Unknown,
}

/// What a failure means.
pub(crate) fn failure(cause: &diesel::result::Error) -> Failure {
    use diesel::result::Error;
    match cause {
        cause if postgres::is_lost(cause) => Failure::Lost,
        Error::DatabaseError(_, said) => {
            let says = |what: &[&str]| what.iter().any(|what| said.message().contains(what));
            if says(&["database or disk is full", "No space left on device"]) {
                Failure::Full
            } else if says(&["database is locked", "due to lock timeout"]) {
                Failure::Busy
            } else if says(&["disk I/O error"]) {
                Failure::Unknown
            } else {
                Failure::Stated
            }
        }
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
    match db {
        Db::Sqlite(sqlite) => DataVersion.get_result(sqlite),
        Db::Postgres(postgres) => {
            let last = events::table.select(diesel::dsl::max(events::last_seq));
            Ok(last.get_result::<Option<i64>>(postgres)?.unwrap_or(0))
        }
    }
}

/// `PRAGMA data_version`, as a query that is prepared once: every request asks it.
#[derive(diesel::query_builder::QueryId)]
struct DataVersion;

impl QueryFragment<Sqlite> for DataVersion {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        pass.push_sql("PRAGMA data_version");
        Ok(())
    }
}

impl diesel::query_builder::Query for DataVersion {
    type SqlType = diesel::sql_types::BigInt;
}

impl RunQueryDsl<SqliteConnection> for DataVersion {}

/// Waits until nobody else brings the same database to its form, and keeps others waiting.
pub(crate) fn begin_migrating(db: &mut Db) -> QueryResult<()> {
    match db {
        // A file has one writer at a time.
        Db::Sqlite(_) => Ok(()),
        Db::Postgres(postgres) => postgres.batch_execute("SELECT pg_advisory_lock(7205760)"),
    }
}

/// Lets others bring the database to its form.
pub(crate) fn end_migrating(db: &mut Db) -> QueryResult<()> {
    match db {
        Db::Sqlite(_) => Ok(()),
        Db::Postgres(postgres) => postgres.batch_execute("SELECT pg_advisory_unlock(7205760)"),
    }
}

/// From how many rows on PostgreSQL takes them faster by `COPY`, which takes one more round trip.
const WORTH_COPYING: usize = 8;

/// How many rows a statement of SQLite appends that is prepared once and kept.
const IN_GROUPS_OF: usize = 16;

/// Appends rows to a table.
pub(crate) fn append<T, R, V, W, G>(db: &mut Db, table: T, rows: Vec<R>) -> QueryResult<()>
where
    T: Table + Copy,
    R: Insertable<T, Values = V> + Copied,
    Vec<R>: Insertable<T, Values = W>,
    Box<[R; IN_GROUPS_OF]>: Insertable<T, Values = G>,
    InsertStatement<T, V>: ExecuteDsl<SqliteConnection>,
    InsertStatement<T, G>: ExecuteDsl<SqliteConnection>,
    InsertStatement<T, W>: ExecuteDsl<PgConnection>,
{
    match db {
        Db::Sqlite(sqlite) => append_in_groups(sqlite, table, rows),
        Db::Postgres(_) if rows.is_empty() => Ok(()),
        Db::Postgres(postgres) if rows.len() >= WORTH_COPYING => R::copy(rows, postgres).map(drop),
        Db::Postgres(postgres) => ExecuteDsl::execute(diesel::insert_into(table).values(rows), postgres).map(drop),
    }
}

/// Appends rows by statements that are prepared once, of a group of rows or of one: a group takes three
/// fifths of the time of its rows one after the other, and no more than a statement of a thousand rows that
/// is prepared for them alone.
fn append_in_groups<T, R, V, G>(db: &mut SqliteConnection, table: T, rows: Vec<R>) -> QueryResult<()>
where
    T: Table + Copy,
    R: Insertable<T, Values = V>,
    Box<[R; IN_GROUPS_OF]>: Insertable<T, Values = G>,
    InsertStatement<T, V>: ExecuteDsl<SqliteConnection>,
    InsertStatement<T, G>: ExecuteDsl<SqliteConnection>,
{
    let mut rows = rows.into_iter();
    loop {
        let next: Vec<R> = rows.by_ref().take(IN_GROUPS_OF).collect();
        match <Box<[R; IN_GROUPS_OF]>>::try_from(next) {
            Ok(group) => ExecuteDsl::execute(group.insert_into(table), db)?,
            Err(rest) => {
                return rest.into_iter().try_for_each(|row| ExecuteDsl::execute(row.insert_into(table), db).map(drop));
            }
        };
    }
}

/// Sets rows of whole numbers of several tables, each under its key, in one statement a thousand rows. A
/// server is told all of them in one round trip.
pub(crate) fn set_sums(db: &mut Db, sums: &[(&SumTable, Vec<Vec<i64>>)]) -> QueryResult<()> {
    let of_table = |(sums, rows): &(&SumTable, Vec<Vec<i64>>)| -> Vec<String> {
        rows.chunks(1_000).map(|rows| sums.setting(rows)).collect()
    };
    let statements: Vec<String> = sums.iter().flat_map(of_table).collect();
    if statements.is_empty() { Ok(()) } else { db.batch_execute(&statements.join("; ")) }
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

impl SumTable {
    /// The statement that sets rows.
    fn setting(&self, rows: &[Vec<i64>]) -> String {
        let tuples: Vec<String> = rows.iter().map(|row| format!("({})", join(row))).collect();
        let updates: Vec<String> = self.values.iter().map(|column| format!("{column} = excluded.{column}")).collect();
        format!(
            "INSERT INTO {} ({}) VALUES {} ON CONFLICT ({}) DO UPDATE SET {}",
            self.table,
            [self.key, self.values].concat().join(", "),
            tuples.join(", "),
            self.key.join(", "),
            updates.join(", "),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_in_which_another_process_records_for_long_is_busy_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::file(folder.path().join("ledger.db"));
        let (mut theirs, mut ours) = (open(&url, Purpose::Recording).unwrap(), open(&url, Purpose::Recording).unwrap());
        begin_recording(&mut theirs).unwrap();
        ours.batch_execute("PRAGMA busy_timeout = 0").unwrap();
        let refused = begin_recording(&mut ours).unwrap_err();
        assert_eq!(failure(&refused), Failure::Busy);
        theirs.batch_execute("COMMIT").unwrap();
        assert!(begin_recording(&mut ours).is_ok());
    }

    #[derive(QueryableByName)]
    struct BuiltWith {
        #[diesel(sql_type = diesel::sql_types::Text)]
        compile_options: String,
    }

    #[test]
    fn sqlite_is_built_without_locks_and_without_preparing_anew_what_is_bound_anew() {
        let mut db = SqliteConnection::establish(":memory:").unwrap();
        let options = diesel::sql_query("SELECT compile_options FROM pragma_compile_options");
        let options: Vec<BuiltWith> = options.load(&mut db).unwrap();
        for asked in ["THREADSAFE=2", "ENABLE_QPSG"] {
            let has = options.iter().any(|option| option.compile_options == asked);
            assert!(has, "{asked}, as .cargo/config.toml says: build within the project, without LIBSQLITE3_FLAGS");
        }
    }
}
