//! Levy Ledger: levy funds, transfers to providers and apprenticeship starts, with the transfer cap
//! and the expiry enforced.

pub mod api;
mod app;
mod demo;
pub mod domain;
pub mod ops;
pub mod storage;
