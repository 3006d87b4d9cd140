//! Closed lists of names, as they are written in requests, answers and rows.

/// A text that names none of the values there are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is none of {known}")]
pub struct UnknownName {
    value: String,
    known: String,
}

/// A closed list of names, each value having one.
pub trait Named: Copy + Sized + 'static {
    /// What the list is called where interfaces are described.
    const SCHEMA: &'static str;
    /// Every value, in order.
    const ALL: &'static [Self];

    /// The name it is recorded under.
    fn name(self) -> &'static str;

    /// The value of a name.
    ///
    /// # Errors
    /// [`UnknownName`], which lists the names there are.
    fn from_name(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.iter().copied().find(|value| value.name() == name).ok_or_else(|| UnknownName {
            value: name.to_owned(),
            known: Self::ALL.iter().map(|value| value.name()).collect::<Vec<_>>().join(", "),
        })
    }
}

/// Whether a text is a line of free text: 1 to 200 characters, none of them a control character, and
/// not spaces alone.
///
/// ```
/// use levy_ledger::domain::names::is_line;
/// assert!(is_line("Harbour Care"));
/// assert!(!is_line("") && !is_line("two\nlines") && !is_line(&"long".repeat(51)));
/// ```
#[must_use]
pub fn is_line(text: &str) -> bool {
    let length = text.chars().count();
    (1..=200).contains(&length) && !text.chars().any(char::is_control) && !text.trim().is_empty()
}
