//! The interface, as its callers use it.

mod accounts;
mod audit;
mod changes;
mod levy_funds;
