//! Problems: the one place that knows which refusal has which status. Answers follow RFC 9457.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::app::{Fault, Refusal};
use crate::domain::money::Money;
use crate::storage::{StorageError, WriteError};

/// The codes of problems. One code has one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    MalformedRequest,
    Unauthenticated,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    TooLarge,
    UnsupportedMediaType,
    InvalidTransition,
    MonthClosed,
    AlreadyReversed,
    DuplicateStart,
    ProviderExists,
    NameTaken,
    Stale,
    PreconditionRequired,
    ValidationFailed,
    TransferCapExceeded,
    TransferExceeded,
    InsufficientFunds,
    FundsExpired,
    IdempotencyKeyReused,
    Overloaded,
    OutcomeUnknown,
    StorageFull,
    Internal,
}

impl Code {
    const fn meaning(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::MalformedRequest => (400, "malformed_request", "The request cannot be read"),
            Self::Unauthenticated => (401, "unauthenticated", "A valid token is needed"),
            Self::Forbidden => (403, "forbidden", "This token may not do that"),
            Self::NotFound => (404, "not_found", "It is not there"),
            Self::MethodNotAllowed => (405, "method_not_allowed", "The method does not apply here"),
            Self::InvalidTransition => (409, "invalid_transition", "The state does not allow it"),
            Self::MonthClosed => (409, "month_closed", "The month is closed"),
            Self::AlreadyReversed => (409, "already_reversed", "The entry is reversed already"),
            Self::DuplicateStart => (409, "duplicate_start", "The start is recorded already"),
            Self::ProviderExists => (409, "provider_exists", "The provider is registered already"),
            Self::NameTaken => (409, "name_taken", "The name is taken"),
            Self::Stale => (412, "stale", "It has changed since it was read"),
            Self::TooLarge => (413, "too_large", "The request is too large"),
            Self::UnsupportedMediaType => (415, "unsupported_media_type", "The content type is not taken here"),
            Self::ValidationFailed => (422, "validation_failed", "Some fields cannot be taken as they are"),
            Self::TransferCapExceeded => (422, "transfer_cap_exceeded", "Beyond the transfer allowance"),
            Self::TransferExceeded => (422, "transfer_exceeded", "Beyond what the transfer pays for"),
            Self::InsufficientFunds => (422, "insufficient_funds", "The funds do not suffice"),
            Self::FundsExpired => (422, "funds_expired", "The funds have expired"),
            Self::IdempotencyKeyReused => {
                (422, "idempotency_key_reused", "The idempotency key belongs to another request")
            }
            Self::PreconditionRequired => (428, "precondition_required", "If-Match is required"),
            Self::Internal => (500, "internal", "Something went wrong"),
            Self::Overloaded => (503, "overloaded", "The ledger is busy"),
            Self::OutcomeUnknown => (503, "outcome_unknown", "It is not known whether it was recorded"),
            Self::StorageFull => (503, "storage_full", "There is no room to record it"),
        }
    }
}

/// A problem on its way to the caller.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    code: Code,
    detail: String,
    errors: Vec<Fault>,
    figures: Box<Map<String, Value>>,
    allow: Option<String>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Problem {}

impl Problem {
    /// A problem with a sentence of its own.
    pub(crate) fn new(code: Code, detail: impl std::fmt::Display) -> Self {
        Self { code, detail: detail.to_string(), errors: Vec::new(), figures: Box::default(), allow: None }
    }

    /// Fields at fault.
    pub(crate) fn faults(errors: Vec<Fault>) -> Self {
        let detail = Refusal::Invalid(errors.clone()).to_string();
        Self { errors, ..Self::new(Code::ValidationFailed, detail) }
    }

    /// The same in a sentence of its own.
    pub(crate) fn saying(self, detail: String) -> Self {
        Self { detail, ..self }
    }

    /// A method that the path does not take.
    pub(crate) fn method(allow: String) -> Self {
        Self { allow: Some(allow.clone()), ..Self::new(Code::MethodNotAllowed, format!("this path takes {allow}")) }
    }

    fn figure(mut self, name: &str, value: impl ToString) -> Self {
        self.figures.insert(name.to_owned(), Value::String(value.to_string()));
        self
    }

    /// With a field of its own beside those that every problem has.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.figures.insert(name.to_owned(), value);
        self
    }

    /// The code that programs go by.
    pub(crate) fn code(&self) -> &'static str {
        self.code.meaning().1
    }

    fn funds(self, requested: Money, available: Money) -> Self {
        self.figure("requested", requested).figure("available", available)
    }

    /// Names the payment of the request that is too much.
    fn of(mut self, payment: usize) -> Self {
        let pointer = format!("/payments/{payment}/amount");
        self.errors.push(Fault::at(&pointer, "with this payment it is too much"));
        self
    }

    /// The status.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.meaning().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Whether a rule refused: such an answer is kept under an idempotency key.
    pub(crate) fn is_by_rule(&self) -> bool {
        matches!(self.status(), StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY)
    }

    /// The answer's body.
    pub(crate) fn body(&self, request_id: &str) -> String {
        let (status, code, title) = self.code.meaning();
        let mut body = json!({
            "type": format!("urn:levy-ledger:problem:{code}"),
            "title": title,
            "status": status,
            "detail": self.detail,
            "code": code,
            "request_id": request_id,
        });
        if let Value::Object(body) = &mut body {
            if !self.errors.is_empty() {
                let error = |fault: &Fault| json!({"pointer": fault.pointer, "detail": fault.detail});
                body.insert("errors".to_owned(), self.errors.iter().map(error).collect());
            }
            body.extend(self.figures.as_ref().clone());
        }
        body.to_string()
    }

    /// The answer, finished.
    pub(crate) fn answer(&self, request_id: &str) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status());
        answer.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        if self.code == Code::Unauthenticated {
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer, Basic"));
        }
        if self.status() == StatusCode::SERVICE_UNAVAILABLE {
            answer.insert_header((header::RETRY_AFTER, "1"));
        }
        if let Some(allow) = self.allow.as_deref().and_then(|allow| HeaderValue::from_str(allow).ok()) {
            answer.insert_header((header::ALLOW, allow));
        }
        answer.body(self.body(request_id))
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    /// Leaves the problem for the outermost layer, which knows the id of the request.
    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::new(self.status());
        answer.extensions_mut().insert(self.clone());
        answer
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::NotFound(_) => Self::new(Code::NotFound, detail),
            Refusal::Forbidden(_) => Self::new(Code::Forbidden, detail),
            Refusal::Invalid(faults) => Self::faults(faults),
            Refusal::InvalidTransition(_) => Self::new(Code::InvalidTransition, detail),
            Refusal::MonthClosed { payment, month, first_open } => {
                let problem = Self::new(Code::MonthClosed, detail);
                let mut problem = problem.figure("month", month).figure("first_open", first_open);
                let pointer = payment.map(|place| format!("/payments/{place}/month"));
                problem.errors.extend(pointer.map(|pointer| Fault::at(&pointer, "this month is closed")));
                problem
            }
            Refusal::AlreadyReversed { .. } => Self::new(Code::AlreadyReversed, detail),
            Refusal::DuplicateStart => Self::new(Code::DuplicateStart, detail),
            Refusal::ProviderExists { provider, .. } => {
                Self::new(Code::ProviderExists, detail).figure("provider_id", provider)
            }
            Refusal::NameTaken(_) => Self::new(Code::NameTaken, detail),
            Refusal::Stale => Self::new(Code::Stale, detail),
            Refusal::CapExceeded(exceeded) => Self::new(Code::TransferCapExceeded, detail)
                .funds(exceeded.requested, exceeded.available)
                .figure("allowance", exceeded.allowance)
                .figure("allowance_year", exceeded.year),
            Refusal::TransferExceeded { figures, .. } => {
                let problem = Self::new(Code::TransferExceeded, detail);
                figures.map_or(problem.clone(), |(requested, available)| problem.funds(requested, available))
            }
            Refusal::PaymentBeyondCap { payment, exceeded } => {
                Self { detail, ..Self::from(Refusal::CapExceeded(exceeded)) }.of(payment)
            }
            Refusal::InsufficientFunds { payment, month, requested, available } => {
                let problem = Self::new(Code::InsufficientFunds, detail).funds(requested, available);
                payment.into_iter().fold(problem.figure("month", month), Self::of)
            }
            Refusal::FundsExpired { payment, month, requested, available } => {
                let problem = Self::new(Code::FundsExpired, detail).funds(requested, available);
                payment.into_iter().fold(problem.figure("month", month), Self::of)
            }
        }
    }
}

impl From<WriteError> for Problem {
    fn from(error: WriteError) -> Self {
        let code = match error {
            WriteError::Overloaded => Code::Overloaded,
            WriteError::StorageFull => Code::StorageFull,
            WriteError::OutcomeUnknown => Code::OutcomeUnknown,
            WriteError::Failed => Code::Internal,
        };
        Self::new(code, error)
    }
}

impl From<StorageError> for Problem {
    /// Logged here, at the boundary; the caller is told only the id of the request.
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "a read failed");
        if error.is_away() {
            return Self::new(Code::Overloaded, "the database cannot be reached at this moment; come back");
        }
        Self::new(Code::Internal, "the ledger could not be read; the log says why under this request id")
    }
}

/// What a problem answer says: RFC 9457, with a code for programs.
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "it documents what `Problem::body` writes")]
pub(crate) struct ProblemOut {
    /// `urn:levy-ledger:problem:<code>`
    r#type: String,
    /// What kind of problem it is.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What is wrong here, in a sentence with the figures.
    detail: String,
    /// The code that programs go by; one code has one status.
    code: String,
    /// The id of the request, as in the logs.
    request_id: String,
    /// The fields at fault.
    errors: Option<Vec<FaultOut>>,
    /// What was asked for, in pounds.
    requested: Option<String>,
    /// What would have been granted, in pounds.
    available: Option<String>,
    /// The allowance year that decided.
    allowance_year: Option<String>,
}

/// One field at fault.
#[derive(ToSchema)]
#[schema(as = Fault)]
#[expect(dead_code, reason = "it documents what `Problem::body` writes")]
pub(crate) struct FaultOut {
    /// JSON pointer of the field.
    pointer: String,
    /// What is wrong with it, and the right form.
    detail: String,
}

/// The problems that any operation can answer with.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "it documents answers that are made elsewhere")]
pub(crate) enum Problems {
    /// The request cannot be read, has no valid token, may not, finds nothing, conflicts or breaks a rule
    #[response(status = "4XX", content_type = "application/problem+json")]
    Refused(ProblemOut),
    /// The ledger is busy, has no room, or failed
    #[response(status = "5XX", content_type = "application/problem+json")]
    Failed(ProblemOut),
}
