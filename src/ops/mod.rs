//! What the service needs around the ledger: time, secrets, settings, logs.

pub mod clock;
pub(crate) mod secret;
