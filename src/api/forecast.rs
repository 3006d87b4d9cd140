//! The forecast of an account: its months ahead, and everything that is taken for granted.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Figures;
use super::asked::{Asked, Params, id_of};
use super::assumptions::AssumptionsOut;
use super::figures::found;
use super::problem::{Code, Problem, Problems};
use super::report::{Chart, Report, report};
use super::tables::{Kind, Row, Total};
use super::wire::{DateText, IdText, MoneyText, MonthText, Text};
use crate::app::figures::AsOf;
use crate::app::forecast::{self, ForecastView, Horizon};
use crate::domain::calendar::Month;
use crate::domain::forecast::{ForecastMonth, LevyChoice, LevyQuestion};
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::rules::parse_figure;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;

/// The routes of the forecast.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show);
}

/// The most months that a forecast looks ahead.
pub(super) const MOST_MONTHS: i32 = 120;

/// How far a forecast looks, and what levy it expects.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ForecastQuery {
    /// How many months it looks ahead, from the first that is open; 48 unless said.
    #[serde(default = "four_years")]
    #[param(required = false, minimum = 1, maximum = 120, default = 48)]
    months: i32,
    /// What a month's levy is expected to be: `last` (unless said) as in the last complete month,
    /// `mean12` the mean of the last twelve complete months, `none`, or an amount in pounds such as
    /// `12000.00`.
    #[serde(default)]
    levy: Option<String>,
    /// By how many percent the levy grows every twelve months, from -100 to 100 and below nothing where
    /// it falls; 0 unless said.
    #[serde(default)]
    #[param(example = "2.5")]
    growth_percent: Option<String>,
    /// As it was, or would have been, answered on this day; today unless said.
    #[serde(default)]
    as_at: Option<DateText>,
    /// From what had been recorded up to this number of the ledger. Unless said: by the end of the day
    /// `as_at` where it is over, else everything.
    #[serde(default)]
    #[param(minimum = 0)]
    known_at: Option<Seq>,
}

fn four_years() -> i32 {
    48
}

impl ForecastQuery {
    /// What is asked for on a day.
    pub(super) fn horizon(&self, db: &mut Db, today: NaiveDate) -> Stored<Result<Horizon, Problem>> {
        let levy = match self.levy() {
            Ok(levy) => levy,
            Err(detail) => return Ok(Err(Problem::new(Code::MalformedRequest, detail))),
        };
        let as_at = self.as_at.map(|Text(day)| day);
        let of = AsOf::answered_on(db, as_at, self.known_at, today)?;
        let horizon = of.map(|of| Horizon { of, months: self.months, levy });
        Ok(horizon.map_err(|refused| Problem::new(Code::MalformedRequest, refused)))
    }

    /// The levy that is expected, provided that the months are some that can be forecast.
    fn levy(&self) -> Result<LevyQuestion, String> {
        if !(1..=MOST_MONTHS).contains(&self.months) {
            return Err(format!("months is {}; it lies from 1 to {MOST_MONTHS}", self.months));
        }
        Ok(LevyQuestion { choice: self.choice()?, growth_percent: self.growth()? })
    }

    fn choice(&self) -> Result<LevyChoice, String> {
        match self.levy.as_deref().unwrap_or("last") {
            "last" => Ok(LevyChoice::Last),
            "mean12" => Ok(LevyChoice::Mean12),
            "none" => Ok(LevyChoice::None),
            amount => {
                let amount = amount.parse().ok().filter(|amount: &Money| !amount.is_negative());
                let wrong = || "levy is last, mean12, none or pounds a month, such as 12000.00".to_owned();
                amount.map(LevyChoice::Given).ok_or_else(wrong)
            }
        }
    }

    fn growth(&self) -> Result<Decimal, String> {
        let text = self.growth_percent.as_deref().unwrap_or("0");
        let (falls, figure) = text.strip_prefix('-').map_or((false, text), |figure| (true, figure));
        let figure = parse_figure(figure).ok().filter(|figure| *figure <= Decimal::ONE_HUNDRED);
        let wrong = || "growth_percent is a decimal from -100 to 100, such as 2.5".to_owned();
        figure.map(|figure| if falls { -figure } else { figure }).ok_or_else(wrong)
    }
}

/// A month of a forecast: opening + levy_in + other − own − transfers − expired = closing.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct ForecastMonthOut {
    /// The month.
    month: MonthText,
    /// Pounds of balance at its beginning.
    opening: MoneyText,
    /// Pounds of levy that enter in it, recorded or expected.
    levy_in: MoneyText,
    /// Pounds paid for own training, refunds taken off.
    own: MoneyText,
    /// Pounds paid as transfers, refunds taken off.
    transfers: MoneyText,
    /// Pounds that government and employers pay beside the funds, which move no balance.
    co_investment: MoneyText,
    /// Pounds that lapse at its end.
    expired: MoneyText,
    /// Pounds of balance at its end.
    closing: MoneyText,
    /// Pounds left of the allowance of the year that holds its last day, neither paid nor reserved.
    allowance_remaining: MoneyText,
    /// Pounds of transfers received and corrections that are recorded for it.
    other: MoneyText,
}

impl From<&ForecastMonth> for ForecastMonthOut {
    fn from(month: &ForecastMonth) -> Self {
        Self {
            month: Text(month.month),
            opening: Text(month.opening),
            levy_in: Text(month.levy_in),
            own: Text(month.own),
            transfers: Text(month.transfers),
            co_investment: Text(month.co_investment),
            expired: Text(month.expired),
            closing: Text(month.closing),
            allowance_remaining: Text(month.allowance.remaining),
            other: Text(month.other),
        }
    }
}

impl Row for ForecastMonthOut {
    const COLUMNS: &'static [&'static str] = &[
        "month",
        "opening",
        "levy_in",
        "own",
        "transfers",
        "co_investment",
        "expired",
        "closing",
        "allowance_remaining",
        "other",
    ];
    const SHEET: &'static str = "Forecast";
    const KINDS: &'static [(&'static str, Kind)] = &[
        ("month", Kind::Month),
        ("opening", Kind::Money),
        ("levy_in", Kind::Money),
        ("own", Kind::Money),
        ("transfers", Kind::Money),
        ("co_investment", Kind::Money),
        ("expired", Kind::Money),
        ("closing", Kind::Money),
        ("allowance_remaining", Kind::Money),
        ("other", Kind::Money),
    ];
    const TOTALS: &'static [Total] = &[Total {
        label: "Total",
        columns: &["levy_in", "own", "transfers", "co_investment", "expired", "other"],
        only: None,
    }];
}

/// An account's months ahead.
#[derive(Serialize, ToSchema)]
pub(crate) struct ForecastOut {
    /// The day on which it was, or would have been, worked out.
    as_at: DateText,
    /// The number of the ledger up to which everything recorded counts: with it and the day the same
    /// forecast can be asked for again.
    known_at: Seq,
    /// What is taken for granted.
    assumptions: AssumptionsOut,
    /// The months, oldest first.
    data: Vec<ForecastMonthOut>,
}

impl ForecastOut {
    fn of(ForecastView { assumptions, months }: &ForecastView, of: &AsOf) -> Self {
        let data: Vec<ForecastMonthOut> = months.iter().map(ForecastMonthOut::from).collect();
        let assumptions = AssumptionsOut::of(assumptions, data.len());
        Self { as_at: Text(of.as_at), known_at: of.known_at, assumptions, data }
    }
}

impl Report for ForecastOut {
    type Row = ForecastMonthOut;
    const SUMMARY: &'static [(&'static str, Option<Kind>)] =
        &[("as_at", Some(Kind::Date)), ("known_at", None), ("assumptions", None)];

    fn rows(&self) -> Vec<ForecastMonthOut> {
        self.data.clone()
    }

    fn chart(&self) -> Option<Chart> {
        let parts = |line: &ForecastMonthOut| vec![line.own.0, line.transfers.0, line.expired.0];
        let months: BTreeMap<Month, Vec<Money>> = self.data.iter().map(|line| (line.month.0, parts(line))).collect();
        Some(Chart::by_month("What leaves the funds by month", &["Own", "Transfers", "Expired"], months))
    }
}

/// Shows the forecast of an account
///
/// The months from the first that is not closed on, each closed by the rules of the close itself: from
/// everything recorded, dates ahead included, and the levy that is asked to be expected. Where nothing
/// else happens, the months close exactly so. As CSV: a row a month. With `as_at` or `known_at`: as it
/// was answered then.
#[utoipa::path(
    operation_id = "show_forecast",
    tag = "figures",
    params(("id" = IdText, Path, description = "The account"), ForecastQuery),
    responses(
        (
            status = 200,
            description = "The forecast",
            content((ForecastOut = "application/json"), (String = "text/csv")),
        ),
        (status = 304, description = "Nothing has changed since it was read"),
        Problems,
    ),
)]
#[get("/accounts/{id}/forecast")]
pub(crate) async fn show(
    id: web::Path<String>,
    request: HttpRequest,
    asked: Asked<Figures>,
    Params(query): Params<ForecastQuery>,
) -> Result<HttpResponse, Problem> {
    let id = id_of(&id, "account")?;
    report(&request, asked, move |db, caller, now| {
        let horizon = match query.horizon(db, now.today)? {
            Ok(horizon) => horizon,
            Err(problem) => return Ok(Err(problem)),
        };
        let view = forecast::of_account(db, &caller.scope, id, horizon)?;
        Ok(found(view).map(|view| ForecastOut::of(&view, &horizon.of)))
    })
    .await
}
