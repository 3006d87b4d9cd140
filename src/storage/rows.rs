//! The rows that a batch appends, table by table. What an event says in its body is these rows, as
//! they are stored; personal data and secrets have no place in it.

mod agreements;
mod declarations;
mod statements;
mod tokens;
mod webhooks;
mod workforce;

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::Serialize;

use super::connection::{Db, append};
use super::schema;

pub(crate) use super::start_rows::{ChangedLearner, ErasedLearner, LearnerRow, StartChangeRow, StartLifeRow, StartRow};
pub(crate) use agreements::{ProviderRow, TransferChangeRow, TransferRow, TransferScheduleRow};
pub(crate) use declarations::{OutcomeRow, PayeSharePartRow, PayeShareRow, SubmissionRow};
pub(crate) use statements::{SightingRow, StatementLineRow, StatementRow};
pub(crate) use tokens::{RevokedToken, TokenRow};
pub(crate) use webhooks::{WebhookDeliveryRow, WebhookRemovalRow, WebhookRow, WebhookRows};
pub(crate) use workforce::WorkforceReturnRow;

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::accounts, treat_none_as_default_value = false)]
pub(crate) struct AccountRow {
    pub(crate) id: i64,
    pub(crate) public_id: String,
}

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::account_settings, treat_none_as_default_value = false)]
pub(crate) struct AccountSettingsRow {
    pub(crate) seq: i64,
    pub(crate) account_id: i64,
    pub(crate) name: String,
    pub(crate) rule_set_id: i64,
    pub(crate) policy_cap_percent: Option<String>,
    pub(crate) english_fraction_override: Option<String>,
    pub(crate) training_provider_priority: String,
    // What was recorded before there was such a column says nothing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) provider_id: Option<i64>,
}

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::rule_sets, treat_none_as_default_value = false)]
pub(crate) struct RuleSetRow {
    pub(crate) id: i64,
    pub(crate) name: String,
}

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::rule_rows, treat_none_as_default_value = false)]
pub(crate) struct RuleRowRow {
    pub(crate) rule_set_id: i64,
    pub(crate) parameter: String,
    pub(crate) begins_on: NaiveDate,
    pub(crate) value: String,
    pub(crate) seq: i64,
}

#[derive(Clone, Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = schema::entries, treat_none_as_default_value = false)]
pub(crate) struct EntryRow {
    pub(crate) seq: i64,
    pub(crate) account_id: i64,
    pub(crate) kind: String,
    pub(crate) month: i32,
    pub(crate) effective_on: NaiveDate,
    pub(crate) stated_on: Option<NaiveDate>,
    pub(crate) declared_on: Option<NaiveDate>,
    pub(crate) amount: i64,
    pub(crate) start_id: Option<i64>,
    pub(crate) transfer_id: Option<i64>,
    pub(crate) payroll_month: Option<i32>,
    pub(crate) paye_scheme: Option<String>,
    pub(crate) reference: Option<String>,
    pub(crate) recorded_at: NaiveDateTime,
    pub(crate) recorded_by: String,
    pub(crate) reverses: Option<i64>,
    pub(crate) lot: Option<i32>,
    pub(crate) earned_month: Option<i32>,
    pub(crate) earned_kind: Option<String>,
}

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::closed_months, treat_none_as_default_value = false)]
pub(crate) struct ClosedMonthRow {
    pub(crate) seq: i64,
    pub(crate) account_id: i64,
    pub(crate) month: i32,
    pub(crate) source: String,
    pub(crate) paid: i64,
    pub(crate) transferred: i64,
    pub(crate) government: i64,
    pub(crate) employer: i64,
    pub(crate) expired: i64,
    pub(crate) expired_earlier: i64,
}

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::co_investments, treat_none_as_default_value = false)]
pub(crate) struct CoInvestmentRow {
    pub(crate) seq: i64,
    pub(crate) place: i32,
    pub(crate) account_id: i64,
    pub(crate) start_id: i64,
    pub(crate) provider_id: Option<i64>,
    pub(crate) earned_month: i32,
    pub(crate) earned_kind: String,
    pub(crate) amount: i64,
    pub(crate) employer_percent: String,
    pub(crate) government: i64,
    pub(crate) employer: i64,
    pub(crate) passed_to: Option<i64>,
}

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::notices, treat_none_as_default_value = false)]
pub(crate) struct NoticeRow {
    pub(crate) seq: i64,
    pub(crate) account_id: i64,
    pub(crate) month: i32,
    pub(crate) kind: String,
    pub(crate) amount: Option<i64>,
    pub(crate) due_on: Option<NaiveDate>,
    pub(crate) provider_id: Option<i64>,
    pub(crate) transfer_id: Option<i64>,
}

#[derive(Clone, Debug, Insertable, Queryable, Selectable, Serialize)]
#[diesel(table_name = schema::journal_profiles, treat_none_as_default_value = false)]
pub(crate) struct JournalProfileRow {
    pub(crate) seq: i64,
    pub(crate) name: String,
    pub(crate) layout: String,
}

#[derive(Clone, Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = schema::events, treat_none_as_default_value = false)]
pub(crate) struct EventRow {
    pub(crate) id: i64,
    pub(crate) first_seq: i64,
    pub(crate) last_seq: i64,
    pub(crate) recorded_at: NaiveDateTime,
    pub(crate) actor: String,
    pub(crate) actor_name: String,
    pub(crate) request_id: String,
    pub(crate) action: String,
    pub(crate) account_id: Option<i64>,
    pub(crate) subject: Option<String>,
    pub(crate) body: String,
    pub(crate) hash: String,
}

#[derive(Clone, Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = schema::idempotency_answers, treat_none_as_default_value = false)]
pub(crate) struct IdempotencyRow {
    pub(crate) id: i64,
    pub(crate) key_digest: String,
    pub(crate) request_digest: String,
    pub(crate) status: i32,
    pub(crate) location: Option<String>,
    pub(crate) etag: Option<String>,
    pub(crate) body: String,
    pub(crate) learner_of: Option<String>,
    pub(crate) recorded_at: NaiveDateTime,
}

/// Rows waiting to be appended. Serialised, they are the body of the event that records them.
#[derive(Default, Serialize)]
pub(crate) struct Rows {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) rule_sets: Vec<RuleSetRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) rule_rows: Vec<RuleRowRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) accounts: Vec<AccountRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) account_settings: Vec<AccountSettingsRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) providers: Vec<ProviderRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) amended_providers: Vec<ProviderRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) transfers: Vec<TransferRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) transfer_changes: Vec<TransferChangeRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) transfer_schedules: Vec<TransferScheduleRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) starts: Vec<StartRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) start_changes: Vec<StartChangeRow>,
    #[serde(skip)]
    pub(crate) start_lives: Vec<StartLifeRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) levy_submissions: Vec<SubmissionRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) levy_outcomes: Vec<OutcomeRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) paye_shares: Vec<PayeShareRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) paye_share_parts: Vec<PayeSharePartRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tokens: Vec<TokenRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) revoked_tokens: Vec<RevokedToken>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) changed_learners: Vec<ChangedLearner>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) erased_learners: Vec<ErasedLearner>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notices: Vec<NoticeRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) closed_months: Vec<ClosedMonthRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) co_investments: Vec<CoInvestmentRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) journal_profiles: Vec<JournalProfileRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) statements: Vec<StatementRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) statement_sightings: Vec<SightingRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) workforce_returns: Vec<WorkforceReturnRow>,
    #[serde(flatten)]
    pub(crate) webhooks: WebhookRows,
    #[serde(skip)]
    pub(crate) learners: Vec<LearnerRow>,
    #[serde(skip)]
    pub(crate) entries: Vec<EntryRow>,
}

impl Rows {
    /// Takes the rows of one event into those of the batch.
    pub(crate) fn take(&mut self, other: Self) {
        self.rule_sets.extend(other.rule_sets);
        self.rule_rows.extend(other.rule_rows);
        self.accounts.extend(other.accounts);
        self.account_settings.extend(other.account_settings);
        self.providers.extend(other.providers);
        self.amended_providers.extend(other.amended_providers);
        self.transfers.extend(other.transfers);
        self.transfer_changes.extend(other.transfer_changes);
        self.transfer_schedules.extend(other.transfer_schedules);
        self.starts.extend(other.starts);
        self.start_changes.extend(other.start_changes);
        self.start_lives.extend(other.start_lives);
        self.levy_submissions.extend(other.levy_submissions);
        self.levy_outcomes.extend(other.levy_outcomes);
        self.paye_shares.extend(other.paye_shares);
        self.paye_share_parts.extend(other.paye_share_parts);
        self.tokens.extend(other.tokens);
        self.revoked_tokens.extend(other.revoked_tokens);
        self.changed_learners.extend(other.changed_learners);
        self.erased_learners.extend(other.erased_learners);
        self.notices.extend(other.notices);
        self.closed_months.extend(other.closed_months);
        self.co_investments.extend(other.co_investments);
        self.journal_profiles.extend(other.journal_profiles);
        self.statements.extend(other.statements);
        self.statement_sightings.extend(other.statement_sightings);
        self.workforce_returns.extend(other.workforce_returns);
        self.webhooks.take(other.webhooks);
        self.learners.extend(other.learners);
        self.entries.extend(other.entries);
    }

    /// Appends every row, parents first, then what may be updated.
    pub(crate) fn append(self, db: &mut Db) -> QueryResult<()> {
        append(db, schema::rule_sets::table, self.rule_sets)?;
        append(db, schema::rule_rows::table, self.rule_rows)?;
        append(db, schema::accounts::table, self.accounts)?;
        let (registered, amended) = settled(self.providers, self.amended_providers);
        give_up_company_numbers(db, &amended)?;
        append(db, schema::providers::table, registered)?;
        append(db, schema::account_settings::table, self.account_settings)?;
        append(db, schema::transfers::table, self.transfers)?;
        append(db, schema::transfer_changes::table, self.transfer_changes)?;
        append(db, schema::transfer_schedules::table, self.transfer_schedules)?;
        append(db, schema::starts::table, self.starts)?;
        append(db, schema::start_changes::table, self.start_changes)?;
        super::start_lives::set(db, self.start_lives)?;
        append(db, schema::learners::table, self.learners)?;
        append(db, schema::entries::table, self.entries)?;
        append(db, schema::notices::table, self.notices)?;
        append(db, schema::closed_months::table, self.closed_months)?;
        append(db, schema::co_investments::table, self.co_investments)?;
        append(db, schema::journal_profiles::table, self.journal_profiles)?;
        append(db, schema::statements::table, self.statements)?;
        append(db, schema::statement_sightings::table, self.statement_sightings)?;
        append(db, schema::workforce_returns::table, self.workforce_returns)?;
        self.webhooks.append(db)?;
        append(db, schema::levy_submissions::table, self.levy_submissions)?;
        append(db, schema::levy_outcomes::table, self.levy_outcomes)?;
        append(db, schema::paye_shares::table, self.paye_shares)?;
        append(db, schema::paye_share_parts::table, self.paye_share_parts)?;
        append(db, schema::tokens::table, self.tokens)?;
        for provider in amended {
            diesel::update(&provider).set(&provider).execute(db)?;
        }
        for token in self.revoked_tokens {
            let revoked = schema::tokens::table.filter(schema::tokens::public_id.eq(token.public_id));
            let how = (schema::tokens::revoked_seq.eq(token.seq), schema::tokens::revoked_at.eq(token.at));
            diesel::update(revoked).set(how).execute(db)?;
        }
        super::starts::update_learners(db, self.changed_learners, &self.erased_learners)?;
        Ok(())
    }
}

/// Providers as a batch leaves them: those it registered, and those that were there before. Each
/// stands once, so that no company number is held by two on the way.
fn settled(registered: Vec<ProviderRow>, amended: Vec<ProviderRow>) -> (Vec<ProviderRow>, Vec<ProviderRow>) {
    let mut last: BTreeMap<i64, ProviderRow> = amended.into_iter().map(|row| (row.id, row)).collect();
    let registered = registered.into_iter().map(|row| last.remove(&row.id).unwrap_or(row)).collect();
    (registered, last.into_values().collect())
}

/// Lets another provider of the same batch take a number that one of these gives up.
fn give_up_company_numbers(db: &mut Db, amended: &[ProviderRow]) -> QueryResult<()> {
    use schema::providers::dsl;
    if amended.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = amended.iter().map(|row| row.id).collect();
    let gives_up = dsl::providers.filter(dsl::id.eq_any(ids));
    diesel::update(gives_up).set(dsl::company_number.eq(None::<String>)).execute(db)?;
    Ok(())
}
