//! The lines of statements: too many to be spoken of in events, they must come to the digest that the
//! event of their import holds.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::dsl::min;
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use super::{PAGE, Rebuilding};
use crate::domain::journal::Seq;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::events::hex;
use crate::storage::rows::StatementLineRow;
use crate::storage::schema::{statement_lines, statements};
use crate::storage::statements::hash_line;

/// Rechecks the lines of every statement up to a number, in one pass in the order of their keys, which
/// is the order in which an import went through them.
pub(super) fn recheck(db: &mut Db, to: Seq, rebuilding: &mut Rebuilding) -> Stored<()> {
    let columns = (statements::seq, statements::keys_digest);
    let recorded: Vec<(Seq, String)> =
        statements::table.filter(statements::seq.le(to)).select(columns).order(statements::seq).load(db)?;
    let mut digests: HashMap<Seq, Sha256> = recorded.iter().map(|(seq, _)| (*seq, Sha256::new())).collect();
    let mut place = None;
    while let Some((account, day)) = next_day(db, place)? {
        place = Some((account, day));
        let mut after = Vec::new();
        loop {
            let page = page(db, (account, day), &after)?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.line_key);
            // What was imported meanwhile is rechecked the next time.
            for row in page.iter().filter(|row| row.statement <= to) {
                match digests.get_mut(&row.statement) {
                    Some(digest) => hash_line(digest, row),
                    None => {
                        let detail = format!("statement_lines holds a line of {day} that no import recorded");
                        rebuilding.faults.add(row.statement, detail);
                    }
                }
            }
        }
    }
    for (seq, digest) in recorded {
        if digests.remove(&seq).is_some_and(|found| hex(&found.finalize()) != digest) {
            rebuilding.faults.add(seq, "statement_lines differs from the lines that were imported");
        }
    }
    Ok(())
}

/// The next account and day of which there are lines.
fn next_day(db: &mut Db, place: Option<(Seq, NaiveDate)>) -> Stored<Option<(Seq, NaiveDate)>> {
    if let Some((account, day)) = place {
        let later = statement_lines::account_id.eq(account).and(statement_lines::line_date.gt(day));
        let next: Option<NaiveDate> =
            statement_lines::table.filter(later).select(min(statement_lines::line_date)).first(db)?;
        if let Some(next) = next {
            return Ok(Some((account, next)));
        }
    }
    let after = place.map_or(Seq::MIN, |(account, _)| account);
    let columns = (statement_lines::account_id, statement_lines::line_date);
    let first = statement_lines::table.filter(statement_lines::account_id.gt(after)).select(columns);
    Ok(first.order(columns).first(db).optional()?)
}

/// Some lines of a day after a key. What is of one key stays together.
fn page(db: &mut Db, (account, day): (Seq, NaiveDate), after: &[u8]) -> Stored<Vec<StatementLineRow>> {
    let mut limit = PAGE;
    loop {
        let mut rows: Vec<StatementLineRow> = statement_lines::table
            .filter(statement_lines::account_id.eq(account).and(statement_lines::line_date.eq(day)))
            .filter(statement_lines::line_key.gt(after.to_vec()))
            .order((statement_lines::line_key, statement_lines::statement))
            .limit(limit)
            .load(db)?;
        if i64::try_from(rows.len()).is_ok_and(|found| found < limit) {
            return Ok(rows);
        }
        let last = rows.last().map(|row| row.line_key.clone()).unwrap_or_default();
        rows.retain(|row| row.line_key != last);
        if !rows.is_empty() {
            return Ok(rows);
        }
        limit *= 2;
    }
}
