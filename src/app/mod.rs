//! The use cases, a file each: load, decide, record. The API, the commands and the demonstration
//! share them.

mod refusal;

pub(crate) mod accounts;
pub(crate) mod allowance;
pub(crate) mod audit;
pub(crate) mod changes;
pub(crate) mod clock_list;
pub(crate) mod close_many;
pub(crate) mod declarations;
pub(crate) mod entries;
pub(crate) mod figures;
pub(crate) mod forecast;
pub(crate) mod imports;
pub(crate) mod journal_lines;
pub(crate) mod journal_profiles;
mod known_starts;
pub(crate) mod learners;
pub(crate) mod levy;
pub(crate) mod local;
pub(crate) mod months;
pub(crate) mod paye_schemes;
pub(crate) mod payments;
pub(crate) mod providers;
pub(crate) mod reconciliation;
pub(crate) mod reversals;
pub(crate) mod rule_sets;
#[cfg(test)]
mod scenario;
pub(crate) mod scope;
mod spending;
pub(crate) mod start_changes;
pub(crate) mod start_earnings;
pub(crate) mod starts;
pub(crate) mod statement_export;
pub(crate) mod statements;
pub(crate) mod tokens;
pub(crate) mod totals;
pub(crate) mod transfers;
pub(crate) mod underspend;
pub(crate) mod webhooks;
pub(crate) mod workforce;

use uuid::Uuid;

use crate::domain::facts::Fact;
use crate::domain::journal::Seq;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::writer::{Moment, Receipt};

pub(crate) use refusal::{Fault, Refusal};

/// What a use case that records something has decided.
pub(crate) struct Decision<A> {
    /// What is recorded.
    pub(crate) facts: Vec<Fact>,
    /// The account that it belongs to; none where it belongs to all, or to one that it opens.
    pub(crate) account: Option<Seq>,
    /// The public id of what was made or changed.
    pub(crate) subject: Option<Uuid>,
    /// The answer, once everything recorded has its number.
    pub(crate) answer: Box<dyn FnOnce(&Receipt) -> A + Send>,
}

/// A use case that records something. It says what it has to see, and decides purely.
pub(crate) trait Command: Send + Sized + 'static {
    /// What the caller is told.
    type Answer: 'static;

    /// What has to be loaded.
    fn needs(&self) -> Needs;

    /// Decides.
    ///
    /// # Errors
    /// [`Refusal`], with the figures; then nothing is recorded.
    fn decide(self, ledger: &Ledger, now: Moment) -> Result<Decision<Self::Answer>, Refusal>;
}

/// Refuses when faults were found, all of them at once.
pub(crate) fn refuse_faults(faults: Vec<Fault>) -> Result<(), Refusal> {
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
}
