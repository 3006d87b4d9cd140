//! Lines back to a file, as the national service writes its version 2 for those who pay levy.

use std::fmt::Write as _;
use std::io::{self, Write};

use chrono::NaiveDate;

use super::forms::is_formula;
use super::layout::Layout;
use super::line::{Line, Uln};
use crate::domain::calendar::Month;
use crate::domain::money::Money;

/// Why lines could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteFault {
    /// The file has its newest line first.
    #[error("a line of {later} comes after one of {earlier}, but the file goes from the newest to the oldest")]
    OutOfOrder {
        /// The day of the line before.
        earlier: NaiveDate,
        /// The day of the line that should have come first.
        later: NaiveDate,
    },
    /// More rows than a sheet holds.
    #[error("a sheet holds at most {most} rows: write the lines as CSV")]
    TooManyRows {
        /// The most that it holds, the header included.
        most: u64,
    },
    /// The workbook could not be made.
    #[error("the workbook cannot be written: {0}")]
    Workbook(String),
    /// The file could not be written.
    #[error("the file cannot be written: {0}")]
    Io(#[from] io::Error),
}

/// What ends the lines of a CSV: that of the machine that made the national file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnd {
    /// As Windows ends lines. The national service drops the file's last character, so that a lone
    /// CR is left.
    CrLf,
    /// As Linux ends lines. The last character being dropped, the file ends with a comma.
    Lf,
}

/// Writes the CSV line by line; lines come from the newest to the oldest.
pub struct CsvWriter<W> {
    into: W,
    line_end: LineEnd,
    last: Option<NaiveDate>,
    text: String,
}

impl<W: Write> CsvWriter<W> {
    /// Begins a file with its header.
    ///
    /// # Errors
    /// [`WriteFault::Io`] if it cannot be written.
    pub fn new(mut into: W, line_end: LineEnd) -> Result<Self, WriteFault> {
        for heading in Layout::LevyV2.headings() {
            write!(into, "{heading},")?;
        }
        Ok(Self { into, line_end, last: None, text: String::with_capacity(512) })
    }

    /// Writes a line.
    ///
    /// # Errors
    /// [`WriteFault::OutOfOrder`] if the line is newer than the one before; [`WriteFault::Io`].
    pub fn write(&mut self, line: &Line) -> Result<(), WriteFault> {
        in_order(&mut self.last, line.date)?;
        self.text.clear();
        // The line end goes before each line, as the last one has none but what is left of it.
        self.text.push_str(match self.line_end {
            LineEnd::CrLf => "\r\n",
            LineEnd::Lf => "\n",
        });
        for (place, field) in fields(line, Commas::Dropped).into_iter().enumerate() {
            // A field that begins with a quote of its own would be taken for a quoted one.
            if place == TRAINING_PROVIDER || field.starts_with('"') {
                push_quoted(&mut self.text, &field);
            } else {
                self.text.push_str(&field);
            }
            self.text.push(',');
        }
        Ok(self.into.write_all(self.text.as_bytes())?)
    }

    /// What it writes into, so that what is written can be taken away piece by piece.
    pub const fn written(&mut self) -> &mut W {
        &mut self.into
    }

    /// Ends the file.
    ///
    /// # Errors
    /// [`WriteFault::Io`] if it cannot be written.
    pub fn finish(mut self) -> Result<W, WriteFault> {
        match self.line_end {
            LineEnd::CrLf => self.into.write_all(b"\r")?,
            LineEnd::Lf => {}
        }
        self.into.flush()?;
        Ok(self.into)
    }
}

/// The column that the national file quotes.
const TRAINING_PROVIDER: usize = 9;
/// The column that a workbook holds behind an apostrophe.
pub(super) const PAYROLL_MONTH: usize = 4;

/// What becomes of commas in the description, the cohort reference, the training provider and the
/// course name. Those in a PAYE scheme always stay, as the national file keeps them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Commas {
    /// In a workbook.
    Kept,
    /// In the CSV.
    Dropped,
}

/// Holds lines to the file's order, the newest first.
pub(super) fn in_order(last: &mut Option<NaiveDate>, date: NaiveDate) -> Result<(), WriteFault> {
    match last.replace(date) {
        Some(earlier) if date > earlier => Err(WriteFault::OutOfOrder { earlier, later: date }),
        _ => Ok(()),
    }
}

/// A line's fields in the order of version 2's levy layout. The learner's name is blank: we have none.
pub(super) fn fields(line: &Line, commas: Commas) -> [String; 20] {
    let bare = |text: Option<&String>| words(text, commas);
    let percent = line.english_fraction * rust_decimal::Decimal::ONE_HUNDRED;
    [
        line.date.format("%d/%m/%Y").to_string(),
        line.kind.name().to_owned(),
        bare(line.description.as_ref()),
        words(line.paye_scheme.as_ref(), Commas::Kept),
        line.payroll_month.map(label).unwrap_or_default(),
        five_places(line.levy_declared),
        format!("{percent:.5}"),
        five_places(line.top_up),
        bare(line.cohort_reference.as_ref()),
        bare(line.training_provider.as_ref()),
        line.uln.as_ref().map(Uln::as_str).unwrap_or_default().to_owned(),
        String::new(),
        bare(line.course_name.as_ref()),
        line.level.map(|level| level.to_string()).unwrap_or_default(),
        words(line.course_type.as_ref(), Commas::Kept),
        five_places(line.paid_from_levy),
        five_places(line.paid_from_transfer),
        five_places(line.your_contribution),
        five_places(line.government_contribution),
        five_places(line.total),
    ]
}

/// An amount as the national file writes it: `-190.00000`.
fn five_places(amount: Money) -> String {
    format!("{:.5}", amount.pounds())
}

/// A payroll month's label: `Apr 2026`.
fn label(month: Month) -> String {
    month.first_day().format("%b %Y").to_string()
}

/// A text on one line, which no spreadsheet takes for a formula: an apostrophe keeps it, and
/// reading takes the apostrophe away again.
fn words(text: Option<&String>, commas: Commas) -> String {
    let kept = |c: &char| commas == Commas::Kept || *c != ',';
    let text: String = text.into_iter().flat_map(|text| text.chars()).filter(kept).collect();
    let text = text.replace(char::is_control, " ");
    if is_formula(text.trim_start()) { format!("'{}", text.trim_start()) } else { text }
}

fn push_quoted(into: &mut String, text: &str) {
    let _ = write!(into, "\"{}\"", text.replace('"', "\"\""));
}
