//! The ledger as it is kept: what is recorded stays, and what is changed behind its back is found.

mod chain;
mod loading;
mod processes;
mod refusals;
mod schema;
pub mod verify;
