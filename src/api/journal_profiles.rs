//! Profiles of journals: how a finance system wants its files laid out.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Setup;
use super::answer::Presented;
use super::asked::{Asked, Params, Posted, RecordQuery};
use super::page::{List, PageQuery, Window};
use super::problem::{Problem, Problems};
use super::wire::{JournalDateFormatName, JournalFieldName, JournalSignName, Line, LineText, Name, Text};
use crate::app::Refusal;
use crate::app::journal_profiles::{self, ColumnAsked, MakeJournalProfile, ProfileView};
use crate::domain::journal::EntryKind;
use crate::domain::journal_profile::{Codes, Column, Content, JournalProfile};

/// The routes of journal profiles.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(make).service(list).service(show);
}

/// A column of a journal.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JournalColumn {
    /// What it is called. No other column has the same name.
    header: LineText,
    /// What it says of each line; left out where it has a constant.
    #[serde(default)]
    field: Option<JournalFieldName>,
    /// What it says on every line, such as a cost centre; left out where it has a field.
    #[serde(default)]
    constant: Option<LineText>,
}

/// The nominal codes of a journal, one for each kind of entry and two for its closing lines.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JournalCodes {
    /// The code that levy funds are credited to.
    levy: LineText,
    /// The code of adjustments of levy funds.
    levy_adjustment: LineText,
    /// The code that own training is debited to.
    own_payment: LineText,
    /// The code that transfers to providers are debited to.
    transfer_payment: LineText,
    /// The code that transfers received are credited to.
    transfer_received: LineText,
    /// The code that expired funds are debited to.
    expiry: LineText,
    /// The code of corrections.
    correction: LineText,
    /// The code of the levy control account, which balances the journal.
    control: LineText,
    /// The code of rounding differences; may be left out with 5 decimals.
    #[serde(default)]
    rounding: Option<LineText>,
}

/// How a journal is laid out.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = JournalProfile)]
pub(crate) struct JournalProfileText {
    /// The name that it is asked for by: 1 to 64 of a-z, 0-9 and `-`.
    #[schema(pattern = "^[a-z0-9-]{1,64}$", example = "general-ledger")]
    name: String,
    /// Its columns, in order, 1 to 60. `amount` is among them, or both `debit` and `credit`.
    columns: Vec<JournalColumn>,
    /// Its nominal codes.
    codes: JournalCodes,
    /// How dates are written.
    date_format: JournalDateFormatName,
    /// How many decimals amounts have: 2, with a line for the rounding differences, or 5.
    #[schema(minimum = 2, maximum = 5)]
    decimals: u8,
    /// Which side of the `amount` column is positive.
    sign: JournalSignName,
    /// Whether the first line names the columns.
    header_line: bool,
    /// Whether the last line has the control totals: `CONTROL`, the number of lines, pounds debited and
    /// pounds credited.
    trailer_line: bool,
}

fn text(Text(Line(text)): LineText) -> String {
    text
}

fn line(text: &str) -> LineText {
    Text(Line(text.to_owned()))
}

impl From<JournalCodes> for Codes {
    fn from(codes: JournalCodes) -> Self {
        let kinds = [
            (EntryKind::Levy, codes.levy),
            (EntryKind::LevyAdjustment, codes.levy_adjustment),
            (EntryKind::OwnPayment, codes.own_payment),
            (EntryKind::TransferPayment, codes.transfer_payment),
            (EntryKind::TransferReceived, codes.transfer_received),
            (EntryKind::Expiry, codes.expiry),
            (EntryKind::Correction, codes.correction),
        ];
        Self {
            kinds: kinds.into_iter().map(|(kind, code)| (kind, text(code))).collect(),
            control: text(codes.control),
            rounding: codes.rounding.map(text),
        }
    }
}

impl From<&Codes> for JournalCodes {
    fn from(codes: &Codes) -> Self {
        let code = |kind| line(codes.kinds.get(&kind).map_or("", String::as_str));
        Self {
            levy: code(EntryKind::Levy),
            levy_adjustment: code(EntryKind::LevyAdjustment),
            own_payment: code(EntryKind::OwnPayment),
            transfer_payment: code(EntryKind::TransferPayment),
            transfer_received: code(EntryKind::TransferReceived),
            expiry: code(EntryKind::Expiry),
            correction: code(EntryKind::Correction),
            control: line(&codes.control),
            rounding: codes.rounding.as_deref().map(line),
        }
    }
}

impl From<&JournalProfile> for JournalProfileText {
    fn from(profile: &JournalProfile) -> Self {
        let column = |Column { header, content }: &Column| {
            let (field, constant) = match content {
                Content::Field(field) => (Some(Name(*field)), None),
                Content::Constant(text) => (None, Some(line(text))),
            };
            JournalColumn { header: line(header), field, constant }
        };
        Self {
            name: profile.name.clone(),
            columns: profile.columns.iter().map(column).collect(),
            codes: (&profile.codes).into(),
            date_format: Name(profile.date_format),
            decimals: profile.decimals.number(),
            sign: Name(profile.sign),
            header_line: profile.header_line,
            trailer_line: profile.trailer_line,
        }
    }
}

/// Makes a profile of journals
///
/// It never changes: what is to be otherwise is made under another name.
#[utoipa::path(
    operation_id = "make_journal_profile",
    tag = "journals",
    params(RecordQuery),
    request_body = JournalProfileText,
    responses((status = 201, description = "The profile", body = JournalProfileText), Problems),
)]
#[post("/journal-profiles")]
pub(crate) async fn make(posted: Posted<Setup, JournalProfileText>) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let column = |JournalColumn { header, field, constant }| ColumnAsked {
        header: text(header),
        field: field.map(|Name(field)| field),
        constant: constant.map(text),
    };
    let command = MakeJournalProfile {
        scope: recorder.caller.scope.clone(),
        name: body.name,
        columns: body.columns.into_iter().map(column).collect(),
        codes: body.codes.into(),
        date_format: body.date_format.0,
        decimals: body.decimals,
        sign: body.sign.0,
        header_line: body.header_line,
        trailer_line: body.trailer_line,
    };
    let present = |ProfileView { profile, recorded }: ProfileView| {
        let location = recorded.then(|| format!("/v1/journal-profiles/{}", profile.name));
        Presented::created(location, &JournalProfileText::from(&profile))
    };
    recorder.record(command, present).await
}

/// Lists the profiles of journals
///
/// `standard`, which is always there, comes first.
#[utoipa::path(
    operation_id = "list_journal_profiles",
    tag = "journals",
    params(PageQuery),
    responses((status = 200, description = "A page of profiles", body = List<JournalProfileText>), Problems),
)]
#[get("/journal-profiles")]
pub(crate) async fn list(asked: Asked<Setup>, query: Params<PageQuery>) -> Result<HttpResponse, Problem> {
    let Params(query) = query;
    let window = Window::of(query.limit, query.cursor.as_deref(), &"journal-profiles")?;
    let (after, limit) = (window.after, window.limit);
    let found = asked.read(move |db, _, _| Ok(Ok(journal_profiles::page(db, after, limit + 1)?))).await?;
    let found = found.iter().map(|(place, profile)| (*place, JournalProfileText::from(profile))).collect();
    Ok(HttpResponse::Ok().json(window.page(found)))
}

/// Shows a profile of journals
#[utoipa::path(
    operation_id = "get_journal_profile",
    tag = "journals",
    params(("name" = String, Path, description = "The name of the profile")),
    responses((status = 200, description = "The profile", body = JournalProfileText), Problems),
)]
#[get("/journal-profiles/{name}")]
pub(crate) async fn show(asked: Asked<Setup>, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let name = name.into_inner();
    let found = asked.read(move |db, _, _| Ok(Ok(journal_profiles::find(db, &name)?))).await?;
    let profile = found.ok_or(Refusal::NotFound("journal profile"))?;
    Ok(HttpResponse::Ok().json(JournalProfileText::from(&profile)))
}
