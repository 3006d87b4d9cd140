//! What a server of PostgreSQL does of statements alone: `pgbench`, at as many clients as the ledger has.

use std::process::Command;

use super::Outcome;
use super::place::Place;

/// Transactions a second that it reaches with a script; none where the place is no server.
pub fn pgbench(place: &Place, url: &str, script: &str, seconds: u32) -> Outcome<Option<f64>> {
    let Some(programs) = &place.programs else { return Ok(None) };
    let file = place.folder.path().join("script.sql");
    std::fs::write(&file, script)?;
    let done = Command::new(programs.join("pgbench"))
        .args(["--no-vacuum", "--protocol=prepared", "--client=64", "--jobs=2"])
        .arg(format!("--time={seconds}"))
        .arg("--file")
        .arg(&file)
        .arg(url)
        .output()?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    match rate {
        Some(rate) if done.status.success() => Ok(Some(rate)),
        _ => Err(format!("pgbench: {said} {}", String::from_utf8_lossy(&done.stderr)).into()),
    }
}
