//! Transfers: offered, listed and shown.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::access::Agreements;
use super::answer::Presented;
use super::asked::{Asked, Params, Posted, RecordQuery, id_of};
use super::page::{self, List};
use super::problem::{Problem, Problems};
use super::transfer_forms::{FirstStatus, TransferIn, TransferOut, given};
use super::wire::{DateText, IdText, Name, StatusName, Text};
use crate::app::transfers::{OfferTransfer, TransferView, TransfersWanted};
use crate::app::{self, Refusal};
use crate::storage::events::hex;

/// The routes of transfers.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(offer).service(list).service(show);
}

/// The validator of a transfer: it covers all that is shown, payments and the day's status included.
fn etag_of(out: &TransferOut) -> String {
    let shown = serde_json::to_string(out).unwrap_or_default();
    let digest: String = hex(&Sha256::digest(shown)).chars().take(32).collect();
    format!("\"{digest}\"")
}

/// What is answered about a transfer that was recorded or changed.
pub(crate) fn present(view: TransferView, made: bool) -> Presented {
    let id = view.id;
    let out = TransferOut::from(view);
    let etag = id.map(|_| etag_of(&out));
    let location = id.map(|id| format!("/v1/transfers/{id}"));
    let presented = if made { Presented::created(location, &out) } else { Presented::ok(&out) };
    presented.with_etag(etag)
}

/// Offers a transfer, or records one that was agreed at once
///
/// Each year's part reserves allowance: beyond a year's allowance the offer is refused with
/// `transfer_cap_exceeded`, or recorded with a warning while that year is provisional.
#[utoipa::path(
    operation_id = "offer_transfer",
    tag = "transfers",
    params(("id" = IdText, Path, description = "The account"), RecordQuery),
    request_body = TransferIn,
    responses((status = 201, description = "The transfer", body = TransferOut), Problems),
)]
#[post("/accounts/{id}/transfers")]
pub(crate) async fn offer(
    id: web::Path<String>,
    posted: Posted<Agreements, TransferIn>,
) -> Result<HttpResponse, Problem> {
    let Posted { mut body, recorder, .. } = posted;
    let command = OfferTransfer {
        scope: recorder.caller.scope.clone(),
        id: Uuid::now_v7(),
        account: id_of(&id, "account")?,
        provider: body.provider_id.0,
        amount: body.amount.0,
        schedule: body.schedule.take().map(given),
        accepted: body.status == Some(FirstStatus::Accepted),
        purpose: body.purpose(),
    };
    recorder.record(command, |view| present(view, true)).await
}

/// Which transfers are listed, and how they are paged.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TransfersQuery {
    /// Only those that stand so on the day.
    status: Option<StatusName>,
    /// Only those that this provider has on the day.
    provider_id: Option<IdText>,
    /// As at this day's end, those agreed by then; today, with those that lie ahead, unless said.
    as_at: Option<DateText>,
    /// How many items at the most, 1 to 1000; 100 unless said.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists the transfers of an account
#[utoipa::path(
    operation_id = "list_transfers",
    tag = "transfers",
    params(("id" = IdText, Path, description = "The account"), TransfersQuery),
    responses(
        (status = 200, description = "A page of transfers, or all of them as CSV", content(
            (List<TransferOut> = "application/json"),
            (String = "text/csv"),
        )),
        Problems,
    ),
)]
#[get("/accounts/{id}/transfers")]
pub(crate) async fn list(
    request: HttpRequest,
    asked: Asked<Agreements>,
    id: web::Path<String>,
    query: Params<TransfersQuery>,
) -> Result<HttpResponse, Problem> {
    let Params(TransfersQuery { status, provider_id, as_at, limit, cursor }) = query;
    let account = id_of(&id, "account")?;
    let filters = ("transfers", account.to_string(), status, provider_id, as_at);
    page::list(&request, asked, (limit, cursor), &filters, move |db, caller, now, after, limit| {
        if app::accounts::find(db, &caller.scope, account)?.is_none() {
            return Ok(Err(Refusal::NotFound("account").into()));
        }
        let (status, provider) = (status.map(|Name(status)| status), provider_id.map(|Text(id)| id));
        let as_at = as_at.map(|Text(day)| day);
        let wanted = TransfersWanted { account, status, provider, as_at, today: now.today };
        let found = app::transfers::page(db, &wanted, after, limit)?;
        Ok(Ok(found.into_iter().map(|(key, view)| (key, TransferOut::from(view))).collect()))
    })
    .await
}

/// As at which day a transfer is shown.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AsAtQuery {
    /// As at this day's end; a transfer that was agreed later is not there. Today unless said.
    as_at: Option<DateText>,
}

/// Shows a transfer
#[utoipa::path(
    operation_id = "get_transfer",
    tag = "transfers",
    params(("id" = IdText, Path, description = "The transfer"), AsAtQuery),
    responses((status = 200, description = "The transfer", body = TransferOut), Problems),
)]
#[get("/transfers/{id}")]
pub(crate) async fn show(
    asked: Asked<Agreements>,
    id: web::Path<String>,
    query: Params<AsAtQuery>,
) -> Result<HttpResponse, Problem> {
    let (id, as_at) = (id_of(&id, "transfer")?, query.0.as_at.map(|Text(day)| day));
    let found =
        asked.read(move |db, caller, now| Ok(Ok(app::transfers::find(db, &caller.scope, id, (as_at, now.today))?)));
    let out = TransferOut::from(found.await?.ok_or(Refusal::NotFound("transfer"))?);
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag_of(&out))).json(out))
}
