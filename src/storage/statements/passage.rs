//! Going through a staged file once, in the order of its lines: what is held already stays as it is,
//! the rest is placed (`docs/rules.md` section 9). A dry run goes through it in the same way.

use std::collections::BTreeMap;

use super::held::{StartsOfLearners, any_line, holding, times_held};
use super::staging::{Merged, Sighting, Staged, Staging};
use crate::domain::calendar::{AllowanceYear, Month};
use crate::domain::journal::{EntryKind, Seq, Sums};
use crate::domain::money::Money;
use crate::domain::statements::{Holding, LineOutcome};
use crate::storage::columns::{StorageError, Stored};
use crate::storage::connection::Db;

/// How many different lines are held against what is there at a time.
const AT_ONCE: usize = 1_000;

/// What going through a file came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Lines recorded.
    pub(crate) recorded: i64,
    /// Lines that were held before, and levy held from elsewhere.
    pub(crate) already_held: i64,
    /// Lines kept for the reconciliation alone.
    pub(crate) reconciliation_only: i64,
    /// Whether any line was not held before.
    pub(crate) any_new: bool,
    /// What the recorded lines come to by month and kind, as lines.
    pub(crate) recorded_lines: BTreeMap<(Month, EntryKind), Sighting>,
    /// What was not held before comes to by month and kind, recorded or not.
    pub(crate) new_lines: BTreeMap<(Month, EntryKind), Added>,
    /// Levy recorded, by the allowance year of its declaration.
    pub(crate) declared: BTreeMap<AllowanceYear, Money>,
}

/// What a file adds to a month and kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Added {
    /// Lines that were not held before.
    pub(crate) lines: i64,
    /// Pounds by which they move the balance, or would.
    pub(crate) amount: Money,
    /// Of the payments recorded, those that name no start.
    pub(crate) unattributed_lines: i64,
    /// Pounds by which these move the balance.
    pub(crate) unattributed_amount: Money,
}

impl Added {
    fn count(&mut self, placed: &Placed) {
        let line = &placed.staged.line;
        let is_entry = placed.outcome == LineOutcome::Recorded && !line.amount.is_zero();
        let unattributed = is_entry && line.kind == EntryKind::OwnPayment && placed.start.is_none();
        let amount: Money = (0..placed.times).map(|_| line.amount).sum();
        self.lines += i64::from(placed.times);
        self.amount += amount;
        if unattributed {
            self.unattributed_lines += i64::from(placed.times);
            self.unattributed_amount += amount;
        }
    }
}

impl Tally {
    fn count(&mut self, placed: &Placed, held: i64) {
        let times = i64::from(placed.times);
        self.already_held += held;
        if placed.times > 0 {
            self.any_new = true;
            let line = &placed.staged.line;
            self.new_lines.entry((line.month, line.kind)).or_default().count(placed);
        }
        match placed.outcome {
            LineOutcome::Recorded => {
                self.recorded += times;
                let line = &placed.staged.line;
                self.recorded_lines.entry((line.month, line.kind)).or_default().count(line, placed.times);
                if matches!(line.kind, EntryKind::Levy | EntryKind::LevyAdjustment) {
                    let year = self.declared.entry(AllowanceYear::of(line.date)).or_default();
                    (0..times).for_each(|_| *year += line.amount);
                }
            }
            LineOutcome::LevyHeld => self.already_held += times,
            LineOutcome::LevyDiffers | LineOutcome::MonthClosed => self.reconciliation_only += times,
        }
    }

    /// Counts what was recorded into the sums of an account.
    pub(crate) fn add_to(&self, sums: &mut Sums) {
        for ((month, kind), sighting) in &self.recorded_lines {
            sums.entry(*month).or_default().count(*kind, sighting.amount);
        }
    }
}

/// A line that was not held before as often as the file shows it.
pub(super) struct Placed {
    pub(super) staged: Staged,
    /// How many more of it there are; none where it is held as often.
    pub(super) times: u32,
    pub(super) outcome: LineOutcome,
    pub(super) start: Option<Seq>,
}

/// Where lines go that were not held before.
pub(super) trait Sink {
    fn take(&mut self, db: &mut Db, placed: Placed) -> Stored<()>;
}

/// Takes lines nowhere, as a dry run does.
pub(super) struct Nowhere;

impl Sink for Nowhere {
    fn take(&mut self, _: &mut Db, _: Placed) -> Stored<()> {
        Ok(())
    }
}

/// Goes through a file whose lines belong to an account.
pub(super) fn go_through(db: &mut Db, account: Seq, staging: &mut Staging, sink: &mut impl Sink) -> Stored<Tally> {
    let passage = Passage {
        account,
        holding: holding(db, account, &staging.schemes)?,
        starts: StartsOfLearners::of(db, account)?,
        any_held: staging.days.map(|days| any_line(db, account, days)).transpose()?.unwrap_or_default(),
    };
    let mut groups = Groups { lines: staging.lines().map_err(unstaged)?, next: None };
    let mut tally = Tally::default();
    loop {
        let chunk = groups.of_one_day()?;
        if chunk.is_empty() {
            return Ok(tally);
        }
        passage.settle(db, chunk, (&mut tally, sink))?;
    }
}

/// What staging came to grief with.
pub(super) fn unstaged(cause: std::io::Error) -> StorageError {
    StorageError::Staging(cause.to_string())
}

struct Passage {
    account: Seq,
    holding: Holding,
    starts: StartsOfLearners,
    any_held: bool,
}

impl Passage {
    fn settle(
        &self,
        db: &mut Db,
        chunk: Vec<(Staged, u32)>,
        (tally, sink): (&mut Tally, &mut impl Sink),
    ) -> Stored<()> {
        let range = chunk.first().zip(chunk.last()).filter(|_| self.any_held);
        let range = range.map(|((first, _), (last, _))| (first, last));
        let held = range.map(|range| times_held(db, self.account, range)).transpose()?.unwrap_or_default();
        for (staged, shown) in chunk {
            let before = held.get(&staged.key).copied().unwrap_or_default().min(i64::from(shown));
            let times = shown.saturating_sub(u32::try_from(before).unwrap_or(shown));
            let outcome = self.holding.place(&staged.line);
            let start = staged.uln.and_then(|uln| self.starts.paid(uln, staged.line.month));
            let placed = Placed { staged, times, outcome, start };
            tally.count(&placed, before);
            if times > 0 {
                sink.take(db, placed)?;
            }
        }
        Ok(())
    }
}

/// The lines of a file, identical ones together.
struct Groups<'s> {
    lines: Merged<'s>,
    next: Option<Staged>,
}

impl Groups<'_> {
    /// The next different lines of one day, each with how often the file shows it.
    fn of_one_day(&mut self) -> Stored<Vec<(Staged, u32)>> {
        let mut found: Vec<(Staged, u32)> = Vec::new();
        loop {
            let next = match self.next.take() {
                Some(next) => Some(next),
                None => self.lines.next().map_err(unstaged)?,
            };
            let Some(next) = next else { return Ok(found) };
            let full = found.len() >= AT_ONCE;
            match found.last_mut() {
                Some((last, times)) if (last.line.date, last.key) == (next.line.date, next.key) => *times += 1,
                Some((last, _)) if full || last.line.date != next.line.date => {
                    self.next = Some(next);
                    return Ok(found);
                }
                Some(_) | None => found.push((next, 1)),
            }
        }
    }
}
