//! An account's journal as a statement, a page at a time.

use chrono::NaiveDate;
use uuid::Uuid;

use super::accounts;
use super::scope::Scope;
use crate::domain::calendar::Month;
use crate::domain::journal::Seq;
use crate::domain::stated::StatedEntry;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::events;
use crate::storage::statement_export::{self as stored, Journal, Slice};

/// How many entries a page holds.
const PAGE: i64 = 2_000;

/// The days of the lines that are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Days {
    pub(crate) from: Option<NaiveDate>,
    pub(crate) to: Option<NaiveDate>,
}

impl Days {
    fn hold(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// Where an export stands. It goes from the newest line to the oldest, over the journal as it was when
/// it began.
pub(crate) struct Export {
    journal: Journal,
    days: Days,
    /// Months still to be read, the newest last.
    months: Vec<Month>,
    /// How many there were.
    of_months: usize,
    /// Slices of the month being read, the newest last.
    slices: Vec<Slice>,
    /// The number after which the newest slice goes on.
    after: Seq,
}

impl Export {
    /// Begins an export, if the caller may see the account.
    pub(crate) fn of(db: &mut Db, scope: &Scope, account: Uuid, days: Days) -> Stored<Option<Self>> {
        let Some(account) = accounts::stored(db, scope, account, Seq::MAX)? else { return Ok(None) };
        let journal = Journal { account: account.key, head: events::head(db)?.seq };
        let months: Vec<Month> = match stored::months(db, journal)? {
            None => Vec::new(),
            Some((first, last)) => {
                let first = days.from.map_or(first, |from| Month::of(from).max(first));
                let last = days.to.map_or(last, |to| Month::of(to).min(last));
                first.through(last).collect()
            }
        };
        let (of_months, slices) = (months.len(), Vec::new());
        Ok(Some(Self { journal, days, months, of_months, slices, after: 0 }))
    }

    /// How many months it has gone through, and of how many.
    pub(crate) fn months_done(&self) -> (i64, i64) {
        let count = |months: usize| i64::try_from(months).unwrap_or(i64::MAX);
        (count(self.of_months - self.months.len()), count(self.of_months))
    }

    /// The next page; none after the last one.
    pub(crate) fn next(&mut self, db: &mut Db) -> Stored<Option<Vec<StatedEntry>>> {
        loop {
            let Some(slice) = self.slices.last().copied() else {
                let Some(month) = self.months.pop() else { return Ok(None) };
                self.slices = stored::slices(db, self.journal, month)?;
                self.slices.retain(|slice| self.days.hold(slice.on));
                self.slices.reverse();
                continue;
            };
            let found = stored::page(db, self.journal, &slice, (self.after, PAGE))?;
            let full = i64::try_from(found.len()).is_ok_and(|rows| rows == PAGE);
            self.after = found.last().map(|(seq, _)| *seq).filter(|_| full).unwrap_or(0);
            if !full {
                self.slices.pop();
            }
            if !found.is_empty() {
                return Ok(Some(found.into_iter().map(|(_, stated)| stated).collect()));
            }
        }
    }
}
