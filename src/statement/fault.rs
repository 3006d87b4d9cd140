//! Why a file or a line of it is refused. No fault tells a learner's name or number.

use std::fmt;

use super::layout::Layout;

/// Why a file as a whole cannot be read as a statement.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// There is nothing in it.
    #[error("the file is empty: download the transactions again")]
    Empty,
    /// No columns of a statement.
    #[error(
        "the file is no statement: its first line should name columns such as \"Transaction date\" and \
         \"Transaction type\", as the apprenticeship service's \"download transactions\" does"
    )]
    NoStatement,
    /// Nearly a statement: columns are missing, or belong to another layout.
    #[error("the header is nearest to {nearest}, {}", differences(missing, foreign))]
    WrongHeader {
        /// The layout that has most columns in common with the header.
        nearest: Layout,
        /// Its columns that the header lacks.
        missing: Vec<&'static str>,
        /// Columns of other layouts, as the file names them.
        foreign: Vec<String>,
    },
    /// A column stands twice.
    #[error("the header names the column \"{name}\" twice")]
    RepeatedColumn {
        /// The column, as the file names it.
        name: String,
    },
    /// Far more columns than a statement has.
    #[error("the header has {found} columns; at most {most} are read")]
    TooManyColumns {
        /// How many there are.
        found: usize,
        /// How many may be.
        most: usize,
    },
    /// The line that should be the header cannot be read.
    #[error("the header cannot be read: {0}")]
    Header(#[from] LineCause),
    /// The spreadsheet format before 2007.
    #[error("the file is an old Excel workbook (.xls): save it as .xlsx or as CSV")]
    OldWorkbook,
    /// A workbook that unpacks to more than is read, or to suspiciously much.
    #[error("the workbook is refused: {what} has {found}, at most {most} is read")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it says it is.
        found: String,
        /// How large it may be.
        most: String,
    },
    /// A workbook that is damaged or not built as a workbook is.
    #[error("the workbook cannot be read: {0}")]
    Workbook(String),
    /// The file could not be read from where it lies.
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
}

/// Why a line cannot be read, and which line it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {cause}")]
pub struct LineFault {
    /// The line of the file, the header's being counted, from 1; of a workbook the row.
    pub line: u64,
    /// What is wrong with it.
    pub cause: LineCause,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineCause {
    /// A field is not written as its column's are.
    #[error("{column}{} is not {expected}", shown(value.as_ref()))]
    Form {
        /// The column, as the file names it.
        column: String,
        /// What stands there; left out where it could be personal data.
        value: Option<String>,
        /// What should.
        expected: &'static str,
    },
    /// Fewer fields than columns.
    #[error("{found} fields where the header has {expected} columns")]
    TooFewFields {
        /// Columns of the header.
        expected: usize,
        /// Fields of the line.
        found: usize,
    },
    /// More fields than columns, and no reading in which commas in a name explain them.
    #[error(
        "{found} fields where the header has {expected} columns, and commas in the learner's name or in the PAYE \
         scheme do not explain it: put that field between double quotes"
    )]
    TooManyFields {
        /// Columns of the header.
        expected: usize,
        /// Fields of the line.
        found: usize,
    },
    /// More fields than columns, and more than one way to read them.
    #[error(
        "{found} fields where the header has {expected} columns, which can be read in more than one way: put the \
         learner's name and the PAYE scheme between double quotes"
    )]
    Ambiguous {
        /// Columns of the header.
        expected: usize,
        /// Fields of the line.
        found: usize,
    },
    /// The line breaks off.
    #[error("the line breaks off, so the file may be cut short: download it again")]
    CutShort,
    /// Longer than any line of a statement.
    #[error("the line is longer than {most} bytes")]
    TooLong {
        /// How long a line may be, in bytes.
        most: usize,
    },
    /// Text in another encoding than the lines before.
    #[error("the line is not {expected} as the lines before it are: save the file again as UTF-8")]
    MixedEncoding {
        /// The encoding of the lines before.
        expected: &'static str,
    },
    /// Bytes that are no text.
    #[error("the line holds bytes that are no text")]
    NotText,
    /// The file ends in an error; no line after this one was read.
    #[error("the file cannot be read further: {0}")]
    Unreadable(String),
}

fn differences(missing: &[&str], foreign: &[String]) -> String {
    let quoted = |names: Vec<&str>| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let foreign: Vec<&str> = foreign.iter().map(String::as_str).collect();
    match (missing.is_empty(), foreign.is_empty()) {
        (false, true) => format!("which also has {}", quoted(missing.to_vec())),
        (true, _) => format!("which does not have {}", quoted(foreign)),
        (false, false) => format!("which also has {} and does not have {}", quoted(missing.to_vec()), quoted(foreign)),
    }
}

/// The value in a sentence, or nothing where it is kept back.
fn shown(value: Option<&String>) -> impl fmt::Display {
    match value {
        Some(value) if value.is_empty() => " (blank)".to_owned(),
        Some(value) => format!(" \"{value}\""),
        None => String::new(),
    }
}
