//! The command that imports a spreadsheet, by the same code as the interface and beside a server that
//! uses the ledger at that moment.

use std::fs::File;

use indicatif::{ProgressBar, ProgressStyle};

use super::commands::{CommandError, say};
use super::config::{ImportCommand, ImportOptions};
use super::import_statement::import_statement;
use crate::app::imports::{Form, Import, ImportOf, ImportOutcome, Kind, Mapping};
use crate::app::local::{self, LocalError};
use crate::app::scope::Scope;
use crate::domain::names::Named;
use crate::storage::Store;

/// Imports a spreadsheet, and names every row that cannot be taken on a line of standard error.
///
/// # Errors
/// [`CommandError`] when the file cannot be read, or any row of it cannot be taken.
pub(super) fn import(store: &Store, what: &ImportCommand) -> Result<(), CommandError> {
    let (kind, options) = match what {
        ImportCommand::Providers(options) => (Kind::Providers, options),
        ImportCommand::Transfers(options) => (Kind::Transfers, options),
        ImportCommand::Starts(options) => (Kind::Starts, options),
        ImportCommand::Statement(options) => return import_statement(store, options),
    };
    let import = read(kind, options)?;
    let dry_run = options.dry_run || import.is_misread();
    let bar = ProgressBar::new(u64::try_from(import.len()).unwrap_or(0)).with_style(style());
    let taken = bar.clone();
    let outcome = local::import(store, import, dry_run, move || taken.inc(1));
    bar.finish_and_clear();
    tell(outcome?, options.dry_run)
}

fn read(kind: Kind, options: &ImportOptions) -> Result<Import, CommandError> {
    let named = |cause: std::io::Error| CommandError::Refused(format!("{}: {cause}", options.file.display()));
    let mappings = options.mappings.iter().map(|text| Mapping::parse(kind, text)).collect::<Result<_, String>>();
    let mappings = mappings.map_err(CommandError::Refused)?;
    let mut file = File::open(&options.file).map_err(named)?;
    let form = Form::of(&mut file).map_err(named)?;
    let of = ImportOf { kind, scope: Scope::default(), account: options.account, mappings };
    Ok(Import::read(file, form, of).map_err(LocalError::from)?)
}

fn tell(outcome: ImportOutcome, dry_run: bool) -> Result<(), CommandError> {
    let ImportOutcome { kind, rows, recorded, found, refused_rows, refused, ignored_columns } = outcome;
    if !ignored_columns.is_empty() {
        eprintln!("columns that were not taken: {}", ignored_columns.join(", "));
    }
    if refused_rows > 0 {
        for row in &refused {
            eprintln!("{row}");
        }
        return Err(CommandError::Refused(format!(
            "{refused_rows} of {rows} rows cannot be taken, so that nothing was recorded"
        )));
    }
    let recorded_how = if dry_run { "would be recorded" } else { "recorded" };
    say(format_args!("{}: {rows} rows, {recorded} {recorded_how}, {found} there already", kind.name()))?;
    Ok(())
}

fn style() -> ProgressStyle {
    let bar = "{bar:40} {pos} of {len} rows, {eta} left";
    ProgressStyle::with_template(bar).unwrap_or_else(|_| ProgressStyle::default_bar())
}
