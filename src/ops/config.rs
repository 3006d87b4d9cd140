//! The command line. Every option is also an environment variable; `--help` lists them all.

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};
use uuid::Uuid;

use super::size::Size;
use super::verify::KnownHead;
use crate::domain::calendar::{Month, parse_date};
use crate::domain::people::Role;
use crate::storage::DatabaseUrl;

/// A ledger of apprenticeship levy funds, transfers and starts.
#[derive(Debug, Parser)]
#[command(
    name = "levy-ledger",
    version,
    about,
    after_help = "Logs go to standard error as RUST_LOG says: warn unless it is set, info for a line a request."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Bring the database to the form of this version, then serve.
    Serve(ServeOptions),
    /// Serve a fresh ledger of a fictional county council.
    Demo(DemoOptions),
    /// Bring the database to the form of this version.
    Migrate(Database),
    /// Print the OpenAPI document.
    Openapi,
    /// Recheck the chain and every sum, and print the head.
    Verify {
        /// The database.
        #[command(flatten)]
        database: Database,
        /// A head that was kept elsewhere, as SEQ:HASH, which the chain must pass through.
        #[arg(long, env = "LEVY_LEDGER_EXPECT", value_name = "SEQ:HASH")]
        expect: Option<KnownHead>,
    },
    /// Close a month of every account, which can be stopped and started again at any time.
    CloseMonth {
        /// The month, such as 2026-10. It must be over.
        #[arg(env = "LEVY_LEDGER_MONTH")]
        month: Month,
        /// The database.
        #[command(flatten)]
        database: Database,
    },
    /// Copy a whole ledger into an empty database, such as a file's into one of PostgreSQL, and verify it.
    Copy(CopyOptions),
    /// Import a spreadsheet, CSV or Excel: every row or none.
    #[command(subcommand)]
    Import(ImportCommand),
    /// Write a table of an account to a file, also while the ledger is served.
    Export(ExportOptions),
    /// Tokens for callers of the interface.
    #[command(subcommand)]
    Token(TokenCommand),
}

/// Where the ledger is kept.
#[derive(Clone, Debug, Args)]
pub struct Database {
    /// Where the ledger is kept: sqlite:FILE, or postgres://USER:PASSWORD@HOST/DATABASE.
    #[arg(long, env = "LEVY_LEDGER_DATABASE_URL", default_value = "sqlite:levy-ledger.db")]
    pub database_url: DatabaseUrl,
}

/// How to serve.
#[derive(Clone, Debug, Args)]
pub struct Service {
    /// The address to listen on.
    #[arg(long, env = "LEVY_LEDGER_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// For how many days answers are kept under their idempotency keys, 90 at least.
    #[arg(long, env = "LEVY_LEDGER_IDEMPOTENCY_DAYS", default_value_t = 90,
        value_parser = clap::value_parser!(u32).range(90..))]
    pub idempotency_days: u32,
    /// How large a file that is sent may be, in bytes, or with K, M or G.
    #[arg(long, env = "LEVY_LEDGER_MAX_UPLOAD", value_name = "SIZE", default_value = "512M")]
    pub max_upload: Size,
    /// A file of certificates, PEM, of authorities of your own: they vouch for webhooks' receivers too, beside
    /// those that the machine trusts.
    #[arg(long, env = "LEVY_LEDGER_WEBHOOK_CA", value_name = "FILE")]
    pub webhook_ca: Option<PathBuf>,
}

/// Options of `serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeOptions {
    /// The database.
    #[command(flatten)]
    pub database: Database,
    /// The service.
    #[command(flatten)]
    pub service: Service,
}

/// Options of `demo`.
#[derive(Clone, Debug, Args)]
pub struct DemoOptions {
    /// Where the demonstration is kept: sqlite:FILE or postgres://…, which must not hold a ledger; a temporary file
    /// unless said.
    #[arg(long, env = "LEVY_LEDGER_DEMO_DATABASE_URL")]
    pub database_url: Option<DatabaseUrl>,
    /// The service.
    #[command(flatten)]
    pub service: Service,
}

/// Options of `copy`.
#[derive(Clone, Debug, Args)]
pub struct CopyOptions {
    /// The ledger to copy: sqlite:FILE, or postgres://USER:PASSWORD@HOST/DATABASE.
    #[arg(long, env = "LEVY_LEDGER_COPY_FROM", value_name = "URL")]
    pub from: DatabaseUrl,
    /// Where to copy it: an empty database, or a file that is not there.
    #[arg(long, env = "LEVY_LEDGER_COPY_TO", value_name = "URL")]
    pub to: DatabaseUrl,
}

/// What to import.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Register the providers of a spreadsheet.
    Providers(ImportOptions),
    /// Record the transfers of a spreadsheet.
    Transfers(ImportOptions),
    /// Record the starts of a spreadsheet.
    Starts(ImportOptions),
    /// Record the national service's "download transactions" file: what of it is not held yet.
    Statement(StatementOptions),
}

impl ImportCommand {
    /// Where the ledger is kept.
    #[must_use]
    pub fn database(&self) -> &Database {
        match self {
            Self::Providers(options) | Self::Transfers(options) | Self::Starts(options) => &options.database,
            Self::Statement(options) => &options.database,
        }
    }
}

/// Options of imports of rows.
#[derive(Clone, Debug, Args)]
pub struct ImportOptions {
    /// The spreadsheet: CSV, or an Excel workbook (.xlsx), of which the first sheet is read.
    #[arg(env = "LEVY_LEDGER_IMPORT_FILE")]
    pub file: PathBuf,
    /// The account that it belongs to.
    #[arg(long, env = "LEVY_LEDGER_IMPORT_ACCOUNT", value_name = "ID")]
    pub account: Uuid,
    /// Decide and tell everything, but record nothing.
    #[arg(long, env = "LEVY_LEDGER_IMPORT_DRY_RUN")]
    pub dry_run: bool,
    /// A column of the file and what it is to be read as, nothing to leave it out; repeat for several, or part
    /// them by semicolons.
    #[arg(long = "map", env = "LEVY_LEDGER_IMPORT_MAP", value_name = "THEIRS=OURS", value_delimiter = ';')]
    pub mappings: Vec<String>,
    /// The database.
    #[command(flatten)]
    pub database: Database,
}

/// Options of `export`.
#[derive(Clone, Debug, Args)]
pub struct ExportOptions {
    /// Which table.
    #[arg(value_enum, env = "LEVY_LEDGER_EXPORT_TABLE")]
    pub table: ExportTable,
    /// The account whose table it is.
    #[arg(long, env = "LEVY_LEDGER_EXPORT_ACCOUNT", value_name = "ID")]
    pub account: Uuid,
    /// As what it is written.
    #[arg(long, value_enum, env = "LEVY_LEDGER_EXPORT_FORMAT")]
    pub format: ExportFormat,
    /// The file, which takes the place of one that is there; standard output unless said.
    #[arg(long, env = "LEVY_LEDGER_EXPORT_OUTPUT", value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The state at the end of this day, such as 2026-10-31; today unless said. Of entries, those that
    /// count by then; all unless said.
    #[arg(long, env = "LEVY_LEDGER_EXPORT_AS_AT", value_name = "DATE", value_parser = parse_date)]
    pub as_at: Option<NaiveDate>,
    /// The database.
    #[command(flatten)]
    pub database: Database,
}

/// Options of the import of a statement.
#[derive(Clone, Debug, Args)]
pub struct StatementOptions {
    /// The file as it was downloaded: CSV, or an Excel workbook (.xlsx).
    #[arg(env = "LEVY_LEDGER_IMPORT_FILE")]
    pub file: PathBuf,
    /// The account that it belongs to.
    #[arg(long, env = "LEVY_LEDGER_IMPORT_ACCOUNT", value_name = "ID")]
    pub account: Uuid,
    /// Decide and tell everything, but record nothing.
    #[arg(long, env = "LEVY_LEDGER_IMPORT_DRY_RUN")]
    pub dry_run: bool,
    /// Leave out lines that cannot be read, and take the others.
    #[arg(long, env = "LEVY_LEDGER_IMPORT_PARTIAL")]
    pub partial: bool,
    /// The database.
    #[command(flatten)]
    pub database: Database,
}

/// A table that can be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportTable {
    /// Every entry of the journal.
    Entries,
    /// The funds, lot by lot.
    Funds,
    /// What expired and what lapses next.
    Underspend,
    /// The report of transfers, small groups suppressed.
    Transfers,
    /// What was committed to each provider, and what it drew down.
    Commitments,
    /// What runs out of time within 30 days, and what has.
    Clock,
    /// The journal as the national statement writes it, version 2; its lines dated up to a day.
    Statement,
}

/// As what a table is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// Comma-separated values.
    Csv,
    /// An Excel workbook.
    Xlsx,
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Issue a token and print it, once, alone on the last line of standard output.
    Create {
        /// The database.
        #[command(flatten)]
        database: Database,
        /// admin, apprenticeships, finance or integration.
        #[arg(long, env = "LEVY_LEDGER_TOKEN_ROLE")]
        role: Role,
        /// What to call it.
        #[arg(long, env = "LEVY_LEDGER_TOKEN_NAME")]
        name: String,
        /// An account that it is limited to; repeat for several, or part them by commas. All accounts unless said.
        #[arg(long = "account", env = "LEVY_LEDGER_TOKEN_ACCOUNTS", value_name = "ID", value_delimiter = ',')]
        accounts: Vec<Uuid>,
        /// For how many days it is in force.
        #[arg(long, env = "LEVY_LEDGER_TOKEN_EXPIRES_IN_DAYS", default_value_t = crate::app::tokens::USUAL_DAYS)]
        expires_in_days: u32,
    },
}
