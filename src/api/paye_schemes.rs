//! The PAYE schemes of an account year by year, and the parts of those that are shared.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::{Figures, Money};
use super::answer::Presented;
use super::asked::{Asked, Params, Posted, RecordQuery, id_of};
use super::figures::{FiguresQuery, figures_report, found};
use super::page::{self, List, PageQuery};
use super::payroll::{PayrollYearText, SubmissionIdText};
use super::problem::{Problem, Problems};
use super::report::Report;
use super::tables::Row;
use super::wire::{DateText, FigureText, IdText, Line, LineText, MoneyText, MonthText, Text, TimeText};
use crate::app::paye_schemes::{self, SchemeShared, ShareScheme};
use crate::domain::journal::Seq;
use crate::domain::paye_schemes::{SchemePart, SchemeShare, SchemeYear};

/// The routes of PAYE schemes.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show).service(record).service(list_shares);
}

/// Whom a PAYE scheme is shared with, from a payroll month on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SchemeShareIn {
    /// The PAYE scheme.
    paye_scheme: LineText,
    /// The first payroll month for which it holds, named by the calendar month in which it begins.
    from: MonthText,
    /// The others who have a part, at most 1000 and 100 percent together; the account has the rest.
    #[schema(max_items = 1000)]
    parts: Vec<SchemePartText>,
}

/// Somebody who has a part of a PAYE scheme.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SchemePart)]
pub(crate) struct SchemePartText {
    /// Who it is, such as a maintained school.
    name: LineText,
    /// Percent of what the scheme is credited.
    percent: FigureText,
}

/// Whom a PAYE scheme is shared with, as recorded.
#[derive(Serialize, ToSchema)]
pub(crate) struct SchemeShareOut {
    /// Its number in the ledger's sequence; null on a dry run.
    seq: Option<Seq>,
    /// The PAYE scheme.
    paye_scheme: String,
    /// The first payroll month for which it holds.
    from: MonthText,
    /// The others who have a part; the account has the rest.
    parts: Vec<SchemePartText>,
}

impl From<SchemeShared> for SchemeShareOut {
    fn from(SchemeShared { seq, share }: SchemeShared) -> Self {
        let part = |part: SchemePart| SchemePartText { name: Text(Line(part.name)), percent: Text(part.percent) };
        let parts = share.parts.into_iter().map(part).collect();
        Self { seq, paye_scheme: share.paye_scheme, from: Text(share.from), parts }
    }
}

/// A payroll year of a PAYE scheme: `credit` = `own_credit` + the credits of `parts`.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct SchemeYearOut {
    /// The PAYE scheme.
    paye_scheme: String,
    /// The payroll year.
    payroll_year: PayrollYearText,
    /// Pounds declared in the year, adjustments included, before the English fraction.
    declared: MoneyText,
    /// The English fractions that were applied, lowest first.
    english_fractions: Vec<FigureText>,
    /// Pounds that government adds.
    top_up: MoneyText,
    /// Pounds credited. A credit that was reversed is left out of all these figures.
    credit: MoneyText,
    /// Pounds of the credit that are the account's own: what the parts leave.
    own_credit: MoneyText,
    /// What of the credit is others', by name.
    parts: Vec<PartCreditOut>,
    /// The submission that was made last.
    last_submission_id: SubmissionIdText,
    /// Its payroll month: 1 is April, 12 is March.
    last_payroll_month: u32,
    /// When it was made, UTC.
    last_submitted_at: TimeText,
}

/// What of a credit is somebody else's.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct PartCreditOut {
    /// Who it is.
    name: String,
    /// Pounds of the credit.
    credit: MoneyText,
}

impl Row for SchemeYearOut {
    const COLUMNS: &'static [&'static str] = &[
        "paye_scheme",
        "payroll_year",
        "declared",
        "english_fractions",
        "top_up",
        "credit",
        "own_credit",
        "parts",
        "last_submission_id",
        "last_payroll_month",
        "last_submitted_at",
    ];
}

impl From<(String, SchemeYear)> for SchemeYearOut {
    fn from((paye_scheme, year): (String, SchemeYear)) -> Self {
        let part = |(name, credit)| PartCreditOut { name, credit: Text(credit) };
        Self {
            paye_scheme,
            payroll_year: Text(year.year),
            declared: Text(year.declared),
            english_fractions: year.english_fractions.into_iter().map(Text).collect(),
            top_up: Text(year.top_up),
            credit: Text(year.credit),
            own_credit: Text(year.own),
            parts: year.parts.into_iter().map(part).collect(),
            last_submission_id: Text(year.last.id),
            last_payroll_month: year.last.month.number(),
            last_submitted_at: Text(year.last.submitted_at),
        }
    }
}

/// The PAYE schemes of an account at the end of a day.
#[derive(Serialize, ToSchema)]
pub(crate) struct SchemesOut {
    /// The day whose end it is.
    as_at: DateText,
    /// A row for each scheme and payroll year in which something was declared.
    data: Vec<SchemeYearOut>,
}

impl Report for SchemesOut {
    type Row = SchemeYearOut;

    fn rows(&self) -> Vec<SchemeYearOut> {
        self.data.clone()
    }
}

/// Shows the PAYE schemes of an account year by year
///
/// What was declared for each and credited, by the day of processing, with the parts of others in
/// schemes that are shared. Levy recorded without a declaration is not among it. As CSV: the rows.
#[utoipa::path(
    operation_id = "show_paye_schemes",
    tag = "levy",
    params(("id" = IdText, Path, description = "The account"), FiguresQuery),
    responses(
        (status = 200, description = "The schemes", content((SchemesOut = "application/json"), (String = "text/csv"))),
        (status = 304, description = "Nothing has changed since it was read"),
        Problems,
    ),
)]
#[get("/accounts/{id}/paye-schemes")]
pub(crate) async fn show(
    id: web::Path<String>,
    request: HttpRequest,
    asked: Asked<Figures>,
    Params(query): Params<FiguresQuery>,
) -> Result<HttpResponse, Problem> {
    let id = id_of(&id, "account")?;
    figures_report(&request, asked, query, move |db, scope, of| {
        let years = found(paye_schemes::years(db, scope, id, &of)?);
        let data = years.map(|years| years.into_iter().map(SchemeYearOut::from).collect());
        Ok(data.map(|data| SchemesOut { as_at: Text(of.as_at), data }))
    })
    .await
}

/// Says whom a PAYE scheme is shared with, from a payroll month on
///
/// It holds until a later month for which something else is said; the same month said again
/// replaces what was said before. What is recorded moves no money: it shows each part's credit
/// apart.
#[utoipa::path(
    operation_id = "share_paye_scheme",
    tag = "levy",
    params(("id" = IdText, Path, description = "The account"), RecordQuery),
    request_body = SchemeShareIn,
    responses((status = 201, description = "The parts", body = SchemeShareOut), Problems),
)]
#[post("/accounts/{id}/paye-schemes/shares")]
pub(crate) async fn record(
    id: web::Path<String>,
    posted: Posted<Money, SchemeShareIn>,
) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let account = id_of(&id, "account")?;
    let part = |part: SchemePartText| SchemePart { name: part.name.0.0, percent: part.percent.0 };
    let parts = body.parts.into_iter().map(part).collect();
    let share = SchemeShare { paye_scheme: body.paye_scheme.0.0, from: body.from.0, parts };
    let command = ShareScheme { scope: recorder.caller.scope.clone(), account, share };
    let present = move |shared: SchemeShared| {
        let location = shared.seq.map(|_| format!("/v1/accounts/{account}/paye-schemes/shares"));
        Presented::created(location, &SchemeShareOut::from(shared))
    };
    recorder.record(command, present).await
}

/// Lists what was said of whom an account's PAYE schemes are shared with
#[utoipa::path(
    operation_id = "list_paye_scheme_shares",
    tag = "levy",
    params(("id" = IdText, Path, description = "The account"), PageQuery),
    responses((status = 200, description = "A page of shares", body = List<SchemeShareOut>), Problems),
)]
#[get("/accounts/{id}/paye-schemes/shares")]
pub(crate) async fn list_shares(
    id: web::Path<String>,
    asked: Asked<Money>,
    query: Params<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let Params(query) = query;
    let account = id_of(&id, "account")?;
    page::of_account(&asked, ("paye-scheme-shares", account), &query, move |db, caller, wanted| {
        let found = paye_schemes::shares(db, &caller.scope, account, wanted)?;
        let out = |(seq, share)| (seq, SchemeShareOut::from(SchemeShared { seq: Some(seq), share }));
        Ok(found.map(|found| found.into_iter().map(out).collect()))
    })
    .await
}
