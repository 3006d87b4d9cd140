//! Tables written to a file by a command: the same rows that the interface answers.

use std::fs::File;
use std::io::Write;

use chrono::NaiveDate;
use rust_xlsxwriter::XlsxError;
use uuid::Uuid;

use super::page::{CSV_PAGE, whole};
use super::problem::Problem;
use super::report::Report;
use super::tables::{self, Form, Row};
use super::transfer_report::Suppress;
use super::workbook::{self, Sheet};
use super::{clock_list, commitments, entries, funds, statement_export, transfer_report, underspend};
use crate::app::entries::EntriesAsked;
use crate::app::figures::AsOf;
use crate::app::scope::Scope;
use crate::app::statement_export::Days;
use crate::domain::clock_list::Watch;
use crate::domain::journal::Seq;
use crate::domain::underspend::Period;
use crate::statement::WriteFault;
use crate::storage::columns::{StorageError, Stored};
use crate::storage::connection::Db;
use crate::storage::{Inspection, events};

/// Why a table could not be exported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// There is no such account.
    #[error("{0}")]
    Refused(#[from] Problem),
    /// The file.
    #[error("the file cannot be written: {0}")]
    File(#[from] std::io::Error),
    /// The workbook.
    #[error("the workbook cannot be written: {0}")]
    Workbook(#[from] XlsxError),
    /// The lines of a statement.
    #[error(transparent)]
    Lines(#[from] WriteFault),
}

/// A table that is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exported {
    Entries,
    Funds,
    Underspend,
    Transfers,
    Commitments,
    Clock,
    Statement,
}

/// What is to be exported.
pub(crate) struct Export {
    pub(crate) table: Exported,
    pub(crate) account: Uuid,
    /// The state at the end of this day.
    pub(crate) as_at: Option<NaiveDate>,
    pub(crate) today: NaiveDate,
    /// CSV, or a workbook.
    pub(crate) form: Form,
}

impl Export {
    /// Writes the table to a file. `progress` is told how far it has come, and of how much.
    pub(crate) fn write(
        &self,
        ledger: &mut Inspection,
        file: &mut File,
        progress: &mut dyn FnMut(Seq, Seq),
    ) -> Result<(), ExportError> {
        let scope = Scope::default();
        let (id, as_at) = (self.account, self.as_at.unwrap_or(self.today));
        match self.table {
            Exported::Entries => self.entries(ledger, file, progress),
            Exported::Funds => self.report(ledger, file, |db, of| funds::of_account(db, &scope, id, &of)),
            Exported::Underspend => {
                let always = Period { from: None, to: None };
                self.report(ledger, file, |db, of| underspend::of_account(db, &scope, id, (of, always)))
            }
            Exported::Statement => self.statement(ledger, file, progress),
            Exported::Transfers => {
                self.report(ledger, file, |db, _| transfer_report::of_account(db, &scope, id, (as_at, Suppress::True)))
            }
            Exported::Commitments => {
                self.report(ledger, file, |db, _| commitments::of_account(db, &scope, id, (as_at, true)))
            }
            Exported::Clock => {
                let watch = Watch { as_at, within_days: clock_list::USUAL_DAYS };
                self.report(ledger, file, |db, _| clock_list::of_account(db, &scope, id, (watch, true)))
            }
        }
    }

    fn statement(
        &self,
        ledger: &mut Inspection,
        file: &mut File,
        progress: &mut dyn FnMut(Seq, Seq),
    ) -> Result<(), ExportError> {
        let days = Days { from: None, to: self.as_at };
        let mut export = ledger.read(|db| statement_export::begin(db, &Scope::default(), self.account, days))??;
        let next = || {
            let (done, of) = export.months_done();
            progress(done, of);
            Ok(ledger.read(|db| export.next(db))?)
        };
        match self.form {
            Form::Xlsx => statement_export::to_workbook(file, next),
            Form::Csv | Form::Json => statement_export::to_csv(file, next),
        }
    }

    fn report<R: Report>(
        &self,
        ledger: &mut Inspection,
        file: &mut File,
        work_out: impl FnOnce(&mut Db, AsOf) -> Stored<Result<R, Problem>>,
    ) -> Result<(), ExportError> {
        let read = ledger.read(|db| match AsOf::new(db, self.as_at, None, self.today)? {
            Ok(of) => work_out(db, of),
            // The ledger's own last number has always been given.
            Err(refused) => Err(StorageError::Connection(refused.to_string())),
        });
        let report = read??;
        match self.form {
            Form::Xlsx => Ok(workbook::of_report(&report, file)?),
            Form::Csv | Form::Json => Ok(file.write_all(&tables::csv(&report.rows(), true))?),
        }
    }

    fn entries(
        &self,
        ledger: &mut Inspection,
        file: &mut File,
        progress: &mut dyn FnMut(Seq, Seq),
    ) -> Result<(), ExportError> {
        let head = ledger.read(events::head)?.seq;
        let asked = EntriesAsked { to: self.as_at, ..EntriesAsked::of_kinds(self.account, &[]) };
        let fetch = |after| {
            progress(after, head);
            Ok(ledger.read(|db| entries::rows(db, &Scope::default(), &asked, (after, CSV_PAGE)))??)
        };
        match self.form {
            Form::Xlsx => {
                let mut sheet = Sheet::begin()?;
                whole(fetch, |rows| Ok::<_, ExportError>(sheet.rows(rows)?))?;
                Ok(sheet.finish(file)?)
            }
            Form::Csv | Form::Json => csv(fetch, file),
        }
    }
}

fn csv<R: Row>(
    fetch: impl FnMut(Seq) -> Result<Vec<(Seq, R)>, ExportError>,
    file: &mut File,
) -> Result<(), ExportError> {
    let mut header = true;
    whole(fetch, |rows| Ok(file.write_all(&tables::csv(&rows, std::mem::take(&mut header)))?))
}
