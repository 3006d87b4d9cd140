//! What holds for every account, whatever happens to it.

mod account;
mod funds;
