//! The interface, as its callers use it.

mod accounts;
mod authorisation;
mod conventions;
mod levy_funds;
mod providers;
mod rule_sets;
mod tokens;
