//! Any bytes as a national statement: read to the end, written, and read again as the same lines.

#![no_main]

use std::io::Cursor;

use levy_ledger::statement::{CsvWriter, Line, LineEnd, Statement};
use libfuzzer_sys::fuzz_target;

fn lines(bytes: &[u8]) -> Vec<Line> {
    let Ok(mut statement) = Statement::open(Cursor::new(bytes)) else { return Vec::new() };
    let Ok(lines) = statement.lines() else { return Vec::new() };
    lines.filter_map(Result::ok).collect()
}

fuzz_target!(|bytes: &[u8]| {
    let mut read = lines(bytes);
    read.sort_by_key(|line| std::cmp::Reverse(line.date));
    let mut writer = CsvWriter::new(Vec::new(), LineEnd::CrLf).expect("memory can be written");
    for line in &read {
        writer.write(line).expect("lines are in order");
    }
    let again = lines(&writer.finish().expect("memory can be written"));
    // Writing makes spaces of control characters.
    let bare = |line: &Line| line.canonical().replace(char::is_control, "");
    let same = read.iter().zip(&again).all(|(line, again)| bare(line) == bare(again));
    assert!(same && read.len() == again.len(), "what is written reads as the same lines");
});
