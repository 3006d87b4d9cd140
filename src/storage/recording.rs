//! Decided effects become numbered rows, and the loaded ledger sees them at once, so that the next
//! command of the batch is decided on them.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;

use super::accounts::{self, DECLARED_SUMS, MONTHLY_SUMS, TRANSFER_MONTHS, UNATTRIBUTED};
use super::columns::Stored;
use super::connection::{self, Db};
use super::counting::Paying;
use super::events::{self, Head};
use super::ledger::{KnownProvider, KnownToken, Ledger};
use super::rows::{ChangedLearner, ErasedLearner, EventRow, LearnerRow, RevokedToken, Rows, WebhookRemovalRow};
use super::submission::Told;
use super::writer::{Actor, Effects, Receipt};
use super::{
    declarations, entries, journal_profiles, months, paye_schemes, providers, rule_sets, schema, start_changes,
    start_lives, starts, tokens, transfers, webhooks, workforce,
};
use crate::domain::account::{Account, StartUnder, Transfer};
use crate::domain::calendar::{AllowanceYear, Month};
use crate::domain::earnings::capped_price;
use crate::domain::facts::{Fact, Learner, NewStart, NewTransfer};
use crate::domain::journal::{Entry, EntryKind, Seq};
use crate::domain::people::Provider;
use crate::domain::starts::StartNote;
use crate::domain::transfers::{ChangeNote, TransferChange};
use uuid::Uuid;

/// What a batch appends.
#[derive(Default)]
pub(crate) struct Recording {
    rows: Rows,
    events: Vec<EventRow>,
    months: BTreeSet<(Seq, Month)>,
    declared: BTreeSet<(Seq, AllowanceYear)>,
    paid: BTreeSet<(Seq, Seq, Month)>,
}

/// The hand that records one command's facts: who, when, and the rows so far.
struct Hand<'r> {
    rows: Rows,
    touched: &'r mut Recording,
    at: NaiveDateTime,
    by: &'r str,
    /// What transfers took of the allowance before the command paid them.
    paying: Paying,
}

impl Recording {
    /// Numbers the facts of a decision, lets the loaded ledger see them and chains their event.
    pub(crate) fn record(
        &mut self,
        ledger: &mut Ledger,
        head: &mut Head,
        effects: Effects,
        actor: &Actor,
        at: NaiveDateTime,
    ) -> Told {
        let Effects { facts, account, subject, answer } = effects;
        let by = actor.name.clone();
        if facts.is_empty() {
            return Told::Unwritten(Receipt { first_seq: None, at, by, head: None }, answer);
        }
        let first_seq = head.seq + 1;
        let action = facts.first().map_or("", Fact::action);
        let mut hand = Hand { rows: Rows::default(), touched: self, at, by: &actor.name, paying: Paying::new() };
        for fact in facts {
            head.seq += 1;
            hand.write(ledger, head.seq, fact);
        }
        ledger.settle_uses(&mut hand.paying);
        let rows = hand.rows;
        let mut event = EventRow {
            id: head.event + 1,
            first_seq,
            last_seq: head.seq,
            recorded_at: at,
            actor: actor.id.clone(),
            actor_name: actor.name.clone(),
            request_id: actor.request_id.clone(),
            action: action.to_owned(),
            account_id: account.or_else(|| rows.accounts.first().map(|row| row.id)),
            subject,
            // Rows are plain structs of texts and numbers, which always serialise.
            body: serde_json::to_string(&rows).unwrap_or_default(),
            hash: String::new(),
        };
        event.hash = events::hash(&head.hash, &event, &rows.entries);
        *head = Head { event: event.id, seq: head.seq, hash: event.hash.clone(), recorded_at: at };
        self.rows.take(rows);
        self.events.push(event);
        Told::Unwritten(Receipt { first_seq: Some(first_seq), at, by, head: Some(head.to_string()) }, answer)
    }

    /// The rows so far.
    pub(crate) fn rows(&self) -> &Rows {
        &self.rows
    }

    /// Appends everything, and sets the running sums it changed.
    pub(crate) fn append(&mut self, db: &mut Db, ledger: &Ledger) -> Stored<()> {
        std::mem::take(&mut self.rows).append(db)?;
        connection::append(db, schema::events::table, std::mem::take(&mut self.events))?;
        let account = |key: &Seq| ledger.account_by_key(*key);
        let months = self.months.iter().filter_map(|(key, month)| {
            Some(accounts::sums_row(*key, month.stored(), account(key)?.books.months.get(month)?))
        });
        let declared = self.declared.iter().filter_map(|(key, year)| {
            Some(vec![*key, i64::from(year.stored()), account(key)?.declared.get(year)?.units()])
        });
        let paid = self.paid.iter().filter_map(|(key, transfer, month)| {
            let months = match *transfer {
                UNATTRIBUTED => &account(key)?.unattributed,
                transfer => &ledger.transfer_by_key(transfer)?.months,
            };
            Some(vec![*key, *transfer, i64::from(month.stored()), months.get(month)?.units()])
        });
        let sums = [
            (&MONTHLY_SUMS, months.collect()),
            (&DECLARED_SUMS, declared.collect()),
            (&TRANSFER_MONTHS, paid.collect()),
        ];
        Ok(connection::set_sums(db, &sums)?)
    }
}

impl Hand<'_> {
    fn write(&mut self, ledger: &mut Ledger, seq: Seq, fact: Fact) {
        match fact {
            Fact::AccountOpened { public_id, settings } => {
                self.rows.accounts.push(super::rows::AccountRow { id: seq, public_id: public_id.to_string() });
                self.rows.account_settings.push(accounts::settings_row(
                    seq,
                    seq,
                    &settings,
                    ledger.named_by(&settings),
                ));
                if let Some((_, rules)) = ledger.rule_sets.get(&settings.rule_set) {
                    let rules = rules.clone();
                    ledger.account_ids.insert(seq, public_id);
                    ledger.accounts.insert(public_id, Account::opened(seq, public_id, settings, rules));
                }
            }
            Fact::SettingsChanged { account, settings } => self.change_settings(ledger, seq, account, settings),
            Fact::Moved { account, entry } => self.enter(ledger, seq, account, entry),
            Fact::Declared(declared) => {
                let (submission, outcome) = declarations::record(ledger, seq, &declared);
                self.rows.levy_submissions.extend(submission);
                self.rows.levy_outcomes.extend(outcome);
            }
            Fact::SchemeShared { account, share } => {
                let Some(account) = ledger.accounts.get(&account) else { return };
                let (row, parts) = paye_schemes::rows_of(seq, account.key, &share);
                self.rows.paye_shares.push(row);
                self.rows.paye_share_parts.extend(parts);
            }
            Fact::ProviderRegistered { public_id, provider } => {
                self.rows.providers.push(providers::row_of(seq, seq, public_id, &provider));
                let known = KnownProvider { key: seq, version: seq, provider, used_by: Vec::new() };
                ledger.know_provider(public_id, known);
            }
            Fact::ProviderAmended { provider_id, provider } => self.amend(ledger, seq, provider_id, provider),
            Fact::TransferAgreed(new) => self.agree(ledger, seq, &new),
            Fact::TransferChanged { transfer, on, change, reason } => {
                self.change_transfer(ledger, seq, transfer, TransferChange { on, change }, reason);
            }
            Fact::StartRecorded(new) => self.start(ledger, seq, &new),
            Fact::StartChanged { start, change, reason } => {
                ledger.settle_uses(&mut self.paying);
                let note = StartNote { change, reason, by: self.by.to_owned() };
                let Some((row, life)) = ledger.know_change(start, seq, note) else { return };
                self.rows.start_changes.push(row);
                self.rows.start_lives.push(life);
            }
            Fact::LearnerChanged { start, learner } => self.change_learner(ledger, seq, start, learner),
            Fact::LearnerErased { start, reason } => {
                let Some(key) = ledger.starts.get(&start).map(|start| start.key) else { return };
                ledger.know_learner(start, seq, Learner::default());
                self.rows.erased_learners.push(ErasedLearner { start_id: key, seq, reason });
            }
            Fact::MonthClosed { account, closed, co_invested } => {
                let Some(account) = ledger.accounts.get_mut(&account) else { return };
                account.books.closed_through = Some(closed.month);
                self.rows.closed_months.push(months::row_of(seq, account.key, &closed));
                self.rows.co_investments.extend(months::co_investment_rows(seq, account.key, &co_invested));
            }
            Fact::Noticed { account, month, notice } => {
                let Some(account) = ledger.accounts.get(&account) else { return };
                self.rows.notices.push(months::notice_row(seq, account.key, month, &notice));
            }
            Fact::RuleSetMade { rules } => {
                self.rows.rule_sets.push(super::rows::RuleSetRow { id: seq, name: rules.name().to_owned() });
                self.rows.rule_rows.extend(rule_sets::rule_rows_of(seq, seq, rules.rows()));
                ledger.rule_sets.insert(rules.name().to_owned(), (seq, rules));
            }
            Fact::RuleRowsAdded { rule_set, rows } => self.add_rules(ledger, seq, &rule_set, &rows),
            Fact::JournalProfileMade { profile } => {
                self.rows.journal_profiles.push(journal_profiles::row_of(seq, &profile));
                ledger.journal_profiles.insert(profile.name);
            }
            Fact::WorkforceCounted { account, counted } => {
                let Some(account) = ledger.accounts.get(&account) else { return };
                self.rows.workforce_returns.push(workforce::row_of(seq, account.key, &counted));
            }
            Fact::WebhookMade(new) => {
                ledger.webhooks.insert(new.public_id, (seq, new.accounts.clone()));
                let (row, delivery) = webhooks::rows_of(seq, *new, self.at);
                self.rows.webhooks.webhooks.push(row);
                self.rows.webhooks.deliveries.push(delivery);
            }
            Fact::WebhookRemoved { webhook } => {
                let Some((key, _)) = ledger.webhooks.remove(&webhook) else { return };
                self.rows.webhooks.webhook_removals.push(WebhookRemovalRow { seq, webhook_id: key });
            }
            Fact::TokenIssued(new) => {
                self.rows.tokens.push(tokens::row_of(seq, &new, self.at));
                ledger.tokens.insert(new.public_id, KnownToken { accounts: new.accounts, revoked: false });
            }
            Fact::TokenRevoked { token } => {
                self.rows.revoked_tokens.push(RevokedToken { public_id: token.to_string(), seq, at: self.at });
                if let Some(known) = ledger.tokens.get_mut(&token) {
                    known.revoked = true;
                }
            }
        }
    }

    fn change_settings(
        &mut self,
        ledger: &mut Ledger,
        seq: Seq,
        account: Uuid,
        settings: crate::domain::account::AccountSettings,
    ) {
        let named = ledger.named_by(&settings);
        let Some(account) = ledger.accounts.get_mut(&account) else { return };
        let row = accounts::settings_row(seq, account.key, &settings, named);
        self.rows.account_settings.push(row);
        if let Some((_, rules)) = ledger.rule_sets.get(&settings.rule_set) {
            account.rules = rules.clone();
        }
        account.version = seq;
        account.settings = settings;
    }

    fn enter(&mut self, ledger: &mut Ledger, seq: Seq, account: Uuid, entry: Entry) {
        let Some(key) = ledger.accounts.get(&account).map(|account| account.key) else { return };
        ledger.count((seq, account), &entry, &mut self.paying);
        self.touched.months.insert((key, entry.month));
        if let Some(declared_on) = entry.declared_on {
            self.touched.declared.insert((key, AllowanceYear::of(declared_on)));
        }
        if entry.kind == EntryKind::TransferPayment {
            self.touched.paid.insert((key, entry.transfer.unwrap_or(UNATTRIBUTED), entry.month));
        }
        self.rows.entries.push(entries::row_of(seq, key, &entry, self.at, self.by));
    }

    fn amend(&mut self, ledger: &mut Ledger, seq: Seq, id: Uuid, provider: Provider) {
        let Some(known) = ledger.providers.get(&id) else { return };
        self.rows.amended_providers.push(providers::row_of(known.key, seq, id, &provider));
        if let Some(number) = &known.provider.company_number {
            ledger.company_numbers.remove(number);
        }
        if let Some(named) = ledger.provider_names.get_mut(&known.provider.name) {
            named.remove(&id);
        }
        let known = KnownProvider { key: known.key, version: seq, provider, used_by: known.used_by.clone() };
        ledger.know_provider(id, known);
    }

    fn agree(&mut self, ledger: &mut Ledger, seq: Seq, new: &NewTransfer) {
        let Some(account) = ledger.accounts.get(&new.account).map(|account| account.key) else { return };
        let Some(provider) = ledger.providers.get(&new.provider).map(|provider| provider.key) else { return };
        let (row, change, schedule) = transfers::rows_of(seq, new, account, provider, self.by);
        self.rows.transfers.push(row);
        self.rows.transfer_changes.push(change);
        self.rows.transfer_schedules.extend(schedule);
        ledger.agree(Transfer::agreed(seq, provider, new, self.by));
    }

    fn change_transfer(
        &mut self,
        ledger: &mut Ledger,
        seq: Seq,
        transfer: Uuid,
        change: TransferChange,
        reason: Option<String>,
    ) {
        ledger.settle_uses(&mut self.paying);
        let Some(transfer) = ledger.transfers.get_mut(&transfer) else { return };
        let employer = change.change.employer();
        if let Some(known) = employer.and_then(|employer| ledger.providers.get_mut(&employer.public_id)) {
            known.use_by(transfer.account);
        }
        transfer.notes.push(ChangeNote {
            on: change.on,
            change: change.change.done(),
            amount: change.change.amount(),
            provider: employer.map(|employer| employer.public_id),
            reason: reason.clone(),
            by: self.by.to_owned(),
        });
        let (row, schedule) = transfers::change_rows(seq, transfer.key, &change, reason, self.by);
        self.rows.transfer_changes.push(row);
        self.rows.transfer_schedules.extend(schedule);
        let today = ledger.today.unwrap_or_default();
        let before = transfer.uses(today);
        transfer.change(change);
        if let Some(account) = ledger.accounts.get_mut(&transfer.account) {
            account.shift_uses(&before, &transfer.uses(today));
        }
    }

    fn start(&mut self, ledger: &mut Ledger, seq: Seq, new: &NewStart) {
        let Some(account) = ledger.accounts.get(&new.account) else { return };
        let transfer_key = new.transfer.and_then(|id| ledger.transfers.get(&id)).map(|transfer| transfer.key);
        let row = starts::row_of(seq, new, account.key, transfer_key);
        let life = start_lives::row_of(seq, account.key, &start_changes::unchanged(&row));
        self.rows.starts.push(row);
        self.rows.start_lives.push(life);
        self.rows.learners.push(starts::learner_row(seq, &new.learner));
        if let Some(reference) = new.learner.reference.clone() {
            let standard = new.terms.standard_code.clone();
            ledger.start_identities.insert((account.key, reference, standard, new.terms.start_on), seq);
        }
        if let Some(transfer) = transfer_key {
            ledger.settle_uses(&mut self.paying);
            let price = capped_price(new.terms.agreed_price, new.terms.funding_band_maximum);
            ledger.hold_start(transfer, seq, Some(StartUnder { start_on: new.terms.start_on, price }));
        }
        let start = crate::domain::account::Start {
            key: seq,
            public_id: new.public_id,
            account: new.account,
            transfer: transfer_key,
            start_on: new.terms.start_on,
            voided: false,
            paid: crate::domain::money::Money::ZERO,
        };
        ledger.start_ids.insert(seq, new.public_id);
        ledger.starts.insert(new.public_id, start);
    }

    fn change_learner(&mut self, ledger: &mut Ledger, seq: Seq, start: Uuid, learner: Learner) {
        let Some((key, known)) = ledger.known_start(start).map(|(start, known)| (start.key, known)) else { return };
        let set = starts::differences(&known.learner, &learner);
        let row = LearnerRow { version: seq, ..starts::learner_row(key, &learner) };
        self.rows.changed_learners.push(ChangedLearner { start_id: key, seq, set, learner: row });
        ledger.know_learner(start, seq, learner);
    }

    fn add_rules(&mut self, ledger: &mut Ledger, seq: Seq, name: &str, rows: &[crate::domain::rules::RuleRow]) {
        let Some((key, rules)) = ledger.rule_sets.get_mut(name) else { return };
        self.rows.rule_rows.extend(rule_sets::rule_rows_of(seq, *key, rows));
        for row in rows {
            // The decision has tried the same rows on the same rule set.
            let _ = rules.add(*row);
        }
        for account in ledger.accounts.values_mut().filter(|account| account.settings.rule_set == name) {
            account.rules = rules.clone();
        }
    }
}
