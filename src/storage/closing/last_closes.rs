//! Accounts that are read together, each with the number that its last close had reached: what was
//! recorded after it is new to the next one. What was recorded after the number at which they are known
//! does not count.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::domain::account::Account;
use crate::domain::journal::Seq;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;

/// The last number that the last close of each account recorded; none where no month is closed.
pub(crate) struct LastCloses {
    last: BTreeMap<Seq, Option<Seq>>,
    /// The number up to which what was recorded counts.
    pub(crate) known_at: Seq,
}

#[derive(QueryableByName)]
struct LastClose {
    #[diesel(sql_type = BigInt)]
    account_id: Seq,
    #[diesel(sql_type = BigInt)]
    seq: Seq,
}

impl LastCloses {
    /// Those of these accounts, which are as known at a number.
    pub(crate) fn of(db: &mut Db, accounts: &[&Account], known_at: Seq) -> Stored<Self> {
        let mut last: BTreeMap<Seq, Option<Seq>> = accounts.iter().map(|account| (account.key, None)).collect();
        let closed = accounts.iter().filter_map(|account| Some((account.key, account.books.closed_through?)));
        let closed: Vec<(Seq, Seq)> = closed.map(|(key, month)| (key, i64::from(month.stored()))).collect();
        if closed.is_empty() {
            return Ok(Self { last, known_at });
        }
        // A close is the first thing that its event records.
        let closes: Vec<LastClose> = diesel::sql_query(format!(
            "{} SELECT closed_months.account_id, \
                 (SELECT MIN(events.last_seq) FROM events WHERE events.last_seq >= closed_months.seq) AS seq \
             FROM given CROSS JOIN closed_months \
             WHERE closed_months.account_id = given.account AND closed_months.month = given.number \
                 AND closed_months.seq <= {known_at}",
            given(&closed)
        ))
        .load(db)?;
        last.extend(closes.into_iter().map(|close| (close.account_id, Some(close.seq))));
        Ok(Self { last, known_at })
    }

    /// The accounts of which a month is closed, and those of which none is.
    pub(super) fn closed_before(&self) -> (Vec<(Seq, Seq)>, Vec<Seq>) {
        let closed = self.last.iter().filter_map(|(account, seq)| Some((*account, (*seq)?))).collect();
        let open = self.last.iter().filter(|(_, seq)| seq.is_none()).map(|(account, _)| *account).collect();
        (closed, open)
    }

    /// The number after which something is new to each account: all is to one that was never closed.
    pub(crate) fn since(&self) -> Vec<(Seq, Seq)> {
        self.last.iter().map(|(account, seq)| (*account, seq.unwrap_or(0))).collect()
    }
}

/// Accounts, each with a number, as the table `given (account, number)` that a query begins with, so that
/// one query serves all of them. A `CROSS JOIN` with it goes through it first.
pub(crate) fn given(rows: &[(Seq, Seq)]) -> String {
    let rows: Vec<String> = rows.iter().map(|(account, number)| format!("({account}, {number})")).collect();
    format!("WITH given (account, number) AS (VALUES {})", rows.join(", "))
}
