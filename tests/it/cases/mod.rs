//! The worked cases of `tests/cases/`: every key of a case is read, or the test fails.

pub mod declarations;
mod expiry;
mod lives;
mod lots;
mod month_end;
mod rows;
pub mod transfers;

use std::path::Path;

use levy_ledger::domain::calendar::Month;
use levy_ledger::domain::money::Money;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// An object of a file of cases whose keys are taken one by one.
pub struct Case {
    name: String,
    fields: Map<String, Value>,
}

impl Case {
    pub fn new(name: &str, value: Value) -> Self {
        let Value::Object(fields) = value else { unreachable!("{name} is no object: {value}") };
        Self { name: name.to_owned(), fields }
    }

    /// What a key holds, once; null is a value.
    pub fn take(&mut self, key: &str) -> Option<Value> {
        self.fields.remove(key)
    }

    pub fn take_text(&mut self, key: &str) -> String {
        self.take(key).unwrap().as_str().unwrap().to_owned()
    }

    /// A month; none where it is null or absent.
    pub fn take_month(&mut self, key: &str) -> Option<Month> {
        self.take(key).filter(|value| !value.is_null()).map(|value| month(&value))
    }

    /// The objects of a list; none where it is absent.
    pub fn take_list(&mut self, key: &str) -> Vec<Self> {
        let list = self.take(key).unwrap_or_default();
        let items = if list.is_null() { Vec::new() } else { list.as_array().unwrap().clone() };
        items.into_iter().map(|item| Self::new(&self.name, item)).collect()
    }

    pub fn name(&self) -> String {
        self.name.clone()
    }

    /// Fails if a key was not read: its meaning would go untested.
    pub fn finish(self) {
        let unread: Vec<&String> = self.fields.keys().collect();
        assert!(unread.is_empty(), "{}: unknown keys {unread:?}", self.name);
    }
}

/// Every case of a file.
pub fn read(file: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(file);
    let content: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = content.get("cases").and_then(Value::as_array).unwrap();
    cases.iter().map(|case| Case::new(case.get("id").and_then(Value::as_str).unwrap(), case.clone())).collect()
}

/// An amount from the digits it is written with, never through a binary float.
pub fn money(value: &Value) -> Money {
    let Value::Number(number) = value else { unreachable!("not an amount: {value}") };
    let pounds: Decimal = number.to_string().parse().unwrap();
    let money = Money::rounded(pounds).unwrap();
    assert_eq!(money.pounds(), pounds, "finer than money");
    money
}

pub fn month(value: &Value) -> Month {
    value.as_str().unwrap().parse().unwrap()
}
