//! What tells a line from others, and tells nothing of it to anybody else: a digest under a random key
//! of the ledger's own.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use rand::RngExt;
use sha2::{Digest, Sha256};

use crate::storage::columns::{StorageError, Stored};
use crate::storage::connection::Db;
use crate::storage::events::hex;
use crate::storage::schema::ledger_secrets;

/// The name that the key is kept under.
const NAME: &str = "statement_lines";

/// A line's digest.
pub(crate) type LineKey = [u8; 16];

/// Digests of lines under the ledger's key.
#[derive(Clone)]
pub(crate) struct LineKeys(Sha256);

impl LineKeys {
    /// Takes the ledger's key from where it is kept.
    pub(crate) fn of(db: &mut Db) -> Stored<Self> {
        let kept = ledger_secrets::table.find(NAME).select(ledger_secrets::value);
        let secret: Option<String> = kept.first(db).optional()?;
        let missing = || StorageError::Unreadable { what: "key of statement lines", value: "(none)".to_owned() };
        // The key fills a whole block of the digest, which is then worked out once.
        let block = format!("{:\0<64}", secret.ok_or_else(missing)?);
        Ok(Self(Sha256::new_with_prefix(block)))
    }

    #[cfg(test)]
    pub(super) fn for_tests(begun: Sha256) -> Self {
        Self(begun)
    }

    /// The digest of a line's canonical text.
    pub(crate) fn key(&self, canonical: &str) -> LineKey {
        let digest = self.0.clone().chain_update(canonical).finalize();
        let mut key = LineKey::default();
        key.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        key
    }
}

/// Makes the ledger's key, where it has none.
pub(crate) fn begin_with(db: &mut Db) -> Stored<()> {
    let there: i64 = ledger_secrets::table.filter(ledger_secrets::name.eq(NAME)).count().get_result(db)?;
    if there == 0 {
        let bytes: [u8; 32] = rand::rng().random();
        // Another process may begin the same ledger at this moment: then its key is the one.
        let secret = hex(&bytes);
        db.batch_execute(&format!(
            "INSERT INTO ledger_secrets (name, value) VALUES ('{NAME}', '{secret}') ON CONFLICT DO NOTHING"
        ))?;
    }
    Ok(())
}
