//! The transfer allowance of an account's year.

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Figures;
use super::asked::{Asked, Params, id_of};
use super::problem::{Problem, Problems};
use super::report::{Report, report};
use super::tables::Row;
use super::wire::{DateText, FigureText, IdText, MoneyText, Text, YearText};
use crate::app::{self, Refusal};
use crate::domain::allowance::Allowance;

/// The route of the allowance.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show);
}

/// For which day the allowance is asked.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AllowanceQuery {
    /// The day: its allowance year, as at its end. Today unless said.
    on: Option<DateText>,
}

/// What an account may transfer in an allowance year, and what is left of it.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = TransferAllowance)]
pub(crate) struct AllowanceOut {
    /// The year, 20 April to 19 April, named after its tax year.
    allowance_year: YearText,
    /// Its first day.
    from: DateText,
    /// Its last day.
    to: DateText,
    /// Pounds of levy funds declared in the allowance year before; while provisional, those that
    /// entered in the last 12 complete months.
    base_levy: MoneyText,
    /// The rule set's cap on the day, percent; null where it allows no transfers.
    cap_percent: Option<FigureText>,
    /// The account's own cap, percent; the lower of the two binds.
    policy_cap_percent: Option<FigureText>,
    /// Pounds that may be transferred in the year.
    allowance: MoneyText,
    /// Pounds that were, net of refunds of the year's own payments.
    paid: MoneyText,
    /// Pounds that open transfers hold for the year beyond what they were paid.
    reserved: MoneyText,
    /// Pounds still free, never below 0.
    remaining: MoneyText,
    /// Pounds by which paid and reserved pass the allowance.
    exceeded_by: MoneyText,
    /// Whether the levy that decides the year is not complete yet.
    provisional: bool,
}

impl From<Allowance> for AllowanceOut {
    fn from(year: Allowance) -> Self {
        Self {
            allowance_year: Text(year.allowance_year),
            from: Text(year.allowance_year.first_day()),
            to: Text(year.allowance_year.last_day()),
            base_levy: Text(year.base_levy),
            cap_percent: year.cap_percent.map(Text),
            policy_cap_percent: year.policy_cap_percent.map(Text),
            allowance: Text(year.allowance),
            paid: Text(year.paid),
            reserved: Text(year.reserved),
            remaining: Text(year.remaining),
            exceeded_by: Text(year.exceeded_by),
            provisional: year.provisional,
        }
    }
}

impl Row for AllowanceOut {
    const COLUMNS: &'static [&'static str] = &[
        "allowance_year",
        "from",
        "to",
        "base_levy",
        "cap_percent",
        "policy_cap_percent",
        "allowance",
        "paid",
        "reserved",
        "remaining",
        "exceeded_by",
        "provisional",
    ];
}

impl Report for AllowanceOut {
    type Row = Self;

    fn rows(&self) -> Vec<Self> {
        vec![self.clone()]
    }
}

/// Shows the transfer allowance of the year that holds a day
#[utoipa::path(
    operation_id = "get_transfer_allowance",
    tag = "transfers",
    params(("id" = IdText, Path, description = "The account"), AllowanceQuery),
    responses((status = 200, description = "The allowance", body = AllowanceOut), Problems),
)]
#[get("/accounts/{id}/transfer-allowance")]
pub(crate) async fn show(
    request: HttpRequest,
    asked: Asked<Figures>,
    id: web::Path<String>,
    query: Params<AllowanceQuery>,
) -> Result<HttpResponse, Problem> {
    let (id, on) = (id_of(&id, "account")?, query.0.on.map(|Text(on)| on));
    report(&request, asked, move |db, caller, now| {
        let found = app::allowance::now(db, &caller.scope, id, (on.unwrap_or(now.today), now.today))?;
        Ok(found.map(AllowanceOut::from).ok_or_else(|| Refusal::NotFound("account").into()))
    })
    .await
}
