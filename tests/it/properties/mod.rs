//! What holds for every account and all figures, whatever happens.

mod account;
mod cap;
mod closes;
mod declarations;
mod earnings;
mod funds;
mod histories;
mod month_end;
mod promised;
mod steps;
mod transfers;
