//! How much memory this process holds.

use super::Outcome;

/// Begins to measure the peak anew; gives what is resident now, in KiB.
pub fn forget_peak() -> Outcome<u64> {
    std::fs::write("/proc/self/clear_refs", "5")?;
    figure("VmRSS:")
}

/// The most that was resident since then, in KiB.
pub fn peak() -> Outcome<u64> {
    figure("VmHWM:")
}

fn figure(name: &str) -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such figure")?;
    Ok(line.split_whitespace().next().ok_or("no figure")?.parse()?)
}
