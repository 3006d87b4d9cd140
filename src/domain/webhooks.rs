//! Webhooks: addresses that are told of every change, or of some.

use uuid::Uuid;

/// A webhook as it is made.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// Its public id.
    pub public_id: Uuid,
    /// Where it is told.
    pub url: String,
    /// The accounts whose changes it is told of; none for all changes.
    pub accounts: Option<Vec<Uuid>>,
    /// The changes it is told of, by name; none for all.
    pub events: Option<Vec<String>>,
    /// What deliveries are signed with, known to the receiver too.
    pub secret: String,
}

/// What changes are called in the list of changes.
pub const CHANGES: &[&str] = &[
    "account_opened",
    "account_changed",
    "entry_recorded",
    "levy_declared",
    "paye_scheme_shared",
    "provider_registered",
    "provider_changed",
    "transfer_agreed",
    "transfer_changed",
    "start_recorded",
    "start_paused",
    "start_resumed",
    "start_withdrawn",
    "start_completed",
    "start_achieved",
    "start_price_changed",
    "start_dates_changed",
    "start_voided",
    "personal_data_changed",
    "personal_data_erased",
    "month_closed",
    "shortfall_noticed",
    "lapsing_noticed",
    "unstarted_transfer_noticed",
    "statement_imported",
    "rule_set_made",
    "rule_rows_added",
    "journal_profile_made",
    "workforce_returned",
    "token_issued",
    "token_revoked",
    "webhook_made",
    "webhook_removed",
];
