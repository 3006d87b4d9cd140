//! The service put together: routes, their description, and the layers around them.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, Error, HttpMessage, HttpRequest, HttpResponse, HttpServer, web};
use tracing::Instrument;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_actix_web::{AppExt, scope};
use utoipa_swagger_ui::SwaggerUi;

use super::caller::RequestId;
use super::deliveries::{self, DeliveryOptions};
use super::description::{self, Description};
use super::kept_totals::KeptTotals;
use super::paths::Paths;
use super::problem::{Code, Problem};
use super::tables::{Form, WITH_CSV};
use super::traffic::Traffic;
use super::upload::{USUAL_UPLOAD, UploadLimit};
use super::{
    accounts, allowance, audit, changes, clock_list, commitments, entries, forecast, funds, health, imports, journal,
    journal_profiles, learners, levy_declarations, levy_funds, months, paye_schemes, payments, providers,
    reconciliation, rule_sets, start_changes, start_earnings, starts, statement_export, statements, tokens, totals,
    transfer_changes, transfer_report, transfers, underspend, webhooks, what_if, workforce,
};
use crate::storage::Store;

/// Every route of the interface: each resource names its own.
fn v1(config: &mut ServiceConfig<'_>) {
    // Routes are tried in this order: what is asked most comes first.
    totals::routes(config);
    levy_funds::routes(config);
    payments::routes(config);
    transfers::routes(config);
    accounts::routes(config);
    allowance::routes(config);
    audit::routes(config);
    changes::routes(config);
    clock_list::routes(config);
    commitments::routes(config);
    entries::routes(config);
    forecast::routes(config);
    funds::routes(config);
    imports::routes(config);
    journal::routes(config);
    journal_profiles::routes(config);
    learners::routes(config);
    levy_declarations::routes(config);
    months::routes(config);
    paye_schemes::routes(config);
    providers::routes(config);
    reconciliation::routes(config);
    rule_sets::routes(config);
    start_changes::routes(config);
    start_earnings::routes(config);
    starts::routes(config);
    statement_export::routes(config);
    statements::routes(config);
    tokens::routes(config);
    transfer_changes::routes(config);
    transfer_report::routes(config);
    underspend::routes(config);
    what_if::routes(config);
    webhooks::routes(config);
    workforce::routes(config);
}

/// What tells whether the service lives and can work.
fn around_v1(config: &mut ServiceConfig<'_>) {
    config.service(health::live).service(health::ready).service(health::figures);
    config.service(scope::scope("/v1").configure(v1));
}

/// The description of the interface, as the code has it.
#[must_use]
pub fn document() -> Document {
    let app = App::new().into_utoipa_app().openapi(Description::openapi());
    let (_, mut document) = app.configure(around_v1).split_for_parts();
    description::complete(&mut document);
    document
}

/// How the ledger is served.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// How many threads answer.
    pub workers: usize,
    /// How many bytes a file that is sent has at the most.
    pub max_upload: u64,
    /// How webhooks are told.
    pub deliveries: DeliveryOptions,
}

impl ServerOptions {
    /// With so many threads, and files of up to 512 MiB.
    #[must_use]
    pub fn with(workers: usize) -> Self {
        Self { workers, max_upload: USUAL_UPLOAD, deliveries: DeliveryOptions::default() }
    }
}

/// Serves the ledger on a listener until it is told to stop, and tells webhooks as long as the system of
/// the caller runs.
///
/// # Errors
/// [`std::io::Error`] when the listener cannot be used.
pub fn serve(
    store: Store,
    listener: std::net::TcpListener,
    options: ServerOptions,
) -> std::io::Result<actix_web::dev::Server> {
    let ServerOptions { workers, max_upload, deliveries } = options;
    actix_web::rt::spawn(deliveries::run(store.clone(), deliveries));
    let document = document();
    let (paths, traffic) = (Arc::new(Paths::of(&document)), Arc::new(Traffic::new()));
    let totals = Arc::new(KeptTotals::default());
    let server = HttpServer::new(move || {
        let app = App::new().into_utoipa_app().openapi(Description::openapi());
        let (app, _) = app.configure(around_v1).split_for_parts();
        let document = document.clone();
        app.app_data(web::Data::new(store.clone()))
            .app_data(web::Data::from(paths.clone()))
            .app_data(web::Data::from(traffic.clone()))
            .app_data(web::Data::from(totals.clone()))
            .app_data(web::Data::new(UploadLimit(max_upload)))
            .service(SwaggerUi::new("/docs/{_:.*}").url("/openapi.json", document))
            .route("/docs", web::get().to(to_docs))
            .default_service(web::to(nowhere))
            .wrap(from_fn(around))
    });
    Ok(server.workers(workers).listen(listener)?.shutdown_timeout(10).run())
}

async fn to_docs() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs/")).finish()
}

async fn nowhere(request: HttpRequest, paths: web::Data<Paths>) -> Result<HttpResponse, Problem> {
    let methods = paths.methods(request.path());
    if methods.is_empty() {
        return Err(Problem::new(Code::NotFound, format!("there is nothing at {}", request.path())));
    }
    Err(Problem::method(methods.join(", ")))
}

/// Gives each request its id, reads HEAD as GET and `.csv` or `.xlsx` as what is accepted, finishes problems
/// and logs once. The query is never logged.
async fn around(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<actix_web::body::BoxBody>, Error> {
    let began = std::time::Instant::now();
    let id = request_id(&request);
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    if method == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    if *request.method() == Method::GET {
        accept_by_suffix(&mut request);
    }
    let path = request.path().to_owned();
    // What is logged on the way says under which request.
    let span = tracing::error_span!("request", request_id = %id);
    let mut response = match next.call(request).instrument(span).await {
        Ok(response) => finish(response.map_into_boxed_body(), &id),
        Err(error) => return Err(error),
    };
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    let (status, took) = (response.status().as_u16(), began.elapsed());
    if let Some(traffic) = response.request().app_data::<web::Data<Traffic>>() {
        traffic.answered(&method, status, took);
    }
    tracing::info!(request_id = %id, %method, path, status, ms = took.as_secs_f64() * 1_000.0, "answered");
    Ok(response)
}

/// A problem that was left by a handler or an extractor gets its body here.
fn finish(response: ServiceResponse, id: &str) -> ServiceResponse {
    let problem = response.response().extensions().get::<Problem>().cloned();
    let problem = problem.or_else(|| match response.status() {
        StatusCode::BAD_REQUEST if response.response().error().is_some() => {
            Some(Problem::new(Code::MalformedRequest, "the request cannot be read"))
        }
        _ => None,
    });
    match problem {
        Some(problem) => {
            let (request, _) = response.into_parts();
            ServiceResponse::new(request, problem.answer(id))
        }
        None => response,
    }
}

fn request_id(request: &ServiceRequest) -> String {
    let given = request.headers().get("x-request-id").and_then(|id| id.to_str().ok());
    let fits = |id: &&str| {
        (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    given.filter(fits).map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned)
}

/// A path ending in `.csv` or `.xlsx` asks for that form, where there is a table.
fn accept_by_suffix(request: &mut ServiceRequest) {
    let found = Form::of_suffix(request.path()).filter(|(path, _)| path.starts_with("/v1/"));
    let Some((path, accepted)) = found else { return };
    let has_table = path.rsplit('/').next().is_some_and(|last| WITH_CSV.contains(&last));
    if !has_table {
        return;
    }
    let query = request.query_string();
    let uri = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    if let Ok(uri) = uri.parse::<Uri>() {
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static(accepted));
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
}
