//! x
pub(crate) mod problem;
pub(crate) mod wire;
