//! A transfer's life: the states it passes through, its recorded history and the changes and starts
//! that are in order.

mod decisions;
mod history;
mod state;

#[cfg(test)]
mod scenarios;

pub use decisions::{
    InvalidTransition, ProposedStart, StartRefused, StartsSoFar, Step, check_employer, check_reschedule, check_start,
    check_transition,
};
pub use history::{Change, ChangeNote, Employer, Terms, TransferChange, TransferFacts, TransferHistory};
pub use state::{TransferStatus, Transition};
