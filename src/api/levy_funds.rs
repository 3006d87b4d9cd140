//! Levy funds, recorded directly.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Money;
use super::answer::Presented;
use super::asked::{Asked, Params, Posted, RecordQuery, id_of};
use super::entries::EntryOut;
use super::page::{self, List, PageQuery};
use super::problem::{Problem, Problems};
use super::wire::{DateText, IdText, LineText, MoneyText, MonthText, Text};
use crate::app::entries::{self, ListedEntry, NamedIds};
use crate::app::levy::{LevyRecorded, RecordLevy};
use crate::domain::journal::Entry;

/// The routes of levy funds.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(record).service(list);
}

/// Levy funds to be recorded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LevyFundsIn {
    /// Pounds credited, English fraction and top-up included; negative for an adjustment.
    amount: MoneyText,
    /// The day on which they entered the account; its month decides their expiry.
    entered_on: DateText,
    /// The day that decides the allowance year; `entered_on` unless said.
    #[serde(default)]
    declared_on: Option<DateText>,
    /// The tax month, named by the calendar month in which it begins.
    #[serde(default)]
    payroll_month: Option<MonthText>,
    /// The PAYE scheme.
    #[serde(default)]
    paye_scheme: Option<LineText>,
    /// The council's own reference.
    #[serde(default)]
    reference: Option<LineText>,
}

/// A levy entry with what decides its allowance year and its expiry.
#[derive(Serialize, ToSchema)]
pub(crate) struct LevyEntryOut {
    #[serde(flatten)]
    pub(crate) entry: EntryOut,
    /// The day that decides the allowance year.
    pub(crate) declared_on: Option<DateText>,
    /// The tax month, named by the calendar month in which it begins.
    pub(crate) payroll_month: Option<MonthText>,
    /// The last day on which the funds can be spent, by the account's rules now.
    pub(crate) expires_on: DateText,
}

impl LevyEntryOut {
    /// A levy entry, the rest of which is written already.
    pub(crate) fn of(entry: &Entry, out: EntryOut, expires_on: chrono::NaiveDate) -> Self {
        Self {
            declared_on: entry.declared_on.map(Text),
            payroll_month: entry.payroll_month.map(Text),
            expires_on: Text(expires_on),
            entry: out,
        }
    }
}

impl From<LevyRecorded> for LevyEntryOut {
    fn from(LevyRecorded { entry, receipt, expires_on }: LevyRecorded) -> Self {
        Self::of(&entry, EntryOut::recorded(&entry, NamedIds::default(), &receipt, 0), expires_on)
    }
}

impl From<(ListedEntry, chrono::NaiveDate)> for LevyEntryOut {
    fn from((listed, expires_on): (ListedEntry, chrono::NaiveDate)) -> Self {
        Self::of(&listed.entry.clone(), EntryOut::from(listed), expires_on)
    }
}

/// Records levy funds
///
/// Negative levy is an adjustment and is never refused.
#[utoipa::path(
    operation_id = "record_levy_funds",
    tag = "levy",
    params(("id" = IdText, Path, description = "The account"), RecordQuery),
    request_body = LevyFundsIn,
    responses((status = 201, description = "The entry", body = LevyEntryOut), Problems),
)]
#[post("/accounts/{id}/levy-funds")]
pub(crate) async fn record(id: web::Path<String>, posted: Posted<Money, LevyFundsIn>) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let account = id_of(&id, "account")?;
    let command = RecordLevy {
        scope: recorder.caller.scope.clone(),
        account,
        amount: body.amount.0,
        entered_on: body.entered_on.0,
        declared_on: body.declared_on.map(|Text(date)| date),
        payroll_month: body.payroll_month.map(|Text(month)| month),
        paye_scheme: body.paye_scheme.map(|text| text.0.0),
        reference: body.reference.map(|text| text.0.0),
    };
    recorder
        .record(command, move |recorded| {
            let out = LevyEntryOut::from(recorded);
            let location = out.entry.seq.map(|seq| format!("/v1/entries/{seq}"));
            Presented::created(location, &out)
        })
        .await
}

/// Lists every levy entry of an account, from declarations and statements too
#[utoipa::path(
    operation_id = "list_levy_funds",
    tag = "levy",
    params(("id" = IdText, Path, description = "The account"), PageQuery),
    responses((status = 200, description = "A page of levy entries", body = List<LevyEntryOut>), Problems),
)]
#[get("/accounts/{id}/levy-funds")]
pub(crate) async fn list(
    id: web::Path<String>,
    asked: Asked<Money>,
    query: Params<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let Params(query) = query;
    let account = id_of(&id, "account")?;
    page::of_account(&asked, ("levy-funds", account), &query, move |db, caller, wanted| {
        let found = entries::levy_page(db, &caller.scope, account, wanted)?;
        Ok(found.map(|found| found.into_iter().map(|levy| (levy.0.seq, LevyEntryOut::from(levy))).collect()))
    })
    .await
}
