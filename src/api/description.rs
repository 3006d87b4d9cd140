//! What the description of the interface says beside its operations: what it is, who is let in, and
//! what holds for every request that records something.

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi as Document, RefOr, Required};
use utoipa::{Modify, OpenApi, PartialSchema};

use super::problem::{FaultOut, ProblemOut};

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

/// Adds what every request that records something shares: its idempotency key, and the answer to a
/// dry run.
pub(crate) fn complete(document: &mut Document) {
    for item in document.paths.paths.values_mut() {
        if let Some(post) = &mut item.post {
            post.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
            describe_dry_run(post);
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
