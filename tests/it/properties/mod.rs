//! What holds for every account and all figures, whatever happens.

mod account;
mod funds;
mod transfers;
