//! The command that closes a month of every account. Each account is closed by itself, so that the
//! command can be stopped at any time and started again: what is closed stays so.

use indicatif::{ProgressBar, ProgressStyle};

use super::commands::{CommandError, say};
use crate::app::local::{LocalError, operator, record};
use crate::app::months::{CloseMonth, ClosingAccount, in_closing_order};
use crate::app::scope::Scope;
use crate::domain::calendar::Month;
use crate::storage::Store;

/// Closes a month of every account, and the months before it that are still open since the first one
/// that was closed.
///
/// # Errors
/// [`CommandError`] when an account's month could not be closed; the others are.
pub(super) fn close_month(store: &Store, month: Month) -> Result<(), CommandError> {
    let accounts = store.read(in_closing_order)?;
    let bar = ProgressBar::new(u64::try_from(accounts.len()).unwrap_or(0)).with_style(style());
    let (mut closed, mut refused) = (0, 0);
    for account in &accounts {
        match close(store, account, month) {
            Ok(newly) => closed += usize::from(newly),
            Err(LocalError::Refused(why)) => {
                refused += 1;
                bar.suspend(|| eprintln!("{} ({}): {why}", account.name, account.id));
            }
            Err(failed) => return Err(failed.into()),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let before = accounts.len() - closed - refused;
    say(format_args!("{month}: {closed} accounts closed, {before} were closed before"))?;
    if refused > 0 {
        return Err(CommandError::Refused(format!("{refused} accounts were not closed for the reasons given")));
    }
    Ok(())
}

/// Closes what is open up to the month; gives whether anything was.
fn close(store: &Store, account: &ClosingAccount, month: Month) -> Result<bool, LocalError> {
    let first = account.closed_through.map_or(month, |last| last.plus(1));
    for month in first.through(month) {
        let command = CloseMonth { scope: Scope::default(), account: account.id, month };
        record(store, &operator("close-month"), command)?;
    }
    Ok(first <= month)
}

fn style() -> ProgressStyle {
    let bar = "{bar:40} {pos} of {len} accounts, {eta} left";
    ProgressStyle::with_template(bar).unwrap_or_else(|_| ProgressStyle::default_bar())
}
