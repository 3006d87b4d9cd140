//! The audit chain: who did what, when, and whether everything is still as it was recorded.

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Audit;
use super::asked::{Asked, Params};
use super::page::{List, Window};
use super::problem::{Code, Problem, Problems};
use super::wire::{DateText, IdText, Text, TimeText};
use crate::app::audit::{self, AuditEvent, Question, begins};
use crate::domain::journal::Seq;

/// The routes of the audit chain.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(verify);
}

/// Which events are asked for, and how they are paged.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// Those of this account.
    account_id: Option<IdText>,
    /// Those recorded on this day in London or later.
    from: Option<DateText>,
    /// Those recorded on this day in London or earlier.
    to: Option<DateText>,
    /// Those whose last number comes after this one.
    after: Option<Seq>,
    /// How many events at the most, 1 to 1000; 100 unless said.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Something that was done, as it was recorded.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventOut {
    /// Its place in the chain, gapless from 1.
    id: i64,
    /// The first number it took in the ledger's sequence.
    first_seq: Seq,
    /// The last number it took.
    last_seq: Seq,
    /// When it was recorded.
    recorded_at: TimeText,
    /// The id of the token that did it, or `operator` for a command on the ledger's machine.
    actor_id: String,
    /// What that token was called.
    actor_name: String,
    /// The id of the request, as in the logs.
    request_id: String,
    /// What was done, such as `entry_recorded`, `transfer_agreed` or `account_changed`.
    action: String,
    /// The account that it belongs to; null where it belongs to all.
    account_id: Option<IdText>,
    /// The id of what was made or changed; null for entries.
    subject: Option<String>,
    /// What was recorded besides entries, table by table, without personal data. Keys inside the
    /// ledger are the numbers under which things were recorded.
    #[schema(value_type = Object)]
    body: serde_json::Value,
    /// The hash of the event over the one before it, in hexadecimal.
    hash: String,
}

impl From<AuditEvent> for EventOut {
    fn from(event: AuditEvent) -> Self {
        Self {
            id: event.id,
            first_seq: event.first_seq,
            last_seq: event.last_seq,
            recorded_at: Text(event.recorded_at),
            actor_id: event.actor,
            actor_name: event.actor_name,
            request_id: event.request_id,
            action: event.action,
            account_id: event.account.map(Text),
            subject: event.subject,
            body: serde_json::from_str(&event.body).unwrap_or_default(),
            hash: event.hash,
        }
    }
}

/// Lists who did what, when
#[utoipa::path(
    operation_id = "list_audit_events",
    tag = "audit",
    params(EventsQuery),
    responses((status = 200, description = "A page of events", body = List<EventOut>), Problems),
)]
#[get("/audit/events")]
pub(crate) async fn list(asked: Asked<Audit>, query: Params<EventsQuery>) -> Result<HttpResponse, Problem> {
    let Params(EventsQuery { account_id, from, to, after, limit, cursor }) = query;
    let window = Window::of(limit, cursor.as_deref(), &("audit events", account_id, from, to, after))?;
    let span = (window.after.max(after.unwrap_or(0)), window.limit + 1);
    let question = Question {
        account: account_id.map(|Text(id)| id),
        from: from.map(|Text(day)| begins(day)),
        before: to.and_then(|Text(day)| day.succ_opt()).map(begins),
    };
    let read =
        asked.read(move |db, caller, _| Ok(audit::events(db, &caller.scope, &question, span)?.map_err(Problem::from)));
    let found = read.await?.into_iter().map(|found| (found.last_seq, EventOut::from(found))).collect();
    Ok(HttpResponse::Ok().json(window.page(found)))
}

/// What to recheck.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct VerifyQuery {
    /// The number from whose event on to recheck; from the first unless said.
    from: Option<Seq>,
    /// The number up to whose event to recheck; up to the head unless said.
    to: Option<Seq>,
}

/// What rechecking found.
#[derive(Serialize, ToSchema)]
pub(crate) struct VerificationOut {
    /// Whether everything is as it was recorded.
    ok: bool,
    /// The first number that was rechecked.
    from: Seq,
    /// The last number that was rechecked.
    to: Seq,
    /// Where the ledger stood when it began: its last number and the hash of its last event.
    #[schema(examples("12:5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"))]
    head: String,
    /// What is not as it was recorded, at most the first 100 faults.
    faults: Vec<AuditFault>,
    /// How many faults there are in all.
    fault_count: usize,
}

/// Something that is not as it was recorded.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditFault {
    /// The number at which it shows; null where it shows in a sum.
    seq: Option<Seq>,
    /// What is wrong.
    detail: String,
}

/// Rechecks the chain, the rows and the sums
///
/// Sums, providers and tokens have no numbers of their own and are rechecked when neither `from`
/// nor `to` leaves anything out. One run at a time: another meanwhile is answered `overloaded`.
#[utoipa::path(
    operation_id = "verify_ledger",
    tag = "audit",
    params(VerifyQuery),
    responses((status = 200, description = "What was found, faults or none", body = VerificationOut), Problems),
)]
#[get("/audit/verify")]
pub(crate) async fn verify(asked: Asked<Audit>, query: Params<VerifyQuery>) -> Result<HttpResponse, Problem> {
    let Params(VerifyQuery { from, to }) = query;
    if from.unwrap_or(1) < 1 || to.is_some_and(|to| to < from.unwrap_or(1)) {
        return Err(Problem::new(
            Code::MalformedRequest,
            "from and to are numbers of the sequence, from 1, to not before from",
        ));
    }
    let busy = |detail: &str| Problem::new(Code::Overloaded, detail);
    let (store, limited) = (asked.store.clone(), asked.caller.scope.limit().is_some());
    let run = web::block(move || store.verify(from, to)).await.map_err(|_| busy("no thread was free to recheck"))??;
    let found = run.ok_or_else(|| busy("the ledger is being rechecked already; come back when that is done"))?;
    let fault = |fault: crate::storage::Fault| AuditFault {
        seq: fault.seq,
        // What is wrong may name an account that the caller does not see.
        detail: if limited { "told to tokens that see every account".to_owned() } else { fault.detail },
    };
    Ok(HttpResponse::Ok().json(VerificationOut {
        ok: found.fault_count == 0,
        from: found.from,
        to: found.to,
        head: found.head.to_string(),
        faults: found.faults.into_iter().map(fault).collect(),
        fault_count: found.fault_count,
    }))
}
