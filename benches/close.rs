//! The close of a month of an account with 100,000 live starts, month after month over HTTP: time for each
//! start, entries a second, how far the peak of resident memory grew, and beside them bare multi-row inserts
//! of a month's entries in one transaction, in the same run.
//!
//! `cargo bench --bench close`, with `STARTS=10000` and `MONTHS=3` for a smaller one, and `DATABASE=postgres`
//! on a private PostgreSQL server. With `ACCOUNTS=2000` it is the close of many accounts together by the
//! command, of 35 live starts each or as many as `STARTS` says.

mod bare;
mod live_starts;
mod memory;
mod place;
mod served;
mod twin;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bare::{Inserts, last_entry};
use chrono::{NaiveDate, NaiveDateTime};
use levy_ledger::domain::calendar::Month;
use levy_ledger::ops::close_month::close_month;
use levy_ledger::storage::Clock;
use live_starts::{Bodies, account_id};
use memory::{forget_peak, peak};
use place::{Place, open, setting, settle};
use serde_json::json;
use served::Served;
use twin::twin;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A day on which every month of the bench is over.
struct Later;

impl Clock for Later {
    fn now(&self) -> NaiveDateTime {
        self.today().and_time(chrono::NaiveTime::MIN)
    }

    fn today(&self) -> NaiveDate {
        NaiveDate::from_ymd_opt(2028, 1, 3).unwrap_or_default()
    }
}

fn main() -> Outcome<()> {
    let first: Month = "2026-05".parse()?;
    let (bodies, months) = match setting("ACCOUNTS", 0) {
        0 => (Bodies { accounts: 1, starts: setting("STARTS", 100_000), transfers: 20, first }, setting("MONTHS", 12)),
        accounts => (Bodies { accounts, starts: setting("STARTS", 35), transfers: 1, first }, setting("MONTHS", 6)),
    };
    let place = Place::of_environment()?;
    let url = place.fresh();
    let store = open(&url, Arc::new(Later))?;
    bodies.load(&store)?;
    settle(&url)?;
    let (twin, ..) = twin(&place, &url)?;
    if bodies.accounts > 1 {
        return close_months(&bodies, months, (&url, &twin), |month| Ok(close_month(&store, month)?));
    }
    let served = Served::start(store)?;
    close_months(&bodies, months, (&url, &twin), |month| {
        let path = format!("/accounts/{}/months/{month}/close", account_id(0));
        served.post(&path, &json!({})).map(drop)
    })
}

/// Closes one month after the other, and inserts the entries of each into the ledger's twin.
fn close_months(
    bodies: &Bodies,
    months: u32,
    (url, twin): (&str, &str),
    mut close: impl FnMut(Month) -> Outcome<()>,
) -> Outcome<()> {
    println!(
        "{} accounts of {} starts\n\
         month     entries  seconds  accounts a second  us a start  entries a second  of bare inserts  peak MiB more",
        bodies.accounts, bodies.starts
    );
    let (mut bare, mut closes) = (Duration::ZERO, Duration::ZERO);
    for number in 0..months {
        let month = bodies.first.plus(i32::try_from(number)?);
        let (last, before) = (last_entry(url)?, forget_peak()?);
        let began = Instant::now();
        close(month)?;
        let took = began.elapsed();
        let memory = peak()?.saturating_sub(before) / 1024;
        let mut inserts = Inserts::of(url, twin)?;
        inserts.begin()?;
        inserts.entries(last, usize::MAX)?;
        inserts.commit()?;
        (bare, closes) = (bare + inserts.took, closes + took);
        println!(
            "{month} {:>9} {:>8.2} {:>18.0} {:>11.1} {:>17.0} {:>16.2} {memory:>14}",
            inserts.rows,
            took.as_secs_f64(),
            f64::from(bodies.accounts) / took.as_secs_f64(),
            took.as_secs_f64() * 1e6 / f64::from(bodies.accounts * bodies.starts),
            f64::from(inserts.rows) / took.as_secs_f64(),
            inserts.took.as_secs_f64() / took.as_secs_f64(),
        );
    }
    println!("all of bare inserts: {:.3}", bare.as_secs_f64() / closes.as_secs_f64());
    Ok(())
}
