//! Bringing a database to the form that this version writes.

use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::columns::{StorageError, Stored};
use super::connection::{self, Db};
use super::{events, rule_sets, statements};
use crate::domain::rules::RuleSet;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Applies what is missing, and records the rule sets that every ledger begins with. Gives the
/// migrations that were applied. Of several processes that begin at once, one does it.
///
/// # Errors
/// [`StorageError`] when the database refuses one, was written by a later version, or lacks an earlier
/// migration than it has.
pub(crate) fn migrate(db: &mut Db) -> Stored<Vec<String>> {
    connection::begin_migrating(db)?;
    let applied = apply_missing(db);
    connection::end_migrating(db)?;
    applied
}

/// Makes the tables of a ledger in which nothing is recorded, without what every ledger begins with: a
/// copy brings its own. False where something is recorded.
///
/// # Errors
/// [`StorageError`] as for [`migrate`].
pub(crate) fn make_anew(db: &mut Db) -> Stored<bool> {
    connection::begin_migrating(db)?;
    let made = match apply_missing(db).and_then(|_| events::head(db)) {
        Ok(head) if head.seq > 0 => Ok(false),
        Ok(_) => match db {
            Db::Sqlite(sqlite) => again(sqlite, [SQLITE, SQLITE]),
            Db::Postgres(postgres) => again(postgres, [POSTGRES, POSTGRES]),
        }
        .map(|()| true),
        Err(cause) => Err(cause),
    };
    connection::end_migrating(db)?;
    made
}

fn again<C, B>(connection: &mut C, [down, up]: [EmbeddedMigrations; 2]) -> Stored<()>
where
    B: diesel::backend::Backend,
    C: MigrationHarness<B>,
    EmbeddedMigrations: MigrationSource<B>,
{
    let failed = |cause: Box<dyn std::error::Error + Send + Sync>| StorageError::Form(cause.to_string());
    connection.revert_all_migrations(down).map_err(failed)?;
    connection.run_pending_migrations(up).map_err(failed)?;
    Ok(())
}

fn apply_missing(db: &mut Db) -> Stored<Vec<String>> {
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
    let failed = |cause: Box<dyn std::error::Error + Send + Sync>| StorageError::Form(cause.to_string());
    let known: Vec<String> = MigrationSource::<B>::migrations(&source)
        .map_err(failed)?
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    let there: Vec<String> = connection.applied_migrations().map_err(failed)?.iter().map(ToString::to_string).collect();
    follows_on(&known, &there).map_err(StorageError::Form)?;
    let refused = |cause: Box<dyn std::error::Error + Send + Sync>| {
        let cause = cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        StorageError::Form(format!("the database refuses a migration, so that it holds something else: {cause}"))
    };
    let applied = connection.run_pending_migrations(source).map_err(refused)?;
    Ok(applied.iter().map(ToString::to_string).collect())
}

/// Whether what was applied is where the known migrations begin, so that the rest can follow.
fn follows_on(known: &[String], there: &[String]) -> Result<(), String> {
    if let Some(later) = there.iter().find(|version| !known.contains(version)) {
        return Err(format!(
            "the database was written by a later version of levy-ledger (migration {later}): use that version"
        ));
    }
    match known.iter().take(there.len()).find(|version| !there.contains(version)) {
        Some(missing) => Err(format!(
            "the database is half migrated (migration {missing} is missing among later ones): restore it from a backup"
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::follows_on;

    #[test]
    fn a_database_is_brought_on_from_where_its_migrations_end_and_from_nowhere_else() {
        let versions = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let known = versions(&["1", "2", "3"]);
        for there in [&[][..], &["1"], &["2", "1"], &["3", "2", "1"]] {
            assert_eq!(follows_on(&known, &versions(there)), Ok(()));
        }
        assert!(follows_on(&known, &versions(&["1", "3"])).unwrap_err().contains("migration 2 is missing"));
        assert!(follows_on(&known, &versions(&["1", "4"])).unwrap_err().contains("later version"));
    }
}
