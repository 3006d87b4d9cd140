//! Reports: worked out for a day, with validators, so that a caller who has seen the latest is told
//! so in a few bytes.

use std::collections::BTreeMap;

use actix_web::http::header::{self, HttpDate};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use chrono::{NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Europe::London;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::access::Area;
use super::asked::Asked;
use super::caller::Caller;
use super::problem::Problem;
use super::tables::{self, Form, Kind, Row};
use super::{spool, workbook};
use crate::domain::calendar::Month;
use crate::domain::money::Money;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::events::{self, Head, hex};
use crate::storage::writer::Moment;

/// A report: one object of JSON, and a table.
pub(crate) trait Report: Serialize + Send + 'static {
    /// A row of its table.
    type Row: Row;
    /// The fields outside its table, for the second sheet of a workbook, with what they stand for
    /// where it is more than a text or a number.
    const SUMMARY: &'static [(&'static str, Option<Kind>)] = &[];

    /// Its table.
    fn rows(&self) -> Vec<Self::Row>;

    /// What a workbook draws of it.
    fn chart(&self) -> Option<Chart> {
        None
    }
}

/// Columns of pounds that stand on each other, one for each of some things.
pub(crate) struct Chart {
    /// What it is called.
    pub(crate) title: &'static str,
    /// What the columns are of.
    pub(crate) of: &'static str,
    /// What each part of a column is called.
    pub(crate) series: &'static [&'static str],
    /// What each column is of by name, with its parts in that order.
    pub(crate) columns: Vec<(String, Vec<Money>)>,
}

impl Chart {
    /// A column for each month.
    pub(crate) fn by_month(
        title: &'static str,
        series: &'static [&'static str],
        months: BTreeMap<Month, Vec<Money>>,
    ) -> Self {
        let columns = months.into_iter().map(|(month, parts)| (month.to_string(), parts)).collect();
        Self { title, of: "Month", series, columns }
    }
}

/// Answers a report, as JSON, CSV or a workbook, or 304 when nothing has changed since the caller read it.
pub(crate) async fn report<A, R, F>(
    request: &HttpRequest,
    asked: Asked<A>,
    work_out: F,
) -> Result<HttpResponse, Problem>
where
    A: Area,
    R: Report,
    F: FnOnce(&mut Db, &Caller, Moment) -> Stored<Result<R, Problem>> + Send + 'static,
{
    let form = Form::of(request);
    let asked_for = question(request, form);
    let seen = Seen::of(request);
    let read = asked.read(move |db, caller, now| {
        let validators = Validators::of(&events::head(db)?, now, caller, &asked_for);
        if seen.is_latest(&validators) {
            return Ok(Ok((validators, None)));
        }
        Ok(work_out(db, caller, now)?.map(|report| (validators, Some(report))))
    });
    let (validators, report) = read.await?;
    let mut answer = begun(validators, report.is_some());
    Ok(match (report, form) {
        (None, _) => answer.finish(),
        (Some(report), Form::Json) => answer.json(report),
        (Some(report), Form::Csv) => answer.content_type(tables::CSV_TYPE).body(tables::csv(&report.rows(), true)),
        (Some(report), Form::Xlsx) => {
            let file = spool::written(move |file| Ok(workbook::of_report(&report, file)?)).await?;
            file.answer(answer, tables::XLSX_TYPE, &format!("{}.xlsx", last_part(request)))
        }
    })
}

/// Begins an answer with its validators: the report, or that nothing has changed.
pub(super) fn begun(validators: Validators, is_sent: bool) -> HttpResponseBuilder {
    let mut answer = if is_sent { HttpResponse::Ok() } else { HttpResponse::NotModified() };
    answer.insert_header((header::ETAG, validators.etag)).insert_header((header::CACHE_CONTROL, "private, no-cache"));
    answer.insert_header((header::LAST_MODIFIED, http_date(validators.modified)));
    answer
}

/// The question that a request asks, as validators know it.
pub(super) fn question(request: &HttpRequest, form: Form) -> String {
    format!("{} {} {form:?}", request.path(), request.query_string())
}

/// The last part of the path: what a file is called.
pub(crate) fn last_part(request: &HttpRequest) -> String {
    request.path().rsplit('/').next().unwrap_or_default().to_owned()
}

/// What tells one state of a report from another.
pub(super) struct Validators {
    etag: String,
    modified: NaiveDateTime,
}

impl Validators {
    /// The day and the ledger's head decide, for one caller and one question.
    pub(super) fn of(head: &Head, now: Moment, caller: &Caller, asked_for: &str) -> Self {
        let midnight = London.from_local_datetime(&now.today.and_time(NaiveTime::MIN)).earliest();
        let midnight = midnight.map_or(NaiveDateTime::MIN, |midnight| midnight.naive_utc());
        let state = format!("{} {} {} {} {asked_for}", now.today, head, caller.role, caller.actor.id);
        let digest: String = hex(&Sha256::digest(state)).chars().take(32).collect();
        Self { etag: format!("\"{digest}\""), modified: head.recorded_at.max(midnight) }
    }
}

/// What the caller says that it has seen. `If-None-Match` wins.
pub(super) struct Seen {
    etags: Option<String>,
    since: Option<NaiveDateTime>,
}

impl Seen {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let text = |name: header::HeaderName| request.headers().get(name)?.to_str().ok().map(str::to_owned);
        let since = text(header::IF_MODIFIED_SINCE).and_then(|since| since.parse::<HttpDate>().ok());
        let since = since.map(|since| chrono::DateTime::<Utc>::from(std::time::SystemTime::from(since)).naive_utc());
        Self { etags: text(header::IF_NONE_MATCH), since }
    }

    pub(super) fn is_latest(&self, validators: &Validators) -> bool {
        match (&self.etags, self.since) {
            (Some(etags), _) => {
                let same = |etag: &str| etag == "*" || etag.trim_start_matches("W/") == validators.etag;
                etags.split(',').any(|etag| same(etag.trim()))
            }
            (None, Some(since)) => validators.modified.and_utc().timestamp() <= since.and_utc().timestamp(),
            (None, None) => false,
        }
    }
}

fn http_date(time: NaiveDateTime) -> HttpDate {
    std::time::SystemTime::from(time.and_utc()).into()
}
