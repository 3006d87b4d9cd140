//! What happens to starts: append-only rows, folded into histories.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::columns::{StorageError, Stored};
use super::connection::Db;
use super::rows::{StartChangeRow, StartRow};
use super::schema::{start_changes, starts};
use super::sums::KEYS_AT_ONCE;
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::starts::{StartChange, StartFacts, StartHistory, StartNote};

/// The changes by which a start ends.
pub(super) const ENDING: [&str; 3] = ["withdrawn", "completed", "achieved"];
/// The change by which a start counts for nothing.
pub(super) const VOIDED: &str = StartChange::Voided.done();
/// The row of a change.
pub(crate) fn row_of(seq: Seq, (start, account): (Seq, Seq), note: &StartNote) -> StartChangeRow {
    let (amount, start_on, planned_end_on) = match note.change {
        StartChange::PriceChanged { agreed_price, .. } => (Some(agreed_price.units()), None, None),
        StartChange::DatesChanged { start_on, planned_end_on } => (None, start_on, planned_end_on),
        StartChange::Resumed { planned_end_on, .. } => (None, None, planned_end_on),
        StartChange::Paused { .. }
        | StartChange::Withdrawn { .. }
        | StartChange::Completed { .. }
        | StartChange::Achieved { .. }
        | StartChange::Voided => (None, None, None),
    };
    StartChangeRow {
        seq,
        start_id: start,
        account_id: account,
        change: note.change.done().to_owned(),
        changed_on: note.change.day(),
        amount,
        start_on,
        planned_end_on,
        reason: note.reason.clone(),
        recorded_by: note.by.clone(),
    }
}

/// What a row says.
fn change_of(row: &StartChangeRow) -> Stored<StartChange> {
    let unreadable = |what| StorageError::Unreadable { what, value: row.change.clone() };
    let day = || row.changed_on.ok_or_else(|| unreadable("day of a start's change"));
    Ok(match row.change.as_str() {
        "paused" => StartChange::Paused { on: day()? },
        "resumed" => StartChange::Resumed { on: day()?, planned_end_on: row.planned_end_on },
        "withdrawn" => StartChange::Withdrawn { on: day()? },
        "completed" => StartChange::Completed { on: day()? },
        "achieved" => StartChange::Achieved { on: day()? },
        "price_changed" => {
            let price = row.amount.ok_or_else(|| unreadable("price of a start's change"))?;
            StartChange::PriceChanged { from: day()?, agreed_price: Money::from_units(price) }
        }
        "dates_changed" => StartChange::DatesChanged { start_on: row.start_on, planned_end_on: row.planned_end_on },
        "voided" => StartChange::Voided,
        _ => return Err(unreadable("change of a start")),
    })
}

/// What was recorded of a start's life, with who recorded it and why.
#[derive(Clone, Debug)]
pub(crate) struct StoredLife {
    pub(crate) history: StartHistory,
    pub(crate) notes: Vec<StartNote>,
}

/// A start's life from its row and the rows of its changes, in the order of recording.
pub(super) fn life_of(facts: StartFacts, rows: Vec<StartChangeRow>) -> Stored<StoredLife> {
    let (mut changes, mut notes) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for row in rows {
        let change = change_of(&row)?;
        changes.push((row.seq, change));
        notes.push(StartNote { change, reason: row.reason, by: row.recorded_by });
    }
    Ok(StoredLife { history: StartHistory::new(facts, changes), notes })
}

/// What is known of a start apart from its changes.
pub(super) fn facts_of(row: &StartRow) -> StartFacts {
    StartFacts {
        start_on: row.start_on,
        planned_end_on: row.planned_end_on,
        agreed_price: Money::from_units(row.agreed_price),
        funding_band_maximum: row.funding_band_maximum.map(Money::from_units),
        agreed_on: row.agreed_on,
        change_of_employer: row.change_of_employer,
    }
}

/// The history of a start to which nothing has happened.
pub(super) fn unchanged(row: &StartRow) -> StartHistory {
    StartHistory::new(facts_of(row), Vec::new())
}

/// The rows of the changes of these starts recorded up to a number, each in the order of recording.
/// There are at most [`KEYS_AT_ONCE`] keys.
fn rows_of(db: &mut Db, keys: &[Seq], known_at: Seq) -> Stored<HashMap<Seq, Vec<StartChangeRow>>> {
    let of_starts = start_changes::start_id.eq_any(keys.to_vec()).and(start_changes::seq.le(known_at));
    let changes = start_changes::table.filter(of_starts).order(start_changes::seq);
    let rows: Vec<StartChangeRow> = changes.load(db)?;
    let mut found: HashMap<Seq, Vec<StartChangeRow>> = HashMap::new();
    for row in rows {
        found.entry(row.start_id).or_default().push(row);
    }
    Ok(found)
}

/// What happened to these starts by what was recorded up to a number, by key, each in the order of
/// recording. There are at most [`KEYS_AT_ONCE`] keys.
pub(super) fn by_start(db: &mut Db, keys: &[Seq], known_at: Seq) -> Stored<HashMap<Seq, Vec<(Seq, StartChange)>>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = rows_of(db, keys, known_at)?.into_iter();
    let changes = |row: &StartChangeRow| Ok((row.seq, change_of(row)?));
    rows.map(|(key, rows)| Ok((key, rows.iter().map(changes).collect::<Stored<_>>()?))).collect()
}

/// What was recorded of the lives of these starts, by key.
pub(crate) fn lives(db: &mut Db, starts: &[StartRow]) -> Stored<HashMap<Seq, StoredLife>> {
    let mut found = HashMap::with_capacity(starts.len());
    for starts in starts.chunks(KEYS_AT_ONCE) {
        let keys: Vec<Seq> = starts.iter().map(|row| row.id).collect();
        let mut changes = rows_of(db, &keys, Seq::MAX)?;
        for row in starts {
            found.insert(row.id, life_of(facts_of(row), changes.remove(&row.id).unwrap_or_default())?);
        }
    }
    Ok(found)
}

/// The histories of these starts by key, from what was recorded up to `known_at`, in two statements for
/// every ten thousand of them.
pub(crate) fn histories(db: &mut Db, keys: &[Seq], known_at: Seq) -> Stored<HashMap<Seq, StartHistory>> {
    type Row = (Seq, NaiveDate, NaiveDate, i64, Option<i64>, NaiveDate, bool);
    let columns = (
        starts::id,
        starts::start_on,
        starts::planned_end_on,
        starts::agreed_price,
        starts::funding_band_maximum,
        starts::agreed_on,
        starts::change_of_employer,
    );
    let mut found = HashMap::with_capacity(keys.len());
    for keys in keys.chunks(KEYS_AT_ONCE) {
        let mut changes = rows_of(db, keys, known_at)?;
        let rows: Vec<Row> = starts::table.filter(starts::id.eq_any(keys.to_vec())).select(columns).load(db)?;
        for (key, start_on, planned_end_on, price, band, agreed_on, change_of_employer) in rows {
            let facts = StartFacts {
                start_on,
                planned_end_on,
                agreed_price: Money::from_units(price),
                funding_band_maximum: band.map(Money::from_units),
                agreed_on,
                change_of_employer,
            };
            found.insert(key, life_of(facts, changes.remove(&key).unwrap_or_default())?.history);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_is_read_back_as_it_was_written() {
        let on = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let agreed_price = Money::from_units(900_000_000);
        let changes = [
            StartChange::Paused { on },
            StartChange::Resumed { on, planned_end_on: None },
            StartChange::Resumed { on, planned_end_on: Some(on) },
            StartChange::Withdrawn { on },
            StartChange::Completed { on },
            StartChange::Achieved { on },
            StartChange::PriceChanged { from: on, agreed_price },
            StartChange::DatesChanged { start_on: Some(on), planned_end_on: None },
            StartChange::DatesChanged { start_on: None, planned_end_on: Some(on) },
            StartChange::Voided,
        ];
        for change in changes {
            let note = StartNote { change, reason: Some("late news".to_owned()), by: "somebody".to_owned() };
            let row = row_of(7, (5, 2), &note);
            assert_eq!(change_of(&row).unwrap(), change);
            assert_eq!((row.seq, row.start_id, row.account_id), (7, 5, 2));
        }
    }
}
