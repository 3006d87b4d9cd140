//! A month of every account closed by the command, and bare inserts of the same entries beside it.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use levy_ledger::domain::calendar::Month;
use levy_ledger::ops::commands::run;
use levy_ledger::ops::config::{Command, Database};

use super::Outcome;
use super::bare::{Bare, Inserts, entries, last_entry};

/// What closing a month came to.
pub struct Closed {
    pub entries: u32,
    pub took: Duration,
    pub bare: Duration,
    /// Payments of the close for what was earned in earlier months: none where nothing was in arrears.
    pub arrears: i64,
}

/// Closes a month of all accounts, and inserts its entries into the ledger's twin, in one transaction.
pub fn close(england: &str, twin: &str, month: Month) -> Outcome<Closed> {
    let last = last_entry(england)?;
    let begun = Instant::now();
    run(Command::CloseMonth { month, database: Database { database_url: england.parse()? } })?;
    let took = begun.elapsed();
    let earlier = entries::table.filter(entries::seq.gt(last)).filter(entries::earned_month.lt(month.stored()));
    let arrears = earlier.count().get_result(&mut Bare::open(england)?)?;
    let mut inserts = Inserts::of(england, twin)?;
    inserts.begin()?;
    inserts.entries(last, usize::MAX)?;
    inserts.commit()?;
    Ok(Closed { entries: inserts.rows, took, bare: inserts.took, arrears })
}
