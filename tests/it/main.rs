//! The service from outside: worked cases and invariants.

#[cfg(test)]
mod cases;
#[cfg(test)]
mod properties;
