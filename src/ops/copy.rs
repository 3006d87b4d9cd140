//! The command that moves a ledger to another database, whole and verified.

use indicatif::{ProgressBar, ProgressStyle};

use super::clock::SystemClock;
use super::commands::{CommandError, say};
use super::config::CopyOptions;
use crate::storage::{self, Clock};

/// Copies a ledger and says where both stand.
///
/// # Errors
/// [`CommandError`] when a database cannot be used, there is a ledger where it is copied to, or the copy does
/// not verify.
pub(super) fn copy(options: &CopyOptions) -> Result<(), CommandError> {
    let bar = ProgressBar::new(0).with_style(style());
    let copied = storage::copy((&options.from, &options.to), SystemClock.today(), &mut |done, of| {
        bar.set_length(u64::try_from(of).unwrap_or(0));
        bar.set_position(u64::try_from(done).unwrap_or(0));
    });
    bar.finish_and_clear();
    let head = copied.map_err(|refused| CommandError::Refused(refused.to_string()))?;
    say(&head)?;
    say(format_args!("ok: {} holds everything up to {}, and verifies", options.to, head.seq))?;
    Ok(())
}

fn style() -> ProgressStyle {
    let bar = "{bar:40} {percent}%, {eta} left";
    ProgressStyle::with_template(bar).unwrap_or_else(|_| ProgressStyle::default_bar())
}
