//! The commands, a function each. A command that fails says one line of what to do.

use std::io::{IsTerminal, Write};
use std::net::TcpListener;
use std::sync::Arc;

use uuid::Uuid;

use super::clock::SystemClock;
use super::close_month::close_month;
use super::config::{Command, Database, DemoOptions, ServeOptions, Service, TokenCommand};
use super::copy::copy;
use super::export::export;
use super::import::import;
use super::verify;
use crate::api::deliveries::DeliveryOptions;
use crate::api::server::{self, ServerOptions};
use crate::api::traffic;
use crate::api::trust::Trust;
use crate::app::local::{LocalError, operator, record};
use crate::app::scope::Scope;
use crate::app::tokens::{IssueToken, USUAL_DAYS};
use crate::domain::people::Role;
use crate::storage::{DatabaseUrl, StorageError, Store, StoreOptions};

/// Why a command failed, in one line.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A rule, or the ledger, refused.
    #[error("{0}")]
    Refused(String),
    /// The address to listen on.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the operating system says.
        cause: std::io::Error,
    },
    /// Input or output.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl From<LocalError> for CommandError {
    fn from(error: LocalError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Runs a command.
///
/// # Errors
/// [`CommandError`], in one line.
pub fn run(command: Command) -> Result<(), CommandError> {
    match command {
        Command::Serve(options) => serve(&options),
        Command::Demo(options) => demo(&options),
        Command::Migrate(database) => migrate(&database),
        Command::Openapi => openapi(),
        Command::Verify { database, expect } => verify::verify(&database.database_url, expect.as_ref()),
        Command::CloseMonth { month, database } => close_month(&open(&database.database_url, 90)?, month),
        Command::Copy(options) => copy(&options),
        Command::Import(what) => import(&open(&what.database().database_url, 90)?, &what),
        Command::Export(options) => export(&options),
        Command::Token(TokenCommand::Create { database, role, name, accounts, expires_in_days }) => {
            let accounts = (!accounts.is_empty()).then_some(accounts);
            let store = open(&database.database_url, 90)?;
            say(issue_token(&store, role, &name, accounts, expires_in_days)?)?;
            Ok(())
        }
    }
}

/// Says a line on standard output. Whoever reads it may have gone, which is no reason to panic.
pub(super) fn say(line: impl std::fmt::Display) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}

fn open(url: &DatabaseUrl, idempotency_days: u32) -> Result<Store, CommandError> {
    let readers = std::thread::available_parallelism().map_or(4, |cores| u32::try_from(cores.get()).unwrap_or(4) * 2);
    let clock = Arc::new(SystemClock);
    Ok(Store::open(StoreOptions { url: url.clone(), clock, idempotency_days, readers })?)
}

fn migrate(database: &Database) -> Result<(), CommandError> {
    let applied = Store::migrate(&database.database_url)?;
    say(format_args!("{} migrations applied to {}", applied.len(), database.database_url))?;
    Ok(())
}

fn openapi() -> Result<(), CommandError> {
    let document = server::document().to_pretty_json().map_err(std::io::Error::other)?;
    say(document)?;
    Ok(())
}

/// Issues a token as the operator of this machine; gives the whole of it.
///
/// # Errors
/// [`CommandError::Refused`] when an account is not there or the days are out of range.
pub fn issue_token(
    store: &Store,
    role: Role,
    name: &str,
    accounts: Option<Vec<Uuid>>,
    expires_in_days: u32,
) -> Result<String, CommandError> {
    let id = Uuid::now_v7();
    let command = IssueToken { scope: Scope::default(), id, name: name.to_owned(), role, accounts, expires_in_days };
    let issued = record(store, &operator("operator"), command)?;
    Ok(issued.whole.unwrap_or_default())
}

fn serve(options: &ServeOptions) -> Result<(), CommandError> {
    let store = open(&options.database.database_url, options.service.idempotency_days)?;
    if store.is_empty()? {
        if std::io::stdout().is_terminal() {
            say(format_args!("This ledger is empty. An administrator's token, shown this once:"))?;
            say(issue_token(&store, Role::Admin, "first administrator", None, USUAL_DAYS)?)?;
        } else {
            say(format_args!(
                "This ledger is empty: levy-ledger token create --role admin --name NAME makes a first token"
            ))?;
        }
    }
    listen(store, &options.service, |address| {
        say(format_args!("Serving at http://{address}, described at http://{address}/docs/"))
    })
}

/// Serves a fresh ledger with the history of a fictional county council.
fn demo(options: &DemoOptions) -> Result<(), CommandError> {
    let folder = tempfile::tempdir()?;
    let url = match &options.database_url {
        Some(url) => url.clone(),
        None => DatabaseUrl::file(folder.path().join("demo.db")),
    };
    let store = open(&url, options.service.idempotency_days)?;
    if !store.is_empty()? {
        let what = format!("{url} holds a ledger: name a new file or an empty database for the demonstration");
        return Err(CommandError::Refused(what));
    }
    say(format_args!("Recording the history of {}, which does not exist ...", crate::demo::COUNCIL))?;
    let account = crate::demo::build(&store, store.clock().today())?;
    let token = issue_token(&store, Role::Admin, "demonstration", None, USUAL_DAYS)?;
    listen(store, &options.service, |address| {
        let base = format!("http://{address}");
        say(format_args!("\nThe token of its administrator, for Authorization: Bearer:\n\n{token}\n"))?;
        say(format_args!("Look at\n  {base}/docs/\n  {base}/v1/accounts/{account}/totals"))?;
        say(format_args!("  {base}/v1/accounts/{account}/reports/transfers?as_at=2021-08-12"))?;
        say(format_args!("  {base}/v1/accounts/{account}/underspend?as_at=2019-11-30&from=2019-04&to=2019-11"))?;
        say(format_args!("\nCtrl-C stops it. Its database is {url}."))
    })
}

/// Whom the service trusts to vouch for receivers of webhooks.
fn trust(service: &Service) -> Result<Trust, CommandError> {
    let Some(file) = &service.webhook_ca else { return Ok(Trust::default()) };
    let refused = |cause: &dyn std::fmt::Display| {
        CommandError::Refused(format!("--webhook-ca: {} cannot be used: {cause}", file.display()))
    };
    let pem = std::fs::read(file).map_err(|cause| refused(&cause))?;
    Trust::also(&pem).map_err(|cause| refused(&cause))
}

/// Serves until told to stop. `announce` is told the address once it listens.
fn listen(
    store: Store,
    service: &Service,
    announce: impl FnOnce(std::net::SocketAddr) -> std::io::Result<()>,
) -> Result<(), CommandError> {
    let deliveries = DeliveryOptions { trust: trust(service)?, ..DeliveryOptions::default() };
    let failed = |cause| CommandError::Listen { address: service.listen, cause };
    let listener = TcpListener::bind(service.listen).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    tracing::info!(%address, "serving");
    announce(address)?;
    traffic::measure();
    let (writer, watched) = (store.writer().clone(), store.writer().clone());
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let options = ServerOptions { max_upload: service.max_upload.bytes(), deliveries, ..ServerOptions::with(workers) };
    actix_web::rt::System::new().block_on(async move {
        let server = server::serve(store, listener, options)?;
        let handle = server.handle();
        actix_web::rt::spawn(async move {
            watched.stopped().await;
            handle.stop(true).await;
        });
        server.await
    })?;
    if writer.has_stopped() {
        let what = "the outcome of a commit is unknown, so that nothing more was recorded: see to the disk, run \
            levy-ledger verify, and start again";
        return Err(CommandError::Refused(what.to_owned()));
    }
    writer.drain();
    Ok(())
}
