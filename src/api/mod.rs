//! The JSON interface: a file a resource, handlers that translate.

pub(crate) mod access;
mod accounts;
mod answer;
pub(crate) mod asked;
pub(crate) mod caller;
mod entries;
mod figures;
mod funds;
mod health;
mod learners;
mod levy_funds;
pub(crate) mod page;
pub(crate) mod paths;
mod payments;
mod private;
pub(crate) mod problem;
mod providers;
pub(crate) mod report;
mod rule_sets;
pub mod server;
mod start_earnings;
mod starts;
pub(crate) mod tables;
mod tokens;
mod totals;
mod underspend;
pub(crate) mod wire;
