//! The tables of months as they were closed.

diesel::table! {
    closed_months (seq) {
        seq -> BigInt,
        account_id -> BigInt,
        month -> Integer,
        source -> Text,
        paid -> BigInt,
        transferred -> BigInt,
        government -> BigInt,
        employer -> BigInt,
        expired -> BigInt,
        expired_earlier -> BigInt,
    }
}

diesel::table! {
    co_investments (seq, place) {
        seq -> BigInt,
        place -> Integer,
        account_id -> BigInt,
        start_id -> BigInt,
        provider_id -> Nullable<BigInt>,
        earned_month -> Integer,
        earned_kind -> Text,
        amount -> BigInt,
        employer_percent -> Text,
        government -> BigInt,
        employer -> BigInt,
        passed_to -> Nullable<BigInt>,
    }
}

diesel::table! {
    notices (seq) {
        seq -> BigInt,
        account_id -> BigInt,
        month -> Integer,
        kind -> Text,
        amount -> Nullable<BigInt>,
        due_on -> Nullable<Date>,
        provider_id -> Nullable<BigInt>,
        transfer_id -> Nullable<BigInt>,
    }
}
