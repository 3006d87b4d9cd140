//! The interface, as its callers use it.

mod accounts;
mod funds;
mod levy_funds;
mod totals;
mod underspend;
