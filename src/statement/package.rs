//! A workbook (.xlsx) as the package it is: a zip file of XML parts, of which the sheet of
//! transactions and the shared texts are read, within bounds that hold before anything unpacks.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use zip::ZipArchive;
use zip::read::ZipFile;

use super::fault::FileFault;
use super::forms::Epoch;
use super::xml::{Node, Xml, attribute};

/// The most that is read of a workbook.
pub mod limits {
    /// Bytes of a workbook's directory of parts.
    pub const DIRECTORY: u64 = 4 * 1024 * 1024;
    /// Parts of a workbook.
    pub const PARTS: usize = 1_000;
    /// Bytes that a part which only describes the workbook unpacks to.
    pub const DESCRIPTION: u64 = 1024 * 1024;
    /// Bytes that the texts shared by the cells unpack to; they are held in memory.
    pub const SHARED_TEXTS: u64 = 64 * 1024 * 1024;
    /// Bytes that a sheet unpacks to; it is read row by row.
    pub const SHEET: u64 = 4 * 1024 * 1024 * 1024;
    /// Rows of a sheet, which is the most that a spreadsheet can hold.
    pub const ROWS: u64 = 1_048_576;
    /// How many times its packed size a part may unpack to, once it is large.
    pub const RATIO: u64 = 250;
    /// From how many unpacked bytes on a part is large.
    pub const LARGE: u64 = 16 * 1024 * 1024;
}

/// A source of which so much may be read, until the bound is lifted.
pub(super) struct Bounded<R> {
    source: R,
    left: Arc<AtomicU64>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(into)?;
        let left = self.left.load(Ordering::Relaxed);
        let left = left.checked_sub(read as u64).ok_or_else(|| io::Error::other("its directory is too large"))?;
        self.left.store(left, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: Seek> Seek for Bounded<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}

/// A part of a workbook as it unpacks.
pub(super) type Part<'a, R> = ZipFile<'a, Bounded<R>>;

/// A workbook whose sheet of transactions was found.
pub(super) struct Package<R> {
    archive: ZipArchive<Bounded<R>>,
    sheet: String,
    /// The texts that cells share.
    pub texts: SharedTexts,
    /// How the workbook counts days.
    pub epoch: Epoch,
}

impl<R: Read + Seek> Package<R> {
    /// Opens a workbook, refusing one that would unpack beyond the bounds.
    pub fn open(source: R) -> Result<Self, FileFault> {
        let left = Arc::new(AtomicU64::new(limits::DIRECTORY));
        let archive = ZipArchive::new(Bounded { source, left: Arc::clone(&left) });
        let mut archive = archive.map_err(|error| FileFault::Workbook(error.to_string()))?;
        // From here on the parts' own bounds hold.
        left.store(u64::MAX, Ordering::Relaxed);
        check_parts(&mut archive)?;
        let book = workbook(&mut archive)?;
        let relations = relations(&mut archive, "xl/_rels/workbook.xml.rels")?;
        let target = relations.iter().find(|relation| relation.id == book.sheet);
        let sheet = target.map(|relation| part_name(&relation.target)).ok_or_else(|| no_sheet("names no sheet"))?;
        let shared = relations.iter().find(|relation| relation.kind.ends_with("/sharedStrings"));
        let texts = match shared {
            Some(relation) => shared_texts(&mut archive, &part_name(&relation.target))?,
            None => SharedTexts::default(),
        };
        Ok(Self { archive, sheet, texts, epoch: book.epoch })
    }

    /// The sheet of transactions from its beginning, with the texts that its cells share.
    pub fn sheet(&mut self) -> Result<(Xml<Part<'_, R>>, &SharedTexts), FileFault> {
        Ok((part(&mut self.archive, &self.sheet, ("the sheet", limits::SHEET))?, &self.texts))
    }
}

fn no_sheet(what: &str) -> FileFault {
    FileFault::Workbook(format!("it {what}"))
}

/// Refuses what says itself that it would unpack to too much.
fn check_parts<R: Read + Seek>(archive: &mut ZipArchive<R>) -> Result<(), FileFault> {
    let too_large = |what, found: String, most: String| Err(FileFault::TooLarge { what, found, most });
    if archive.len() > limits::PARTS {
        return too_large("it", format!("{} parts", archive.len()), format!("{} parts", limits::PARTS));
    }
    for place in 0..archive.len() {
        let part = archive.by_index_raw(place).map_err(|error| FileFault::Workbook(error.to_string()))?;
        let (unpacked, packed) = (part.size(), part.compressed_size());
        if unpacked > limits::LARGE && unpacked / limits::RATIO > packed {
            let found = format!("{unpacked} bytes packed into {packed}");
            return too_large("a part", found, format!("{} times the packed size", limits::RATIO));
        }
    }
    Ok(())
}

/// Opens a part, bounded by what it says it unpacks to and by its limit.
fn part<'a, R: Read + Seek>(
    archive: &'a mut ZipArchive<R>,
    name: &str,
    (what, most): (&'static str, u64),
) -> Result<Xml<ZipFile<'a, R>>, FileFault> {
    let part = archive.by_name(name).map_err(|error| FileFault::Workbook(format!("{what}: {error}")))?;
    let size = part.size();
    if size > most {
        return Err(FileFault::TooLarge { what, found: format!("{size} bytes"), most: format!("{most} bytes") });
    }
    Ok(Xml::new(part, size))
}

/// What the workbook says of itself.
struct Book {
    /// The relation to the sheet "Transactions", else to the first sheet.
    sheet: String,
    epoch: Epoch,
}

fn workbook<R: Read + Seek>(archive: &mut ZipArchive<R>) -> Result<Book, FileFault> {
    let mut xml = part(archive, "xl/workbook.xml", ("the workbook's description", limits::DESCRIPTION))?;
    let mut sheets: Vec<(bool, String)> = Vec::new();
    let mut epoch = Epoch::From1900;
    loop {
        match xml.next().map_err(FileFault::Workbook)? {
            Node::Begin(element) => match element.local_name().into_inner() {
                "workbookPr" if matches!(attribute(&element, "date1904").as_deref(), Some("1" | "true")) => {
                    epoch = Epoch::From1904;
                }
                "sheet" => {
                    let named = attribute(&element, "name").is_some_and(|n| n.eq_ignore_ascii_case("Transactions"));
                    sheets.extend(attribute(&element, "id").map(|id| (named, id.into_owned())));
                }
                _ => {}
            },
            Node::Nothing => break,
            Node::End(_) | Node::Text(_) | Node::Other => {}
        }
    }
    let named = sheets.iter().position(|(named, _)| *named).unwrap_or_default();
    let sheet = sheets.into_iter().nth(named).ok_or_else(|| no_sheet("has no sheet"))?;
    Ok(Book { sheet: sheet.1, epoch })
}

/// A relation of the workbook to one of its parts.
struct Relation {
    id: String,
    kind: String,
    target: String,
}

fn relations<R: Read + Seek>(archive: &mut ZipArchive<R>, name: &str) -> Result<Vec<Relation>, FileFault> {
    let mut xml = part(archive, name, ("the list of the workbook's parts", limits::DESCRIPTION))?;
    let mut relations = Vec::new();
    loop {
        match xml.next().map_err(FileFault::Workbook)? {
            Node::Begin(element) if element.local_name().into_inner() == "Relationship" => {
                let text = |name| attribute(&element, name).unwrap_or_default().into_owned();
                relations.push(Relation { id: text("Id"), kind: text("Type"), target: text("Target") });
            }
            Node::Nothing => return Ok(relations),
            Node::Begin(_) | Node::End(_) | Node::Text(_) | Node::Other => {}
        }
    }
}

/// The name of a part that the workbook relates to: from the root, or beside the workbook.
fn part_name(target: &str) -> String {
    target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned)
}

/// The texts that cells share, one behind the other. They hold learners' names while the file is
/// read, and nothing hands those on.
#[derive(Default)]
pub(super) struct SharedTexts {
    text: String,
    ends: Vec<usize>,
}

impl SharedTexts {
    /// The text of a number, from 0.
    pub fn get(&self, number: usize) -> Option<&str> {
        let begin = number.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(begin..*self.ends.get(number)?)
    }
}

fn shared_texts<R: Read + Seek>(archive: &mut ZipArchive<R>, name: &str) -> Result<SharedTexts, FileFault> {
    let mut xml = part(archive, name, ("the list of shared texts", limits::SHARED_TEXTS))?;
    let mut shared = SharedTexts::default();
    let mut reading = TextOfCell::default();
    loop {
        match xml.next().map_err(FileFault::Workbook)? {
            Node::Nothing => return Ok(shared),
            Node::End(element) if element.local_name().into_inner() == "si" => {
                shared.ends.push(shared.text.len());
                xml.complete();
            }
            node => reading.take(&node, &mut shared.text),
        }
    }
}

/// Gathers the text of an item in pieces: formatted runs, but not how they are pronounced.
#[derive(Default)]
pub(super) struct TextOfCell {
    in_text: bool,
    in_reading: bool,
}

impl TextOfCell {
    /// Takes what belongs to the text.
    pub fn take(&mut self, node: &Node<'_>, into: &mut String) {
        match node {
            Node::Begin(element) => match element.local_name().into_inner() {
                "t" | "v" => self.in_text = true,
                "rPh" => self.in_reading = true,
                _ => {}
            },
            Node::End(element) => match element.local_name().into_inner() {
                "t" | "v" => self.in_text = false,
                "rPh" => self.in_reading = false,
                _ => {}
            },
            Node::Text(text) if self.in_text && !self.in_reading => into.push_str(text),
            Node::Text(_) | Node::Other | Node::Nothing => {}
        }
    }
}
