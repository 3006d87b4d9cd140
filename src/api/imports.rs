//! Imports of spreadsheets: providers, transfers and starts.

use actix_web::{HttpResponse, post, web};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Agreements;
use super::answer::{Presented, respond};
use super::asked::{Params, RecordQuery, id_of, refusal_answer};
use super::problem::{Code, Problem, Problems};
use super::upload::{Sent, Uploaded, Workbook};
use super::wire::{IdText, ImportKindName, Name};
use crate::app::imports::{Form, Import, ImportOf, ImportOutcome, Kind, Mapping, RefusedRow};
use crate::app::{Fault, Refusal};
use crate::domain::names::Named;
use crate::storage::writer::{Answer, Refused};

/// The routes of imports.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(import);
}

/// What an import came to.
#[derive(Serialize, ToSchema)]
#[schema(as = Import)]
pub(crate) struct ImportOut {
    /// What was imported.
    kind: ImportKindName,
    /// How many rows the file has, besides its headings and empty ones.
    rows: usize,
    /// How many were recorded, or on a dry run would be.
    recorded: usize,
    /// How many were there already, for which nothing is recorded.
    found: usize,
    /// The rows that cannot be taken; empty, as a file with any is refused whole.
    refused: Vec<RefusedRowOut>,
    /// The headings of columns that were not taken, because they are none of ours and not mapped.
    ignored_columns: Vec<String>,
}

/// A row that cannot be taken, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = RefusedRow)]
pub(crate) struct RefusedRowOut {
    /// Its number as the spreadsheet shows it; the headings are row 1.
    row: u32,
    /// The column at fault as the file calls it; null where it is the row as a whole.
    column: Option<String>,
    /// The code of the problem that the row alone would be answered with.
    code: &'static str,
    /// What is wrong, and the right form or the figures. Personal data is never repeated.
    detail: String,
}

impl From<RefusedRow> for RefusedRowOut {
    fn from(RefusedRow { row, column, refusal }: RefusedRow) -> Self {
        let detail = refusal.to_string();
        Self { row, column, code: Problem::from(refusal).code(), detail }
    }
}

impl From<ImportOutcome> for ImportOut {
    fn from(outcome: ImportOutcome) -> Self {
        Self {
            kind: Name(outcome.kind),
            rows: outcome.rows,
            recorded: outcome.recorded,
            found: outcome.found,
            refused: outcome.refused.into_iter().map(RefusedRowOut::from).collect(),
            ignored_columns: outcome.ignored_columns,
        }
    }
}

/// The refusal of a file, row by row. The first rows that cannot be taken are named, the others counted.
fn refusal(outcome: ImportOutcome) -> Problem {
    let (rows, refused_rows) = (outcome.rows, outcome.refused_rows);
    let out = ImportOut::from(outcome);
    let fault = |refused: &RefusedRowOut| {
        let column = refused.column.as_ref().map(|column| format!("/{}", column.replace('~', "~0").replace('/', "~1")));
        Fault::at(&format!("/rows/{}{}", refused.row, column.unwrap_or_default()), &refused.detail)
    };
    let errors = out.refused.iter().map(fault).collect();
    let detail = format!("{refused_rows} of {rows} rows cannot be taken, so that nothing was recorded");
    let problem = Problem::faults(errors).saying(detail);
    let Ok(Value::Object(fields)) = serde_json::to_value(out) else { return problem };
    let problem = problem.with("refused_rows", json!(refused_rows));
    fields.into_iter().fold(problem, |problem, (name, value)| problem.with(&name, value))
}

/// What an import answers. A refusal is kept under an idempotency key if rules alone refused: what
/// stands in cells that cannot be read is kept nowhere.
fn answer(outcome: Result<ImportOutcome, Refusal>, request_id: &str) -> Result<Answer, Refused> {
    let outcome = match outcome {
        Ok(outcome) if outcome.refused_rows == 0 => return Ok(Presented::ok(&ImportOut::from(outcome)).into_answer()),
        outcome => outcome,
    };
    let by_rule = outcome.as_ref().is_ok_and(|outcome| !outcome.refused.iter().any(RefusedRow::is_misread));
    let problem = outcome.map_or_else(Problem::from, refusal);
    Err(Refused { answer: refusal_answer(&problem, request_id), by_rule })
}

fn kind_of(name: &str) -> Result<Kind, Problem> {
    let known = || Kind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
    Kind::from_name(name)
        .map_err(|_| Problem::new(Code::NotFound, format!("{name:?} cannot be imported; these can: {}", known())))
}

fn mappings_of(query: Vec<(String, String)>, kind: Kind) -> Result<Vec<Mapping>, Problem> {
    let given = query.into_iter().filter(|(name, _)| name == "map");
    let parse = |(_, text): (String, String)| Mapping::parse(kind, &text);
    given.map(parse).collect::<Result<_, String>>().map_err(|fault| Problem::new(Code::MalformedRequest, fault))
}

/// Imports a spreadsheet of providers, transfers or starts: every row, or none
///
/// CSV, or the first sheet of an Excel workbook, with the columns of our own tables or as `map` says.
/// Each row is decided as if it had been sent alone, in order, and sees the rows before it. A provider
/// whose company number is there, a transfer whose reference is, and a start that is, is found and not
/// doubled. One row that cannot be taken refuses the file, and every one is named, up to 1,000.
#[utoipa::path(
    operation_id = "import_rows",
    tag = "imports",
    params(
        ("id" = IdText, Path, description = "The account"),
        ("kind" = ImportKindName, Path, description = "What the spreadsheet is of"),
        ("map" = Option<Vec<String>>, Query, description = "A column of the file and what it is to be read as: \
            `Their name:our_name`; `Their name:` leaves it out. Repeat it for several"),
        RecordQuery,
    ),
    request_body(content(
        (String = "text/csv"),
        (Workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ), description = "The spreadsheet, its first row naming the columns; at most 100,000 rows"),
    responses((status = 200, description = "What it came to", body = ImportOut), Problems),
)]
#[post("/accounts/{id}/imports/{kind}")]
pub(crate) async fn import(
    path: web::Path<(String, String)>,
    query: Params<Vec<(String, String)>>,
    uploaded: Uploaded<Agreements>,
) -> Result<HttpResponse, Problem> {
    let (account, kind) = path.into_inner();
    let (account, kind) = (id_of(&account, "account")?, kind_of(&kind)?);
    let mappings = mappings_of(query.0, kind)?;
    let Uploaded { file, sent, mut recorder, .. } = uploaded;
    let (scope, request_id) = (recorder.caller.scope.clone(), recorder.caller.actor.request_id.clone());
    let form = match sent {
        Sent::Csv => Form::Csv,
        Sent::Xlsx => Form::Workbook,
    };
    let of = ImportOf { kind, scope, account, mappings };
    let read = web::block(move || Import::read(file, form, of)).await;
    let import = read.map_err(|_| Problem::new(Code::Overloaded, "no thread was free to read the file"))??;
    // What cannot be recorded anyway is decided where the writer is not kept from others.
    recorder.dry_run |= import.is_misread();
    let (needs, decide) = import.decide(|| (), move |outcome| answer(outcome, &request_id));
    Ok(respond(recorder.submit(needs, decide).await?))
}
