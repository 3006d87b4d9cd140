//! Logs on standard error, as `RUST_LOG` says.

use tracing_subscriber::EnvFilter;

/// Starts logging. Warnings and errors alone, unless `RUST_LOG` says otherwise.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
