//! Lines back to a workbook, as the national service writes it: one sheet, every cell text.

use std::io::{Seek, Write};

use chrono::NaiveDate;
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

use super::layout::Layout;
use super::line::Line;
use super::package::limits;
use super::writer::{Commas, PAYROLL_MONTH, WriteFault, fields, in_order};

/// Writes the workbook row by row; lines come from the newest to the oldest. Rows wait in a
/// temporary file, so memory does not grow with them.
pub struct WorkbookWriter {
    workbook: Workbook,
    rows: u32,
    last: Option<NaiveDate>,
}

impl WorkbookWriter {
    /// Begins a workbook with its header.
    ///
    /// # Errors
    /// [`WriteFault::Workbook`] if the sheet cannot be made.
    pub fn new() -> Result<Self, WriteFault> {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet_with_constant_memory().map_err(|error| failed(&error))?;
        sheet.set_name("Transactions").map_err(|error| failed(&error))?;
        let mut writer = Self { workbook, rows: 0, last: None };
        writer.row(Layout::LevyV2.headings())?;
        Ok(writer)
    }

    /// Writes a line.
    ///
    /// # Errors
    /// [`WriteFault::OutOfOrder`] if the line is newer than the one before; [`WriteFault::TooManyRows`].
    pub fn write(&mut self, line: &Line) -> Result<(), WriteFault> {
        if u64::from(self.rows) >= limits::ROWS {
            return Err(WriteFault::TooManyRows { most: limits::ROWS });
        }
        in_order(&mut self.last, line.date)?;
        let mut fields = fields(line, Commas::Kept);
        if let Some(month) = fields.get_mut(PAYROLL_MONTH).filter(|month| !month.is_empty()) {
            // Keeps a spreadsheet from making a date of it.
            month.insert(0, '\'');
        }
        self.row(&fields)
    }

    /// Ends the workbook and writes it.
    ///
    /// # Errors
    /// [`WriteFault::Workbook`] if it cannot be written.
    pub fn finish(mut self, into: impl Write + Seek + Send) -> Result<(), WriteFault> {
        self.workbook.save_to_writer(into).map_err(|error| failed(&error))
    }

    fn row(&mut self, fields: &[impl AsRef<str>]) -> Result<(), WriteFault> {
        let sheet = self.workbook.worksheet_from_index(0).map_err(|error| failed(&error))?;
        put(sheet, self.rows, fields).map_err(|error| failed(&error))?;
        self.rows += 1;
        Ok(())
    }
}

fn put(sheet: &mut Worksheet, row: u32, fields: &[impl AsRef<str>]) -> Result<(), XlsxError> {
    for (column, field) in (0..).zip(fields) {
        if !field.as_ref().is_empty() {
            sheet.write_string(row, column, field.as_ref())?;
        }
    }
    Ok(())
}

fn failed(error: &XlsxError) -> WriteFault {
    WriteFault::Workbook(error.to_string())
}
