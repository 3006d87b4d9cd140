//! Personal data of a start's learner: shown as far as the caller may see it, set, and erased.

use actix_web::{HttpRequest, HttpResponse, patch, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Starts;
use super::answer::if_match;
use super::asked::{Posted, RecordQuery, id_of};
use super::private::{Private, Uln, UlnText};
use super::problem::{Problem, Problems};
use super::starts::{StartOut, present};
use super::wire::{GroupName, IdText, Line, LineText, Name, given};
use crate::app::learners::{ChangeLearner, EraseLearner, LearnerChange};
use crate::domain::facts::Learner;
use crate::domain::people::{PriorityGroup, Role};

/// The routes of learners.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(erase).service(change);
}

/// Personal data of a start's learner, as far as the caller may see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct LearnerOut {
    /// The council's own reference; null once erased. Personal data.
    learner_reference: Option<String>,
    /// The unique learner number; null for the finance role. Personal data.
    uln: Option<String>,
    /// The priority groups the apprentice belongs to; null for the finance role. Personal data.
    priority_groups: Option<Vec<GroupName>>,
}

impl LearnerOut {
    /// Admin and apprenticeships see all of it, finance the reference only.
    pub(crate) fn shown(learner: Learner, role: Role) -> Self {
        let (reference, all) = match role {
            Role::Admin | Role::Apprenticeships => (true, true),
            Role::Finance => (true, false),
            Role::Integration => (false, false),
        };
        let groups = learner.priority_groups.filter(|_| all);
        Self {
            learner_reference: learner.reference.filter(|_| reference),
            uln: learner.uln.filter(|_| all),
            priority_groups: groups.map(|groups| groups.into_iter().map(Name).collect()),
        }
    }
}

/// Why personal data is erased.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErasureIn {
    /// Why, in words that say nothing of the learner: it is kept for good.
    reason: LineText,
}

/// Erases the personal data of a start for good
///
/// The learner reference, the ULN and the priority groups are gone; what was paid stays.
#[utoipa::path(
    operation_id = "erase_personal_data",
    tag = "starts",
    params(("id" = IdText, Path, description = "The start"), RecordQuery),
    request_body = ErasureIn,
    responses((status = 200, description = "The start without its personal data", body = StartOut), Problems),
)]
#[post("/starts/{id}/erase-personal-data")]
pub(crate) async fn erase(id: web::Path<String>, posted: Posted<Starts, ErasureIn>) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let (scope, role) = (recorder.caller.scope.clone(), recorder.caller.role);
    let command = EraseLearner { scope, start: id_of(&id, "start")?, reason: body.reason.0.0 };
    recorder.record(command, move |view| present(view, role, false)).await
}

/// Personal data to be set; what is left out stays, null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LearnerChangeIn {
    /// The council's own reference.
    #[serde(default)]
    #[schema(value_type = Option<LineText>)]
    learner_reference: Option<Private<Line>>,
    /// The unique learner number.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<UlnText>)]
    uln: Option<Option<Private<Uln>>>,
    /// The priority groups the apprentice belongs to.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<GroupName>>)]
    priority_groups: Option<Option<Private<Vec<PriorityGroup>>>>,
}

/// Changes the personal data of a start
#[utoipa::path(
    operation_id = "change_start",
    tag = "starts",
    params(
        ("id" = IdText, Path, description = "The start"),
        ("If-Match" = String, Header, description = "The ETag that was read"),
        RecordQuery,
    ),
    request_body = LearnerChangeIn,
    responses((status = 200, description = "The start", body = StartOut), Problems),
)]
#[patch("/starts/{id}")]
pub(crate) async fn change(
    request: HttpRequest,
    id: web::Path<String>,
    posted: Posted<Starts, LearnerChangeIn>,
) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let change = LearnerChange {
        reference: body.learner_reference.map(|Private(reference)| reference.0),
        uln: body.uln.map(|uln| uln.map(|Private(uln)| uln.0)),
        priority_groups: body.priority_groups.map(|groups| groups.map(|Private(groups)| groups)),
    };
    let (scope, role) = (recorder.caller.scope.clone(), recorder.caller.role);
    let command = ChangeLearner { scope, start: id_of(&id, "start")?, seen: if_match(&request)?, change };
    recorder.record(command, move |view| present(view, role, false)).await
}
