//! The command line of Levy Ledger.

use std::process::ExitCode;

use clap::Parser;
use levy_ledger::ops::{commands, config::Cli, telemetry};

fn main() -> ExitCode {
    let cli = Cli::parse();
    telemetry::start();
    match commands::run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("levy-ledger: {error}");
            ExitCode::FAILURE
        }
    }
}
