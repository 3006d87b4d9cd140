//! The demonstration: years of a fictional county council, recorded through the same use cases as
//! any other history, month after month, and held against the same rules.

mod build;
mod story;

pub(crate) use build::{COUNCIL, build};
