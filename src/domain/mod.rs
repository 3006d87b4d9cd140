//! The rules, pure: values in, values out. No I/O, no clock, no serde, no database.
//!
//! | rule (`docs/rules.md`) | file |
//! |---|---|
//! | money, rounding | [`money`] |
//! | months, allowance years, delivery periods | [`calendar`] |
//! | lots, expiry, claw-back, what can be spent | [`funds`] |
//! | dated parameters, rule sets | [`rules`] |

pub mod calendar;
pub mod funds;
pub mod money;
pub mod rules;
