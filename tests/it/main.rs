//! The service from outside, in one binary: worked cases, invariants, the interface.

#[cfg(test)]
mod api;
#[cfg(test)]
mod architecture;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod closing_many;
#[cfg(test)]
mod copying;
#[cfg(test)]
mod databases;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod exporting;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod instances;
#[cfg(test)]
mod postgres_server;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod statement;
#[cfg(test)]
mod storage;
#[cfg(test)]
mod webhooks_over_tls;
