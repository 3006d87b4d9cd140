//! The chain: every event follows the one before it, and its hash follows from what is stored.

use diesel::prelude::*;

use super::{PAGE, Rebuilding};
use crate::domain::journal::Seq;
use crate::storage::changes::{ENTERED, NO_ROWS};
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::events::{Hashing, Head};
use crate::storage::rows::{EntryRow, EventRow};
use crate::storage::schema::{entries, events};

/// How far the chain was followed.
pub(super) struct Chain {
    last: Head,
}

impl Chain {
    /// Where the chain stands before the event that holds a number.
    pub(super) fn before(db: &mut Db, seq: Seq) -> Stored<Self> {
        let earlier = events::table.filter(events::last_seq.lt(seq)).order(events::last_seq.desc());
        let last: Option<EventRow> = earlier.first(db).optional()?;
        Ok(Self { last: last.as_ref().map(head_of).unwrap_or_default() })
    }

    /// The last number that was reached.
    pub(super) fn seq(&self) -> Seq {
        self.last.seq
    }

    /// Follows it through one more event, counting in the event's entries. After a fault it goes on
    /// from what is stored, so that one fault is told once.
    pub(super) fn follow(&mut self, db: &mut Db, event: &EventRow, rebuilding: &mut Rebuilding) -> Stored<()> {
        for detail in out_of_order(&self.last, event) {
            rebuilding.faults.add(event.first_seq, detail);
        }
        let mut hashing = Hashing::begin(&self.last.hash, event);
        let mut count = 0;
        let mut done = event.first_seq.saturating_sub(1);
        loop {
            let within = entries::seq.gt(done).and(entries::seq.le(event.last_seq));
            let page: Vec<EntryRow> = entries::table.filter(within).order(entries::seq).limit(PAGE).load(db)?;
            let Some(last) = page.last() else { break };
            done = last.seq;
            for entry in &page {
                count += 1;
                hashing.entry(entry);
                rebuilding.sums.count(entry, &mut rebuilding.faults);
                if (entry.recorded_at, &entry.recorded_by) != (event.recorded_at, &event.actor_name) {
                    rebuilding.faults.add(entry.seq, "the entry names another time or recorder than its event");
                }
            }
        }
        if let Some(detail) = miscounted(event, count) {
            rebuilding.faults.add(event.first_seq, detail);
        }
        if hashing.finish() != event.hash {
            let detail = format!("the hash of event {} does not follow from what is stored", event.id);
            rebuilding.faults.add(event.first_seq, detail);
        }
        self.last = head_of(event);
        Ok(())
    }
}

fn head_of(event: &EventRow) -> Head {
    Head { event: event.id, seq: event.last_seq, hash: event.hash.clone(), recorded_at: event.recorded_at }
}

/// How an event fails to come next.
fn out_of_order(last: &Head, event: &EventRow) -> Vec<String> {
    let mut faults = Vec::new();
    if event.id != last.event + 1 {
        faults.push(format!("event {} follows event {}: events between them are missing", event.id, last.event));
    }
    if event.first_seq != last.seq + 1 {
        faults.push(format!("event {} begins at {}, not at {}", event.id, event.first_seq, last.seq + 1));
    }
    if event.last_seq < event.first_seq {
        faults.push(format!("event {} ends at {}, before it begins", event.id, event.last_seq));
    }
    if event.recorded_at < last.recorded_at {
        faults.push(format!("event {} was recorded before the one it follows", event.id));
    }
    faults
}

/// How the entries of an event are too few or too many.
fn miscounted(event: &EventRow, count: i64) -> Option<String> {
    let numbers = event.last_seq.saturating_sub(event.first_seq).saturating_add(1);
    let entries_alone = event.action == ENTERED && event.body == NO_ROWS;
    if entries_alone && count != numbers {
        return Some(format!("event {} recorded {numbers} entries, and {count} are there", event.id));
    }
    let begins_otherwise = event.action != ENTERED;
    (begins_otherwise && count >= numbers)
        .then(|| format!("event {} has {count} entries, and recorded fewer", event.id))
}
