//! Months: closing them, and what each came to.

use actix_web::{HttpResponse, get, post, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Money;
use super::answer::Presented;
use super::asked::{Asked, Nothing, Params, Posted, RecordQuery, id_of};
use super::page::{self, List, PageQuery};
use super::problem::{Code, Problem, Problems};
use super::wire::{
    DateText, EarningKindName, IdText, MoneyText, MonthSourceName, MonthText, Name, NoticeKindName, Text,
};
use crate::app::Refusal;
use crate::app::months::{self, CloseMonth, MonthView};
use crate::domain::calendar::Month;
use crate::domain::close::{CoInvested, Notice};
use crate::storage::months::MonthNames;

/// The routes of months.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(close).service(list).service(show);
}

/// A month as it was closed. It never changes again.
#[derive(Serialize, ToSchema)]
pub(crate) struct MonthOut {
    /// The month.
    month: MonthText,
    /// What paid it: this ledger's close, or the national service's statement.
    source: MonthSourceName,
    /// Paid for own training in the month, refunds taken off, in pounds.
    paid: MoneyText,
    /// Paid as transfers in the month, refunds taken off, in pounds.
    transferred: MoneyText,
    /// What the funds did not cover and is co-invested.
    co_invested: CoInvestedOut,
    /// What providers were short of, start by start: the transfer allowance or the funds did not cover it.
    shortfalls: Vec<ShortfallOut>,
    /// Funds that lapsed at the month's end, in pounds.
    expired: MoneyText,
    /// Funds that lapsed in earlier months and were booked with this one, in pounds.
    expired_earlier: MoneyText,
    /// What was given notice of.
    notices: Vec<NoticeOut>,
    /// Where the ledger stood with it, as `seq:hash`; null on a dry run. Kept elsewhere, it proves later
    /// that nothing before it was changed.
    head: Option<String>,
}

/// What is co-invested, in pounds; below nothing where more is given back.
#[derive(Serialize, ToSchema)]
pub(crate) struct CoInvestedOut {
    /// The employers' part.
    employer: MoneyText,
    /// The government's part.
    government: MoneyText,
}

/// What a provider was short of for a start.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShortfallOut {
    /// The provider.
    provider_id: Option<IdText>,
    /// The start.
    start_id: Option<IdText>,
    /// The month in which it was earned.
    earned_month: MonthText,
    /// What it was earned for.
    kind: EarningKindName,
    /// How much was not covered, in pounds; below nothing where it is given back.
    amount: MoneyText,
    /// Who meets it: the provider's own `levy_account`, with its next close, or `co_investment`.
    met_by: &'static str,
    /// The employer's part of the co-investment, in pounds.
    employer: MoneyText,
    /// The government's part, in pounds.
    government: MoneyText,
}

/// Something that was given notice of.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoticeOut {
    /// What it is.
    kind: NoticeKindName,
    /// How much it is about, in pounds.
    amount: MoneyText,
    /// The day on which funds lapse.
    due_on: Option<DateText>,
    /// The provider whose shortfall it is, or whose transfer waits; null for the account's own training.
    provider_id: Option<IdText>,
    /// The transfer that waits for its first start.
    transfer_id: Option<IdText>,
}

impl ShortfallOut {
    fn of(part: &CoInvested, names: &MonthNames) -> Self {
        Self {
            provider_id: part.provider.and_then(|key| names.providers.get(&key).copied()).map(Text),
            start_id: names.starts.get(&part.start).copied().map(Text),
            earned_month: Text(part.earned.month),
            kind: Name(part.earned.kind),
            amount: Text(part.amount),
            met_by: if part.passed_to.is_some() { "levy_account" } else { "co_investment" },
            employer: Text(part.employer),
            government: Text(part.government),
        }
    }
}

impl NoticeOut {
    fn of(notice: &Notice, names: &MonthNames) -> Self {
        Self {
            kind: Name(notice.kind),
            amount: Text(notice.amount),
            due_on: notice.due_on.map(Text),
            provider_id: notice.provider.and_then(|key| names.providers.get(&key).copied()).map(Text),
            transfer_id: notice.transfer.and_then(|key| names.transfers.get(&key).copied()).map(Text),
        }
    }
}

impl From<MonthView> for MonthOut {
    fn from(MonthView { closed, co_invested, notices, head, names }: MonthView) -> Self {
        let shortfalls = co_invested.iter().filter(|part| part.provider.is_some());
        Self {
            month: Text(closed.month),
            source: Name(closed.source),
            paid: Text(closed.paid),
            transferred: Text(closed.transferred),
            co_invested: CoInvestedOut { employer: Text(closed.employer), government: Text(closed.government) },
            shortfalls: shortfalls.map(|part| ShortfallOut::of(part, &names)).collect(),
            expired: Text(closed.expired),
            expired_earlier: Text(closed.expired_earlier),
            notices: notices.iter().map(|notice| NoticeOut::of(notice, &names)).collect(),
            head,
        }
    }
}

fn month_of(text: &str) -> Result<Month, Problem> {
    text.parse().map_err(|_| Problem::new(Code::MalformedRequest, "a month is written with its year: 2026-05"))
}

/// Closes a month
///
/// Settles what every start is due by its end: refunds first, then transfers within the allowance, then
/// own training; the rest is co-invested. Then books what lapsed. Months close in order, each once, and
/// closing one again answers the same.
#[utoipa::path(
    operation_id = "close_month",
    tag = "months",
    params(
        ("id" = IdText, Path, description = "The account"),
        ("month" = MonthText, Path, description = "The month, which must be over"),
        RecordQuery,
    ),
    responses((status = 200, description = "The month as it was closed", body = MonthOut), Problems),
)]
#[post("/accounts/{id}/months/{month}/close")]
pub(crate) async fn close(
    path: web::Path<(String, String)>,
    posted: Posted<Money, Nothing>,
) -> Result<HttpResponse, Problem> {
    let (id, month) = path.into_inner();
    let recorder = posted.recorder;
    let scope = recorder.caller.scope.clone();
    let command = CloseMonth { scope, account: id_of(&id, "account")?, month: month_of(&month)? };
    recorder.record(command, |view| Presented::ok(&MonthOut::from(view))).await
}

/// Lists the closed months of an account
#[utoipa::path(
    operation_id = "list_months",
    tag = "months",
    params(("id" = IdText, Path, description = "The account"), PageQuery),
    responses((status = 200, description = "A page of months, oldest first", body = List<MonthOut>), Problems),
)]
#[get("/accounts/{id}/months")]
pub(crate) async fn list(
    id: web::Path<String>,
    asked: Asked<Money>,
    query: Params<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let Params(query) = query;
    let account = id_of(&id, "account")?;
    page::of_account(&asked, ("months", account), &query, move |db, caller, wanted| {
        let found = months::page(db, &caller.scope, account, wanted)?;
        Ok(found.map(|found| found.into_iter().map(|(key, view)| (key, MonthOut::from(view))).collect()))
    })
    .await
}

/// Shows a closed month
#[utoipa::path(
    operation_id = "get_month",
    tag = "months",
    params(
        ("id" = IdText, Path, description = "The account"),
        ("month" = MonthText, Path, description = "The month"),
    ),
    responses((status = 200, description = "The month as it was closed", body = MonthOut), Problems),
)]
#[get("/accounts/{id}/months/{month}")]
pub(crate) async fn show(path: web::Path<(String, String)>, asked: Asked<Money>) -> Result<HttpResponse, Problem> {
    let (id, month) = path.into_inner();
    let (account, month) = (id_of(&id, "account")?, month_of(&month)?);
    let found = asked.read(move |db, caller, _| Ok(Ok(months::find(db, &caller.scope, account, month)?))).await?;
    let view = found.ok_or(Refusal::NotFound("closed month"))?;
    Ok(HttpResponse::Ok().json(MonthOut::from(view)))
}
