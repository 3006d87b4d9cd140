//! The tables of the national service's statements.

diesel::table! {
    statements (seq) {
        seq -> BigInt,
        account_id -> BigInt,
        version -> Text,
        layout -> Text,
        file_digest -> Text,
        lines -> BigInt,
        recorded -> BigInt,
        already_held -> BigInt,
        reconciliation_only -> BigInt,
        refused -> BigInt,
        first_month -> Nullable<Integer>,
        last_month -> Nullable<Integer>,
        keys_digest -> Text,
        recorded_by -> Text,
    }
}

diesel::table! {
    statement_lines (account_id, line_date, line_key, statement) {
        account_id -> BigInt,
        line_date -> Date,
        line_key -> Binary,
        statement -> BigInt,
        times -> Integer,
        month -> Integer,
        kind -> Text,
        amount -> BigInt,
        outcome -> Text,
        paye_scheme -> Nullable<Text>,
        payroll_month -> Nullable<Integer>,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    statement_sightings (statement, month, kind) {
        statement -> BigInt,
        month -> Integer,
        kind -> Text,
        lines -> BigInt,
        amount -> BigInt,
        employer -> BigInt,
        government -> BigInt,
        recorded -> BigInt,
        recorded_employer -> BigInt,
        recorded_government -> BigInt,
        new_lines -> BigInt,
        new_amount -> BigInt,
        unattributed_lines -> BigInt,
        unattributed_amount -> BigInt,
    }
}

diesel::table! {
    ledger_secrets (name) {
        name -> Text,
        value -> Text,
    }
}
