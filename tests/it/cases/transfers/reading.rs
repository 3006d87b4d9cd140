//! Reads worked figures as exact decimals: a number never passes through a binary float.

use chrono::NaiveDate;
use levy_ledger::domain::calendar::parse_date;
use levy_ledger::domain::money::Money;
use rust_decimal::Decimal;
use serde_json::Value;

/// A table's text with every bare number put in quotes, so that it is read as it is written.
fn with_quoted_numbers(json: &str) -> String {
    let (mut quoted, mut in_text, mut in_number, mut escaped) = (String::new(), false, false, false);
    for c in json.chars() {
        let begins = !in_text && !in_number && (c == '-' || c.is_ascii_digit());
        let ends = in_number && !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E'));
        if begins || ends {
            quoted.push('"');
            in_number = begins;
        }
        if c == '"' && !escaped {
            in_text = !in_text;
        }
        escaped = in_text && c == '\\' && !escaped;
        quoted.push(c);
    }
    quoted
}

/// The cases of a table.
pub fn cases(json: &str) -> Vec<Value> {
    let table: Value = serde_json::from_str(&with_quoted_numbers(json)).unwrap();
    table["cases"].as_array().unwrap().clone()
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

pub fn decimal(value: &Value) -> Decimal {
    let text = text(value);
    let parsed = if text.contains(['e', 'E']) { Decimal::from_scientific(text) } else { Decimal::from_str_exact(text) };
    parsed.unwrap_or_else(|_| panic!("not a figure: {text}"))
}

pub fn whole(value: &Value) -> i32 {
    text(value).parse().unwrap()
}

/// An amount that goes in, which has five places at most.
pub fn money(value: &Value) -> Money {
    let pounds = decimal(value);
    assert_eq!(pounds, pounds.round_dp(5), "money has five places");
    Money::rounded(pounds).unwrap()
}

/// A date, or the day of a time.
pub fn day(value: &Value) -> NaiveDate {
    parse_date(text(value).get(..10).unwrap()).unwrap()
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}"))
}

/// A fraction as percent: 0.25 is 25.
pub fn percent(fraction: &Value) -> Decimal {
    decimal(fraction) * Decimal::ONE_HUNDRED
}

/// Whether a figure is the expected one, within the tolerance that its case allows.
pub fn is(actual: Money, expected: &Value, case: &Value) -> bool {
    let tolerance = case.get("tolerance").map(decimal).unwrap_or_default();
    (actual.pounds() - decimal(expected)).abs() <= tolerance
}

#[test]
fn numbers_are_quoted_and_texts_are_not() {
    let json = r#"{"a-1": [-1500.235, 2e3], "b \" 4": "5\\", "c": 6}"#;
    assert_eq!(with_quoted_numbers(json), r#"{"a-1": ["-1500.235", "2e3"], "b \" 4": "5\\", "c": "6"}"#);
}
