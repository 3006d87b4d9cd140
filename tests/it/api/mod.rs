//! The interface, as its callers use it.

mod accounts;
mod entries;
mod levy_funds;
mod payments;
