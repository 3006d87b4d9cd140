//! Payments and refunds.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Money;
use super::answer::Presented;
use super::asked::{Asked, Params, Posted, RecordQuery, id_of};
use super::entries::EntryOut;
use super::page::{self, List, PageQuery};
use super::problem::{Problem, Problems};
use super::wire::{IdText, LineText, MoneyText, MonthText, Name, Text};
use crate::app::entries::{self, EntriesAsked};
use crate::app::payments::{PaymentAsked, PaymentsRecorded, RecordPayments};
use crate::domain::journal::EntryKind;
use crate::domain::spending::PaymentKind;

/// The name of a kind of payment.
type PaymentKindName = Name<PaymentKind>;

/// The routes of payments.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(record).service(list);
}

/// Payments to be recorded together: all of them, or none.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentsIn {
    /// The payments, 1 to 1000.
    #[schema(min_items = 1, max_items = 1000)]
    payments: Vec<PaymentIn>,
}

/// A payment, or a refund when its amount is negative.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentIn {
    /// The collection month; its last day is the day from which the payment counts.
    month: MonthText,
    /// `own` for the account's own training, `transfer` for a provider's.
    kind: PaymentKindName,
    /// Pounds paid; negative for a refund, which gives back no more than was paid.
    amount: MoneyText,
    /// The start that is paid for; without it and without a transfer it is spending from before the records.
    #[serde(default)]
    start_id: Option<IdText>,
    /// The transfer that pays; that of the start unless said.
    #[serde(default)]
    transfer_id: Option<IdText>,
    /// The council's own reference.
    #[serde(default)]
    reference: Option<LineText>,
}

impl From<PaymentIn> for PaymentAsked {
    fn from(payment: PaymentIn) -> Self {
        Self {
            month: payment.month.0,
            kind: payment.kind.0,
            amount: payment.amount.0,
            start: payment.start_id.map(|Text(id)| id),
            transfer: payment.transfer_id.map(|Text(id)| id),
            reference: payment.reference.map(|text| text.0.0),
        }
    }
}

/// The payments as recorded.
#[derive(Serialize, ToSchema)]
pub(crate) struct PaymentsOut {
    /// An entry for each payment, in the order of the request.
    data: Vec<EntryOut>,
    /// What is allowed but should be looked at, such as passing a provisional allowance.
    warnings: Vec<String>,
}

impl From<PaymentsRecorded> for PaymentsOut {
    fn from(PaymentsRecorded { entries, warnings, receipt }: PaymentsRecorded) -> Self {
        let entries = entries.iter().enumerate();
        let data = entries.map(|(place, (entry, named))| EntryOut::recorded(entry, *named, &receipt, place));
        Self { data: data.collect(), warnings }
    }
}

/// Records payments and refunds, all or none
///
/// A payment may use what lots that entered by its month's end still hold once every recorded
/// payment is counted. A transfer payment beyond its year's schedule needs free allowance of the
/// year that holds the month's last day.
#[utoipa::path(
    operation_id = "record_payments",
    tag = "payments",
    params(("id" = IdText, Path, description = "The account"), RecordQuery),
    request_body = PaymentsIn,
    responses((status = 200, description = "The entries, payments negative", body = PaymentsOut), Problems),
)]
#[post("/accounts/{id}/payments")]
pub(crate) async fn record(id: web::Path<String>, posted: Posted<Money, PaymentsIn>) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let command = RecordPayments {
        scope: recorder.caller.scope.clone(),
        account: id_of(&id, "account")?,
        payments: body.payments.into_iter().map(PaymentAsked::from).collect(),
    };
    recorder.record(command, |recorded| Presented::ok(&PaymentsOut::from(recorded))).await
}

/// Lists an account's payments and refunds
#[utoipa::path(
    operation_id = "list_payments",
    tag = "payments",
    params(("id" = IdText, Path, description = "The account"), PageQuery),
    responses((status = 200, description = "A page of entries", body = List<EntryOut>), Problems),
)]
#[get("/accounts/{id}/payments")]
pub(crate) async fn list(
    id: web::Path<String>,
    asked: Asked<Money>,
    query: Params<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let Params(query) = query;
    let account = id_of(&id, "account")?;
    let of_kinds = EntriesAsked::of_kinds(account, &[EntryKind::OwnPayment, EntryKind::TransferPayment]);
    page::of_account(&asked, ("payments", account), &query, move |db, caller, wanted| {
        let found = entries::page(db, &caller.scope, &of_kinds, wanted)?;
        Ok(found.map(|found| found.into_iter().map(|entry| (entry.seq, EntryOut::from(entry))).collect()))
    })
    .await
}
