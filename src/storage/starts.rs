//! Starts, and apart from them the personal data of their learners.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use uuid::Uuid;

use super::accounts::Months;
use super::columns::{self, StorageError, Stored};
use super::connection::Db;
use super::ledger::{KnownStart, StartIdentity};
use super::rows::{ChangedLearner, ErasedLearner, LearnerRow, StartRow};
use super::schema::{accounts, entries, learners, starts, transfers};
use crate::domain::facts::{Learner, NewStart, StartTerms};
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::names::Named;
use crate::domain::starts::StartStatus;

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

/// What a transfer has to hold of a start.
pub(crate) struct Priced {
    pub(crate) start_on: NaiveDate,
    pub(crate) price: Money,
    pub(crate) band: Option<Money>,
}

/// The starts under each transfer of these accounts.
pub(crate) fn by_transfer(db: &mut Db, accounts: &[Seq]) -> Stored<HashMap<Seq, Vec<Priced>>> {
    let columns = (starts::transfer_id, starts::start_on, starts::agreed_price, starts::funding_band_maximum);
    let rows: Vec<(Option<Seq>, NaiveDate, i64, Option<i64>)> = starts::table
        .filter(starts::account_id.eq_any(accounts.to_vec()))
        .filter(starts::transfer_id.is_not_null())
        .select(columns)
        .load(db)?;
    let mut found: HashMap<Seq, Vec<Priced>> = HashMap::new();
    for (transfer, start_on, price, band) in rows {
        let priced = Priced { start_on, price: Money::from_units(price), band: band.map(Money::from_units) };
        found.entry(transfer.unwrap_or_default()).or_default().push(priced);
    }
    Ok(found)
}

/// The starts that are there under these learner references.
pub(crate) fn identities(db: &mut Db, references: &[String]) -> Stored<HashMap<StartIdentity, Seq>> {
    type Row = (Seq, Option<String>, String, NaiveDate, Seq);
    let rows: Vec<Row> = starts::table
        .inner_join(learners::table.on(learners::start_id.eq(starts::id)))
        .filter(learners::learner_reference.eq_any(references.to_vec()))
        .select((starts::account_id, learners::learner_reference, starts::standard_code, starts::start_on, starts::id))
        .load(db)?;
    let identity = |(account, reference, standard, on, key): Row| Some(((account, reference?, standard, on), key));
    Ok(rows.into_iter().filter_map(identity).collect())
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
    let known = |row: StartRow| {
        let KnownLearner { learner, version } = learners.remove(&row.id).unwrap_or_default();
        Ok((row.id, KnownStart { terms: terms_of(&row)?, learner, version }))
    };
    rows.into_iter().map(known).collect()
}

/// Which starts of an account are listed.
pub(crate) struct StartsWanted {
    /// The account's key.
    pub(crate) account: Seq,
    /// Only those under this transfer.
    pub(crate) transfer: Option<Seq>,
    /// Only those that stand so on `today`.
    pub(crate) status: Option<StartStatus>,
    /// The day that decides about the status.
    pub(crate) today: NaiveDate,
    /// The key after which the page begins.
    pub(crate) after: Seq,
    /// How many at the most.
    pub(crate) limit: i64,
}

/// A page of starts, oldest first.
pub(crate) fn page(db: &mut Db, wanted: &StartsWanted) -> Stored<Vec<StartRow>> {
    let of_account = starts::account_id.eq(wanted.account).and(starts::id.gt(wanted.after));
    let mut query = starts::table.filter(of_account).order(starts::id).limit(wanted.limit).into_boxed();
    if let Some(transfer) = wanted.transfer {
        query = query.filter(starts::transfer_id.eq(transfer));
    }
    query = match wanted.status {
        Some(StartStatus::Planned) => query.filter(starts::start_on.gt(wanted.today)),
        Some(StartStatus::Live) => query.filter(starts::start_on.le(wanted.today)),
        None => query,
    };
    Ok(query.load(db)?)
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
    let rows: Vec<(i32, i64)> = entries::table
        .filter(entries::start_id.eq(start))
        .group_by(entries::month)
        .select((entries::month, sql::<BigInt>("CAST(-SUM(amount) AS BIGINT)")))
        .load(db)?;
    rows.into_iter().map(|(month, paid)| Ok((columns::month(month)?, Money::from_units(paid)))).collect()
}
