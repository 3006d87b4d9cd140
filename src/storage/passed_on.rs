//! Shortfalls of transfers that other accounts passed on to an account, which it meets as it pays own
//! training.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};

use super::closing::{LastCloses, given, references, settled};
use super::columns::{self, Stored};
use super::connection::Db;
use super::schema::{co_investments, starts};
use super::sums::KEYS_AT_ONCE;
use crate::domain::close::StartDue;
use crate::domain::journal::{Earned, Seq};
use crate::domain::money::Money;
use crate::domain::month_end::refundable;

/// What is due of a start, as stored: the account that it is due of, the earning, and the amount.
#[derive(QueryableByName)]
struct DueRow {
    #[diesel(sql_type = BigInt)]
    account_id: Seq,
    #[diesel(sql_type = BigInt)]
    start_id: Seq,
    #[diesel(sql_type = Integer)]
    earned_month: i32,
    #[diesel(sql_type = Text)]
    earned_kind: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

/// What other accounts passed on to each of these since its last close, and what it had met of that and
/// was taken back since, by what was recorded up to the number at which they are known.
pub(super) fn due(db: &mut Db, closes: &LastCloses) -> Stored<HashMap<Seq, Vec<StartDue>>> {
    let (given, known_at) = (given(&closes.since()), closes.known_at);
    let mut rows: Vec<DueRow> = diesel::sql_query(format!(
        "{given} SELECT c.passed_to AS account_id, c.start_id, c.earned_month, c.earned_kind, c.amount \
         FROM given CROSS JOIN co_investments c \
         WHERE c.passed_to = given.account AND c.seq > given.number AND c.seq <= {known_at} \
         ORDER BY c.seq, c.place"
    ))
    .load(db)?;
    // Payments for starts of others that were reversed.
    rows.extend(
        diesel::sql_query(format!(
            "{given} SELECT e.account_id, e.start_id, e.earned_month, e.earned_kind, e.amount \
         FROM given CROSS JOIN entries e JOIN starts ON starts.id = e.start_id AND starts.account_id <> e.account_id \
         WHERE e.account_id = given.account AND e.seq > given.number AND e.seq <= {known_at} \
             AND e.reverses IS NOT NULL AND e.earned_month IS NOT NULL AND e.earned_kind IS NOT NULL ORDER BY e.seq"
        ))
        .load::<DueRow>(db)?,
    );
    let mut by_start: BTreeMap<(Seq, Seq), Vec<(Earned, Money)>> = BTreeMap::new();
    for row in rows {
        let kind = columns::name("kind of earning", &row.earned_kind)?;
        let earned = Earned { month: columns::month(row.earned_month)?, kind };
        by_start.entry((row.account_id, row.start_id)).or_default().push((earned, Money::from_units(row.amount)));
    }
    starts_of(db, by_start, known_at)
}

/// Whether anything was passed on to one of these accounts after a number.
pub(super) fn is_any(db: &mut Db, after: Seq, accounts: &[Seq]) -> Stored<bool> {
    let passed = co_investments::passed_to.eq_any(accounts.to_vec()).and(co_investments::seq.gt(after));
    let first = co_investments::table.filter(passed).select(co_investments::seq).first::<Seq>(db);
    Ok(first.optional()?.is_some())
}

/// These starts with what is due of each, and what can be taken back of it, by account.
fn starts_of(
    db: &mut Db,
    due: BTreeMap<(Seq, Seq), Vec<(Earned, Money)>>,
    known_at: Seq,
) -> Stored<HashMap<Seq, Vec<StartDue>>> {
    let keys: BTreeSet<Seq> = due.keys().map(|(_, start)| *start).collect();
    let mut known = HashMap::with_capacity(keys.len());
    let (mut percents, mut settled_before) = (HashMap::new(), HashMap::new());
    for keys in keys.into_iter().collect::<Vec<_>>().chunks(KEYS_AT_ONCE) {
        known.extend(terms_of(db, keys)?);
        percents.extend(self::percents(db, keys, known_at)?);
        settled_before.extend(settled(db, keys, known_at)?);
    }
    let mut found: HashMap<Seq, Vec<StartDue>> = HashMap::new();
    for ((account, start), due) in due {
        let Some(Terms { reference, agreed_on, training_provider }) = known.get(&start).cloned() else { continue };
        let settled = settled_before.remove(&(account, start)).unwrap_or_default();
        let percent = percents.get(&(account, start)).map(|percent| columns::decimal(percent)).transpose()?;
        found.entry(account).or_default().push(StartDue {
            start,
            reference,
            agreed_on,
            transfer: None,
            training_provider,
            employer_percent: percent.unwrap_or_default(),
            due,
            refundable: refundable(settled.into_iter().map(|settled| (settled.month, settled.part))),
        });
    }
    Ok(found)
}

/// What orders the payments for a start.
#[derive(Clone)]
struct Terms {
    reference: String,
    agreed_on: NaiveDate,
    training_provider: Option<String>,
}

fn terms_of(db: &mut Db, keys: &[Seq]) -> Stored<HashMap<Seq, Terms>> {
    let mut references = references(db, keys)?;
    let columns = (starts::id, starts::agreed_on, starts::training_provider_ukprn);
    let rows: Vec<(Seq, NaiveDate, Option<String>)> =
        starts::table.filter(starts::id.eq_any(keys.to_vec())).select(columns).load(db)?;
    let terms = rows.into_iter().map(|(start, agreed_on, training_provider)| {
        let reference = references.remove(&start).unwrap_or_default();
        (start, Terms { reference, agreed_on, training_provider })
    });
    Ok(terms.collect())
}

/// The employer's percent of what was passed on up to a number, by account and start.
fn percents(db: &mut Db, keys: &[Seq], known_at: Seq) -> Stored<HashMap<(Seq, Seq), String>> {
    let passed = co_investments::start_id.eq_any(keys.to_vec()).and(co_investments::passed_to.is_not_null());
    let passed = passed.and(co_investments::seq.le(known_at));
    let columns = (co_investments::passed_to, co_investments::start_id, co_investments::employer_percent);
    let rows: Vec<(Option<Seq>, Seq, String)> =
        co_investments::table.filter(passed).select(columns).distinct().load(db)?;
    Ok(rows.into_iter().filter_map(|(account, start, percent)| Some(((account?, start), percent))).collect())
}
