//! Providers, which all accounts share.

use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::access::Agreements;
use super::answer::{Presented, etag, if_match};
use super::asked::{Asked, Params, Posted, RecordQuery, id_of};
use super::page::{self, List};
use super::problem::{Problem, Problems};
use super::tables::{Kind, Row};
use super::wire::{DateText, IdText, LineText, Name, SectorName, SizeName, Text, given};
use crate::app::Refusal;
use crate::app::providers::{self, ChangeProvider, ProviderChange, ProviderView, RegisterProvider};
use crate::domain::people::Provider;

/// The routes of providers.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(register).service(list).service(show).service(change);
}

/// A provider to be registered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderIn {
    /// Its name.
    name: LineText,
    /// What it does.
    sector: SectorName,
    /// Its number at Companies House; short numbers are filled with zeros on the left.
    #[serde(default)]
    company_number: Option<LineText>,
    /// Its number at the Charity Commission.
    #[serde(default)]
    charity_number: Option<LineText>,
    /// Its location at the Care Quality Commission.
    #[serde(default)]
    cqc_location_id: Option<LineText>,
    /// How large it is.
    #[serde(default)]
    size: Option<SizeName>,
    /// Whether it pays levy of its own.
    #[serde(default)]
    levy_payer: Option<bool>,
    /// The district it is in.
    #[serde(default)]
    district: Option<LineText>,
    /// Its postcode.
    #[serde(default)]
    postcode: Option<LineText>,
    /// The day from which it takes no new transfers.
    #[serde(default)]
    closed_on: Option<DateText>,
}

/// What is known anew of a provider; what is left out stays, null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderChangeIn {
    /// Its name.
    #[serde(default)]
    name: Option<LineText>,
    /// What it does.
    #[serde(default)]
    sector: Option<SectorName>,
    /// Its number at Companies House; short numbers are filled with zeros on the left.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<LineText>)]
    company_number: Option<Option<LineText>>,
    /// Its number at the Charity Commission.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<LineText>)]
    charity_number: Option<Option<LineText>>,
    /// Its location at the Care Quality Commission.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<LineText>)]
    cqc_location_id: Option<Option<LineText>>,
    /// How large it is.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<SizeName>)]
    size: Option<Option<SizeName>>,
    /// Whether it pays levy of its own.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<bool>)]
    levy_payer: Option<Option<bool>>,
    /// The district it is in.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<LineText>)]
    district: Option<Option<LineText>>,
    /// Its postcode.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<LineText>)]
    postcode: Option<Option<LineText>>,
    /// The day from which it takes no new transfers.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<DateText>)]
    closed_on: Option<Option<DateText>>,
}

/// A provider: an organisation that receives transferred funds.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProviderOut {
    /// Its id; null on a dry run.
    id: Option<IdText>,
    /// Its name.
    name: String,
    /// What it does.
    sector: SectorName,
    /// Its number at Companies House, eight characters; no two providers share one.
    company_number: Option<String>,
    /// Its number at the Charity Commission.
    charity_number: Option<String>,
    /// Its location at the Care Quality Commission.
    cqc_location_id: Option<String>,
    /// How large it is.
    size: Option<SizeName>,
    /// Whether it pays levy of its own.
    levy_payer: Option<bool>,
    /// The district it is in.
    district: Option<String>,
    /// Its postcode.
    postcode: Option<String>,
    /// The day from which it takes no new transfers.
    closed_on: Option<DateText>,
}

impl Row for ProviderOut {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "name",
        "sector",
        "company_number",
        "charity_number",
        "cqc_location_id",
        "size",
        "levy_payer",
        "district",
        "postcode",
        "closed_on",
    ];
    const SHEET: &'static str = "Providers";
    const KINDS: &'static [(&'static str, Kind)] = &[("closed_on", Kind::Date)];
}

impl From<ProviderView> for ProviderOut {
    fn from(ProviderView { id, provider, .. }: ProviderView) -> Self {
        Self {
            id: id.map(Text),
            name: provider.name,
            sector: Name(provider.sector),
            company_number: provider.company_number,
            charity_number: provider.charity_number,
            cqc_location_id: provider.cqc_location_id,
            size: provider.size.map(Name),
            levy_payer: provider.levy_payer,
            district: provider.district,
            postcode: provider.postcode,
            closed_on: provider.closed_on.map(Text),
        }
    }
}

fn line(text: LineText) -> String {
    text.0.0
}

impl ProviderIn {
    fn read(self) -> Provider {
        Provider {
            name: line(self.name),
            sector: self.sector.0,
            company_number: self.company_number.map(line),
            charity_number: self.charity_number.map(line),
            cqc_location_id: self.cqc_location_id.map(line),
            size: self.size.map(|Name(size)| size),
            levy_payer: self.levy_payer,
            district: self.district.map(line),
            postcode: self.postcode.map(line),
            closed_on: self.closed_on.map(|Text(date)| date),
        }
    }
}

impl ProviderChangeIn {
    fn read(self) -> ProviderChange {
        let text = |given: Option<Option<LineText>>| given.map(|given| given.map(line));
        ProviderChange {
            name: self.name.map(line),
            sector: self.sector.map(|Name(sector)| sector),
            company_number: text(self.company_number),
            charity_number: text(self.charity_number),
            cqc_location_id: text(self.cqc_location_id),
            size: self.size.map(|given| given.map(|Name(size)| size)),
            levy_payer: self.levy_payer,
            district: text(self.district),
            postcode: text(self.postcode),
            closed_on: self.closed_on.map(|given| given.map(|Text(date)| date)),
        }
    }
}

/// Registers a provider
///
/// A company number that another provider has is refused with that provider's id.
#[utoipa::path(
    operation_id = "register_provider",
    tag = "providers",
    params(RecordQuery),
    request_body = ProviderIn,
    responses((status = 201, description = "The provider", body = ProviderOut), Problems),
)]
#[post("/providers")]
pub(crate) async fn register(posted: Posted<Agreements, ProviderIn>) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let command = RegisterProvider { id: Uuid::now_v7(), provider: body.read() };
    let present = |view: ProviderView| {
        let (version, location) = (view.version, view.id.map(|id| format!("/v1/providers/{id}")));
        Presented::created(location, &ProviderOut::from(view)).with_etag(version.map(etag))
    };
    recorder.record(command, present).await
}

/// Which providers are listed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProviderQuery {
    /// Only those whose name contains this, in whatever case.
    name: Option<String>,
    /// How many items at the most, 1 to 1000; 100 unless said.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists providers, which all accounts share
#[utoipa::path(
    operation_id = "list_providers",
    tag = "providers",
    params(ProviderQuery),
    responses(
        (status = 200, description = "A page of providers; as CSV all of them", content(
            (List<ProviderOut> = "application/json"),
            (String = "text/csv"),
        )),
        Problems,
    ),
)]
#[get("/providers")]
pub(crate) async fn list(
    request: HttpRequest,
    asked: Asked<Agreements>,
    query: Params<ProviderQuery>,
) -> Result<HttpResponse, Problem> {
    let Params(ProviderQuery { name, limit, cursor }) = query;
    let filters = ("providers", name.clone());
    page::list(&request, asked, (limit, cursor), &filters, move |db, _, _, after, limit| {
        let found = providers::page(db, name.as_deref(), after, limit)?;
        Ok(Ok(found.into_iter().map(|(key, view)| (key, ProviderOut::from(view))).collect()))
    })
    .await
}

/// Shows a provider
#[utoipa::path(
    operation_id = "get_provider",
    tag = "providers",
    params(("id" = IdText, Path, description = "The provider")),
    responses((status = 200, description = "The provider", body = ProviderOut), Problems),
)]
#[get("/providers/{id}")]
pub(crate) async fn show(asked: Asked<Agreements>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let id = id_of(&id, "provider")?;
    let found = asked.read(move |db, _, _| Ok(Ok(providers::find(db, id)?))).await?;
    let view = found.ok_or(Refusal::NotFound("provider"))?;
    let version = view.version.map(etag).unwrap_or_default();
    Ok(HttpResponse::Ok().insert_header(("ETag", version)).json(ProviderOut::from(view)))
}

/// Changes what is known of a provider
///
/// A token limited to accounts changes only providers that no other account has transfers with.
#[utoipa::path(
    operation_id = "change_provider",
    tag = "providers",
    params(
        ("id" = IdText, Path, description = "The provider"),
        ("If-Match" = String, Header, description = "The ETag that was read"),
        RecordQuery,
    ),
    request_body = ProviderChangeIn,
    responses((status = 200, description = "The provider", body = ProviderOut), Problems),
)]
#[patch("/providers/{id}")]
pub(crate) async fn change(
    request: HttpRequest,
    id: web::Path<String>,
    posted: Posted<Agreements, ProviderChangeIn>,
) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let (id, seen) = (id_of(&id, "provider")?, if_match(&request)?);
    let command = ChangeProvider { scope: recorder.caller.scope.clone(), id, seen, change: body.read() };
    let present = |view: ProviderView| {
        let version = view.version;
        Presented::ok(&ProviderOut::from(view)).with_etag(version.map(etag))
    };
    recorder.record(command, present).await
}
