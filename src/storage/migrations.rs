//! Bringing a database to the form that this version writes.

use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::columns::{StorageError, Stored};
use super::connection::Db;
use super::rule_sets;
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
    rule_sets::begin_with(db, &[RuleSet::england(), RuleSet::standard()])?;
    Ok(applied)
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
