//! The report of what was committed to each provider beside what it drew down.

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::access::{Agreements, Figures, may_read};
use super::asked::{Asked, Params, id_of};
use super::figures::found;
use super::problem::{Problem, Problems};
use super::report::{Chart, Report, report};
use super::tables::{Kind, Row, Total};
use super::wire::{DateText, IdText, MoneyText, MonthText, Name, SectorName, Text};
use super::workforce::{Share, ShareText};
use crate::app;
use crate::app::scope::Scope;
use crate::app::transfers::ProviderCommitments;
use crate::domain::commitments::Drawdown;
use crate::domain::journal::Seq;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;

/// The route of the report.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show);
}

/// For which day the report is asked.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CommitmentsQuery {
    /// As at this day's end. Today unless said.
    as_at: Option<DateText>,
}

/// What was committed, and what of it was drawn down. Agreed is paid less paid beyond, with what is
/// undrawn and what was released.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Drawdown)]
pub(crate) struct DrawdownOut {
    /// Transfers that can still pay.
    transfers_open: u64,
    /// Transfers that were completed or stopped.
    transfers_ended: u64,
    /// Apprenticeships agreed.
    apprenticeships: u64,
    /// Starts agreed by the day and recorded.
    starts: u64,
    /// Starts of those that had begun and had not ended, breaks among them.
    live_starts: u64,
    /// Pounds agreed, by the terms in force on the day.
    agreed: MoneyText,
    /// Pounds that open transfers hold beyond what they were paid, year by year of their schedules.
    reserved: MoneyText,
    /// Pounds paid, net of refunds.
    paid: MoneyText,
    /// Pounds agreed by open transfers and not yet paid.
    undrawn: MoneyText,
    /// Pounds agreed by ended transfers and never paid.
    released: MoneyText,
    /// Pounds paid beyond what was agreed.
    paid_beyond: MoneyText,
    /// Pounds that the starts earned in the months that were over.
    earned: MoneyText,
    /// The first month in which anything was paid; null where nothing was.
    first_paid_month: Option<MonthText>,
    /// The last month in which anything was paid; null where nothing was.
    last_paid_month: Option<MonthText>,
    /// Percent that paid is of agreed.
    drawn_percent: ShareText,
}

impl From<&Drawdown> for DrawdownOut {
    fn from(drawdown: &Drawdown) -> Self {
        Self {
            transfers_open: drawdown.open,
            transfers_ended: drawdown.ended,
            apprenticeships: drawdown.apprenticeships,
            starts: drawdown.starts.recorded,
            live_starts: drawdown.starts.live,
            agreed: Text(drawdown.agreed),
            reserved: Text(drawdown.reserved),
            paid: Text(drawdown.paid),
            undrawn: Text(drawdown.undrawn),
            released: Text(drawdown.released),
            paid_beyond: Text(drawdown.paid_beyond),
            earned: Text(drawdown.starts.earned),
            first_paid_month: drawdown.paid_months.map(|(first, _)| Text(first)),
            last_paid_month: drawdown.paid_months.map(|(_, last)| Text(last)),
            drawn_percent: Text(Share(drawdown.drawn_percent())),
        }
    }
}

/// What was committed to a provider.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = ProviderCommitments)]
pub(crate) struct ProviderOut {
    /// The provider that has the transfers on the day.
    provider_id: IdText,
    /// Its name; null to roles that do not read providers.
    name: Option<String>,
    /// What it does; null to roles that do not read providers.
    sector: Option<SectorName>,
    /// The district it is in, where that is known; null to roles that do not read providers.
    district: Option<String>,
    #[serde(flatten)]
    drawdown: DrawdownOut,
}

impl ProviderOut {
    fn of(commitments: ProviderCommitments, named: bool) -> Self {
        let ProviderCommitments { provider, name, sector, district, drawdown } = commitments;
        Self {
            provider_id: Text(provider),
            name: named.then_some(name),
            sector: named.then_some(Name(sector)),
            district: district.filter(|_| named),
            drawdown: DrawdownOut::from(&drawdown),
        }
    }
}

/// What an account committed to each provider by transfers that were accepted by a day.
#[derive(Serialize, ToSchema)]
#[schema(as = CommitmentsReport)]
pub(crate) struct CommitmentsOut {
    /// The day.
    as_at: DateText,
    /// How many providers.
    providers: usize,
    /// All of them together.
    total: DrawdownOut,
    /// Each provider, by name.
    data: Vec<ProviderOut>,
}

impl CommitmentsOut {
    fn of(as_at: NaiveDate, commitments: Vec<ProviderCommitments>, named: bool) -> Self {
        let mut total = Drawdown::default();
        commitments.iter().for_each(|provider| total.add_all(&provider.drawdown));
        Self {
            as_at: Text(as_at),
            providers: commitments.len(),
            total: DrawdownOut::from(&total),
            data: commitments.into_iter().map(|provider| ProviderOut::of(provider, named)).collect(),
        }
    }
}

/// A row of the report's table: a provider, or all of them.
#[derive(Serialize)]
pub(crate) struct CommitmentRow {
    line: &'static str,
    provider_id: Option<IdText>,
    name: Option<String>,
    sector: Option<SectorName>,
    district: Option<String>,
    #[serde(flatten)]
    drawdown: DrawdownOut,
}

/// How many providers a chart shows at the most.
const MOST_DRAWN: usize = 20;

/// The columns that add up.
const SUMMED: &[&str] = &[
    "transfers_open",
    "transfers_ended",
    "apprenticeships",
    "starts",
    "live_starts",
    "agreed",
    "reserved",
    "paid",
    "undrawn",
    "released",
    "paid_beyond",
    "earned",
];

impl Row for CommitmentRow {
    const COLUMNS: &'static [&'static str] = &[
        "line",
        "provider_id",
        "name",
        "sector",
        "district",
        "transfers_open",
        "transfers_ended",
        "apprenticeships",
        "starts",
        "live_starts",
        "agreed",
        "reserved",
        "paid",
        "undrawn",
        "released",
        "paid_beyond",
        "earned",
        "first_paid_month",
        "last_paid_month",
        "drawn_percent",
    ];
    const SHEET: &'static str = "Commitments";
    const KINDS: &'static [(&'static str, Kind)] = &[
        ("agreed", Kind::Money),
        ("reserved", Kind::Money),
        ("paid", Kind::Money),
        ("undrawn", Kind::Money),
        ("released", Kind::Money),
        ("paid_beyond", Kind::Money),
        ("earned", Kind::Money),
        ("first_paid_month", Kind::Month),
        ("last_paid_month", Kind::Month),
        ("drawn_percent", Kind::Percent),
    ];
    const TOTALS: &'static [Total] =
        &[Total { label: "Sum of the providers", columns: SUMMED, only: Some(("line", "provider")) }];
}

impl Report for CommitmentsOut {
    type Row = CommitmentRow;
    const SUMMARY: &'static [(&'static str, Option<Kind>)] = &[("as_at", Some(Kind::Date)), ("providers", None)];

    fn rows(&self) -> Vec<CommitmentRow> {
        let row = |provider: &ProviderOut| {
            let ProviderOut { provider_id, name, sector, district, drawdown } = provider.clone();
            CommitmentRow { line: "provider", provider_id: Some(provider_id), name, sector, district, drawdown }
        };
        let (line, drawdown) = ("total", self.total.clone());
        let total = CommitmentRow { line, provider_id: None, name: None, sector: None, district: None, drawdown };
        self.data.iter().map(row).chain([total]).collect()
    }

    /// Of the providers to which most was committed.
    fn chart(&self) -> Option<Chart> {
        let mut largest: Vec<&ProviderOut> = self.data.iter().collect();
        largest.sort_by_key(|provider| std::cmp::Reverse(provider.drawdown.agreed.0));
        let column = |provider: &ProviderOut| {
            let name = provider.name.clone().unwrap_or_else(|| provider.provider_id.to_string());
            (name, vec![provider.drawdown.paid.0, provider.drawdown.undrawn.0])
        };
        let columns = largest.into_iter().take(MOST_DRAWN).map(column).collect();
        Some(Chart { title: "The largest commitments", of: "Provider", series: &["Paid", "Undrawn"], columns })
    }
}

/// Reports what was committed to each provider beside what it drew down
///
/// Of transfers accepted by the day, as in the report of transfers, from the account that pays them; a
/// provider that took over has them whole. As CSV: a row a provider, `line` being `provider`, then one of
/// all, `total`. The role `integration` gets providers by id alone.
#[utoipa::path(
    operation_id = "report_commitments",
    tag = "reports",
    params(("id" = IdText, Path, description = "The account"), CommitmentsQuery),
    responses(
        (
            status = 200,
            description = "The report",
            content((CommitmentsOut = "application/json"), (String = "text/csv")),
        ),
        (status = 304, description = "Nothing has changed since it was read"),
        Problems,
    ),
)]
#[get("/accounts/{id}/reports/commitments")]
pub(crate) async fn show(
    request: HttpRequest,
    asked: Asked<Figures>,
    id: web::Path<String>,
    query: Params<CommitmentsQuery>,
) -> Result<HttpResponse, Problem> {
    let (id, Params(query)) = (id_of(&id, "account")?, query);
    report(&request, asked, move |db, caller, now| {
        let as_at = query.as_at.map_or(now.today, |Text(day)| day);
        of_account(db, &caller.scope, id, (as_at, may_read::<Agreements>(caller.role)))
    })
    .await
}

/// The report of an account at a day as it is answered, providers named or not.
pub(crate) fn of_account(
    db: &mut Db,
    scope: &Scope,
    id: Uuid,
    (as_at, named): (NaiveDate, bool),
) -> Stored<Result<CommitmentsOut, Problem>> {
    let account = match found(app::accounts::stored(db, scope, id, Seq::MAX)?) {
        Ok(account) => account,
        Err(problem) => return Ok(Err(problem)),
    };
    Ok(Ok(CommitmentsOut::of(as_at, app::transfers::commitments(db, account.key, as_at)?, named)))
}
