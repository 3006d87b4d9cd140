//! Which authorities vouch for those that the service itself calls.

use std::sync::Arc;

use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

/// The authorities that are trusted: those of the machine, and others beside them.
#[derive(Clone, Debug)]
pub struct Trust(RootCerts);

/// A file that holds no certificate of an authority.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("it holds no certificate in PEM form (-----BEGIN CERTIFICATE-----), or one that cannot be read")]
pub struct NoCertificate;

impl Default for Trust {
    /// Those of the machine alone.
    fn default() -> Self {
        Self(RootCerts::PlatformVerifier)
    }
}

impl Trust {
    /// Those of the machine, and those whose certificates these are.
    ///
    /// # Errors
    /// [`NoCertificate`] where there is none, or one cannot be read.
    pub fn also(pem: &[u8]) -> Result<Self, NoCertificate> {
        let mut trusted = Vec::new();
        for item in parse_pem(pem) {
            if let PemItem::Certificate(certificate) = item.map_err(|_| NoCertificate)? {
                trusted.push(certificate);
            }
        }
        if trusted.is_empty() {
            return Err(NoCertificate);
        }
        let of_machine = rustls_native_certs::load_native_certs();
        for cause in &of_machine.errors {
            tracing::warn!(%cause, "an authority that the machine trusts could not be read");
        }
        trusted.extend(of_machine.certs.iter().map(|found| Certificate::from_der(found).to_owned()));
        Ok(Self(RootCerts::Specific(Arc::new(trusted))))
    }

    pub(super) fn roots(&self) -> RootCerts {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        for pem in ["", "a certificate", "-----BEGIN CERTIFICATE-----\nnone"] {
            assert!(Trust::also(pem.as_bytes()).is_err(), "{pem}");
        }
    }
}
