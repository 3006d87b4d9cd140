//! Bytes to text: UTF-8 or Windows-1252 as the first line that is more than ASCII tells, UTF-16 as
//! its byte order mark tells. A line in another encoding than those before is a fault.

use std::borrow::Cow;
use std::io::{BufRead, Read};

use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::fault::LineCause;

/// The encoding of a file, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Only ASCII so far.
    Undecided,
    Utf8,
    Windows1252,
    /// Turned to UTF-8 before it is split into lines.
    Utf16(Endian),
}

/// Which byte of a pair comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endian {
    Little,
    Big,
}

impl Encoding {
    /// What the file's first bytes tell, and how many of them are the mark that does.
    pub fn of_start(start: &[u8]) -> (Self, u64) {
        match start {
            [0xEF, 0xBB, 0xBF, ..] => (Self::Utf8, 3),
            [0xFF, 0xFE, ..] => (Self::Utf16(Endian::Little), 2),
            [0xFE, 0xFF, ..] => (Self::Utf16(Endian::Big), 2),
            _ => (Self::Undecided, 0),
        }
    }

    /// The text of a line; the first one with more than ASCII decides for the file.
    pub fn decode<'b>(&mut self, bytes: &'b [u8]) -> Result<Cow<'b, str>, LineCause> {
        if bytes.contains(&0) {
            return Err(LineCause::NotText);
        }
        let utf8 = std::str::from_utf8(bytes);
        match (*self, utf8) {
            (_, Ok(text)) if text.is_ascii() => Ok(Cow::Borrowed(text)),
            (Self::Undecided | Self::Utf8, Ok(text)) => {
                *self = Self::Utf8;
                Ok(Cow::Borrowed(text))
            }
            // Where a pair of bytes was no character, the decoder has put this mark.
            (Self::Utf16(_), Ok(text)) if text.contains(char::REPLACEMENT_CHARACTER) => Err(LineCause::NotText),
            (Self::Utf16(_), Ok(text)) => Ok(Cow::Borrowed(text)),
            (Self::Utf16(_), Err(_)) => Err(LineCause::NotText),
            (Self::Utf8, Err(_)) => Err(LineCause::MixedEncoding { expected: "UTF-8" }),
            (Self::Windows1252, Ok(_)) => Err(LineCause::MixedEncoding { expected: "Windows-1252" }),
            (Self::Undecided | Self::Windows1252, Err(_)) => {
                let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
                // Five bytes of Windows-1252 are no character; others would be control codes.
                if text.chars().any(|c| ('\u{80}'..='\u{9F}').contains(&c)) {
                    return Err(LineCause::NotText);
                }
                *self = Self::Windows1252;
                Ok(text)
            }
        }
    }
}

/// UTF-16 as UTF-8, piece by piece.
pub(super) struct Utf16<R> {
    source: R,
    decoder: Decoder,
    text: Vec<u8>,
    given: usize,
    finished: bool,
}

impl<R: BufRead> Utf16<R> {
    pub fn new(source: R, endian: Endian) -> Self {
        let encoding = match endian {
            Endian::Little => UTF_16LE,
            Endian::Big => UTF_16BE,
        };
        let decoder = encoding.new_decoder_without_bom_handling();
        Self { source, decoder, text: Vec::new(), given: 0, finished: false }
    }

    /// Turns the next piece of the source.
    fn refill(&mut self) -> std::io::Result<()> {
        let bytes = self.source.fill_buf()?;
        let last = bytes.is_empty();
        self.text.resize(16 * 1024, 0);
        self.given = 0;
        let (result, read, written, _) = self.decoder.decode_to_utf8(bytes, &mut self.text, last);
        self.text.truncate(written);
        self.source.consume(read);
        self.finished = last && result == CoderResult::InputEmpty;
        Ok(())
    }
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        while self.given == self.text.len() && !self.finished {
            self.refill()?;
        }
        let mut rest = self.text.get(self.given..).unwrap_or_default();
        let read = rest.read(into)?;
        self.given += read;
        Ok(read)
    }
}
