//! Where a start stands.

use std::fmt;

use crate::domain::names::Named;

/// Where a start stands at the end of a day (`docs/rules.md` section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartStatus {
    /// It has yet to begin.
    Planned,
    /// The apprentice is learning.
    Live,
    /// Learning is broken off and may go on.
    Paused,
    /// The apprentice left.
    Withdrawn,
    /// Learning was completed.
    Completed,
    /// The apprentice achieved.
    Achieved,
    /// It was recorded by mistake and counts for nothing.
    Void,
}

impl Named for StartStatus {
    const SCHEMA: &'static str = "StartStatus";
    const ALL: &'static [Self] =
        &[Self::Planned, Self::Live, Self::Paused, Self::Withdrawn, Self::Completed, Self::Achieved, Self::Void];

    fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Live => "live",
            Self::Paused => "paused",
            Self::Withdrawn => "withdrawn",
            Self::Completed => "completed",
            Self::Achieved => "achieved",
            Self::Void => "void",
        }
    }
}

impl fmt::Display for StartStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
