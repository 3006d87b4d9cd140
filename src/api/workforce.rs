//! Workforce returns, and the public sector target that they are for.

use std::fmt;

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::{Agreements, Figures};
use super::answer::Presented;
use super::asked::{Asked, Params, Posted, RecordQuery, id_of};
use super::figures::found;
use super::page::{self, List, PageQuery};
use super::problem::{Problem, Problems};
use super::report::{Report, report};
use super::tables::{Kind, Row};
use super::wire::{DateText, FigureText, IdText, Text, Wire, string};
use crate::app::workforce::{self, RecordWorkforce, WorkforceRecorded};
use crate::domain::journal::Seq;
use crate::domain::public_sector::{HeadCount, NoReportingYear, ReportingYear, TARGET_PERCENT, WorkforceReturn};

/// The routes of workforce returns.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(record).service(list).service(show_target);
}

impl Wire for ReportingYear {
    const NAME: &'static str = "ReportingYear";
    const EXPECTED: &'static str = "a year from 1 April to 31 March, such as \"2026-27\"";

    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|fault: NoReportingYear| fault.to_string())
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }

    fn schema() -> ObjectBuilder {
        string(Self::EXPECTED, "2026-27").pattern(Some(r"^20\d{2}-\d{2}$"))
    }
}

/// A year of the public sector target.
type ReportingYearText = Text<ReportingYear>;

/// A percentage to two places, or that there is nothing to take it of.
#[derive(Clone, Copy)]
pub(crate) struct Share(pub(super) Option<Decimal>);

impl Wire for Share {
    const NAME: &'static str = "Share";
    const EXPECTED: &'static str = "a percentage to two places, or \"not available\"";

    fn read(text: &str) -> Result<Self, String> {
        Err(format!("{text:?} is answered, never asked for"))
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(percent) => write!(f, "{percent:.2}"),
            None => f.write_str("not available"),
        }
    }

    fn schema() -> ObjectBuilder {
        string(Self::EXPECTED, "2.76").pattern(Some(r"^(\d+\.\d{2}|not available)$"))
    }
}

/// A percentage to two places, where there is one.
pub(super) type ShareText = Text<Share>;

/// The head counts of a year. Apprentices are among the employees.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkforceReturnIn {
    /// The year, 1 April to 31 March.
    year: ReportingYearText,
    /// Employees on 1 April.
    #[schema(maximum = 10_000_000)]
    employees_start: u32,
    /// Employees on 31 March.
    #[schema(maximum = 10_000_000)]
    employees_end: u32,
    /// Employees who were new in the year.
    #[schema(maximum = 10_000_000)]
    employees_new: u32,
    /// Apprentices on 1 April.
    #[schema(maximum = 10_000_000)]
    apprentices_start: u32,
    /// Apprentices on 31 March.
    #[schema(maximum = 10_000_000)]
    apprentices_end: u32,
    /// Employees who began an apprenticeship in the year, those employed before among them.
    #[schema(maximum = 10_000_000)]
    apprentices_new: u32,
}

impl From<WorkforceReturnIn> for WorkforceReturn {
    fn from(counted: WorkforceReturnIn) -> Self {
        let count = |start, end, new| HeadCount { start, end, new };
        Self {
            year: counted.year.0,
            employees: count(counted.employees_start, counted.employees_end, counted.employees_new),
            apprentices: count(counted.apprentices_start, counted.apprentices_end, counted.apprentices_new),
        }
    }
}

impl From<WorkforceReturn> for WorkforceReturnIn {
    fn from(WorkforceReturn { year, employees, apprentices }: WorkforceReturn) -> Self {
        Self {
            year: Text(year),
            employees_start: employees.start,
            employees_end: employees.end,
            employees_new: employees.new,
            apprentices_start: apprentices.start,
            apprentices_end: apprentices.end,
            apprentices_new: apprentices.new,
        }
    }
}

/// The head counts of a year, as recorded.
#[derive(Serialize, ToSchema)]
pub(crate) struct WorkforceReturnOut {
    /// Its number in the ledger's sequence; null on a dry run.
    seq: Option<Seq>,
    #[serde(flatten)]
    counted: WorkforceReturnIn,
}

impl From<WorkforceRecorded> for WorkforceReturnOut {
    fn from(WorkforceRecorded { seq, counted }: WorkforceRecorded) -> Self {
        Self { seq, counted: counted.into() }
    }
}

/// Records the head counts of a year
///
/// Nothing is changed afterwards: recorded again, the last return of a year counts.
#[utoipa::path(
    operation_id = "record_workforce_return",
    tag = "reports",
    params(("id" = IdText, Path, description = "The account"), RecordQuery),
    request_body = WorkforceReturnIn,
    responses((status = 201, description = "The return", body = WorkforceReturnOut), Problems),
)]
#[post("/accounts/{id}/workforce-returns")]
pub(crate) async fn record(
    id: web::Path<String>,
    posted: Posted<Agreements, WorkforceReturnIn>,
) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let account = id_of(&id, "account")?;
    let command = RecordWorkforce { scope: recorder.caller.scope.clone(), account, counted: body.into() };
    let present = move |recorded: WorkforceRecorded| {
        let location = recorded.seq.map(|_| format!("/v1/accounts/{account}/workforce-returns"));
        Presented::created(location, &WorkforceReturnOut::from(recorded))
    };
    recorder.record(command, present).await
}

/// Lists the workforce returns of an account, those that were replaced among them
#[utoipa::path(
    operation_id = "list_workforce_returns",
    tag = "reports",
    params(("id" = IdText, Path, description = "The account"), PageQuery),
    responses((status = 200, description = "A page of returns", body = List<WorkforceReturnOut>), Problems),
)]
#[get("/accounts/{id}/workforce-returns")]
pub(crate) async fn list(
    id: web::Path<String>,
    asked: Asked<Agreements>,
    query: Params<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let Params(query) = query;
    let account = id_of(&id, "account")?;
    page::of_account(&asked, ("workforce-returns", account), &query, move |db, caller, wanted| {
        let found = workforce::page(db, &caller.scope, account, wanted)?;
        let out = |(seq, counted)| (seq, WorkforceReturnOut::from(WorkforceRecorded { seq: Some(seq), counted }));
        Ok(found.map(|found| found.into_iter().map(out).collect()))
    })
    .await
}

/// Which year of the target is asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TargetQuery {
    /// The year, 1 April to 31 March; the one that holds today unless said.
    #[serde(default)]
    year: Option<ReportingYearText>,
}

/// The public sector target of a year. The percentages are "not available" where nothing was
/// returned for the year, or there is nobody to take them of.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct TargetOut {
    /// The year.
    year: ReportingYearText,
    /// 1 April, its first day.
    from: DateText,
    /// 31 March, its last day.
    to: DateText,
    /// The number of the return that counts; null where there is none.
    return_seq: Option<Seq>,
    /// Percent that new apprentices are of new employees.
    starts_percent: ShareText,
    /// Percent that apprentices are of employees, both on 31 March.
    headcount_percent: ShareText,
    /// Percent that new apprentices are of employees on 1 April, which is held against the target.
    target_measure_percent: ShareText,
    /// The target, in percent.
    target_percent: FigureText,
    /// Whether the measure as shown reaches the target; null where it is not available.
    meets_target: Option<bool>,
}

impl TargetOut {
    fn of(year: ReportingYear, counted: Option<(Seq, WorkforceReturn)>) -> Self {
        let share = |percent: fn(&WorkforceReturn) -> Option<Decimal>| {
            Text(Share(counted.as_ref().and_then(|(_, counted)| percent(counted))))
        };
        Self {
            year: Text(year),
            from: Text(year.first_day()),
            to: Text(year.last_day()),
            return_seq: counted.map(|(seq, _)| seq),
            starts_percent: share(WorkforceReturn::starts_percent),
            headcount_percent: share(WorkforceReturn::headcount_percent),
            target_measure_percent: share(WorkforceReturn::target_percent),
            target_percent: Text(TARGET_PERCENT),
            meets_target: counted.and_then(|(_, counted)| counted.meets_target()),
        }
    }
}

impl Row for TargetOut {
    const COLUMNS: &'static [&'static str] = &[
        "year",
        "from",
        "to",
        "return_seq",
        "starts_percent",
        "headcount_percent",
        "target_measure_percent",
        "target_percent",
        "meets_target",
    ];
    const SHEET: &'static str = "Public sector target";
    const KINDS: &'static [(&'static str, Kind)] = &[
        ("from", Kind::Date),
        ("to", Kind::Date),
        ("starts_percent", Kind::Percent),
        ("headcount_percent", Kind::Percent),
        ("target_measure_percent", Kind::Percent),
        ("target_percent", Kind::Percent),
    ];
}

impl Report for TargetOut {
    type Row = Self;

    fn rows(&self) -> Vec<Self> {
        vec![self.clone()]
    }
}

/// Reports the public sector target of a year
///
/// From the last head counts that were recorded for it. As CSV: one row.
#[utoipa::path(
    operation_id = "report_public_sector_target",
    tag = "reports",
    params(("id" = IdText, Path, description = "The account"), TargetQuery),
    responses(
        (status = 200, description = "The target", content((TargetOut = "application/json"), (String = "text/csv"))),
        (status = 304, description = "Nothing has changed since it was read"),
        Problems,
    ),
)]
#[get("/accounts/{id}/reports/public-sector-target")]
pub(crate) async fn show_target(
    id: web::Path<String>,
    request: HttpRequest,
    asked: Asked<Figures>,
    query: Params<TargetQuery>,
) -> Result<HttpResponse, Problem> {
    let (id, Params(query)) = (id_of(&id, "account")?, query);
    report(&request, asked, move |db, caller, now| {
        let year = query.year.map_or(ReportingYear::of(now.today), |Text(year)| year);
        let counted = found(workforce::of_year(db, &caller.scope, id, year)?);
        Ok(counted.map(|counted| TargetOut::of(year, counted)))
    })
    .await
}
