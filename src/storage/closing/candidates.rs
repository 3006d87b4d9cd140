//! The starts that may be due something in a month.

use std::collections::{BTreeSet, HashSet};

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::last_closes::{LastCloses, given};
use crate::domain::calendar::Month;
use crate::domain::journal::Seq;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::start_lives::{Earning, earning};

/// The starts that may be due something in a month.
#[derive(Default)]
pub(crate) struct Candidates {
    pub(crate) keys: BTreeSet<Seq>,
    /// Those of which more may be due than the month's own earning.
    pub(crate) changed: HashSet<Seq>,
}

#[derive(QueryableByName)]
struct Start {
    #[diesel(sql_type = BigInt)]
    start_id: Seq,
}

impl Candidates {
    /// Those of accounts of which the month is the next to be closed.
    pub(crate) fn of(db: &mut Db, closes: &LastCloses, month: Month) -> Stored<Self> {
        let (closed, open) = closes.closed_before();
        let known_at = closes.known_at;
        let begun = Earning { begun_by: Some(month), lasting_to: None };
        let mut found = Self::default();
        if !open.is_empty() {
            // The first month that is closed settles whatever was earned before it too.
            found.changed.extend(earning(db, &open, begun, known_at)?);
        }
        if !closed.is_empty() {
            let accounts: Vec<Seq> = closed.iter().map(|(account, _)| *account).collect();
            let live = Earning { lasting_to: Some(month), ..begun };
            found.keys.extend(earning(db, &accounts, live, known_at)?);
            found.changed.extend(changed(db, &closed, (month, known_at))?);
        }
        found.keys.extend(&found.changed);
        Ok(found)
    }
}

/// The starts of which something was recorded after their account's last close - the start, a change, a
/// payment -, to which something happens in the month, or that were paid for in it before it is closed; by
/// what was recorded up to a number.
fn changed(db: &mut Db, closed: &[(Seq, Seq)], (month, known_at): (Month, Seq)) -> Stored<HashSet<Seq>> {
    let (first, last) = (month.first_day(), month.last_day());
    // A start of another account, which passed a shortfall on, is that account's to look at.
    let paid = format!(
        "SELECT starts.id FROM given CROSS JOIN entries \
         JOIN starts ON starts.id = entries.start_id AND starts.account_id = entries.account_id \
         WHERE entries.account_id = given.account AND entries.seq <= {known_at}"
    );
    let found: Vec<Start> = diesel::sql_query(format!(
        "{} SELECT starts.id AS start_id FROM given CROSS JOIN starts \
             WHERE starts.account_id = given.account AND starts.id > given.number AND starts.id <= {known_at} \
         UNION SELECT start_changes.start_id FROM given CROSS JOIN start_changes \
             WHERE start_changes.account_id = given.account \
                 AND start_changes.seq > given.number AND start_changes.seq <= {known_at} \
         UNION SELECT start_changes.start_id FROM given CROSS JOIN start_changes \
             WHERE start_changes.account_id = given.account AND start_changes.seq <= {known_at} \
                 AND start_changes.changed_on BETWEEN '{first}' AND '{last}' \
         UNION {paid} AND entries.seq > given.number \
         UNION {paid} AND entries.effective_on = '{last}'",
        given(closed)
    ))
    .load(db)?;
    Ok(found.into_iter().map(|start| start.start_id).collect())
}
