//! The JSON interface: a file a resource, handlers that translate.

pub(crate) mod access;
mod accounts;
mod answer;
pub(crate) mod asked;
mod audit;
pub(crate) mod caller;
mod changes;
mod entries;
mod health;
mod levy_funds;
pub(crate) mod page;
pub(crate) mod problem;
pub(crate) mod report;
pub mod server;
pub(crate) mod starts;
pub(crate) mod tables;
pub(crate) mod wire;
