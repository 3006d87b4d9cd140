//! Spreadsheets, row by row: CSV as programs write it, or the first sheet of an Excel workbook. Only
//! one row is held at a time.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use calamine::{DataRef, Reader as _, Xlsx};
use chrono::NaiveDate;

use super::cells::{Cell, number_text};
use crate::app::Fault;

/// How many columns a table has at the most.
const MOST_COLUMNS: usize = 256;
/// How many bytes a workbook unpacks to at the most: many times what 100,000 rows take. What reads it
/// keeps its texts in memory.
const MOST_UNPACKED: u64 = 512 * 1024 * 1024;
/// How much of a file is looked at to find out what parts its columns.
const HEAD: usize = 64 * 1024;

/// In which form a table is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// CSV.
    Csv,
    /// An Excel workbook (`.xlsx`).
    Workbook,
}

impl Form {
    /// What a file looks like: a workbook begins as the archive that it is.
    pub(crate) fn of(file: &mut (impl Read + Seek)) -> std::io::Result<Self> {
        let mut head = Vec::new();
        file.by_ref().take(4).read_to_end(&mut head)?;
        file.rewind()?;
        Ok(if head == b"PK\x03\x04" { Self::Workbook } else { Self::Csv })
    }
}

/// Takes a row: its number, as the spreadsheet shows it, and its cells.
pub(crate) type TakeRow<'t> = dyn FnMut(u32, Vec<Cell>) -> Result<(), Fault> + 't;

/// Gives every row that is not empty.
///
/// # Errors
/// [`Fault`] of the file where it cannot be read to its end, or of `take`.
pub(crate) fn each_row(file: impl Read + Seek, form: Form, take: &mut TakeRow<'_>) -> Result<(), Fault> {
    match form {
        Form::Csv => each_csv_row(file, take),
        Form::Workbook => each_sheet_row(file, take),
    }
}

fn of_file(detail: impl std::fmt::Display) -> Fault {
    Fault::at("", detail)
}

fn give(row: u32, cells: Vec<Cell>, take: &mut TakeRow<'_>) -> Result<(), Fault> {
    if cells.len() > MOST_COLUMNS {
        return Err(of_file(format!("row {row} has more than {MOST_COLUMNS} columns")));
    }
    if cells.iter().all(Cell::is_empty) { Ok(()) } else { take(row, cells) }
}

fn each_csv_row(mut file: impl Read + Seek, take: &mut TakeRow<'_>) -> Result<(), Fault> {
    let unreadable = |cause: std::io::Error| of_file(format!("the file cannot be read: {cause}"));
    let mut head = Vec::new();
    file.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(unreadable)?;
    let begins: u64 = if head.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    file.seek(SeekFrom::Start(begins)).map_err(unreadable)?;
    let mut reader = csv::ReaderBuilder::new();
    let delimiter = delimiter(&head);
    reader.has_headers(false).flexible(true).delimiter(delimiter);
    let mut reader = reader.from_reader(BlankLines::kept(file, delimiter));
    let (mut record, mut row) = (csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut record).map_err(|cause| of_file(format!("this is not CSV: {cause}")))? {
        row += 1;
        let mut cells = Vec::with_capacity(record.len());
        for field in &record {
            let text = std::str::from_utf8(field).map_err(|_| {
                let save = "save it as \"CSV UTF-8\", or as an Excel workbook";
                of_file(format!("row {row} holds characters that are not UTF-8: {save}"))
            })?;
            cells.push(Cell::text(text));
        }
        give(row, cells, take)?;
    }
    Ok(())
}

/// CSV in which a blank line is a row of empty cells, so that rows are counted as a spreadsheet does:
/// what reads CSV passes over lines that are blank.
struct BlankLines<R> {
    inner: BufReader<R>,
    delimiter: u8,
    quoted: bool,
    blank: bool,
    waiting: Vec<u8>,
    given: usize,
}

impl<R: Read> BlankLines<R> {
    fn kept(inner: R, delimiter: u8) -> Self {
        let inner = BufReader::new(inner);
        Self { inner, delimiter, quoted: false, blank: true, waiting: Vec::new(), given: 0 }
    }

    fn refill(&mut self) -> std::io::Result<()> {
        self.waiting.clear();
        self.given = 0;
        let bytes = self.inner.fill_buf()?;
        for &byte in bytes {
            match byte {
                b'\n' if !self.quoted => {
                    if self.blank {
                        self.waiting.push(self.delimiter);
                    }
                    self.blank = true;
                }
                b'\r' if !self.quoted => {}
                byte => {
                    self.quoted ^= byte == b'"';
                    self.blank = false;
                }
            }
            self.waiting.push(byte);
        }
        let taken = bytes.len();
        self.inner.consume(taken);
        Ok(())
    }
}

impl<R: Read> Read for BlankLines<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.given == self.waiting.len() {
            self.refill()?;
        }
        let given = self.waiting.get(self.given..).unwrap_or_default().read(into)?;
        self.given += given;
        Ok(given)
    }
}

/// What parts the columns: the comma, semicolon or tab that the first line has most of, outside
/// quotation marks.
fn delimiter(head: &[u8]) -> u8 {
    let (mut quoted, mut counts) = (false, [(b',', 0), (b';', 0), (b'\t', 0)]);
    for byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted && counts.iter().any(|(_, count)| *count > 0) => break,
            byte if !quoted => {
                for (_, count) in counts.iter_mut().filter(|(delimiter, _)| delimiter == byte) {
                    *count += 1;
                }
            }
            _ => {}
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    counts.iter().find(|(_, count)| *count == most).map_or(b',', |(delimiter, _)| *delimiter)
}

/// Refuses a workbook that unpacks to more than so many bytes, found out by unpacking it into nothing:
/// what it says of itself need not be true.
fn refuse_larger(file: &mut (impl Read + Seek), most: u64) -> Result<(), Fault> {
    let mut archive = zip::ZipArchive::new(&mut *file).map_err(no_workbook)?;
    let mut unpacked = 0;
    for place in 0..archive.len() {
        let part = archive.by_index(place).map_err(no_workbook)?;
        let bytes = std::io::copy(&mut part.take(most + 1), &mut std::io::sink());
        unpacked += bytes.map_err(no_workbook)?;
        if unpacked > most {
            return Err(of_file("the workbook unpacks to more than can be read: import its table as CSV"));
        }
    }
    file.rewind().map_err(no_workbook)
}

fn no_workbook(cause: impl std::fmt::Display) -> Fault {
    of_file(format!("this is not an Excel workbook (.xlsx) that can be read: {cause}"))
}

fn each_sheet_row(mut file: impl Read + Seek, take: &mut TakeRow<'_>) -> Result<(), Fault> {
    refuse_larger(&mut file, MOST_UNPACKED)?;
    let mut workbook = Xlsx::new(BufReader::new(file)).map_err(no_workbook)?;
    let Some(first) = workbook.sheet_names().into_iter().next() else {
        return Err(of_file("the workbook has no sheet"));
    };
    let mut reader = workbook.worksheet_cells_reader(&first).map_err(no_workbook)?;
    let (mut row, mut cells) = (0, Vec::new());
    while let Some(cell) = reader.next_cell().map_err(no_workbook)? {
        let (at, column) = cell.get_position();
        if at + 1 != row && !cells.is_empty() {
            give(row, std::mem::take(&mut cells), take)?;
        }
        row = at + 1;
        let value = cell_of(cell.get_value());
        if value.is_empty() {
            continue;
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if column >= MOST_COLUMNS {
            return Err(of_file(format!("row {row} has more than {MOST_COLUMNS} columns")));
        }
        // A cell that is left out is empty.
        if cells.len() <= column {
            cells.resize(column + 1, Cell::Empty);
        }
        if let Some(place) = cells.get_mut(column) {
            *place = value;
        }
    }
    give(row, cells, take)
}

fn cell_of(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::Int(number) => Cell::Text(number.to_string()),
        DataRef::Float(number) => Cell::Text(number_text(*number)),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::text(text),
        DataRef::SharedString(text) => Cell::text(text),
        DataRef::Bool(yes) => Cell::Text(yes.to_string()),
        DataRef::DateTime(time) => {
            let (year, month, day, ..) = time.to_ymd_hms_milli();
            let date = NaiveDate::from_ymd_opt(year.into(), month.into(), day.into()).filter(|_| time.is_datetime());
            date.map_or_else(|| Cell::Text(number_text(time.as_f64())), Cell::Date)
        }
        DataRef::Error(error) => Cell::Error(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(csv: &[u8]) -> Result<Vec<(u32, Vec<Cell>)>, Fault> {
        let mut found = Vec::new();
        each_row(std::io::Cursor::new(csv), Form::Csv, &mut |row, cells| {
            found.push((row, cells));
            Ok(())
        })?;
        Ok(found)
    }

    fn cells(texts: &[&str]) -> Vec<Cell> {
        texts.iter().map(|text| Cell::text(text)).collect()
    }

    #[test]
    fn rows_have_the_numbers_that_a_spreadsheet_shows() {
        let expected = [(1, cells(&["a", "b"])), (3, cells(&["1", "two\n\nlines"])), (6, cells(&["3", "4"]))];
        let csv = "a,b\n\n1,\"two\n\nlines\"\n,\n\n3,4";
        assert_eq!(rows(csv.as_bytes()).unwrap(), expected);
        let expected = expected.map(|(row, cells)| (row, cells));
        let windows = rows(csv.replace('\n', "\r\n").as_bytes()).unwrap();
        assert_eq!(windows.iter().map(|(row, _)| *row).collect::<Vec<_>>(), expected.map(|(row, _)| row));
    }

    #[test]
    fn columns_are_parted_by_what_the_first_line_parts_them_by() {
        for csv in ["a;b;c, d\n1;2;3,5\n", "a\tb\tc, d\n1\t2\t3,5\n", "\u{feff}a,b,\"c, d\"\n1,2,\"3,5\"\n"] {
            assert_eq!(
                rows(csv.as_bytes()).unwrap(),
                [(1, cells(&["a", "b", "c, d"])), (2, cells(&["1", "2", "3,5"]))]
            );
        }
    }

    #[test]
    fn a_workbook_that_unpacks_to_more_than_can_be_read_is_refused() {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        writer.start_file("xl/sharedStrings.xml", zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut writer, &[b'x'; 10_000]).unwrap();
        let mut packed = writer.finish().unwrap();
        assert!(packed.get_ref().len() < 1_000);
        assert!(refuse_larger(&mut packed, 9_999).unwrap_err().detail.contains("unpacks to more"));
        assert_eq!(refuse_larger(&mut packed, 10_000), Ok(()));
        assert!(refuse_larger(&mut std::io::Cursor::new(b"PK\x03\x04 no archive"), 10_000).is_err());
    }

    #[test]
    fn text_in_another_encoding_is_never_guessed_at() {
        let fault = rows(b"name,amount\nCaf\xe9,\xa31.00\n").unwrap_err();
        assert!(fault.detail.contains("row 2") && fault.detail.contains("CSV UTF-8"), "{fault}");
    }
}
