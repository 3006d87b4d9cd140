//! The national service's statements: staged in sorted runs without the ledger's lock, then gone
//! through in the order of their lines, against what is held, in one bounded pass.

pub(crate) mod bulk;
mod held;
mod listing;
mod months;
mod passage;
mod recording;
mod secret;
mod staging;

pub(crate) use held::accounts_of_schemes;
pub(crate) use listing::{ImportedStatement, page};
pub(crate) use months::{contributions, contributions_through, stated_months};
pub(crate) use recording::{FileFacts, hash_line};
pub(crate) use secret::{LineKeys, begin_with as begin_with_secret};
pub(crate) use staging::Staging;
