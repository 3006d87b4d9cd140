//! Who asks: a token, taken whole as Bearer, or as the password of Basic where something is only
//! read, so that spreadsheets can keep it.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header;
use actix_web::{HttpMessage, HttpRequest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use super::problem::{Code, Problem};
use crate::app::scope::Scope;
use crate::domain::people::Role;
use crate::ops::secret;
use crate::storage::Store;
use crate::storage::events::Head;
use crate::storage::writer::Actor;

/// The id of a request, as it is logged and echoed.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

impl RequestId {
    /// The id that the outermost layer gave this request.
    pub(crate) fn of(request: &HttpRequest) -> String {
        request.extensions().get::<Self>().map(|id| id.0.clone()).unwrap_or_default()
    }
}

/// A caller whose token was found good.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// What its holder may do.
    pub(crate) role: Role,
    /// The accounts it may see.
    pub(crate) scope: Scope,
    /// As whom it records.
    pub(crate) actor: Actor,
    /// Where the ledger stood when the token was looked up, as the request came in.
    pub(crate) head: Arc<Head>,
}

/// Finds out who asks.
///
/// # Errors
/// `unauthenticated` without a token that is known, in force and rightly given; the answer does
/// not tell which of these failed.
pub(crate) async fn authenticate(request: &HttpRequest, store: &Store) -> Result<Caller, Problem> {
    let missing =
        || Problem::new(Code::Unauthenticated, "give a token that is in force: Authorization: Bearer <token>");
    let (id, secret_given) = presented(request).ok_or_else(missing)?;
    let (token, head) = store.token(id).await?.ok_or_else(missing)?;
    let in_force = token.revoked_at.is_none() && token.expires_at > store.clock().now();
    if !secret::matches(&secret_given, &token.secret_hash) || !in_force {
        return Err(missing());
    }
    let actor = Actor { id: id.to_string(), name: token.name.clone(), request_id: RequestId::of(request) };
    Ok(Caller { role: token.role, scope: Scope::of(token.accounts.clone()), actor, head })
}

fn presented(request: &HttpRequest) -> Option<(Uuid, String)> {
    let given = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = given.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return parts(credentials.trim());
    }
    let only_reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !scheme.eq_ignore_ascii_case("basic") || !only_reads {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (user, password) = pair.split_once(':')?;
    parts(password).filter(|(id, _)| id.to_string() == user)
}

fn parts(token: &str) -> Option<(Uuid, String)> {
    let (id, secret) = token.split_once('.')?;
    Some((Uuid::parse_str(id).ok()?, secret.to_owned()))
}
