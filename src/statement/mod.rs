//! The national statement: the apprenticeship service's "download transactions" file, versions 1
//! and 2, as CSV and as a workbook, read line by line and written (`docs/rules.md` section 9).
//!
//! It knows nothing of the database: whoever records lines takes them from [`Statement::lines`], and
//! an import from `intake`.
//!
//! | what | file |
//! |---|---|
//! | a line, what it does to the balance, which month it belongs to | `line` |
//! | a line as the ledger takes it, a file for an import | `stated`, `intake` |
//! | the four layouts, and a header told from them | `layout` |
//! | how each column is written | `forms` |
//! | a line made of its fields, commas in names resolved | `record` |
//! | bytes to text: line ends, encodings | `text`, `encoding` |
//! | fields of a line of text | `fields` |
//! | a workbook within bounds, its rows | `package`, `sheet`, `xml` |
//! | why a file or a line is refused | `fault` |
//! | entries of the ledger as lines | `from_ledger` |
//! | lines back to a file | `writer`, `workbook_writer` |

mod encoding;
mod fault;
mod fields;
mod forms;
mod from_ledger;
mod intake;
mod layout;
mod line;
mod package;
mod reader;
mod record;
mod sheet;
mod stated;
mod text;
mod workbook_writer;
mod writer;
mod xml;

pub use fault::{FileFault, LineCause, LineFault};
pub(crate) use intake::take_in;
pub use layout::{Layout, Version};
pub use line::{Kind, Life, Line, PaymentKind, Uln};
pub use package::limits;
pub use reader::{Lines, Statement};
pub use text::LONGEST_LINE;
pub use workbook_writer::WorkbookWriter;
pub use writer::{CsvWriter, LineEnd, WriteFault};
