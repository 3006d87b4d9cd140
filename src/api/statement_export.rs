//! An account's journal as the national statement writes it: version 2, for those who pay levy.

use std::fs::File;
use std::io::BufWriter;

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use serde::Deserialize;
use tokio::sync::mpsc;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::access::Money;
use super::asked::{Asked, Params, id_of};
use super::problem::{Code, Problem, Problems};
use super::wire::{DateText, IdText, Text};
use super::{spool, tables};
use crate::app::Refusal;
use crate::app::scope::Scope;
use crate::app::statement_export::{Days, Export};
use crate::domain::stated::StatedEntry;
use crate::statement::{CsvWriter, Line, LineEnd, WorkbookWriter, WriteFault};
use crate::storage::columns::Stored;
use crate::storage::connection::Db;

/// The routes of the statement as a file.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(csv).service(workbook);
}

/// Which lines are written.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatementQuery {
    /// Only lines dated on this day or later.
    from: Option<DateText>,
    /// Only lines dated on this day or before.
    to: Option<DateText>,
}

impl StatementQuery {
    fn days(&self) -> Result<Days, Problem> {
        let day = |day: Option<DateText>| day.map(|Text(day)| day);
        let (from, to) = (day(self.from), day(self.to));
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            return Err(Problem::new(Code::MalformedRequest, "`from` lies after `to`; no day is between them"));
        }
        Ok(Days { from, to })
    }
}

impl From<WriteFault> for Problem {
    fn from(fault: WriteFault) -> Self {
        match fault {
            WriteFault::TooManyRows { .. } => Self::new(Code::ValidationFailed, fault),
            WriteFault::Io(cause) => cause.into(),
            WriteFault::OutOfOrder { .. } | WriteFault::Workbook(_) => std::io::Error::other(fault).into(),
        }
    }
}

/// Begins an export, unless there is no such account for the caller.
pub(crate) fn begin(db: &mut Db, scope: &Scope, account: Uuid, days: Days) -> Stored<Result<Export, Problem>> {
    let begun = Export::of(db, scope, account, days)?;
    Ok(begun.ok_or_else(|| Refusal::NotFound("account").into()))
}

/// Writes pages as a CSV file.
pub(crate) fn to_csv<E: From<WriteFault>>(
    file: &mut File,
    mut next: impl FnMut() -> Result<Option<Vec<StatedEntry>>, E>,
) -> Result<(), E> {
    let mut lines = CsvWriter::new(BufWriter::new(file), LineEnd::CrLf)?;
    while let Some(page) = next()? {
        page.into_iter().filter_map(Line::of).try_for_each(|line| lines.write(&line))?;
    }
    lines.finish()?;
    Ok(())
}

/// Writes pages as a workbook.
pub(crate) fn to_workbook<E: From<WriteFault>>(
    file: &mut File,
    mut next: impl FnMut() -> Result<Option<Vec<StatedEntry>>, E>,
) -> Result<(), E> {
    let mut lines = WorkbookWriter::new()?;
    while let Some(page) = next()? {
        page.into_iter().filter_map(Line::of).try_for_each(|line| lines.write(&line))?;
    }
    Ok(lines.finish(file)?)
}

/// Writes the journal as a statement, version 2, as CSV
///
/// Every entry but corrections, newest line first. A line carries the day that its statement gave it; else
/// levy the day on which it entered, payments and transfers the 5th of the month after, expiry the last day
/// of its month. Without learner numbers and names.
#[utoipa::path(
    operation_id = "export_statement_csv",
    tag = "statements",
    params(("id" = IdText, Path, description = "The account"), StatementQuery),
    responses(
        (status = 200, description = "The file", content_type = "text/csv", body = String),
        Problems,
    ),
)]
#[get("/accounts/{id}/statement.csv")]
pub(crate) async fn csv(
    id: web::Path<String>,
    asked: Asked<Money>,
    query: Params<StatementQuery>,
) -> Result<HttpResponse, Problem> {
    let (account, days) = (id_of(&id, "account")?, query.0.days()?);
    let begun = asked.read(move |db, caller, _| begin(db, &caller.scope, account, days)).await?;
    let (chunks, sent) = mpsc::channel(2);
    actix_web::rt::spawn(async move {
        // The caller sees a body that breaks off, never one that looks whole.
        if let Err(problem) = send(asked, begun, &chunks).await {
            drop(chunks.send(Err(problem)).await);
        }
    });
    let body = futures_util::stream::unfold(sent, |mut sent| async { sent.recv().await.map(|chunk| (chunk, sent)) });
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"statement.csv\""));
    Ok(answer.content_type(tables::CSV_TYPE).streaming(Box::pin(body)))
}

/// Sends a CSV page by page while it is read, so that neither memory nor the database's log grows with
/// it.
async fn send(
    asked: Asked<Money>,
    mut export: Export,
    chunks: &mpsc::Sender<Result<web::Bytes, Problem>>,
) -> Result<(), Problem> {
    let mut lines = CsvWriter::new(Vec::new(), LineEnd::CrLf)?;
    loop {
        let read = move |db: &mut Db| Ok(Ok((export.next(db)?, export)));
        let (page, rest) = asked.read(move |db, _, _| read(db)).await?;
        let Some(page) = page else { break };
        page.into_iter().filter_map(Line::of).try_for_each(|line| lines.write(&line))?;
        if chunks.send(Ok(std::mem::take(lines.written()).into())).await.is_err() {
            return Ok(());
        }
        export = rest;
    }
    drop(chunks.send(Ok(lines.finish()?.into())).await);
    Ok(())
}

/// Writes the journal as a statement, version 2, as a workbook
///
/// The same lines as the CSV has, every cell text as in the national file.
#[utoipa::path(
    operation_id = "export_statement_workbook",
    tag = "statements",
    params(("id" = IdText, Path, description = "The account"), StatementQuery),
    responses(
        (
            status = 200,
            description = "The file",
            content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            body = String,
        ),
        Problems,
    ),
)]
#[get("/accounts/{id}/statement.xlsx")]
pub(crate) async fn workbook(
    id: web::Path<String>,
    asked: Asked<Money>,
    query: Params<StatementQuery>,
) -> Result<HttpResponse, Problem> {
    let (account, days) = (id_of(&id, "account")?, query.0.days()?);
    let mut export = asked.read(move |db, caller, _| begin(db, &caller.scope, account, days)).await?;
    let store = asked.store;
    let file = spool::written(move |file| to_workbook(file, || Ok(store.read(|db| export.next(db))?)));
    Ok(file.await?.answer(HttpResponse::Ok(), tables::XLSX_TYPE, "statement.xlsx"))
}
