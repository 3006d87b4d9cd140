//! The ledger as a batch sees it: what its commands need, loaded in a few set-based queries and kept
//! while what others record can be counted in.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use uuid::Uuid;

use super::accounts::UNATTRIBUTED;
use super::closing::{self, ClosingMonth, ToClose};
use super::columns::{self, Stored};
use super::connection::Db;
use super::declarations::{Declarations, Declaring};
use super::known_starts::{KnownStart, StartIdentity};
use super::rows::StartRow;
use super::sums::KEYS_AT_ONCE;
use super::{
    accounts, declarations, entries, journal_profiles, providers, rule_sets, starts, tokens, transfers, webhooks,
};
use crate::domain::account::{Account, AccountSettings, Start, Transfer, Uses, paid_uses};
use crate::domain::journal::{Entry, Seq};
use crate::domain::people::Provider;
use crate::domain::rules::RuleSet;

/// How much stays loaded between batches, in weights of about a hundred bytes.
const KEPT: usize = 500_000;

/// What a command has to see before it can be decided.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Accounts.
    pub accounts: Vec<Uuid>,
    /// Transfers, with their accounts.
    pub transfers: Vec<Uuid>,
    /// Starts, with their accounts.
    pub starts: Vec<Uuid>,
    /// Starts of which everything is needed, with their accounts.
    pub whole_starts: Vec<Uuid>,
    /// Providers.
    pub providers: Vec<Uuid>,
    /// Entries, with their accounts and the starts that they pay for.
    pub entries: Vec<Seq>,
    /// Company numbers that must not be there twice.
    pub company_numbers: Vec<String>,
    /// Names by which providers are looked up, written exactly so.
    pub provider_names: Vec<String>,
    /// Learner references whose starts must not be there twice.
    pub learner_references: Vec<String>,
    /// Starts of which everything is needed, whose learners must not have the same start twice.
    pub namesakes: Vec<Uuid>,
    /// Names that a journal profile must not have yet.
    pub journal_profiles: Vec<String>,
    /// Tokens.
    pub tokens: Vec<Uuid>,
    /// Webhooks.
    pub webhooks: Vec<Uuid>,
    /// A month that is to be closed, with everything that is due in it.
    pub closing: Option<ToClose>,
    /// Levy declared to HMRC, with its accounts.
    pub declaring: Option<Declaring>,
}

/// A provider as it is known.
#[derive(Clone, Debug)]
pub struct KnownProvider {
    /// Its key inside the ledger.
    pub key: Seq,
    /// The number under which it was last recorded.
    pub version: Seq,
    /// What is known of it.
    pub provider: Provider,
    /// The accounts that have transfers with it.
    pub used_by: Vec<Uuid>,
}

impl KnownProvider {
    /// Knows that an account has a transfer with it.
    pub(super) fn use_by(&mut self, account: Uuid) {
        if !self.used_by.contains(&account) {
            self.used_by.push(account);
        }
    }
}

/// A token as a revocation has to see it.
#[derive(Clone, Debug)]
pub struct KnownToken {
    /// The accounts it is limited to; none when it is not.
    pub accounts: Option<Vec<Uuid>>,
    /// Whether it counts for nothing any more.
    pub revoked: bool,
}

/// An entry as it is recorded.
#[derive(Clone, Debug)]
pub struct KnownEntry {
    /// The account whose balance it moves.
    pub account: Uuid,
    /// What it says.
    pub entry: Entry,
    /// The entry that took it back.
    pub reversed_by: Option<Seq>,
}

/// Everything that is loaded.
#[derive(Default)]
pub struct Ledger {
    /// Accounts by public id.
    pub accounts: HashMap<Uuid, Account>,
    /// Transfers by public id: all those of every account that is loaded.
    pub transfers: HashMap<Uuid, Transfer>,
    /// Starts by public id.
    pub starts: HashMap<Uuid, Start>,
    /// Providers by public id.
    pub providers: HashMap<Uuid, KnownProvider>,
    /// Entries by number.
    pub entries: HashMap<Seq, KnownEntry>,
    /// Rule sets by name.
    pub rule_sets: BTreeMap<String, (Seq, RuleSet)>,
    /// Who holds a company number.
    pub company_numbers: HashMap<String, Uuid>,
    /// The providers of a name: all of them where the name was asked for.
    pub provider_names: HashMap<String, BTreeSet<Uuid>>,
    /// Starts that are there, of the references asked for, with their keys.
    pub start_identities: HashMap<StartIdentity, Seq>,
    /// By key, the starts of which everything was asked for.
    pub known_starts: HashMap<Seq, KnownStart>,
    /// Names of journal profiles that are there, of those asked for.
    pub journal_profiles: HashSet<String>,
    /// Tokens by public id.
    pub tokens: HashMap<Uuid, KnownToken>,
    /// Webhooks that are told, by public id: their keys, and the accounts that they are limited to.
    pub webhooks: HashMap<Uuid, (Seq, Option<Vec<Uuid>>)>,
    /// The month that is to be closed, by account.
    pub closing: HashMap<Uuid, ClosingMonth>,
    /// What is held of the declarations that the batch is about.
    pub declarations: Declarations,
    pub(super) account_ids: HashMap<Seq, Uuid>,
    pub(super) transfer_ids: HashMap<Seq, Uuid>,
    pub(super) start_ids: HashMap<Seq, Uuid>,
    references: HashSet<String>,
    /// What was loaded below accounts and transfers: months, bookings, starts of transfers.
    below: usize,
    /// What it weighed once its first batch was loaded.
    at_first: Option<usize>,
    pub(super) today: Option<NaiveDate>,
    /// The number up to which accounts and transfers are known; none where everything recorded is.
    known_at: Option<Seq>,
}

impl Ledger {
    /// Nothing yet, into which accounts and their transfers are loaded as they were known at a number.
    pub(super) fn known_at(seq: Seq) -> Self {
        Self { known_at: Some(seq), ..Self::default() }
    }

    /// The account under a key.
    #[must_use]
    pub fn account_by_key(&self, key: Seq) -> Option<&Account> {
        self.account_ids.get(&key).and_then(|id| self.accounts.get(id))
    }

    /// The transfer under a key.
    #[must_use]
    pub fn transfer_by_key(&self, key: Seq) -> Option<&Transfer> {
        self.transfer_ids.get(&key).and_then(|id| self.transfers.get(id))
    }

    /// The keys of the rule set and the provider that settings name.
    pub(super) fn named_by(&self, settings: &AccountSettings) -> (Option<Seq>, Option<Seq>) {
        let rule_set = self.rule_sets.get(&settings.rule_set).map(|(key, _)| *key);
        let provider = settings.provider.and_then(|id| self.providers.get(&id));
        (rule_set, provider.map(|known| known.key))
    }

    /// The start under a key.
    #[must_use]
    pub fn start_by_key(&self, key: Seq) -> Option<&Start> {
        self.start_ids.get(&key).and_then(|id| self.starts.get(id))
    }

    /// Whether it was loaded for another day, or has grown too large to keep. What was needed at once is
    /// kept until it is twice as much, or else an account that is itself so large would be loaded for each
    /// batch anew.
    pub(crate) fn is_stale(&self, today: NaiveDate) -> bool {
        self.today != Some(today) || self.weight() > KEPT.max(self.at_first.unwrap_or(0).saturating_mul(2))
    }

    /// About how large it is: an account of eight years weighs as much as two hundred starts.
    fn weight(&self) -> usize {
        let large = self.transfers.len() + self.known_starts.len();
        let middling = self.accounts.len() + self.providers.len() + self.entries.len();
        let small = self.starts.len() + self.start_identities.len() + self.references.len();
        8 * large + 4 * middling + 2 * small + self.below
    }

    /// Loads what is needed and not yet there.
    pub(crate) fn load<'n>(
        &mut self,
        db: &mut Db,
        needs: impl IntoIterator<Item = &'n Needs>,
        today: NaiveDate,
    ) -> Stored<()> {
        self.today = Some(today);
        if self.rule_sets.is_empty() {
            self.rule_sets = rule_sets::all(db, self.known_at.unwrap_or(Seq::MAX))?;
        }
        let needs: Vec<&Needs> = needs.into_iter().collect();
        let mut missing = self.missing(needs.iter().copied());
        let entries = entries::by_seq(db, &missing.entries)?;
        let mut starts = starts::by_public_ids(db, &missing.starts)?;
        let paid_for = entries.iter().filter_map(|stored| stored.entry.start);
        let paid_for: Vec<Seq> = paid_for.filter(|key| !self.start_ids.contains_key(key)).collect();
        starts.extend(starts::by_keys(db, &paid_for)?);
        self.known_starts.extend(starts::known(db, &missing.whole_starts)?);
        let mut keys = transfers::accounts_of(db, &missing.transfers)?;
        keys.extend(accounts::keys_of(db, &missing.accounts)?);
        keys.extend(entries.iter().map(|entry| entry.account));
        keys.extend(starts.iter().map(|start| start.account_id));
        let holders = self.load_accounts(db, keys, today)?;
        self.keep_entries(entries);
        self.keep_starts(db, starts)?;
        missing.providers.extend(holders);
        self.declarations = declarations::load(db, &needs, &self.accounts)?;
        self.load_providers(db, &missing)?;
        self.load_tokens(db, missing.tokens)?;
        if !missing.webhooks.is_empty() {
            let found = webhooks::by_public_ids(db, &missing.webhooks)?.into_iter();
            self.webhooks.extend(found.map(|webhook| (webhook.public_id, (webhook.key, webhook.accounts))));
        }
        if !missing.journal_profiles.is_empty() {
            self.journal_profiles.extend(journal_profiles::taken(db, &missing.journal_profiles)?);
        }
        let mut references = missing.learner_references;
        let namesakes = missing.namesakes.iter().filter_map(|id| self.known_start(*id));
        let namesakes = namesakes.filter_map(|(_, known)| known.learner.reference.clone());
        references.extend(namesakes.filter(|reference| !self.references.contains(reference)));
        self.load_identities(db, references)?;
        let weight = self.weight();
        self.at_first.get_or_insert(weight);
        Ok(())
    }

    fn missing<'n>(&self, needs: impl IntoIterator<Item = &'n Needs>) -> Needs {
        let mut missing = Needs::default();
        for need in needs {
            let absent = |id: &&Uuid| !self.accounts.contains_key(*id);
            missing.accounts.extend(need.accounts.iter().filter(absent));
            missing.transfers.extend(need.transfers.iter().filter(|id| !self.transfers.contains_key(*id)));
            let starts = need.starts.iter().chain(&need.whole_starts);
            missing.starts.extend(starts.filter(|id| !self.starts.contains_key(*id)));
            missing.namesakes.extend(&need.namesakes);
            missing.whole_starts.extend(need.whole_starts.iter().filter(|id| self.known_start(**id).is_none()));
            missing.providers.extend(need.providers.iter().filter(|id| !self.providers.contains_key(*id)));
            missing.entries.extend(need.entries.iter().filter(|seq| !self.entries.contains_key(*seq)));
            let unknown = |number: &&String| !self.company_numbers.contains_key(*number);
            missing.company_numbers.extend(need.company_numbers.iter().filter(unknown).cloned());
            missing.provider_names.extend(need.provider_names.iter().cloned());
            let unknown = |reference: &&String| !self.references.contains(*reference);
            missing.learner_references.extend(need.learner_references.iter().filter(unknown).cloned());
            missing.journal_profiles.extend(need.journal_profiles.iter().cloned());
            missing.tokens.extend(need.tokens.iter().filter(|id| !self.tokens.contains_key(*id)));
            missing.webhooks.extend(need.webhooks.iter().filter(|id| !self.webhooks.contains_key(*id)));
        }
        missing
    }

    /// Loads accounts; gives the providers that hold them.
    fn load_accounts(&mut self, db: &mut Db, keys: HashSet<Seq>, today: NaiveDate) -> Stored<Vec<Uuid>> {
        let keys: Vec<Seq> = keys.into_iter().filter(|key| self.account_by_key(*key).is_none()).collect();
        let mut holders = Vec::new();
        if keys.is_empty() {
            return Ok(holders);
        }
        let known_at = self.known_at.unwrap_or(Seq::MAX);
        let mut paid = accounts::paid_by_month(db, &keys, known_at)?;
        for mut account in accounts::load(db, &keys, &self.rule_sets, (today, known_at))? {
            account.unattributed = paid.remove(&(account.key, UNATTRIBUTED)).unwrap_or_default();
            account.shift_uses(&Uses::new(), &paid_uses(&account.unattributed));
            self.below += account.books.months.len() + account.books.booked.len();
            holders.extend(account.settings.provider.filter(|id| !self.providers.contains_key(id)));
            self.account_ids.insert(account.key, account.public_id);
            self.accounts.insert(account.public_id, account);
        }
        for transfer in transfers::load(db, (&keys, known_at), &self.account_ids, &mut paid)? {
            if let Some(account) = self.accounts.get_mut(&transfer.account) {
                account.shift_uses(&Uses::new(), &transfer.uses(today));
            }
            self.below += transfer.months.len() + transfer.under.len();
            self.transfer_ids.insert(transfer.key, transfer.public_id);
            self.transfers.insert(transfer.public_id, transfer);
        }
        Ok(holders)
    }

    fn keep_entries(&mut self, entries: Vec<entries::StoredEntry>) {
        for stored in entries {
            let Some(account) = self.account_ids.get(&stored.account) else { continue };
            let known = KnownEntry { account: *account, entry: stored.entry, reversed_by: stored.reversed_by };
            self.entries.insert(stored.seq, known);
        }
    }

    fn keep_starts(&mut self, db: &mut Db, rows: Vec<StartRow>) -> Stored<()> {
        let keys: Vec<Seq> = rows.iter().map(|row| row.id).collect();
        let paid = entries::paid_by_start(db, &keys)?;
        let first_days = starts::first_days(db, &keys)?;
        for row in rows {
            let Some(account) = self.account_ids.get(&row.account_id).copied() else { continue };
            let (key, public_id) = (row.id, columns::uuid(&row.public_id)?);
            let (start_on, voided) = first_days.get(&key).copied().unwrap_or((row.start_on, false));
            let transfer = row.transfer_id;
            // A start that was asked for and is paid for by an entry that was asked for is here twice.
            let paid = paid.get(&key).copied().unwrap_or_default();
            self.start_ids.insert(key, public_id);
            self.starts.insert(public_id, Start { key, public_id, account, transfer, start_on, voided, paid });
        }
        Ok(())
    }

    fn load_providers(&mut self, db: &mut Db, missing: &Needs) -> Stored<()> {
        let found = providers::load(db, &missing.providers, &missing.company_numbers, &missing.provider_names)?;
        for (id, known) in found {
            self.know_provider(id, known);
        }
        Ok(())
    }

    /// Knows a provider, and whose name and company number it has.
    pub(super) fn know_provider(&mut self, id: Uuid, known: KnownProvider) {
        if let Some(number) = &known.provider.company_number {
            self.company_numbers.insert(number.clone(), id);
        }
        self.provider_names.entry(known.provider.name.clone()).or_default().insert(id);
        self.providers.insert(id, known);
    }

    fn load_tokens(&mut self, db: &mut Db, ids: Vec<Uuid>) -> Stored<()> {
        if ids.is_empty() {
            return Ok(());
        }
        for token in tokens::by_public_ids(db, &ids)? {
            let known = KnownToken { accounts: token.accounts, revoked: token.revoked_at.is_some() };
            self.tokens.insert(token.public_id, known);
        }
        Ok(())
    }

    /// Loads what is needed and not yet there, and everything that is due in a month of accounts that is to
    /// be closed, which is kept for its close alone. A connection beside helps to read.
    pub(crate) fn load_with_closing(
        &mut self,
        (db, beside): (&mut Db, Option<&mut Db>),
        needs: &[&Needs],
        today: NaiveDate,
    ) -> Stored<()> {
        self.load(db, needs.iter().copied(), today)?;
        self.closing = match needs.iter().find_map(|needs| needs.closing.as_ref()) {
            Some(to_close) => closing::load((db, beside), self, to_close)?,
            None => HashMap::new(),
        };
        Ok(())
    }

    /// Asks anew which starts are there when it is needed next.
    pub(super) fn forget_identities(&mut self) {
        self.references.clear();
        self.start_identities.clear();
    }

    fn load_identities(&mut self, db: &mut Db, references: Vec<String>) -> Stored<()> {
        for references in references.chunks(KEYS_AT_ONCE) {
            self.start_identities.extend(starts::identities(db, references)?);
        }
        self.references.extend(references);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_needed_at_once_is_kept_however_large_it_is() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let loaded = |below, at_first| Ledger { below, at_first, today: Some(today), ..Ledger::default() };
        assert!(!loaded(KEPT, Some(1)).is_stale(today));
        assert!(loaded(KEPT + 1, Some(1)).is_stale(today));
        assert!(!loaded(6 * KEPT, Some(3 * KEPT)).is_stale(today));
        assert!(loaded(6 * KEPT + 1, Some(3 * KEPT)).is_stale(today));
        assert!(loaded(1, Some(1)).is_stale(today.succ_opt().unwrap()));
    }
}
