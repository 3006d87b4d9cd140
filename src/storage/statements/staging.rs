//! The lines of a file on their way: put in order by their day and digest in runs on disk, so that
//! memory does not grow with the file, and merged when they are read back. The runs have no name, so
//! that nothing of a learner stays behind, however the process ends.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use chrono::{Datelike, NaiveDate};

use super::secret::{LineKey, LineKeys};
use crate::domain::calendar::Month;
use crate::domain::journal::EntryKind;
use crate::domain::money::Money;
use crate::domain::names::Named;
use crate::domain::statements::StatedLine;

/// How much is put in order at a time.
const RUN: usize = 8 * 1024 * 1024;
/// How much of a run is read at a time.
const READ_AHEAD: usize = 64 * 1024;

/// A line with what tells it from others, and whose learning it pays for.
#[derive(Clone, Debug)]
pub(crate) struct Staged {
    pub(crate) key: LineKey,
    pub(crate) line: StatedLine,
    pub(crate) uln: Option<u64>,
}

/// What the lines of a month and kind come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sighting {
    pub(crate) lines: i64,
    pub(crate) amount: Money,
    pub(crate) employer: Money,
    pub(crate) government: Money,
}

impl Sighting {
    pub(crate) fn count(&mut self, line: &StatedLine, times: u32) {
        for _ in 0..times {
            self.lines += 1;
            self.amount += line.amount;
            self.employer += line.employer;
            self.government += line.government;
        }
    }
}

/// A whole file, staged.
pub(crate) struct Staging {
    keys: LineKeys,
    bytes: Vec<u8>,
    order: Vec<(NaiveDate, LineKey, usize, usize)>,
    runs: Vec<File>,
    /// What its lines come to.
    pub(crate) sightings: BTreeMap<(Month, EntryKind), Sighting>,
    /// The PAYE schemes that it names.
    pub(crate) schemes: BTreeSet<String>,
    /// The days of its first line and its last.
    pub(crate) days: Option<(NaiveDate, NaiveDate)>,
}

impl Staging {
    pub(crate) fn new(keys: LineKeys) -> Self {
        let (bytes, order) = (Vec::with_capacity(RUN), Vec::new());
        let (sightings, schemes) = (BTreeMap::new(), BTreeSet::new());
        Self { keys, bytes, order, runs: Vec::new(), sightings, schemes, days: None }
    }

    /// Takes a line. Its canonical text makes it the same as another.
    pub(crate) fn push(&mut self, line: &StatedLine, uln: Option<u64>, canonical: &str) -> io::Result<()> {
        self.sightings.entry((line.month, line.kind)).or_default().count(line, 1);
        if let Some(scheme) = line.paye_scheme.as_ref().filter(|scheme| !self.schemes.contains(*scheme)) {
            self.schemes.insert(scheme.clone());
        }
        let (first, last) = self.days.unwrap_or((line.date, line.date));
        self.days = Some((first.min(line.date), last.max(line.date)));
        let key = self.keys.key(canonical);
        let from = self.bytes.len();
        write_line(&mut self.bytes, &key, line, uln)?;
        self.order.push((line.date, key, from, self.bytes.len()));
        if self.bytes.len() >= RUN { self.end_run() } else { Ok(()) }
    }

    fn end_run(&mut self) -> io::Result<()> {
        self.order.sort_unstable();
        let mut run = BufWriter::new(tempfile::tempfile()?);
        for (_, _, from, to) in self.order.drain(..) {
            run.write_all(self.bytes.get(from..to).unwrap_or_default())?;
        }
        self.bytes.clear();
        self.runs.push(run.into_inner().map_err(io::IntoInnerError::into_error)?);
        Ok(())
    }

    /// Says that every line was taken.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        if !self.order.is_empty() {
            self.end_run()?;
        }
        (self.bytes, self.order) = (Vec::new(), Vec::new());
        Ok(())
    }

    /// Its lines in order, from the first each time.
    pub(crate) fn lines(&mut self) -> io::Result<Merged<'_>> {
        let mut merged = Merged { runs: Vec::with_capacity(self.runs.len()), heads: BinaryHeap::new() };
        for run in &mut self.runs {
            run.seek(SeekFrom::Start(0))?;
            merged.runs.push(Run { file: BufReader::with_capacity(READ_AHEAD, run), next: None });
        }
        for at in 0..merged.runs.len() {
            merged.advance(at)?;
        }
        Ok(merged)
    }
}

struct Run<'s> {
    file: BufReader<&'s mut File>,
    next: Option<Staged>,
}

/// The lines of all runs in one order.
pub(crate) struct Merged<'s> {
    runs: Vec<Run<'s>>,
    heads: BinaryHeap<Reverse<(NaiveDate, LineKey, usize)>>,
}

impl Merged<'_> {
    fn advance(&mut self, at: usize) -> io::Result<Option<Staged>> {
        let Some(run) = self.runs.get_mut(at) else { return Ok(None) };
        let next = read_line(&mut run.file)?;
        self.heads.extend(next.as_ref().map(|next| Reverse((next.line.date, next.key, at))));
        Ok(std::mem::replace(&mut run.next, next))
    }

    /// The next line, if there is one.
    pub(crate) fn next(&mut self) -> io::Result<Option<Staged>> {
        match self.heads.pop() {
            Some(Reverse((_, _, at))) => self.advance(at),
            None => Ok(None),
        }
    }
}

/// Writes a line: figures of fixed width, then texts behind their lengths.
fn write_line(into: &mut Vec<u8>, key: &LineKey, line: &StatedLine, uln: Option<u64>) -> io::Result<()> {
    let kind = EntryKind::ALL.iter().position(|kind| *kind == line.kind).unwrap_or_default();
    into.write_all(key)?;
    into.write_all(&[u8::try_from(kind).unwrap_or_default()])?;
    into.write_all(&line.date.num_days_from_ce().to_le_bytes())?;
    for month in [Some(line.month), line.payroll_month, line.lot] {
        into.write_all(&month.map_or(0, Month::stored).to_le_bytes())?;
    }
    for amount in [line.amount, line.employer, line.government] {
        into.write_all(&amount.units().to_le_bytes())?;
    }
    into.write_all(&uln.unwrap_or(u64::MAX).to_le_bytes())?;
    for text in [&line.paye_scheme, &line.note] {
        let text = text.as_deref().unwrap_or_default();
        into.write_all(&u32::try_from(text.len()).unwrap_or(0).to_le_bytes())?;
        into.write_all(text.as_bytes())?;
    }
    Ok(())
}

fn read_line(from: &mut impl Read) -> io::Result<Option<Staged>> {
    let mut key = LineKey::default();
    match from.read_exact(&mut key) {
        Err(end) if end.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let mut from = Fields(from);
    let [kind] = from.bytes()?;
    let kind = EntryKind::ALL.get(usize::from(kind)).copied().ok_or_else(damaged)?;
    let date = NaiveDate::from_num_days_from_ce_opt(i32::from_le_bytes(from.bytes()?)).ok_or_else(damaged)?;
    let (month, payroll_month, lot) = (from.month()?, from.month()?, from.month()?);
    let (amount, employer, government) = (from.money()?, from.money()?, from.money()?);
    let uln = Some(u64::from_le_bytes(from.bytes()?)).filter(|uln| *uln != u64::MAX);
    let (paye_scheme, note) = (from.text()?, from.text()?);
    let month = month.ok_or_else(damaged)?;
    let line = StatedLine { date, month, kind, amount, paye_scheme, payroll_month, lot, note, employer, government };
    Ok(Some(Staged { key, line, uln }))
}

struct Fields<'r, R>(&'r mut R);

impl<R: Read> Fields<'_, R> {
    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.0.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn month(&mut self) -> io::Result<Option<Month>> {
        let stored = i32::from_le_bytes(self.bytes()?);
        Ok(Month::from_stored(stored).filter(|_| stored != 0))
    }

    fn money(&mut self) -> io::Result<Money> {
        Ok(Money::from_units(i64::from_le_bytes(self.bytes()?)))
    }

    fn text(&mut self) -> io::Result<Option<String>> {
        let length = u32::from_le_bytes(self.bytes()?);
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        self.0.read_exact(&mut bytes)?;
        let text = String::from_utf8(bytes).map_err(|_| damaged())?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a staged line cannot be read back")
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn lines_come_back_in_the_order_of_their_days_and_digests_whatever_runs_they_were_in() {
        let mut staging = Staging::new(LineKeys::for_tests(Sha256::new()));
        for place in 0..500_u32 {
            let date = NaiveDate::from_ymd_opt(2026, 1 + place % 7, 5).unwrap();
            let amount = Money::from_units(-i64::from(place));
            let note = Some(format!("Monthly Payment {place}"));
            let line = StatedLine { note, ..StatedLine::of(date, EntryKind::OwnPayment, amount) };
            staging.push(&line, Some(u64::from(place)), &place.to_string()).unwrap();
            if place % 100 == 99 {
                staging.end_run().unwrap();
            }
        }
        staging.finish().unwrap();
        let mut lines = staging.lines().unwrap();
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            assert_eq!(line.line.note, line.uln.map(|place| format!("Monthly Payment {place}")));
            found.push((line.line.date, line.key));
        }
        assert_eq!(found.len(), 500);
        assert!(found.is_sorted());
        assert_eq!(staging.sightings.values().map(|sighting| sighting.lines).sum::<i64>(), 500);
    }
}
