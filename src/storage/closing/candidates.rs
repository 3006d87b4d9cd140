//! The starts that are looked at when a month is closed or forecast.

use std::collections::{BTreeSet, HashSet};

use diesel::prelude::*;

use super::AsKnown;
use crate::domain::account::Account;
use crate::domain::calendar::Month;
use crate::domain::journal::Seq;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::schema::{entries, start_changes, starts};
use crate::storage::start_lives::{Earning, earning};

/// The starts that may be due something in a month.
pub(in crate::storage) struct Candidates {
    pub(in crate::storage) keys: BTreeSet<Seq>,
    /// Those of which more may be due than the month's own earning.
    pub(in crate::storage) changed: HashSet<Seq>,
}

impl Candidates {
    /// Those of an account whose last close is `since`, by what was recorded up to `known_at`.
    pub(in crate::storage) fn of(
        db: &mut Db,
        account: &Account,
        month: Month,
        (since, known_at): (Option<Seq>, Seq),
    ) -> Stored<Self> {
        let of = AsKnown { account: account.key, known_at };
        let begun = Earning { begun_by: Some(month), lasting_to: None };
        let (Some(since), Some(open)) = (since, account.books.first_open()) else {
            // The first month that is closed settles whatever was earned before it too.
            let keys = earning(db, account.key, begun, known_at)?;
            return Ok(Self { changed: keys.iter().copied().collect(), keys: keys.into_iter().collect() });
        };
        let live = earning(db, account.key, Earning { lasting_to: Some(month), ..begun }, known_at)?;
        let mut keys: BTreeSet<Seq> = live.into_iter().collect();
        let mut changed = recorded_since(db, of, since)?;
        let window = start_changes::changed_on.between(open.first_day(), month.last_day());
        let of_account = start_changes::account_id.eq(account.key).and(start_changes::seq.le(known_at));
        let taking_effect = start_changes::table.filter(of_account).filter(window);
        changed.extend(taking_effect.select(start_changes::start_id).load::<Seq>(db)?);
        changed.extend(paid_by_hand(db, of, month)?);
        keys.extend(&changed);
        Ok(Self { keys, changed })
    }
}

/// The starts of which something was recorded after a number: the start, a change, a payment.
fn recorded_since(db: &mut Db, AsKnown { account, known_at }: AsKnown, since: Seq) -> Stored<HashSet<Seq>> {
    let new = starts::table.filter(starts::account_id.eq(account));
    let new = new.filter(starts::id.gt(since).and(starts::id.le(known_at)));
    let mut found: HashSet<Seq> = new.select(starts::id).load::<Seq>(db)?.into_iter().collect();
    let changes = start_changes::table.filter(start_changes::account_id.eq(account));
    let changes = changes.filter(start_changes::seq.gt(since).and(start_changes::seq.le(known_at)));
    found.extend(changes.select(start_changes::start_id).load::<Seq>(db)?);
    let paid = entries::table.filter(entries::account_id.eq(account).and(entries::start_id.is_not_null()));
    let paid = paid.filter(entries::seq.gt(since).and(entries::seq.le(known_at))).select(entries::start_id);
    found.extend(paid.load::<Option<Seq>>(db)?.into_iter().flatten());
    Ok(found)
}

/// The starts that were paid for in a month before it is closed.
fn paid_by_hand(db: &mut Db, AsKnown { account, known_at }: AsKnown, month: Month) -> Stored<Vec<Seq>> {
    let of_month = entries::account_id.eq(account).and(entries::effective_on.eq(month.last_day()));
    let paid = entries::table.filter(of_month.and(entries::seq.le(known_at)));
    let paid = paid.filter(entries::start_id.is_not_null()).select(entries::start_id);
    Ok(paid.load::<Option<Seq>>(db)?.into_iter().flatten().collect())
}
