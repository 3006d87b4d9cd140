//! The rules, pure: values in, values out. No I/O, no clock, no serde, no database.
//!
//! | rule (`docs/rules.md`) | file |
//! |---|---|
//! | money, rounding | [`money`] |
//! | months, allowance years, delivery periods | [`calendar`] |
//! | dated parameters, rule sets | [`rules`] |

pub mod calendar;
pub mod money;
pub mod rules;
