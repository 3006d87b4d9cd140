//! Bringing a database to the form that this version writes.

use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::columns::{StorageError, Stored};
use super::connection::Db;
use super::{rule_sets, statements};
use crate::domain::rules::RuleSet;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Applies what is missing, and records the rule sets that every ledger begins with. Gives the
/// migrations that were applied.
///
/// # Errors
/// [`StorageError`] when the database refuses one, or was written by a later version.
pub(crate) fn migrate(db: &mut Db) -> Stored<Vec<String>> {
    let applied = match db {
        Db::Sqlite(sqlite) => apply(sqlite, SQLITE),
        Db::Postgres(postgres) => apply(postgres, POSTGRES),
    }?;
    rule_sets::begin_with(db, &first_rule_sets())?;
    statements::begin_with_secret(db)?;
    Ok(applied)
}

/// The rule sets that every ledger begins with.
pub(crate) fn first_rule_sets() -> [RuleSet; 2] {
    [RuleSet::england(), RuleSet::standard()]
}

/// Whether the database has the form that this version writes. Nothing is changed.
pub(crate) fn is_current(db: &mut Db) -> bool {
    let known = match db {
        Db::Sqlite(_) => versions::<diesel::sqlite::Sqlite>(&SQLITE),
        Db::Postgres(_) => versions::<diesel::pg::Pg>(&POSTGRES),
    };
    // The migrations' own way to look makes their table where there is none.
    let there = schema_migrations::table.select(schema_migrations::version).load::<String>(db);
    there.is_ok_and(|there| known.is_some_and(|known| known.iter().all(|version| there.contains(version))))
}

diesel::table! {
    #[sql_name = "__diesel_schema_migrations"]
    schema_migrations (version) {
        version -> Text,
    }
}

fn versions<B: diesel::backend::Backend>(source: &EmbeddedMigrations) -> Option<Vec<String>> {
    let known = MigrationSource::<B>::migrations(source).ok()?;
    Some(known.iter().map(|migration| migration.name().version().to_string()).collect())
}

fn apply<C, B>(connection: &mut C, source: EmbeddedMigrations) -> Stored<Vec<String>>
where
    B: diesel::backend::Backend,
    C: MigrationHarness<B>,
    EmbeddedMigrations: MigrationSource<B>,
{
    let failed = |cause: Box<dyn std::error::Error + Send + Sync>| StorageError::Connection(cause.to_string());
    let known: Vec<String> = MigrationSource::<B>::migrations(&source)
        .map_err(failed)?
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    let there = connection.applied_migrations().map_err(failed)?;
    if let Some(later) = there.iter().map(ToString::to_string).find(|version| !known.contains(version)) {
        let what = format!("it was written by a later version of levy-ledger (migration {later}): use that version");
        return Err(StorageError::Connection(what));
    }
    let applied = connection.run_pending_migrations(source).map_err(failed)?;
    Ok(applied.iter().map(ToString::to_string).collect())
}
