//! What rolling programmes would change in an account's forecast, and how many apprentices it takes so
//! that nothing lapses. Nothing is recorded.

use actix_web::{HttpResponse, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Questions;
use super::asked::{AskedWith, Params, id_of};
use super::forecast::{AssumptionsOut, ForecastMonthOut, ForecastQuery};
use super::problem::{Problem, Problems};
use super::wire::{DateText, FundedByName, IdText, MoneyText, MonthText, Text, YearText};
use crate::app::forecast::{self, WhatIf, WhatIfView};
use crate::app::{Fault, Refusal, refuse_faults};
use crate::domain::allowance::Allowance;
use crate::domain::forecast::{ForecastMonth, Found, MOST_APPRENTICES, Programme, allowances, expired_in, short_in};
use crate::domain::money::Money;

/// The routes of what-if.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(ask);
}

/// The most plans that are taken at once.
const MOST_PLANS: usize = 20;
/// The most cohorts, and the most months between them and in a programme.
const MOST: u32 = 120;

/// A rolling programme, without how many begin in each cohort.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindIn {
    /// How many months lie between the first months of two cohorts, 1 to 120.
    #[schema(minimum = 1, maximum = 120, example = 6)]
    every_months: u32,
    /// How many cohorts there are, 1 to 120.
    #[schema(minimum = 1, maximum = 120, example = 4)]
    cohorts: u32,
    /// The month on whose first day the first cohort begins; not one that is over or closed.
    first_start: MonthText,
    /// How many months each apprentice learns, 1 to 120.
    #[schema(minimum = 1, maximum = 120, example = 18)]
    duration_months: u32,
    /// The price of one apprenticeship, in pounds.
    price: MoneyText,
    /// Whose funds pay: the account's own, or transfers out of the allowance that is free.
    funded_by: FundedByName,
}

/// A rolling programme.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanIn {
    /// How many apprentices begin in each cohort, 1 to 100000.
    #[schema(minimum = 1, maximum = 100_000, example = 10)]
    apprentices: u32,
    /// How many months lie between the first months of two cohorts, 1 to 120.
    #[schema(minimum = 1, maximum = 120, example = 6)]
    every_months: u32,
    /// How many cohorts there are, 1 to 120.
    #[schema(minimum = 1, maximum = 120, example = 4)]
    cohorts: u32,
    /// The month on whose first day the first cohort begins; not one that is over or closed.
    first_start: MonthText,
    /// How many months each apprentice learns, 1 to 120.
    #[schema(minimum = 1, maximum = 120, example = 18)]
    duration_months: u32,
    /// The price of one apprenticeship, in pounds.
    price: MoneyText,
    /// Whose funds pay: the account's own, or transfers out of the allowance that is free.
    funded_by: FundedByName,
}

/// What would change the forecast: either plans, or a programme to find the number for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhatIfIn {
    /// The programmes, at most 20.
    #[serde(default)]
    #[schema(max_items = 20)]
    plans: Option<Vec<PlanIn>>,
    /// The programme of which the smallest number of apprentices is sought that lets nothing lapse.
    #[serde(default)]
    find: Option<FindIn>,
}

impl PlanIn {
    fn programme(self) -> (u32, FindIn) {
        let Self { apprentices, every_months, cohorts, first_start, duration_months, price, funded_by } = self;
        (apprentices, FindIn { every_months, cohorts, first_start, duration_months, price, funded_by })
    }
}

impl FindIn {
    fn programme(&self, apprentices: u32) -> Programme {
        Programme {
            apprentices,
            every_months: self.every_months,
            cohorts: self.cohorts,
            first_start: self.first_start.0,
            duration_months: self.duration_months,
            price: self.price.0,
            funded_by: self.funded_by.0,
        }
    }
}

impl WhatIfIn {
    fn asked(self) -> Result<WhatIf, Refusal> {
        let (asked, faults) = match (self.plans, self.find) {
            (Some(plans), None) => of_plans(plans),
            (None, Some(find)) => {
                let programme = find.programme(1);
                (WhatIf::Find(programme), faults_of(&programme, "/find"))
            }
            (None, None) => (WhatIf::Plans(Vec::new()), vec![Fault::at("/plans", "send plans, or find")]),
            (Some(_), Some(_)) => {
                (WhatIf::Plans(Vec::new()), vec![Fault::at("/find", "send plans or find, not both of them")])
            }
        };
        refuse_faults(faults)?;
        Ok(asked)
    }
}

fn of_plans(plans: Vec<PlanIn>) -> (WhatIf, Vec<Fault>) {
    let mut faults = Vec::new();
    if plans.is_empty() || plans.len() > MOST_PLANS {
        let detail = format!("{} plans were sent; send 1 to {MOST_PLANS}", plans.len());
        faults.push(Fault::at("/plans", detail));
    }
    let programmes = plans.into_iter().map(PlanIn::programme).map(|(apprentices, find)| find.programme(apprentices));
    let programmes: Vec<Programme> = programmes.collect();
    for (at, programme) in programmes.iter().enumerate() {
        faults.extend(faults_of(programme, &format!("/plans/{at}")));
    }
    (WhatIf::Plans(programmes), faults)
}

fn faults_of(programme: &Programme, pointer: &str) -> Vec<Fault> {
    let counts = [
        ("apprentices", programme.apprentices, MOST_APPRENTICES),
        ("every_months", programme.every_months, MOST),
        ("cohorts", programme.cohorts, MOST),
        ("duration_months", programme.duration_months, MOST),
    ];
    let wrong = counts.into_iter().filter(|(_, count, most)| !(1..=*most).contains(count));
    let fault = |(field, count, most)| {
        Fault::at(&format!("{pointer}/{field}"), format!("{field} is {count}; it lies from 1 to {most}"))
    };
    let mut faults: Vec<Fault> = wrong.map(fault).collect();
    if programme.price <= Money::ZERO || programme.price > MOST_PRICE {
        let detail = format!("price is {}; it lies above 0.00 and up to {MOST_PRICE}", programme.price);
        faults.push(Fault::at(&format!("{pointer}/price"), detail));
    }
    faults
}

/// The dearest apprenticeship that is planned with, far above any funding band: £1,000,000.00.
const MOST_PRICE: Money = Money::from_units(1_000_000 * 100_000);

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
    /// The day on which it was worked out, from everything recorded.
    as_at: DateText,
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
    fn of(view: &WhatIfView, today: NaiveDate) -> Self {
        let without = &view.without.months;
        let with = view.with.as_deref();
        Self {
            as_at: Text(today),
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
        let horizon = match query.horizon(now.today) {
            Ok(horizon) => horizon,
            Err(problem) => return Ok(Err(problem)),
        };
        let view = forecast::what_if(db, &caller.scope, id, (horizon, what_if))?;
        Ok(view.map(|view| WhatIfOut::of(&view, now.today)).map_err(Problem::from))
    });
    Ok(HttpResponse::Ok().json(read.await?))
}
