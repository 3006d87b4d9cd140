//! The command that rechecks a ledger, and holds it against a head that was kept elsewhere.

use std::io::{IsTerminal, Write};
use std::str::FromStr;

use super::clock::SystemClock;
use super::commands::{CommandError, say};
use crate::domain::journal::Seq;
use crate::storage::{Clock, DatabaseUrl, Inspection};

/// A head that was kept elsewhere: the last number then, and the hash of its event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownHead {
    seq: Seq,
    hash: String,
}

impl std::fmt::Display for KnownHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

/// A text that is no head.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a head is written SEQ:HASH, a number and 64 hexadecimal digits, as verify prints it")]
pub struct NoHead;

impl FromStr for KnownHead {
    type Err = NoHead;

    fn from_str(text: &str) -> Result<Self, NoHead> {
        let (seq, hash) = text.split_once(':').ok_or(NoHead)?;
        let is_number = !seq.is_empty() && seq.bytes().all(|b| b.is_ascii_digit());
        let is_hash = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        let seq = seq.parse().ok().filter(|_| is_number && is_hash).ok_or(NoHead)?;
        Ok(Self { seq, hash: hash.to_ascii_lowercase() })
    }
}

/// Rechecks everything and prints the head on standard output, faults on standard error.
///
/// # Errors
/// [`CommandError`] when there is no ledger, on any fault, and when the chain does not pass through
/// the head that is expected.
pub(crate) fn verify(url: &DatabaseUrl, expect: Option<&KnownHead>) -> Result<(), CommandError> {
    let mut ledger = Inspection::open(url)?;
    let mut progress = Progress { shown: std::io::stderr().is_terminal() };
    let found = ledger.verify(SystemClock.today(), &mut |done, of| progress.show(done, of))?;
    progress.clear();
    say(&found.head)?;
    for fault in &found.faults {
        let place = fault.seq.map_or_else(String::new, |seq| format!("{seq}: "));
        eprintln!("{place}{}", fault.detail);
    }
    if found.fault_count > 0 {
        return Err(CommandError::Refused(match found.fault_count {
            1 => "1 fault".to_owned(),
            count if count > found.faults.len() => format!("{count} faults, of which the first are shown"),
            count => format!("{count} faults"),
        }));
    }
    if let Some(head) = expect {
        if !ledger.passes_through(head.seq, &head.hash)? {
            return Err(CommandError::Refused(format!("the chain does not pass through {head}")));
        }
        say(format_args!(
            "ok: everything up to {} is as it was recorded, and the chain passes through {head}",
            found.to
        ))?;
        return Ok(());
    }
    say(format_args!("ok: everything up to {} is as it was recorded", found.to))?;
    Ok(())
}

/// One line on a terminal that says how far it has come.
struct Progress {
    shown: bool,
}

impl Progress {
    fn show(&mut self, done: Seq, of: Seq) {
        self.write(&format!("\r{done} of {of} rechecked"));
    }

    fn clear(&mut self) {
        self.write("\r\u{1b}[2K");
    }

    fn write(&mut self, text: &str) {
        // A terminal that went away is told nothing more.
        if self.shown {
            let mut terminal = std::io::stderr();
            self.shown = terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush()).is_ok();
        }
    }
}
