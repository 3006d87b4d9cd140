//! What the description of the interface says beside its operations: what it is, who is let in, and
//! what holds for every request that records something.

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, RefOr, Required};
use utoipa::{Modify, OpenApi, PartialSchema};

use super::problem::{FaultOut, ProblemOut};
use super::tables::XLSX_TYPE;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Levy Ledger",
        description = "Apprenticeship levy funds, transfers to providers and starts, with the transfer cap and the \
            expiry enforced. Money is a string of pounds with 2 to 5 decimals; dates are `2026-05-31`, months \
            `2026-05`, times RFC 3339 in UTC. Problems follow RFC 9457.",
        license(name = "MIT", identifier = "MIT"),
    ),
    servers((url = "/", description = "This server")),
    components(schemas(ProblemOut, FaultOut)),
    modifiers(&Tokens),
    security(("bearer" = []), ("basic" = [])),
)]
pub(crate) struct Description;

struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let scheme = |scheme, description| {
            SecurityScheme::Http(HttpBuilder::new().scheme(scheme).description(Some(description)).build())
        };
        let bearer = scheme(HttpAuthScheme::Bearer, "The whole token");
        let basic = scheme(HttpAuthScheme::Basic, "For reading: the token's id as user, the whole token as password");
        components.add_security_scheme("bearer", bearer);
        components.add_security_scheme("basic", basic);
    }
}

/// Adds what many operations share: to every request that records something its idempotency key and
/// the answer to a dry run, and a workbook to every answer that has a table.
pub(crate) fn complete(document: &mut Document) {
    for item in document.paths.paths.values_mut() {
        if let Some(post) = &mut item.post {
            post.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
            describe_dry_run(post);
        }
        if let Some(get) = &mut item.get {
            describe_workbook(get);
        }
    }
}

fn idempotency_key() -> Parameter {
    let what = "Under the same key the same request is answered with its first answer, and recorded once";
    let key = ParameterBuilder::new().name("Idempotency-Key").parameter_in(ParameterIn::Header);
    key.required(Required::False).description(Some(what)).schema(Some(String::schema())).build()
}

/// What is made with 201 is shown with 200 on a dry run.
fn describe_dry_run(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    if let Some(RefOr::T(made)) = responses.get("201").cloned() {
        let mut shown = made;
        shown.description = "What a dry run would record".to_owned();
        responses.insert("200".to_owned(), RefOr::T(shown));
    }
}

/// What is answered as JSON and as CSV is also answered as a workbook.
fn describe_workbook(operation: &mut Operation) {
    if let Some(RefOr::T(shown)) = operation.responses.responses.get_mut("200")
        && shown.content.contains_key("application/json")
        && shown.content.contains_key("text/csv")
    {
        let binary = SchemaFormat::KnownFormat(KnownFormat::Binary);
        let file = ObjectBuilder::new().schema_type(Type::String).format(Some(binary));
        let what = "The table as an Excel workbook, with `.xlsx` after the path or by `Accept`";
        let content = ContentBuilder::new().schema(Some(file.description(Some(what)).build())).build();
        shown.content.insert(XLSX_TYPE.to_owned(), RefOr::T(content));
    }
}
