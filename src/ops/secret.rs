//! Secrets of tokens: random, shown once, kept as a hash.

use rand::RngExt;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::storage::events::hex;

/// A new secret: 32 random bytes in hexadecimal.
pub(crate) fn new_secret() -> String {
    let bytes: [u8; 32] = rand::rng().random();
    hex(&bytes)
}

/// How a secret is kept. It is random and long, so that a plain hash cannot be searched.
pub(crate) fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret))
}

/// Whether this is the secret that was kept, in time that does not tell how near it came.
pub(crate) fn matches(secret: &str, kept: &str) -> bool {
    hash(secret).as_bytes().ct_eq(kept.as_bytes()).into()
}
