//! The interface, as its callers use it.

mod accounts;
mod levy_funds;
mod race;
mod transfer_report;
pub mod transfers;
