//! Lines a second of a national statement, read from CSV and from a workbook, and written as both.
//!
//! `cargo bench --bench statement`, and `LINES=1000000` for another number of lines than 200,000.

mod synthetic;

use std::io::{Cursor, Read, Seek};
use std::time::Instant;

use levy_ledger::statement::{CsvWriter, Line, LineEnd, Statement, WorkbookWriter};
use synthetic::Synthetic;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let lines = std::env::var("LINES").ok().and_then(|text| text.parse().ok()).unwrap_or(200_000);
    let mut csv = Vec::new();
    Synthetic::new(lines).read_to_end(&mut csv)?;
    println!("{lines} lines, {} bytes of CSV", csv.len());
    timed("read CSV", lines, || read(Cursor::new(&csv)))?;
    timed("write CSV", lines, || {
        let mut writer = CsvWriter::new(std::io::sink(), LineEnd::CrLf)?;
        each(Cursor::new(&csv), |line| Ok(writer.write(line)?))
    })?;
    let mut workbook = Cursor::new(Vec::new());
    timed("write workbook", lines, || {
        let mut writer = WorkbookWriter::new()?;
        each(Cursor::new(&csv), |line| Ok(writer.write(line)?))?;
        Ok(writer.finish(&mut workbook)?)
    })?;
    println!("{} bytes of workbook", workbook.get_ref().len());
    timed("read workbook", lines, || read(workbook))
}

fn read(file: impl Read + Seek) -> Outcome<()> {
    each(file, |line| {
        std::hint::black_box(line.canonical());
        Ok(())
    })
}

fn each(file: impl Read + Seek, mut take: impl FnMut(&Line) -> Outcome<()>) -> Outcome<()> {
    let mut statement = Statement::open(file)?;
    for line in statement.lines()? {
        take(&line?)?;
    }
    Ok(())
}

fn timed(what: &str, lines: u64, work: impl FnOnce() -> Outcome<()>) -> Outcome<()> {
    let begun = Instant::now();
    work()?;
    let rate = u128::from(lines) * 1_000 / begun.elapsed().as_millis().max(1);
    println!("{what}: {rate} lines a second");
    Ok(())
}
