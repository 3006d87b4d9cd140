//! Rows that cannot be taken, and why.

use crate::app::{Fault, Refusal};

/// How many rows that cannot be taken are named at the most; the rest are counted.
pub(crate) const MOST_NAMED: usize = 1_000;

/// A row that cannot be taken, and why. What stands in a column of personal data is never repeated.
#[derive(Clone, Debug)]
pub(crate) struct RefusedRow {
    /// Its number, as the spreadsheet shows it.
    pub(crate) row: u32,
    /// The column at fault, as the file calls it.
    pub(crate) column: Option<String>,
    /// Why.
    pub(crate) refusal: Refusal,
}

impl RefusedRow {
    /// A row with a cell that cannot be taken.
    pub(crate) fn at(row: u32, column: Option<String>, detail: String) -> Self {
        Self { row, column, refusal: Refusal::Invalid(vec![Fault::at("", detail)]) }
    }

    /// Whether the cells are at fault, rather than a rule.
    pub(crate) fn is_misread(&self) -> bool {
        matches!(self.refusal, Refusal::Invalid(_))
    }
}

impl std::fmt::Display for RefusedRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "row {}", self.row)?;
        if let Some(column) = &self.column {
            write!(f, ", {column}")?;
        }
        write!(f, ": {}", self.refusal)
    }
}

/// The rows that cannot be taken so far.
#[derive(Default)]
pub(crate) struct RefusedRows {
    named: Vec<RefusedRow>,
    count: usize,
    last: Option<u32>,
}

impl RefusedRows {
    /// Adds what is wrong with a row, all of it.
    pub(crate) fn add(&mut self, refused: Vec<RefusedRow>) {
        for refused in refused {
            self.count += usize::from(self.last != Some(refused.row));
            self.last = Some(refused.row);
            if self.named.len() < MOST_NAMED {
                self.named.push(refused);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many rows they are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Those that are named, in the order of the file.
    pub(crate) fn into_named(mut self) -> Vec<RefusedRow> {
        self.named.sort_by_key(|refused| refused.row);
        self.named
    }
}
