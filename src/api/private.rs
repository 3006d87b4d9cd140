//! Personal data on its way in. What cannot be taken is never repeated in the problem: it says the
//! right form alone.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;
use utoipa::openapi::schema::ObjectBuilder;

use super::wire::{Line, Text, Wire, string};
use crate::domain::names::Named;
use crate::domain::people::PriorityGroup;
use crate::domain::starts::is_uln;

/// A value that must not be repeated when it cannot be taken.
#[derive(Clone, Debug)]
pub(crate) struct Private<T>(pub(crate) T);

/// A value that can be read without being repeated.
pub(crate) trait Unrepeated: Sized {
    /// Reads it; none if it is not one.
    fn read(value: &Value) -> Option<Self>;
    /// What it should have been.
    fn right_form() -> String;
}

impl<'de, T: Unrepeated> Deserialize<'de> for Private<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        T::read(&value).map(Private).ok_or_else(|| D::Error::custom(T::right_form()))
    }
}

impl Unrepeated for Line {
    fn read(value: &Value) -> Option<Self> {
        <Self as Wire>::read(value.as_str()?).ok()
    }

    fn right_form() -> String {
        format!("write {}", Self::EXPECTED)
    }
}

/// A unique learner number.
#[derive(Clone, Debug)]
pub(crate) struct Uln(pub(crate) String);

/// A unique learner number.
pub(crate) type UlnText = Text<Uln>;

impl Wire for Uln {
    const NAME: &'static str = "Uln";
    const EXPECTED: &'static str = "a unique learner number: a string of 10 digits, the first of which is not 0";

    fn read(text: &str) -> Result<Self, String> {
        if is_uln(text) { Ok(Self(text.to_owned())) } else { Err(Self::EXPECTED.to_owned()) }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }

    fn schema() -> ObjectBuilder {
        string(Self::EXPECTED, "9876543210").pattern(Some(r"^[1-9]\d{9}$"))
    }
}

impl Unrepeated for Uln {
    fn read(value: &Value) -> Option<Self> {
        <Self as Wire>::read(value.as_str()?).ok()
    }

    fn right_form() -> String {
        format!("write {}", Self::EXPECTED)
    }
}

/// The priority groups that an apprentice belongs to, each once.
impl Unrepeated for Vec<PriorityGroup> {
    fn read(value: &Value) -> Option<Self> {
        let group = |name: &Value| PriorityGroup::from_name(name.as_str()?).ok();
        let mut groups = value.as_array()?.iter().map(group).collect::<Option<Self>>()?;
        groups.sort_unstable();
        groups.dedup();
        Some(groups)
    }

    fn right_form() -> String {
        let names: Vec<&str> = PriorityGroup::ALL.iter().map(|group| group.name()).collect();
        format!("write a list of priority groups out of {}", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_taken_is_never_repeated() {
        for json in ["9876543210", "\"98765432101\"", "[\"9876543210\"]", "{\"9876543210\": 9876543210}"] {
            let fault = serde_json::from_str::<Private<Uln>>(json).map(|_| ()).unwrap_err().to_string();
            assert!(fault.contains("10 digits") && !fault.contains("9876543210"), "{fault}");
        }
        let fault = serde_json::from_str::<Private<Vec<PriorityGroup>>>("[\"traveller\"]").unwrap_err().to_string();
        assert!(fault.contains("care_leaver") && !fault.contains("traveller"), "{fault}");
    }
}
