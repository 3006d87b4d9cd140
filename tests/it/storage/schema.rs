//! The tables that the migrations make are those that the queries see, on either database.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use crate::databases::Intruder;
use crate::harness::Ledger;

/// Columns by table and name: their types, with a question mark where they may be empty.
type Tables = BTreeMap<String, BTreeMap<String, String>>;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

const OF_A_FILE: &str = "SELECT m.name AS table_name, c.name AS column_name, lower(c.type) AS kind, \
    c.\"notnull\" = 0 AND c.pk = 0 AS nullable FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'";
const OF_A_SERVER: &str = "SELECT CAST(table_name AS TEXT) AS table_name, CAST(column_name AS TEXT) AS column_name, \
    CAST(data_type AS TEXT) AS kind, is_nullable = 'YES' AS nullable FROM information_schema.columns \
    WHERE table_schema = 'public'";

/// The tables of a database, but for those of the migrations and of the database itself.
fn there(db: &mut Intruder) -> Tables {
    let columns: Vec<Column> = match db {
        Intruder::Sqlite(db) => diesel::sql_query(OF_A_FILE).load(db).unwrap(),
        Intruder::Postgres(db) => diesel::sql_query(OF_A_SERVER).load(db).unwrap(),
    };
    let mut tables = Tables::new();
    let ours =
        |column: &Column| !column.table_name.starts_with("__diesel") && !column.table_name.starts_with("sqlite_");
    for column in columns.into_iter().filter(ours) {
        let kind = match column.kind.as_str() {
            "bytea" => "blob",
            "timestamp without time zone" => "timestamp",
            // A key that SQLite keeps rows by has this name there.
            "integer" if matches!(column.column_name.as_str(), "id" | "seq" | "start_id" | "webhook_id") => "bigint",
            kind => kind,
        };
        let kind = format!("{kind}{}", if column.nullable { "?" } else { "" });
        tables.entry(column.table_name).or_default().insert(column.column_name, kind);
    }
    tables
}

/// The tables as the queries see them.
fn seen() -> Tables {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/storage");
    let parts = std::fs::read_dir(folder.join("schema")).unwrap().map(|part| part.unwrap().path());
    let files: Vec<PathBuf> = parts.chain([folder.join("schema.rs")]).collect();
    let mut tables = Tables::new();
    for text in files.iter().map(|file| std::fs::read_to_string(file).unwrap()) {
        for table in text.split("diesel::table! {").skip(1) {
            let (name, rest) = table.split_once('(').unwrap();
            let body = rest.split_once('{').unwrap().1.split_once('}').unwrap().0;
            let columns = body.split(',').filter_map(|column| column.trim().split_once(" -> "));
            let columns = columns.map(|(name, kind)| (name.to_owned(), sql_type(kind)));
            tables.insert(name.trim().to_owned(), columns.collect());
        }
    }
    tables
}

fn sql_type(kind: &str) -> String {
    if let Some(kind) = kind.strip_prefix("Nullable<").and_then(|kind| kind.strip_suffix('>')) {
        return sql_type(kind) + "?";
    }
    match kind {
        "BigInt" => "bigint",
        "Integer" => "integer",
        "Text" => "text",
        "Bool" => "boolean",
        "Date" => "date",
        "Timestamp" => "timestamp",
        "Binary" => "blob",
        other => panic!("{other} is not a type that both databases have"),
    }
    .to_owned()
}

#[test]
fn the_migrations_make_what_the_queries_see() {
    let seen = seen();
    assert!(seen.len() > 20, "{:?}", seen.keys());
    let there = there(&mut Ledger::fresh().intruder());
    assert_eq!(there.keys().collect::<Vec<_>>(), seen.keys().collect::<Vec<_>>());
    for (table, columns) in &seen {
        assert_eq!(&there[table], columns, "{table}");
    }
}
