//! An account beside its national statements, each difference named.

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Money;
use super::asked::{Asked, Params, id_of};
use super::page::{List, Window};
use super::problem::{Code, Problem, Problems};
use super::spool;
use super::tables::{self, Form, Kind, Row};
use super::wire::{CauseName, DateText, IdText, MoneyText, MonthText, Name, ReconciledKindName, Text, YearText};
use super::workbook::Sheet;
use crate::app::Refusal;
use crate::app::reconciliation::{self, MonthReconciled, MonthsAsked};
use crate::domain::journal::Seq;
use crate::domain::reconciliation::{Difference, Evidence, Figure, ReconciledKind};

/// The routes of the reconciliation.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list);
}

/// A month of the ledger beside the statement's.
#[derive(Serialize, ToSchema)]
pub(crate) struct MonthReconciledOut {
    /// The month: of levy the one in which it entered, of payments and transfers the one in which they
    /// were collected, of expiry the one in which funds lapsed.
    month: MonthText,
    /// What the ledger's figures are more than the statement's, all kinds together, in pounds.
    difference: MoneyText,
    /// How much of it the differences named explain, in pounds.
    explained: MoneyText,
    /// What is left to be explained, in pounds.
    unexplained: MoneyText,
    /// Kind by kind.
    figures: Vec<ReconciledFigureOut>,
    /// Each difference by its name, and what is worth knowing though nothing differs.
    differences: Vec<DifferenceOut>,
}

/// A month's figure of a kind on both sides, as the balance moves by it: payments, transfers sent and
/// expiry are negative.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReconciledFigureOut {
    /// What it is a figure of.
    kind: ReconciledKindName,
    /// Whether a statement covers it.
    covered: bool,
    /// What the ledger holds, in pounds.
    ours: MoneyText,
    /// What the statements show, a line that several files show counted once, in pounds.
    statement: MoneyText,
    /// Ours less the statement's, in pounds.
    difference: MoneyText,
    /// How much of it is explained, in pounds.
    explained: MoneyText,
    /// What is left to be explained, in pounds.
    unexplained: MoneyText,
}

/// A difference with its name.
#[derive(Serialize, ToSchema)]
pub(crate) struct DifferenceOut {
    /// Its name.
    cause: CauseName,
    /// What of the month differs; null where it concerns the month's spending as a whole.
    kind: Option<ReconciledKindName>,
    /// How much of the difference it explains, in pounds; 0.00 where it only tells.
    explains: MoneyText,
    /// What it is about, in pounds: what its lines do to the balance, or by how much spending is beyond
    /// the funds or the allowance.
    amount: MoneyText,
    /// How many lines are behind it.
    count: i64,
    /// It in a sentence.
    detail: String,
    /// The month in which the other side has the same.
    other_month: Option<MonthText>,
    /// The year whose allowance was passed.
    allowance_year: Option<YearText>,
    /// The first lines behind it, alike ones together; at most 100.
    lines: Vec<LineBehindOut>,
}

/// Lines behind a difference, alike in all that is here.
#[derive(Serialize, ToSchema)]
pub(crate) struct LineBehindOut {
    /// Whose they are: `ledger` or `statement`.
    side: &'static str,
    /// The number of the entry, of several alike the first; null for lines that are held and for expiry
    /// that is worked out.
    entry: Option<Seq>,
    /// The day that the statement's line carries, or from which the entry counts.
    on: DateText,
    /// What each does to the balance, in pounds.
    amount: MoneyText,
    /// How many there are alike.
    times: i64,
    /// The month in which the funds entered that lapsed.
    entry_month: Option<MonthText>,
    /// The PAYE scheme of levy.
    paye_scheme: Option<String>,
    /// The payroll month of levy.
    payroll_month: Option<MonthText>,
    /// The statement's description, or the entry's reference.
    reference: Option<String>,
}

impl From<MonthReconciled> for MonthReconciledOut {
    fn from(month: MonthReconciled) -> Self {
        let figures = figures(&month).collect::<Vec<_>>();
        let sum = |part: fn(&ReconciledFigureOut) -> MoneyText| Text(figures.iter().map(|figure| part(figure).0).sum());
        Self {
            month: Text(month.month),
            difference: sum(|figure| figure.difference),
            explained: sum(|figure| figure.explained),
            unexplained: sum(|figure| figure.unexplained),
            differences: month.differences.into_iter().map(DifferenceOut::from).collect(),
            figures,
        }
    }
}

fn figures(month: &MonthReconciled) -> impl Iterator<Item = ReconciledFigureOut> {
    month.figures.iter().map(|&(kind, figure)| {
        let (difference, explained) = (figure.difference(), month.explained(kind));
        let Figure { covered, ours, statement } = figure;
        ReconciledFigureOut {
            kind: Name(kind),
            covered,
            ours: Text(ours),
            statement: Text(statement),
            difference: Text(difference),
            explained: Text(explained),
            unexplained: Text(difference - explained),
        }
    })
}

impl From<Difference> for DifferenceOut {
    fn from(difference: Difference) -> Self {
        Self {
            detail: difference.sentence(),
            cause: Name(difference.cause),
            kind: difference.kind.map(Name),
            explains: Text(difference.explains),
            amount: Text(difference.amount),
            count: difference.count,
            other_month: difference.other_month.map(Text),
            allowance_year: difference.allowance_year.map(Text),
            lines: difference.lines.into_iter().map(LineBehindOut::from).collect(),
        }
    }
}

impl From<Evidence> for LineBehindOut {
    fn from(line: Evidence) -> Self {
        let (paye_scheme, payroll_month) =
            line.levy.map_or((None, None), |levy| (Some(levy.paye_scheme), Some(Text(levy.payroll_month))));
        Self {
            side: if line.ours { "ledger" } else { "statement" },
            entry: line.entry,
            on: Text(line.on),
            amount: Text(line.amount),
            times: line.times,
            entry_month: line.lot.map(Text),
            paye_scheme,
            payroll_month,
            reference: line.note,
        }
    }
}

/// A row of the table: a month's figure of a kind.
#[derive(Serialize)]
struct ReconciledRow {
    month: MonthText,
    kind: ReconciledKindName,
    covered: bool,
    ours: MoneyText,
    statement: MoneyText,
    difference: MoneyText,
    explained: MoneyText,
    unexplained: MoneyText,
    differences: String,
}

impl Row for ReconciledRow {
    const COLUMNS: &'static [&'static str] =
        &["month", "kind", "covered", "ours", "statement", "difference", "explained", "unexplained", "differences"];
    const SHEET: &'static str = "Reconciliation";
    const KINDS: &'static [(&'static str, Kind)] = &[
        ("month", Kind::Month),
        ("ours", Kind::Money),
        ("statement", Kind::Money),
        ("difference", Kind::Money),
        ("explained", Kind::Money),
        ("unexplained", Kind::Money),
    ];
}

/// A month's rows, one a kind, with what concerns the month as a whole beside its payments.
fn rows(month: &MonthReconciled) -> impl Iterator<Item = ReconciledRow> {
    figures(month).map(|figure| {
        let kind = figure.kind.0;
        let of_kind = |difference: &&Difference| difference.kind.unwrap_or(ReconciledKind::OwnPayments) == kind;
        let named = month.differences.iter().filter(of_kind).map(Difference::sentence);
        ReconciledRow {
            month: Text(month.month),
            kind: figure.kind,
            covered: figure.covered,
            ours: figure.ours,
            statement: figure.statement,
            difference: figure.difference,
            explained: figure.explained,
            unexplained: figure.unexplained,
            differences: named.collect::<Vec<_>>().join("; "),
        }
    })
}

/// Which months are shown, and how they are paged.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReconciliationQuery {
    /// Only this month and later ones.
    #[param(value_type = Option<MonthText>)]
    from: Option<MonthText>,
    /// Only this month and earlier ones.
    #[param(value_type = Option<MonthText>)]
    to: Option<MonthText>,
    /// How many months at the most, 1 to 1000; 100 unless said. Not for CSV, which is whole.
    limit: Option<i64>,
    /// The `next_cursor` of the page before. Not for CSV, which is whole.
    cursor: Option<String>,
}

/// Shows the ledger beside the national statement, month by month
///
/// Kind by kind, with every difference named and the lines behind it. Payments are compared in the month
/// in which they were collected. As CSV whole, a row a month and kind.
#[utoipa::path(
    operation_id = "list_reconciliation",
    tag = "reconciliation",
    params(("id" = IdText, Path, description = "The account"), ReconciliationQuery),
    responses(
        (status = 200, description = "A page of months, oldest first, or all of them as CSV", content(
            (List<MonthReconciledOut> = "application/json"),
            (String = "text/csv"),
        )),
        Problems,
    ),
)]
#[get("/accounts/{id}/reconciliation")]
pub(crate) async fn list(
    request: HttpRequest,
    id: web::Path<String>,
    asked: Asked<Money>,
    query: Params<ReconciliationQuery>,
) -> Result<HttpResponse, Problem> {
    let Params(ReconciliationQuery { from, to, limit, cursor }) = query;
    let account = id_of(&id, "account")?;
    let form = Form::of(&request);
    if form != Form::Json && (limit.is_some() || cursor.is_some()) {
        return Err(Problem::new(Code::MalformedRequest, "a table is whole: leave limit and cursor out"));
    }
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(Problem::new(Code::MalformedRequest, "`from` lies after `to`; no month is between them"));
    }
    let window = Window::of(limit, cursor.as_deref(), &("reconciliation", account.to_string(), from, to))?;
    let most = if form == Form::Json { window.limit + 1 } else { i64::MAX };
    let wanted = MonthsAsked { from: from.map(|Text(m)| m), to: to.map(|Text(m)| m), after: window.after, limit: most };
    let found = asked
        .read(move |db, caller, now| Ok(Ok(reconciliation::months(db, &caller.scope, (account, now.today), wanted)?)));
    let months = found.await?.ok_or(Refusal::NotFound("account"))?;
    if form != Form::Json {
        return table(&months, form).await;
    }
    let months = months.into_iter().map(|month| (Seq::from(month.month.stored()), month.into()));
    Ok(HttpResponse::Ok().json(window.page::<MonthReconciledOut>(months.collect())))
}

/// Answers the table, as CSV or as a workbook.
async fn table(months: &[MonthReconciled], form: Form) -> Result<HttpResponse, Problem> {
    let rows: Vec<ReconciledRow> = months.iter().flat_map(rows).collect();
    if form == Form::Csv {
        return Ok(HttpResponse::Ok().content_type(tables::CSV_TYPE).body(tables::csv(&rows, true)));
    }
    let file = spool::written(move |file| {
        let mut sheet = Sheet::begin()?;
        sheet.rows(rows)?;
        Ok(sheet.finish(file)?)
    });
    Ok(file.await?.answer(HttpResponse::Ok(), tables::XLSX_TYPE, "reconciliation.xlsx"))
}
