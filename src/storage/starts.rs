//! Starts, and apart from them the personal data of their learners.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use uuid::Uuid;

use super::columns::{self, Stored};
use super::connection::Db;
use super::ledger::StartIdentity;
use super::rows::{LearnerRow, StartRow};
use super::schema::{learners, starts};
use crate::domain::facts::{Learner, NewStart, StartTerms};
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::names::Named;

/// Starts of these ids.
pub(crate) fn by_public_ids(db: &mut Db, ids: &[Uuid]) -> Stored<Vec<StartRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    Ok(starts::table.filter(starts::public_id.eq_any(ids)).load(db)?)
}

/// Starts under these keys.
pub(crate) fn by_keys(db: &mut Db, keys: &[Seq]) -> Stored<Vec<StartRow>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    Ok(starts::table.filter(starts::id.eq_any(keys.to_vec())).load(db)?)
}

/// What a transfer has to hold of a start.
pub(crate) struct Priced {
    pub(crate) start_on: NaiveDate,
    pub(crate) price: Money,
    pub(crate) band: Option<Money>,
}

/// The starts under each transfer of these accounts.
pub(crate) fn by_transfer(db: &mut Db, accounts: &[Seq]) -> Stored<HashMap<Seq, Vec<Priced>>> {
    let columns = (starts::transfer_id, starts::start_on, starts::agreed_price, starts::funding_band_maximum);
    let rows: Vec<(Option<Seq>, NaiveDate, i64, Option<i64>)> = starts::table
        .filter(starts::account_id.eq_any(accounts.to_vec()))
        .filter(starts::transfer_id.is_not_null())
        .select(columns)
        .load(db)?;
    let mut found: HashMap<Seq, Vec<Priced>> = HashMap::new();
    for (transfer, start_on, price, band) in rows {
        let priced = Priced { start_on, price: Money::from_units(price), band: band.map(Money::from_units) };
        found.entry(transfer.unwrap_or_default()).or_default().push(priced);
    }
    Ok(found)
}

/// The starts that are there under these learner references.
pub(crate) fn identities(db: &mut Db, references: &[String]) -> Stored<HashSet<StartIdentity>> {
    let rows: Vec<(Seq, Option<String>, String, NaiveDate)> = starts::table
        .inner_join(learners::table.on(learners::start_id.eq(starts::id)))
        .filter(learners::learner_reference.eq_any(references.to_vec()))
        .select((starts::account_id, learners::learner_reference, starts::standard_code, starts::start_on))
        .load(db)?;
    let identity = |(account, reference, standard, on): (Seq, Option<String>, String, NaiveDate)| {
        Some((account, reference?, standard, on))
    };
    Ok(rows.into_iter().filter_map(identity).collect())
}

/// The row of a start.
pub(crate) fn row_of(seq: Seq, new: &NewStart, account: Seq, transfer: Option<Seq>) -> StartRow {
    let terms = new.terms.clone();
    StartRow {
        id: seq,
        public_id: new.public_id.to_string(),
        account_id: account,
        transfer_id: transfer,
        standard_code: terms.standard_code,
        standard_title: terms.standard_title,
        level: i32::from(terms.level),
        sector: terms.sector.map(|sector| sector.name().to_owned()),
        agreed_price: terms.agreed_price.units(),
        funding_band_maximum: terms.funding_band_maximum.map(Money::units),
        agreed_on: terms.agreed_on,
        start_on: terms.start_on,
        planned_end_on: terms.planned_end_on,
        training_provider_ukprn: terms.training_provider_ukprn,
        training_provider_name: terms.training_provider_name,
        local_training_provider: terms.local_training_provider,
    }
}

/// What was agreed, from a start's row.
pub(crate) fn terms_of(row: &StartRow) -> Stored<StartTerms> {
    Ok(StartTerms {
        standard_code: row.standard_code.clone(),
        standard_title: row.standard_title.clone(),
        level: columns::small("level", i64::from(row.level))?,
        sector: row.sector.as_deref().map(|sector| columns::name("sector", sector)).transpose()?,
        agreed_price: Money::from_units(row.agreed_price),
        funding_band_maximum: row.funding_band_maximum.map(Money::from_units),
        agreed_on: row.agreed_on,
        start_on: row.start_on,
        planned_end_on: row.planned_end_on,
        training_provider_ukprn: row.training_provider_ukprn.clone(),
        training_provider_name: row.training_provider_name.clone(),
        local_training_provider: row.local_training_provider,
    })
}

/// The row of a learner.
pub(crate) fn learner_row(start: Seq, learner: &Learner) -> LearnerRow {
    LearnerRow {
        start_id: start,
        learner_reference: learner.reference.clone(),
        uln: learner.uln.clone(),
        priority_groups: learner.priority_groups.as_deref().map(columns::words),
    }
}

/// What is known of the learners of these starts.
pub(crate) fn learners_of(db: &mut Db, keys: &[Seq]) -> Stored<HashMap<Seq, Learner>> {
    let rows: Vec<LearnerRow> = learners::table.filter(learners::start_id.eq_any(keys.to_vec())).load(db)?;
    let learner = |row: LearnerRow| {
        let groups = row.priority_groups.as_deref().map(|groups| columns::names("priority group", groups));
        Ok((
            row.start_id,
            Learner { reference: row.learner_reference, uln: row.uln, priority_groups: groups.transpose()? },
        ))
    };
    rows.into_iter().map(learner).collect()
}
