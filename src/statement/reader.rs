//! A statement opened: its form told from its first bytes, its layout from its header.

use std::io::{Read, Seek, SeekFrom};

use super::fault::{FileFault, LineFault};
use super::layout::{Header, Layout, Version};
use super::line::Line;
use super::sheet::{SheetFile, SheetLines};
use super::text::{CsvLines, TextFile};

/// A statement whose header has been read (`docs/rules.md` section 9).
///
/// Memory does not grow with the file: of text a line is held, of a workbook a row and the texts
/// that its cells share, up to [`limits::SHARED_TEXTS`](super::limits::SHARED_TEXTS).
pub struct Statement<R> {
    form: Form<R>,
    header: Header,
}

enum Form<R> {
    Text(TextFile<R>),
    Sheet(Box<SheetFile<R>>),
}

impl<R: Read + Seek> Statement<R> {
    /// Opens a file, as CSV or as a workbook by what its first bytes are, whatever its name.
    ///
    /// # Errors
    /// [`FileFault`] for what is empty, no statement, nearly one (its header names the columns that
    /// are missing), damaged, or a workbook beyond the bounds.
    pub fn open(mut source: R) -> Result<Self, FileFault> {
        source.seek(SeekFrom::Start(0))?;
        let mut start = Vec::new();
        source.by_ref().take(4).read_to_end(&mut start)?;
        source.seek(SeekFrom::Start(0))?;
        match start.as_slice() {
            [] => Err(FileFault::Empty),
            [b'P', b'K', 3, 4] => {
                let (file, header) = SheetFile::open(source)?;
                Ok(Self { form: Form::Sheet(Box::new(file)), header })
            }
            [0xD0, 0xCF, 0x11, 0xE0] => Err(FileFault::OldWorkbook),
            _ => {
                let (file, header) = TextFile::open(source)?;
                Ok(Self { form: Form::Text(file), header })
            }
        }
    }

    /// The layout that its header is of.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        self.header.layout
    }

    /// The version that its header is of.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.header.layout.version()
    }

    /// Columns that no layout knows, as the file names them. They are passed over.
    #[must_use]
    pub fn ignored_columns(&self) -> &[String] {
        &self.header.ignored
    }

    /// Its lines from the first one behind the header, each time anew: a caller can check them all
    /// before it records any. Blank lines are passed over.
    ///
    /// # Errors
    /// [`FileFault`] if the file can no longer be read from its beginning. What is wrong further on
    /// is the fault of its line; after [`LineCause::Unreadable`](super::LineCause::Unreadable) there are
    /// no more.
    pub fn lines(&mut self) -> Result<Lines<'_, R>, FileFault> {
        Ok(Lines(match &mut self.form {
            Form::Text(file) => FormLines::Text(file.lines(&self.header)?),
            Form::Sheet(file) => FormLines::Sheet(Box::new(file.lines(&self.header)?)),
        }))
    }
}

/// The lines of a statement, in the order of the file.
pub struct Lines<'a, R: Read>(FormLines<'a, R>);

enum FormLines<'a, R: Read> {
    Text(CsvLines<'a>),
    Sheet(Box<SheetLines<'a, R>>),
}

impl<R: Read> Iterator for Lines<'_, R> {
    type Item = Result<Line, LineFault>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            FormLines::Text(lines) => lines.next(),
            FormLines::Sheet(lines) => lines.next(),
        }
    }
}
