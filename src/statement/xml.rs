//! The XML inside a workbook, element by element and within bounds: so much in all, and so much
//! between one row, or one shared text, and the next.

use std::borrow::Cow;
use std::io::{self, BufReader, Read};

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesEnd, BytesRef, BytesStart, Event};

/// A part of a workbook as it unpacks, held to its bounds.
pub(super) struct Held<R> {
    source: R,
    left_in_all: u64,
    left_in_piece: u64,
}

/// The most that may lie between one row, or one shared text, and the next, in bytes.
const LARGEST_PIECE: u64 = 1024 * 1024;

impl<R: Read> Read for Held<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(into)?;
        let size = read as u64;
        let refused = |what| io::Error::new(io::ErrorKind::InvalidData, what);
        self.left_in_all =
            self.left_in_all.checked_sub(size).ok_or_else(|| refused("a part unpacks to more than it says"))?;
        self.left_in_piece = self
            .left_in_piece
            .checked_sub(size)
            .ok_or_else(|| refused("a row or a text has more than a mebibyte of XML"))?;
        Ok(read)
    }
}

/// What the XML goes on with.
pub(super) enum Node<'n> {
    /// An element begins.
    Begin(BytesStart<'n>),
    /// An element ends.
    End(BytesEnd<'n>),
    /// Text within an element, or a piece of it.
    Text(Cow<'n, str>),
    /// What holds no data: declarations, comments.
    Other,
    /// Nothing more.
    Nothing,
}

/// A part of a workbook, read forwards.
pub(super) struct Xml<R> {
    reader: Reader<BufReader<Held<R>>>,
    buffer: Vec<u8>,
}

impl<R: Read> Xml<R> {
    /// Reads a part that unpacks to at most so many bytes.
    pub fn new(source: R, most: u64) -> Self {
        let held = Held { source, left_in_all: most, left_in_piece: LARGEST_PIECE };
        let mut reader = Reader::from_reader(BufReader::with_capacity(64 * 1024, held));
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new() }
    }

    /// Says that a row or a text is complete, so that the next may be as large again.
    pub fn complete(&mut self) {
        self.reader.get_mut().get_mut().left_in_piece = LARGEST_PIECE;
    }

    /// What comes next. An empty element begins and ends.
    pub fn next(&mut self) -> Result<Node<'_>, String> {
        self.buffer.clear();
        let event = self.reader.read_event_into(&mut self.buffer).map_err(|error| error.to_string())?;
        Ok(match event {
            Event::Start(element) | Event::Empty(element) => Node::Begin(element),
            Event::End(element) => Node::End(element),
            Event::Text(text) => Node::Text(text.into_inner()),
            Event::CData(text) => Node::Text(text.into_inner()),
            Event::GeneralRef(reference) => Node::Text(referred(&reference)?),
            Event::Eof => Node::Nothing,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => Node::Other,
        })
    }
}

/// The character that a reference stands for. No other entity is known, so none can grow.
fn referred(reference: &BytesRef<'_>) -> Result<Cow<'static, str>, String> {
    let character = reference.resolve_char_ref().map_err(|error| error.to_string())?;
    let text = character.map(|c| Cow::Owned(c.to_string()));
    let text = text.or_else(|| resolve_predefined_entity(reference).map(Cow::Borrowed));
    text.ok_or_else(|| "it refers to an entity that is not XML's own".to_owned())
}

/// The raw value of an attribute, whatever the prefix of its name.
pub(super) fn attribute<'e>(element: &'e BytesStart<'_>, name: &str) -> Option<Cow<'e, str>> {
    let mut attributes = element.attributes();
    let attributes = attributes.with_checks(false);
    let found = attributes.flatten().find(|attribute| attribute.key.local_name().into_inner() == name);
    found.map(|attribute| attribute.value)
}
