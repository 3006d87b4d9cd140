//! A national statement of as many lines as are asked for, the same each time: version 2, levy
//! layout, from the newest line to the oldest, with the file's own quirks. Nobody in it exists.

use std::io::{self, Read, Seek, SeekFrom};

/// Lines of a month of the statement: one of levy, one of expiry, one of a transfer, the rest payments.
const LINES_OF_A_MONTH: u64 = 5_000;
/// The months that there are before they begin again; more lines repeat them.
const MONTHS: u64 = 200;

const HEADER: &str = "Transaction date,Transaction type,Description,PAYE scheme,Payroll month,Levy declared,English %,\
                      10% top up,Cohort reference,Training provider,Unique learner number,Learner,Course name,\
                      Course level,Course type,Paid from levy,Paid from transfer,Your contribution,\
                      Government contribution,Total,\r\n";

/// A line of the statement of `lines` lines, the newest being 0.
pub fn line(place: u64) -> String {
    let month = MONTHS - 1 - (place / LINES_OF_A_MONTH).min(MONTHS - 1);
    let (year, number) = (2010 + month / 12, month % 12 + 1);
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"];
    let label = usize::try_from(number - 1).ok().and_then(|at| names.get(at)).copied().unwrap_or_default();
    let seed = place.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 33;
    match place % LINES_OF_A_MONTH {
        0 => format!(
            "28/{number:02}/{year},Expired Levy,Expired Levy,,,0.00000,0.00000,0.00000,,\"\",,,,,,0.00000,0.00000,\
             0.00000,0.00000,-{}.25000,\r\n",
            seed % 9_000
        ),
        1 => format!(
            "22/{number:02}/{year},Levy,Levy,123/AB45678,{label} {year},100000.00000,90.00000,9000.00000,,\"\",,,,,,\
             0.00000,0.00000,0.00000,0.00000,99000.00000,\r\n"
        ),
        4_999 => format!(
            "05/{number:02}/{year},Transfer,Transfer sent to Small Firm,,,0.00000,0.00000,0.00000,,\"\",,,\
             Early years educator,3,Apprenticeship,0.00000,{0}.50000,0.00000,0.00000,-{0}.50000,\r\n",
            seed % 3_000
        ),
        _ => format!(
            "06/{number:02}/{year},Monthly Payment,Monthly Payment,,,0.00000,0.00000,0.00000,R8KGDR,\
             \"Example College {}\",{},{},Business administrator,3,Apprenticeship,-{amount},0.00000,0.00000,0.00000,\
             -{amount},\r\n",
            seed % 40,
            1_000_000_000 + seed % 900_000_000,
            if place.is_multiple_of(50) { "Learner, A" } else { "A Learner" },
            amount = format_args!("{}.{:05}", seed % 1_000, seed % 100_000),
        ),
    }
}

/// The file of so many lines, made as it is read, so that none of it is held.
pub struct Synthetic {
    lines: u64,
    next: u64,
    piece: io::Cursor<Vec<u8>>,
}

impl Synthetic {
    pub fn new(lines: u64) -> Self {
        Self { lines, next: 0, piece: io::Cursor::new(HEADER.into()) }
    }
}

impl Read for Synthetic {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.piece.position() == self.piece.get_ref().len() as u64 && self.next < self.lines {
            let end = self.lines.min(self.next + 100);
            let piece: String = (self.next..end).map(line).collect();
            (self.next, self.piece) = (end, io::Cursor::new(piece.into_bytes()));
        }
        self.piece.read(into)
    }
}

impl Seek for Synthetic {
    /// Goes to a place within the header, which is all that opening a statement needs.
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::Start(place) if place <= HEADER.len() as u64 => {
                *self = Self::new(self.lines);
                self.piece.set_position(place);
                Ok(place)
            }
            SeekFrom::Start(_) | SeekFrom::End(_) | SeekFrom::Current(_) => {
                Err(io::Error::other("a file that is made as it is read is read from its beginning"))
            }
        }
    }
}
