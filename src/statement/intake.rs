//! From a file to what the ledger takes: each line read once, put aside or refused.

use std::io::{Read, Seek, SeekFrom};

use sha2::{Digest, Sha256};

use super::fault::{FileFault, LineCause};
use super::line::{Line, Uln};
use super::reader::Statement;
use crate::app::statements::{FileFacts, StatementFile};
use crate::storage::events::hex;

/// How much of a file is read at a time.
const AT_ONCE: usize = 64 * 1024;

/// Reads a whole file into one that was begun.
///
/// # Errors
/// [`FileFault`] for what is no statement, or cannot be read to its end.
pub(crate) fn take_in(mut source: impl Read + Seek, file: &mut StatementFile) -> Result<FileFacts, FileFault> {
    let digest = digest_of(&mut source)?;
    let mut statement = Statement::open(source)?;
    let layout = statement.layout();
    for line in statement.lines()? {
        match line {
            Ok(line) => put_aside(&line, file)?,
            // What follows was not read, so that the rest is no part of the file.
            Err(fault) if matches!(fault.cause, LineCause::Unreadable(_)) => {
                return Err(FileFault::Io(std::io::Error::other(fault.to_string())));
            }
            Err(fault) => file.refuse(fault.line, || fault.cause.to_string()),
        }
    }
    file.finish()?;
    let version = layout.version().number();
    Ok(FileFacts { version, layout: layout.name(), digest, refused: 0 })
}

fn put_aside(line: &Line, file: &mut StatementFile) -> std::io::Result<()> {
    let uln = line.uln.as_ref().map(Uln::as_str).and_then(|digits| digits.parse().ok());
    file.take(&line.stated(), uln, &line.canonical())
}

fn digest_of(source: &mut (impl Read + Seek)) -> std::io::Result<String> {
    source.seek(SeekFrom::Start(0))?;
    let (mut digest, mut piece) = (Sha256::new(), vec![0; AT_ONCE]);
    loop {
        let read = source.read(&mut piece)?;
        if read == 0 {
            break;
        }
        digest.update(piece.get(..read).unwrap_or_default());
    }
    source.seek(SeekFrom::Start(0))?;
    Ok(hex(&digest.finalize()))
}
