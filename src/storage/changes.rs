//! What was recorded, number by number, for those who follow the ledger.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;
use diesel::prelude::*;
use uuid::Uuid;

use super::columns::{self, Stored};
use super::connection::Db;
use super::events;
use super::rows::EntryRow;
use super::schema::{accounts, entries, events as chain, notices, starts, transfers};
use crate::domain::close::NoticeKind;
use crate::domain::journal::Seq;

/// The action of an event that records entries.
pub(crate) const ENTERED: &str = "entry_recorded";
/// The action of an event that closes a month, whose other numbers are entries and notices.
pub(crate) const CLOSED: &str = "month_closed";
/// The body of an event that recorded nothing but entries, which stand in the journal.
pub(crate) const NO_ROWS: &str = "{}";

/// What was recorded under one number.
pub(crate) struct Change {
    pub(crate) seq: Seq,
    pub(crate) action: String,
    pub(crate) account: Option<Seq>,
    /// The public id of what was made or changed; none for an entry.
    pub(crate) subject: Option<String>,
    pub(crate) recorded_at: NaiveDateTime,
    pub(crate) recorded_by: String,
    pub(crate) entry: Option<EntryRow>,
}

/// Some changes, and where to go on.
pub(crate) struct Changes {
    pub(crate) changes: Vec<Change>,
    /// The number after which the next ones begin.
    pub(crate) next_after: Seq,
    /// Whether there are more already.
    pub(crate) more: bool,
    /// The ledger's last number.
    pub(crate) head: Seq,
}

/// What was recorded after a number, at most `limit` changes: all, or those of these accounts.
pub(crate) fn page(db: &mut Db, keys: Option<&[Seq]>, after: Seq, limit: usize) -> Stored<Changes> {
    let head = events::head(db)?.seq;
    let most = limit.saturating_add(1);
    let entries = entries_after(db, keys, after, most)?;
    // Where entries alone fill the page, nothing beyond the last of them is on it.
    let upto = entries.last().filter(|_| entries.len() == most).map_or(Seq::MAX, |last| last.seq);
    let entered: HashSet<Seq> = entries.iter().map(|entry| entry.seq).collect();
    let mut changes: Vec<Change> = entries.into_iter().map(change_of).collect();
    for event in others_after(db, keys, (after, upto), most)? {
        let seqs = event.first.max(after.saturating_add(1))..=event.last.min(upto);
        changes.extend(seqs.filter(|seq| !entered.contains(seq)).take(most).map(|seq| event.change(seq)));
    }
    changes.sort_by_key(|change| change.seq);
    let more = changes.len() > limit;
    changes.truncate(limit);
    name_notices(db, &mut changes)?;
    let last = changes.last().map(|change| change.seq).filter(|_| more);
    Ok(Changes { changes, next_after: last.unwrap_or(head.max(after)), more, head })
}

/// Names the notices among what closes recorded.
fn name_notices(db: &mut Db, changes: &mut [Change]) -> Stored<()> {
    let others: Vec<Seq> = changes.iter().filter(|change| change.action == CLOSED).map(|change| change.seq).collect();
    if others.is_empty() {
        return Ok(());
    }
    let given = notices::table.filter(notices::seq.eq_any(others)).select((notices::seq, notices::kind));
    let given: HashMap<Seq, String> = given.load::<(Seq, String)>(db)?.into_iter().collect();
    for change in changes {
        if let Some(kind) = given.get(&change.seq) {
            change.action = columns::name::<NoticeKind>("notice", kind)?.action().to_owned();
        }
    }
    Ok(())
}

fn entries_after(db: &mut Db, keys: Option<&[Seq]>, after: Seq, most: usize) -> Stored<Vec<EntryRow>> {
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let mut query = entries::table.filter(entries::seq.gt(after)).order(entries::seq).limit(limit).into_boxed();
    if let Some(keys) = keys {
        query = query.filter(entries::account_id.eq_any(keys.to_vec()));
    }
    Ok(query.load(db)?)
}

fn change_of(entry: EntryRow) -> Change {
    Change {
        seq: entry.seq,
        action: ENTERED.to_owned(),
        account: Some(entry.account_id),
        subject: None,
        recorded_at: entry.recorded_at,
        recorded_by: entry.recorded_by.clone(),
        entry: Some(entry),
    }
}

/// An event without its body, which is never read to say what changed.
#[derive(Queryable)]
struct Line {
    first: Seq,
    last: Seq,
    recorded_at: NaiveDateTime,
    recorded_by: String,
    action: String,
    account: Option<Seq>,
    subject: Option<String>,
}

impl Line {
    fn change(&self, seq: Seq) -> Change {
        Change {
            seq,
            action: self.action.clone(),
            account: self.account,
            subject: self.subject.clone(),
            recorded_at: self.recorded_at,
            recorded_by: self.recorded_by.clone(),
            entry: None,
        }
    }
}

/// The events after a number that recorded more than entries.
fn others_after(db: &mut Db, keys: Option<&[Seq]>, (after, upto): (Seq, Seq), most: usize) -> Stored<Vec<Line>> {
    let columns = (
        chain::first_seq,
        chain::last_seq,
        chain::recorded_at,
        chain::actor_name,
        chain::action,
        chain::account_id,
        chain::subject,
    );
    let mut query = chain::table
        .filter(chain::last_seq.gt(after))
        .filter(chain::first_seq.le(upto))
        .filter(chain::action.ne(ENTERED).or(chain::body.ne(NO_ROWS)))
        .select(columns)
        .order(chain::last_seq)
        .limit(i64::try_from(most).unwrap_or(i64::MAX))
        .into_boxed();
    if let Some(keys) = keys {
        query = query.filter(chain::account_id.eq_any(keys.to_vec()));
    }
    Ok(query.load(db)?)
}

/// The public ids of what changes name by key.
#[derive(Default)]
pub(crate) struct PublicIds {
    pub(crate) accounts: HashMap<Seq, Uuid>,
    pub(crate) starts: HashMap<Seq, Uuid>,
    pub(crate) transfers: HashMap<Seq, Uuid>,
}

/// The public ids of accounts.
pub(crate) fn account_ids(db: &mut Db, keys: Vec<Seq>) -> Stored<HashMap<Seq, Uuid>> {
    let named = accounts::table.filter(accounts::id.eq_any(keys)).select((accounts::id, accounts::public_id));
    by_key(named.load(db)?)
}

/// The public ids of the accounts, starts and transfers of these changes.
pub(crate) fn public_ids(db: &mut Db, changes: &[Change]) -> Stored<PublicIds> {
    let distinct = |keys: &mut dyn Iterator<Item = Seq>| keys.collect::<HashSet<_>>().into_iter().collect::<Vec<_>>();
    let entries = || changes.iter().filter_map(|change| change.entry.as_ref());
    let ids = account_ids(db, distinct(&mut changes.iter().filter_map(|change| change.account)))?;
    let keys = distinct(&mut entries().filter_map(|entry| entry.start_id));
    let named = starts::table.filter(starts::id.eq_any(keys)).select((starts::id, starts::public_id));
    let of_starts = by_key(named.load(db)?)?;
    let keys = distinct(&mut entries().filter_map(|entry| entry.transfer_id));
    let named = transfers::table.filter(transfers::id.eq_any(keys)).select((transfers::id, transfers::public_id));
    Ok(PublicIds { accounts: ids, starts: of_starts, transfers: by_key(named.load(db)?)? })
}

fn by_key(named: Vec<(Seq, String)>) -> Stored<HashMap<Seq, Uuid>> {
    named.into_iter().map(|(key, id)| Ok((key, columns::uuid(&id)?))).collect()
}
