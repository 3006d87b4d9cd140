//! Whatever the bytes: no panic, an end, and no more lines than there are line ends.

use std::io::Cursor;

use levy_ledger::statement::Statement;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::package::Parts;
use super::synthetic::Synthetic;
use super::{case_file, payment};

/// Reads to the end, and beyond it.
fn read_through(bytes: &[u8]) {
    let Ok(mut statement) = Statement::open(Cursor::new(bytes)) else { return };
    let Ok(mut lines) = statement.lines() else { return };
    let read = lines.by_ref().take(bytes.len() + 1).count();
    assert!(read <= bytes.len(), "there is an end");
    assert!(lines.next().is_none(), "and nothing beyond it");
}

fn files() -> Vec<Vec<u8>> {
    let v2 = case_file("statements/statement_v2.csv");
    let sheet = super::package::sheet(&[payment("levy_v2", "x").split(',').map(super::package::text).collect()]);
    vec![v2, case_file("statements/statement_v1.csv"), Parts::new(sheet).zip()]
}

/// A change of a file's bytes.
#[derive(Clone, Debug)]
enum Change {
    Put(Index, u8),
    Drop(Index),
    Insert(Index, Vec<u8>),
    Cut(Index),
    Double(Index),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Put(at, byte)),
        any::<Index>().prop_map(Change::Drop),
        (any::<Index>(), vec(prop_oneof![Just(b','), Just(b'"'), Just(b'\r'), Just(b'\n'), any::<u8>()], 0..9))
            .prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        any::<Index>().prop_map(Change::Cut),
        any::<Index>().prop_map(Change::Double),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let length = bytes.len().max(1);
        match change {
            _ if bytes.is_empty() => {}
            Change::Put(at, byte) => bytes[at.index(length)] = *byte,
            Change::Drop(at) => drop(bytes.remove(at.index(length))),
            Change::Insert(at, more) => drop(bytes.splice(at.index(length)..at.index(length), more.clone())),
            Change::Cut(at) => bytes.truncate(at.index(length)),
            Change::Double(at) => bytes.extend_from_within(at.index(length)..),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_to_an_end(bytes in vec(any::<u8>(), 0..2_000)) {
        read_through(&bytes);
    }

    #[test]
    fn any_bytes_behind_a_header_are_read_to_an_end(bytes in vec(any::<u8>(), 0..2_000)) {
        let mut file = payment("levy_v2", "x").into_bytes();
        file.extend(bytes);
        read_through(&file);
    }

    #[test]
    fn a_mangled_file_is_read_to_an_end(which in any::<Index>(), changes in vec(change(), 1..12)) {
        let files = files();
        read_through(&changed(files[which.index(files.len())].clone(), &changes));
    }
}

#[test]
fn a_long_statement_is_read_without_being_held() {
    let mut statement = Statement::open(Synthetic::new(20_000)).unwrap();
    for _ in 0..2 {
        let lines = statement.lines().unwrap().map(Result::unwrap);
        let months: std::collections::BTreeSet<_> = lines.map(|line| line.month()).collect();
        assert_eq!(months.len(), 5, "four months' lines, whose payments belong to the month before");
    }
}
