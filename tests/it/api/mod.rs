//! The interface, as its callers use it.

mod accounts;
mod audit;
mod authorisation;
mod changes;
mod conventions;
mod dates_ahead;
mod entries;
mod funds;
mod journal;
mod levy_funds;
mod lives;
mod months;
mod payments;
mod payments_of_transfers;
mod providers;
mod race;
mod rule_sets;
mod start_changes;
mod starts;
mod starts_under_transfers;
mod tokens;
mod totals;
mod transfer_report;
pub mod transfers;
mod underspend;
mod workbooks;
