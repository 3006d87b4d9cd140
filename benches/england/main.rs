//! England's whole levy on one machine: 20,000 accounts, eight years of monthly levy, 1.5 million starts
//! of which some 700,000 are live, and about 20 million payments, loaded in bulk.
//!
//! It prints how fast it loads beside the database's own ways to load the same rows, what a served England
//! takes to answer and to remember, and a month's close of all beside bare inserts of its entries.
//!
//! `cargo bench --bench england`, with `ACCOUNTS=200` for a smaller country, and `DATABASE=postgres` on a private
//! PostgreSQL server; `BULK=0`, `CLOSE=0` and `VERIFY=0` leave out SQLite's shell, the close and the check. It needs
//! that shell, or the programs of PostgreSQL, and room for three times the ledger.

#[path = "../bare.rs"]
mod bare;
mod closing;
mod country;
mod history;
mod lives;
#[path = "../place.rs"]
mod place;
mod random;
mod serving;
mod shell;
#[path = "../twin.rs"]
mod twin;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use country::Country;
use diesel::prelude::*;
use levy_ledger::domain::calendar::Month;
use levy_ledger::domain::facts::Fact;
use levy_ledger::domain::journal::Seq;
use levy_ledger::domain::people::Role;
use levy_ledger::ops::clock::SystemClock;
use levy_ledger::ops::commands::issue_token;
use levy_ledger::storage::{Clock, Inspection, Store};
use place::{Place, open, setting, settle};
use twin::twin;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// About how many facts are loaded in a transaction.
const AT_ONCE: usize = 50_000;

fn main() -> Outcome<()> {
    let place = Place::of_environment()?;
    let url = place.fresh();
    let accounts = setting("ACCOUNTS", 20_000);
    let store = open(&url, Arc::new(SystemClock))?;
    let today = SystemClock.today();
    let country = Country {
        seed: u64::from(setting("SEED", 1)),
        accounts,
        starts: setting("STARTS", accounts * 75),
        live: 467,
        months: 96,
        last: Month::of(today).plus(-2),
        today,
        begins: store.next_number()?,
    };
    let loading = load(&store, &country)?;
    let token = issue_token(&store, Role::Admin, "bench", None, 1)?;
    drop(store);
    settle(&url)?;
    let twin = beside_database(&place, &url, loading)?;
    serve(&place, (&url, &token), &country)?;
    if setting("CLOSE", 1) == 1 {
        close(&url, &twin, country.last.plus(1))?;
    }
    if setting("VERIFY", 1) == 1 {
        let begun = Instant::now();
        let verified = Inspection::open(&url.parse()?)?.verify(today, &mut |_, _| ())?;
        println!("verified in {:.1?}: {} faults", begun.elapsed(), verified.fault_count);
    }
    Ok(())
}

/// The rate of loading beside that of the database's own ways; gives the twin that they filled.
fn beside_database(place: &Place, url: &str, loading: Duration) -> Outcome<String> {
    let (twin, rows, copied) = twin(place, url)?;
    println!("{rows} rows, {} MiB, loaded in {loading:.1?}", size(url)? >> 20);
    let told = |way: &str, own: Duration| {
        println!("  {way} in {own:.1?}: {:.2} of its rate", own.as_secs_f64() / loading.as_secs_f64());
    };
    match url.strip_prefix("sqlite:") {
        Some(file) => {
            told("copied from an attached file", copied);
            if setting("BULK", 1) == 1 {
                told("by .import", shell::import(place, Path::new(file))?);
            }
        }
        None => told("by COPY of files in its binary form", copied),
    }
    Ok(twin)
}

/// How many bytes a ledger takes.
fn size(url: &str) -> Outcome<u64> {
    if let Some(file) = url.strip_prefix("sqlite:") {
        return Ok(std::fs::metadata(file)?.len());
    }
    let size = diesel::dsl::sql::<diesel::sql_types::BigInt>("pg_database_size(current_database())");
    Ok(diesel::select(size).get_result::<i64>(&mut PgConnection::establish(url)?)?.try_into()?)
}

fn serve(place: &Place, (url, token): (&str, &str), country: &Country) -> Outcome<()> {
    let served = serving::Served::start(url, token)?;
    let ids: Vec<_> = (0..country.accounts).map(|number| country.account_id(number)).collect();
    let told = |what: &str, took: Duration| -> Outcome<()> {
        let (now, peak) = served.memory()?;
        println!("{what}: {took:.1?}; {now} MiB resident, {peak} at the peak");
        Ok(())
    };
    told("ready after", served.ready_after)?;
    let alone = alone(place, country, country.accounts / 2)?;
    for question in ["totals".to_owned(), format!("totals?as_at={}", country.last.last_day())] {
        let path = format!("/accounts/{}/{question}", country.account_id(country.accounts / 2));
        let (among, by_itself) = (served.usual(&path, 500)?, alone.usual(&path, 500)?);
        println!("{question} of one account: {among:.1?} among all, {by_itself:.1?} in a ledger of its own");
    }
    let (totals, first) = served.get("/totals")?;
    println!("{totals}");
    told("totals of all, worked out", first)?;
    told("totals of all, kept", served.usual("/totals", 100)?)?;
    let past = format!("/totals?as_at={}", country.last.plus(-24).last_day());
    told("totals of all, two years ago", served.get(&past)?.1)?;
    for question in ["totals", "underspend", "funds"] {
        let took = served.ask_all(&ids, question)?;
        told(&format!("{question} of every account by itself"), took)?;
    }
    Ok(())
}

/// A ledger that holds one of the accounts alone, served.
fn alone(place: &Place, country: &Country, number: u32) -> Outcome<serving::Served> {
    let url = place.fresh();
    let store = open(&url, Arc::new(SystemClock))?;
    let size = country.sizes().get(usize::try_from(number)?).copied().unwrap_or_default();
    let first = store.load("england", country.begins, country.registered())?;
    store.load("england", first, history::history(country, (number, size), first))?;
    let token = issue_token(&store, Role::Admin, "bench", None, 1)?;
    drop(store);
    settle(&url)?;
    serving::Served::start(&url, &token)
}

fn close(url: &str, twin: &str, month: Month) -> Outcome<()> {
    let closing::Closed { entries, took, bare, arrears } = closing::close(url, twin, month)?;
    println!(
        "{month} of all closed in {took:.1?}: {entries} entries, {:.2} of the rate of bare inserts; {arrears} arrears",
        bare.as_secs_f64() / took.as_secs_f64()
    );
    Ok(())
}

/// Loads the country while it is being made up; prints how long the loading alone took.
fn load(store: &Store, country: &Country) -> Outcome<Duration> {
    let begun = Instant::now();
    let (mut loading, mut facts, mut next) = (Duration::ZERO, 0_usize, country.begins);
    std::thread::scope(|scope| -> Outcome<()> {
        let (send, received) = sync_channel::<(Seq, Vec<Vec<Fact>>)>(1);
        scope.spawn(move || {
            make_up(country, |first, events| drop(send.send((first, events))));
        });
        for (first, events) in received {
            facts += events.iter().map(Vec::len).sum::<usize>();
            let begun = Instant::now();
            next = store.load("england", first, events)?;
            loading += begun.elapsed();
        }
        Ok(())
    })?;
    println!(
        "{} accounts, {facts} facts up to {next} in {:.1?}, of which loading {loading:.1?}: {:.0} facts a second",
        country.accounts,
        begun.elapsed(),
        f64::from(u32::try_from(facts)?) / loading.as_secs_f64()
    );
    Ok(loading)
}

/// Makes the country up, some accounts at a time.
fn make_up(country: &Country, mut take: impl FnMut(Seq, Vec<Vec<Fact>>)) {
    let count = |events: &[Vec<Fact>]| events.iter().map(Vec::len).sum::<usize>();
    let (mut first, mut events) = (country.begins, country.registered());
    for of in (0..).zip(country.sizes()) {
        let next = first + i64::try_from(count(&events)).unwrap_or_default();
        events.extend(history::history(country, of, next));
        if count(&events) >= AT_ONCE {
            let given = std::mem::take(&mut events);
            let next = first + i64::try_from(count(&given)).unwrap_or_default();
            take(std::mem::replace(&mut first, next), given);
        }
    }
    take(first, events);
}
