//! Whether the service lives and can work.

use actix_web::{HttpResponse, get, web};

use super::problem::{Code, Problem};
use super::traffic;
use crate::storage::{Store, events};

/// Whether the process lives
#[utoipa::path(operation_id = "get_liveness", tag = "service", security(()), responses((status = 200, description = "It lives")))]
#[get("/livez")]
pub(crate) async fn live() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// Whether it can answer and record
#[utoipa::path(
    operation_id = "get_readiness",
    tag = "service",
    security(()),
    responses((status = 200, description = "It can answer and record"), (status = 503, description = "It cannot now")),
)]
#[get("/readyz")]
pub(crate) async fn ready(store: web::Data<Store>) -> Result<HttpResponse, Problem> {
    let store = store.get_ref().clone();
    let reads = web::block(move || store.read(events::head).is_ok() && store.writer().is_ready()).await;
    if reads.unwrap_or(false) {
        return Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"));
    }
    Err(Problem::new(Code::Overloaded, "the ledger cannot be read or has no room to record"))
}

/// Figures for Prometheus
#[utoipa::path(
    operation_id = "get_metrics",
    tag = "service",
    security(()),
    responses((status = 200, description = "The figures in Prometheus's text form", content_type = "text/plain", body = String)),
)]
#[get("/metrics")]
pub(crate) async fn figures() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(traffic::figures())
}
