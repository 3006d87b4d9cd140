//! The JSON interface: a file a resource, handlers that translate.

pub(crate) mod access;
mod accounts;
mod allowance;
mod answer;
pub(crate) mod asked;
pub(crate) mod caller;
mod entries;
mod health;
mod levy_funds;
pub(crate) mod page;
pub(crate) mod problem;
pub(crate) mod report;
pub mod server;
pub(crate) mod starts;
pub(crate) mod tables;
mod transfer_changes;
mod transfer_forms;
mod transfer_report;
mod transfers;
pub(crate) mod wire;
