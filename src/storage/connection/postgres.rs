//! A database of a PostgreSQL server: what it has to be, and what its sessions are told.

use std::net::IpAddr;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::{Integer, Text};
use url::{Host, Url};

use super::url::{DatabaseUrl, OpenError};

/// The oldest version that is served: 14.
const OLDEST: i32 = 140_000;

/// What every session is told: to give up waiting for the ledger lock after ten seconds, as for a file;
/// not to compile queries that take microseconds; and to flush each commit to disk, unless the server
/// waits for more than that.
const SETTINGS: &str = "SET TIME ZONE 'UTC'; SET lock_timeout = '10s'; SET jit = off; \
    SET client_min_messages = warning; SET application_name = 'levy-ledger'; \
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')";

/// What a session that only reads is told besides: each transaction sees one state.
pub(super) const READING: &str = "SET default_transaction_read_only = on; \
    SET default_transaction_isolation = 'repeatable read'";

/// What a session is told whose commits need not wait for the disk.
pub(super) const NOT_WAITING: &str = "SET synchronous_commit = off";

/// Opens a session.
pub(super) fn open(place: &DatabaseUrl, url: &Url, also: &str) -> Result<PgConnection, OpenError> {
    if !cfg!(feature = "tls") && !is_local(url) && option(url, "sslmode").as_deref() != Some("disable") {
        return Err(OpenError::Unencrypted(place.clone()));
    }
    let unreachable = |cause: &dyn std::fmt::Display| OpenError::Unreachable {
        url: place.clone(),
        cause: cause.to_string().split_whitespace().collect::<Vec<_>>().join(" "),
    };
    let mut address = url.clone();
    if option(url, "connect_timeout").is_none() {
        address.query_pairs_mut().append_pair("connect_timeout", "10");
    }
    let mut connection = PgConnection::establish(address.as_str()).map_err(|cause| unreachable(&cause))?;
    let server: Server = diesel::sql_query(ASKED).get_result(&mut connection).map_err(|cause| unreachable(&cause))?;
    server.fit().map_err(|why| OpenError::Unfit { url: place.clone(), why })?;
    connection.batch_execute(&format!("{SETTINGS}; {also}")).map_err(|cause| unreachable(&cause))?;
    Ok(connection)
}

const ASKED: &str = "SELECT CAST(current_setting('server_version_num') AS INTEGER) AS version, \
    current_setting('server_encoding') AS encoding";

#[derive(QueryableByName)]
struct Server {
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Text)]
    encoding: String,
}

impl Server {
    fn fit(&self) -> Result<(), String> {
        if self.version < OLDEST {
            let (version, oldest) = (self.version / 10_000, OLDEST / 10_000);
            return Err(format!("PostgreSQL {version} is too old, it takes {oldest} or later"));
        }
        if self.encoding != "UTF8" {
            return Err(format!("its encoding is {}: make a database with ENCODING 'UTF8'", self.encoding));
        }
        Ok(())
    }
}

/// What an address says of an option.
fn option(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Whether the server is on this machine, so that nobody listens on the way.
fn is_local(url: &Url) -> bool {
    let is_loopback = |host: &str| {
        host.is_empty()
            || host.starts_with('/')
            || host.eq_ignore_ascii_case("localhost")
            || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    match option(url, "hostaddr").or_else(|| option(url, "host")) {
        Some(host) => is_loopback(&host),
        None => url.host().is_none_or(|host: Host<&str>| is_loopback(&host.to_string())),
    }
}

/// Whether the session has gone, so that nobody knows by it what became of the last statement.
pub(super) fn is_lost(cause: &Error) -> bool {
    match cause {
        Error::DatabaseError(DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand, _)
        | Error::BrokenTransactionManager => true,
        Error::DatabaseError(_, said) => {
            ["no connection to the server", "server closed the connection", "terminating connection"]
                .iter()
                .any(|lost| said.message().contains(lost))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_servers_of_this_machine_are_asked_without_tls() {
        let local = |url: &str| is_local(&Url::parse(url).unwrap());
        for url in [
            "postgres://localhost/ledger",
            "postgres://levy:x@127.0.0.1:5433/ledger",
            "postgres://[::1]/ledger",
            "postgres:///ledger?host=/run/postgresql",
            "postgres:///ledger",
        ] {
            assert!(local(url), "{url}");
        }
        for url in
            ["postgres://db.example/ledger", "postgres://localhost/ledger?host=db.example", "postgres://10.0.0.7/l"]
        {
            assert!(!local(url), "{url}");
        }
    }

    #[test]
    fn a_server_that_is_too_old_or_knows_too_few_characters_is_refused() {
        let fit = |version, encoding: &str| Server { version, encoding: encoding.to_owned() }.fit();
        assert_eq!(fit(130_016, "UTF8"), Err("PostgreSQL 13 is too old, it takes 14 or later".to_owned()));
        assert!(fit(140_000, "SQL_ASCII").unwrap_err().contains("ENCODING 'UTF8'"));
        assert_eq!(fit(140_000, "UTF8"), Ok(()));
    }
}
