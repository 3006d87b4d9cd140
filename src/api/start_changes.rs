//! What happens to a start after it was recorded.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Starts;
use super::asked::{Posted, RecordQuery, id_of};
use super::problem::{Problem, Problems};
use super::starts::{StartOut, present};
use super::wire::{DateText, IdText, LineText, MoneyText, Text};
use crate::app::start_changes::ChangeStart;
use crate::domain::starts::StartChange;

/// The routes of what happens to starts.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(pause).service(resume).service(withdraw).service(complete).service(achieve);
    config.service(change_price).service(change_dates).service(void);
}

/// Something that happened to a start, as it is sent.
trait Happened {
    /// What happened, and why.
    fn read(self) -> (StartChange, Option<LineText>);
}

async fn change<T: Happened>(id: web::Path<String>, posted: Posted<Starts, T>) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let (scope, role) = (recorder.caller.scope.clone(), recorder.caller.role);
    let (change, reason) = body.read();
    let command = ChangeStart { scope, start: id_of(&id, "start")?, change, reason: reason.map(|reason| reason.0.0) };
    recorder.record(command, move |view| present(view, role, false)).await
}

/// A break in learning.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PauseIn {
    /// The last day of learning before the break; it may lie ahead.
    on: DateText,
}

impl Happened for PauseIn {
    fn read(self) -> (StartChange, Option<LineText>) {
        (StartChange::Paused { on: self.on.0 }, None)
    }
}

/// Records that learning was broken off
///
/// Months whose last day lies in the break earn nothing.
#[utoipa::path(
    operation_id = "pause_start",
    tag = "starts",
    params(("id" = IdText, Path, description = "The start"), RecordQuery),
    request_body = PauseIn,
    responses((status = 200, description = "The start", body = StartOut), Problems),
)]
#[post("/starts/{id}/pause")]
pub(crate) async fn pause(id: web::Path<String>, posted: Posted<Starts, PauseIn>) -> Result<HttpResponse, Problem> {
    change(id, posted).await
}

/// The end of a break.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResumeIn {
    /// The first day of learning again, after the last day before the break; it may lie ahead.
    on: DateText,
    /// The last day of training as planned from then on; as before unless said.
    #[serde(default)]
    planned_end_on: Option<DateText>,
}

impl Happened for ResumeIn {
    fn read(self) -> (StartChange, Option<LineText>) {
        let planned_end_on = self.planned_end_on.map(|Text(day)| day);
        (StartChange::Resumed { on: self.on.0, planned_end_on }, None)
    }
}

/// Records that learning went on after a break
///
/// What remains of the 80% is divided over the months to the planned end.
#[utoipa::path(
    operation_id = "resume_start",
    tag = "starts",
    params(("id" = IdText, Path, description = "The start"), RecordQuery),
    request_body = ResumeIn,
    responses((status = 200, description = "The start", body = StartOut), Problems),
)]
#[post("/starts/{id}/resume")]
pub(crate) async fn resume(id: web::Path<String>, posted: Posted<Starts, ResumeIn>) -> Result<HttpResponse, Problem> {
    change(id, posted).await
}

/// The end of learning of an apprentice who left.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartWithdrawalIn {
    /// The last day of learning; it may lie ahead.
    on: DateText,
    /// Why, in words that say nothing of the learner: it is kept for good.
    #[serde(default)]
    reason: Option<LineText>,
}

impl Happened for StartWithdrawalIn {
    fn read(self) -> (StartChange, Option<LineText>) {
        (StartChange::Withdrawn { on: self.on.0 }, self.reason)
    }
}

/// Records that the apprentice left
///
/// Months that end after the last day of learning earn nothing, and there is no completion payment.
#[utoipa::path(
    operation_id = "withdraw_start",
    tag = "starts",
    params(("id" = IdText, Path, description = "The start"), RecordQuery),
    request_body = StartWithdrawalIn,
    responses((status = 200, description = "The start", body = StartOut), Problems),
)]
#[post("/starts/{id}/withdraw")]
pub(crate) async fn withdraw(
    id: web::Path<String>,
    posted: Posted<Starts, StartWithdrawalIn>,
) -> Result<HttpResponse, Problem> {
    change(id, posted).await
}

/// The completion of learning.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompletionIn {
    /// The day on which learning was completed; it may lie ahead.
    on: DateText,
}

impl Happened for CompletionIn {
    fn read(self) -> (StartChange, Option<LineText>) {
        (StartChange::Completed { on: self.on.0 }, None)
    }
}

/// Records that learning was completed
///
/// Before the planned end, what remains of the 80% is earned in that month. The 20% waits for the
/// achievement.
#[utoipa::path(
    operation_id = "complete_start",
    tag = "starts",
    params(("id" = IdText, Path, description = "The start"), RecordQuery),
    request_body = CompletionIn,
    responses((status = 200, description = "The start", body = StartOut), Problems),
)]
#[post("/starts/{id}/complete")]
pub(crate) async fn complete(
    id: web::Path<String>,
    posted: Posted<Starts, CompletionIn>,
) -> Result<HttpResponse, Problem> {
    change(id, posted).await
}

/// An achievement.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AchievementIn {
    /// The day of achievement, not before a completion; it may lie ahead.
    on: DateText,
}

impl Happened for AchievementIn {
    fn read(self) -> (StartChange, Option<LineText>) {
        (StartChange::Achieved { on: self.on.0 }, None)
    }
}

/// Records that the apprentice achieved
///
/// The 20% is earned in that month. A completion need not come first.
#[utoipa::path(
    operation_id = "achieve_start",
    tag = "starts",
    params(("id" = IdText, Path, description = "The start"), RecordQuery),
    request_body = AchievementIn,
    responses((status = 200, description = "The start", body = StartOut), Problems),
)]
#[post("/starts/{id}/achieve")]
pub(crate) async fn achieve(
    id: web::Path<String>,
    posted: Posted<Starts, AchievementIn>,
) -> Result<HttpResponse, Problem> {
    change(id, posted).await
}

/// Another price.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceChangeIn {
    /// The first day it holds for, from the start's first day on; it may lie ahead.
    from: DateText,
    /// The price agreed with the training provider from then on, in pounds, 0.00 or more.
    agreed_price: MoneyText,
}

impl Happened for PriceChangeIn {
    fn read(self) -> (StartChange, Option<LineText>) {
        (StartChange::PriceChanged { from: self.from.0, agreed_price: self.agreed_price.0 }, None)
    }
}

/// Records that another price was agreed
///
/// Earlier months stay; what is left of the new price is divided over the later ones. Under a transfer
/// a dearer price has to fit into its agreed amount.
#[utoipa::path(
    operation_id = "change_start_price",
    tag = "starts",
    params(("id" = IdText, Path, description = "The start"), RecordQuery),
    request_body = PriceChangeIn,
    responses((status = 200, description = "The start", body = StartOut), Problems),
)]
#[post("/starts/{id}/change-price")]
pub(crate) async fn change_price(
    id: web::Path<String>,
    posted: Posted<Starts, PriceChangeIn>,
) -> Result<HttpResponse, Problem> {
    change(id, posted).await
}

/// Other dates; what is left out stays, and one is given at least.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DatesChangeIn {
    /// The first day of training, not after anything that happened to the start.
    #[serde(default)]
    start_on: Option<DateText>,
    /// The last day of training as planned, within ten years of the first.
    #[serde(default)]
    planned_end_on: Option<DateText>,
}

impl Happened for DatesChangeIn {
    fn read(self) -> (StartChange, Option<LineText>) {
        let day = |text: Option<DateText>| text.map(|Text(day)| day);
        let (start_on, planned_end_on) = (day(self.start_on), day(self.planned_end_on));
        (StartChange::DatesChanged { start_on, planned_end_on }, None)
    }
}

/// Puts a start's dates right
///
/// What it earns is worked out afresh, for all months.
#[utoipa::path(
    operation_id = "change_start_dates",
    tag = "starts",
    params(("id" = IdText, Path, description = "The start"), RecordQuery),
    request_body = DatesChangeIn,
    responses((status = 200, description = "The start", body = StartOut), Problems),
)]
#[post("/starts/{id}/change-dates")]
pub(crate) async fn change_dates(
    id: web::Path<String>,
    posted: Posted<Starts, DatesChangeIn>,
) -> Result<HttpResponse, Problem> {
    change(id, posted).await
}

/// Why a start is void.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VoidIn {
    /// Why, in words that say nothing of the learner: it is kept for good.
    reason: LineText,
}

impl Happened for VoidIn {
    fn read(self) -> (StartChange, Option<LineText>) {
        (StartChange::Voided, Some(self.reason))
    }
}

/// Makes a start void that was recorded by mistake
///
/// It counts for nothing on any day, and its place and price under a transfer are free again. Only a
/// start that nothing was paid for can be made void.
#[utoipa::path(
    operation_id = "void_start",
    tag = "starts",
    params(("id" = IdText, Path, description = "The start"), RecordQuery),
    request_body = VoidIn,
    responses((status = 200, description = "The start", body = StartOut), Problems),
)]
#[post("/starts/{id}/void")]
pub(crate) async fn void(id: web::Path<String>, posted: Posted<Starts, VoidIn>) -> Result<HttpResponse, Problem> {
    change(id, posted).await
}
