//! The interface, as its callers use it.

mod accounts;
mod levy_funds;
mod starts;
