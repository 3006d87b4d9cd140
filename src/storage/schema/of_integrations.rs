//! The tables of webhooks and of the workforce.

diesel::table! {
    workforce_returns (seq) {
        seq -> BigInt,
        account_id -> BigInt,
        year -> Integer,
        employees_start -> BigInt,
        employees_end -> BigInt,
        employees_new -> BigInt,
        apprentices_start -> BigInt,
        apprentices_end -> BigInt,
        apprentices_new -> BigInt,
    }
}

diesel::table! {
    webhooks (id) {
        id -> BigInt,
        public_id -> Text,
        url -> Text,
        accounts -> Nullable<Text>,
        events -> Nullable<Text>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    webhook_removals (seq) {
        seq -> BigInt,
        webhook_id -> BigInt,
    }
}

diesel::table! {
    webhook_deliveries (webhook_id) {
        webhook_id -> BigInt,
        secret -> Text,
        delivered_seq -> BigInt,
        delivered_at -> Nullable<Timestamp>,
        failures -> BigInt,
        last_error -> Nullable<Text>,
        next_at -> Nullable<Timestamp>,
        leased_by -> Nullable<Text>,
        leased_until -> Nullable<Timestamp>,
    }
}
