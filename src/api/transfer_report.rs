//! The report of an account's transfers, as councils publish it.

use std::collections::{BTreeMap, BTreeSet};

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
use super::report::{Chart, Report, report};
use super::tables::{Kind, Row, Total};
use super::wire::{DateText, IdText, MoneyText, Text};
use crate::app::scope::Scope;
use crate::app::{self, Refusal};
use crate::domain::journal::Seq;
use crate::domain::names::Named;
use crate::domain::people::{Role, Sector};
use crate::domain::suppression::suppressed;
use crate::domain::transfer_report::{Figures, Grouped, TransferReport};
use crate::storage::columns::Stored;
use crate::storage::connection::Db;

/// The route of the report.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show);
}

/// What is withheld of a report, so that nobody is told of a few people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Suppress {
    /// Small priority groups: as if nothing were asked.
    True,
    /// Nothing.
    False,
    /// Small groups of every grouping.
    All,
}

/// For which day the report is asked.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TransfersReportQuery {
    /// As at this day's end. Today unless said.
    as_at: Option<DateText>,
    /// `true`, as unless said, withholds priority groups of fewer than 5. `all` withholds groups of fewer than
    /// 5 by sector, level, district and training provider too. `false` shows all groups, to admin and
    /// apprenticeships alone.
    #[param(inline)]
    suppress: Option<Suppress>,
}

/// The figures of the transfers that have something in common, all null where they are withheld.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = TransferFigures)]
pub(crate) struct FiguresOut {
    /// Pounds agreed.
    agreed: Option<MoneyText>,
    /// Pounds that open transfers hold beyond what they were paid.
    reserved: Option<MoneyText>,
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

impl FiguresOut {
    fn of(figures: Figures, suppressed: bool) -> Self {
        let shown = Some(figures).filter(|_| !suppressed);
        Self {
            agreed: shown.map(|figures| Text(figures.agreed)),
            reserved: shown.map(|figures| Text(figures.reserved)),
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
    /// By whether the training providers of their starts are local: `local`, `not_local` and `not_stated`.
    /// A transfer whose starts differ counts in each of theirs, one without starts as `not_stated`.
    by_local_training_provider: BTreeMap<String, FiguresOut>,
    /// By the groups that transfers are meant for; starts by the groups of their apprentices. What
    /// belongs to several groups counts in each.
    by_priority_group: BTreeMap<String, FiguresOut>,
}

/// The groups of a grouping, small ones withheld if that is asked.
fn shown(grouped: &Grouped, hides: bool, last: Option<&str>) -> BTreeMap<String, FiguresOut> {
    let hidden = if hides { suppressed(grouped, last) } else { BTreeSet::new() };
    let group =
        |(name, figures): (&String, &Figures)| (name.clone(), FiguresOut::of(*figures, hidden.contains(name.as_str())));
    grouped.iter().map(group).collect()
}

fn out(as_at: NaiveDate, report: &TransferReport, suppress: Suppress) -> TransfersReportOut {
    let hides = suppress == Suppress::All;
    let care = Sector::AdultSocialCare.name();
    let by_sector = shown(&report.by_sector, hides, Some(care));
    // The sentence says nothing that the groups withhold.
    let tells_of_care = by_sector.get(care).is_none_or(|figures| !figures.suppressed);
    let Figures { agreed, reserved, paid, providers, apprenticeships, starts } = report.all;
    TransfersReportOut {
        as_at: Text(as_at),
        summary: report.summary(as_at, tells_of_care),
        agreed: Text(agreed),
        reserved: Text(reserved),
        paid: Text(paid),
        providers,
        apprenticeships,
        starts,
        by_sector,
        by_level: shown(&report.by_level, hides, None),
        by_district: shown(&report.by_district, hides, None),
        by_local_training_provider: shown(&report.by_local_training_provider, hides, None),
        by_priority_group: shown(&report.by_priority_group, suppress != Suppress::False, None),
    }
}

/// A row of the report's table.
#[derive(Serialize)]
pub(crate) struct GroupRow {
    grouping: &'static str,
    name: String,
    #[serde(flatten)]
    figures: FiguresOut,
}

impl Row for GroupRow {
    const COLUMNS: &'static [&'static str] =
        &["grouping", "name", "agreed", "reserved", "paid", "providers", "apprenticeships", "starts"];
    const SHEET: &'static str = "Transfers";
    const KINDS: &'static [(&'static str, Kind)] =
        &[("agreed", Kind::Money), ("reserved", Kind::Money), ("paid", Kind::Money)];
    const TOTALS: &'static [Total] = &[Total {
        label: "Total by sector",
        columns: &["agreed", "reserved", "paid", "providers", "apprenticeships", "starts"],
        only: Some(("grouping", "sector")),
    }];
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
        let &Self { agreed, reserved, paid, providers, apprenticeships, starts, .. } = self;
        let (Text(agreed), Text(reserved), Text(paid)) = (agreed, reserved, paid);
        let all = Figures { agreed, reserved, paid, providers, apprenticeships, starts };
        let mut rows = vec![GroupRow { grouping: "all", name: String::new(), figures: FiguresOut::of(all, false) }];
        for (grouping, groups) in [
            ("sector", &self.by_sector),
            ("level", &self.by_level),
            ("district", &self.by_district),
            ("local_training_provider", &self.by_local_training_provider),
            ("priority_group", &self.by_priority_group),
        ] {
            let row = |(name, figures): (&String, &FiguresOut)| GroupRow {
                grouping,
                name: name.clone(),
                figures: figures.clone(),
            };
            rows.extend(groups.iter().map(row));
        }
        rows
    }

    /// Of the sectors that are shown.
    fn chart(&self) -> Option<Chart> {
        let parts = |figures: &FiguresOut| Some(vec![figures.paid?.0, figures.reserved?.0]);
        let column = |(name, figures): (&String, &FiguresOut)| Some((name.replace('_', " "), parts(figures)?));
        let columns = self.by_sector.iter().filter_map(column).collect();
        Some(Chart { title: "Paid and reserved by sector", of: "Sector", series: &["Paid", "Reserved"], columns })
    }
}

/// Reports the transfers of an account by sector, level, district, training provider and priority group
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
    let suppress = query.suppress.unwrap_or(Suppress::True);
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
    (as_at, suppress): (NaiveDate, Suppress),
) -> Stored<Result<TransfersReportOut, Problem>> {
    let Some(account) = app::accounts::stored(db, scope, id, Seq::MAX)? else {
        return Ok(Err(Refusal::NotFound("account").into()));
    };
    Ok(Ok(out(as_at, &app::transfers::report(db, account.key, as_at)?, suppress)))
}

fn may_see_small_groups(caller: &Caller, suppress: Suppress) -> Result<(), Problem> {
    if suppress != Suppress::False || matches!(caller.role, Role::Admin | Role::Apprenticeships) {
        return Ok(());
    }
    let detail =
        format!("a token of the role {} sees groups of fewer than 5 suppressed: leave suppress out", caller.role);
    Err(Problem::new(Code::Forbidden, detail))
}
