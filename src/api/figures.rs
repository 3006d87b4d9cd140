//! What figures are asked for: a day, and a number of the ledger.

use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::IntoParams;

use super::access::Figures;
use super::asked::Asked;
use super::problem::{Code, Problem};
use super::report::{Report, report};
use super::wire::{DateText, Text};
use crate::app::Refusal;
use crate::app::figures::AsOf;
use crate::app::scope::Scope;
use crate::domain::journal::Seq;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;

/// The state that figures are asked of.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FiguresQuery {
    /// The state at this day's end, from what was effective by then; today unless said.
    #[serde(default)]
    as_at: Option<DateText>,
    /// From what had been recorded up to this number of the ledger; the last one unless said.
    #[serde(default)]
    #[param(minimum = 0)]
    known_at: Option<Seq>,
}

impl FiguresQuery {
    /// Whether the state is that of today, with everything recorded.
    pub(super) fn is_of_now(&self) -> bool {
        self.as_at.is_none() && self.known_at.is_none()
    }
}

/// Answers figures of the state that a query asks for, with validators, as JSON or CSV.
pub(crate) async fn figures_report<R, F>(
    request: &HttpRequest,
    asked: Asked<Figures>,
    query: FiguresQuery,
    work_out: F,
) -> Result<HttpResponse, Problem>
where
    R: Report,
    F: FnOnce(&mut Db, &Scope, AsOf) -> Stored<Result<R, Problem>> + Send + 'static,
{
    report(request, asked, move |db, caller, now| {
        let as_at = query.as_at.map(|Text(day)| day);
        match AsOf::new(db, as_at, query.known_at, now.today)? {
            Ok(of) => work_out(db, &caller.scope, of),
            Err(refused) => Ok(Err(Problem::new(Code::MalformedRequest, refused))),
        }
    })
    .await
}

/// What was found, or that there is no such account.
pub(crate) fn found<T>(found: Option<T>) -> Result<T, Problem> {
    found.ok_or_else(|| Refusal::NotFound("account").into())
}
