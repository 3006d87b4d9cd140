//! The rows of a workbook's sheet, one at a time, and the statement's lines made of them.

use std::borrow::Cow;
use std::io::{Read, Seek};

use quick_xml::events::BytesStart;

use super::fault::{FileFault, LineCause, LineFault};
use super::forms::{Cell, Epoch};
use super::layout::{Header, MOST_COLUMNS};
use super::line::Line;
use super::package::{Package, Part, SharedTexts, TextOfCell, limits};
use super::record;
use super::xml::{Node, Xml, attribute};

/// A cell as it is written.
#[derive(Clone, Default)]
enum Value {
    #[default]
    Blank,
    /// The number of a shared text.
    Shared(usize),
    Text(String),
    Number(String),
}

/// A row that is being read.
#[derive(Default)]
struct Row {
    number: u64,
    cells: Vec<Value>,
}

/// The rows of a sheet.
struct Rows<'a, R> {
    xml: Xml<R>,
    texts: &'a SharedTexts,
    epoch: Epoch,
    row: Row,
    read: u64,
}

impl<R: Read> Rows<'_, R> {
    /// Reads the next row into `row`; false where the sheet has no more.
    fn advance(&mut self) -> Result<bool, String> {
        loop {
            match self.xml.next()? {
                Node::Begin(element) if element.local_name().into_inner() == "row" => {
                    let stated = attribute(&element, "r").and_then(|number| number.parse().ok());
                    // A row that does not say its number follows the one before.
                    self.row.number = stated.unwrap_or(self.row.number.saturating_add(1));
                    break;
                }
                Node::End(element) if element.local_name().into_inner() == "sheetData" => return Ok(false),
                Node::Nothing => return Err("the sheet breaks off".to_owned()),
                Node::Begin(_) | Node::End(_) | Node::Text(_) | Node::Other => {}
            }
        }
        self.read += 1;
        if self.read > limits::ROWS {
            return Err(format!("the sheet has more than {} rows", limits::ROWS));
        }
        self.row.cells.clear();
        self.cells()?;
        self.xml.complete();
        Ok(true)
    }

    /// Reads the cells up to the row's end.
    fn cells(&mut self) -> Result<(), String> {
        let (mut place, mut kind, mut text) = (0, Kind::Number, String::new());
        let mut reading = TextOfCell::default();
        loop {
            let node = self.xml.next()?;
            match &node {
                Node::Begin(element) if element.local_name().into_inner() == "c" => {
                    (place, kind) = (place_of(element).unwrap_or(place), Kind::of(element));
                    text.clear();
                }
                Node::End(element) => match element.local_name().into_inner() {
                    "row" => return Ok(()),
                    "c" => {
                        self.row.put(place, kind.value(std::mem::take(&mut text))?);
                        place += 1;
                    }
                    _ => {}
                },
                Node::Nothing => return Err("the sheet breaks off".to_owned()),
                Node::Begin(_) | Node::Text(_) | Node::Other => {}
            }
            reading.take(&node, &mut text);
        }
    }

    /// The row's fields, as many as there are columns: what stands beside them is under no heading.
    fn fields(&self, width: usize) -> Result<Vec<Cell<'_>>, String> {
        (0..width).map(|place| self.field(self.row.cells.get(place).unwrap_or(&Value::Blank))).collect()
    }

    fn field<'s>(&'s self, value: &'s Value) -> Result<Cell<'s>, String> {
        Ok(match value {
            Value::Blank => Cell::text(Cow::Borrowed("")),
            Value::Text(text) => Cell::text(Cow::Borrowed(text)),
            Value::Shared(number) => {
                let text = self.texts.get(*number).ok_or("a cell refers to a shared text that is not there")?;
                Cell::text(Cow::Borrowed(text))
            }
            Value::Number(number) => Cell { number: Some(self.epoch), ..Cell::text(Cow::Borrowed(number)) },
        })
    }
}

impl Row {
    /// Puts a cell in its place. Far beyond a statement's columns there is nothing to read.
    fn put(&mut self, place: usize, value: Value) {
        if place >= MOST_COLUMNS || matches!(value, Value::Blank) {
            return;
        }
        if self.cells.len() <= place {
            self.cells.resize(place + 1, Value::Blank);
        }
        if let Some(cell) = self.cells.get_mut(place) {
            *cell = value;
        }
    }
}

/// What a cell says it holds.
#[derive(Clone, Copy)]
enum Kind {
    Shared,
    Text,
    Number,
}

impl Kind {
    fn of(cell: &BytesStart<'_>) -> Self {
        match attribute(cell, "t").as_deref() {
            Some("s") => Self::Shared,
            None | Some("n") => Self::Number,
            Some(_) => Self::Text,
        }
    }

    fn value(self, text: String) -> Result<Value, String> {
        if text.is_empty() {
            return Ok(Value::Blank);
        }
        match self {
            Self::Shared => {
                let number = text.trim().parse();
                number.map(Value::Shared).map_err(|_| "a cell refers to a shared text by no number".to_owned())
            }
            Self::Text => Ok(Value::Text(text)),
            Self::Number => Ok(Value::Number(text)),
        }
    }
}

/// The column of a cell from its reference: `C12` is 2.
fn place_of(cell: &BytesStart<'_>) -> Option<usize> {
    let reference = attribute(cell, "r")?;
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic);
    // Three letters name every column that a spreadsheet has.
    let column = letters.take(4).fold(0, |sum, letter| sum * 26 + usize::from(letter.to_ascii_uppercase() - b'A' + 1));
    column.checked_sub(1)
}

/// A workbook in which the header was found.
pub(super) struct SheetFile<R> {
    package: Package<R>,
    /// How many rows stand before the lines, the header being the last of them.
    header_rows: u64,
}

impl<R: Read + Seek> SheetFile<R> {
    /// Finds the header: the first row that is not blank.
    pub fn open(source: R) -> Result<(Self, Header), FileFault> {
        let mut package = Package::open(source)?;
        let (header_rows, mut header) = {
            let mut rows = rows(&mut package)?;
            loop {
                if !rows.advance().map_err(FileFault::Workbook)? {
                    return Err(FileFault::Empty);
                }
                let fields = rows.fields(MOST_COLUMNS).map_err(FileFault::Workbook)?;
                if fields.iter().any(|field| !field.is_blank()) {
                    break (rows.read, Header::read(fields.iter().map(|field| &*field.text))?);
                }
            }
        };
        // The columns beside a statement's are no trailing commas.
        header.trailing_commas = 0;
        Ok((Self { package, header_rows }, header))
    }

    /// The lines behind the header.
    pub fn lines<'a>(&'a mut self, header: &'a Header) -> Result<SheetLines<'a, R>, FileFault> {
        let mut rows = rows(&mut self.package)?;
        while rows.read < self.header_rows {
            rows.advance().map_err(FileFault::Workbook)?;
        }
        Ok(SheetLines { rows, header, ended: false })
    }
}

fn rows<R: Read + Seek>(package: &mut Package<R>) -> Result<Rows<'_, Part<'_, R>>, FileFault> {
    let epoch = package.epoch;
    let (xml, texts) = package.sheet()?;
    Ok(Rows { xml, texts, epoch, row: Row::default(), read: 0 })
}

/// The lines of a statement in a workbook.
pub(super) struct SheetLines<'a, R: Read> {
    rows: Rows<'a, Part<'a, R>>,
    header: &'a Header,
    ended: bool,
}

impl<R: Read> Iterator for SheetLines<'_, R> {
    type Item = Result<Line, LineFault>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            let row = self.rows.advance();
            let number = self.rows.row.number;
            let fields = match row {
                Ok(true) => self.rows.fields(self.header.width),
                Ok(false) => break,
                Err(error) => Err(error),
            };
            match fields {
                Ok(fields) if fields.iter().all(Cell::is_blank) => {}
                Ok(fields) => return Some(record::line(self.header, number, &fields)),
                Err(error) => {
                    self.ended = true;
                    return Some(Err(LineFault { line: number, cause: LineCause::Unreadable(error) }));
                }
            }
        }
        self.ended = true;
        None
    }
}
