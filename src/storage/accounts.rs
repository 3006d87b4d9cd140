//! Accounts, their settings and their running sums.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use uuid::Uuid;

use super::columns::{self, StorageError, Stored};
use super::connection::{Db, SumTable};
use super::rows::{AccountRow, AccountSettingsRow};
use super::schema::{account_settings, accounts, declared_sums, entries, transfer_months};
use crate::domain::account::{Account, AccountSettings};
use crate::domain::calendar::{AllowanceYear, Month};
use crate::domain::journal::{EntryKind, MonthSums, Seq};
use crate::domain::money::Money;
use crate::domain::names::Named;
use crate::domain::rules::RuleSet;

/// Sums of an account by month.
pub(crate) const MONTHLY_SUMS: SumTable = SumTable {
    table: "monthly_sums",
    key: &["account_id", "month"],
    values: &["levy", "own", "transferred", "received", "corrections", "expired"],
};

/// Levy funds of an account by the allowance year of their declaration.
pub(crate) const DECLARED_SUMS: SumTable =
    SumTable { table: "declared_sums", key: &["account_id", "allowance_year"], values: &["levy"] };

/// What the transfers of an account were paid by month.
pub(crate) const TRANSFER_MONTHS: SumTable =
    SumTable { table: "transfer_months", key: &["account_id", "transfer_id", "month"], values: &["paid"] };

/// The transfer that spending from before the records is counted under.
pub(crate) const UNATTRIBUTED: Seq = 0;

/// The keys of accounts.
pub(crate) fn keys_of(db: &mut Db, ids: &[Uuid]) -> Stored<HashSet<Seq>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    let keys: Vec<Seq> = accounts::table.filter(accounts::public_id.eq_any(ids)).select(accounts::id).load(db)?;
    Ok(keys.into_iter().collect())
}

/// The public ids of accounts.
pub(crate) fn ids_of(db: &mut Db, keys: &[Seq]) -> Stored<HashMap<Seq, Uuid>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let columns = (accounts::id, accounts::public_id);
    let rows: Vec<(Seq, String)> =
        accounts::table.filter(accounts::id.eq_any(keys.to_vec())).select(columns).load(db)?;
    rows.into_iter().map(|(key, id)| Ok((key, columns::uuid(&id)?))).collect()
}

/// The keys of these accounts, or of all.
pub(crate) fn keys_seen(db: &mut Db, limit: Option<&[Uuid]>) -> Stored<HashSet<Seq>> {
    match limit {
        Some(ids) => keys_of(db, ids),
        None => Ok(accounts::table.select(accounts::id).load::<Seq>(db)?.into_iter().collect()),
    }
}

/// An account with the settings it had when `known_at` was the last number.
pub(crate) struct StoredAccount {
    pub(crate) key: Seq,
    pub(crate) public_id: Uuid,
    pub(crate) version: Seq,
    pub(crate) settings: AccountSettings,
}

/// Every account with its settings as of `known_at`, of these keys or all.
pub(crate) fn with_settings(db: &mut Db, keys: Option<&[Seq]>, known_at: Seq) -> Stored<Vec<StoredAccount>> {
    let mut rows = accounts::table.filter(accounts::id.le(known_at)).order(accounts::id).into_boxed();
    let mut settings =
        account_settings::table.filter(account_settings::seq.le(known_at)).order(account_settings::seq).into_boxed();
    if let Some(keys) = keys {
        rows = rows.filter(accounts::id.eq_any(keys.to_vec()));
        settings = settings.filter(account_settings::account_id.eq_any(keys.to_vec()));
    }
    let rows: Vec<AccountRow> = rows.load(db)?;
    let settings: Vec<AccountSettingsRow> = settings.load(db)?;
    let mut latest: HashMap<Seq, AccountSettingsRow> = settings.into_iter().map(|row| (row.account_id, row)).collect();
    let names: HashMap<Seq, String> = super::rule_sets::names(db)?;
    let holders = super::providers::ids_of(db, latest.values().filter_map(|row| row.provider_id))?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(chosen) = latest.remove(&row.id) else { continue };
        let rule_set = names.get(&chosen.rule_set_id).cloned().unwrap_or_default();
        let public_id = columns::uuid(&row.public_id)?;
        let version = chosen.seq;
        found.push(StoredAccount {
            key: row.id,
            public_id,
            version,
            settings: settings_of(chosen, rule_set, &holders)?,
        });
    }
    Ok(found)
}

fn settings_of(row: AccountSettingsRow, rule_set: String, holders: &HashMap<Seq, Uuid>) -> Stored<AccountSettings> {
    Ok(AccountSettings {
        name: row.name,
        rule_set,
        provider: row.provider_id.and_then(|key| holders.get(&key).copied()),
        policy_cap_percent: row.policy_cap_percent.as_deref().map(columns::decimal).transpose()?,
        english_fraction_override: row.english_fraction_override.as_deref().map(columns::decimal).transpose()?,
        training_provider_priority: row.training_provider_priority.split_whitespace().map(str::to_owned).collect(),
    })
}

/// The row of an account's settings, with the keys of the rule set and the provider that they name.
pub(crate) fn settings_row(
    seq: Seq,
    account: Seq,
    settings: &AccountSettings,
    (rule_set, provider): (Option<Seq>, Option<Seq>),
) -> AccountSettingsRow {
    AccountSettingsRow {
        seq,
        account_id: account,
        name: settings.name.clone(),
        rule_set_id: rule_set.unwrap_or(0),
        policy_cap_percent: settings.policy_cap_percent.map(|percent| percent.to_string()),
        english_fraction_override: settings.english_fraction_override.map(|fraction| fraction.to_string()),
        training_provider_priority: settings.training_provider_priority.join(" "),
        provider_id: provider,
    }
}

/// Accounts with everything that a decision needs, but for their transfers: as they stand on a day by
/// what was recorded up to `known_at`.
pub(crate) fn load(
    db: &mut Db,
    keys: &[Seq],
    rule_sets: &BTreeMap<String, (Seq, RuleSet)>,
    (today, known_at): (NaiveDate, Seq),
) -> Stored<Vec<Account>> {
    let stored = with_settings(db, Some(keys), known_at)?;
    let mut books = super::sums::books(db, keys, known_at)?;
    let mut declared = declared(db, keys, known_at)?;
    let mut ahead = super::allowance::levy_ahead(db, keys, today, known_at)?;
    let mut accounts = Vec::with_capacity(stored.len());
    for StoredAccount { key, public_id, version, settings } in stored {
        let rules = rule_sets.get(&settings.rule_set).map(|(_, rules)| rules.clone());
        let rules =
            rules.ok_or_else(|| StorageError::Unreadable { what: "rule set", value: settings.rule_set.clone() })?;
        let books = books.remove(&key).unwrap_or_default();
        let declared = declared.remove(&key).unwrap_or_default();
        let mut account = Account::opened(key, public_id, settings, rules);
        (account.version, account.books, account.declared) = (version, books, declared);
        account.declared_ahead = ahead.remove(&key).unwrap_or_default();
        accounts.push(account);
    }
    Ok(accounts)
}

/// The row of a month's sums, all whole numbers.
pub(crate) fn sums_row(account: Seq, month: i32, sums: &MonthSums) -> Vec<i64> {
    let MonthSums { flow, corrections, expired } = sums;
    let amounts = [flow.levy, flow.own, flow.transferred, flow.received, *corrections, *expired];
    [account, i64::from(month)].into_iter().chain(amounts.map(Money::units)).collect()
}

/// Levy funds of accounts by the allowance year of their declaration, recorded up to `known_at`.
pub(crate) fn declared(
    db: &mut Db,
    keys: &[Seq],
    known_at: Seq,
) -> Stored<HashMap<Seq, BTreeMap<AllowanceYear, Money>>> {
    let rows: Vec<(i64, i32, i64)> =
        declared_sums::table.filter(declared_sums::account_id.eq_any(keys.to_vec())).load(db)?;
    let mut declared: HashMap<Seq, BTreeMap<AllowanceYear, Money>> = HashMap::new();
    for (account, year, levy) in rows {
        let year = AllowanceYear::from_stored(year);
        declared.entry(account).or_default().insert(year, Money::from_units(levy));
    }
    if known_at < Seq::MAX {
        let later: Vec<(Seq, Option<NaiveDate>, i64)> = entries::table
            .filter(entries::account_id.eq_any(keys.to_vec()).and(entries::seq.gt(known_at)))
            .filter(entries::declared_on.is_not_null())
            .select((entries::account_id, entries::declared_on, entries::amount))
            .load(db)?;
        for (account, declared_on, levy) in later {
            let Some(year) = declared_on.map(AllowanceYear::of) else { continue };
            *declared.entry(account).or_default().entry(year).or_default() -= Money::from_units(levy);
        }
    }
    Ok(declared)
}

/// What was paid in each month.
pub(crate) type Months = BTreeMap<Month, Money>;

/// What transfers were paid by month, by account and transfer, recorded up to `known_at`.
pub(crate) fn paid_by_month(db: &mut Db, keys: &[Seq], known_at: Seq) -> Stored<HashMap<(Seq, Seq), Months>> {
    let rows: Vec<(Seq, Seq, i32, i64)> =
        transfer_months::table.filter(transfer_months::account_id.eq_any(keys.to_vec())).load(db)?;
    let mut paid: HashMap<(Seq, Seq), Months> = HashMap::new();
    for (account, transfer, month, units) in rows {
        paid.entry((account, transfer)).or_default().insert(columns::month(month)?, Money::from_units(units));
    }
    if known_at < Seq::MAX {
        let later: Vec<(Seq, Option<Seq>, i32, i64)> = entries::table
            .filter(entries::account_id.eq_any(keys.to_vec()).and(entries::seq.gt(known_at)))
            .filter(entries::kind.eq(EntryKind::TransferPayment.name()))
            .select((entries::account_id, entries::transfer_id, entries::month, entries::amount))
            .load(db)?;
        for (account, transfer, month, units) in later {
            let months = paid.entry((account, transfer.unwrap_or(UNATTRIBUTED))).or_default();
            // A payment is an entry below nothing.
            *months.entry(columns::month(month)?).or_default() += Money::from_units(units);
        }
        paid.values_mut().for_each(|months| months.retain(|_, paid| !paid.is_zero()));
    }
    Ok(paid)
}
