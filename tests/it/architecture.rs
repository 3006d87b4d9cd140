//! The direction of imports: `domain ← storage ← app ← api ← ops`, the last being commands and
//! the main program.
//!
//! `domain` is pure: it knows no database, no wire format, no server, no clock. `storage` knows
//! `domain` alone. `app` reads and records through `storage` and never speaks SQL. `api` hands the
//! database handle from `storage` to `app` and never looks inside: not at its schema, its rows or
//! its query language. `statement` reads and writes a file, and hands its lines to `app`.
//! `ops::secret` is a leaf that makes and compares secrets, which `app` and
//! `api` may use; the rest of `ops` is nobody's to import.

use std::fs;
use std::path::{Path, PathBuf};

/// What a part of the house may not name.
struct Layer {
    folder: &'static str,
    /// Paths of this crate, each with all beneath it.
    closed: &'static [&'static str],
    /// Of those, what is open after all.
    open: &'static [&'static str],
    /// Other crates, and parts of the standard library.
    foreign: &'static [&'static str],
}

const LAYERS: [Layer; 5] = [
    Layer {
        folder: "domain",
        closed: &["storage", "app", "api", "ops", "statement", "web"],
        open: &[],
        foreign: &[
            "diesel",
            "serde",
            "serde_json",
            "actix_web",
            "utoipa",
            "tokio",
            "tracing",
            "chrono::Utc",
            "chrono::Local",
            "std::time",
            "std::fs",
            "std::io",
            "std::net",
            "std::env",
            "std::thread",
        ],
    },
    Layer {
        folder: "storage",
        closed: &["app", "api", "ops", "statement", "web"],
        open: &[],
        foreign: &["actix_web", "utoipa", "chrono::Utc", "chrono::Local", "std::time::SystemTime"],
    },
    Layer {
        folder: "app",
        closed: &["api", "ops", "statement", "web"],
        open: &["ops::secret"],
        foreign: &["diesel", "actix_web", "utoipa", "chrono::Utc", "chrono::Local", "std::time"],
    },
    Layer {
        folder: "statement",
        closed: &["storage", "api", "ops", "web"],
        open: &["storage::events::hex"],
        foreign: &[
            "diesel",
            "serde",
            "serde_json",
            "actix_web",
            "utoipa",
            "tokio",
            "chrono::Utc",
            "chrono::Local",
            "std::time",
        ],
    },
    Layer {
        folder: "api",
        closed: &["ops", "web", "storage::schema", "storage::rows"],
        open: &["ops::secret"],
        foreign: &["diesel"],
    },
];

/// Whether `path` is `prefix` or lies beneath it.
fn lies_in(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

impl Layer {
    fn refuses(&self, path: &str) -> bool {
        let within = |prefixes: &[&str], path: &str| prefixes.iter().any(|prefix| lies_in(path, prefix));
        match path.strip_prefix("crate::") {
            Some(ours) => within(self.closed, ours) && !within(self.open, ours),
            None => within(self.foreign, path),
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The code of a file, without the lines that are comments.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Every path that code names: those written out, and those of `use` with their groups spread.
fn paths(code: &str) -> Vec<String> {
    let in_path = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let written = code.split(|c: char| !in_path(c)).filter(|word| word.contains("::"));
    let mut found: Vec<String> = written.map(|path| path.trim_matches(':').to_owned()).collect();
    for (place, _) in code.match_indices("use ") {
        let begins = code[..place].chars().next_back().is_none_or(char::is_whitespace);
        if let Some((tree, _)) = code[place + 4..].split_once(';').filter(|_| begins) {
            let tree: String = tree.split_whitespace().collect::<Vec<_>>().join(" ");
            spread("", &tree, &mut found);
        }
    }
    found
}

/// Spreads `a::{b, c::{d, e}}` into `a::b`, `a::c::d` and `a::c::e`.
fn spread(prefix: &str, tree: &str, found: &mut Vec<String>) {
    let tree = tree.trim();
    let Some((head, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        found.push(format!("{prefix}{path}"));
        return;
    };
    let inside = rest.strip_suffix('}').unwrap_or(rest);
    let (mut depth, mut from) = (0, 0);
    for (place, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                spread(&format!("{prefix}{head}"), &inside[from..place], found);
                from = place + 1;
            }
            _ => {}
        }
    }
    spread(&format!("{prefix}{head}"), &inside[from..], found);
}

#[test]
fn imports_go_in_one_direction() {
    for layer in LAYERS {
        let files = sources(&source_folder().join(layer.folder));
        assert!(!files.is_empty(), "{} is there", layer.folder);
        for file in files {
            let code = code(&fs::read_to_string(&file).unwrap());
            let wrong: Vec<String> = paths(&code).into_iter().filter(|path| layer.refuses(path)).collect();
            assert!(wrong.is_empty(), "{} names {wrong:?}, which {} may not", file.display(), layer.folder);
            assert!(!code.contains("super::super"), "{}: write the path from the crate", file.display());
        }
    }
}

#[test]
fn each_file_says_what_it_is_and_stays_short() {
    for file in sources(&source_folder()) {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//! "), "{} opens with what it is", file.display());
        let lines = text.lines().count();
        assert!(lines <= 400, "{} has {lines} lines; split it by meaning", file.display());
    }
}

#[test]
fn an_import_in_the_wrong_direction_would_be_seen() {
    let [domain, storage, app, statement, api] = LAYERS;
    let seen = |layer: &Layer, code: &str| paths(&self::code(code)).iter().any(|path| layer.refuses(path));
    assert!(seen(&domain, "use crate::{domain::money::Money, storage::{Store, rows::Rows}};"));
    assert!(seen(&domain, "use serde::Serialize;"));
    assert!(seen(&domain, "fn now() -> NaiveDate {\n    chrono::Utc::now().date_naive()\n}"));
    assert!(seen(&storage, "fn f() { crate::app::local::record() }"));
    assert!(seen(&app, "use crate::ops::{secret, clock::SystemClock};"));
    assert!(seen(&api, "pub(crate) use crate::storage::{\n    Store,\n    rows::{Rows, EventRow},\n};"));
    assert!(seen(&api, "use diesel::prelude::*;"));
    assert!(seen(&statement, "use crate::storage::Store;"));
    assert!(!seen(&statement, "use crate::domain::money::Money;"));
    assert!(!seen(&app, "use crate::ops::secret;\nuse crate::storage::rows::Rows;"));
    assert!(!seen(&domain, "// use crate::storage::Store;\nuse crate::domain::money::Money;"));
    assert!(!seen(&storage, "use crate::domain::people::{Role, Provider as P};"));
}
