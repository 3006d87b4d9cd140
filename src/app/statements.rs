//! Importing a national statement: its lines are staged first, then decided and recorded together or
//! not at all.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::scope::Scope;
use super::{Fault, Refusal, accounts};
use crate::domain::account::Account;
use crate::domain::journal::{EntryKind, Seq};
use crate::domain::money::Money;
use crate::domain::statements::StatedLine;
use crate::storage::Store;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::ledger::Needs;
use crate::storage::statements::bulk::{Bulk, Desk, Settled};
use crate::storage::statements::{self, LineKeys, Staging};
use crate::storage::writer::{Answer, Decide, Refused};

pub(crate) use crate::storage::statements::{FileFacts, ImportedStatement};

/// How many lines at fault are named; the rest are counted.
pub(crate) const NAMED: usize = 1_000;
/// How many PAYE schemes a statement names at the most.
const SCHEMES: usize = 10_000;

/// A line that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RefusedLine {
    /// Its number in the file, the header's being 1.
    pub(crate) line: u64,
    /// What is wrong with it, without personal data.
    pub(crate) detail: String,
}

/// A file on its way in: its lines staged, those that cannot be read apart.
pub(crate) struct StatementFile {
    staging: Staging,
    refused: Vec<RefusedLine>,
    refused_lines: i64,
}

impl StatementFile {
    /// Begins a file.
    pub(crate) fn begin(store: &Store) -> Stored<Self> {
        let staging = Staging::new(store.read(LineKeys::of)?);
        Ok(Self { staging, refused: Vec::new(), refused_lines: 0 })
    }

    /// Takes a line. Its canonical text makes it the same as another, and the learner's number finds
    /// the start that it pays for; neither is kept.
    pub(crate) fn take(&mut self, line: &StatedLine, uln: Option<u64>, canonical: &str) -> std::io::Result<()> {
        self.staging.push(line, uln, canonical)
    }

    /// Notes a line that cannot be read.
    pub(crate) fn refuse(&mut self, line: u64, detail: impl FnOnce() -> String) {
        self.refused_lines += 1;
        if self.refused.len() < NAMED {
            self.refused.push(RefusedLine { line, detail: detail() });
        }
    }

    /// Says that every line was read.
    pub(crate) fn finish(&mut self) -> std::io::Result<()> {
        self.staging.finish()
    }
}

/// A statement that is to be imported.
pub(crate) struct ImportStatement {
    pub(crate) scope: Scope,
    pub(crate) account: Uuid,
    pub(crate) file: StatementFile,
    pub(crate) facts: FileFacts,
    /// Whether lines that cannot be read are left out, and the others taken.
    pub(crate) partial: bool,
}

/// What an import came to.
#[derive(Clone, Debug)]
pub(crate) struct StatementOutcome {
    pub(crate) version: i32,
    pub(crate) lines: i64,
    pub(crate) recorded: i64,
    pub(crate) already_held: i64,
    pub(crate) reconciliation_only: i64,
    pub(crate) refused: Vec<RefusedLine>,
    pub(crate) refused_lines: i64,
    /// What the file says has lapsed, in pounds.
    pub(crate) expired: Money,
    /// What the ledger holds of the file's months and kinds, less what the file says.
    pub(crate) closing_difference: Money,
}

/// Why a statement is not imported.
#[derive(Clone, Debug)]
pub(crate) enum StatementRefusal {
    /// Its lines are at fault.
    Lines {
        /// How many lines it has.
        lines: i64,
        /// The first of those at fault.
        refused: Vec<RefusedLine>,
        /// How many are at fault.
        refused_lines: i64,
    },
    /// Something else is.
    Other(Refusal),
}

impl ImportStatement {
    /// Whether the file is refused whatever the ledger holds.
    pub(crate) fn is_misread(&self) -> bool {
        self.file.refused_lines > 0 && !self.partial
    }

    /// How it is decided, and how its answer is written.
    pub(crate) fn decide<W>(mut self, write: W) -> (Needs, Decide)
    where
        W: FnOnce(Result<StatementOutcome, StatementRefusal>) -> Result<Answer, Refused> + Send + 'static,
    {
        self.facts.refused = self.file.refused_lines;
        let needs = Needs { accounts: vec![self.account], ..Needs::default() };
        (needs, Decide::Bulk(Box::new(Import { statement: self, write })))
    }

    fn lines(&self) -> i64 {
        self.file.staging.sightings.values().map(|seen| seen.lines).sum::<i64>() + self.file.refused_lines
    }

    fn run(mut self, desk: &mut Desk<'_>) -> Stored<Result<StatementOutcome, StatementRefusal>> {
        let ledger = desk.ledger;
        let account = match self.scope.account(ledger, self.account) {
            Ok(account) => account,
            Err(refusal) => return Ok(Err(StatementRefusal::Other(refusal))),
        };
        let lines = self.lines();
        if self.is_misread() {
            let StatementFile { refused, refused_lines, .. } = self.file;
            return Ok(Err(StatementRefusal::Lines { lines, refused, refused_lines }));
        }
        if let Some(fault) = scheme_fault(desk.db, account, &self.file.staging.schemes)? {
            return Ok(Err(StatementRefusal::Other(Refusal::Invalid(vec![fault]))));
        }
        let Settled { tally, closing_difference } = desk.take(account, &mut self.file.staging, &self.facts)?;
        let lapsed = self.file.staging.sightings.iter().filter(|((_, kind), _)| *kind == EntryKind::Expiry);
        Ok(Ok(StatementOutcome {
            version: self.facts.version,
            lines,
            recorded: tally.recorded,
            already_held: tally.already_held,
            reconciliation_only: tally.reconciliation_only,
            refused: self.file.refused,
            refused_lines: self.file.refused_lines,
            expired: lapsed.map(|(_, seen)| -seen.amount).sum(),
            closing_difference,
        }))
    }
}

struct Import<W> {
    statement: ImportStatement,
    write: W,
}

impl<W> Bulk for Import<W>
where
    W: FnOnce(Result<StatementOutcome, StatementRefusal>) -> Result<Answer, Refused> + Send,
{
    fn run(self: Box<Self>, desk: &mut Desk<'_>) -> Stored<Result<Answer, Refused>> {
        let Self { statement, write } = *self;
        statement.run(desk).map(write)
    }
}

/// What is wrong with the PAYE schemes of a statement: all that are known belong to other accounts, or
/// there are too many.
fn scheme_fault(db: &mut Db, account: &Account, schemes: &BTreeSet<String>) -> Stored<Option<Fault>> {
    if schemes.len() > SCHEMES {
        let detail = format!("the file names {} PAYE schemes; at most {SCHEMES} are taken", schemes.len());
        return Ok(Some(Fault::at("", detail)));
    }
    let known = statements::accounts_of_schemes(db, schemes)?;
    if known.values().any(|accounts| accounts.contains(&account.key)) {
        return Ok(None);
    }
    let elsewhere = known.keys().next().map(|scheme| {
        format!(
            "PAYE scheme {scheme} is known under another account, and none of the file's under this one: it is a \
             statement of another account"
        )
    });
    Ok(elsewhere.map(|detail| Fault::at("", detail)))
}

/// Up to `limit` imports of an account after a number, oldest first, each with its number; none if the
/// caller may not see the account.
pub(crate) fn page(
    db: &mut Db,
    scope: &Scope,
    account: Uuid,
    (after, limit): (Seq, i64),
) -> Stored<Option<Vec<(Seq, ImportedStatement)>>> {
    let Some(account) = accounts::stored(db, scope, account, Seq::MAX)? else { return Ok(None) };
    let found = statements::page(db, account.key, after, limit)?;
    Ok(Some(found.into_iter().map(|imported| (imported.seq, imported)).collect()))
}
