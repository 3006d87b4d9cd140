//! Where a ledger is kept: a file of SQLite, or a database of a PostgreSQL server.

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A scheme that no database here answers to.
    #[error("the database URL {0:?} names no database: write sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE")]
    UnknownScheme(String),
    /// The address of a server that cannot be read. It is not repeated, since it may hold a password.
    #[error("the database URL cannot be read ({0}): write postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
    Malformed(url::ParseError),
    /// A password and a ledger would cross a network for anybody to read.
    #[error(
        "{0} is another machine, and this program was built without TLS: build it with --features tls, or write ?sslmode=disable where the network is trusted"
    )]
    Unencrypted(DatabaseUrl),
    /// The database cannot be opened.
    #[error("cannot open {url}: {cause}")]
    Unreachable {
        /// Where it was looked for.
        url: DatabaseUrl,
        /// What the database says.
        cause: String,
    },
    /// The server does not do what the ledger needs.
    #[error("{url} cannot keep a ledger: {why}")]
    Unfit {
        /// Where it is.
        url: DatabaseUrl,
        /// What it lacks, and what to do.
        why: String,
    },
    /// Nothing is there.
    #[error("there is no ledger at {0}")]
    Nothing(DatabaseUrl),
}

/// Where the ledger is kept. It is shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(pub(super) Place);

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Place {
    File(PathBuf),
    Server(Box<Url>),
}

impl DatabaseUrl {
    /// A file of SQLite.
    #[must_use]
    pub fn file(path: PathBuf) -> Self {
        Self(Place::File(path))
    }

    /// The file, where the ledger is kept in one.
    #[must_use]
    pub fn as_file(&self) -> Option<&Path> {
        match &self.0 {
            Place::File(path) => Some(path),
            Place::Server(_) => None,
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::File(path) => path.display().fmt(f),
            Place::Server(url) => {
                let mut shown = url.clone();
                // What has no host has no password either. A query can hold one as well.
                let _ = shown.set_password(None);
                shown.set_query(None);
                shown.fmt(f)
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

impl std::str::FromStr for DatabaseUrl {
    type Err = OpenError;

    fn from_str(url: &str) -> Result<Self, OpenError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self(Place::Server(Box::new(Url::parse(url).map_err(OpenError::Malformed)?))));
        }
        let file = url.strip_prefix("sqlite:").map(|file| file.strip_prefix("//").unwrap_or(file));
        match file {
            Some(file) if !file.is_empty() => Ok(Self::file(PathBuf::from(file))),
            Some(_) | None => Err(OpenError::UnknownScheme(url.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for url in
            ["postgres://levy:secret@db.example/ledger", "postgres://db.example/ledger?password=secret&user=levy"]
        {
            let url: DatabaseUrl = url.parse().unwrap();
            assert!(!format!("{url} {url:?} {}", OpenError::Unencrypted(url.clone())).contains("secret"));
        }
        assert_eq!(
            "postgres://levy:secret@db.example:5433/ledger".parse::<DatabaseUrl>().unwrap().to_string(),
            "postgres://levy@db.example:5433/ledger"
        );
    }

    #[test]
    fn an_address_that_cannot_be_read_is_refused_without_repeating_it() {
        let refused = "postgres://levy:secret@db:port/ledger".parse::<DatabaseUrl>().unwrap_err().to_string();
        assert!(!refused.contains("secret"), "{refused}");
        assert!(refused.ends_with("write postgres://USER:PASSWORD@HOST:PORT/DATABASE"), "{refused}");
        let refused = "mysql://db/ledger".parse::<DatabaseUrl>().unwrap_err().to_string();
        assert!(refused.contains("write sqlite:FILE or postgres://"), "{refused}");
    }
}
