//! The funds of an account, lot by lot.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::access::Figures;
use super::asked::{Asked, Params, id_of};
use super::figures::{FiguresQuery, figures_report, found};
use super::problem::{Problem, Problems};
use super::report::{Chart, Report};
use super::tables::{Kind, Row, Total};
use super::wire::{DateText, IdText, MoneyText, MonthText, Text};
use crate::app::figures::{self, AsOf};
use crate::app::scope::Scope;
use crate::domain::calendar::Month;
use crate::domain::funds::{Funds, Lot};
use crate::domain::money::Money;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;

/// The routes of funds.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show);
}

/// The funds of one entry month: `entered` = `spent` + `transferred` + `expired` + `remaining`.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct LotOut {
    /// The month in which they entered.
    entry_month: MonthText,
    /// The last month in which they can be spent.
    due_month: MonthText,
    /// The last day of that month; at its end what is left has lapsed.
    expires_on: DateText,
    /// Pounds that entered, net of what was clawed back.
    entered: MoneyText,
    /// Pounds spent on the account's own starts.
    spent: MoneyText,
    /// Pounds paid as transfers.
    transferred: MoneyText,
    /// Pounds that lapsed.
    expired: MoneyText,
    /// Pounds still to be spent.
    remaining: MoneyText,
}

impl Row for LotOut {
    const COLUMNS: &'static [&'static str] =
        &["entry_month", "due_month", "expires_on", "entered", "spent", "transferred", "expired", "remaining"];
    const SHEET: &'static str = "Funds";
    const KINDS: &'static [(&'static str, Kind)] = &[
        ("entry_month", Kind::Month),
        ("due_month", Kind::Month),
        ("expires_on", Kind::Date),
        ("entered", Kind::Money),
        ("spent", Kind::Money),
        ("transferred", Kind::Money),
        ("expired", Kind::Money),
        ("remaining", Kind::Money),
    ];
    const TOTALS: &'static [Total] = &[Total {
        label: "Total of the rows shown",
        columns: &["entered", "spent", "transferred", "expired", "remaining"],
        only: None,
    }];
}

impl From<Lot> for LotOut {
    fn from(lot: Lot) -> Self {
        Self {
            entry_month: Text(lot.entry_month),
            due_month: Text(lot.due_month),
            expires_on: Text(lot.due_month.last_day()),
            entered: Text(lot.entered),
            spent: Text(lot.spent),
            transferred: Text(lot.transferred),
            expired: Text(lot.expired),
            remaining: Text(lot.remaining),
        }
    }
}

/// The funds of an account at the end of a day.
#[derive(Serialize, ToSchema)]
pub(crate) struct FundsOut {
    /// The day whose end it is.
    as_at: DateText,
    /// The funds of each entry month, oldest first.
    lots: Vec<LotOut>,
    /// Pounds of the balance that are in no lot: corrections and what a claw-back left over.
    unallocated: MoneyText,
    /// Pounds: all that remains in lots, and the unallocated.
    balance: MoneyText,
    /// Pounds that can be spent: the smaller of the balance and of what the lots hold, never below 0.
    spendable: MoneyText,
}

impl FundsOut {
    fn new(funds: Funds, of: &AsOf) -> Self {
        Self {
            as_at: Text(of.as_at),
            unallocated: Text(funds.unallocated),
            balance: Text(funds.balance),
            spendable: Text(funds.spendable()),
            lots: funds.lots.into_iter().map(LotOut::from).collect(),
        }
    }
}

impl Report for FundsOut {
    type Row = LotOut;
    const SUMMARY: &'static [(&'static str, Option<Kind>)] = &[
        ("as_at", Some(Kind::Date)),
        ("unallocated", Some(Kind::Money)),
        ("balance", Some(Kind::Money)),
        ("spendable", Some(Kind::Money)),
    ];

    fn rows(&self) -> Vec<LotOut> {
        self.lots.clone()
    }

    fn chart(&self) -> Option<Chart> {
        let mut months: BTreeMap<Month, Vec<Money>> = BTreeMap::new();
        for lot in self.lots.iter().filter(|lot| !lot.remaining.0.is_zero()) {
            let remaining = months.entry(lot.due_month.0).or_insert_with(|| vec![Money::ZERO]);
            remaining.iter_mut().for_each(|sum| *sum += lot.remaining.0);
        }
        Some(Chart::by_month("What remains, by the last month to spend it", &["Remaining"], months))
    }
}

/// Shows the funds of an account, lot by lot
///
/// What fell due by the day has expired, whether or not its month was closed. As CSV: the lots.
#[utoipa::path(
    operation_id = "show_funds",
    tag = "figures",
    params(("id" = IdText, Path, description = "The account"), FiguresQuery),
    responses(
        (status = 200, description = "The funds", content((FundsOut = "application/json"), (String = "text/csv"))),
        (status = 304, description = "Nothing has changed since it was read"),
        Problems,
    ),
)]
#[get("/accounts/{id}/funds")]
pub(crate) async fn show(
    id: web::Path<String>,
    request: HttpRequest,
    asked: Asked<Figures>,
    Params(query): Params<FiguresQuery>,
) -> Result<HttpResponse, Problem> {
    let id = id_of(&id, "account")?;
    figures_report(&request, asked, query, move |db, scope, of| of_account(db, scope, id, &of)).await
}

/// The funds of an account as they are answered.
pub(crate) fn of_account(db: &mut Db, scope: &Scope, id: Uuid, of: &AsOf) -> Stored<Result<FundsOut, Problem>> {
    Ok(found(figures::funds(db, scope, id, of)?).map(|funds| FundsOut::new(funds, of)))
}
