//! Rule sets: the figures that change with the law, each from its date.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Setup;
use super::answer::{Presented, etag};
use super::asked::{Asked, Params, Posted, RecordQuery};
use super::page::{List, PageQuery, Window};
use super::problem::{Problem, Problems};
use super::wire::{DateText, FigureText, Name, ParameterName, Text};
use crate::app::Refusal;
use crate::app::rule_sets::{self, AddRules, MakeRuleSet, RuleSetView};
use crate::domain::rules::{RuleRow, RuleSet};

/// The routes of rule sets.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(make).service(list).service(show).service(add);
}

/// A rule set to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleSetIn {
    /// The name that accounts choose it by: 1 to 64 of a-z, 0-9 and `-`.
    #[schema(pattern = "^[a-z0-9-]{1,64}$", example = "northshire-2027")]
    name: String,
    /// Its rows, in any order, among them at least one of each parameter.
    rows: Vec<RuleRowText>,
}

/// Rows to be added to a rule set.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleRowsIn {
    /// The rows, each after the last one of its parameter.
    rows: Vec<RuleRowText>,
}

/// From a day on, a figure of the rules has this value.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RuleRow)]
pub(crate) struct RuleRowText {
    /// The figure that changes with the law.
    parameter: ParameterName,
    /// The first day on which it holds; for `expiry_months` the first of a month. The first row of
    /// a parameter holds for earlier days too, except that of `transfer_cap_percent`.
    from: DateText,
    /// Percent from 0 to 100; for `expiry_months` whole calendar months from 1 to 120.
    value: FigureText,
}

/// A rule set.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleSetOut {
    /// The name that accounts choose it by.
    name: String,
    /// Its rows, by parameter, each parameter's oldest first.
    rows: Vec<RuleRowText>,
}

impl From<&RuleSet> for RuleSetOut {
    fn from(rules: &RuleSet) -> Self {
        let mut rows = rules.rows().to_vec();
        rows.sort_by_key(|row| (row.parameter, row.from));
        let row =
            |row: RuleRow| RuleRowText { parameter: Name(row.parameter), from: Text(row.from), value: Text(row.value) };
        Self { name: rules.name().to_owned(), rows: rows.into_iter().map(row).collect() }
    }
}

fn rows_of(rows: Vec<RuleRowText>) -> Vec<RuleRow> {
    let row = |row: RuleRowText| RuleRow { parameter: row.parameter.0, from: row.from.0, value: row.value.0 };
    rows.into_iter().map(row).collect()
}

/// The validator of a rule set. Rows are only ever added.
fn version(rules: &RuleSet) -> String {
    etag(i64::try_from(rules.rows().len()).unwrap_or(i64::MAX))
}

/// Makes a rule set
///
/// Accounts follow it once they choose it by its name.
#[utoipa::path(
    operation_id = "make_rule_set",
    tag = "rule sets",
    params(RecordQuery),
    request_body = RuleSetIn,
    responses((status = 201, description = "The rule set", body = RuleSetOut), Problems),
)]
#[post("/rule-sets")]
pub(crate) async fn make(posted: Posted<Setup, RuleSetIn>) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let scope = recorder.caller.scope.clone();
    let command = MakeRuleSet { scope, name: body.name, rows: rows_of(body.rows) };
    let present = |RuleSetView { rules, recorded }: RuleSetView| {
        let location = recorded.then(|| format!("/v1/rule-sets/{}", rules.name()));
        Presented::created(location, &RuleSetOut::from(&rules)).with_etag(Some(version(&rules)))
    };
    recorder.record(command, present).await
}

/// Lists the rule sets
#[utoipa::path(
    operation_id = "list_rule_sets",
    tag = "rule sets",
    params(PageQuery),
    responses((status = 200, description = "A page of rule sets", body = List<RuleSetOut>), Problems),
)]
#[get("/rule-sets")]
pub(crate) async fn list(asked: Asked<Setup>, query: Params<PageQuery>) -> Result<HttpResponse, Problem> {
    let Params(query) = query;
    let window = Window::of(query.limit, query.cursor.as_deref(), &"rule-sets")?;
    let (after, limit) = (window.after, window.limit);
    let found = asked.read(move |db, _, _| Ok(Ok(rule_sets::page(db, after, limit + 1)?))).await?;
    let found = found.iter().map(|(place, rules)| (*place, RuleSetOut::from(rules))).collect();
    Ok(HttpResponse::Ok().json(window.page(found)))
}

/// Shows a rule set
#[utoipa::path(
    operation_id = "get_rule_set",
    tag = "rule sets",
    params(("name" = String, Path, description = "The name of the rule set")),
    responses((status = 200, description = "The rule set", body = RuleSetOut), Problems),
)]
#[get("/rule-sets/{name}")]
pub(crate) async fn show(asked: Asked<Setup>, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let name = name.into_inner();
    let found = asked.read(move |db, _, _| Ok(Ok(rule_sets::find(db, &name)?))).await?;
    let rules = found.ok_or(Refusal::NotFound("rule set"))?;
    Ok(HttpResponse::Ok().insert_header(("ETag", version(&rules))).json(RuleSetOut::from(&rules)))
}

/// Adds later rows to a rule set
///
/// They count for every account that follows it. Rows that are there never change.
#[utoipa::path(
    operation_id = "add_rule_rows",
    tag = "rule sets",
    params(("name" = String, Path, description = "The name of the rule set"), RecordQuery),
    request_body = RuleRowsIn,
    responses((status = 200, description = "The whole rule set", body = RuleSetOut), Problems),
)]
#[post("/rule-sets/{name}/rows")]
pub(crate) async fn add(name: web::Path<String>, posted: Posted<Setup, RuleRowsIn>) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let scope = recorder.caller.scope.clone();
    let command = AddRules { scope, name: name.into_inner(), rows: rows_of(body.rows) };
    let present = |RuleSetView { rules, .. }: RuleSetView| {
        Presented::ok(&RuleSetOut::from(&rules)).with_etag(Some(version(&rules)))
    };
    recorder.record(command, present).await
}
