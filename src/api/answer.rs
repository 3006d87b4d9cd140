//! Answers: written once, kept as written, and filled with personal data only as they leave.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::caller::Caller;
use super::problem::{Code, Problem};
use crate::storage::Store;
use crate::storage::writer::Answer;

/// What a use case answers, in JSON.
pub(crate) struct Presented {
    status: StatusCode,
    location: Option<String>,
    etag: Option<String>,
    body: String,
    learner_of: Option<Uuid>,
}

impl Presented {
    /// Something was made and can be read at `location`.
    pub(crate) fn created(location: Option<String>, body: &impl Serialize) -> Self {
        Self { status: StatusCode::CREATED, location, ..Self::ok(body) }
    }

    /// It was done.
    pub(crate) fn ok(body: &impl Serialize) -> Self {
        // Answers are plain structs with text keys, which always serialise.
        let body = serde_json::to_string(body).unwrap_or_default();
        Self { status: StatusCode::OK, location: None, etag: None, body, learner_of: None }
    }

    /// It was done, and there is nothing to say.
    pub(crate) fn nothing() -> Self {
        Self { status: StatusCode::NO_CONTENT, location: None, etag: None, body: String::new(), learner_of: None }
    }

    /// With the validator of what is answered.
    pub(crate) fn with_etag(self, etag: Option<String>) -> Self {
        Self { etag, ..self }
    }

    /// With the start whose learner is filled in as the answer leaves.
    pub(crate) fn with_learner(self, start: Option<Uuid>) -> Self {
        Self { learner_of: start, ..self }
    }

    /// As it is kept.
    pub(crate) fn into_answer(self) -> Answer {
        Answer {
            status: self.status.as_u16(),
            location: self.location,
            etag: self.etag,
            body: self.body,
            learner_of: self.learner_of,
            replayed: false,
        }
    }
}

/// The validator of a resource at one of its versions.
pub(crate) fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// The version that `If-Match` names. A change must name one, or `*`.
pub(crate) fn if_match(request: &actix_web::HttpRequest) -> Result<Option<i64>, Problem> {
    let required = || Problem::new(Code::PreconditionRequired, "send If-Match with the ETag that was read");
    let given = request.headers().get(header::IF_MATCH).ok_or_else(required)?;
    let given = given.to_str().unwrap_or_default().trim();
    if given == "*" {
        return Ok(None);
    }
    // A validator that is not one of ours names a version that never was.
    Ok(Some(given.trim_matches('"').parse().unwrap_or(-1)))
}

/// Sends an answer.
pub(crate) fn respond(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    let kind = if answer.status < 400 { "application/json" } else { "application/problem+json" };
    if status != StatusCode::NO_CONTENT {
        response.insert_header((header::CONTENT_TYPE, kind));
    }
    if let Some(location) = answer.location {
        response.insert_header((header::LOCATION, location));
    }
    if let Some(etag) = answer.etag {
        response.insert_header((header::ETAG, etag));
    }
    if answer.replayed {
        response.insert_header(("Idempotency-Replayed", "true"));
    }
    response.body(answer.body)
}

/// Sends an answer with a field that is set in what is sent alone, and never kept.
pub(crate) fn respond_with(answer: Answer, field: Option<(&str, String)>) -> HttpResponse {
    let Some((name, value)) = field else { return respond(answer) };
    let mut body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    if let Value::Object(body) = &mut body {
        body.insert(name.to_owned(), Value::String(value));
    }
    respond(Answer { body: body.to_string(), ..answer })
}

/// Sends an answer about a start with what is known of its learner now, as far as the caller may
/// see it.
pub(crate) async fn with_learner(
    store: &Store,
    caller: &Caller,
    start: Uuid,
    answer: Answer,
) -> Result<HttpResponse, Problem> {
    let store = store.clone();
    let read = web::block(move || store.read(|db| crate::app::starts::learner_of(db, start))).await;
    let learner = read.map_err(|_| Problem::new(Code::Overloaded, "no thread was free to read"))??;
    let mut body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    if let (Value::Object(body), Ok(Value::Object(shown))) =
        (&mut body, serde_json::to_value(super::learners::LearnerOut::shown(learner, caller.role)))
    {
        body.extend(shown);
    }
    Ok(respond(Answer { body: body.to_string(), ..answer }))
}
