//! The JSON interface: a file a resource, handlers that translate.

pub(crate) mod access;
mod accounts;
mod answer;
pub(crate) mod asked;
pub(crate) mod caller;
mod entries;
mod health;
mod learners;
mod levy_funds;
pub(crate) mod page;
mod private;
pub(crate) mod problem;
pub(crate) mod report;
pub mod server;
mod start_earnings;
mod starts;
pub(crate) mod tables;
pub(crate) mod wire;
