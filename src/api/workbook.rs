//! Tables as Excel workbooks: typed cells, a bold heading that stays in sight, filters, and totals
//! that are formulas with their values. Rows go to a temporary file as they come, so that memory
//! does not grow with the table.

use std::fs::File;
use std::marker::PhantomData;

use rust_decimal::Decimal;
use rust_xlsxwriter::utility::column_number_to_name;
use rust_xlsxwriter::{Formula, Workbook, Worksheet, XlsxError};
use serde_json::Value;

use super::problem::{Code, Problem};
use super::report::Report;
use super::tables::{Kind, Row, Total};
use super::workbook_cells::{Styles, heading, number_of, width, write_cell};
use super::workbook_extras::{draw, summarise};

/// How many rows a sheet holds; further ones go to another. Excel ends at 1,048,576.
const MOST_ROWS: u32 = 1_000_000;

/// The table of a workbook that is being written.
pub(crate) struct Sheet<R> {
    book: Workbook,
    styles: Styles,
    /// Rows on the sheet that is open, its heading among them.
    rows: u32,
    sums: Vec<Sum>,
    of: PhantomData<R>,
}

/// What the cells of one column come to, of those that a total counts.
struct Sum {
    total: &'static Total,
    column: u16,
    kind: Option<Kind>,
    amount: Decimal,
    /// Whether a cell was too long to be a number, so that no formula adds it.
    beyond: bool,
}

impl<R: Row> Sheet<R> {
    /// Begins a workbook with the heading of a table.
    pub(crate) fn begin() -> Result<Self, XlsxError> {
        let book = Workbook::new();
        let mut sheet = Self { book, styles: Styles::new(), rows: 0, sums: Vec::new(), of: PhantomData };
        sheet.open(1)?;
        Ok(sheet)
    }

    fn open(&mut self, number: usize) -> Result<(), XlsxError> {
        let name = if number == 1 { R::SHEET.to_owned() } else { format!("{} {number}", R::SHEET) };
        let sheet = self.book.add_worksheet_with_constant_memory()?.set_name(name)?;
        sheet.set_freeze_panes(1, 0)?.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
        sheet.set_repeat_rows(0, 0)?;
        for (place, column) in (0..).zip(R::COLUMNS) {
            sheet.set_column_width(place, width(column, kind::<R>(column)))?;
            let kind = kind::<R>(column);
            let is_figure = kind.is_some() || R::TOTALS.iter().any(|total| total.columns.contains(column));
            let style = if is_figure { &self.styles.head_right } else { &self.styles.head };
            sheet.write_string_with_format(0, place, heading(column, kind), style)?;
        }
        self.rows = 1;
        self.sums = sums::<R>();
        Ok(())
    }

    /// Adds rows.
    pub(crate) fn rows(&mut self, rows: Vec<R>) -> Result<(), XlsxError> {
        for row in rows {
            if self.rows > MOST_ROWS {
                self.close()?;
                let number = self.book.worksheets().len() + 1;
                self.open(number)?;
            }
            // Rows are plain structs with text keys, which always serialise.
            let row = serde_json::to_value(row).unwrap_or_default();
            let at = self.rows;
            self.rows += 1;
            let sheet = last_sheet(&mut self.book)?;
            for (place, column) in (0..).zip(R::COLUMNS) {
                let value = row.get(column).unwrap_or(&Value::Null);
                write_cell(sheet, (at, place), (value, kind::<R>(column)), &self.styles)?;
            }
            self.sums.iter_mut().for_each(|sum| sum.count::<R>(&row));
        }
        Ok(())
    }

    /// Writes the totals of the sheet that is open, and lets its rows be filtered.
    fn close(&mut self) -> Result<(), XlsxError> {
        let last = self.rows - 1;
        let sheet = last_sheet(&mut self.book)?;
        let last_column = u16::try_from(R::COLUMNS.len()).unwrap_or(1).saturating_sub(1);
        sheet.autofilter(0, 0, last, last_column)?;
        // A row is left empty, or Excel would take the totals for rows and filter them away.
        for (at, total) in (self.rows + 1..).zip(R::TOTALS) {
            sheet.write_string_with_format(at, 0, total.label, &self.styles.total)?;
            for sum in self.sums.iter().filter(|sum| std::ptr::eq(sum.total, total)) {
                sum.write::<R>(sheet, (at, last), &self.styles)?;
            }
        }
        Ok(())
    }

    /// Ends the table and writes the workbook.
    pub(crate) fn finish(mut self, file: &mut File) -> Result<(), XlsxError> {
        self.close()?;
        self.book.save_to_writer(file)
    }
}

impl Sum {
    fn count<R: Row>(&mut self, row: &Value) {
        let counts = |(column, text): (&str, &str)| row.get(column).and_then(Value::as_str) == Some(text);
        if !self.total.only.is_none_or(counts) {
            return;
        }
        let text = match R::COLUMNS.get(usize::from(self.column)).and_then(|column| row.get(column)) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => return,
        };
        self.beyond |= number_of(&text).is_none();
        self.amount += text.parse::<Decimal>().unwrap_or_default();
    }

    /// Writes it beneath the rows up to `last`: a formula, with the exact sum as its value.
    fn write<R: Row>(&self, sheet: &mut Worksheet, (at, last): (u32, u32), styles: &Styles) -> Result<(), XlsxError> {
        let style = if self.kind == Some(Kind::Money) { &styles.total_money } else { &styles.total };
        let text = self.amount.normalize().to_string();
        if self.beyond || number_of(&text).is_none() {
            sheet.write_string_with_format(at, self.column, text, style)?;
        } else if last == 0 {
            sheet.write_number_with_format(at, self.column, 0, style)?;
        } else {
            let range = |column| {
                let column = column_number_to_name(column);
                format!("{column}2:{column}{}", last + 1)
            };
            let place =
                |column: &str| (0..).zip(R::COLUMNS).find(|(_, of)| **of == column).map_or(0, |(place, _)| place);
            let cells = range(self.column);
            let sum = match self.total.only {
                None => format!("SUBTOTAL(109,{cells})"),
                Some((column, text)) => format!("SUMIFS({cells},{},\"{text}\")", range(place(column))),
            };
            let formula = Formula::new(format!("=ROUND({sum},5)")).set_result(text);
            sheet.write_formula_with_format(at, self.column, formula, style)?;
        }
        Ok(())
    }
}

/// What a column's texts stand for.
fn kind<R: Row>(column: &str) -> Option<Kind> {
    R::KINDS.iter().find(|(of, _)| *of == column).map(|(_, kind)| *kind)
}

/// The sums of a table's totals, at nothing.
fn sums<R: Row>() -> Vec<Sum> {
    let of = |total: &'static Total| {
        let columns = (0..).zip(R::COLUMNS).filter(|(_, column)| total.columns.contains(column));
        columns.map(move |(place, column)| Sum {
            total,
            column: place,
            kind: kind::<R>(column),
            amount: Decimal::ZERO,
            beyond: false,
        })
    };
    R::TOTALS.iter().flat_map(of).collect()
}

fn last_sheet(book: &mut Workbook) -> Result<&mut Worksheet, XlsxError> {
    let last = book.worksheets().len().saturating_sub(1);
    book.worksheet_from_index(last)
}

/// Writes the workbook of a report: its table, the figures around it, and what is drawn of it.
pub(crate) fn of_report<R: Report>(report: &R, file: &mut File) -> Result<(), XlsxError> {
    let mut sheet = Sheet::<R::Row>::begin()?;
    sheet.rows(report.rows())?;
    sheet.close()?;
    let Sheet { mut book, styles, .. } = sheet;
    summarise(&mut book, report, &styles)?;
    if let Some(chart) = report.chart().filter(|chart| !chart.columns.is_empty()) {
        draw(&mut book, &chart, &styles)?;
    }
    book.save_to_writer(file)
}

impl From<XlsxError> for Problem {
    /// Logged here, at the boundary; the caller is told only the id of the request.
    fn from(error: XlsxError) -> Self {
        tracing::error!(%error, "a workbook could not be written");
        Self::new(Code::Internal, "the workbook could not be written; the log says why under this request id")
    }
}
