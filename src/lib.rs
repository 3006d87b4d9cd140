//! Levy Ledger: levy funds, transfers to providers and apprenticeship starts, with the transfer cap
//! and the expiry enforced.
//!
//! # The house
//!
//! | part | what it holds |
//! |---|---|
//! | [`domain`] | the rules, pure: money, calendars, expiry, allowance, earnings |
//! | [`storage`] | one writer, many readers, the journal and its hash chain |
//! | `app` | the use cases, a file each: load, decide, record |
//! | [`api`] | the JSON interface: a file a resource, handlers that translate |
//! | [`statement`] | the national statement, read and written, as CSV and as a workbook |
//! | `demo` | the history of a fictional county council, recorded through the same use cases |
//! | [`ops`] | the command line, the clock, secrets, logs |
//!
//! Imports go one way, `domain ← storage ← app ← {api, statement} ← ops`, `api` reading files through
//! `statement`, and a test holds them to it.
//!
//! # One request
//!
//! `POST /v1/accounts/{id}/levy-funds` comes in at `api::server`, where it is given its id.
//! `api::asked` finds out who asks and whether they may, and reads the body into domain types, or
//! answers with the field at fault. The handler in `api::levy_funds` makes of it the use case
//! `app::levy::RecordLevy` and hands it to the writer, `storage::writer`. The writer takes the
//! ledger lock, loads the account (`storage::ledger`) together with what the other commands of its
//! batch need, and has the use case decide: its facts, or a refusal with the figures. The facts
//! take their numbers and become rows (`storage::recording`), an event chains them to everything
//! before, and one commit makes the whole batch durable. Only then is the answer sent.

pub mod api;
mod app;
mod demo;
pub mod domain;
pub mod ops;
pub mod statement;
pub mod storage;
