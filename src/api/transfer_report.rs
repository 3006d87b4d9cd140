//! The report of an account's transfers, as councils publish it.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::access;
use super::asked::{Asked, Params, id_of};
use super::caller::Caller;
use super::problem::{Code, Problem, Problems};
use super::report::{Report, report};
use super::tables::{Kind, Row, Total};
use super::wire::{DateText, IdText, MoneyText, Text};
use crate::app::scope::Scope;
use crate::app::{self, Refusal};
use crate::domain::journal::Seq;
use crate::domain::people::Role;
use crate::domain::transfer_report::{Figures, Grouped, TransferReport, suppressed};
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
pub(crate) struct TransfersReportQuery {
    /// As at this day's end. Today unless said.
    as_at: Option<DateText>,
    /// `false` shows small priority groups too, to admin and apprenticeships alone.
    suppress: Option<bool>,
}

/// The figures of the transfers that have something in common.
#[derive(Serialize, ToSchema)]
#[schema(as = TransferFigures)]
pub(crate) struct FiguresOut {
    /// Pounds agreed.
    agreed: MoneyText,
    /// Pounds paid.
    paid: MoneyText,
    /// How many providers.
    providers: u64,
    /// Apprenticeships agreed.
    apprenticeships: u64,
    /// Starts recorded.
    starts: u64,
}

impl From<Figures> for FiguresOut {
    fn from(Figures { agreed, paid, providers, apprenticeships, starts }: Figures) -> Self {
        Self { agreed: Text(agreed), paid: Text(paid), providers, apprenticeships, starts }
    }
}

/// The figures of a priority group, all null where they are suppressed.
#[derive(Serialize, ToSchema)]
#[schema(as = PriorityGroupFigures)]
pub(crate) struct GroupFiguresOut {
    /// Pounds agreed.
    agreed: Option<MoneyText>,
    /// Pounds paid.
    paid: Option<MoneyText>,
    /// How many providers.
    providers: Option<u64>,
    /// Apprenticeships agreed.
    apprenticeships: Option<u64>,
    /// Starts recorded.
    starts: Option<u64>,
    /// Whether the figures are withheld: a count of 1 to 4, or one that would give such a count away.
    suppressed: bool,
}

impl GroupFiguresOut {
    fn of(figures: Figures, suppressed: bool) -> Self {
        let shown = Some(figures).filter(|_| !suppressed);
        Self {
            agreed: shown.map(|figures| Text(figures.agreed)),
            paid: shown.map(|figures| Text(figures.paid)),
            providers: shown.map(|figures| figures.providers),
            apprenticeships: shown.map(|figures| figures.apprenticeships),
            starts: shown.map(|figures| figures.starts),
            suppressed,
        }
    }
}

/// The transfers of an account that were accepted by a day. One that was completed or stopped since
/// still counts as agreed; one that was withdrawn does not.
#[derive(Serialize, ToSchema)]
#[schema(as = TransfersReport)]
pub(crate) struct TransfersReportOut {
    /// The day.
    as_at: DateText,
    /// The sentence to publish.
    summary: String,
    /// Pounds agreed.
    agreed: MoneyText,
    /// Pounds that open transfers hold beyond what they were paid.
    reserved: MoneyText,
    /// Pounds paid.
    paid: MoneyText,
    /// How many providers.
    providers: u64,
    /// Apprenticeships agreed.
    apprenticeships: u64,
    /// Starts agreed by the day and recorded.
    starts: u64,
    /// By what the providers do; starts by their own sector where they have one.
    by_sector: BTreeMap<String, FiguresOut>,
    /// By the level agreed, `not_stated` where none was; starts by their own level.
    by_level: BTreeMap<String, FiguresOut>,
    /// By the providers' districts, `not_stated` where it is not known.
    by_district: BTreeMap<String, FiguresOut>,
    /// By the groups that transfers are meant for; starts by the groups of their apprentices. What
    /// belongs to several groups counts in each.
    by_priority_group: BTreeMap<String, GroupFiguresOut>,
}

fn out(as_at: NaiveDate, report: TransferReport, suppress: bool) -> TransfersReportOut {
    let summary = report.summary(as_at);
    let hidden = if suppress { suppressed(&report.by_priority_group) } else { Vec::new() };
    let group = |(name, figures): (&String, &Figures)| {
        (name.clone(), GroupFiguresOut::of(*figures, hidden.contains(&name.as_str())))
    };
    let by_priority_group = report.by_priority_group.iter().map(group).collect();
    let grouped = |grouped: Grouped| grouped.into_iter().map(|(name, figures)| (name, figures.into())).collect();
    let Figures { agreed, paid, providers, apprenticeships, starts } = report.all;
    TransfersReportOut {
        as_at: Text(as_at),
        summary,
        agreed: Text(agreed),
        reserved: Text(report.reserved),
        paid: Text(paid),
        providers,
        apprenticeships,
        starts,
        by_sector: grouped(report.by_sector),
        by_level: grouped(report.by_level),
        by_district: grouped(report.by_district),
        by_priority_group,
    }
}

/// A row of the report's table.
#[derive(Serialize)]
pub(crate) struct GroupRow {
    grouping: &'static str,
    name: String,
    agreed: Option<MoneyText>,
    paid: Option<MoneyText>,
    providers: Option<u64>,
    apprenticeships: Option<u64>,
    starts: Option<u64>,
}

impl Row for GroupRow {
    const COLUMNS: &'static [&'static str] =
        &["grouping", "name", "agreed", "paid", "providers", "apprenticeships", "starts"];
    const SHEET: &'static str = "Transfers";
    const KINDS: &'static [(&'static str, Kind)] = &[("agreed", Kind::Money), ("paid", Kind::Money)];
    const TOTALS: &'static [Total] = &[Total {
        label: "Total by sector",
        columns: &["agreed", "paid", "providers", "apprenticeships", "starts"],
        only: Some(("grouping", "sector")),
    }];
}

impl GroupRow {
    fn of(grouping: &'static str, name: &str, figures: &FiguresOut) -> Self {
        Self {
            grouping,
            name: name.to_owned(),
            agreed: Some(figures.agreed),
            paid: Some(figures.paid),
            providers: Some(figures.providers),
            apprenticeships: Some(figures.apprenticeships),
            starts: Some(figures.starts),
        }
    }

    fn of_group(name: &str, figures: &GroupFiguresOut) -> Self {
        let &GroupFiguresOut { agreed, paid, providers, apprenticeships, starts, .. } = figures;
        Self { grouping: "priority_group", name: name.to_owned(), agreed, paid, providers, apprenticeships, starts }
    }
}

impl Report for TransfersReportOut {
    type Row = GroupRow;
    const SUMMARY: &'static [(&'static str, Option<Kind>)] = &[
        ("as_at", Some(Kind::Date)),
        ("summary", None),
        ("agreed", Some(Kind::Money)),
        ("reserved", Some(Kind::Money)),
        ("paid", Some(Kind::Money)),
        ("providers", None),
        ("apprenticeships", None),
        ("starts", None),
    ];

    fn rows(&self) -> Vec<GroupRow> {
        let &Self { agreed, paid, providers, apprenticeships, starts, .. } = self;
        let all = FiguresOut { agreed, paid, providers, apprenticeships, starts };
        let mut rows = vec![GroupRow::of("all", "", &all)];
        for (grouping, groups) in
            [("sector", &self.by_sector), ("level", &self.by_level), ("district", &self.by_district)]
        {
            rows.extend(groups.iter().map(|(name, figures)| GroupRow::of(grouping, name, figures)));
        }
        rows.extend(self.by_priority_group.iter().map(|(name, figures)| GroupRow::of_group(name, figures)));
        rows
    }
}

/// Reports the transfers of an account by sector, level, district and priority group
///
/// Of transfers accepted by the day. One that was completed or stopped since still counts as agreed;
/// one that was withdrawn does not.
#[utoipa::path(
    operation_id = "report_transfers",
    tag = "reports",
    params(("id" = IdText, Path, description = "The account"), TransfersReportQuery),
    responses(
        (
            status = 200,
            description = "The report",
            content((TransfersReportOut = "application/json"), (String = "text/csv")),
        ),
        (status = 304, description = "Nothing has changed since it was read"),
        Problems,
    ),
)]
#[get("/accounts/{id}/reports/transfers")]
pub(crate) async fn show(
    request: HttpRequest,
    asked: Asked<access::Figures>,
    id: web::Path<String>,
    query: Params<TransfersReportQuery>,
) -> Result<HttpResponse, Problem> {
    let (id, Params(query)) = (id_of(&id, "account")?, query);
    let suppress = query.suppress.unwrap_or(true);
    may_see_small_groups(&asked.caller, suppress)?;
    report(&request, asked, move |db, caller, now| {
        let as_at = query.as_at.map_or(now.today, |Text(day)| day);
        of_account(db, &caller.scope, id, (as_at, suppress))
    })
    .await
}

/// The report of an account at a day as it is answered, small groups suppressed or not.
pub(crate) fn of_account(
    db: &mut Db,
    scope: &Scope,
    id: Uuid,
    (as_at, suppress): (NaiveDate, bool),
) -> Stored<Result<TransfersReportOut, Problem>> {
    let Some(account) = app::accounts::stored(db, scope, id, Seq::MAX)? else {
        return Ok(Err(Refusal::NotFound("account").into()));
    };
    Ok(Ok(out(as_at, app::transfers::report(db, account.key, as_at)?, suppress)))
}

fn may_see_small_groups(caller: &Caller, suppress: bool) -> Result<(), Problem> {
    if suppress || matches!(caller.role, Role::Admin | Role::Apprenticeships) {
        return Ok(());
    }
    let detail =
        format!("a token of the role {} sees groups of fewer than 5 suppressed: leave suppress out", caller.role);
    Err(Problem::new(Code::Forbidden, detail))
}
