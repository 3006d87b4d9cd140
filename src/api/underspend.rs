//! Underspend: what expired, what lapses next, what is promised of it and what remains at risk.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::access::Figures;
use super::asked::{Asked, Params, id_of};
use super::could_have_saved::CouldHaveSavedOut;
use super::figures::found;
use super::problem::{Code, Problem, Problems};
use super::report::{Chart, Report, report};
use super::tables::{Kind, Row, Total};
use super::wire::{DateText, IdText, MoneyText, MonthText, Text};
use crate::app::figures::AsOf;
use crate::app::scope::Scope;
use crate::app::underspend;
use crate::domain::calendar::Month;
use crate::domain::money::Money;
use crate::domain::underspend::{Lapsing, Period, Underspend};
use crate::storage::columns::Stored;
use crate::storage::connection::Db;

/// The routes of underspend.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show);
}

/// What underspend is asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UnderspendQuery {
    /// The state at this day's end; today unless said.
    #[serde(default)]
    as_at: Option<DateText>,
    /// The first month whose expiry is counted in `expired`; the first there is unless said.
    #[serde(default)]
    from: Option<MonthText>,
    /// The last month whose expiry is counted in `expired`; the last there is unless said.
    #[serde(default)]
    to: Option<MonthText>,
}

impl UnderspendQuery {
    fn period(&self) -> Result<Period, Problem> {
        let period = Period { from: self.from.map(|Text(month)| month), to: self.to.map(|Text(month)| month) };
        match (period.from, period.to) {
            (Some(from), Some(to)) if from > to => {
                let detail = format!("from ({from}) lies after to ({to}); give the earlier month as from");
                Err(Problem::new(Code::MalformedRequest, detail))
            }
            (Some(_) | None, Some(_) | None) => Ok(period),
        }
    }
}

/// What expired in a month.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExpiredOut {
    /// The month at whose end it lapsed.
    month: MonthText,
    /// Pounds that lapsed.
    amount: MoneyText,
}

/// What lapses at the end of a month.
#[derive(Serialize, ToSchema)]
pub(crate) struct LapsingOut {
    /// The last month in which it can be spent.
    due_month: MonthText,
    /// The last day of that month.
    expires_on: DateText,
    /// Pounds that lapse if nothing more is spent.
    amount: MoneyText,
    /// Pounds of it that recorded starts and accepted transfers would use first.
    promised: MoneyText,
    /// Pounds of it that are not promised.
    at_risk: MoneyText,
}

impl From<&Lapsing> for LapsingOut {
    fn from(line: &Lapsing) -> Self {
        Self {
            due_month: Text(line.due_month),
            expires_on: Text(line.due_month.last_day()),
            amount: Text(line.amount),
            promised: Text(line.promised),
            at_risk: Text(line.at_risk()),
        }
    }
}

/// Pounds in the first so many months that have not lapsed: `1` is the first, `3` the first three.
#[derive(Serialize, ToSchema)]
pub(crate) struct MonthsAhead {
    /// Pounds in the first month.
    #[serde(rename = "1")]
    one: MoneyText,
    /// Pounds in the first three months.
    #[serde(rename = "3")]
    three: MoneyText,
    /// Pounds in the first six months.
    #[serde(rename = "6")]
    six: MoneyText,
    /// Pounds in the first twelve months.
    #[serde(rename = "12")]
    twelve: MoneyText,
    /// Pounds in the first twenty-four months.
    #[serde(rename = "24")]
    twenty_four: MoneyText,
}

impl MonthsAhead {
    fn of(within: impl Fn(i32) -> Money) -> Self {
        let [one, three, six, twelve, twenty_four] = [1, 3, 6, 12, 24].map(|months| Text(within(months)));
        Self { one, three, six, twelve, twenty_four }
    }
}

/// What expired and what lapses next.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnderspendOut {
    /// The day whose end it is.
    as_at: DateText,
    /// The sentences that can be published.
    summary: String,
    /// What expired in each month asked for, where anything did.
    expired: Vec<ExpiredOut>,
    /// All of that, in pounds.
    expired_total: MoneyText,
    /// What lapses later, by due month, where anything does.
    lapsing: Vec<LapsingOut>,
    /// What lapses if nothing more is spent.
    lapsing_in: MonthsAhead,
    /// What of that is not promised.
    at_risk_in: MonthsAhead,
    /// The first day on which funds will lapse; null if there are none.
    first_lapse: Option<DateText>,
    /// Hypothetical: what would lapse if promised spending took the funds that lapse first.
    could_have_saved: CouldHaveSavedOut,
}

impl From<Underspend> for UnderspendOut {
    fn from(found: Underspend) -> Self {
        let expired = |(month, amount): &(Month, Money)| ExpiredOut { month: Text(*month), amount: Text(*amount) };
        Self {
            as_at: Text(found.as_at),
            summary: found.summary(),
            expired: found.expired.iter().map(expired).collect(),
            expired_total: Text(found.expired_total()),
            lapsing: found.lapsing.iter().map(LapsingOut::from).collect(),
            lapsing_in: MonthsAhead::of(|months| found.lapsing_in(months)),
            at_risk_in: MonthsAhead::of(|months| found.at_risk_in(months)),
            first_lapse: found.first_lapse().map(Text),
            could_have_saved: CouldHaveSavedOut::from(&found),
        }
    }
}

/// A month of the table.
#[derive(Serialize)]
pub(crate) struct UnderspendRow {
    state: &'static str,
    month: MonthText,
    expires_on: DateText,
    amount: MoneyText,
    promised: Option<MoneyText>,
    at_risk: Option<MoneyText>,
}

impl Row for UnderspendRow {
    const COLUMNS: &'static [&'static str] = &["state", "month", "expires_on", "amount", "promised", "at_risk"];
    const SHEET: &'static str = "Underspend";
    const KINDS: &'static [(&'static str, Kind)] = &[
        ("month", Kind::Month),
        ("expires_on", Kind::Date),
        ("amount", Kind::Money),
        ("promised", Kind::Money),
        ("at_risk", Kind::Money),
    ];
    const TOTALS: &'static [Total] = &[
        Total { label: "Total expired", columns: &["amount"], only: Some(("state", "expired")) },
        Total { label: "Total lapsing", columns: &["amount", "promised", "at_risk"], only: Some(("state", "lapsing")) },
    ];
}

impl Report for UnderspendOut {
    type Row = UnderspendRow;
    const SUMMARY: &'static [(&'static str, Option<Kind>)] = &[
        ("as_at", Some(Kind::Date)),
        ("summary", None),
        ("expired_total", Some(Kind::Money)),
        ("lapsing_in", Some(Kind::Money)),
        ("at_risk_in", Some(Kind::Money)),
        ("first_lapse", Some(Kind::Date)),
    ];

    fn rows(&self) -> Vec<UnderspendRow> {
        let expired = self.expired.iter().map(|line| UnderspendRow {
            state: "expired",
            month: line.month,
            expires_on: Text(line.month.0.last_day()),
            amount: line.amount,
            promised: None,
            at_risk: None,
        });
        let lapsing = self.lapsing.iter().map(|line| UnderspendRow {
            state: "lapsing",
            month: line.due_month,
            expires_on: line.expires_on,
            amount: line.amount,
            promised: Some(line.promised),
            at_risk: Some(line.at_risk),
        });
        expired.chain(lapsing).collect()
    }

    fn chart(&self) -> Option<Chart> {
        let expired = self.expired.iter().map(|line| (line.month.0, [line.amount.0, Money::ZERO, Money::ZERO]));
        let lapsing = self.lapsing.iter();
        let lapsing = lapsing.map(|line| (line.due_month.0, [Money::ZERO, line.promised.0, line.at_risk.0]));
        let mut months: BTreeMap<Month, Vec<Money>> = BTreeMap::new();
        for (month, parts) in expired.chain(lapsing) {
            let sums = months.entry(month).or_insert_with(|| vec![Money::ZERO; parts.len()]);
            sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
        }
        Some(Chart::by_month("Expired and lapsing funds by month", &["Expired", "Promised", "At risk"], months))
    }
}

/// Shows what an account did not spend and what lapses next
///
/// Promised is what recorded starts of the account and accepted transfers would use first. A start
/// plans its instalments and, at its planned end, the 20%; a transfer plans what its schedule holds
/// for each allowance year and has not paid: as its planned programme earns, else evenly over the
/// year's months to come, and at once where the year has ended. As CSV: a row a month, `state` being
/// `expired` or `lapsing`.
#[utoipa::path(
    operation_id = "show_underspend",
    tag = "figures",
    params(("id" = IdText, Path, description = "The account"), UnderspendQuery),
    responses(
        (
            status = 200,
            description = "The underspend",
            content((UnderspendOut = "application/json"), (String = "text/csv")),
        ),
        (status = 304, description = "Nothing has changed since it was read"),
        Problems,
    ),
)]
#[get("/accounts/{id}/underspend")]
pub(crate) async fn show(
    id: web::Path<String>,
    request: HttpRequest,
    asked: Asked<Figures>,
    Params(query): Params<UnderspendQuery>,
) -> Result<HttpResponse, Problem> {
    let id = id_of(&id, "account")?;
    let period = query.period()?;
    report(&request, asked, move |db, caller, now| {
        let of = AsOf::new(db, query.as_at.map(|Text(day)| day), None, now.today)?;
        let of = match of.map_err(|refused| Problem::new(Code::MalformedRequest, refused)) {
            Ok(of) => of,
            Err(problem) => return Ok(Err(problem)),
        };
        of_account(db, &caller.scope, id, (of, period))
    })
    .await
}

/// The underspend of an account as it is answered.
pub(crate) fn of_account(
    db: &mut Db,
    scope: &Scope,
    id: Uuid,
    asked: (AsOf, Period),
) -> Stored<Result<UnderspendOut, Problem>> {
    Ok(found(underspend::report(db, scope, id, asked)?).map(UnderspendOut::from))
}
