//! The national service's statements: importing one, and what was imported.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tempfile::SpooledTempFile;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Money;
use super::answer::{Presented, respond};
use super::asked::{Asked, Params, id_of, refusal_answer};
use super::page::{self, List, PageQuery};
use super::problem::{Code, Problem, Problems};
use super::upload::Uploaded;
use super::wire::{IdText, MoneyText, MonthText, Text, TimeText};
use crate::app::Fault;
use crate::app::statements::{
    FileFacts, ImportStatement, ImportedStatement, RefusedLine, StatementFile, StatementOutcome, StatementRefusal,
    page as imported,
};
use crate::statement::{FileFault, take_in};
use crate::storage::Store;
use crate::storage::writer::{Answer, Refused};

/// The routes of statements.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(import).service(list);
}

/// What an import of a statement may say in its query.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatementQuery {
    /// Leave out lines that cannot be read, and take the others.
    #[serde(default)]
    #[param(required = false)]
    partial: bool,
    /// Decide and answer in full, but record nothing.
    #[serde(default, rename = "dry_run")]
    #[param(required = false)]
    _dry_run: bool,
}

/// What an import of a statement came to.
#[derive(Serialize, ToSchema)]
#[schema(as = StatementImport)]
pub(crate) struct StatementOut {
    /// The version of the file: 1, or 2 from June 2026.
    version: i32,
    /// How many lines the file has, besides its header and blank ones.
    lines: i64,
    /// How many were recorded, or on a dry run would be.
    recorded: i64,
    /// How many were held before, or as levy from elsewhere: nothing is recorded of them.
    already_held: i64,
    /// How many are kept for the reconciliation alone: of months that this ledger closed, and levy of
    /// which another amount is held.
    reconciliation_only: i64,
    /// The lines that cannot be taken, up to 1,000; empty unless `partial` was asked for.
    refused: Vec<RefusedLineOut>,
    /// How many lines cannot be taken.
    refused_lines: i64,
    /// What the file says has lapsed, in pounds.
    expired: MoneyText,
    /// What the ledger now holds of the months and kinds of the file's lines, less what those lines come
    /// to, in pounds: `0.00` when both agree.
    closing_difference: MoneyText,
}

/// A line that cannot be taken, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = RefusedLine)]
pub(crate) struct RefusedLineOut {
    /// Its number in the file; the header is line 1. In a workbook, its row.
    line: u64,
    /// What is wrong, and the right form. A learner's name or number is never repeated.
    detail: String,
}

/// A statement that was imported.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportedStatement)]
pub(crate) struct ImportedStatementOut {
    /// The number under which it was recorded; its entries follow it.
    seq: i64,
    /// The version of the file.
    version: i32,
    /// Its layout: `levy_v1`, `levy_v2`, `non_levy_v1` or `non_levy_v2`.
    layout: String,
    /// SHA-256 of the file, in hexadecimal.
    file_digest: String,
    /// How many lines it had.
    lines: i64,
    /// How many were recorded.
    recorded: i64,
    /// How many were held before.
    already_held: i64,
    /// How many are kept for the reconciliation alone.
    reconciliation_only: i64,
    /// How many could not be taken and were left out.
    refused: i64,
    /// The first month that a line belongs to.
    first_month: Option<MonthText>,
    /// The last month that a line belongs to.
    last_month: Option<MonthText>,
    /// When it was recorded.
    recorded_at: TimeText,
    /// By whom.
    recorded_by: String,
}

impl From<RefusedLine> for RefusedLineOut {
    fn from(RefusedLine { line, detail }: RefusedLine) -> Self {
        Self { line, detail }
    }
}

impl From<StatementOutcome> for StatementOut {
    fn from(outcome: StatementOutcome) -> Self {
        Self {
            version: outcome.version,
            lines: outcome.lines,
            recorded: outcome.recorded,
            already_held: outcome.already_held,
            reconciliation_only: outcome.reconciliation_only,
            refused: outcome.refused.into_iter().map(RefusedLineOut::from).collect(),
            refused_lines: outcome.refused_lines,
            expired: Text(outcome.expired),
            closing_difference: Text(outcome.closing_difference),
        }
    }
}

impl From<ImportedStatement> for ImportedStatementOut {
    fn from(imported: ImportedStatement) -> Self {
        Self {
            seq: imported.seq,
            version: imported.version,
            layout: imported.layout,
            file_digest: imported.file_digest,
            lines: imported.lines,
            recorded: imported.recorded,
            already_held: imported.already_held,
            reconciliation_only: imported.reconciliation_only,
            refused: imported.refused,
            first_month: imported.months.map(|(first, _)| Text(first)),
            last_month: imported.months.map(|(_, last)| Text(last)),
            recorded_at: Text(imported.recorded_at),
            recorded_by: imported.recorded_by,
        }
    }
}

/// The refusal of a file for its lines: the first at fault are named, the others counted.
fn lines_problem(lines: i64, refused: &[RefusedLine], refused_lines: i64) -> Problem {
    let fault = |refused: &RefusedLine| Fault::at(&format!("/lines/{}", refused.line), &refused.detail);
    let detail = format!(
        "{refused_lines} of {lines} lines cannot be taken, so that nothing was recorded: put them right, or leave \
         them out with ?partial=true"
    );
    let problem = Problem::faults(refused.iter().map(fault).collect()).saying(detail);
    problem.with("lines", json!(lines)).with("refused_lines", json!(refused_lines))
}

/// What an import answers. A refusal for lines that cannot be read is not kept under an idempotency key,
/// as the body of any other request that cannot be read is not.
fn answer(outcome: Result<StatementOutcome, StatementRefusal>, request_id: &str) -> Result<Answer, Refused> {
    let (problem, by_rule) = match outcome {
        Ok(outcome) => return Ok(Presented::ok(&StatementOut::from(outcome)).into_answer()),
        Err(StatementRefusal::Lines { lines, refused, refused_lines }) => {
            (lines_problem(lines, &refused, refused_lines), false)
        }
        Err(StatementRefusal::Other(refusal)) => {
            let problem = Problem::from(refusal);
            let by_rule = problem.is_by_rule();
            (problem, by_rule)
        }
    };
    Err(Refused { answer: refusal_answer(&problem, request_id), by_rule })
}

fn unreadable(fault: FileFault) -> Problem {
    match fault {
        FileFault::Io(cause) => {
            tracing::error!(%cause, "a statement could not be read");
            Problem::new(Code::StorageFull, "there is no room to read the file; nothing was recorded")
        }
        fault => Problem::faults(vec![Fault::at("", fault)]),
    }
}

/// Reads a file without the ledger's lock: others record meanwhile.
fn stage(store: &Store, file: SpooledTempFile) -> Result<(StatementFile, FileFacts), Problem> {
    let mut staged = StatementFile::begin(store)?;
    let facts = take_in(file, &mut staged).map_err(unreadable)?;
    Ok((staged, facts))
}

/// Imports a national statement: every new line of it, or none
///
/// The apprenticeship service's "download transactions" file, version 1 or 2, as CSV or as an Excel
/// workbook. A line that is held is not recorded again, in whichever file it comes. A line of a month
/// that this ledger closed is kept for the reconciliation, as is levy of which another amount is held.
/// One line that cannot be read refuses the file, unless `partial` leaves it out.
#[utoipa::path(
    operation_id = "import_statement",
    tag = "statements",
    params(("id" = IdText, Path, description = "The account"), StatementQuery),
    request_body(content(
        (String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ), description = "The file as it was downloaded"),
    responses((status = 200, description = "What it came to", body = StatementOut), Problems),
)]
#[post("/accounts/{id}/statements")]
pub(crate) async fn import(
    id: web::Path<String>,
    query: Params<StatementQuery>,
    uploaded: Uploaded<Money>,
) -> Result<HttpResponse, Problem> {
    let account = id_of(&id, "account")?;
    let Uploaded { file, mut recorder, .. } = uploaded;
    let (store, scope) = (recorder.store.clone(), recorder.caller.scope.clone());
    let request_id = recorder.caller.actor.request_id.clone();
    let staged = web::block(move || stage(&store, file)).await;
    let (file, facts) = staged.map_err(|_| Problem::new(Code::Overloaded, "no thread was free to read the file"))??;
    let statement = ImportStatement { scope, account, file, facts, partial: query.0.partial };
    // What cannot be recorded anyway is decided where the writer is not kept from others.
    recorder.dry_run |= statement.is_misread();
    let (needs, decide) = statement.decide(move |outcome| answer(outcome, &request_id));
    Ok(respond(recorder.submit(needs, decide).await?))
}

/// Lists the statements that were imported into an account
#[utoipa::path(
    operation_id = "list_statements",
    tag = "statements",
    params(("id" = IdText, Path, description = "The account"), PageQuery),
    responses((status = 200, description = "A page of imports, oldest first", body = List<ImportedStatementOut>), Problems),
)]
#[get("/accounts/{id}/statements")]
pub(crate) async fn list(
    id: web::Path<String>,
    asked: Asked<Money>,
    query: Params<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let Params(query) = query;
    let account = id_of(&id, "account")?;
    page::of_account(&asked, ("statements", account), &query, move |db, caller, wanted| {
        let found = imported(db, &caller.scope, account, wanted)?;
        Ok(found.map(|found| {
            found.into_iter().map(|(key, imported)| (key, imported.into())).collect::<Vec<(_, ImportedStatementOut)>>()
        }))
    })
    .await
}
