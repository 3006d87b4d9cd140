//! An account's journal as the national statement writes it: version 2, for those who pay levy.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use serde::Deserialize;
use tokio::sync::mpsc;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Money;
use super::asked::{Asked, Params, id_of};
use super::problem::{Code, Problem, Problems};
use super::tables;
use super::wire::{DateText, IdText, Text};
use crate::app::Refusal;
use crate::app::statement_export::{Days, Export};
use crate::statement::{CsvWriter, Line, LineEnd, WorkbookWriter, WriteFault};
use crate::storage::columns::Stored;
use crate::storage::connection::Db;

/// The content type of a workbook.
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// How much of a workbook is sent at a time, in bytes.
const CHUNK: u64 = 256 * 1024;

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

/// What becomes of lines.
trait Lines: Send + 'static {
    fn write(&mut self, line: &Line) -> Result<(), WriteFault>;
}

impl Lines for CsvWriter<Vec<u8>> {
    fn write(&mut self, line: &Line) -> Result<(), WriteFault> {
        Self::write(self, line)
    }
}

impl Lines for WorkbookWriter {
    fn write(&mut self, line: &Line) -> Result<(), WriteFault> {
        Self::write(self, line)
    }
}

/// A file being written.
struct Writing<L> {
    export: Export,
    lines: L,
}

impl<L: Lines> Writing<L> {
    /// Writes the next page; tells whether there was one.
    fn page(mut self, db: &mut Db) -> Stored<Result<(Self, bool), Problem>> {
        let Some(page) = self.export.next(db)? else { return Ok(Ok((self, false))) };
        for line in page.into_iter().filter_map(Line::of) {
            if let Err(fault) = self.lines.write(&line) {
                return Ok(Err(fault.into()));
            }
        }
        Ok(Ok((self, true)))
    }
}

impl From<WriteFault> for Problem {
    fn from(fault: WriteFault) -> Self {
        match fault {
            WriteFault::TooManyRows { .. } => Self::new(Code::ValidationFailed, fault),
            WriteFault::OutOfOrder { .. } | WriteFault::Workbook(_) | WriteFault::Io(_) => {
                Self::new(Code::Internal, fault)
            }
        }
    }
}

/// Begins a file with its first page.
async fn begin<L: Lines>(
    asked: &Asked<Money>,
    (id, query): (&str, &StatementQuery),
    lines: L,
) -> Result<(Writing<L>, bool), Problem> {
    let (account, days) = (id_of(id, "account")?, query.days()?);
    let begun = asked.read(move |db, caller, _| match Export::of(db, &caller.scope, account, days)? {
        None => Ok(Err(Refusal::NotFound("account").into())),
        Some(export) => Writing { export, lines }.page(db),
    });
    begun.await
}

fn file_answer(content_type: &'static str, name: &str) -> actix_web::HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer.content_type(content_type);
    answer.insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    answer
}

type Chunk = Result<web::Bytes, Problem>;

fn body(chunks: mpsc::Receiver<Chunk>) -> impl futures_util::Stream<Item = Chunk> {
    futures_util::stream::unfold(chunks, |mut chunks| async { chunks.recv().await.map(|chunk| (chunk, chunks)) })
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
    let lines = CsvWriter::new(Vec::new(), LineEnd::CrLf)?;
    let begun = begin(&asked, (&id, &query.0), lines).await?;
    let (chunks, sent) = mpsc::channel(2);
    actix_web::rt::spawn(async move {
        // The caller sees a body that breaks off, never one that looks whole.
        if let Err(problem) = send_csv(asked, begun, &chunks).await {
            drop(chunks.send(Err(problem)).await);
        }
    });
    Ok(file_answer(tables::CSV_TYPE, "statement.csv").streaming(Box::pin(body(sent))))
}

/// Sends a CSV page by page while it is read, so that neither memory nor the database's log grows with
/// it.
async fn send_csv(
    asked: Asked<Money>,
    (mut writing, mut more): (Writing<CsvWriter<Vec<u8>>>, bool),
    chunks: &mpsc::Sender<Chunk>,
) -> Result<(), Problem> {
    while more {
        let written = std::mem::take(writing.lines.written());
        if chunks.send(Ok(written.into())).await.is_err() {
            return Ok(());
        }
        (writing, more) = asked.read(move |db, _, _| writing.page(db)).await?;
    }
    let rest = writing.lines.finish()?;
    drop(chunks.send(Ok(rest.into())).await);
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
    let (mut writing, mut more) = begin(&asked, (&id, &query.0), WorkbookWriter::new()?).await?;
    while more {
        (writing, more) = asked.read(move |db, _, _| writing.page(db)).await?;
    }
    let no_thread = |_| Problem::new(Code::Overloaded, "no thread was free to write");
    let file = web::block(move || saved(writing.lines)).await.map_err(no_thread)??;
    let chunks = futures_util::stream::try_unfold(file, move |file| async move {
        web::block(move || chunk_of(file)).await.map_err(no_thread)?
    });
    Ok(file_answer(WORKBOOK, "statement.xlsx").streaming(Box::pin(chunks)))
}

/// The workbook in a temporary file, which goes with its last use.
fn saved(lines: WorkbookWriter) -> Result<File, Problem> {
    let mut file = tempfile::tempfile().map_err(WriteFault::Io)?;
    lines.finish(&mut file)?;
    file.seek(SeekFrom::Start(0)).map_err(WriteFault::Io)?;
    Ok(file)
}

fn chunk_of(mut file: File) -> Result<Option<(web::Bytes, File)>, Problem> {
    let mut chunk = Vec::new();
    file.by_ref().take(CHUNK).read_to_end(&mut chunk).map_err(WriteFault::Io)?;
    Ok((!chunk.is_empty()).then(|| (chunk.into(), file)))
}
