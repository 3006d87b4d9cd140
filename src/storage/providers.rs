//! Providers: as they stand now, their past in the events.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use uuid::Uuid;

use super::columns::{self, Stored};
use super::connection::Db;
use super::ledger::KnownProvider;
use super::rows::ProviderRow;
use super::schema::{accounts, providers, transfer_changes, transfers};
use super::sums::KEYS_AT_ONCE;
use crate::domain::journal::Seq;
use crate::domain::names::Named;
use crate::domain::people::Provider;

/// Providers of these ids, with these company numbers, or of exactly these names.
pub(crate) fn load(
    db: &mut Db,
    ids: &[Uuid],
    company_numbers: &[String],
    names: &[String],
) -> Stored<Vec<(Uuid, KnownProvider)>> {
    let mut rows: Vec<ProviderRow> = Vec::new();
    for ids in ids.chunks(KEYS_AT_ONCE) {
        let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        rows.extend(providers::table.filter(providers::public_id.eq_any(ids)).load::<ProviderRow>(db)?);
    }
    for numbers in company_numbers.chunks(KEYS_AT_ONCE) {
        let with_number = providers::company_number.eq_any(numbers.to_vec());
        rows.extend(providers::table.filter(with_number).load::<ProviderRow>(db)?);
    }
    for names in names.chunks(KEYS_AT_ONCE) {
        rows.extend(providers::table.filter(providers::name.eq_any(names.to_vec())).load::<ProviderRow>(db)?);
    }
    let mut used = HashMap::new();
    for rows in rows.chunks(KEYS_AT_ONCE) {
        used.extend(users(db, rows.iter().map(|row| row.id).collect())?);
    }
    rows.into_iter()
        .map(|row| {
            let (key, version) = (row.id, row.version);
            let used_by: Vec<Uuid> = used.get(&key).cloned().unwrap_or_default();
            Ok((columns::uuid(&row.public_id)?, KnownProvider { key, version, provider: provider_of(row)?, used_by }))
        })
        .collect()
}

/// The names, as they stand now, of the providers that transfers of these keys were to at the end of a
/// day: one that had taken over by then in the place of the one before.
pub(crate) fn names_by_transfer(db: &mut Db, keys: Vec<Seq>, on: NaiveDate) -> Stored<HashMap<Seq, String>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let agreed = transfers::table.inner_join(providers::table.on(providers::id.eq(transfers::provider_id)));
    let agreed = agreed.filter(transfers::id.eq_any(keys.clone())).select((transfers::id, providers::name));
    let mut names: HashMap<Seq, String> = agreed.load::<(Seq, String)>(db)?.into_iter().collect();
    let taken_over: Vec<(Seq, String)> = transfer_changes::table
        .inner_join(providers::table.on(transfer_changes::provider_id.eq(providers::id.nullable())))
        .filter(transfer_changes::transfer_id.eq_any(keys))
        .filter(transfer_changes::changed_on.le(on))
        .order((transfer_changes::changed_on, transfer_changes::seq))
        .select((transfer_changes::transfer_id, providers::name))
        .load(db)?;
    names.extend(taken_over);
    Ok(names)
}

/// The accounts that have transfers with each provider, as it was agreed or as it took over.
fn users(db: &mut Db, keys: Vec<Seq>) -> Stored<HashMap<Seq, Vec<Uuid>>> {
    let with_account = || transfers::table.inner_join(accounts::table.on(accounts::id.eq(transfers::account_id)));
    let mut pairs: Vec<(Seq, String)> = with_account()
        .filter(transfers::provider_id.eq_any(keys.clone()))
        .select((transfers::provider_id, accounts::public_id))
        .distinct()
        .load(db)?;
    let taken_over: Vec<(Option<Seq>, String)> = with_account()
        .inner_join(transfer_changes::table.on(transfer_changes::transfer_id.eq(transfers::id)))
        .filter(transfer_changes::provider_id.eq_any(keys))
        .select((transfer_changes::provider_id, accounts::public_id))
        .distinct()
        .load(db)?;
    pairs.extend(taken_over.into_iter().filter_map(|(provider, account)| Some((provider?, account))));
    let mut users: HashMap<Seq, Vec<Uuid>> = HashMap::new();
    for (provider, account) in pairs {
        let (of, account) = (users.entry(provider).or_default(), columns::uuid(&account)?);
        if !of.contains(&account) {
            of.push(account);
        }
    }
    Ok(users)
}

/// What a row says of a provider.
pub(crate) fn provider_of(row: ProviderRow) -> Stored<Provider> {
    Ok(Provider {
        name: row.name,
        sector: columns::name("sector", &row.sector)?,
        company_number: row.company_number,
        charity_number: row.charity_number,
        cqc_location_id: row.cqc_location_id,
        size: row.size.as_deref().map(|size| columns::name("size", size)).transpose()?,
        levy_payer: row.levy_payer,
        district: row.district,
        postcode: row.postcode,
        closed_on: row.closed_on,
    })
}

/// The row of a provider.
pub(crate) fn row_of(key: Seq, version: Seq, public_id: Uuid, provider: &Provider) -> ProviderRow {
    ProviderRow {
        id: key,
        public_id: public_id.to_string(),
        version,
        name: provider.name.clone(),
        sector: provider.sector.name().to_owned(),
        company_number: provider.company_number.clone(),
        charity_number: provider.charity_number.clone(),
        cqc_location_id: provider.cqc_location_id.clone(),
        size: provider.size.map(|size| size.name().to_owned()),
        levy_payer: provider.levy_payer,
        district: provider.district.clone(),
        postcode: provider.postcode.clone(),
        closed_on: provider.closed_on,
    }
}

/// Providers after a key, oldest first.
pub(crate) fn page(db: &mut Db, after: Seq, limit: i64) -> Stored<Vec<(Seq, ProviderRow)>> {
    let rows = providers::table.filter(providers::id.gt(after)).order(providers::id).limit(limit);
    Ok(rows.load::<ProviderRow>(db)?.into_iter().map(|row| (row.id, row)).collect())
}

/// The provider of an id.
pub(crate) fn find(db: &mut Db, id: Uuid) -> Stored<Option<ProviderRow>> {
    Ok(providers::table.filter(providers::public_id.eq(id.to_string())).first(db).optional()?)
}

/// The public ids of providers.
pub(crate) fn ids_of(db: &mut Db, keys: impl IntoIterator<Item = Seq>) -> Stored<HashMap<Seq, Uuid>> {
    let keys: HashSet<Seq> = keys.into_iter().collect();
    let columns = (providers::id, providers::public_id);
    let rows: Vec<(Seq, String)> = providers::table.filter(providers::id.eq_any(keys)).select(columns).load(db)?;
    rows.into_iter().map(|(key, id)| Ok((key, columns::uuid(&id)?))).collect()
}
