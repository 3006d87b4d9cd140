//! A start's life: what it must be to be recorded, what happens to it afterwards, where it stands on
//! a day, and which changes are in order.

mod changes;
mod event;
mod history;
mod status;
mod terms;

#[cfg(test)]
mod scenarios;

pub use changes::{UnfitChange, WrongState, check_state, unfit_change};
pub use event::{StartChange, StartNote};
pub use history::{StartFacts, StartHistory};
pub use status::StartStatus;
pub use terms::{UnfitTerm, is_uln, latest_end, unfit_terms};
