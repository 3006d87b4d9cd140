//! The steps of a transfer after it was offered.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Agreements;
use super::asked::{Posted, RecordQuery, id_of};
use super::problem::{Problem, Problems};
use super::transfer_forms::{PartText, TransferOut, given};
use super::transfers::present;
use super::wire::{DateText, IdText, LineText, MoneyText, Text};
use crate::app::transfers::{ChangeEmployer, ChangeTransfer, Reschedule};
use crate::domain::transfers::Transition;

/// The routes of a transfer's steps.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(accept).service(decline).service(withdraw).service(lapse).service(stop).service(complete);
    config.service(reschedule).service(change_employer);
}

/// A step to be recorded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferStepIn {
    /// The day from which it counts, not before the transfer's last change; it may lie ahead.
    on: DateText,
    /// Why.
    #[serde(default)]
    reason: Option<LineText>,
}

async fn step(
    transition: Transition,
    id: web::Path<String>,
    posted: Posted<Agreements, TransferStepIn>,
) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let command = ChangeTransfer {
        scope: recorder.caller.scope.clone(),
        id: id_of(&id, "transfer")?,
        on: body.on.0,
        transition,
        reason: body.reason.map(|reason| reason.0.0),
    };
    recorder.record(command, |view| present(view, false)).await
}

/// Records that the provider accepted an offer
///
/// The reservation of an offer that had lapsed by now is held to the allowance anew.
#[utoipa::path(
    operation_id = "accept_transfer",
    tag = "transfers",
    params(("id" = IdText, Path, description = "The transfer"), RecordQuery),
    request_body = TransferStepIn,
    responses((status = 200, description = "The transfer", body = TransferOut), Problems),
)]
#[post("/transfers/{id}/accept")]
pub(crate) async fn accept(
    id: web::Path<String>,
    posted: Posted<Agreements, TransferStepIn>,
) -> Result<HttpResponse, Problem> {
    step(Transition::Accept, id, posted).await
}

/// Records that the provider declined an offer
///
/// What it reserved is free again.
#[utoipa::path(
    operation_id = "decline_transfer",
    tag = "transfers",
    params(("id" = IdText, Path, description = "The transfer"), RecordQuery),
    request_body = TransferStepIn,
    responses((status = 200, description = "The transfer", body = TransferOut), Problems),
)]
#[post("/transfers/{id}/decline")]
pub(crate) async fn decline(
    id: web::Path<String>,
    posted: Posted<Agreements, TransferStepIn>,
) -> Result<HttpResponse, Problem> {
    step(Transition::Decline, id, posted).await
}

/// Withdraws a transfer that has no start
///
/// What it reserved is free again.
#[utoipa::path(
    operation_id = "withdraw_transfer",
    tag = "transfers",
    params(("id" = IdText, Path, description = "The transfer"), RecordQuery),
    request_body = TransferStepIn,
    responses((status = 200, description = "The transfer", body = TransferOut), Problems),
)]
#[post("/transfers/{id}/withdraw")]
pub(crate) async fn withdraw(
    id: web::Path<String>,
    posted: Posted<Agreements, TransferStepIn>,
) -> Result<HttpResponse, Problem> {
    step(Transition::Withdraw, id, posted).await
}

/// Records that an offer was not answered
///
/// An offer with `lapses_on` lapses by itself on the next day.
#[utoipa::path(
    operation_id = "lapse_transfer",
    tag = "transfers",
    params(("id" = IdText, Path, description = "The transfer"), RecordQuery),
    request_body = TransferStepIn,
    responses((status = 200, description = "The transfer", body = TransferOut), Problems),
)]
#[post("/transfers/{id}/lapse")]
pub(crate) async fn lapse(
    id: web::Path<String>,
    posted: Posted<Agreements, TransferStepIn>,
) -> Result<HttpResponse, Problem> {
    step(Transition::Lapse, id, posted).await
}

/// Stops a live transfer
///
/// What it reserved beyond what it was paid is free again.
#[utoipa::path(
    operation_id = "stop_transfer",
    tag = "transfers",
    params(("id" = IdText, Path, description = "The transfer"), RecordQuery),
    request_body = TransferStepIn,
    responses((status = 200, description = "The transfer", body = TransferOut), Problems),
)]
#[post("/transfers/{id}/stop")]
pub(crate) async fn stop(
    id: web::Path<String>,
    posted: Posted<Agreements, TransferStepIn>,
) -> Result<HttpResponse, Problem> {
    step(Transition::Stop, id, posted).await
}

/// Completes a live transfer
///
/// What it reserved beyond what it was paid is free again.
#[utoipa::path(
    operation_id = "complete_transfer",
    tag = "transfers",
    params(("id" = IdText, Path, description = "The transfer"), RecordQuery),
    request_body = TransferStepIn,
    responses((status = 200, description = "The transfer", body = TransferOut), Problems),
)]
#[post("/transfers/{id}/complete")]
pub(crate) async fn complete(
    id: web::Path<String>,
    posted: Posted<Agreements, TransferStepIn>,
) -> Result<HttpResponse, Problem> {
    step(Transition::Complete, id, posted).await
}

/// New terms for a transfer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RescheduleIn {
    /// The day from which they count, not before the transfer's last change.
    on: DateText,
    /// Pounds agreed from then on; as before unless said. No less than was paid, nor than the prices
    /// of its starts.
    #[serde(default)]
    amount: Option<MoneyText>,
    /// Its parts by allowance year, in all the amount.
    schedule: Vec<PartText>,
    /// Why.
    reason: LineText,
}

/// Gives a transfer new terms
///
/// What grows in a year is held to that year's allowance, like an offer.
#[utoipa::path(
    operation_id = "reschedule_transfer",
    tag = "transfers",
    params(("id" = IdText, Path, description = "The transfer"), RecordQuery),
    request_body = RescheduleIn,
    responses((status = 200, description = "The transfer", body = TransferOut), Problems),
)]
#[post("/transfers/{id}/reschedule")]
pub(crate) async fn reschedule(
    id: web::Path<String>,
    posted: Posted<Agreements, RescheduleIn>,
) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let command = Reschedule {
        scope: recorder.caller.scope.clone(),
        id: id_of(&id, "transfer")?,
        on: body.on.0,
        amount: body.amount.map(|Text(amount)| amount),
        schedule: given(body.schedule),
        reason: body.reason.0.0,
    };
    recorder.record(command, |view| present(view, false)).await
}

/// Another provider that goes on with a transfer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmployerChangeIn {
    /// The day from which it is the provider, not before the transfer's last change; it may lie ahead.
    on: DateText,
    /// The provider that took over the one before.
    provider_id: IdText,
    /// Why.
    reason: LineText,
}

/// Records that the provider was taken over by another, which goes on
///
/// The transfer's starts, its schedule and what it reserves stay.
#[utoipa::path(
    operation_id = "change_transfer_employer",
    tag = "transfers",
    params(("id" = IdText, Path, description = "The transfer"), RecordQuery),
    request_body = EmployerChangeIn,
    responses((status = 200, description = "The transfer", body = TransferOut), Problems),
)]
#[post("/transfers/{id}/change-employer")]
pub(crate) async fn change_employer(
    id: web::Path<String>,
    posted: Posted<Agreements, EmployerChangeIn>,
) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let command = ChangeEmployer {
        scope: recorder.caller.scope.clone(),
        id: id_of(&id, "transfer")?,
        on: body.on.0,
        provider: body.provider_id.0,
        reason: body.reason.0.0,
    };
    recorder.record(command, |view| present(view, false)).await
}
