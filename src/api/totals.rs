//! Totals of one account, and of all accounts that the caller may see.

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Figures;
use super::asked::{Asked, Params, id_of};
use super::figures::{FiguresQuery, figures_report, found};
use super::kept_totals::{self, KeptTotals};
use super::problem::{Problem, Problems};
use super::report::Report;
use super::tables::{Form, Kind, Row};
use super::wire::{DateText, IdText, MoneyText, Text, YearText};
use crate::app::totals::{self, TotalsView};
use crate::domain::journal::Seq;

/// The routes of totals.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(of_account).service(of_all);
}

/// Totals at the end of a day, in pounds: `balance` = `levy_in` + `transfers_received` + `corrections`
/// − `own_spending` − `transferred` − `expired`.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct TotalsOut {
    /// The day whose end it is.
    as_at: DateText,
    /// What was recorded after this number is not counted.
    pub(super) known_at: Seq,
    /// The rule set followed; null where accounts differ.
    rule_set: Option<String>,
    /// Levy funds that entered, adjustments included, in pounds.
    levy_in: MoneyText,
    /// Transfers from other accounts, in pounds.
    transfers_received: MoneyText,
    /// Corrections of the balance, in pounds; negative where they lower it.
    corrections: MoneyText,
    /// Paid for own starts, refunds taken off, in pounds.
    own_spending: MoneyText,
    /// Paid as transfers, refunds taken off, in pounds.
    transferred: MoneyText,
    /// Lapsed by the day, booked or not, in pounds.
    expired: MoneyText,
    /// What is left, in pounds.
    balance: MoneyText,
    /// What of it can be spent, in pounds.
    spendable: MoneyText,
    /// What employers and government paid beside the funds in the months closed by the day, in pounds.
    co_invested: MoneyText,
    /// The allowance year that holds the day.
    allowance_year: YearText,
    /// What may be transferred in that year, in pounds.
    allowance: MoneyText,
    /// What open transfers hold of it beyond what was paid, in pounds.
    reserved: MoneyText,
    /// What is still free of it, in pounds, never below 0.
    remaining_allowance: MoneyText,
    /// Providers with a transfer accepted by the day, each counted once.
    providers: i64,
    /// Starts that had begun by the day and are not void.
    starts: i64,
    /// Those of them that were not withdrawn, completed or achieved by the day; a break ends none.
    live_starts: i64,
}

impl Row for TotalsOut {
    const COLUMNS: &'static [&'static str] = &[
        "as_at",
        "known_at",
        "rule_set",
        "levy_in",
        "transfers_received",
        "corrections",
        "own_spending",
        "transferred",
        "expired",
        "balance",
        "spendable",
        "co_invested",
        "allowance_year",
        "allowance",
        "reserved",
        "remaining_allowance",
        "providers",
        "starts",
        "live_starts",
    ];
    const SHEET: &'static str = "Totals";
    const KINDS: &'static [(&'static str, Kind)] = &[
        ("as_at", Kind::Date),
        ("levy_in", Kind::Money),
        ("transfers_received", Kind::Money),
        ("corrections", Kind::Money),
        ("own_spending", Kind::Money),
        ("transferred", Kind::Money),
        ("expired", Kind::Money),
        ("balance", Kind::Money),
        ("spendable", Kind::Money),
        ("co_invested", Kind::Money),
        ("allowance", Kind::Money),
        ("reserved", Kind::Money),
        ("remaining_allowance", Kind::Money),
    ];
}

impl From<TotalsView> for TotalsOut {
    fn from(view: TotalsView) -> Self {
        let totals = view.totals;
        Self {
            as_at: Text(view.of.as_at),
            known_at: view.of.known_at,
            rule_set: view.rule_set,
            levy_in: Text(totals.levy_in),
            transfers_received: Text(totals.transfers_received),
            corrections: Text(totals.corrections),
            own_spending: Text(totals.own_spending),
            transferred: Text(totals.transferred),
            expired: Text(totals.expired),
            balance: Text(totals.balance),
            spendable: Text(totals.spendable),
            co_invested: Text(view.co_invested),
            allowance_year: Text(view.allowance_year),
            allowance: Text(view.allowance),
            reserved: Text(view.reserved),
            remaining_allowance: Text(view.remaining_allowance),
            providers: i64::try_from(view.participation.providers.len()).unwrap_or(i64::MAX),
            starts: view.participation.starts,
            live_starts: view.participation.live_starts,
        }
    }
}

impl Report for TotalsOut {
    type Row = Self;

    fn rows(&self) -> Vec<Self> {
        vec![self.clone()]
    }
}

/// Shows the totals of an account
///
/// They foot to the balance. As CSV: one row.
#[utoipa::path(
    operation_id = "show_account_totals",
    tag = "figures",
    params(("id" = IdText, Path, description = "The account"), FiguresQuery),
    responses(
        (status = 200, description = "The totals", content((TotalsOut = "application/json"), (String = "text/csv"))),
        (status = 304, description = "Nothing has changed since they were read"),
        Problems,
    ),
)]
#[get("/accounts/{id}/totals")]
pub(crate) async fn of_account(
    id: web::Path<String>,
    (request, kept): (HttpRequest, web::Data<KeptTotals>),
    asked: Asked<Figures>,
    Params(query): Params<FiguresQuery>,
) -> Result<HttpResponse, Problem> {
    let id = id_of(&id, "account")?;
    if query.is_of_now() && Form::of(&request) == Form::Json {
        return kept_totals::of_today(&request, &asked, &kept, id).await;
    }
    figures_report(&request, asked, query, move |db, scope, of| {
        Ok(found(totals::of_account(db, scope, id, of)?).map(TotalsOut::from))
    })
    .await
}

/// Shows the totals of all accounts that the caller may see
///
/// Money is summed, the allowance figures too; a provider of several accounts counts once. As CSV: one
/// row.
#[utoipa::path(
    operation_id = "show_totals",
    tag = "figures",
    params(FiguresQuery),
    responses(
        (status = 200, description = "The totals", content((TotalsOut = "application/json"), (String = "text/csv"))),
        (status = 304, description = "Nothing has changed since they were read"),
        Problems,
    ),
)]
#[get("/totals")]
pub(crate) async fn of_all(
    (request, kept): (HttpRequest, web::Data<KeptTotals>),
    asked: Asked<Figures>,
    Params(query): Params<FiguresQuery>,
) -> Result<HttpResponse, Problem> {
    let turn = kept.turn().await;
    if query.is_of_now() && Form::of(&request) == Form::Json && asked.caller.scope.limit().is_none() {
        return kept_totals::all_of_today(&request, &asked, turn).await;
    }
    figures_report(&request, asked, query, move |db, scope, of| Ok(Ok(TotalsOut::from(totals::of_all(db, scope, of)?))))
        .await
}
