//! Lines of a text file, whatever ends them: CRLF, LF or a lone CR. No more than one line is held,
//! and no line beyond a bound.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use super::encoding::{Encoding, Utf16};
use super::fault::{FileFault, LineCause, LineFault};
use super::fields;
use super::forms::Cell;
use super::layout::{Column, Header};
use super::line::Line;
use super::record;

/// The longest line that is read, in bytes. Those of the national file have a few hundred.
pub const LONGEST_LINE: usize = 64 * 1024;

/// How a line of bytes came to its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// With a line end.
    Line,
    /// With the file.
    File,
    /// Beyond the bound; its rest was passed over.
    TooLong,
}

/// A text file split into lines of bytes.
struct ByteLines<'a> {
    source: Box<dyn BufRead + 'a>,
    line: Vec<u8>,
    /// The last line ended with CR, so that LF right behind it belongs to it.
    after_cr: bool,
}

impl ByteLines<'_> {
    /// Reads the next line into `line`; none at the file's end.
    fn advance(&mut self) -> std::io::Result<Option<End>> {
        self.line.clear();
        let mut too_long = false;
        let mut any = false;
        loop {
            let bytes = self.source.fill_buf()?;
            if bytes.is_empty() {
                let end = if too_long { End::TooLong } else { End::File };
                return Ok(any.then_some(end));
            }
            if std::mem::take(&mut self.after_cr) && bytes.first() == Some(&b'\n') {
                self.source.consume(1);
                continue;
            }
            any = true;
            let ends = bytes.iter().position(|b| matches!(b, b'\n' | b'\r'));
            let piece = bytes.get(..ends.unwrap_or(bytes.len())).unwrap_or_default();
            too_long |= self.line.len() + piece.len() > LONGEST_LINE;
            if too_long {
                self.line.clear();
            } else {
                self.line.extend_from_slice(piece);
            }
            let used = piece.len() + usize::from(ends.is_some());
            self.after_cr = ends.is_some_and(|place| bytes.get(place) == Some(&b'\r'));
            self.source.consume(used);
            if ends.is_some() {
                return Ok(Some(if too_long { End::TooLong } else { End::Line }));
            }
        }
    }
}

/// The lines of a file in text, from its beginning.
pub(super) struct TextLines<'a> {
    bytes: ByteLines<'a>,
    encoding: Encoding,
    number: u64,
}

/// A text file in which the header was found.
pub(super) struct TextFile<R> {
    source: R,
    delimiter: char,
    header_line: u64,
}

impl<R: Read + Seek> TextFile<R> {
    /// Finds the header: the first line that is not blank.
    pub fn open(mut source: R) -> Result<(Self, Header), FileFault> {
        let mut lines = text_lines(&mut source)?;
        let mut header_line = 0;
        let (delimiter, header) = loop {
            let Some((line, _)) = lines.advance().map_err(|fault| FileFault::Header(fault.cause))? else {
                return Err(FileFault::Empty);
            };
            header_line += 1;
            let line = line?;
            // A spreadsheet that saves "Unicode text" separates by tabs.
            let delimiter = if line.contains('\t') && !line.contains(',') { '\t' } else { ',' };
            let fields = fields::split(&line, delimiter);
            if fields.iter().any(|field| !field.trim().is_empty()) {
                break (delimiter, Header::read(fields.iter().map(AsRef::as_ref))?);
            }
        };
        drop(lines);
        Ok((Self { source, delimiter, header_line }, header))
    }

    /// The lines behind the header.
    pub fn lines<'a>(&'a mut self, header: &'a Header) -> Result<CsvLines<'a>, FileFault> {
        let mut lines = text_lines(&mut self.source)?;
        while lines.number < self.header_line {
            // They were read before, when the file was opened.
            lines.advance().map_err(|fault| FileFault::Header(fault.cause))?;
        }
        Ok(CsvLines { lines, header, delimiter: self.delimiter, failed: false })
    }
}

/// The lines of a text file, from behind its byte order mark.
fn text_lines<R: Read + Seek>(source: &mut R) -> Result<TextLines<'_>, FileFault> {
    source.seek(SeekFrom::Start(0))?;
    let mut start = Vec::new();
    source.by_ref().take(4).read_to_end(&mut start)?;
    let (encoding, mark) = Encoding::of_start(&start);
    source.seek(SeekFrom::Start(mark))?;
    let buffered = BufReader::with_capacity(LONGEST_LINE, source);
    let source: Box<dyn BufRead + '_> = match encoding {
        Encoding::Utf16(endian) => Box::new(BufReader::new(Utf16::new(buffered, endian))),
        Encoding::Undecided | Encoding::Utf8 | Encoding::Windows1252 => Box::new(buffered),
    };
    let bytes = ByteLines { source, line: Vec::new(), after_cr: false };
    Ok(TextLines { bytes, encoding, number: 0 })
}

/// A line of text or what is wrong with it, and how it ended.
type TextLine<'l> = (Result<std::borrow::Cow<'l, str>, LineCause>, End);

impl TextLines<'_> {
    /// The next line; an error ends the file.
    fn advance(&mut self) -> Result<Option<TextLine<'_>>, LineFault> {
        self.number += 1;
        let ended = self.bytes.advance();
        let ended =
            ended.map_err(|error| LineFault { line: self.number, cause: LineCause::Unreadable(error.to_string()) })?;
        Ok(ended.map(|end| match end {
            End::TooLong => (Err(LineCause::TooLong { most: LONGEST_LINE }), end),
            End::Line | End::File => (self.encoding.decode(&self.bytes.line), end),
        }))
    }
}

/// The lines of a statement in text.
pub(super) struct CsvLines<'a> {
    lines: TextLines<'a>,
    header: &'a Header,
    delimiter: char,
    failed: bool,
}

impl Iterator for CsvLines<'_> {
    type Item = Result<Line, LineFault>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.failed {
            let number = self.lines.number + 1;
            let (text, end) = match self.lines.advance() {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(fault) => {
                    self.failed = true;
                    return Some(Err(fault));
                }
            };
            let read = text.and_then(|text| line(self.header, &text, self.delimiter, (number, end)));
            match read {
                Ok(None) => {}
                Ok(Some(read)) => return Some(read),
                Err(cause) => return Some(Err(LineFault { line: number, cause })),
            }
        }
        // Beyond the end there is nothing more, however often it is asked.
        self.failed = true;
        None
    }
}

/// Reads a line of text; none where it is blank.
fn line(
    header: &Header,
    text: &str,
    delimiter: char,
    (number, end): (u64, End),
) -> Result<Option<Result<Line, LineFault>>, LineCause> {
    let mut cells: Vec<Cell<'_>> = fields::split(text, delimiter).into_iter().map(Cell::text).collect();
    if cells.iter().all(Cell::is_blank) {
        return Ok(None);
    }
    let blank = cells.iter().rev().take_while(|cell| cell.is_blank()).count();
    if blank < header.trailing_commas {
        return Err(LineCause::CutShort);
    }
    // Lines may end with a comma where the header does not.
    let one_more = usize::from(header.trailing_commas == 0 && blank > 0 && cells.len() > header.width);
    cells.truncate(cells.len() - header.trailing_commas - one_more);
    if end == End::File && (cells.len() < header.width || may_lack_digits(header, &cells)) {
        return Err(LineCause::CutShort);
    }
    Ok(Some(record::line(header, number, &cells)))
}

/// Whether the file may end within its last figure: no comma and no line end says that it does not,
/// and the total has fewer decimals than the national file writes.
fn may_lack_digits(header: &Header, cells: &[Cell<'_>]) -> bool {
    let ends_with_total = header.place(Column::Total).is_some_and(|place| place + 1 == header.width);
    let decimals = cells.last().and_then(|cell| cell.text.split_once('.')).map_or(0, |(_, decimals)| decimals.len());
    header.trailing_commas == 0 && ends_with_total && decimals != 5
}
