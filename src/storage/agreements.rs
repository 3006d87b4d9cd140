//! Transfers as people look them up: one, or those of an account, with their providers and their
//! first starts.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable};
use uuid::Uuid;

use super::columns::{self, StorageError, Stored};
use super::connection::Db;
use super::schema::{accounts, learners, providers, start_lives, starts, transfer_changes, transfers};
use super::sums::KEYS_AT_ONCE;
use super::transfers::{StoredTransfer, by_keys};
use crate::domain::account::Transfer;
use crate::domain::facts::NewTransfer;
use crate::domain::journal::Seq;
use crate::domain::people::{PriorityGroup, Sector};
use crate::domain::transfers::{Employer, TransferChange, TransferFacts, TransferHistory};

/// The transfer of an id, with its account.
pub(crate) fn find(db: &mut Db, id: Uuid) -> Stored<Option<(Uuid, StoredTransfer)>> {
    let found: Option<(Seq, String)> = transfers::table
        .inner_join(accounts::table.on(accounts::id.eq(transfers::account_id)))
        .filter(transfers::public_id.eq(id.to_string()))
        .select((transfers::id, accounts::public_id))
        .first(db)
        .optional()?;
    let Some((key, account)) = found else { return Ok(None) };
    let account = columns::uuid(&account)?;
    Ok(by_keys(db, &[key])?.into_iter().next().map(|stored| (account, stored)))
}

/// The transfers of an account, oldest first, after a key; if a provider is named, those that it has at
/// some time.
pub(crate) fn page(
    db: &mut Db,
    (account, provider): (Seq, Option<Uuid>),
    after: Seq,
    limit: i64,
) -> Stored<Vec<StoredTransfer>> {
    let of_account = transfers::account_id.eq(account).and(transfers::id.gt(after));
    let mut query = transfers::table.filter(of_account).order(transfers::id).limit(limit).into_boxed();
    if let Some(provider) = provider {
        let key = providers::table.filter(providers::public_id.eq(provider.to_string())).select(providers::id);
        let key: Option<Seq> = key.first(db).optional()?;
        // A provider that is not there has no transfers; keys begin at 1.
        let key = key.unwrap_or(0);
        let taken_over = transfer_changes::table.filter(transfer_changes::provider_id.eq(key));
        let taken_over = taken_over.select(transfer_changes::transfer_id);
        query = query.filter(transfers::provider_id.eq(key).or(transfers::id.eq_any(taken_over)));
    }
    let keys: Vec<Seq> = query.select(transfers::id).load(db)?;
    by_keys(db, &keys)
}

/// The first day of the earliest start under each of these transfers that is not void.
pub(crate) fn first_starts(db: &mut Db, keys: &[Seq]) -> Stored<HashMap<Seq, NaiveDate>> {
    let rows: Vec<(Option<Seq>, Option<NaiveDate>)> = starts::table
        .inner_join(start_lives::table.on(start_lives::start_id.eq(starts::id)))
        .filter(starts::transfer_id.eq_any(keys.to_vec()))
        .filter(start_lives::voided.eq(false))
        .group_by(starts::transfer_id)
        .select((starts::transfer_id, sql::<Nullable<Date>>("MIN(start_lives.start_on)")))
        .load(db)?;
    Ok(rows.into_iter().filter_map(|(key, first)| Some((key?, first?))).collect())
}

/// What a report says of a provider.
pub(crate) struct ReportedProvider {
    pub(crate) public_id: Uuid,
    pub(crate) name: String,
    pub(crate) sector: Sector,
    pub(crate) district: Option<String>,
}

/// The providers of these keys, as reports group them.
pub(crate) fn reported_providers(db: &mut Db, keys: HashSet<Seq>) -> Stored<HashMap<Seq, ReportedProvider>> {
    type Row = (Seq, String, String, String, Option<String>);
    let columns = (providers::id, providers::public_id, providers::name, providers::sector, providers::district);
    let mut found = HashMap::with_capacity(keys.len());
    let keys: Vec<Seq> = keys.into_iter().collect();
    for keys in keys.chunks(KEYS_AT_ONCE) {
        let of_keys = providers::table.filter(providers::id.eq_any(keys.to_vec()));
        for (key, public_id, name, sector, district) in of_keys.select(columns).load::<Row>(db)? {
            let (public_id, sector) = (columns::uuid(&public_id)?, columns::name("sector", &sector)?);
            found.insert(key, ReportedProvider { public_id, name, sector, district });
        }
    }
    Ok(found)
}

/// The starts under an account's transfers that were agreed by a day and are not void, each with the key
/// of its transfer, oldest first.
pub(crate) fn starts_under(db: &mut Db, account: Seq, on: NaiveDate) -> Stored<Vec<(Seq, Seq)>> {
    let rows: Vec<(Option<Seq>, Seq)> = starts::table
        .inner_join(start_lives::table.on(start_lives::start_id.eq(starts::id)))
        .filter(starts::account_id.eq(account).and(starts::agreed_on.le(on)))
        .filter(starts::transfer_id.is_not_null())
        .filter(start_lives::voided.eq(false))
        .order(starts::id)
        .select((starts::transfer_id, starts::id))
        .load(db)?;
    Ok(rows.into_iter().filter_map(|(transfer, start)| Some((transfer?, start))).collect())
}

/// How many starts under a transfer are alike in what reports group them by.
pub(crate) struct ReportedStarts {
    pub(crate) transfer: Seq,
    pub(crate) level: u8,
    pub(crate) sector: Option<Sector>,
    pub(crate) local: Option<bool>,
    pub(crate) groups: Vec<PriorityGroup>,
    pub(crate) count: u64,
}

type StartsRow = (Option<Seq>, i32, Option<String>, Option<bool>, Option<String>, i64);

/// The starts under an account's transfers that were agreed by a day and are not void.
pub(crate) fn reported_starts(db: &mut Db, account: Seq, on: NaiveDate) -> Stored<Vec<ReportedStarts>> {
    let rows: Vec<StartsRow> = starts::table
        .inner_join(start_lives::table.on(start_lives::start_id.eq(starts::id)))
        .left_join(learners::table.on(learners::start_id.eq(starts::id)))
        .filter(starts::account_id.eq(account).and(starts::agreed_on.le(on)))
        .filter(starts::transfer_id.is_not_null())
        .filter(start_lives::voided.eq(false))
        .group_by((
            starts::transfer_id,
            starts::level,
            starts::sector,
            starts::local_training_provider,
            learners::priority_groups,
        ))
        .select((
            starts::transfer_id,
            starts::level,
            starts::sector,
            starts::local_training_provider,
            learners::priority_groups.nullable(),
            sql::<BigInt>("COUNT(*)"),
        ))
        .load(db)?;
    rows.into_iter().map(reported).collect()
}

fn reported((transfer, level, sector, local, groups, count): StartsRow) -> Stored<ReportedStarts> {
    // What stands in the column is personal data, so that no error repeats it.
    let unreadable = |_| StorageError::Unreadable { what: "priority groups", value: "not shown".to_owned() };
    Ok(ReportedStarts {
        transfer: transfer.unwrap_or_default(),
        level: columns::small("level", i64::from(level))?,
        sector: sector.as_deref().map(|sector| columns::name("sector", sector)).transpose()?,
        local,
        groups: columns::names("priority group", groups.as_deref().unwrap_or_default()).map_err(unreadable)?,
        count: columns::small("count", count)?,
    })
}

impl Transfer {
    /// As it is first agreed.
    pub(super) fn agreed(key: Seq, provider: Seq, new: &NewTransfer, by: &str) -> Self {
        let purpose = &new.purpose;
        let facts = TransferFacts {
            agreed_on: purpose.agreed_on,
            terms: new.terms.clone(),
            apprentices: purpose.apprentices,
            lapses_on: purpose.lapses_on,
            first_start: None,
        };
        let accepted = new.accepted.then_some(TransferChange { on: purpose.agreed_on, change: new.first_change() });
        Self {
            key,
            public_id: new.public_id,
            account: new.account,
            agreed_with: Employer { key: provider, public_id: new.provider },
            purpose: purpose.clone(),
            notes: vec![new.note(by)],
            history: TransferHistory::new(facts, accepted.into_iter().collect()),
            months: std::collections::BTreeMap::new(),
            under: std::collections::BTreeMap::new(),
        }
    }
}
