//! What rolling programmes would change in an account's forecast, and how many apprentices it takes so
//! that nothing lapses. Nothing is recorded.

use actix_web::{HttpResponse, post, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Questions;
use super::asked::{AskedWith, Params, id_of};
use super::assumptions::AssumptionsOut;
use super::forecast::{ForecastMonthOut, ForecastQuery};
use super::problem::{Problem, Problems};
use super::programmes::WhatIfIn;
use super::wire::{DateText, IdText, MoneyText, MonthText, Text, YearText};
use crate::app::figures::AsOf;
use crate::app::forecast::{self, WhatIfView};
use crate::domain::allowance::Allowance;
use crate::domain::forecast::{ForecastMonth, Found, allowances, expired_in, short_in};
use crate::domain::journal::Seq;
use crate::domain::money::Money;

/// The routes of what-if.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(ask);
}

/// A month that falls short.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShortOut {
    /// The month.
    month: MonthText,
    /// Pounds that were due and are not covered.
    amount: MoneyText,
}

/// The allowance of a year.
#[derive(Serialize, ToSchema)]
pub(crate) struct YearOut {
    /// The year.
    allowance_year: YearText,
    /// Pounds of levy that it is a share of, expected levy included.
    base_levy: MoneyText,
    /// Pounds that may be transferred in it.
    allowance: MoneyText,
    /// Pounds that are, by the end of it or of the forecast.
    paid: MoneyText,
    /// Pounds that transfers still hold for it then.
    reserved: MoneyText,
    /// Pounds that are left of it then.
    remaining: MoneyText,
}

impl From<Allowance> for YearOut {
    fn from(year: Allowance) -> Self {
        Self {
            allowance_year: Text(year.allowance_year),
            base_levy: Text(year.base_levy),
            allowance: Text(year.allowance),
            paid: Text(year.paid),
            reserved: Text(year.reserved),
            remaining: Text(year.remaining),
        }
    }
}

/// A forecast, with what it comes to.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutcomeOut {
    /// Pounds that lapse in all its months.
    expired: MoneyText,
    /// The first month whose dues the funds do not cover, with what is not; null if there is none.
    first_short_of_funds: Option<ShortOut>,
    /// The first month whose transfers the allowance does not cover, with what is not; null if there is
    /// none.
    first_short_of_allowance: Option<ShortOut>,
    /// The transfer allowance, year by year.
    allowance_by_year: Vec<YearOut>,
    /// The months, oldest first.
    data: Vec<ForecastMonthOut>,
}

impl OutcomeOut {
    fn of(months: &[ForecastMonth]) -> Self {
        let first = |short: fn(&ForecastMonth) -> Money| {
            let month = months.iter().find(|month| !short(month).is_zero());
            month.map(|found| ShortOut { month: Text(found.month), amount: Text(short(found)) })
        };
        Self {
            expired: Text(expired_in(months)),
            first_short_of_funds: first(|month| month.short_of_funds),
            first_short_of_allowance: first(|month| month.short_of_allowance),
            allowance_by_year: allowances(months).into_values().map(YearOut::from).collect(),
            data: months.iter().map(ForecastMonthOut::from).collect(),
        }
    }
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundOut {
    /// The smallest number in each cohort; null where none does.
    apprentices: Option<u32>,
    /// What was found, in words.
    detail: String,
}

impl From<Found> for FoundOut {
    fn from(found: Found) -> Self {
        let (apprentices, detail) = match found {
            Found::Apprentices(0) => (Some(0), "Nothing lapses in these months as it is.".to_owned()),
            Found::Apprentices(number) => {
                (Some(number), format!("With {number} in each cohort nothing lapses, within funds and allowance."))
            }
            Found::StillLapses { apprentices, expired } => {
                let expired = expired.in_words();
                (None, format!("No number does: with {apprentices} in each cohort {expired} lapses all the same."))
            }
            Found::Short { apprentices, short } => {
                let short = short.in_words();
                let detail = format!(
                    "No number does: it would take {apprentices} in each cohort, which leaves {short} more of what is \
                     due without funds or allowance."
                );
                (None, detail)
            }
        };
        Self { apprentices, detail }
    }
}

/// The forecast with and without programmes. All of it is hypothetical.
#[derive(Serialize, ToSchema)]
pub(crate) struct WhatIfOut {
    /// The day on which it was, or would have been, worked out.
    as_at: DateText,
    /// The number of the ledger up to which everything recorded counts.
    known_at: Seq,
    /// What is taken for granted.
    assumptions: AssumptionsOut,
    /// What was sought and found; null where plans were sent.
    found: Option<FoundOut>,
    /// Pounds that do not lapse with the programmes and would without; null where no number was found.
    saved_from_expiry: Option<MoneyText>,
    /// Whether all that is covered without the programmes stays covered, and theirs too; null where no
    /// number was found.
    within_funds_and_allowance: Option<bool>,
    /// The forecast without the programmes.
    without: OutcomeOut,
    /// The forecast with them; null where no number was found.
    with: Option<OutcomeOut>,
}

impl WhatIfOut {
    fn of(view: &WhatIfView, of: &AsOf) -> Self {
        let without = &view.without.months;
        let with = view.with.as_deref();
        Self {
            as_at: Text(of.as_at),
            known_at: of.known_at,
            assumptions: AssumptionsOut::of(&view.without.assumptions, without.len()),
            found: view.found.map(FoundOut::from),
            saved_from_expiry: with.map(|with| Text(expired_in(without) - expired_in(with))),
            within_funds_and_allowance: with.map(|with| short_in(with) <= short_in(without)),
            without: OutcomeOut::of(without),
            with: with.map(OutcomeOut::of),
        }
    }
}

/// Asks what rolling programmes would change
///
/// The forecast with and without them: what they save from expiry, and the first month in which funds
/// or allowance fall short. Or, with `find`, the smallest number of apprentices in each cohort that lets
/// nothing lapse within funds and allowance. Planned apprentices run to their end, with the 20% in the
/// last month. Nothing is recorded, whoever asks.
#[utoipa::path(
    operation_id = "ask_what_if",
    tag = "figures",
    params(("id" = IdText, Path, description = "The account"), ForecastQuery),
    request_body(content = WhatIfIn, description = "The programmes"),
    responses((status = 200, description = "The forecast with and without them", body = WhatIfOut), Problems),
)]
#[post("/accounts/{id}/what-if")]
pub(crate) async fn ask(
    id: web::Path<String>,
    Params(query): Params<ForecastQuery>,
    question: AskedWith<Questions, WhatIfIn>,
) -> Result<HttpResponse, Problem> {
    let id = id_of(&id, "account")?;
    let AskedWith { asked, body } = question;
    let what_if = body.asked()?;
    let read = asked.read(move |db, caller, now| {
        let horizon = match query.horizon(db, now.today)? {
            Ok(horizon) => horizon,
            Err(problem) => return Ok(Err(problem)),
        };
        let view = forecast::what_if(db, &caller.scope, id, (horizon, what_if))?;
        Ok(view.map(|view| WhatIfOut::of(&view, &horizon.of)).map_err(Problem::from))
    });
    Ok(HttpResponse::Ok().json(read.await?))
}
