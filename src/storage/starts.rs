//! Starts, and apart from them the personal data of their learners.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use uuid::Uuid;

use super::accounts::Months;
use super::columns::{self, StorageError, Stored};
use super::connection::Db;
use super::entries;
use super::known_starts::{KnownStart, StartIdentity};
use super::rows::{ChangedLearner, ErasedLearner, LearnerRow, StartRow};
use super::schema::{accounts, entries as journal, learners, start_lives, starts, transfers};
use crate::domain::account::StartUnder;
use crate::domain::facts::{Learner, NewStart, StartTerms};
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::names::Named;

pub(crate) use super::start_changes::{StoredLife, histories, lives};
pub(crate) use super::start_lists::{StartsWanted, page, past_planned_end};

/// Starts of these ids.
pub(crate) fn by_public_ids(db: &mut Db, ids: &[Uuid]) -> Stored<Vec<StartRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    Ok(starts::table.filter(starts::public_id.eq_any(ids)).load(db)?)
}

/// Starts under these keys.
pub(crate) fn by_keys(db: &mut Db, keys: &[Seq]) -> Stored<Vec<StartRow>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    Ok(starts::table.filter(starts::id.eq_any(keys.to_vec())).load(db)?)
}

/// The starts under each transfer of these accounts, by their keys, by what was recorded up to
/// `known_at`; those that are void left out.
pub(crate) fn by_transfer(
    db: &mut Db,
    accounts: &[Seq],
    known_at: Seq,
) -> Stored<HashMap<Seq, BTreeMap<Seq, StartUnder>>> {
    let columns = (starts::transfer_id, starts::id, start_lives::start_on, start_lives::dearest_price);
    // By their transfers, or else SQLite would go through every start of the accounts.
    let of_accounts = transfers::table.filter(transfers::account_id.eq_any(accounts.to_vec()));
    let mut rows: Vec<UnderRow> = starts::table
        .inner_join(start_lives::table.on(start_lives::start_id.eq(starts::id)))
        .filter(starts::transfer_id.eq_any(of_accounts.select(transfers::id.nullable())))
        .filter(start_lives::voided.eq(false).and(start_lives::version.le(known_at)))
        .select(columns)
        .load(db)?;
    let changed = super::start_lives::changed_after(db, accounts, known_at)?.into_iter();
    let changed = changed.filter(|(_, life)| !life.voided);
    rows.extend(changed.map(|(transfer, life)| (transfer, life.start_id, life.start_on, life.dearest_price)));
    Ok(under(rows))
}

/// These starts under their transfers; those that are void left out.
pub(super) fn under_transfers(db: &mut Db, keys: &[Seq]) -> Stored<HashMap<Seq, BTreeMap<Seq, StartUnder>>> {
    let rows = starts::table
        .inner_join(start_lives::table.on(start_lives::start_id.eq(starts::id)))
        .filter(starts::id.eq_any(keys.to_vec()).and(start_lives::voided.eq(false)))
        .select((starts::transfer_id, starts::id, start_lives::start_on, start_lives::dearest_price));
    Ok(under(rows.load(db)?))
}

/// A start with its transfer, its first day and its dearest price.
type UnderRow = (Option<Seq>, Seq, NaiveDate, i64);

fn under(rows: Vec<UnderRow>) -> HashMap<Seq, BTreeMap<Seq, StartUnder>> {
    let mut found: HashMap<Seq, BTreeMap<Seq, StartUnder>> = HashMap::new();
    for (transfer, key, start_on, price) in rows {
        let Some(transfer) = transfer else { continue };
        let under = StartUnder { start_on, price: Money::from_units(price) };
        found.entry(transfer).or_default().insert(key, under);
    }
    found
}

/// The starts that are there under these learner references; one that is void is not.
pub(crate) fn identities(db: &mut Db, references: &[String]) -> Stored<HashMap<StartIdentity, Seq>> {
    type Row = (Seq, Option<String>, String, NaiveDate, Seq);
    let columns =
        (starts::account_id, learners::learner_reference, starts::standard_code, start_lives::start_on, starts::id);
    let rows: Vec<Row> = starts::table
        .inner_join(learners::table.on(learners::start_id.eq(starts::id)))
        .inner_join(start_lives::table.on(start_lives::start_id.eq(starts::id)))
        .filter(learners::learner_reference.eq_any(references.to_vec()))
        .filter(start_lives::voided.eq(false))
        .select(columns)
        .load(db)?;
    let identity = |(account, reference, standard, on, key): Row| Some(((account, reference?, standard, on), key));
    Ok(rows.into_iter().filter_map(identity).collect())
}

/// The first day of each of these starts, and whether it is void.
pub(crate) fn first_days(db: &mut Db, keys: &[Seq]) -> Stored<HashMap<Seq, (NaiveDate, bool)>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let columns = (start_lives::start_id, start_lives::start_on, start_lives::voided);
    let of_starts = start_lives::table.filter(start_lives::start_id.eq_any(keys.to_vec()));
    let rows: Vec<(Seq, NaiveDate, bool)> = of_starts.select(columns).load(db)?;
    Ok(rows.into_iter().map(|(key, start_on, voided)| (key, (start_on, voided))).collect())
}

/// The row of a start.
pub(crate) fn row_of(seq: Seq, new: &NewStart, account: Seq, transfer: Option<Seq>) -> StartRow {
    let terms = new.terms.clone();
    StartRow {
        id: seq,
        public_id: new.public_id.to_string(),
        account_id: account,
        transfer_id: transfer,
        standard_code: terms.standard_code,
        standard_title: terms.standard_title,
        level: i32::from(terms.level),
        sector: terms.sector.map(|sector| sector.name().to_owned()),
        agreed_price: terms.agreed_price.units(),
        funding_band_maximum: terms.funding_band_maximum.map(Money::units),
        agreed_on: terms.agreed_on,
        start_on: terms.start_on,
        planned_end_on: terms.planned_end_on,
        training_provider_ukprn: terms.training_provider_ukprn,
        training_provider_name: terms.training_provider_name,
        local_training_provider: terms.local_training_provider,
        change_of_employer: terms.change_of_employer,
    }
}

/// What was agreed, from a start's row.
pub(crate) fn terms_of(row: &StartRow) -> Stored<StartTerms> {
    Ok(StartTerms {
        standard_code: row.standard_code.clone(),
        standard_title: row.standard_title.clone(),
        level: columns::small("level", i64::from(row.level))?,
        sector: row.sector.as_deref().map(|sector| columns::name("sector", sector)).transpose()?,
        agreed_price: Money::from_units(row.agreed_price),
        funding_band_maximum: row.funding_band_maximum.map(Money::from_units),
        agreed_on: row.agreed_on,
        start_on: row.start_on,
        planned_end_on: row.planned_end_on,
        training_provider_ukprn: row.training_provider_ukprn.clone(),
        training_provider_name: row.training_provider_name.clone(),
        local_training_provider: row.local_training_provider,
        change_of_employer: row.change_of_employer,
    })
}

/// The row of a learner.
pub(crate) fn learner_row(start: Seq, learner: &Learner) -> LearnerRow {
    LearnerRow {
        start_id: start,
        learner_reference: learner.reference.clone(),
        uln: learner.uln.clone(),
        priority_groups: learner.priority_groups.as_deref().map(columns::words),
        version: start,
    }
}

/// A learner, and the number under which it was last recorded.
#[derive(Default)]
pub(crate) struct KnownLearner {
    pub(crate) learner: Learner,
    pub(crate) version: Seq,
}

/// What is known of the learners of these starts.
pub(crate) fn learners_of(db: &mut Db, keys: &[Seq]) -> Stored<HashMap<Seq, KnownLearner>> {
    let rows: Vec<LearnerRow> = learners::table.filter(learners::start_id.eq_any(keys.to_vec())).load(db)?;
    rows.into_iter().map(known_learner).collect()
}

fn known_learner(row: LearnerRow) -> Stored<(Seq, KnownLearner)> {
    // What stands in the column is personal data, so that no error repeats it.
    let unreadable = |_| StorageError::Unreadable { what: "priority groups", value: "not shown".to_owned() };
    let groups = row.priority_groups.as_deref().map(|groups| columns::names("priority group", groups));
    let groups = groups.transpose().map_err(unreadable)?;
    let learner = Learner { reference: row.learner_reference, uln: row.uln, priority_groups: groups };
    Ok((row.start_id, KnownLearner { learner, version: row.version }))
}

/// Which fields of a learner differ, by name alone.
pub(crate) fn differences(before: &Learner, after: &Learner) -> Vec<&'static str> {
    let fields = [
        ("learner_reference", before.reference != after.reference),
        ("uln", before.uln != after.uln),
        ("priority_groups", before.priority_groups != after.priority_groups),
    ];
    fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

/// Sets what changed of learners and clears what was erased. Each leaves a later one alone, so that
/// the order within a batch does not matter.
pub(crate) fn update_learners(db: &mut Db, changed: Vec<ChangedLearner>, erased: &[ErasedLearner]) -> QueryResult<()> {
    let nothing = |erased: &ErasedLearner| LearnerRow {
        version: erased.seq,
        ..learner_row(erased.start_id, &Learner::default())
    };
    let erased = erased.iter().map(nothing);
    for row in changed.into_iter().map(|changed| changed.learner).chain(erased) {
        let earlier = learners::start_id.eq(row.start_id).and(learners::version.lt(row.version));
        let now = (
            learners::learner_reference.eq(row.learner_reference),
            learners::uln.eq(row.uln),
            learners::priority_groups.eq(row.priority_groups),
            learners::version.eq(row.version),
        );
        diesel::update(learners::table.filter(earlier)).set(now).execute(db)?;
    }
    Ok(())
}

/// All that is known of these starts, by key.
pub(crate) fn known(db: &mut Db, ids: &[Uuid]) -> Stored<HashMap<Seq, KnownStart>> {
    let rows = by_public_ids(db, ids)?;
    let keys: Vec<Seq> = rows.iter().map(|row| row.id).collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let mut learners = learners_of(db, &keys)?;
    let mut lives = lives(db, &rows)?;
    let standing = entries::standing_by_start(db, &keys)?;
    let mut found = HashMap::with_capacity(rows.len());
    for row in rows {
        let KnownLearner { learner, version } = learners.remove(&row.id).unwrap_or_default();
        let Some(StoredLife { history, notes }) = lives.remove(&row.id) else { continue };
        let version = version.max(history.last_recorded().unwrap_or(version));
        let standing = standing.get(&row.id).copied().unwrap_or_default();
        let terms = terms_of(&row)?;
        found.insert(row.id, KnownStart { terms, learner, version, history, notes, standing });
    }
    Ok(found)
}

/// The public id of an account.
pub(crate) fn account_id(db: &mut Db, key: Seq) -> Stored<Uuid> {
    let id: String = accounts::table.filter(accounts::id.eq(key)).select(accounts::public_id).first(db)?;
    columns::uuid(&id)
}

/// The public ids of transfers.
pub(crate) fn transfer_ids(db: &mut Db, keys: impl IntoIterator<Item = Seq>) -> Stored<HashMap<Seq, Uuid>> {
    let keys: HashSet<Seq> = keys.into_iter().collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let columns = (transfers::id, transfers::public_id);
    let rows: Vec<(Seq, String)> = transfers::table.filter(transfers::id.eq_any(keys)).select(columns).load(db)?;
    rows.into_iter().map(|(key, id)| Ok((key, columns::uuid(&id)?))).collect()
}

/// The key of a transfer of an account.
pub(crate) fn transfer_key(db: &mut Db, account: Seq, transfer: Uuid) -> Stored<Option<Seq>> {
    let found = transfers::public_id.eq(transfer.to_string()).and(transfers::account_id.eq(account));
    Ok(transfers::table.filter(found).select(transfers::id).first(db).optional()?)
}

/// What was paid for a start in each month, in pounds.
pub(crate) fn paid_by_month(db: &mut Db, start: Seq) -> Stored<Months> {
    let rows: Vec<(i32, i64)> = journal::table
        .filter(journal::start_id.eq(start))
        .group_by(journal::month)
        .select((journal::month, sql::<BigInt>("CAST(-SUM(amount) AS BIGINT)")))
        .load(db)?;
    rows.into_iter().map(|(month, paid)| Ok((columns::month(month)?, Money::from_units(paid)))).collect()
}
