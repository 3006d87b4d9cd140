//! The command that closes a month of every account. Accounts are closed many to a transaction, so that
//! the command can be stopped at any time and started again: what is closed stays so, and whoever else
//! records does so in between.

use std::collections::HashSet;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use uuid::Uuid;

use super::commands::{CommandError, say};
use crate::app::close_many::Outcomes;
use crate::app::local::{close_many, operator, read_ahead};
use crate::app::months::{ClosingAccount, in_closing_order};
use crate::domain::calendar::Month;
use crate::storage::Store;
use crate::storage::closing::Ahead;
use crate::storage::writer::Actor;

/// How many accounts are closed in one transaction at the most.
const ACCOUNTS: usize = 256;
/// How many starts they have together at the most; an account with more is closed by itself.
const STARTS: i64 = 10_000;
/// What part of the time that a transaction took the ledger is then left to others: one who waits for a
/// file has to look at the right moment.
const PAUSE: u32 = 20;

/// Closes a month of every account, and the months before it that are still open since the first one
/// that was closed: each month of all of them before the next.
///
/// # Errors
/// [`CommandError`] when an account's month could not be closed; the others are.
pub fn close_month(store: &Store, month: Month) -> Result<(), CommandError> {
    let accounts = store.read(|db| in_closing_order(db, month))?;
    let open: Vec<&ClosingAccount> = accounts.iter().filter(|account| first_open(account, month) <= month).collect();
    let first = open.iter().map(|account| first_open(account, month)).min().unwrap_or(month);
    let closes: usize = open.iter().map(|account| first_open(account, month).through(month).count()).sum();
    let bar = ProgressBar::new(u64::try_from(closes).unwrap_or(0)).with_style(style());
    let mut closing = Closing { store, actor: operator("close-month"), bar, refused: HashSet::new() };
    for of_month in first.through(month) {
        let due: Vec<&ClosingAccount> =
            open.iter().copied().filter(|account| first_open(account, month) <= of_month).collect();
        closing.close(&due, of_month)?;
    }
    closing.bar.finish_and_clear();
    let (refused, before) = (closing.refused.len(), accounts.len() - open.len());
    say(format_args!("{month}: {} accounts closed, {before} were closed before", open.len() - refused))?;
    if refused > 0 {
        return Err(CommandError::Refused(format!("{refused} accounts were not closed for the reasons given")));
    }
    Ok(())
}

fn first_open(account: &ClosingAccount, month: Month) -> Month {
    account.closed_through.map_or(month, |last| last.plus(1))
}

/// A month of every account, on its way to being closed.
struct Closing<'s> {
    store: &'s Store,
    actor: Actor,
    bar: ProgressBar,
    /// Those that a month of was refused: their later months stay open.
    refused: HashSet<Uuid>,
}

impl Closing<'_> {
    /// Closes a month of accounts, as many to a transaction as it takes.
    fn close(&mut self, accounts: &[&ClosingAccount], month: Month) -> Result<(), CommandError> {
        let mut waiting: Vec<&ClosingAccount> = accounts.to_vec();
        waiting.retain(|account| !self.refused.contains(&account.id));
        let mut waiting = waiting.as_slice();
        let mut ahead = None;
        while !waiting.is_empty() {
            let (now, later) = waiting.split_at(together(waiting));
            let next = later.get(..together(later)).unwrap_or_default();
            let (outcomes, read) = self.close_and_read(now, (next, month), ahead)?;
            let taken = outcomes.len();
            for (account, outcome) in waiting.iter().zip(outcomes) {
                if let Err(why) = outcome {
                    self.refused.insert(account.id);
                    self.bar.suspend(|| eprintln!("{} ({}): {why}", account.name, account.id));
                }
            }
            self.bar.inc(u64::try_from(taken).unwrap_or(0));
            // Others come next where not all were taken.
            ahead = read.filter(|_| taken == now.len());
            waiting = waiting.get(taken.max(1)..).unwrap_or_default();
        }
        Ok(())
    }

    /// Closes a month of accounts, and reads meanwhile what the next ones need. What cannot be read ahead
    /// is read in its turn.
    fn close_and_read(
        &self,
        now: &[&ClosingAccount],
        (next, month): (&[&ClosingAccount], Month),
        ahead: Option<Ahead>,
    ) -> Result<(Outcomes, Option<Ahead>), CommandError> {
        let ids = |accounts: &[&ClosingAccount]| accounts.iter().map(|account| account.id).collect::<Vec<Uuid>>();
        std::thread::scope(|both| {
            let read = || {
                read_ahead(self.store, &ids(next), month).inspect_err(|cause| {
                    tracing::warn!(%cause, "what the next closes need could not be read ahead");
                })
            };
            let reading = (!next.is_empty()).then(|| both.spawn(read));
            let began = Instant::now();
            let outcomes = close_many(self.store, &self.actor, (&ids(now), month), ahead)?;
            std::thread::sleep(began.elapsed() / PAUSE);
            Ok((outcomes, reading.and_then(|reading| reading.join().ok()?.ok())))
        })
    }
}

/// How many accounts at the front one transaction takes.
fn together(waiting: &[&ClosingAccount]) -> usize {
    let mut starts = 0;
    let fits = |account: &&&ClosingAccount| {
        starts += account.starts;
        starts <= STARTS
    };
    waiting.iter().take(ACCOUNTS).take_while(fits).count().max(1).min(waiting.len())
}

fn style() -> ProgressStyle {
    let bar = "{bar:40} {pos} of {len} closes, {eta} left";
    ProgressStyle::with_template(bar).unwrap_or_else(|_| ProgressStyle::default_bar())
}
