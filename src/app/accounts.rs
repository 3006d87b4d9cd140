//! Opening accounts and changing what they chose.

use rust_decimal::Decimal;
use uuid::Uuid;

use super::scope::Scope;
use super::{Command, Decision, Fault, Refusal, refuse_faults};
use crate::domain::account::AccountSettings;
use crate::domain::facts::Fact;
use crate::domain::journal::Seq;
use crate::storage::accounts::{self, StoredAccount};
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::writer::Moment;

/// An account as its callers see it.
pub(crate) struct AccountView {
    pub(crate) id: Option<Uuid>,
    pub(crate) version: Option<Seq>,
    pub(crate) settings: AccountSettings,
}

/// Opens an account.
pub(crate) struct OpenAccount {
    pub(crate) scope: Scope,
    pub(crate) id: Uuid,
    pub(crate) settings: AccountSettings,
}

impl Command for OpenAccount {
    type Answer = AccountView;

    fn needs(&self) -> Needs {
        Needs { providers: self.settings.provider.into_iter().collect(), ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, _: Moment) -> Result<Decision<AccountView>, Refusal> {
        if self.scope.limit().is_some() {
            return Err(Refusal::Forbidden("a token limited to accounts opens none".to_owned()));
        }
        check(&self.settings, ledger, None)?;
        let (id, settings) = (self.id, self.settings.clone());
        Ok(Decision {
            facts: vec![Fact::AccountOpened { public_id: id, settings: self.settings }],
            account: None,
            subject: Some(id),
            answer: Box::new(move |receipt| AccountView {
                id: receipt.first_seq.map(|_| id),
                version: receipt.first_seq,
                settings,
            }),
        })
    }
}

/// What an account chooses anew; what is left out stays.
#[derive(Default)]
pub(crate) struct SettingsChange {
    pub(crate) name: Option<String>,
    pub(crate) rule_set: Option<String>,
    pub(crate) policy_cap_percent: Option<Option<Decimal>>,
    pub(crate) english_fraction_override: Option<Option<Decimal>>,
    pub(crate) training_provider_priority: Option<Vec<String>>,
    pub(crate) provider: Option<Option<Uuid>>,
}

/// Changes an account's settings, provided that they are still those the caller saw.
pub(crate) struct ChangeAccount {
    pub(crate) scope: Scope,
    pub(crate) id: Uuid,
    /// The version that the caller saw; none for any.
    pub(crate) seen: Option<Seq>,
    pub(crate) change: SettingsChange,
}

impl Command for ChangeAccount {
    type Answer = AccountView;

    fn needs(&self) -> Needs {
        let providers = self.change.provider.flatten().into_iter().collect();
        Needs { accounts: vec![self.id], providers, ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, _: Moment) -> Result<Decision<AccountView>, Refusal> {
        let account = self.scope.account(ledger, self.id)?;
        if self.seen.is_some_and(|seen| seen != account.version) {
            return Err(Refusal::Stale);
        }
        let (now, change) = (account.settings.clone(), self.change);
        let before = now.provider;
        let settings = AccountSettings {
            name: change.name.unwrap_or(now.name),
            rule_set: change.rule_set.unwrap_or(now.rule_set),
            policy_cap_percent: change.policy_cap_percent.unwrap_or(now.policy_cap_percent),
            english_fraction_override: change.english_fraction_override.unwrap_or(now.english_fraction_override),
            training_provider_priority: change.training_provider_priority.unwrap_or(now.training_provider_priority),
            provider: change.provider.unwrap_or(now.provider),
        };
        check(&settings, ledger, before)?;
        let unchanged = settings == account.settings;
        let fact = Fact::SettingsChanged { account: self.id, settings: settings.clone() };
        let (id, version) = (self.id, account.version);
        Ok(Decision {
            facts: if unchanged { Vec::new() } else { vec![fact] },
            account: Some(account.key),
            subject: Some(id),
            answer: Box::new(move |receipt| AccountView {
                id: Some(id),
                version: Some(receipt.first_seq.unwrap_or(version)),
                settings,
            }),
        })
    }
}

/// Refuses settings that cannot stand. The provider that held the account before is known to be there.
fn check(settings: &AccountSettings, ledger: &Ledger, before: Option<Uuid>) -> Result<(), Refusal> {
    let mut faults = Vec::new();
    if !ledger.rule_sets.contains_key(&settings.rule_set) {
        let known: Vec<&str> = ledger.rule_sets.keys().map(String::as_str).collect();
        faults.push(Fault::at("/rule_set", format!("there is no such rule set; there are {}", known.join(", "))));
    }
    let new_provider = settings.provider.filter(|id| Some(*id) != before);
    if let Some(provider) = new_provider.filter(|id| !ledger.providers.contains_key(id)) {
        faults.push(Fault::at("/provider_id", format!("there is no provider {provider}")));
    }
    let percent = |percent: &Decimal| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(percent);
    if settings.policy_cap_percent.as_ref().is_some_and(|cap| !percent(cap)) {
        faults.push(Fault::at("/policy_cap_percent", "a policy cap is a percentage from 0 to 100, such as \"20\""));
    }
    let fraction = |fraction: &Decimal| (Decimal::ZERO..=Decimal::ONE).contains(fraction);
    if settings.english_fraction_override.as_ref().is_some_and(|given| !fraction(given)) {
        faults.push(Fault::at("/english_fraction_override", "an English fraction lies from 0 to 1, such as \"0.9\""));
    }
    let ukprn = |text: &String| text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    for (place, _) in settings.training_provider_priority.iter().enumerate().filter(|(_, text)| !ukprn(text)) {
        let pointer = format!("/training_provider_priority/{place}");
        faults.push(Fault::at(&pointer, "a UKPRN has 8 digits, such as \"10000001\""));
    }
    refuse_faults(faults)
}

/// The accounts that a caller may see, oldest first, each with its key.
pub(crate) fn page(db: &mut Db, scope: &Scope, after: Seq, limit: i64) -> Stored<Vec<(Seq, AccountView)>> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut seen: Vec<Seq> = accounts::keys_seen(db, scope.limit())?.into_iter().filter(|key| *key > after).collect();
    seen.sort_unstable();
    seen.truncate(limit);
    Ok(accounts::with_settings(db, Some(&seen), Seq::MAX)?
        .into_iter()
        .map(|found| (found.key, view_of(found)))
        .collect())
}

/// The account of an id, if the caller may see it.
pub(crate) fn find(db: &mut Db, scope: &Scope, id: Uuid) -> Stored<Option<AccountView>> {
    Ok(stored(db, scope, id, Seq::MAX)?.map(view_of))
}

/// The account of an id as it was when `known_at` was the last number, if the caller may see it.
pub(crate) fn stored(db: &mut Db, scope: &Scope, id: Uuid, known_at: Seq) -> Stored<Option<StoredAccount>> {
    if !scope.sees(id) {
        return Ok(None);
    }
    let keys: Vec<Seq> = accounts::keys_of(db, &[id])?.into_iter().collect();
    Ok(accounts::with_settings(db, Some(&keys), known_at)?.into_iter().next())
}

fn view_of(stored: StoredAccount) -> AccountView {
    AccountView { id: Some(stored.public_id), version: Some(stored.version), settings: stored.settings }
}
