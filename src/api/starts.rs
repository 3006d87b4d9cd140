//! Starts.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::access::Starts;
use super::answer::{Presented, etag};
use super::asked::{Asked, Params, Posted, RecordQuery, id_of};
use super::learners::LearnerOut;
use super::page::{self, List};
use super::private::{Private, Uln, UlnText};
use super::problem::{Problem, Problems};
use super::tables::{Form, Kind, Row};
use super::wire::{DateText, GroupName, IdText, Line, LineText, MoneyText, Name, SectorName, StartStatusName, Text};
use crate::app::Refusal;
use crate::app::starts::{self, RecordStart, StartView, StartsAsked};
use crate::domain::earnings::capped_price;
use crate::domain::facts::{Learner, NewStart, StartTerms};
use crate::domain::people::{PriorityGroup, Role};
use crate::domain::starts::{StartChange, StartNote};

/// The routes of starts.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(record).service(list).service(show);
}

/// A start to be recorded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartIn {
    /// The transfer that funds it; the account's own funds do when it is left out.
    #[serde(default)]
    transfer_id: Option<IdText>,
    /// The council's own reference for the learner. Personal data.
    #[schema(value_type = LineText)]
    learner_reference: Private<Line>,
    /// The unique learner number. Personal data.
    #[serde(default)]
    #[schema(value_type = Option<UlnText>)]
    uln: Option<Private<Uln>>,
    /// The apprenticeship standard, such as `ST0005`.
    standard_code: LineText,
    /// The standard's title.
    #[serde(default)]
    standard_title: Option<LineText>,
    /// The level, 2 to 7.
    #[schema(minimum = 2, maximum = 7)]
    level: i64,
    /// The sector, where it is not the provider's.
    #[serde(default)]
    sector: Option<SectorName>,
    /// The price agreed with the training provider, in pounds.
    agreed_price: MoneyText,
    /// The most that the funding band in force on the first day allows, in pounds.
    #[serde(default)]
    funding_band_maximum: Option<MoneyText>,
    /// The day of the agreement.
    agreed_on: DateText,
    /// The first day of training.
    start_on: DateText,
    /// The last day of training as planned, within ten years of the first.
    planned_end_on: DateText,
    /// The training provider's UKPRN, 8 digits.
    #[serde(default)]
    training_provider_ukprn: Option<String>,
    /// The training provider's name.
    #[serde(default)]
    training_provider_name: Option<LineText>,
    /// Whether the training provider is local.
    #[serde(default)]
    local_training_provider: Option<bool>,
    /// The priority groups the apprentice belongs to. Personal data.
    #[serde(default)]
    #[schema(value_type = Option<Vec<GroupName>>)]
    priority_groups: Option<Private<Vec<PriorityGroup>>>,
    /// Whether the apprentice goes on from another employer, and so may have begun before this was
    /// agreed; false unless said.
    #[serde(default)]
    #[schema(required = false)]
    change_of_employer: bool,
}

impl StartIn {
    fn start_of(self, account: Uuid) -> NewStart {
        let line = |text: LineText| text.0.0;
        let terms = StartTerms {
            standard_code: line(self.standard_code),
            standard_title: self.standard_title.map(line),
            // What is no small number is no level either, and is refused as one.
            level: u8::try_from(self.level).unwrap_or(0),
            sector: self.sector.map(|Name(sector)| sector),
            agreed_price: self.agreed_price.0,
            funding_band_maximum: self.funding_band_maximum.map(|Text(maximum)| maximum),
            agreed_on: self.agreed_on.0,
            start_on: self.start_on.0,
            planned_end_on: self.planned_end_on.0,
            training_provider_ukprn: self.training_provider_ukprn,
            training_provider_name: self.training_provider_name.map(line),
            local_training_provider: self.local_training_provider,
            change_of_employer: self.change_of_employer,
        };
        let learner = Learner {
            reference: Some(self.learner_reference.0.0),
            uln: self.uln.map(|Private(uln)| uln.0),
            priority_groups: self.priority_groups.map(|Private(groups)| groups),
        };
        let transfer = self.transfer_id.map(|Text(id)| id);
        NewStart { public_id: Uuid::now_v7(), account, transfer, terms, learner }
    }
}

/// A start.
#[derive(Serialize, ToSchema)]
pub(crate) struct StartOut {
    /// Its id; null on a dry run.
    id: Option<IdText>,
    /// The account whose start it is.
    account_id: IdText,
    /// The transfer that funds it; null where the account's own funds do.
    transfer_id: Option<IdText>,
    /// Where it stands at the end of today.
    status: StartStatusName,
    #[serde(flatten)]
    learner: LearnerOut,
    /// The apprenticeship standard.
    standard_code: String,
    /// The standard's title.
    standard_title: Option<String>,
    /// The level, 2 to 7.
    level: u8,
    /// The sector, where it is not the provider's.
    sector: Option<SectorName>,
    /// The price agreed with the training provider as it stands today, in pounds.
    agreed_price: MoneyText,
    /// The most that the funding band allows, in pounds.
    funding_band_maximum: Option<MoneyText>,
    /// The price that counts, in pounds: the agreed one up to the funding band maximum.
    capped_price: MoneyText,
    /// The day of the agreement.
    agreed_on: DateText,
    /// The first day of training.
    start_on: DateText,
    /// The last day of training as planned today.
    planned_end_on: DateText,
    /// The training provider's UKPRN.
    training_provider_ukprn: Option<String>,
    /// The training provider's name.
    training_provider_name: Option<String>,
    /// Whether the training provider is local.
    local_training_provider: Option<bool>,
    /// Whether the apprentice goes on from another employer.
    change_of_employer: bool,
    /// What was paid for it so far, refunds taken off, in pounds.
    paid: MoneyText,
    /// What happened to it, in the order of recording, what is dated ahead included. Lists leave it
    /// out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    changes: Option<Vec<StartChangeOut>>,
}

/// Something that happened to a start.
#[derive(Serialize, ToSchema)]
#[schema(as = StartChange)]
pub(crate) struct StartChangeOut {
    /// The day from which it counts, which may lie ahead; null for what counts for every day: other
    /// dates, and that it is void.
    on: Option<DateText>,
    /// What happened: `paused`, `resumed`, `withdrawn`, `completed`, `achieved`, `price_changed`,
    /// `dates_changed` or `voided`.
    change: &'static str,
    /// The price from then on, in pounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    agreed_price: Option<MoneyText>,
    /// The first day, where that was put right.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    start_on: Option<DateText>,
    /// The last day as planned from then on, where that was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    planned_end_on: Option<DateText>,
    /// Why.
    reason: Option<String>,
    /// Who recorded it.
    recorded_by: String,
}

impl From<StartNote> for StartChangeOut {
    fn from(StartNote { change, reason, by }: StartNote) -> Self {
        let (agreed_price, start_on, planned_end_on) = match change {
            StartChange::PriceChanged { agreed_price, .. } => (Some(agreed_price), None, None),
            StartChange::DatesChanged { start_on, planned_end_on } => (None, start_on, planned_end_on),
            StartChange::Resumed { planned_end_on, .. } => (None, None, planned_end_on),
            StartChange::Paused { .. }
            | StartChange::Withdrawn { .. }
            | StartChange::Completed { .. }
            | StartChange::Achieved { .. }
            | StartChange::Voided => (None, None, None),
        };
        Self {
            on: change.day().map(Text),
            change: change.done(),
            agreed_price: agreed_price.map(Text),
            start_on: start_on.map(Text),
            planned_end_on: planned_end_on.map(Text),
            reason,
            recorded_by: by,
        }
    }
}

/// The fields in their order, but for personal data, which no table shows.
impl Row for StartOut {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "account_id",
        "transfer_id",
        "status",
        "standard_code",
        "standard_title",
        "level",
        "sector",
        "agreed_price",
        "funding_band_maximum",
        "capped_price",
        "agreed_on",
        "start_on",
        "planned_end_on",
        "training_provider_ukprn",
        "training_provider_name",
        "local_training_provider",
        "change_of_employer",
        "paid",
    ];
    const SHEET: &'static str = "Starts";
    const KINDS: &'static [(&'static str, Kind)] = &[
        ("agreed_price", Kind::Money),
        ("funding_band_maximum", Kind::Money),
        ("capped_price", Kind::Money),
        ("agreed_on", Kind::Date),
        ("start_on", Kind::Date),
        ("planned_end_on", Kind::Date),
        ("paid", Kind::Money),
    ];
}

impl StartOut {
    fn shown(view: StartView, role: Role) -> Self {
        let changes = view.notes.iter().cloned().map(StartChangeOut::from).collect();
        Self { changes: Some(changes), ..Self::listed(view, role) }
    }

    /// The same in a list, without what happened to it.
    fn listed(view: StartView, role: Role) -> Self {
        let StartView { id, account, transfer, terms, status, paid, learner, .. } = view;
        Self {
            id: id.map(Text),
            account_id: Text(account),
            transfer_id: transfer.map(Text),
            status: Name(status),
            learner: LearnerOut::shown(learner.unwrap_or_default(), role),
            standard_code: terms.standard_code,
            standard_title: terms.standard_title,
            level: terms.level,
            sector: terms.sector.map(Name),
            agreed_price: Text(terms.agreed_price),
            funding_band_maximum: terms.funding_band_maximum.map(Text),
            capped_price: Text(capped_price(terms.agreed_price, terms.funding_band_maximum)),
            agreed_on: Text(terms.agreed_on),
            start_on: Text(terms.start_on),
            planned_end_on: Text(terms.planned_end_on),
            training_provider_ukprn: terms.training_provider_ukprn,
            training_provider_name: terms.training_provider_name,
            local_training_provider: terms.local_training_provider,
            change_of_employer: terms.change_of_employer,
            paid: Text(paid),
            changes: None,
        }
    }
}

/// A start in an answer that is kept: without personal data, which is filled in as it leaves. Only a
/// dry run, which is kept nowhere, carries what it would be.
pub(super) fn present(view: StartView, role: Role, made: bool) -> Presented {
    let (id, version) = (view.id, view.version);
    let learner_of = id.filter(|_| view.learner.is_none());
    let out = StartOut::shown(view, role);
    let presented =
        if made { Presented::created(id.map(|id| format!("/v1/starts/{id}")), &out) } else { Presented::ok(&out) };
    presented.with_etag(version.map(etag)).with_learner(learner_of)
}

/// Records a start
///
/// Under a transfer it is held against the transfer's apprenticeships and agreed amount.
#[utoipa::path(
    operation_id = "record_start",
    tag = "starts",
    params(("id" = IdText, Path, description = "The account"), RecordQuery),
    request_body = StartIn,
    responses((status = 201, description = "The start", body = StartOut), Problems),
)]
#[post("/accounts/{id}/starts")]
pub(crate) async fn record(id: web::Path<String>, posted: Posted<Starts, StartIn>) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let (scope, role) = (recorder.caller.scope.clone(), recorder.caller.role);
    let command = RecordStart { scope, start: body.start_of(id_of(&id, "account")?) };
    recorder.record(command, move |view| present(view, role, true)).await
}

/// Which starts are listed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StartsQuery {
    /// Only those that stand so at the end of today.
    status: Option<StartStatusName>,
    /// Only those that this transfer funds.
    transfer_id: Option<IdText>,
    /// How many items at the most, 1 to 1000; 100 unless said.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists the starts of an account; as CSV without personal data
#[utoipa::path(
    operation_id = "list_starts",
    tag = "starts",
    params(("id" = IdText, Path, description = "The account"), StartsQuery),
    responses(
        (status = 200, description = "A page of starts, or all of them as CSV", content(
            (List<StartOut> = "application/json"),
            (String = "text/csv"),
        )),
        Problems,
    ),
)]
#[get("/accounts/{id}/starts")]
pub(crate) async fn list(
    request: HttpRequest,
    asked: Asked<Starts>,
    id: web::Path<String>,
    query: Params<StartsQuery>,
) -> Result<HttpResponse, Problem> {
    let account = id_of(&id, "account")?;
    let Params(StartsQuery { status, transfer_id, limit, cursor }) = query;
    let (status, transfer) = (status.map(|Name(status)| status), transfer_id.map(|Text(id)| id));
    let with_learners = Form::of(&request) == Form::Json;
    let filters = ("starts", Text(account), status.map(Name), transfer.map(Text));
    page::list(&request, asked, (limit, cursor), &filters, move |db, caller, now, after, limit| {
        let wanted = StartsAsked { account, transfer, status, after, limit, with_learners };
        let Some(found) = starts::page(db, &caller.scope, now.today, &wanted)? else {
            return Ok(Err(Refusal::NotFound("account").into()));
        };
        Ok(Ok(found.into_iter().map(|(key, view)| (key, StartOut::listed(view, caller.role))).collect()))
    })
    .await
}

/// Shows a start
#[utoipa::path(
    operation_id = "get_start",
    tag = "starts",
    params(("id" = IdText, Path, description = "The start")),
    responses((status = 200, description = "The start", body = StartOut), Problems),
)]
#[get("/starts/{id}")]
pub(crate) async fn show(asked: Asked<Starts>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let (id, role) = (id_of(&id, "start")?, asked.caller.role);
    let found = asked.read(move |db, caller, now| Ok(Ok(starts::find(db, &caller.scope, now.today, id)?))).await?;
    let view = found.ok_or(Refusal::NotFound("start"))?;
    let version = view.version.map(etag).unwrap_or_default();
    Ok(HttpResponse::Ok().insert_header(("ETag", version)).json(StartOut::shown(view, role)))
}
