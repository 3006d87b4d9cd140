//! Tokens: issued with a secret that is shown once, and revoked.

use actix_web::{HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::access::Tokens;
use super::answer::{Presented, respond_with};
use super::asked::{Asked, Nothing, Params, Posted, RecordQuery, id_of};
use super::page::{List, PageQuery, Window};
use super::problem::{Problem, Problems};
use super::wire::{IdText, LineText, Name, RoleName, Text, TimeText};
use crate::app::Refusal;
use crate::app::tokens::{self, IssueToken, RevokeToken, TokenIssued, USUAL_DAYS};
use crate::storage::tokens::Token;

/// The routes of tokens.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(issue).service(list).service(show).service(revoke);
}

/// A token to be issued.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenIn {
    /// Who or what holds it; changes are recorded under this name.
    name: LineText,
    /// What its holder may do.
    role: RoleName,
    /// The accounts it is limited to; all unless said.
    #[serde(default)]
    accounts: Option<Vec<IdText>>,
    /// For how many days it is in force, 1 to 3653; 365 unless said.
    #[serde(default)]
    expires_in_days: Option<u32>,
}

/// A token, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenOut {
    /// Its id, the part before the dot; null on a dry run.
    id: Option<IdText>,
    /// Who or what holds it.
    name: String,
    /// What its holder may do.
    role: RoleName,
    /// The accounts it is limited to; null for all.
    accounts: Option<Vec<IdText>>,
    /// When it was issued; null on a dry run.
    created_at: Option<TimeText>,
    /// Until when it is in force.
    expires_at: TimeText,
    /// When it was revoked.
    revoked_at: Option<TimeText>,
}

/// A token as it is issued.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenIssuedOut {
    #[serde(flatten)]
    token_of: TokenOut,
    /// The whole token, `<id>.<secret>`: shown this once, null on a dry run and when the answer is
    /// given again under its idempotency key.
    token: Option<String>,
}

impl From<Token> for TokenOut {
    fn from(token: Token) -> Self {
        Self {
            id: Some(Text(token.public_id)),
            name: token.name,
            role: Name(token.role),
            accounts: token.accounts.map(|ids| ids.into_iter().map(Text).collect()),
            created_at: Some(Text(token.created_at)),
            expires_at: Text(token.expires_at),
            revoked_at: token.revoked_at.map(Text),
        }
    }
}

impl TokenIssuedOut {
    /// As it is kept: without the secret.
    fn kept(TokenIssued { token, whole, created_at }: TokenIssued) -> Self {
        let token_of = TokenOut {
            id: whole.as_ref().map(|_| Text(token.public_id)),
            name: token.name,
            role: Name(token.role),
            accounts: token.accounts.map(|ids| ids.into_iter().map(Text).collect()),
            created_at: whole.map(|_| Text(created_at)),
            expires_at: Text(token.expires_at),
            revoked_at: None,
        };
        Self { token_of, token: None }
    }
}

/// Issues a token
///
/// The whole token is in this answer and nowhere else. A token limited to accounts issues none
/// wider than itself.
#[utoipa::path(
    operation_id = "issue_token",
    tag = "tokens",
    params(RecordQuery),
    request_body = TokenIn,
    responses((status = 201, description = "The token", body = TokenIssuedOut), Problems),
)]
#[post("/tokens")]
pub(crate) async fn issue(posted: Posted<Tokens, TokenIn>) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let command = IssueToken {
        scope: recorder.caller.scope.clone(),
        id: Uuid::now_v7(),
        name: body.name.0.0,
        role: body.role.0,
        accounts: body.accounts.map(|ids| ids.into_iter().map(|Text(id)| id).collect()),
        expires_in_days: body.expires_in_days.unwrap_or(USUAL_DAYS),
    };
    // The secret goes past the answer that is kept, and reaches the caller only once that is kept.
    let (tell, mut told) = oneshot::channel();
    let present = move |issued: TokenIssued| {
        drop(issued.whole.clone().map(|whole| tell.send(whole)));
        let out = TokenIssuedOut::kept(issued);
        Presented::created(out.token_of.id.map(|id| format!("/v1/tokens/{id}")), &out)
    };
    let answer = recorder.answer(command, present).await?;
    Ok(respond_with(answer, told.try_recv().ok().map(|whole| ("token", whole))))
}

/// Lists tokens, without their secrets
///
/// A token limited to accounts sees those that lie within its own limits.
#[utoipa::path(
    operation_id = "list_tokens",
    tag = "tokens",
    params(PageQuery),
    responses((status = 200, description = "A page of tokens", body = List<TokenOut>), Problems),
)]
#[get("/tokens")]
pub(crate) async fn list(asked: Asked<Tokens>, query: Params<PageQuery>) -> Result<HttpResponse, Problem> {
    let Params(query) = query;
    let window = Window::of(query.limit, query.cursor.as_deref(), &"tokens")?;
    let (after, limit) = (window.after, window.limit);
    let found = asked.read(move |db, caller, _| Ok(Ok(tokens::page(db, &caller.scope, after, limit + 1)?)));
    let found = found.await?.into_iter().map(|(key, token)| (key, TokenOut::from(token))).collect();
    Ok(HttpResponse::Ok().json(window.page(found)))
}

/// Shows a token, without its secret
#[utoipa::path(
    operation_id = "get_token",
    tag = "tokens",
    params(("id" = IdText, Path, description = "The token's id, the part before the dot")),
    responses((status = 200, description = "The token", body = TokenOut), Problems),
)]
#[get("/tokens/{id}")]
pub(crate) async fn show(asked: Asked<Tokens>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let id = id_of(&id, "token")?;
    let found = asked.read(move |db, caller, _| Ok(Ok(tokens::find(db, &caller.scope, id)?))).await?;
    Ok(HttpResponse::Ok().json(TokenOut::from(found.ok_or(Refusal::NotFound("token"))?)))
}

/// Revokes a token
///
/// It counts for nothing from the answer on. Revoking it again changes nothing.
#[utoipa::path(
    operation_id = "revoke_token",
    tag = "tokens",
    params(("id" = IdText, Path, description = "The token's id, the part before the dot")),
    responses((status = 204, description = "It is revoked"), Problems),
)]
#[delete("/tokens/{id}")]
pub(crate) async fn revoke(id: web::Path<String>, posted: Posted<Tokens, Nothing>) -> Result<HttpResponse, Problem> {
    let command = RevokeToken { scope: posted.recorder.caller.scope.clone(), id: id_of(&id, "token")? };
    posted.recorder.record(command, |()| Presented::nothing()).await
}
