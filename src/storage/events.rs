//! The audit chain: one event a command, each carrying the hash of the one before it, so that
//! nothing recorded can change unseen.

use std::collections::HashSet;
use std::fmt::{self, Display, Formatter};

use chrono::NaiveDateTime;
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use super::changes::CLOSED;
use super::columns::{Stored, time_text};
use super::connection::Db;
use super::rows::{EntryRow, EventRow};
use super::schema::events;
use crate::domain::journal::Seq;

/// The hash before the first event.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Where the ledger stands.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = events)]
pub struct Head {
    /// The number of its last event.
    #[diesel(column_name = id)]
    pub event: i64,
    /// The last number given.
    #[diesel(column_name = last_seq)]
    pub seq: Seq,
    /// The hash of its last event.
    pub hash: String,
    /// When that was recorded.
    pub recorded_at: NaiveDateTime,
}

impl Default for Head {
    fn default() -> Self {
        Self { event: 0, seq: 0, hash: GENESIS.to_owned(), recorded_at: NaiveDateTime::default() }
    }
}

impl Display for Head {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

/// Where the ledger stands now.
pub(crate) fn head(db: &mut Db) -> Stored<Head> {
    let last = events::table.select(Head::as_select()).order(events::id.desc()).first(db).optional()?;
    Ok(last.unwrap_or_default())
}

/// How many later events are told of at the most.
const TOLD: i64 = 1_000;

/// An event that was recorded later than another.
pub(crate) struct Later {
    /// The first number that it covers.
    pub(crate) first: Seq,
    /// The last one.
    pub(crate) last: Seq,
    /// What was done, by its first fact.
    pub(crate) action: String,
}

/// Where the ledger stands now, and what was recorded after a head: none where that head is not there, or
/// too long ago.
pub(crate) fn since(db: &mut Db, known: &Head) -> Stored<(Head, Option<Vec<Later>>)> {
    let rows = events::table.filter(events::id.ge(known.event)).order(events::id).limit(TOLD);
    let rows: Vec<(Head, Seq, String)> =
        rows.select((Head::as_select(), events::first_seq, events::action)).load(db)?;
    let goes_on = rows.first().is_some_and(|(first, ..)| (first.event, &first.hash) == (known.event, &known.hash));
    let all = i64::try_from(rows.len()).is_ok_and(|count| count < TOLD);
    let last = rows.last().filter(|_| goes_on && all);
    let Some((last, ..)) = last.cloned() else { return Ok((head(db)?, None)) };
    let later = rows.into_iter().skip(1).map(|(of, first, action)| Later { first, last: of.seq, action });
    Ok((last, Some(later.collect())))
}

/// Whether an event is there, as it was hashed.
pub(crate) fn is_there(db: &mut Db, event: i64, hash: &str) -> Stored<bool> {
    let same = events::table.filter(events::id.eq(event)).filter(events::hash.eq(hash));
    // Before the first event there is nothing that could be missing.
    Ok(event == 0 || same.count().get_result::<i64>(db)? > 0)
}

/// The last number up to which everything was recorded by the end of an event: of what is recorded at
/// once, all counts or nothing.
pub(crate) fn whole(db: &mut Db, seq: Seq) -> Stored<Seq> {
    let events = events::table.filter(events::last_seq.le(seq)).order(events::last_seq.desc());
    Ok(events.select(events::last_seq).first(db).optional()?.unwrap_or(0))
}

/// How many events are looked through at the most for one that concerns an account.
const LOOKED_THROUGH: i64 = 1_000;

/// Whether an event after this one may concern an account: one that belongs to it, or to all. Where there
/// are many, it is not looked further.
pub(crate) fn may_concern(db: &mut Db, account: Seq, after: i64) -> Stored<bool> {
    if head(db)?.event.saturating_sub(after) > LOOKED_THROUGH {
        return Ok(true);
    }
    let concerns = events::account_id.eq(account).or(events::account_id.is_null());
    let first = events::table.filter(events::id.gt(after)).filter(concerns).select(events::id).first::<i64>(db);
    Ok(first.optional()?.is_some())
}

/// How many events are looked through at the most for the accounts that they concern.
const COLLECTED: i64 = 100_000;

/// What belongs to no account and moves the figures of none.
const OF_NO_ACCOUNT: [&str; 7] = [
    "provider_registered",
    "provider_changed",
    "token_issued",
    "token_revoked",
    "webhook_made",
    "webhook_removed",
    "journal_profile_made",
];

/// The accounts that events after this one concern. None where one may concern all, as a rule does, and
/// where there are so many that it is not looked further.
pub(crate) fn concerned(db: &mut Db, after: i64) -> Stored<Option<HashSet<Seq>>> {
    if head(db)?.event.saturating_sub(after) > COLLECTED {
        return Ok(None);
    }
    let later = || events::table.filter(events::id.gt(after));
    let of_all = later().filter(events::account_id.is_null()).filter(events::action.ne_all(OF_NO_ACCOUNT));
    if of_all.select(events::id).first::<i64>(db).optional()?.is_some() {
        return Ok(None);
    }
    let accounts: Vec<Option<Seq>> = later().select(events::account_id).distinct().load(db)?;
    Ok(Some(accounts.into_iter().flatten().collect()))
}

/// Whether all events after this one close months of other accounts than these. A close records figures
/// of its own account, and what it passes on to others.
pub(crate) fn are_closes_of_others(db: &mut Db, after: i64, accounts: &[Seq]) -> Stored<bool> {
    let of_these = events::account_id.is_null().or(events::account_id.eq_any(accounts.to_vec()));
    let else_than = events::action.ne(CLOSED).or(of_these);
    let first = events::table.filter(events::id.gt(after)).filter(else_than).select(events::id).first::<i64>(db);
    Ok(first.optional()?.is_none())
}

/// The hash of an event: over the one before it, what it says, and its entries.
pub(crate) fn hash(previous: &str, event: &EventRow, entries: &[EntryRow]) -> String {
    let mut hashing = Hashing::begin(previous, event);
    for entry in entries {
        hashing.entry(entry);
    }
    hashing.finish()
}

/// The hash of an event whose entries are read a few at a time.
pub(crate) struct Hashing(Sha256);

impl Hashing {
    /// Begins with the hash of the event before, and what this one says.
    pub(crate) fn begin(previous: &str, event: &EventRow) -> Self {
        let mut digest = Sha256::new();
        digest.update(previous);
        let head = [
            event.id.to_string(),
            event.first_seq.to_string(),
            event.last_seq.to_string(),
            time_text(event.recorded_at),
            event.actor.clone(),
            event.actor_name.clone(),
            event.request_id.clone(),
            event.action.clone(),
            Said(event.account_id).to_string(),
            event.subject.clone().unwrap_or_default(),
        ];
        // Every part is written with its length, so that no two events read alike.
        for part in head.iter().chain([&event.body]) {
            measured(&mut digest, part);
        }
        Self(digest)
    }

    /// Adds its next entry.
    pub(crate) fn entry(&mut self, entry: &EntryRow) {
        measured(&mut self.0, &canonical(entry));
    }

    /// Adds entries that were written by [`write_entry`].
    pub(crate) fn written(&mut self, entries: &[u8]) {
        self.0.update(entries);
    }

    /// The hash, in hexadecimal.
    pub(crate) fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

fn measured(digest: &mut Sha256, part: &str) {
    digest.update(part.len().to_be_bytes());
    digest.update(part);
}

/// Writes an entry as it is hashed, for an event of which more has to be known before it can begin.
pub(crate) fn write_entry(into: &mut impl std::io::Write, entry: &EntryRow) -> std::io::Result<()> {
    let canonical = canonical(entry);
    into.write_all(&canonical.len().to_be_bytes())?;
    into.write_all(canonical.as_bytes())
}

/// An entry in the one form in which it is hashed.
fn canonical(entry: &EntryRow) -> String {
    // Free text comes in quotes, so that it cannot pass for a separator.
    let text = |text: &Option<String>| Said(text.as_deref().map(|text| format!("{text:?}")));
    let mut canonical = format!(
        "{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}",
        entry.seq,
        entry.account_id,
        entry.kind,
        entry.month,
        entry.effective_on,
        Said(entry.stated_on),
        Said(entry.declared_on),
        entry.amount,
        Said(entry.start_id),
        Said(entry.transfer_id),
        Said(entry.payroll_month),
        text(&entry.paye_scheme),
        text(&entry.reference),
        Said(entry.reverses),
    );
    let (lot, earned, kind) = (Said(entry.lot), Said(entry.earned_month), Said(entry.earned_kind.as_deref()));
    // Entries that say nothing of these are hashed as they were before there were such columns.
    if lot.0.is_some() || earned.0.is_some() || kind.0.is_some() {
        canonical.push_str(&format!("|{lot}|{earned}|{kind}"));
    }
    canonical
}

/// What need not be said, and is then written as nothing.
struct Said<T>(Option<T>);

impl<T: Display> Display for Said<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|said| said.fmt(f))
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    // Every request writes two digests: formatting each byte takes ten times as long.
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    let mut text = String::with_capacity(bytes.len() * 2);
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    text
}
