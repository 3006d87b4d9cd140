//! The command that writes a table of an account to a file. It only reads, so that it may run while
//! the ledger is served.

use std::io::{IsTerminal, Seek};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use tempfile::NamedTempFile;

use super::clock::SystemClock;
use super::commands::CommandError;
use super::config::{ExportFormat, ExportOptions, ExportTable};
use crate::api::export::{Export, ExportError, Exported};
use crate::api::tables::Form;
use crate::storage::{Clock, Inspection};

/// Writes the table, whole or not at all.
///
/// # Errors
/// [`CommandError`] when there is no such ledger or account, and when the file cannot be written.
pub(super) fn export(options: &ExportOptions) -> Result<(), CommandError> {
    if options.output.is_none() && options.format == ExportFormat::Xlsx && std::io::stdout().is_terminal() {
        let what = "a workbook is no text for a terminal: name a file with --output";
        return Err(CommandError::Refused(what.to_owned()));
    }
    let export = Export {
        table: match options.table {
            ExportTable::Entries => Exported::Entries,
            ExportTable::Funds => Exported::Funds,
            ExportTable::Underspend => Exported::Underspend,
            ExportTable::Transfers => Exported::Transfers,
            ExportTable::Commitments => Exported::Commitments,
            ExportTable::Clock => Exported::Clock,
            ExportTable::Statement => Exported::Statement,
        },
        account: options.account,
        as_at: options.as_at,
        today: SystemClock.today(),
        form: match options.format {
            ExportFormat::Csv => Form::Csv,
            ExportFormat::Xlsx => Form::Xlsx,
        },
    };
    let mut ledger = Inspection::open(&options.database.database_url)?;
    let mut file = beside(options.output.as_deref())?;
    let bar = ProgressBar::new(0).with_style(style());
    let written = export.write(&mut ledger, file.as_file_mut(), &mut |done, of| {
        bar.set_length(u64::try_from(of).unwrap_or(0));
        bar.set_position(u64::try_from(done).unwrap_or(0));
    });
    bar.finish_and_clear();
    written.map_err(|error| match error {
        ExportError::Storage(error) => CommandError::Storage(error),
        ExportError::Refused(why) => CommandError::Refused(format!("{}: {why}", options.account)),
        error @ (ExportError::File(_) | ExportError::Workbook(_) | ExportError::Lines(_)) => {
            CommandError::Refused(error.to_string())
        }
    })?;
    deliver(file, options.output.as_deref())
}

/// A temporary file, in the folder where the file is to be.
fn beside(output: Option<&Path>) -> Result<NamedTempFile, CommandError> {
    let Some(output) = output else { return Ok(NamedTempFile::new()?) };
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cannot = |cause| CommandError::Refused(format!("{} cannot be written: {cause}", output.display()));
    let mut making = tempfile::Builder::new();
    making.prefix(".levy-ledger-").suffix(".part");
    making.permissions(permissions()).tempfile_in(folder).map_err(cannot)
}

/// What any new file gets, less what the system takes away: a temporary file would be its owner's
/// alone.
fn permissions() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}

/// Puts the file in its place, or on standard output.
fn deliver(mut file: NamedTempFile, output: Option<&Path>) -> Result<(), CommandError> {
    match output {
        Some(output) => {
            let cannot = |cause| CommandError::Refused(format!("{} cannot be written: {cause}", output.display()));
            file.persist(output).map_err(|failed| cannot(failed.error))?;
        }
        None => {
            file.rewind()?;
            std::io::copy(file.as_file_mut(), &mut std::io::stdout().lock())?;
        }
    }
    Ok(())
}

fn style() -> ProgressStyle {
    let bar = "{bar:40} {pos} of {len} read, {eta} left";
    ProgressStyle::with_template(bar).unwrap_or_else(|_| ProgressStyle::default_bar())
}
