//! The command that imports the national statement, by the same code as the interface and beside a
//! server that uses the ledger at that moment.

use std::fs::File;

use indicatif::{ProgressBar, ProgressStyle};

use super::commands::{CommandError, say};
use super::config::StatementOptions;
use crate::app::local;
use crate::app::scope::Scope;
use crate::app::statements::{ImportStatement, StatementFile, StatementOutcome, StatementRefusal};
use crate::statement::{FileFault, take_in};
use crate::storage::Store;

/// Imports a statement, and names every line that cannot be taken on a line of standard error.
///
/// # Errors
/// [`CommandError`] when the file cannot be read, or a line of it cannot be taken and none may be left
/// out.
pub(super) fn import_statement(store: &Store, options: &StatementOptions) -> Result<(), CommandError> {
    let named = |fault: FileFault| CommandError::Refused(format!("{}: {fault}", options.file.display()));
    let source = File::open(&options.file).map_err(|cause| named(cause.into()))?;
    let size = source.metadata().map_or(0, |about| about.len());
    let bar = ProgressBar::new(size).with_style(style("{bytes} of {total_bytes}, {eta} left"));
    let mut file = StatementFile::begin(store)?;
    let facts = take_in(bar.wrap_read(source), &mut file);
    bar.finish_and_clear();
    let (account, partial) = (options.account, options.partial);
    let statement = ImportStatement { scope: Scope::default(), account, file, facts: facts.map_err(named)?, partial };
    let recording = ProgressBar::new_spinner().with_message("recording what is new");
    recording.enable_steady_tick(std::time::Duration::from_millis(100));
    let outcome = local::import_statement(store, statement, options.dry_run);
    recording.finish_and_clear();
    match outcome? {
        Ok(outcome) => tell(&outcome, options.dry_run),
        Err(StatementRefusal::Lines { lines, refused, refused_lines }) => {
            refused.iter().for_each(|refused| eprintln!("line {}: {}", refused.line, refused.detail));
            let why = "cannot be taken, so that nothing was recorded: put them right, or leave them out with --partial";
            Err(CommandError::Refused(format!("{refused_lines} of {lines} lines {why}")))
        }
        Err(StatementRefusal::Other(refusal)) => Err(CommandError::Refused(refusal.to_string())),
    }
}

fn tell(outcome: &StatementOutcome, dry_run: bool) -> Result<(), CommandError> {
    for refused in &outcome.refused {
        eprintln!("line {}: {}", refused.line, refused.detail);
    }
    let StatementOutcome { version, lines, recorded, already_held, reconciliation_only, refused_lines, .. } = outcome;
    let recorded_how = if dry_run { "would be recorded" } else { "recorded" };
    say(format_args!(
        "version {version}: {lines} lines, {recorded} {recorded_how}, {already_held} held already, \
         {reconciliation_only} for the reconciliation only, {refused_lines} left out"
    ))?;
    let (expired, difference) = (outcome.expired.in_words(), outcome.closing_difference.in_words());
    say(format_args!("expired {expired}; the ledger holds {difference} more than the file of its months and kinds"))?;
    Ok(())
}

fn style(figures: &str) -> ProgressStyle {
    let bar = format!("{{bar:40}} {figures}");
    ProgressStyle::with_template(&bar).unwrap_or_else(|_| ProgressStyle::default_bar())
}
