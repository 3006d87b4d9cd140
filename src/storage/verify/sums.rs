//! The sums: what is kept by month, by year of declaration and by transfer is what the entries add
//! up to, and every account's funds hold together.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{Faults, Rebuilding};
use crate::domain::calendar::{AllowanceYear, Month};
use crate::domain::funds::{Booking, Funds, funds_as_at};
use crate::domain::journal::{Books, EntryKind, MonthSums, Seq};
use crate::domain::money::Money;
use crate::domain::rules::RuleSet;
use crate::storage::accounts::{UNATTRIBUTED, sums_row, with_settings};
use crate::storage::columns::{StorageError, Stored};
use crate::storage::connection::Db;
use crate::storage::entries::entry_of;
use crate::storage::rows::EntryRow;
use crate::storage::schema::{accounts, declared_sums, monthly_sums, transfer_months};
use crate::storage::{months, rule_sets, statements};

/// How many accounts are rechecked at a time.
const ACCOUNTS: i64 = 200;

/// Sums under the account, then what they are for: a transfer or nothing, and a month or a year.
type Keyed<V> = BTreeMap<(Seq, Seq, i32), V>;

/// What entries add up to.
#[derive(Default)]
pub(super) struct Rebuilt {
    months: Keyed<MonthSums>,
    declared: Keyed<Money>,
    paid: Keyed<Money>,
    booked: BTreeMap<Seq, Vec<Booking>>,
}

impl Rebuilt {
    /// Counts an entry in.
    pub(super) fn count(&mut self, row: &EntryRow, faults: &mut Faults) {
        let entry = match entry_of(row) {
            Ok(entry) => entry,
            Err(cause) => return faults.add(row.seq, format!("the entry cannot be read: {cause}")),
        };
        let (account, month) = (row.account_id, entry.month.stored());
        self.months.entry((account, 0, month)).or_default().count(entry.kind, entry.amount);
        if let Some(declared_on) = entry.declared_on {
            *self.declared.entry((account, 0, AllowanceYear::of(declared_on).stored())).or_default() += entry.amount;
        }
        self.booked.entry(account).or_default().extend(entry.booking());
        if entry.kind == EntryKind::TransferPayment {
            let transfer = entry.transfer.unwrap_or(UNATTRIBUTED);
            *self.paid.entry((account, transfer, month)).or_default() -= entry.amount;
        }
    }

    /// The sums of accounts after one key and up to another, as they must be kept.
    fn of(&self, after: Seq, last: Seq) -> Kept {
        let one = |sum: &Money| vec![sum.units()];
        Kept {
            months: within(&self.months, after, last, |sums| {
                // The row begins with the account and the month, which are the key.
                sums_row(0, 0, sums).split_off(2)
            }),
            declared: within(&self.declared, after, last, one),
            paid: within(&self.paid, after, last, one),
        }
    }

    fn books_of(&self, account: Seq, closed_through: Option<Month>, stated: BTreeSet<Month>) -> Books {
        let months = self.months.range((account, Seq::MIN, i32::MIN)..=(account, Seq::MAX, i32::MAX));
        let months = months.filter_map(|((_, _, month), sums)| Some((Month::from_stored(*month)?, *sums))).collect();
        Books { months, booked: self.booked.get(&account).cloned().unwrap_or_default(), closed_through, stated }
    }
}

fn within<V>(sums: &Keyed<V>, after: Seq, last: Seq, row: impl Fn(&V) -> Vec<i64>) -> Keyed<Vec<i64>> {
    let range = sums.range((after, Seq::MAX, i32::MAX)..=(last, Seq::MAX, i32::MAX));
    range.map(|(key, sums)| (*key, row(sums))).collect()
}

/// Running sums, as they are kept in their three tables.
struct Kept {
    months: Keyed<Vec<i64>>,
    declared: Keyed<Vec<i64>>,
    paid: Keyed<Vec<i64>>,
}

/// The sums that are kept of accounts after one key and up to another, whether the accounts are
/// there or not.
fn stored(db: &mut Db, after: Seq, last: Seq) -> Stored<Kept> {
    type MonthRow = (i64, i32, i64, i64, i64, i64, i64, i64);
    let of_accounts = monthly_sums::account_id.gt(after).and(monthly_sums::account_id.le(last));
    let months: Vec<MonthRow> = monthly_sums::table.filter(of_accounts).load(db)?;
    let of_accounts = declared_sums::account_id.gt(after).and(declared_sums::account_id.le(last));
    let declared: Vec<(i64, i32, i64)> = declared_sums::table.filter(of_accounts).load(db)?;
    let of_accounts = transfer_months::account_id.gt(after).and(transfer_months::account_id.le(last));
    let paid: Vec<(i64, i64, i32, i64)> = transfer_months::table.filter(of_accounts).load(db)?;
    let month = |(account, month, levy, own, transferred, received, corrections, expired): MonthRow| {
        ((account, 0, month), vec![levy, own, transferred, received, corrections, expired])
    };
    Ok(Kept {
        months: months.into_iter().map(month).collect(),
        declared: declared.into_iter().map(|(account, year, levy)| ((account, 0, year), vec![levy])).collect(),
        paid: paid
            .into_iter()
            .map(|(account, transfer, month, paid)| ((account, transfer, month), vec![paid]))
            .collect(),
    })
}

/// Rechecks every account, some at a time, each time at the moment that the ledger has reached.
pub(super) fn recheck(db: &mut Db, rebuilding: &mut Rebuilding, today: NaiveDate) -> Stored<()> {
    let mut after = Seq::MIN;
    while after < Seq::MAX {
        after = Connection::transaction::<_, StorageError, _>(db, |db| {
            rebuilding.catch_up(db)?;
            let next = accounts::table.filter(accounts::id.gt(after)).select(accounts::id).order(accounts::id);
            let keys: Vec<Seq> = next.limit(ACCOUNTS).load(db)?;
            let full = i64::try_from(keys.len()).is_ok_and(|found| found == ACCOUNTS);
            let last = keys.last().copied().filter(|_| full).unwrap_or(Seq::MAX);
            let (rebuilt, kept) = (rebuilding.sums.of(after, last), stored(db, after, last)?);
            let faults = &mut rebuilding.faults;
            tell_differences("monthly_sums", rebuilt.months, kept.months, faults);
            tell_differences("declared_sums", rebuilt.declared, kept.declared, faults);
            tell_differences("transfer_months", rebuilt.paid, kept.paid, faults);
            recheck_funds(db, &keys, rebuilding, today)?;
            Ok(last)
        })?;
    }
    Ok(())
}

/// A sum that is not kept is nothing.
fn tell_differences(table: &str, rebuilt: Keyed<Vec<i64>>, mut kept: Keyed<Vec<i64>>, faults: &mut Faults) {
    let nothing = |sums: &[i64]| sums.iter().all(|sum| *sum == 0);
    let mut tell = |(account, transfer, period): (Seq, Seq, i32)| {
        let of_transfer = if transfer == 0 { String::new() } else { format!(", transfer {transfer}") };
        let place = format!("account {account}{of_transfer}, {period}");
        faults.add(None, format!("{table} of {place} is not what the entries add up to"));
    };
    for (key, sums) in rebuilt {
        if kept.remove(&key).map_or(!nothing(&sums), |kept| kept != sums) {
            tell(key);
        }
    }
    for (key, _) in kept.into_iter().filter(|(_, sums)| !nothing(sums)) {
        tell(key);
    }
}

/// Rechecks that the funds of accounts hold together on a day.
fn recheck_funds(db: &mut Db, keys: &[Seq], rebuilding: &mut Rebuilding, today: NaiveDate) -> Stored<()> {
    let read = rule_sets::all(db, Seq::MAX).and_then(|rules| Ok((rules, with_settings(db, Some(keys), Seq::MAX)?)));
    let (rule_sets, found) = match read {
        Ok(read) => read,
        // Something stored that cannot be read is what is looked for here.
        Err(cause @ StorageError::Unreadable { .. }) => {
            rebuilding.faults.add(None, cause);
            return Ok(());
        }
        Err(cause) => return Err(cause),
    };
    let closed = months::closed_through(db, keys, (None, Seq::MAX))?;
    let mut stated = statements::stated_months(db, keys, Seq::MAX)?;
    for account in found {
        let Some((_, rules)) = rule_sets.get(&account.settings.rule_set) else {
            rebuilding.faults.add(account.version, format!("account {} follows no rule set", account.public_id));
            continue;
        };
        let books = rebuilding.sums.books_of(
            account.key,
            closed.get(&account.key).copied(),
            stated.remove(&account.key).unwrap_or_default(),
        );
        if let Some(detail) = unsound(&books, rules, today) {
            rebuilding.faults.add(None, format!("account {}: {detail}", account.public_id));
        }
    }
    Ok(())
}

/// How the funds of an account fail to hold together on a day.
fn unsound(books: &Books, rules: &RuleSet, today: NaiveDate) -> Option<String> {
    let by_today = Books {
        months: books.months.range(..=Month::of(today)).map(|(month, sums)| (*month, *sums)).collect(),
        booked: books.booked.iter().copied().filter(|booking| booking.due_month <= Month::of(today)).collect(),
        closed_through: books.closed_through,
        stated: books.stated.clone(),
    };
    let moved: Money = by_today.months.values().map(|sums| sums.flow.levy - sums.flow.out()).sum();
    let Funds { lots, unallocated, expired, balance, .. } =
        funds_as_at(&by_today.flows(), &by_today.bookings(), rules, today);
    for lot in &lots {
        let parts = [lot.spent, lot.transferred, lot.expired, lot.remaining];
        if parts.iter().any(|part| part.is_negative()) || lot.entered != parts.into_iter().sum() {
            return Some(format!("the funds of {} do not add up", lot.entry_month));
        }
    }
    let remaining: Money = lots.iter().map(|lot| lot.remaining).sum();
    (balance != remaining + unallocated || balance != moved - expired)
        .then(|| format!("the funds do not add up to the balance of {balance}"))
}
