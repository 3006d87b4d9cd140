//! What the service needs around the ledger: the command line, time, secrets, logs.

pub mod clock;
pub mod close_month;
pub mod commands;
pub mod config;
mod copy;
mod export;
mod import;
mod import_statement;
pub(crate) mod secret;
pub mod size;
pub mod telemetry;
pub mod verify;
