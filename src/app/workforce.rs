//! Recording workforce returns, and the public sector target that they are for.

use uuid::Uuid;

use super::scope::Scope;
use super::{Command, Decision, Fault, Refusal, accounts, refuse_faults};
use crate::domain::facts::Fact;
use crate::domain::journal::Seq;
use crate::domain::public_sector::{ReportingYear, WorkforceReturn};
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::workforce;
use crate::storage::writer::Moment;

/// How many heads a body has at the most.
const MOST: u32 = 10_000_000;

/// Records the head counts of a year (`docs/rules.md` section 10).
pub(crate) struct RecordWorkforce {
    pub(crate) scope: Scope,
    pub(crate) account: Uuid,
    pub(crate) counted: WorkforceReturn,
}

/// A return as recorded.
pub(crate) struct WorkforceRecorded {
    /// Its number; none on a dry run.
    pub(crate) seq: Option<Seq>,
    pub(crate) counted: WorkforceReturn,
}

impl Command for RecordWorkforce {
    type Answer = WorkforceRecorded;

    fn needs(&self) -> Needs {
        Needs { accounts: vec![self.account], ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, _: Moment) -> Result<Decision<WorkforceRecorded>, Refusal> {
        let account = self.scope.account(ledger, self.account)?;
        refuse_faults(faults(&self.counted))?;
        let counted = self.counted;
        Ok(Decision {
            facts: vec![Fact::WorkforceCounted { account: account.public_id, counted }],
            account: Some(account.key),
            subject: None,
            answer: Box::new(move |receipt| WorkforceRecorded { seq: receipt.first_seq, counted }),
        })
    }
}

/// Apprentices are employees: on neither day are there more of them.
fn faults(counted: &WorkforceReturn) -> Vec<Fault> {
    let WorkforceReturn { employees, apprentices, .. } = counted;
    let mut faults = Vec::new();
    for (name, heads) in [
        ("employees_start", employees.start),
        ("employees_end", employees.end),
        ("employees_new", employees.new),
        ("apprentices_start", apprentices.start),
        ("apprentices_end", apprentices.end),
        ("apprentices_new", apprentices.new),
    ] {
        if heads > MOST {
            faults.push(Fault::at(&format!("/{name}"), format!("a head count lies from 0 to {MOST}")));
        }
    }
    for (day, apprentices, employees) in
        [("start", apprentices.start, employees.start), ("end", apprentices.end, employees.end)]
    {
        if apprentices > employees {
            let detail =
                format!("there are {employees} employees on that day: apprentices are among them, not {apprentices}");
            faults.push(Fault::at(&format!("/apprentices_{day}"), detail));
        }
    }
    faults
}

/// A page of the returns of an account, oldest first; none where the caller sees no such account.
pub(crate) fn page(
    db: &mut Db,
    scope: &Scope,
    account: Uuid,
    (after, limit): (Seq, i64),
) -> Stored<Option<Vec<(Seq, WorkforceReturn)>>> {
    let Some(account) = accounts::stored(db, scope, account, Seq::MAX)? else { return Ok(None) };
    workforce::page(db, account.key, after, limit).map(Some)
}

/// The return of a year that counts, if there is one; none where the caller sees no such account.
pub(crate) fn of_year(
    db: &mut Db,
    scope: &Scope,
    account: Uuid,
    year: ReportingYear,
) -> Stored<Option<Option<(Seq, WorkforceReturn)>>> {
    let Some(account) = accounts::stored(db, scope, account, Seq::MAX)? else { return Ok(None) };
    workforce::last(db, account.key, year).map(Some)
}
