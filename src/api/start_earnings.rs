//! What starts earn.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Starts;
use super::asked::{Asked, id_of};
use super::problem::{Problem, Problems};
use super::wire::{IdText, MoneyText, MonthText, Text};
use crate::app::Refusal;
use crate::app::start_earnings::{self, StartEarnings};
use crate::domain::calendar::DeliveryPeriod;
use crate::domain::earnings::Instalment;
use crate::domain::money::Money;
use crate::domain::names::Named;

/// The routes of what starts earn.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show);
}

/// What a start earns.
#[derive(Serialize, ToSchema)]
pub(crate) struct StartEarningsOut {
    /// What it earns month by month, by everything recorded of it, what is dated ahead included. The
    /// 20% is among them once an achievement is recorded. None for a start that is void.
    instalments: Vec<InstalmentOut>,
    /// The instalments together, in pounds.
    total: MoneyText,
    /// What was paid for it in all, refunds taken off, in pounds; payments of months without an
    /// instalment count too.
    paid_total: MoneyText,
}

/// What a start earns in a month.
#[derive(Serialize, ToSchema)]
pub(crate) struct InstalmentOut {
    /// The month in which it is earned.
    month: MonthText,
    /// The month in the academic year, August being the first: `2627-R02`.
    delivery_period: String,
    /// `on_programme`, `balancing` or `completion`.
    kind: &'static str,
    /// How much is earned, in pounds; negative where another price takes back more than is left.
    amount: MoneyText,
    /// What was paid for the start in that month, refunds taken off, in pounds; beside the first of a
    /// month's earnings, 0 beside the others.
    paid: MoneyText,
}

impl From<(Instalment, Money)> for InstalmentOut {
    fn from((Instalment { month, kind, amount }, paid): (Instalment, Money)) -> Self {
        let delivery_period = DeliveryPeriod::of(month).to_string();
        Self { month: Text(month), delivery_period, kind: kind.name(), amount: Text(amount), paid: Text(paid) }
    }
}

impl From<StartEarnings> for StartEarningsOut {
    fn from(StartEarnings { instalments, total, paid_total }: StartEarnings) -> Self {
        let instalments = instalments.into_iter().map(InstalmentOut::from).collect();
        Self { instalments, total: Text(total), paid_total: Text(paid_total) }
    }
}

/// Shows what a start earns month by month, and what was paid
///
/// It is the whole profile as known today: what is recorded with a day ahead, such as a withdrawal at
/// the end of next month, is in it already. A start that goes on earns to its planned end.
#[utoipa::path(
    operation_id = "get_start_earnings",
    tag = "starts",
    params(("id" = IdText, Path, description = "The start")),
    responses((status = 200, description = "What it earns", body = StartEarningsOut), Problems),
)]
#[get("/starts/{id}/earnings")]
pub(crate) async fn show(asked: Asked<Starts>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let id = id_of(&id, "start")?;
    let found = asked.read(move |db, caller, _| Ok(Ok(start_earnings::find(db, &caller.scope, id)?))).await?;
    let earnings = found.ok_or(Refusal::NotFound("start"))?;
    Ok(HttpResponse::Ok().json(StartEarningsOut::from(earnings)))
}
