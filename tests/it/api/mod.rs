//! The interface, as its callers use it.

mod accounts;
mod audit;
mod authorisation;
mod changes;
mod conventions;
mod dates_ahead;
mod entries;
mod funds;
mod levy_declarations;
mod levy_declarations_as_worked;
mod levy_funds;
mod lives;
mod paye_schemes;
mod payments;
mod payments_of_transfers;
mod providers;
mod race;
mod rule_sets;
mod starts;
mod starts_under_transfers;
mod tokens;
mod totals;
mod transfer_report;
pub mod transfers;
mod underspend;
