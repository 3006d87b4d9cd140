//! Months as they were closed, with what the funds did not cover and what was given notice of.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};
use uuid::Uuid;

use super::columns::{self, Stored};
use super::connection::Db;
use super::rows::{ClosedMonthRow, CoInvestmentRow, NoticeRow};
use super::schema::{account_settings, closed_months, co_investments, events, notices, starts};
use super::starts::transfer_ids;
use super::sums::KEYS_AT_ONCE;
use super::{providers, statements};
use crate::domain::account::Transfer;
use crate::domain::calendar::Month;
use crate::domain::close::{ClosedMonth, CoInvested, MonthSource, Notice};
use crate::domain::journal::{Earned, Seq};
use crate::domain::money::Money;
use crate::domain::names::Named;

/// The last month of each account that was closed: of those up to a month, if one is given, and
/// recorded up to a number.
pub(crate) fn closed_through(
    db: &mut Db,
    keys: &[Seq],
    (last, known_at): (Option<Month>, Seq),
) -> Stored<HashMap<Seq, Month>> {
    let rows: Vec<(Seq, i32)> = closed_months::table
        .filter(closed_months::account_id.eq_any(keys.to_vec()))
        .filter(closed_months::month.le(last.map_or(i32::MAX, Month::stored)))
        .filter(closed_months::seq.le(known_at))
        .group_by(closed_months::account_id)
        .select((closed_months::account_id, sql::<Integer>("MAX(month)")))
        .load(db)?;
    rows.into_iter().map(|(account, month)| Ok((account, columns::month(month)?))).collect()
}

/// What employers and government paid beside these accounts in the months closed up to one, recorded
/// up to a number, in pounds.
pub(crate) fn co_invested(db: &mut Db, keys: &[Seq], (last, known_at): (Month, Seq)) -> Stored<Money> {
    let mut sum = Money::ZERO;
    for keys in keys.chunks(KEYS_AT_ONCE) {
        let units: i64 = closed_months::table
            .filter(closed_months::account_id.eq_any(keys.to_vec()))
            .filter(closed_months::source.eq(MonthSource::Close.name()))
            .filter(closed_months::month.le(last.stored()).and(closed_months::seq.le(known_at)))
            .select(sql::<BigInt>("CAST(COALESCE(SUM(government + employer), 0) AS BIGINT)"))
            .first(db)?;
        sum += Money::from_units(units);
    }
    // Months of the statement say it with their lines, whether they are closed or not.
    Ok(sum + statements::contributions_through(db, keys, (last, known_at))?)
}

/// The accounts that providers hold, in the order in which they were opened, by provider.
pub(crate) struct LevyAccounts(BTreeMap<Seq, Vec<Seq>>);

impl LevyAccounts {
    /// All of them.
    pub(crate) fn keys(&self) -> BTreeSet<Seq> {
        self.0.values().flatten().copied().collect()
    }

    /// The levy account of each provider but for this one; of several the first opened.
    pub(crate) fn but_for(&self, account: Seq) -> HashMap<Seq, Seq> {
        self.0.keys().filter_map(|provider| Some((*provider, self.held_by(*provider, account)?))).collect()
    }

    /// The same of the providers alone that transfers of the account pay in a month.
    pub(crate) fn of_receivers(&self, account: Seq, transfers: &[&Transfer], month: Month) -> HashMap<Seq, Seq> {
        let receivers = transfers.iter().map(|transfer| transfer.provider_on(month.last_day()).key);
        receivers.filter_map(|provider| Some((provider, self.held_by(provider, account)?))).collect()
    }

    fn held_by(&self, provider: Seq, but_for: Seq) -> Option<Seq> {
        self.0.get(&provider)?.iter().copied().find(|own| *own != but_for)
    }
}

/// The accounts that providers hold, by what was recorded up to a number.
pub(crate) fn levy_accounts(db: &mut Db, known_at: Seq) -> Stored<LevyAccounts> {
    let known = || account_settings::table.filter(account_settings::seq.le(known_at));
    let naming = known().filter(account_settings::provider_id.is_not_null());
    let accounts: Vec<Seq> =
        naming.select(account_settings::account_id).distinct().order(account_settings::account_id).load(db)?;
    let mut held: BTreeMap<Seq, Vec<Seq>> = BTreeMap::new();
    for accounts in accounts.chunks(KEYS_AT_ONCE) {
        let settings = known().filter(account_settings::account_id.eq_any(accounts.to_vec()));
        let columns = (account_settings::account_id, account_settings::provider_id);
        let settings: Vec<(Seq, Option<Seq>)> = settings.order(account_settings::seq).select(columns).load(db)?;
        // What an account chose last is what counts.
        let latest: BTreeMap<Seq, Option<Seq>> = settings.into_iter().collect();
        for (account, provider) in latest.into_iter().filter_map(|(account, provider)| Some((account, provider?))) {
            held.entry(provider).or_default().push(account);
        }
    }
    Ok(LevyAccounts(held))
}

/// A month as it was closed, with what belongs to it.
#[derive(Clone, Debug)]
pub struct MonthRecord {
    /// The number under which it was closed.
    pub seq: Seq,
    /// Its figures.
    pub closed: ClosedMonth,
    /// What the funds did not cover.
    pub co_invested: Vec<CoInvested>,
    /// What was given notice of.
    pub notices: Vec<Notice>,
    /// Where the ledger stood with it, as `seq:hash`.
    pub head: String,
}

/// The public ids of what months name by key.
#[derive(Clone, Debug, Default)]
pub struct MonthNames {
    /// Starts.
    pub starts: HashMap<Seq, Uuid>,
    /// Providers.
    pub providers: HashMap<Seq, Uuid>,
    /// Transfers.
    pub transfers: HashMap<Seq, Uuid>,
}

/// The public ids of what these months name: the starts of shortfalls, providers and transfers.
pub(crate) fn names(db: &mut Db, months: &[MonthRecord]) -> Stored<MonthNames> {
    let parts = || months.iter().flat_map(|month| &month.co_invested);
    let notices = || months.iter().flat_map(|month| &month.notices);
    let shortfalls = parts().filter(|part| part.provider.is_some()).map(|part| part.start);
    let of_parts = parts().filter_map(|part| part.provider);
    Ok(MonthNames {
        starts: start_ids(db, shortfalls.collect())?,
        providers: providers::ids_of(db, of_parts.chain(notices().filter_map(|notice| notice.provider)))?,
        transfers: transfer_ids(db, notices().filter_map(|notice| notice.transfer))?,
    })
}

/// The public ids of starts.
pub(crate) fn start_ids(db: &mut Db, keys: BTreeSet<Seq>) -> Stored<HashMap<Seq, Uuid>> {
    let keys: Vec<Seq> = keys.into_iter().collect();
    let mut found = HashMap::with_capacity(keys.len());
    for keys in keys.chunks(KEYS_AT_ONCE) {
        let named = starts::table.filter(starts::id.eq_any(keys.to_vec())).select((starts::id, starts::public_id));
        for (key, id) in named.load::<(Seq, String)>(db)? {
            found.insert(key, columns::uuid(&id)?);
        }
    }
    Ok(found)
}

/// The closed months of an account after a month, oldest first.
pub(crate) fn page(db: &mut Db, account: Seq, after: i32, limit: i64) -> Stored<Vec<MonthRecord>> {
    let rows: Vec<ClosedMonthRow> = closed_months::table
        .filter(closed_months::account_id.eq(account).and(closed_months::month.gt(after)))
        .order(closed_months::month)
        .limit(limit)
        .load(db)?;
    records(db, rows)
}

/// A month of an account, if it is closed.
pub(crate) fn find(db: &mut Db, account: Seq, month: Month) -> Stored<Option<MonthRecord>> {
    let of_month = closed_months::account_id.eq(account).and(closed_months::month.eq(month.stored()));
    let row: Option<ClosedMonthRow> = closed_months::table.filter(of_month).first(db).optional()?;
    Ok(records(db, row.into_iter().collect())?.pop())
}

fn records(db: &mut Db, rows: Vec<ClosedMonthRow>) -> Stored<Vec<MonthRecord>> {
    let seqs: Vec<Seq> = rows.iter().map(|row| row.seq).collect();
    let (Some(account), false) = (rows.first().map(|row| row.account_id), seqs.is_empty()) else {
        return Ok(Vec::new());
    };
    let of_months = co_investments::seq.eq_any(seqs.clone());
    let parts: Vec<CoInvestmentRow> =
        co_investments::table.filter(of_months).order((co_investments::seq, co_investments::place)).load(db)?;
    let mut co_invested: HashMap<Seq, Vec<CoInvested>> = HashMap::new();
    for row in parts {
        co_invested.entry(row.seq).or_default().push(co_invested_of(&row)?);
    }
    let months: Vec<i32> = rows.iter().map(|row| row.month).collect();
    let of_months = notices::account_id.eq(account).and(notices::month.eq_any(months));
    let given: Vec<NoticeRow> = notices::table.filter(of_months).order(notices::seq).load(db)?;
    let mut noticed: HashMap<i32, Vec<Notice>> = HashMap::new();
    for row in given {
        noticed.entry(row.month).or_default().push(notice_of(&row)?);
    }
    // A close is the first thing that its event records.
    let from = seqs.iter().min().copied().unwrap_or(0);
    let heads = events::table.filter(events::account_id.eq(account).and(events::last_seq.ge(from)));
    let heads = heads.filter(events::first_seq.eq_any(seqs));
    let heads: Vec<(Seq, Seq, String)> = heads.select((events::first_seq, events::last_seq, events::hash)).load(db)?;
    let heads: HashMap<Seq, String> =
        heads.into_iter().map(|(first, last, hash)| (first, format!("{last}:{hash}"))).collect();
    let record = |row: ClosedMonthRow| {
        Ok(MonthRecord {
            seq: row.seq,
            closed: closed_of(&row)?,
            co_invested: co_invested.remove(&row.seq).unwrap_or_default(),
            notices: noticed.remove(&row.month).unwrap_or_default(),
            head: heads.get(&row.seq).cloned().unwrap_or_default(),
        })
    };
    rows.into_iter().map(record).collect()
}

fn closed_of(row: &ClosedMonthRow) -> Stored<ClosedMonth> {
    Ok(ClosedMonth {
        month: columns::month(row.month)?,
        source: columns::name("source of a month", &row.source)?,
        paid: Money::from_units(row.paid),
        transferred: Money::from_units(row.transferred),
        government: Money::from_units(row.government),
        employer: Money::from_units(row.employer),
        expired: Money::from_units(row.expired),
        expired_earlier: Money::from_units(row.expired_earlier),
    })
}

/// The row of a closed month.
pub(crate) fn row_of(seq: Seq, account: Seq, closed: &ClosedMonth) -> ClosedMonthRow {
    ClosedMonthRow {
        seq,
        account_id: account,
        month: closed.month.stored(),
        source: closed.source.name().to_owned(),
        paid: closed.paid.units(),
        transferred: closed.transferred.units(),
        government: closed.government.units(),
        employer: closed.employer.units(),
        expired: closed.expired.units(),
        expired_earlier: closed.expired_earlier.units(),
    }
}

/// What a row says was not covered.
pub(crate) fn co_invested_of(row: &CoInvestmentRow) -> Stored<CoInvested> {
    Ok(CoInvested {
        start: row.start_id,
        provider: row.provider_id,
        earned: Earned {
            month: columns::month(row.earned_month)?,
            kind: columns::name("kind of earning", &row.earned_kind)?,
        },
        amount: Money::from_units(row.amount),
        employer_percent: columns::decimal(&row.employer_percent)?,
        government: Money::from_units(row.government),
        employer: Money::from_units(row.employer),
        passed_to: row.passed_to,
    })
}

/// The rows of what a close did not cover.
pub(crate) fn co_investment_rows(
    seq: Seq,
    account: Seq,
    parts: &[CoInvested],
) -> impl Iterator<Item = CoInvestmentRow> {
    (0..).zip(parts).map(move |(place, part)| CoInvestmentRow {
        seq,
        place,
        account_id: account,
        start_id: part.start,
        provider_id: part.provider,
        earned_month: part.earned.month.stored(),
        earned_kind: part.earned.kind.name().to_owned(),
        amount: part.amount.units(),
        employer_percent: part.employer_percent.to_string(),
        government: part.government.units(),
        employer: part.employer.units(),
        passed_to: part.passed_to,
    })
}

fn notice_of(row: &NoticeRow) -> Stored<Notice> {
    Ok(Notice {
        kind: columns::name("notice", &row.kind)?,
        amount: Money::from_units(row.amount.unwrap_or(0)),
        due_on: row.due_on,
        provider: row.provider_id,
        transfer: row.transfer_id,
    })
}

/// The row of a notice.
pub(crate) fn notice_row(seq: Seq, account: Seq, month: Month, notice: &Notice) -> NoticeRow {
    NoticeRow {
        seq,
        account_id: account,
        month: month.stored(),
        kind: notice.kind.name().to_owned(),
        amount: Some(notice.amount.units()),
        due_on: notice.due_on,
        provider_id: notice.provider,
        transfer_id: notice.transfer,
    }
}
