//! The tables as the queries see them, on both databases.

mod of_integrations;
mod of_months;
mod of_statements;

pub use of_integrations::{webhook_deliveries, webhook_removals, webhooks, workforce_returns};
pub use of_months::{closed_months, co_investments, notices};
pub use of_statements::{ledger_secrets, statement_lines, statement_sightings, statements};

diesel::table! {
    events (id) {
        id -> BigInt,
        first_seq -> BigInt,
        last_seq -> BigInt,
        recorded_at -> Timestamp,
        actor -> Text,
        actor_name -> Text,
        request_id -> Text,
        action -> Text,
        account_id -> Nullable<BigInt>,
        subject -> Nullable<Text>,
        body -> Text,
        hash -> Text,
    }
}

diesel::table! {
    accounts (id) {
        id -> BigInt,
        public_id -> Text,
    }
}

diesel::table! {
    rule_sets (id) {
        id -> BigInt,
        name -> Text,
    }
}

diesel::table! {
    account_settings (seq) {
        seq -> BigInt,
        account_id -> BigInt,
        name -> Text,
        rule_set_id -> BigInt,
        policy_cap_percent -> Nullable<Text>,
        english_fraction_override -> Nullable<Text>,
        training_provider_priority -> Text,
        provider_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    rule_rows (rule_set_id, parameter, begins_on) {
        rule_set_id -> BigInt,
        parameter -> Text,
        begins_on -> Date,
        value -> Text,
        seq -> BigInt,
    }
}

diesel::table! {
    providers (id) {
        id -> BigInt,
        public_id -> Text,
        version -> BigInt,
        name -> Text,
        sector -> Text,
        company_number -> Nullable<Text>,
        charity_number -> Nullable<Text>,
        cqc_location_id -> Nullable<Text>,
        size -> Nullable<Text>,
        levy_payer -> Nullable<Bool>,
        district -> Nullable<Text>,
        postcode -> Nullable<Text>,
        closed_on -> Nullable<Date>,
    }
}

diesel::table! {
    transfers (id) {
        id -> BigInt,
        public_id -> Text,
        account_id -> BigInt,
        provider_id -> BigInt,
        agreed_on -> Date,
        apprentices -> BigInt,
        lapses_on -> Nullable<Date>,
        planned_start -> Nullable<Integer>,
        duration_months -> Nullable<Integer>,
        standard_code -> Nullable<Text>,
        level -> Nullable<Integer>,
        priority_groups -> Text,
        reference -> Nullable<Text>,
    }
}

diesel::table! {
    transfer_changes (seq) {
        seq -> BigInt,
        transfer_id -> BigInt,
        changed_on -> Date,
        change -> Text,
        amount -> Nullable<BigInt>,
        reason -> Nullable<Text>,
        recorded_by -> Text,
        provider_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    transfer_schedules (seq, allowance_year) {
        seq -> BigInt,
        transfer_id -> BigInt,
        allowance_year -> Integer,
        amount -> BigInt,
    }
}

diesel::table! {
    starts (id) {
        id -> BigInt,
        public_id -> Text,
        account_id -> BigInt,
        transfer_id -> Nullable<BigInt>,
        standard_code -> Text,
        standard_title -> Nullable<Text>,
        level -> Integer,
        sector -> Nullable<Text>,
        agreed_price -> BigInt,
        funding_band_maximum -> Nullable<BigInt>,
        agreed_on -> Date,
        start_on -> Date,
        planned_end_on -> Date,
        training_provider_ukprn -> Nullable<Text>,
        training_provider_name -> Nullable<Text>,
        local_training_provider -> Nullable<Bool>,
        change_of_employer -> Bool,
    }
}

diesel::table! {
    start_changes (seq) {
        seq -> BigInt,
        start_id -> BigInt,
        account_id -> BigInt,
        change -> Text,
        changed_on -> Nullable<Date>,
        amount -> Nullable<BigInt>,
        start_on -> Nullable<Date>,
        planned_end_on -> Nullable<Date>,
        reason -> Nullable<Text>,
        recorded_by -> Text,
    }
}

diesel::table! {
    start_lives (start_id) {
        start_id -> BigInt,
        account_id -> BigInt,
        start_on -> Date,
        first_month -> Integer,
        last_month -> Integer,
        dearest_price -> BigInt,
        version -> BigInt,
        ended_on -> Nullable<Date>,
        voided -> Bool,
    }
}

diesel::table! {
    learners (start_id) {
        start_id -> BigInt,
        learner_reference -> Nullable<Text>,
        uln -> Nullable<Text>,
        priority_groups -> Nullable<Text>,
        version -> BigInt,
    }
}

diesel::table! {
    entries (seq) {
        seq -> BigInt,
        account_id -> BigInt,
        kind -> Text,
        month -> Integer,
        effective_on -> Date,
        stated_on -> Nullable<Date>,
        declared_on -> Nullable<Date>,
        amount -> BigInt,
        start_id -> Nullable<BigInt>,
        transfer_id -> Nullable<BigInt>,
        payroll_month -> Nullable<Integer>,
        paye_scheme -> Nullable<Text>,
        reference -> Nullable<Text>,
        recorded_at -> Timestamp,
        recorded_by -> Text,
        reverses -> Nullable<BigInt>,
        lot -> Nullable<Integer>,
        earned_month -> Nullable<Integer>,
        earned_kind -> Nullable<Text>,
    }
}

diesel::table! {
    levy_submissions (id) {
        id -> BigInt,
        submission -> BigInt,
        account_id -> BigInt,
        paye_scheme -> Text,
        payroll_month -> Integer,
        year_to_date -> Nullable<BigInt>,
        no_payment -> Bool,
        submitted_at -> Timestamp,
        english_fraction -> Nullable<Text>,
    }
}

diesel::table! {
    levy_outcomes (seq) {
        seq -> BigInt,
        submission_id -> BigInt,
        processed_on -> Date,
        outcome -> Text,
        reason -> Text,
        declared -> Nullable<BigInt>,
        top_up -> Nullable<BigInt>,
        english_fraction -> Nullable<Text>,
        measured_from -> Nullable<BigInt>,
        entry_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    paye_shares (seq) {
        seq -> BigInt,
        account_id -> BigInt,
        paye_scheme -> Text,
        begins -> Integer,
    }
}

diesel::table! {
    paye_share_parts (seq, place) {
        seq -> BigInt,
        place -> Integer,
        name -> Text,
        percent -> Text,
    }
}

diesel::table! {
    monthly_sums (account_id, month) {
        account_id -> BigInt,
        month -> Integer,
        levy -> BigInt,
        own -> BigInt,
        transferred -> BigInt,
        received -> BigInt,
        corrections -> BigInt,
        expired -> BigInt,
    }
}

diesel::table! {
    declared_sums (account_id, allowance_year) {
        account_id -> BigInt,
        allowance_year -> Integer,
        levy -> BigInt,
    }
}

diesel::table! {
    transfer_months (account_id, transfer_id, month) {
        account_id -> BigInt,
        transfer_id -> BigInt,
        month -> Integer,
        paid -> BigInt,
    }
}

diesel::table! {
    tokens (id) {
        id -> BigInt,
        public_id -> Text,
        name -> Text,
        role -> Text,
        accounts -> Nullable<Text>,
        secret_hash -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        revoked_seq -> Nullable<BigInt>,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    idempotency_answers (id) {
        id -> BigInt,
        key_digest -> Text,
        request_digest -> Text,
        status -> Integer,
        location -> Nullable<Text>,
        etag -> Nullable<Text>,
        body -> Text,
        learner_of -> Nullable<Text>,
        recorded_at -> Timestamp,
    }
}

diesel::table! {
    journal_profiles (seq) {
        seq -> BigInt,
        name -> Text,
        layout -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    events,
    accounts,
    rule_sets,
    account_settings,
    rule_rows,
    providers,
    transfers,
    transfer_changes,
    transfer_schedules,
    starts,
    start_changes,
    start_lives,
    learners,
    entries,
    levy_submissions,
    levy_outcomes,
    paye_shares,
    paye_share_parts,
    monthly_sums,
    declared_sums,
    transfer_months,
    tokens,
    idempotency_answers,
    closed_months,
    co_investments,
    notices,
    journal_profiles,
    statements,
    statement_lines,
    statement_sightings,
    workforce_returns,
    webhooks,
    webhook_removals,
    webhook_deliveries,
    ledger_secrets,
);

diesel::allow_columns_to_appear_in_same_group_by_clause!(
    starts::transfer_id,
    starts::level,
    starts::sector,
    starts::local_training_provider,
    learners::priority_groups,
);
