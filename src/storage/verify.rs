//! Rechecking the whole ledger: the chain, the rows that its events record, and everything that is
//! kept beside them to answer quickly. It goes by numbers up to the head at its start, a page at a
//! time, so that neither memory nor the database's log grows with the ledger.

mod chain;
mod current;
mod rows;
mod statements;
mod sums;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::columns::{StorageError, Stored};
use super::connection::{self, Db, Purpose};
use super::events::{self, Head};
use super::rows::{EntryRow, EventRow};
use super::schema;
use super::{DatabaseUrl, migrations};
use crate::domain::journal::Seq;
use chain::Chain;
use current::Current;
pub(super) use rows::stored;
use sums::Rebuilt;

/// How many numbers are read at a time.
const PAGE: i64 = 2_000;
/// How many faults are kept; the rest are counted.
const KEPT: usize = 100;

/// Something that is not as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The number at which it shows.
    pub seq: Option<Seq>,
    /// What is wrong.
    pub detail: String,
}

/// What rechecking found.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The first number that was rechecked.
    pub from: Seq,
    /// The last number that was rechecked.
    pub to: Seq,
    /// Where the ledger stood when it began.
    pub head: Head,
    /// The first faults found.
    pub faults: Vec<Fault>,
    /// How many there are in all.
    pub fault_count: usize,
}

/// What is to be rechecked.
pub(crate) struct Extent {
    /// From the event that holds this number; none for the first.
    pub(crate) from: Option<Seq>,
    /// To the event that holds this number; none for the head.
    pub(crate) to: Option<Seq>,
    /// The day as at which funds are worked out.
    pub(crate) today: NaiveDate,
}

/// Faults as they are found.
#[derive(Default)]
struct Faults {
    kept: Vec<Fault>,
    count: usize,
}

impl Faults {
    fn add(&mut self, seq: impl Into<Option<Seq>>, detail: impl ToString) {
        self.count += 1;
        if self.kept.len() < KEPT {
            self.kept.push(Fault { seq: seq.into(), detail: detail.to_string() });
        }
    }
}

/// Everything that is rebuilt on the way, to be held against what is kept.
#[derive(Default)]
struct Rebuilding {
    /// The last number that is counted in.
    upto: Seq,
    sums: Rebuilt,
    current: Current,
    faults: Faults,
}

impl Rebuilding {
    /// Counts in what was recorded meanwhile, so that it can be held against what is kept at this
    /// moment.
    fn catch_up(&mut self, db: &mut Db) -> Stored<()> {
        let since = schema::events::table.filter(schema::events::last_seq.gt(self.upto));
        let events: Vec<EventRow> = since.order(schema::events::last_seq).load(db)?;
        for event in events {
            if let Ok(body) = serde_json::from_str(&event.body) {
                self.current.absorb(&body);
            }
            let within = schema::entries::seq.between(event.first_seq, event.last_seq);
            let entries: Vec<EntryRow> = schema::entries::table.filter(within).load(db)?;
            for entry in &entries {
                self.sums.count(entry, &mut self.faults);
            }
            self.upto = event.last_seq;
        }
        Ok(())
    }
}

/// Rechecks the ledger. Sums and current states, which have no number of their own, are rechecked
/// when the extent is the whole ledger. `progress` is told how far it has come, and of how much.
pub(crate) fn verify(db: &mut Db, extent: &Extent, progress: &mut dyn FnMut(Seq, Seq)) -> Stored<Verification> {
    let head = events::head(db)?;
    let from = extent.from.unwrap_or(1).max(1);
    let to = extent.to.unwrap_or(head.seq).min(head.seq);
    let mut rebuilding = Rebuilding::default();
    let mut chain = Chain::before(db, from)?;
    loop {
        let events = page(db, chain.seq(), to)?;
        let Some(last) = events.last().map(|event| event.last_seq) else { break };
        rows::recheck(db, (chain.seq(), last), &events, &mut rebuilding)?;
        for event in &events {
            chain.follow(db, event, &mut rebuilding)?;
        }
        progress(last, to);
    }
    if from == 1 && to == head.seq {
        rebuilding.upto = chain.seq();
        rows::recheck_unrecorded(db, &mut rebuilding)?;
        current::recheck(db, &mut rebuilding)?;
        statements::recheck(db, to, &mut rebuilding)?;
        sums::recheck(db, &mut rebuilding, extent.today)?;
    }
    let Faults { kept, count } = rebuilding.faults;
    Ok(Verification { from, to, head, faults: kept, fault_count: count })
}

/// The next events after a number: those of a page of numbers, or one that is larger than a page.
pub(super) fn page(db: &mut Db, done: Seq, to: Seq) -> Stored<Vec<EventRow>> {
    let next = || {
        let after = schema::events::last_seq.gt(done).and(schema::events::first_seq.le(to));
        schema::events::table.filter(after).order(schema::events::last_seq)
    };
    let events: Vec<EventRow> = next().filter(schema::events::last_seq.le(done.saturating_add(PAGE))).load(db)?;
    if events.is_empty() { Ok(next().limit(1).load(db)?) } else { Ok(events) }
}

/// A ledger that is looked at as it is, by a command: nothing is made, migrated or recorded.
pub struct Inspection {
    db: Db,
}

impl Inspection {
    /// Opens a ledger that is there, also while it is served.
    ///
    /// # Errors
    /// [`StorageError`] when there is none, or it has not the form that this version writes.
    pub fn open(url: &DatabaseUrl) -> Stored<Self> {
        let mut db = connection::open(url, Purpose::Looking)?;
        if !migrations::is_current(&mut db) {
            let what = format!("{url} is no ledger of this version: levy-ledger migrate brings it to its form");
            return Err(StorageError::Form(what));
        }
        Ok(Self { db })
    }

    /// Reads one consistent state.
    pub(crate) fn read<T>(&mut self, query: impl FnOnce(&mut Db) -> Stored<T>) -> Stored<T> {
        Connection::transaction(&mut self.db, query)
    }

    /// Rechecks everything.
    ///
    /// # Errors
    /// [`StorageError`] when the database cannot be read; what was tampered with is a fault, no error.
    pub fn verify(&mut self, today: NaiveDate, progress: &mut dyn FnMut(Seq, Seq)) -> Stored<Verification> {
        verify(&mut self.db, &Extent { from: None, to: None, today }, progress)
    }

    /// Whether the chain passes through a head that was kept elsewhere.
    ///
    /// # Errors
    /// [`StorageError`] when the database cannot be read.
    pub fn passes_through(&mut self, seq: Seq, hash: &str) -> Stored<bool> {
        if seq == 0 {
            return Ok(Head::default().hash == hash);
        }
        let at = schema::events::table.filter(schema::events::last_seq.eq(seq)).select(schema::events::hash);
        let there: Option<String> = at.first(&mut self.db).optional()?;
        Ok(there.is_some_and(|there| there == hash))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::NaiveDateTime;

    use super::*;
    use crate::storage::{Clock, Store, StoreOptions};

    struct Midnight;

    impl Clock for Midnight {
        fn now(&self) -> NaiveDateTime {
            self.today().into()
        }

        fn today(&self) -> NaiveDate {
            NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
        }
    }

    #[test]
    fn one_run_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("ledger.db").display()).parse().unwrap();
        let options = StoreOptions { url, clock: Arc::new(Midnight), idempotency_days: 90, readers: 1 };
        let store = Store::open(options).unwrap();
        let running = store.0.verifying.lock().unwrap();
        assert!(store.verify(None, None).unwrap().is_none());
        drop(running);
        assert_eq!(store.verify(None, None).unwrap().map(|found| found.faults), Some(Vec::new()));
    }
}
