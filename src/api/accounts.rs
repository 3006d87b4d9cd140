//! Accounts.

use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::access::Setup;
use super::answer::{Presented, etag, if_match};
use super::asked::{Asked, Params, Posted, RecordQuery, id_of};
use super::page::{List, PageQuery, Window};
use super::problem::{Problem, Problems};
use super::wire::{FigureText, IdText, LineText, Text, given};
use crate::app::accounts::{AccountView, ChangeAccount, OpenAccount, SettingsChange};
use crate::app::{self, Refusal};
use crate::domain::account::AccountSettings;

/// The routes of accounts.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(open).service(list).service(show).service(change);
}

/// An account to be opened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountIn {
    /// Its name.
    name: LineText,
    /// The rule set it follows; `standard` unless said.
    #[serde(default)]
    rule_set: Option<String>,
    /// A transfer cap of its own, percent; the lower of it and the rule set's binds.
    #[serde(default)]
    policy_cap_percent: Option<FigureText>,
    /// An English fraction that replaces HMRC's, 0 to 1.
    #[serde(default)]
    english_fraction_override: Option<FigureText>,
    /// Training providers that are paid first, by UKPRN, in this order.
    #[serde(default)]
    training_provider_priority: Vec<String>,
    /// The provider that holds the account: what other accounts' transfers to it fall short of is met
    /// from these funds.
    #[serde(default)]
    provider_id: Option<IdText>,
}

/// What an account chooses anew; what is left out stays, null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountChange {
    /// Its name.
    #[serde(default)]
    name: Option<LineText>,
    /// The rule set it follows from now on. Months whose expiry is booked keep it.
    #[serde(default)]
    rule_set: Option<String>,
    /// A transfer cap of its own, percent.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<FigureText>)]
    policy_cap_percent: Option<Option<FigureText>>,
    /// An English fraction that replaces HMRC's, 0 to 1.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<FigureText>)]
    english_fraction_override: Option<Option<FigureText>>,
    /// Training providers that are paid first, by UKPRN, in this order.
    #[serde(default)]
    training_provider_priority: Option<Vec<String>>,
    /// The provider that holds the account: what other accounts' transfers to it fall short of is met
    /// from these funds.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<IdText>)]
    provider_id: Option<Option<IdText>>,
}

/// An account.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountOut {
    /// Its id; null on a dry run.
    id: Option<IdText>,
    /// Its name.
    name: String,
    /// The rule set it follows.
    rule_set: String,
    /// A transfer cap of its own, percent.
    policy_cap_percent: Option<FigureText>,
    /// An English fraction that replaces HMRC's.
    english_fraction_override: Option<FigureText>,
    /// Training providers that are paid first, by UKPRN.
    training_provider_priority: Vec<String>,
    /// The provider that holds the account, whose shortfalls it meets.
    provider_id: Option<IdText>,
}

impl From<AccountView> for AccountOut {
    fn from(AccountView { id, settings, .. }: AccountView) -> Self {
        Self {
            id: id.map(Text),
            name: settings.name,
            rule_set: settings.rule_set,
            policy_cap_percent: settings.policy_cap_percent.map(Text),
            english_fraction_override: settings.english_fraction_override.map(Text),
            training_provider_priority: settings.training_provider_priority,
            provider_id: settings.provider.map(Text),
        }
    }
}

fn present(view: AccountView, made: bool) -> Presented {
    let (version, id) = (view.version, view.id);
    let out = AccountOut::from(view);
    let presented =
        if made { Presented::created(id.map(|id| format!("/v1/accounts/{id}")), &out) } else { Presented::ok(&out) };
    presented.with_etag(version.map(etag))
}

/// Opens an account
#[utoipa::path(
    operation_id = "open_account",
    tag = "accounts",
    params(RecordQuery),
    request_body = AccountIn,
    responses((status = 201, description = "The account", body = AccountOut), Problems),
)]
#[post("/accounts")]
pub(crate) async fn open(posted: Posted<Setup, AccountIn>) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let figure = |figure: Option<FigureText>| figure.map(|Text(figure)| figure);
    let settings = AccountSettings {
        name: body.name.0.0,
        rule_set: body.rule_set.unwrap_or_else(|| "standard".to_owned()),
        policy_cap_percent: figure(body.policy_cap_percent),
        english_fraction_override: figure(body.english_fraction_override),
        training_provider_priority: body.training_provider_priority,
        provider: body.provider_id.map(|Text(id)| id),
    };
    let command = OpenAccount { scope: recorder.caller.scope.clone(), id: Uuid::now_v7(), settings };
    recorder.record(command, |view| present(view, true)).await
}

/// Lists the accounts that the token may see
#[utoipa::path(
    operation_id = "list_accounts",
    tag = "accounts",
    params(PageQuery),
    responses((status = 200, description = "A page of accounts", body = List<AccountOut>), Problems),
)]
#[get("/accounts")]
pub(crate) async fn list(asked: Asked<Setup>, query: Params<PageQuery>) -> Result<HttpResponse, Problem> {
    let Params(query) = query;
    let window = Window::of(query.limit, query.cursor.as_deref(), &"accounts")?;
    let (after, limit) = (window.after, window.limit);
    let found = asked.read(move |db, caller, _| Ok(Ok(app::accounts::page(db, &caller.scope, after, limit + 1)?)));
    let found = found.await?.into_iter().map(|(key, view)| (key, AccountOut::from(view))).collect();
    Ok(HttpResponse::Ok().json(window.page(found)))
}

/// Shows an account
#[utoipa::path(
    operation_id = "get_account",
    tag = "accounts",
    params(("id" = IdText, Path, description = "The account")),
    responses((status = 200, description = "The account", body = AccountOut), Problems),
)]
#[get("/accounts/{id}")]
pub(crate) async fn show(asked: Asked<Setup>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let id = id_of(&id, "account")?;
    let found = asked.read(move |db, caller, _| Ok(Ok(app::accounts::find(db, &caller.scope, id)?))).await?;
    let view = found.ok_or(Refusal::NotFound("account"))?;
    let version = view.version.map(etag).unwrap_or_default();
    Ok(HttpResponse::Ok().insert_header(("ETag", version)).json(AccountOut::from(view)))
}

/// Changes what an account chose; settings take effect when they are recorded
#[utoipa::path(
    operation_id = "change_account",
    tag = "accounts",
    params(
        ("id" = IdText, Path, description = "The account"),
        ("If-Match" = String, Header, description = "The ETag that was read"),
        RecordQuery,
    ),
    request_body = AccountChange,
    responses((status = 200, description = "The account", body = AccountOut), Problems),
)]
#[patch("/accounts/{id}")]
pub(crate) async fn change(
    request: HttpRequest,
    id: web::Path<String>,
    posted: Posted<Setup, AccountChange>,
) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let figure = |figure: Option<Option<FigureText>>| figure.map(|f| f.map(|Text(f): FigureText| -> Decimal { f }));
    let change = SettingsChange {
        name: body.name.map(|name| name.0.0),
        rule_set: body.rule_set,
        policy_cap_percent: figure(body.policy_cap_percent),
        english_fraction_override: figure(body.english_fraction_override),
        training_provider_priority: body.training_provider_priority,
        provider: body.provider_id.map(|given| given.map(|Text(id)| id)),
    };
    let (id, seen) = (id_of(&id, "account")?, if_match(&request)?);
    let command = ChangeAccount { scope: recorder.caller.scope.clone(), id, seen, change };
    recorder.record(command, |view| present(view, false)).await
}
