//! The clock list: what of an account's transfers and starts is running out of time.

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::access::{Agreements, Figures, may_read};
use super::asked::{Asked, Params, id_of};
use super::figures::found;
use super::problem::{Code, Problem, Problems};
use super::report::{Report, report};
use super::tables::{Kind, Row};
use super::wire::{DateText, IdText, MoneyText, Name, Text};
use crate::app;
use crate::app::clock_list::ClockItem;
use crate::app::scope::Scope;
use crate::domain::clock_list::{ClockKind, Watch};
use crate::domain::journal::Seq;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;

/// How many days the list looks ahead unless said.
pub(crate) const USUAL_DAYS: u32 = 30;

/// How many days it looks ahead at the most.
const MOST_DAYS: u32 = 3_660;

/// The route of the list.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show);
}

/// For which day the list is asked, and how far it looks ahead.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ClockQuery {
    /// As at this day's end. Today unless said.
    as_at: Option<DateText>,
    /// How many days it looks ahead, and after how many days an offer without a last day, or an accepted
    /// transfer without a planned start, is due. 30 unless said.
    #[param(minimum = 0, maximum = 3660)]
    within_days: Option<u32>,
}

impl ClockQuery {
    fn within_days(&self) -> Result<u32, Problem> {
        let days = self.within_days.unwrap_or(USUAL_DAYS);
        if days <= MOST_DAYS {
            return Ok(days);
        }
        let detail = format!("within_days is {days}; the list looks at most {MOST_DAYS} days ahead");
        Err(Problem::new(Code::MalformedRequest, detail))
    }
}

/// Why something is on the list.
type ClockKindName = Name<ClockKind>;

/// Something that is running out of time.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = ClockItem)]
pub(crate) struct ClockItemOut {
    /// The day it is due: the last day of an offer, the first day of the month of a planned start, the planned
    /// end of a start; where there is none, so many days after the offer or the acceptance.
    due_on: DateText,
    /// How many days are left until then, below nothing where it is past.
    days_left: i64,
    /// Why it is listed.
    kind: ClockKindName,
    /// The provider that has the transfer on the day; null for the account's own starts.
    provider_id: Option<IdText>,
    /// Its name; null to roles that do not read providers.
    provider: Option<String>,
    /// The transfer; null for the account's own starts.
    transfer_id: Option<IdText>,
    /// The start; null where it is the transfer that is due.
    start_id: Option<IdText>,
    /// Pounds: of a transfer what was agreed, of a start the price that counts.
    amount: MoneyText,
    /// The reference of the transfer; null to roles that do not read transfers.
    reference: Option<String>,
    /// What there is to do.
    what_to_do: &'static str,
}

impl ClockItemOut {
    fn of(item: ClockItem, watch: &Watch, named: bool) -> Self {
        let (provider_id, provider) = item.provider.unzip();
        Self {
            due_on: Text(item.due.on),
            days_left: item.due.on.signed_duration_since(watch.as_at).num_days(),
            kind: Name(item.due.kind),
            provider_id: provider_id.map(Text),
            provider: provider.filter(|_| named),
            transfer_id: item.transfer.map(Text),
            start_id: item.start.map(Text),
            amount: Text(item.amount),
            reference: item.reference.filter(|_| named),
            what_to_do: item.due.kind.what_to_do(),
        }
    }
}

/// What is running out of time, in the order of the days that it is due.
#[derive(Serialize, ToSchema)]
#[schema(as = ClockList)]
pub(crate) struct ClockOut {
    /// The day.
    as_at: DateText,
    /// How many days the list looks ahead.
    within_days: u32,
    /// How many items were due before the day.
    overdue: usize,
    /// How many items are due on it or within the days.
    coming: usize,
    /// The items.
    data: Vec<ClockItemOut>,
}

impl Row for ClockItemOut {
    const COLUMNS: &'static [&'static str] = &[
        "due_on",
        "days_left",
        "kind",
        "provider_id",
        "provider",
        "transfer_id",
        "start_id",
        "amount",
        "reference",
        "what_to_do",
    ];
    const SHEET: &'static str = "Clock list";
    const KINDS: &'static [(&'static str, Kind)] = &[("due_on", Kind::Date), ("amount", Kind::Money)];
}

impl Report for ClockOut {
    type Row = ClockItemOut;
    const SUMMARY: &'static [(&'static str, Option<Kind>)] =
        &[("as_at", Some(Kind::Date)), ("within_days", None), ("overdue", None), ("coming", None)];

    fn rows(&self) -> Vec<ClockItemOut> {
        self.data.clone()
    }
}

/// Lists what is running out of time
///
/// Offers that lapse within so many days or have lapsed unanswered, or that nobody answered for so long;
/// transfers that were accepted and have no start; starts that have come to their planned end and of which
/// nothing says how they ended. The longest overdue first. There is no personal data in it, and the role
/// `integration` gets ids alone.
#[utoipa::path(
    operation_id = "report_clock",
    tag = "reports",
    params(("id" = IdText, Path, description = "The account"), ClockQuery),
    responses(
        (status = 200, description = "The list", content((ClockOut = "application/json"), (String = "text/csv"))),
        (status = 304, description = "Nothing has changed since it was read"),
        Problems,
    ),
)]
#[get("/accounts/{id}/reports/clock")]
pub(crate) async fn show(
    request: HttpRequest,
    asked: Asked<Figures>,
    id: web::Path<String>,
    query: Params<ClockQuery>,
) -> Result<HttpResponse, Problem> {
    let (id, Params(query)) = (id_of(&id, "account")?, query);
    let within_days = query.within_days()?;
    report(&request, asked, move |db, caller, now| {
        let watch = Watch { as_at: query.as_at.map_or(now.today, |Text(day)| day), within_days };
        of_account(db, &caller.scope, id, (watch, may_read::<Agreements>(caller.role)))
    })
    .await
}

/// The clock list of an account as it is answered, providers named or not.
pub(crate) fn of_account(
    db: &mut Db,
    scope: &Scope,
    id: Uuid,
    (watch, named): (Watch, bool),
) -> Stored<Result<ClockOut, Problem>> {
    let account = match found(app::accounts::stored(db, scope, id, Seq::MAX)?) {
        Ok(account) => account,
        Err(problem) => return Ok(Err(problem)),
    };
    let items = app::clock_list::list(db, account.key, &watch)?.into_iter();
    let data: Vec<ClockItemOut> = items.map(|item| ClockItemOut::of(item, &watch, named)).collect();
    let overdue = data.iter().filter(|item| item.days_left < 0).count();
    let (as_at, within_days) = (Text(watch.as_at), watch.within_days);
    Ok(Ok(ClockOut { as_at, within_days, overdue, coming: data.len() - overdue, data }))
}
