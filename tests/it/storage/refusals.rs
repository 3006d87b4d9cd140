//! A database that cannot keep the ledger is refused at the start, in one line that says what to do.

use std::process::Command;

use diesel::connection::SimpleConnection;

use crate::databases::{Database, Intruder};

/// What `serve` says as it refuses a database.
fn refused(url: &str) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_levy-ledger"));
    program.args(["serve", "--listen", "127.0.0.1:0", "--database-url", url]).env_remove("RUST_LOG");
    let done = program.output().unwrap();
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    assert!(done.stdout.is_empty(), "{done:?}");
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(!said.contains("secret"), "{said}");
    said
}

/// A database that was migrated and then changed.
fn changed(sql: &str) -> String {
    let database = Database::fresh();
    let mut program = Command::new(env!("CARGO_BIN_EXE_levy-ledger"));
    assert!(program.args(["migrate", "--database-url", database.url()]).status().unwrap().success());
    database.intruder().batch_execute(sql).unwrap();
    refused(database.url())
}

#[test]
fn a_server_that_cannot_be_reached_is_named_without_its_password() {
    let said = refused("postgres://levy:secret@127.0.0.1:1/ledger");
    assert!(said.starts_with("levy-ledger: cannot open postgres://levy@127.0.0.1:1/ledger: "), "{said}");
    assert!(said.contains("Connection refused"), "{said}");
}

#[test]
fn another_machine_is_not_asked_without_tls() {
    let said = refused("postgres://levy:secret@db.example/ledger");
    assert!(said.contains("db.example/ledger is another machine") && said.contains("sslmode=disable"), "{said}");
}

#[test]
fn a_database_of_a_later_version_is_left_alone() {
    let said = changed("INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000000')");
    assert!(said.contains("written by a later version of levy-ledger (migration 20990101000000)"), "{said}");
}

#[test]
fn a_half_migrated_database_is_left_alone() {
    let said = changed("DELETE FROM __diesel_schema_migrations WHERE version = '20261122000001'");
    assert!(said.contains("half migrated (migration 20261122000001 is missing among later ones)"), "{said}");
}

#[test]
fn tables_that_are_not_a_ledgers_are_left_alone() {
    let said = changed("DELETE FROM __diesel_schema_migrations");
    assert!(said.contains("the database refuses a migration, so that it holds something else"), "{said}");
}

#[test]
fn a_database_that_is_not_there_or_whose_letters_are_few_is_refused() {
    let database = Database::fresh();
    let Intruder::Postgres(mut operator) = database.intruder() else { return };
    let (server, name) = database.url().rsplit_once('/').unwrap();
    let said = refused(&format!("{server}/nowhere"));
    assert!(said.contains("database \"nowhere\" does not exist"), "{said}");
    let few = format!("few_{name}");
    let make = format!("CREATE DATABASE {few} ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc TEMPLATE template0");
    operator.batch_execute(&make).unwrap();
    let said = refused(&format!("{server}/{few}"));
    assert!(said.contains("its encoding is LATIN1: make a database with ENCODING 'UTF8'"), "{said}");
}
