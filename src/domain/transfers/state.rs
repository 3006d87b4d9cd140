//! The states of a transfer and the steps between them.

use std::fmt;

use crate::domain::names::Named;

/// Where a transfer stands: offered → accepted → live → completed; offered → declined or lapsed;
/// offered or accepted → withdrawn; live → stopped (`docs/rules.md` section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransferStatus {
    /// Proposed to the provider.
    Offered,
    /// Agreed by the provider, without a start that has begun.
    Accepted,
    /// Accepted, and its first start has begun.
    Live,
    /// Ended with its work done.
    Completed,
    /// Refused by the provider.
    Declined,
    /// Not answered in time.
    Lapsed,
    /// Taken back before any start.
    Withdrawn,
    /// Ended early.
    Stopped,
}

impl TransferStatus {
    /// An open transfer reserves what it has not yet paid (`docs/rules.md` section 6).
    #[must_use]
    pub const fn is_open(self) -> bool {
        match self {
            Self::Offered | Self::Accepted | Self::Live => true,
            Self::Completed | Self::Declined | Self::Lapsed | Self::Withdrawn | Self::Stopped => false,
        }
    }
}

impl Named for TransferStatus {
    const SCHEMA: &'static str = "TransferStatus";
    const ALL: &'static [Self] = &[
        Self::Offered,
        Self::Accepted,
        Self::Live,
        Self::Completed,
        Self::Declined,
        Self::Lapsed,
        Self::Withdrawn,
        Self::Stopped,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Accepted => "accepted",
            Self::Live => "live",
            Self::Completed => "completed",
            Self::Declined => "declined",
            Self::Lapsed => "lapsed",
            Self::Withdrawn => "withdrawn",
            Self::Stopped => "stopped",
        }
    }
}

impl fmt::Display for TransferStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A step that people take with a transfer (`docs/rules.md` section 6). Becoming live is none: a
/// start does that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transition {
    /// The provider agrees.
    Accept,
    /// The provider refuses.
    Decline,
    /// The account takes it back.
    Withdraw,
    /// The offer was not answered.
    Lapse,
    /// The account ends it early.
    Stop,
    /// It ends with its work done.
    Complete,
}

impl Transition {
    /// Every transition.
    pub const ALL: [Self; 6] = [Self::Accept, Self::Decline, Self::Withdraw, Self::Lapse, Self::Stop, Self::Complete];

    /// The name it is recorded under.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Decline => "decline",
            Self::Withdraw => "withdraw",
            Self::Lapse => "lapse",
            Self::Stop => "stop",
            Self::Complete => "complete",
        }
    }

    /// The status it leads to, which is also how a sentence says that it happened.
    #[must_use]
    pub const fn leads_to(self) -> TransferStatus {
        match self {
            Self::Accept => TransferStatus::Accepted,
            Self::Decline => TransferStatus::Declined,
            Self::Withdraw => TransferStatus::Withdrawn,
            Self::Lapse => TransferStatus::Lapsed,
            Self::Stop => TransferStatus::Stopped,
            Self::Complete => TransferStatus::Completed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_but_accepting_closes_a_transfer() {
        for transition in Transition::ALL {
            assert_eq!(transition.leads_to().is_open(), transition == Transition::Accept, "{}", transition.name());
        }
    }
}
