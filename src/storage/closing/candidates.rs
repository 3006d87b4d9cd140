//! The starts that may be due something in a month.

use std::collections::{BTreeSet, HashSet};

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::last_closes::{LastCloses, given};
use crate::domain::calendar::Month;
use crate::domain::journal::Seq;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::schema::start_lives;

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
        let mut found = Self::default();
        let begun = |accounts: Vec<Seq>| {
            let of_accounts = start_lives::account_id.eq_any(accounts).and(start_lives::voided.eq(false));
            start_lives::table.filter(of_accounts).filter(start_lives::first_month.le(month.stored()))
        };
        if !open.is_empty() {
            // The first month that is closed settles whatever was earned before it too.
            found.changed.extend(begun(open).select(start_lives::start_id).load::<Seq>(db)?);
        }
        if !closed.is_empty() {
            let live = begun(closed.iter().map(|(account, _)| *account).collect());
            let live = live.filter(start_lives::last_month.ge(month.stored()));
            found.keys.extend(live.select(start_lives::start_id).load::<Seq>(db)?);
            found.changed.extend(changed(db, &closed, month)?);
        }
        found.keys.extend(&found.changed);
        Ok(found)
    }
}

/// The starts of which something was recorded after their account's last close - the start, a change, a
/// payment -, to which something happens in the month, or that were paid for in it before it is closed.
fn changed(db: &mut Db, closed: &[(Seq, Seq)], month: Month) -> Stored<HashSet<Seq>> {
    let (first, last) = (month.first_day(), month.last_day());
    // A start of another account, which passed a shortfall on, is that account's to look at.
    let paid = "SELECT starts.id FROM given CROSS JOIN entries \
        JOIN starts ON starts.id = entries.start_id AND starts.account_id = entries.account_id \
        WHERE entries.account_id = given.account";
    let found: Vec<Start> = diesel::sql_query(format!(
        "{} SELECT starts.id AS start_id FROM given CROSS JOIN starts \
             WHERE starts.account_id = given.account AND starts.id > given.number \
         UNION SELECT start_changes.start_id FROM given CROSS JOIN start_changes \
             WHERE start_changes.account_id = given.account AND start_changes.seq > given.number \
         UNION SELECT start_changes.start_id FROM given CROSS JOIN start_changes \
             WHERE start_changes.account_id = given.account \
                 AND start_changes.changed_on BETWEEN '{first}' AND '{last}' \
         UNION {paid} AND entries.seq > given.number \
         UNION {paid} AND entries.effective_on = '{last}'",
        given(closed)
    ))
    .load(db)?;
    Ok(found.into_iter().map(|start| start.start_id).collect())
}
