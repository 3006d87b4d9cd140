//! Requests, parsed at the edge: who asks and may they, then the query, then the body. A handler
//! gets what was asked for, or is not called.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::access::Area;
use super::answer::{Presented, respond};
use super::caller::{Caller, RequestId, authenticate};
use super::paths::refuse_unknown_query;
use super::problem::{Code, Problem};
use crate::app::{Command, Decision, Fault};
use crate::storage::Store;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::events::hex;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::writer::{Answer, Decide, Effects, IdempotencyKey, Moment, Receipt, Refused, Submission};

/// The largest body that is read as JSON: 1 MiB.
const BODY_LIMIT: usize = 1024 * 1024;

/// A request to read something, from somebody who may.
pub(crate) struct Asked<A> {
    pub(crate) store: Store,
    pub(crate) caller: Caller,
    area: PhantomData<A>,
}

impl<A: Area> FromRequest for Asked<A> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let (store, caller) = allow(&request, A::READ).await?;
            Ok(Self { store, caller, area: PhantomData })
        })
    }
}

impl<A: Area> Asked<A> {
    /// Reads one consistent state on a thread that may wait.
    pub(crate) async fn read<T, F>(&self, query: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&mut Db, &Caller, Moment) -> Stored<Result<T, Problem>> + Send + 'static,
    {
        let (store, caller) = (self.store.clone(), self.caller.clone());
        let moment = store.moment();
        let read = web::block(move || store.read(|db| query(db, &caller, moment))).await;
        read.map_err(|_| Problem::new(Code::Overloaded, "no thread was free to read"))??
    }
}

/// A question with a body, from somebody who may ask it. Nothing is recorded.
pub(crate) struct AskedWith<A, T> {
    pub(crate) asked: Asked<A>,
    /// What was sent.
    pub(crate) body: T,
}

impl<A: Area, T: DeserializeOwned + 'static> FromRequest for AskedWith<A, T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let (store, caller) = allow(&request, A::READ).await?;
            let body = parse(&body_of(&request, payload).await?)?;
            Ok(Self { asked: Asked { store, caller, area: PhantomData }, body })
        })
    }
}

/// Lets a caller of one of these roles through, with a query that is known here.
pub(super) async fn allow(
    request: &HttpRequest,
    roles: &[crate::domain::people::Role],
) -> Result<(Store, Caller), Problem> {
    let store = request.app_data::<web::Data<Store>>().map(|store| store.get_ref().clone());
    let store = store.ok_or_else(|| Problem::new(Code::Internal, "the ledger is not open"))?;
    let caller = authenticate(request, &store).await?;
    if !roles.contains(&caller.role) {
        return Err(Problem::new(Code::Forbidden, format!("a token of the role {} may not do that", caller.role)));
    }
    refuse_unknown_query(request)?;
    Ok((store, caller))
}

/// The query of a request; unknown parameters are refused.
pub(crate) struct Params<Q>(pub(crate) Q);

impl<Q: DeserializeOwned> FromRequest for Params<Q> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(query_of(request).map(Self))
    }
}

pub(super) fn query_of<Q: DeserializeOwned>(request: &HttpRequest) -> Result<Q, Problem> {
    let read = web::Query::<Q>::from_query(request.query_string());
    read.map(web::Query::into_inner).map_err(|fault| {
        let detail = fault.to_string();
        let detail = detail.strip_prefix("Query deserialize error: ").unwrap_or(&detail);
        Problem::new(Code::MalformedRequest, format!("the query cannot be taken: {detail}"))
    })
}

/// The id in a path. One that is no id names nothing.
pub(crate) fn id_of(text: &str, what: &'static str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text).map_err(|_| crate::app::Refusal::NotFound(what).into())
}

/// What any request that records something may say in its query.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RecordQuery {
    /// Decide and answer in full, but record nothing: `id` and `seq` are null.
    #[serde(default)]
    #[param(required = false)]
    dry_run: bool,
}

/// A request to record something, from somebody who may.
pub(crate) struct Posted<A, T> {
    /// What was sent.
    pub(crate) body: T,
    /// The way to have it recorded.
    pub(crate) recorder: Recorder,
    area: PhantomData<A>,
}

/// Nothing is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

impl<A: Area, T: DeserializeOwned + 'static> FromRequest for Posted<A, T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let (store, caller) = allow(&request, A::WRITE).await?;
            let query: RecordQuery = query_of(&request)?;
            let bytes = body_of(&request, payload).await?;
            let mut fingerprint = Fingerprint::of(&request);
            fingerprint.update(&bytes);
            let key = key_of(&request, &caller, fingerprint)?;
            let body = parse(&bytes)?;
            let recorder = Recorder { store, caller, key, dry_run: query.dry_run };
            Ok(Self { body, recorder, area: PhantomData })
        })
    }
}

async fn body_of(request: &HttpRequest, payload: Payload) -> Result<web::Bytes, Problem> {
    let too_large = || Problem::new(Code::TooLarge, format!("a body holds at most {BODY_LIMIT} bytes"));
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > BODY_LIMIT) {
        return Err(too_large());
    }
    let payload = web::Payload::from_request(request, &mut { payload }).await;
    let payload = payload.map_err(|fault| Problem::new(Code::MalformedRequest, fault))?;
    let bytes = payload.to_bytes_limited(BODY_LIMIT).await.map_err(|_| too_large())?;
    let bytes = bytes.map_err(|_| Problem::new(Code::MalformedRequest, "the body ended before it was complete"))?;
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !bytes.is_empty() && !kind.eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(Code::UnsupportedMediaType, "send application/json"));
    }
    Ok(bytes)
}

/// Reads a JSON object into what it stands for. What is not JSON cannot be read; what is JSON of
/// another shape has a field at fault.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bytes = if bytes.is_empty() { b"{}".as_slice() } else { bytes };
    let malformed = |cause| Problem::new(Code::MalformedRequest, format!("the body is not JSON: {cause}"));
    let fault = if bytes.trim_ascii_start().starts_with(b"{") {
        let mut json = serde_json::Deserializer::from_slice(bytes);
        match serde_path_to_error::deserialize(&mut json) {
            Ok(value) => return json.end().map(|()| value).map_err(malformed),
            Err(fault) => shape_fault(fault),
        }
    } else {
        // A list would be taken too, its items for fields in the order of the code.
        Fault::at("", "send a JSON object, with its fields by name")
    };
    serde_json::from_slice::<Value>(bytes).map_err(malformed)?;
    Err(Problem::faults(vec![fault]))
}

/// What is wrong with the shape of a body, in words that callers know.
fn shape_fault(fault: serde_path_to_error::Error<serde_json::Error>) -> Fault {
    let path = fault.path().to_string();
    let detail = fault.into_inner().to_string();
    let detail = detail.rsplit_once(" at line").map_or(detail.as_str(), |(detail, _)| detail);
    let pointer = pointer(&path, detail);
    match detail.split_once("expected struct ") {
        Some((found, _)) => Fault::at(&pointer, format!("{found}expected an object")),
        None => Fault::at(&pointer, detail),
    }
}

/// The JSON pointer of a fault: `schedule[0].amount` is `/schedule/0/amount`. A field that is
/// missing or unknown is named in the sentence alone.
fn pointer(path: &str, detail: &str) -> String {
    let path = path.replace('[', ".").replace(']', "");
    let named = detail.strip_prefix("missing field `").or_else(|| detail.strip_prefix("unknown field `"));
    let named = named.and_then(|rest| rest.split('`').next());
    let parts = path.split('.').filter(|part| !part.is_empty() && *part != "?");
    let mut parts: Vec<&str> = parts.collect();
    if let Some(named) = named.filter(|named| parts.last() != Some(named)) {
        parts.push(named);
    }
    parts.iter().map(|part| format!("/{part}")).collect()
}

/// The digest of all that makes a request the same as another: method, path, query and body.
pub(super) struct Fingerprint(Sha256);

impl Fingerprint {
    /// Begins with the method, the path and the query.
    pub(super) fn of(request: &HttpRequest) -> Self {
        let mut digest = Sha256::new();
        for part in [request.method().as_str(), request.path(), request.query_string()] {
            digest.update(part);
            digest.update([0]);
        }
        Self(digest)
    }

    /// Goes on with some of the body.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

/// The caller's key for this POST, if it gave one, with the digest of the request. Other methods may
/// be repeated without one.
pub(super) fn key_of(
    request: &HttpRequest,
    caller: &Caller,
    Fingerprint(mut digest): Fingerprint,
) -> Result<Option<IdempotencyKey>, Problem> {
    let given = request.headers().get("Idempotency-Key").filter(|_| *request.method() == Method::POST);
    let Some(given) = given else { return Ok(None) };
    let fits = |key: &&str| (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    let key = given.to_str().ok().filter(fits);
    let wrong = || Problem::new(Code::MalformedRequest, "an Idempotency-Key has 1 to 255 visible ASCII characters");
    let key = key.ok_or_else(wrong)?;
    // The key, which is kept nowhere, keeps the digest of personal data from being guessed.
    digest.update(key);
    let holder = Sha256::new().chain_update(&caller.actor.id).chain_update([0]).chain_update(key).finalize();
    let reused = Problem::new(Code::IdempotencyKeyReused, "this Idempotency-Key was used for another request");
    Ok(Some(IdempotencyKey {
        key: hex(&holder).chars().take(32).collect(),
        request: hex(&digest.finalize()),
        reused: refusal_answer(&reused, &RequestId::of(request)),
    }))
}

pub(super) fn refusal_answer(problem: &Problem, request_id: &str) -> Answer {
    Answer {
        status: problem.status().as_u16(),
        location: None,
        etag: None,
        body: problem.body(request_id),
        learner_of: None,
        replayed: false,
    }
}

/// The way to have a use case decided and recorded, and its answer written.
pub(crate) struct Recorder {
    pub(crate) store: Store,
    pub(crate) caller: Caller,
    pub(super) key: Option<IdempotencyKey>,
    pub(super) dry_run: bool,
}

impl Recorder {
    /// Has a use case decided and recorded, or only decided on a dry run.
    pub(crate) async fn record<C: Command>(
        self,
        command: C,
        present: impl FnOnce(C::Answer) -> Presented + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let (store, caller) = (self.store.clone(), self.caller.clone());
        let answer = self.answer(command, present).await?;
        match answer.learner_of {
            Some(start) => super::answer::with_learner(&store, &caller, start, answer).await,
            None => Ok(respond(answer)),
        }
    }

    /// The same, giving the answer as it is kept, so that what is never kept can be added to it.
    pub(crate) async fn answer<C: Command>(
        self,
        command: C,
        present: impl FnOnce(C::Answer) -> Presented + Send + 'static,
    ) -> Result<Answer, Problem> {
        let (needs, decide) = decision(&self.caller, command, present);
        self.submit(needs, decide).await
    }

    /// Has what was made of a request decided and recorded, or only decided on a dry run.
    pub(super) async fn submit(self, needs: Needs, decide: Decide) -> Result<Answer, Problem> {
        let Self { store, caller, key, dry_run } = self;
        let submission = Submission { actor: caller.actor, needs, key, decide };
        if !dry_run {
            return Ok(store.writer().submit(submission).await?);
        }
        let tried = web::block(move || store.try_out(submission)).await;
        let tried = tried.map_err(|_| Problem::new(Code::Overloaded, "no thread was free to read"))??;
        Ok(Answer { status: if tried.status < 400 { 200 } else { tried.status }, ..tried })
    }
}

fn decision<C: Command>(
    caller: &Caller,
    command: C,
    present: impl FnOnce(C::Answer) -> Presented + Send + 'static,
) -> (Needs, Decide) {
    let request_id = caller.actor.request_id.clone();
    let needs = command.needs();
    let decide = move |ledger: &Ledger, now: Moment| match command.decide(ledger, now) {
        Ok(Decision { facts, account, subject, answer }) => Ok(Effects {
            facts,
            account,
            subject: subject.map(|id| id.to_string()),
            answer: Box::new(move |receipt: &Receipt| present(answer(receipt)).into_answer()),
        }),
        Err(refusal) => {
            let problem = Problem::from(refusal);
            Err(Refused { answer: refusal_answer(&problem, &request_id), by_rule: problem.is_by_rule() })
        }
    };
    (needs, Decide::One(Box::new(decide)))
}
