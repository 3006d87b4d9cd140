//! What holds for every account and all figures, whatever happens.

mod account;
mod cap;
mod declarations;
mod funds;
mod histories;
mod steps;
mod transfers;
