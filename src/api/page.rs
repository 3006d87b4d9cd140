//! Lists: oldest first, a page at a time, each page naming the next; as CSV or as a workbook whole,
//! never paged.

use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::access::Area;
use super::asked::Asked;
use super::caller::Caller;
use super::problem::{Code, Problem};
use super::report::last_part;
use super::spool;
use super::tables::{self, Form, Row};
use super::workbook::Sheet;
use crate::app::Refusal;
use crate::domain::journal::Seq;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::events::hex;
use crate::storage::writer::Moment;

/// How many items a page holds unless the caller says otherwise, and at the most.
const USUAL: i64 = 100;
const MOST: i64 = 1_000;
/// How many rows of a CSV or a workbook are read at a time.
pub(crate) const CSV_PAGE: i64 = 2_000;

/// How a plain list is paged.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// How many items at the most, 1 to 1000; 100 unless said.
    pub(crate) limit: Option<i64>,
    /// The `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// The items, oldest first.
    pub(crate) data: Vec<T>,
    /// What to give as `cursor` for the next page; null on the last.
    pub(crate) next_cursor: Option<String>,
}

/// What a list was asked for: `limit` and `cursor`, which is bound to the filters it came with.
pub(crate) struct Window {
    /// The key after which the page begins.
    pub(crate) after: Seq,
    /// How many items at the most.
    pub(crate) limit: i64,
    filters: String,
}

impl Window {
    /// Reads `limit` and `cursor`. `filters` is everything else that shapes the list.
    pub(crate) fn of(limit: Option<i64>, cursor: Option<&str>, filters: &impl Serialize) -> Result<Self, Problem> {
        let limit = limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(Problem::new(Code::MalformedRequest, format!("limit lies from 1 to {MOST}")));
        }
        let filters = serde_json::to_string(filters).unwrap_or_default();
        let filters: String = hex(&Sha256::digest(filters)).chars().take(12).collect();
        let after = cursor.map_or(Ok(0), |cursor| read_cursor(cursor, &filters))?;
        Ok(Self { after, limit, filters })
    }

    /// A page of what was read: up to one item more than the limit, each with its key.
    pub(crate) fn page<T>(&self, mut found: Vec<(Seq, T)>) -> List<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        let last = found.last().map(|(key, _)| *key).filter(|_| more);
        let next_cursor = last.map(|key| URL_SAFE_NO_PAD.encode(format!("{}:{key}", self.filters)));
        List { data: found.into_iter().map(|(_, item)| item).collect(), next_cursor }
    }
}

/// Answers a plain list of something that an account has. `read` gives up to so many items after a
/// key, each with its key; none where the caller may not see the account.
pub(crate) async fn of_account<A, T, F>(
    asked: &Asked<A>,
    (what, account): (&'static str, Uuid),
    query: &PageQuery,
    read: F,
) -> Result<HttpResponse, Problem>
where
    A: Area,
    T: Serialize + Send + 'static,
    F: FnOnce(&mut Db, &Caller, (Seq, i64)) -> Stored<Option<Vec<(Seq, T)>>> + Send + 'static,
{
    let window = Window::of(query.limit, query.cursor.as_deref(), &(what, account.to_string()))?;
    let wanted = (window.after, window.limit + 1);
    let found = asked.read(move |db, caller, _| Ok(Ok(read(db, caller, wanted)?))).await?;
    Ok(HttpResponse::Ok().json(window.page(found.ok_or(Refusal::NotFound("account"))?)))
}

fn read_cursor(cursor: &str, filters: &str) -> Result<Seq, Problem> {
    let wrong = || Problem::new(Code::MalformedRequest, "this cursor does not belong to this list and these filters");
    let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or_else(wrong)?;
    let (bound_to, key) = text.split_once(':').ok_or_else(wrong)?;
    if bound_to != filters {
        return Err(wrong());
    }
    key.parse().map_err(|_| wrong())
}

/// Answers a list: a page of JSON, or the whole of it as CSV or as a workbook. `fetch` gives up to
/// so many items after a key, each with its key.
pub(crate) async fn list<A, T, F>(
    request: &HttpRequest,
    asked: Asked<A>,
    (limit, cursor): (Option<i64>, Option<String>),
    filters: &impl Serialize,
    fetch: F,
) -> Result<HttpResponse, Problem>
where
    A: Area,
    T: Row + Send + 'static,
    F: Fn(&mut Db, &Caller, Moment, Seq, i64) -> Stored<Result<Vec<(Seq, T)>, Problem>> + Send + Sync + 'static,
{
    let form = Form::of(request);
    if form != Form::Json && (limit.is_some() || cursor.is_some()) {
        return Err(Problem::new(Code::MalformedRequest, "a table is whole: leave limit and cursor out"));
    }
    match form {
        Form::Json => (),
        Form::Csv => return stream(asked, fetch).await,
        Form::Xlsx => return workbook(request, asked, fetch).await,
    }
    let window = Window::of(limit, cursor.as_deref(), filters)?;
    let (after, limit) = (window.after, window.limit);
    let found = asked.read(move |db, caller, now| fetch(db, caller, now, after, limit + 1)).await?;
    Ok(HttpResponse::Ok().json(window.page(found)))
}

/// Sends a whole list as CSV while it is read, page by page, so that neither memory nor the
/// database's log grows with it.
async fn stream<A, T, F>(asked: Asked<A>, fetch: F) -> Result<HttpResponse, Problem>
where
    A: Area,
    T: Row + Send + 'static,
    F: Fn(&mut Db, &Caller, Moment, Seq, i64) -> Stored<Result<Vec<(Seq, T)>, Problem>> + Send + Sync + 'static,
{
    let fetch = std::sync::Arc::new(fetch);
    let first = {
        let fetch = fetch.clone();
        asked.read(move |db, caller, now| fetch(db, caller, now, 0, CSV_PAGE)).await?
    };
    let (chunks, body) = tokio::sync::mpsc::channel::<Result<web::Bytes, Problem>>(2);
    actix_web::rt::spawn(async move {
        let mut page = first;
        let mut header = true;
        loop {
            let last = page.last().map(|(key, _)| *key);
            let full = i64::try_from(page.len()).is_ok_and(|rows| rows == CSV_PAGE);
            let rows: Vec<T> = page.into_iter().map(|(_, row)| row).collect();
            let chunk = tables::csv(&rows, std::mem::take(&mut header));
            if chunks.send(Ok(chunk.into())).await.is_err() {
                return;
            }
            let Some(after) = last.filter(|_| full) else { return };
            let fetch = fetch.clone();
            match asked.read(move |db, caller, now| fetch(db, caller, now, after, CSV_PAGE)).await {
                Ok(next) => page = next,
                Err(problem) => {
                    // The caller sees a body that breaks off, never one that looks whole.
                    drop(chunks.send(Err(problem)).await);
                    return;
                }
            }
        }
    });
    let body = futures_util::stream::unfold(body, |mut body| async { body.recv().await.map(|chunk| (chunk, body)) });
    Ok(HttpResponse::Ok().content_type(tables::CSV_TYPE).streaming(Box::pin(body)))
}

/// Sends a whole list as a workbook, which is written to a temporary file while the list is read,
/// page by page.
async fn workbook<A, T, F>(request: &HttpRequest, asked: Asked<A>, fetch: F) -> Result<HttpResponse, Problem>
where
    A: Area,
    T: Row + Send + 'static,
    F: Fn(&mut Db, &Caller, Moment, Seq, i64) -> Stored<Result<Vec<(Seq, T)>, Problem>> + Send + Sync + 'static,
{
    let Asked { store, caller, .. } = asked;
    let moment = store.moment();
    let file = spool::written(move |file| {
        let mut sheet = Sheet::<T>::begin()?;
        whole(
            |after| store.read(|db| fetch(db, &caller, moment, after, CSV_PAGE))?,
            |rows| Ok::<_, Problem>(sheet.rows(rows)?),
        )?;
        Ok(sheet.finish(file)?)
    });
    let name = format!("{}.xlsx", last_part(request));
    Ok(file.await?.answer(HttpResponse::Ok(), tables::XLSX_TYPE, &name))
}

/// Reads a whole list, a page at a time, each in a state of its own, and gives its rows away.
pub(crate) fn whole<T, E>(
    mut fetch: impl FnMut(Seq) -> Result<Vec<(Seq, T)>, E>,
    mut give: impl FnMut(Vec<T>) -> Result<(), E>,
) -> Result<(), E> {
    let mut after = Some(0);
    while let Some(key) = after {
        let page = fetch(key)?;
        let full = i64::try_from(page.len()).is_ok_and(|rows| rows == CSV_PAGE);
        after = page.last().map(|(key, _)| *key).filter(|_| full);
        give(page.into_iter().map(|(_, row)| row).collect())?;
    }
    Ok(())
}
