//! Who may do what: the areas of the interface, and the roles that read and write each.

use crate::domain::people::Role::{self, Admin, Apprenticeships, Finance, Integration};

/// A part of the interface with rights of its own.
pub(crate) trait Area: 'static {
    /// The roles that may read it.
    const READ: &'static [Role];
    /// The roles that may write it.
    const WRITE: &'static [Role];
}

/// Whether a role may read a part of the interface.
pub(crate) fn may_read<A: Area>(role: Role) -> bool {
    A::READ.contains(&role)
}

const EVERYONE: &[Role] = &[Admin, Apprenticeships, Finance, Integration];

/// Totals, reports, funds, allowance and changes.
pub(crate) struct Figures;
/// Figures that are asked for with a body, and of which nothing is recorded.
pub(crate) struct Questions;
/// Providers and transfers.
pub(crate) struct Agreements;
/// Starts.
pub(crate) struct Starts;
/// Levy, payments, entries and reversals.
pub(crate) struct Money;
/// Accounts and rule sets.
pub(crate) struct Setup;
/// The audit chain.
pub(crate) struct Audit;
/// Tokens.
pub(crate) struct Tokens;

impl Area for Figures {
    const READ: &'static [Role] = EVERYONE;
    const WRITE: &'static [Role] = &[];
}

impl Area for Questions {
    const READ: &'static [Role] = EVERYONE;
    const WRITE: &'static [Role] = EVERYONE;
}

impl Area for Agreements {
    const READ: &'static [Role] = &[Admin, Apprenticeships, Finance];
    const WRITE: &'static [Role] = &[Admin, Apprenticeships];
}

impl Area for Starts {
    const READ: &'static [Role] = &[Admin, Apprenticeships, Finance];
    const WRITE: &'static [Role] = &[Admin, Apprenticeships];
}

impl Area for Money {
    const READ: &'static [Role] = &[Admin, Apprenticeships, Finance];
    const WRITE: &'static [Role] = &[Admin, Finance];
}

impl Area for Setup {
    const READ: &'static [Role] = EVERYONE;
    const WRITE: &'static [Role] = &[Admin];
}

impl Area for Audit {
    const READ: &'static [Role] = &[Admin, Finance];
    const WRITE: &'static [Role] = &[];
}

impl Area for Tokens {
    const READ: &'static [Role] = &[Admin];
    const WRITE: &'static [Role] = &[Admin];
}
