//! Spreadsheets of providers, transfers and starts: every row is decided as if it had been sent alone,
//! in order, and all of them are recorded together or none is.

mod cells;
mod columns;
mod deciding;
mod refused;
mod rows;
mod sheet;

use std::io::{Read, Seek};

use uuid::Uuid;

use super::scope::Scope;
use super::{Fault, Refusal};
use crate::domain::names::Named;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::writer::{Answer, Decide, Effects, Moment, Refused, Steps};
use columns::Columns;
use deciding::{Decided, KnownTransfers};
use refused::RefusedRows;
use rows::{RowReader, Wanted};

pub(crate) use columns::Mapping;
pub(crate) use refused::RefusedRow;
pub(crate) use sheet::Form;

/// How many rows a file has at the most, besides its headings.
pub(crate) const MOST_ROWS: usize = 100_000;

/// What a spreadsheet is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Providers,
    Transfers,
    Starts,
}

impl Named for Kind {
    const SCHEMA: &'static str = "ImportKind";
    const ALL: &'static [Self] = &[Self::Providers, Self::Transfers, Self::Starts];

    fn name(self) -> &'static str {
        match self {
            Self::Providers => "providers",
            Self::Transfers => "transfers",
            Self::Starts => "starts",
        }
    }
}

/// Into which account a spreadsheet is imported, of what it is, and which of its columns are which.
pub(crate) struct ImportOf {
    pub(crate) kind: Kind,
    pub(crate) scope: Scope,
    pub(crate) account: Uuid,
    pub(crate) mappings: Vec<Mapping>,
}

/// A row that could be read.
struct Planned {
    row: u32,
    wanted: Wanted,
}

/// What an import came to.
#[derive(Debug)]
pub(crate) struct ImportOutcome {
    pub(crate) kind: Kind,
    /// How many rows there are, besides the headings.
    pub(crate) rows: usize,
    /// How many were recorded: none if any was refused.
    pub(crate) recorded: usize,
    /// How many were there already.
    pub(crate) found: usize,
    /// How many cannot be taken.
    pub(crate) refused_rows: usize,
    /// What is wrong with them, in the order of the file, as far as it is named.
    pub(crate) refused: Vec<RefusedRow>,
    /// The headings of columns that were not taken.
    pub(crate) ignored_columns: Vec<String>,
}

/// A spreadsheet that was read and waits to be decided, row after row.
pub(crate) struct Import {
    of: ImportOf,
    rows: std::vec::IntoIter<Planned>,
    count: usize,
    recorded: usize,
    found: usize,
    refused: RefusedRows,
    columns: Columns,
    transfers: Option<KnownTransfers>,
    missing: Option<Refusal>,
}

impl Import {
    /// Reads a spreadsheet. What is wrong with rows is kept, to be told of with what the rules refuse.
    ///
    /// # Errors
    /// [`Refusal`] of the file as a whole.
    pub(crate) fn read(file: impl Read + Seek, form: Form, of: ImportOf) -> Result<Self, Refusal> {
        let (mut columns, mut count, mut planned) = (None, 0, Vec::new());
        let mut refused = RefusedRows::default();
        let mut take = |row: u32, cells: Vec<cells::Cell>| {
            let Some(columns) = &columns else {
                columns = Some(Columns::of(of.kind, (row, &cells), &of.mappings).map_err(|faults| refused.add(faults)));
                return Ok(());
            };
            count += 1;
            if count > MOST_ROWS {
                return Err(Fault::at("", format!("a file has at most {MOST_ROWS} rows: part it in several")));
            }
            // Without its headings, nothing more can be said of it.
            let Ok(columns) = columns else { return Ok(()) };
            match RowReader::read(of.kind, columns, (row, &cells)) {
                Ok(wanted) => planned.push(Planned { row, wanted }),
                Err(faults) => refused.add(faults),
            }
            Ok(())
        };
        sheet::each_row(file, form, &mut take).map_err(|fault| Refusal::Invalid(vec![fault]))?;
        let Some(columns) = columns else {
            let right = format!("the file is empty: its first row names the columns, out of {}", of.kind.names());
            return Err(Refusal::Invalid(vec![Fault::at("", right)]));
        };
        let columns = columns.unwrap_or_default();
        let rows = planned.into_iter();
        let (recorded, found, transfers, missing) = (0, 0, None, None);
        Ok(Self { of, rows, count, recorded, found, refused, columns, transfers, missing })
    }

    /// How many rows there are, besides the headings.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Whether some of it cannot be read, so that it is only decided to tell of everything at once.
    pub(crate) fn is_misread(&self) -> bool {
        !self.refused.is_empty()
    }

    /// What it has to see, and its decisions. `taken` is told of every row that is decided, `answer`
    /// of what it came to.
    pub(crate) fn decide(
        self,
        taken: impl FnMut() + Send + 'static,
        answer: impl FnOnce(Result<ImportOutcome, Refusal>) -> Result<Answer, Refused> + Send + 'static,
    ) -> (Needs, Decide) {
        let needs = self.needs();
        (needs, Decide::Together(Box::new(ImportSteps { import: self, taken, answer })))
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs { accounts: vec![self.of.account], ..Needs::default() };
        for Planned { wanted, .. } in self.rows.as_slice() {
            deciding::need(&mut needs, wanted);
        }
        needs
    }

    /// Decides the next row that records something.
    fn next(&mut self, ledger: &Ledger, now: Moment) -> Option<Effects> {
        if let Err(missing) = self.of.scope.account(ledger, self.of.account) {
            self.missing = Some(missing);
            return None;
        }
        let Planned { row, wanted } = self.rows.next()?;
        let known = self.transfers.get_or_insert_with(|| KnownTransfers::of(ledger, self.of.account));
        match deciding::decide(wanted, (&self.of, known), ledger, now) {
            Ok(Decided::Found) => {
                self.found += 1;
                Some(Effects::of_step(Vec::new(), None, None))
            }
            Ok(Decided::Recorded(effects)) => {
                self.recorded += 1;
                Some(effects)
            }
            Err(refusal) => {
                self.refused.add(deciding::named(row, refusal, &self.columns));
                Some(Effects::of_step(Vec::new(), None, None))
            }
        }
    }

    fn outcome(self) -> Result<ImportOutcome, Refusal> {
        if let Some(missing) = self.missing {
            return Err(missing);
        }
        let refused_rows = self.refused.count();
        Ok(ImportOutcome {
            kind: self.of.kind,
            rows: self.count,
            recorded: if refused_rows == 0 { self.recorded } else { 0 },
            found: self.found,
            refused_rows,
            refused: self.refused.into_named(),
            ignored_columns: self.columns.ignored,
        })
    }
}

/// An import as the writer decides it.
struct ImportSteps<T, A> {
    import: Import,
    taken: T,
    answer: A,
}

impl<T, A> Steps for ImportSteps<T, A>
where
    T: FnMut() + Send,
    A: FnOnce(Result<ImportOutcome, Refusal>) -> Result<Answer, Refused> + Send,
{
    fn next(&mut self, ledger: &Ledger, now: Moment) -> Option<Effects> {
        let effects = self.import.next(ledger, now)?;
        (self.taken)();
        Some(effects)
    }

    fn answer(self: Box<Self>) -> Result<Answer, Refused> {
        let Self { import, answer, .. } = *self;
        answer(import.outcome())
    }
}
