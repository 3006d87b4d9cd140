//! Webhooks: addresses that are told of changes as they are recorded.

use std::fmt;

use actix_web::http::Uri;
use actix_web::{HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use utoipa::ToSchema;
use utoipa::openapi::schema::ObjectBuilder;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::access::Tokens;
use super::answer::{Presented, respond_with};
use super::asked::{Asked, Nothing, Params, Posted, RecordQuery, id_of};
use super::page::{List, PageQuery, Window};
use super::problem::{Problem, Problems};
use super::wire::{IdText, LineText, Text, TimeText, Wire, string};
use crate::app::Refusal;
use crate::app::webhooks::{self, MakeWebhook, RemoveWebhook, WebhookMade};
use crate::domain::journal::Seq;
use crate::storage::webhooks::Webhook;

/// The routes of webhooks.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(make).service(list).service(show).service(remove);
}

/// Where a webhook is told.
#[derive(Clone, Debug)]
pub(crate) struct Address(String);

impl Wire for Address {
    const NAME: &'static str = "WebhookAddress";
    const EXPECTED: &'static str = "an http:// or https:// address of at most 2000 characters, without a user or password, such as \
         \"https://finance.example.gov.uk/levy\"";

    fn read(text: &str) -> Result<Self, String> {
        let uri = text.parse::<Uri>().ok().filter(|_| text.len() <= 2_000);
        let plain = |uri: &Uri| {
            let scheme = matches!(uri.scheme_str(), Some("http" | "https"));
            let host = uri.host().is_some_and(|host| !host.is_empty());
            scheme && host && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
        };
        let fits = uri.as_ref().is_some_and(plain);
        if fits { Ok(Self(text.to_owned())) } else { Err(format!("write {}", Self::EXPECTED)) }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }

    fn schema() -> ObjectBuilder {
        string(Self::EXPECTED, "https://finance.example.gov.uk/levy").max_length(Some(2_000))
    }
}

/// Where a webhook is told.
type AddressText = Text<Address>;

/// A webhook to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookIn {
    /// Where it is told. It may lie in a private network; redirects are not followed.
    url: AddressText,
    /// The accounts whose changes it is told of; unless said, all changes.
    #[serde(default)]
    accounts: Option<Vec<IdText>>,
    /// The changes it is told of, as `change` names them in the list of changes; all unless said.
    #[serde(default)]
    events: Option<Vec<LineText>>,
}

/// A webhook, without its secret, and how telling it goes.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookOut {
    /// Its id; null on a dry run.
    id: Option<IdText>,
    /// Where it is told.
    url: AddressText,
    /// The accounts whose changes it is told of; null for all changes.
    accounts: Option<Vec<IdText>>,
    /// The changes it is told of; null for all.
    events: Option<Vec<String>>,
    /// When it was made; null on a dry run.
    created_at: Option<TimeText>,
    /// The number up to which it has taken what it is told; null on a dry run.
    delivered_seq: Option<Seq>,
    /// When it last took something; null before it has.
    delivered_at: Option<TimeText>,
    /// How often in a row it has not taken what it was told.
    failures: i64,
    /// Why it did not take it last; null when it did.
    last_error: Option<String>,
    /// When it is tried again after a failure.
    next_attempt_at: Option<TimeText>,
}

/// A webhook as it is made.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookMadeOut {
    #[serde(flatten)]
    webhook: WebhookOut,
    /// What its deliveries are signed with: shown this once, null on a dry run and when the answer is given
    /// again under its idempotency key.
    secret: Option<String>,
}

impl From<Webhook> for WebhookOut {
    fn from(webhook: Webhook) -> Self {
        Self {
            id: Some(Text(webhook.public_id)),
            url: Text(Address(webhook.url)),
            accounts: webhook.accounts.map(|ids| ids.into_iter().map(Text).collect()),
            events: webhook.events,
            created_at: Some(Text(webhook.created_at)),
            delivered_seq: Some(webhook.delivered_seq),
            delivered_at: webhook.delivered_at.map(Text),
            failures: webhook.failures,
            last_error: webhook.last_error,
            next_attempt_at: webhook.next_at.map(Text),
        }
    }
}

impl WebhookMadeOut {
    /// As it is kept: without the secret.
    fn kept(WebhookMade { webhook, recorded }: WebhookMade) -> Self {
        let webhook = WebhookOut {
            id: recorded.map(|_| Text(webhook.public_id)),
            url: Text(Address(webhook.url)),
            accounts: webhook.accounts.map(|ids| ids.into_iter().map(Text).collect()),
            events: webhook.events,
            created_at: recorded.map(|(_, at)| Text(at)),
            delivered_seq: recorded.map(|(seq, _)| seq),
            delivered_at: None,
            failures: 0,
            last_error: None,
            next_attempt_at: None,
        };
        Self { webhook, secret: None }
    }
}

/// Makes a webhook
///
/// It is told of every change after this one by a POST of what `GET /v1/changes` answers: in order, at least
/// once, again until it answers 2xx. `Levy-Ledger-Signature: t=<seconds>,v1=<hex>` is the HMAC-SHA-256 of
/// `<seconds>.<body>` under the secret, which is in this answer and nowhere else. A token limited to
/// accounts makes no webhook wider than itself.
#[utoipa::path(
    operation_id = "create_webhook",
    tag = "webhooks",
    params(RecordQuery),
    request_body = WebhookIn,
    responses((status = 201, description = "The webhook", body = WebhookMadeOut), Problems),
)]
#[post("/webhooks")]
pub(crate) async fn make(posted: Posted<Tokens, WebhookIn>) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let command = MakeWebhook {
        scope: recorder.caller.scope.clone(),
        id: Uuid::now_v7(),
        url: body.url.0.0,
        accounts: body.accounts.map(|ids| ids.into_iter().map(|Text(id)| id).collect()),
        events: body.events.map(|events| events.into_iter().map(|event| event.0.0).collect()),
    };
    // The secret goes past the answer that is kept, and reaches the caller only once that is kept.
    let (tell, mut told) = oneshot::channel();
    let present = move |made: WebhookMade| {
        drop(made.recorded.map(|_| tell.send(made.webhook.secret.clone())));
        let out = WebhookMadeOut::kept(made);
        Presented::created(out.webhook.id.map(|id| format!("/v1/webhooks/{id}")), &out)
    };
    let answer = recorder.answer(command, present).await?;
    Ok(respond_with(answer, told.try_recv().ok().map(|secret| ("secret", secret))))
}

/// Lists webhooks, without their secrets
///
/// A token limited to accounts sees those that lie within its own limits.
#[utoipa::path(
    operation_id = "list_webhooks",
    tag = "webhooks",
    params(PageQuery),
    responses((status = 200, description = "A page of webhooks", body = List<WebhookOut>), Problems),
)]
#[get("/webhooks")]
pub(crate) async fn list(asked: Asked<Tokens>, query: Params<PageQuery>) -> Result<HttpResponse, Problem> {
    let Params(query) = query;
    let window = Window::of(query.limit, query.cursor.as_deref(), &"webhooks")?;
    let (after, limit) = (window.after, window.limit);
    let found = asked.read(move |db, caller, _| Ok(Ok(webhooks::page(db, &caller.scope, after, limit + 1)?)));
    let found = found.await?.into_iter().map(|(key, webhook)| (key, WebhookOut::from(webhook))).collect();
    Ok(HttpResponse::Ok().json(window.page(found)))
}

/// Shows a webhook, without its secret
#[utoipa::path(
    operation_id = "get_webhook",
    tag = "webhooks",
    params(("id" = IdText, Path, description = "The webhook")),
    responses((status = 200, description = "The webhook", body = WebhookOut), Problems),
)]
#[get("/webhooks/{id}")]
pub(crate) async fn show(asked: Asked<Tokens>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let id = id_of(&id, "webhook")?;
    let found = asked.read(move |db, caller, _| Ok(Ok(webhooks::find(db, &caller.scope, id)?))).await?;
    Ok(HttpResponse::Ok().json(WebhookOut::from(found.ok_or(Refusal::NotFound("webhook"))?)))
}

/// Removes a webhook
///
/// It is told nothing more, but for a delivery that is on its way, and its secret is forgotten.
#[utoipa::path(
    operation_id = "remove_webhook",
    tag = "webhooks",
    params(("id" = IdText, Path, description = "The webhook")),
    responses((status = 204, description = "It is removed"), Problems),
)]
#[delete("/webhooks/{id}")]
pub(crate) async fn remove(id: web::Path<String>, posted: Posted<Tokens, Nothing>) -> Result<HttpResponse, Problem> {
    let command = RemoveWebhook { scope: posted.recorder.caller.scope.clone(), id: id_of(&id, "webhook")? };
    posted.recorder.record(command, |()| Presented::nothing()).await
}
