//! Starts as a close sees them: what is known of each, and what was settled of it before where that is
//! needed.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::domain::calendar::Month;
use crate::domain::close::Settled;
use crate::domain::earnings::{Instalment, earnings};
use crate::domain::journal::{EntryKind, Seq};
use crate::domain::money::Money;
use crate::domain::month_end::{PaidPart, Source};
use crate::domain::names::Named;
use crate::domain::starts::{StartFacts, StartHistory};
use crate::storage::columns::{self, Stored};
use crate::storage::connection::Db;
use crate::storage::entries::earned_of;
use crate::storage::schema::{co_investments, entries, learners, start_lives, starts};
use crate::storage::start_changes;

/// A start as a close sees it.
pub(crate) struct ReadStart {
    pub(crate) start: Seq,
    pub(crate) account: Seq,
    pub(crate) transfer: Option<Seq>,
    pub(crate) agreed_on: NaiveDate,
    pub(crate) training_provider: Option<String>,
    pub(crate) reference: String,
    pub(crate) history: StartHistory,
    /// What was settled of it before; none where only the month's own earning can be due.
    pub(crate) settled: Option<Vec<Settled>>,
}

/// As stored: the start, its account and its transfer; what was agreed; its learner's reference, and the
/// number under which anything of it was last recorded.
type Row = (
    (Seq, Seq, Option<Seq>),
    (NaiveDate, NaiveDate, NaiveDate, i64, Option<i64>, bool),
    (Option<String>, Option<String>, Seq),
);

/// Starts in the order of their keys, of which there are at most as many as one statement takes, by what
/// was recorded up to a number; with what was settled of those that `changed`.
pub(crate) fn read(db: &mut Db, keys: &[Seq], changed: &HashSet<Seq>, known_at: Seq) -> Stored<Vec<ReadStart>> {
    let rows: Vec<Row> = starts::table
        .inner_join(start_lives::table.on(start_lives::start_id.eq(starts::id)))
        .left_join(learners::table.on(learners::start_id.eq(starts::id)))
        .filter(starts::id.eq_any(keys.to_vec()))
        .order(starts::id)
        .select((
            (starts::id, starts::account_id, starts::transfer_id),
            (
                starts::agreed_on,
                starts::start_on,
                starts::planned_end_on,
                starts::agreed_price,
                starts::funding_band_maximum,
                starts::change_of_employer,
            ),
            (starts::training_provider_ukprn, learners::learner_reference.nullable(), start_lives::version),
        ))
        .load(db)?;
    let altered: Vec<Seq> = rows.iter().filter(|row| row.2.2 != row.0.0).map(|row| row.0.0).collect();
    let mut changes = start_changes::by_start(db, &altered, known_at)?;
    let mut found = Vec::with_capacity(rows.len());
    for ((start, account, transfer), agreed, (training_provider, reference, _)) in rows {
        let (agreed_on, start_on, planned_end_on, price, band, change_of_employer) = agreed;
        let facts = StartFacts {
            start_on,
            planned_end_on,
            agreed_price: Money::from_units(price),
            funding_band_maximum: band.map(Money::from_units),
            agreed_on,
            change_of_employer,
        };
        let history = StartHistory::new(facts, changes.remove(&start).unwrap_or_default());
        let reference = reference.unwrap_or_default();
        let settled = None;
        found.push(ReadStart { start, account, transfer, agreed_on, training_provider, reference, history, settled });
    }
    settle(db, &mut found, known_at, |start| changed.contains(&start.start))?;
    Ok(found)
}

/// Reads what was settled of the starts that something happened to and that earn such a thing too: a
/// price that fell far enough earns below nothing month after month, and what is given back goes where
/// it came from.
pub(crate) fn settle_those_earning(
    db: &mut Db,
    starts: &mut [ReadStart],
    (known_in, known_at): (Month, Seq),
    such: impl Fn(&Instalment) -> bool,
) -> Stored<()> {
    let earns = |history: &StartHistory| history.learning_at(known_in.last_day()).as_ref().map(earnings);
    settle(db, starts, known_at, |start| {
        let unread = start.settled.is_none() && !start.history.changes().is_empty();
        unread && earns(&start.history).is_some_and(|earned| earned.iter().any(&such))
    })
}

fn settle(db: &mut Db, starts: &mut [ReadStart], known_at: Seq, which: impl Fn(&ReadStart) -> bool) -> Stored<()> {
    let chosen: Vec<&mut ReadStart> = starts.iter_mut().filter(|start| which(start)).collect();
    let keys: Vec<Seq> = chosen.iter().map(|start| start.start).collect();
    let mut found = settled(db, &keys, known_at)?;
    for start in chosen {
        start.settled = Some(found.remove(&(start.account, start.start)).unwrap_or_default());
    }
    Ok(())
}

/// What was settled of starts, by account and start.
type SettledOf = HashMap<(Seq, Seq), Vec<Settled>>;

/// The references of the learners of starts.
pub(crate) fn references(db: &mut Db, keys: &[Seq]) -> Stored<HashMap<Seq, String>> {
    let of_starts = learners::table.filter(learners::start_id.eq_any(keys.to_vec()));
    let rows: Vec<(Seq, Option<String>)> =
        of_starts.select((learners::start_id, learners::learner_reference)).load(db)?;
    Ok(rows.into_iter().filter_map(|(key, reference)| Some((key, reference?))).collect())
}

/// What accounts settled of starts by what was recorded up to a number, by account and start, added up by
/// the database: what they paid, and what they did not cover. It is asked for by starts alone: were accounts
/// named too, SQLite would go through all that is recorded of them.
pub(crate) fn settled(db: &mut Db, keys: &[Seq], known_at: Seq) -> Stored<SettledOf> {
    let mut found = HashMap::new();
    if !keys.is_empty() {
        add_paid(db, keys, known_at, &mut found)?;
        add_uncovered(db, keys, known_at, &mut found)?;
    }
    Ok(found)
}

fn add_paid(db: &mut Db, keys: &[Seq], known_at: Seq, found: &mut SettledOf) -> Stored<()> {
    type Paid = ((Seq, Option<Seq>), i32, Option<i32>, Option<String>, String, i64);
    let sum = sql::<BigInt>("CAST(-COALESCE(SUM(amount), 0) AS BIGINT)");
    let paid: Vec<Paid> = entries::table
        .filter(entries::start_id.eq_any(keys.to_vec()).and(entries::seq.le(known_at)))
        .group_by((
            entries::account_id,
            entries::start_id,
            entries::month,
            entries::earned_month,
            entries::earned_kind,
            entries::kind,
        ))
        .select((
            (entries::account_id, entries::start_id),
            entries::month,
            entries::earned_month,
            entries::earned_kind,
            entries::kind,
            sum,
        ))
        .load(db)?;
    for ((account, start), month, earned_month, earned_kind, kind, units) in paid {
        let earned = earned_of(earned_month, earned_kind.as_deref())?;
        let source = if kind == EntryKind::TransferPayment.name() { Source::Transfer } else { Source::Levy };
        let month = earned.map_or_else(|| columns::month(month), |earned| Ok(earned.month))?;
        let part = PaidPart { source, amount: Money::from_units(units) };
        let settled = Settled { month, kind: earned.map(|earned| earned.kind), part };
        found.entry((account, start.unwrap_or_default())).or_default().push(settled);
    }
    Ok(())
}

fn add_uncovered(db: &mut Db, keys: &[Seq], known_at: Seq, found: &mut SettledOf) -> Stored<()> {
    type Uncovered = ((Seq, Seq), i32, String, String, Option<Seq>, i64);
    let uncovered: Vec<Uncovered> = co_investments::table
        .filter(co_investments::start_id.eq_any(keys.to_vec()).and(co_investments::seq.le(known_at)))
        .order((co_investments::seq, co_investments::place))
        .select((
            (co_investments::account_id, co_investments::start_id),
            co_investments::earned_month,
            co_investments::earned_kind,
            co_investments::employer_percent,
            co_investments::passed_to,
            co_investments::amount,
        ))
        .load(db)?;
    for (of, month, kind, percent, passed_to, units) in uncovered {
        let source = match passed_to {
            Some(_) => Source::PassedOn,
            None => Source::CoInvestment { employer_percent: columns::decimal(&percent)? },
        };
        let part = PaidPart { source, amount: Money::from_units(units) };
        let kind = Some(columns::name("kind of earning", &kind)?);
        found.entry(of).or_default().push(Settled { month: columns::month(month)?, kind, part });
    }
    Ok(())
}
