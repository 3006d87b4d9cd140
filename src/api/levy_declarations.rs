//! Levy declared to HMRC, a submission per PAYE scheme and payroll month.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Money;
use super::answer::Presented;
use super::asked::{Asked, Params, Posted, RecordQuery, id_of};
use super::entries::EntryOut;
use super::levy_funds::LevyEntryOut;
use super::page::{self, List, PageQuery};
use super::payroll::{OutcomeName, PayrollYearText, SubmissionIdText};
use super::problem::{Problem, Problems};
use super::wire::{DateText, FigureText, IdText, LineText, MoneyText, Name, Text, TimeText};
use crate::app::declarations::{
    self, Credited, DeclarationAsked, DeclarationResult, DeclarationView, DeclarationsRecorded, RecordDeclarations,
};
use crate::app::entries::NamedIds;
use crate::storage::writer::Receipt;

/// The routes of declarations.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(record).service(list);
}

/// Declarations to be processed together.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeclarationsIn {
    /// The day of processing: the credits enter the account on it.
    processed_on: DateText,
    /// The declarations, at most 1000 and in any order; none to post what has waited.
    #[schema(max_items = 1000)]
    declarations: Vec<DeclarationIn>,
}

/// What one PAYE scheme told HMRC at one time about one payroll month.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeclarationIn {
    /// HMRC's number of the submission; one that is held already is ignored.
    submission_id: SubmissionIdText,
    /// The PAYE scheme.
    paye_scheme: LineText,
    /// The tax year of the payroll.
    payroll_year: PayrollYearText,
    /// The payroll month: 1 is April (6 April to 5 May), 12 is March.
    #[schema(minimum = 1, maximum = 12)]
    payroll_month: i64,
    /// Pounds of levy due in the tax year up to this month; may be left out where there was no payment.
    #[serde(default)]
    levy_due_year_to_date: Option<MoneyText>,
    /// Whether there was nothing to pay for the period: then the submission posts nothing.
    #[serde(default)]
    no_payment_for_period: Option<bool>,
    /// When the submission was made, UTC; its day in the UK decides the allowance year.
    submitted_at: TimeText,
    /// The share of the pay bill that is paid in England, 0 to 1; left out, it is the latest that
    /// was given for the scheme before the month's cut-off, else 1.
    #[serde(default)]
    english_fraction: Option<FigureText>,
}

impl From<DeclarationIn> for DeclarationAsked {
    fn from(sent: DeclarationIn) -> Self {
        Self {
            id: sent.submission_id.0,
            paye_scheme: sent.paye_scheme.0.0,
            payroll_year: sent.payroll_year.0,
            payroll_month: sent.payroll_month,
            year_to_date: sent.levy_due_year_to_date.map(|Text(figure)| figure),
            no_payment: sent.no_payment_for_period.unwrap_or(false),
            submitted_at: sent.submitted_at.0,
            english_fraction: sent.english_fraction.map(|Text(fraction)| fraction),
        }
    }
}

/// What became of each declaration.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeclarationsOut {
    /// A result for each declaration in the order of the request, then those of earlier requests
    /// that had waited and are decided now.
    results: Vec<DeclarationResultOut>,
}

/// What became of a declaration.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeclarationResultOut {
    /// HMRC's number of the submission.
    submission_id: SubmissionIdText,
    /// `posted`: credited; `held`: kept, and counts where later ones are measured, but credits
    /// nothing; `waiting`: its month's cut-off has not passed; `ignored`: counts for nothing.
    outcome: OutcomeName,
    /// What happened and why, in a sentence.
    reason: String,
    /// Pounds declared for the month, before the English fraction; null unless posted.
    declared: Option<MoneyText>,
    /// Pounds that government adds; null unless posted.
    top_up: Option<MoneyText>,
    /// The English fraction that it was posted with; null unless posted.
    english_fraction: Option<FigureText>,
    /// The entry of the credit; null where nothing is credited.
    entry: Option<LevyEntryOut>,
}

impl DeclarationResultOut {
    fn recorded(result: DeclarationResult, receipt: &Receipt) -> Self {
        let entry = result.credited.map(|Credited { position, entry, expires_on }| {
            let out = EntryOut::recorded(&entry, NamedIds::default(), receipt, position);
            LevyEntryOut::of(&entry, out, expires_on)
        });
        Self {
            submission_id: Text(result.id),
            outcome: Name(result.outcome),
            reason: result.reason,
            declared: result.posting.map(|posting| Text(posting.credit.declared)),
            top_up: result.posting.map(|posting| Text(posting.credit.top_up)),
            english_fraction: result.posting.map(|posting| Text(posting.english_fraction)),
            entry,
        }
    }
}

impl From<DeclarationsRecorded> for DeclarationsOut {
    fn from(DeclarationsRecorded { results, receipt }: DeclarationsRecorded) -> Self {
        let results = results.into_iter().map(|result| DeclarationResultOut::recorded(result, &receipt));
        Self { results: results.collect() }
    }
}

/// A declaration as it was sent, with what became of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeclarationOut {
    /// The PAYE scheme.
    paye_scheme: String,
    /// The tax year of the payroll.
    payroll_year: PayrollYearText,
    /// The payroll month: 1 is April, 12 is March.
    payroll_month: u32,
    /// Pounds of levy due in the tax year up to this month, as it was sent.
    levy_due_year_to_date: Option<MoneyText>,
    /// Whether there was nothing to pay for the period.
    no_payment_for_period: bool,
    /// When the submission was made, UTC.
    submitted_at: TimeText,
    /// The day of processing on which its outcome was decided last.
    processed_on: DateText,
    #[serde(flatten)]
    result: DeclarationResultOut,
}

impl From<DeclarationView> for DeclarationOut {
    fn from(DeclarationView { listed, expires_on }: DeclarationView) -> Self {
        let (submission, entry) = (listed.submission, listed.entry);
        Self {
            paye_scheme: listed.paye_scheme,
            payroll_year: Text(submission.month.year()),
            payroll_month: submission.month.number(),
            levy_due_year_to_date: submission.year_to_date.map(Text),
            no_payment_for_period: submission.no_payment,
            submitted_at: Text(submission.submitted_at),
            processed_on: Text(listed.processed_on),
            result: DeclarationResultOut {
                submission_id: Text(submission.id),
                outcome: Name(listed.outcome),
                reason: listed.reason,
                declared: listed.declared.map(Text),
                top_up: listed.top_up.map(Text),
                english_fraction: listed.english_fraction.map(Text),
                entry: entry.zip(expires_on).map(LevyEntryOut::from),
            },
        }
    }
}

/// Records levy declared to HMRC, and posts what has waited
///
/// What a month declares is the last figure in time less that of the nearest earlier month of the
/// same PAYE scheme and year, under whatever account that was. Each declaration is answered with
/// what happened and why; sending the same ones again changes nothing.
#[utoipa::path(
    operation_id = "record_levy_declarations",
    tag = "levy",
    params(("id" = IdText, Path, description = "The account"), RecordQuery),
    request_body = DeclarationsIn,
    responses((status = 200, description = "What became of each declaration", body = DeclarationsOut), Problems),
)]
#[post("/accounts/{id}/levy-declarations")]
pub(crate) async fn record(
    id: web::Path<String>,
    posted: Posted<Money, DeclarationsIn>,
) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let command = RecordDeclarations {
        scope: recorder.caller.scope.clone(),
        account: id_of(&id, "account")?,
        processed_on: body.processed_on.0,
        declarations: body.declarations.into_iter().map(DeclarationAsked::from).collect(),
    };
    recorder.record(command, |recorded| Presented::ok(&DeclarationsOut::from(recorded))).await
}

/// Lists the declarations that were sent to an account, with what became of each
#[utoipa::path(
    operation_id = "list_levy_declarations",
    tag = "levy",
    params(("id" = IdText, Path, description = "The account"), PageQuery),
    responses((status = 200, description = "A page of declarations", body = List<DeclarationOut>), Problems),
)]
#[get("/accounts/{id}/levy-declarations")]
pub(crate) async fn list(
    id: web::Path<String>,
    asked: Asked<Money>,
    query: Params<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let Params(query) = query;
    let account = id_of(&id, "account")?;
    page::of_account(&asked, ("levy-declarations", account), &query, move |db, caller, wanted| {
        let found = declarations::page(db, &caller.scope, account, wanted)?;
        Ok(found.map(|found| {
            found.into_iter().map(|view| (view.listed.key, view.into())).collect::<Vec<(_, DeclarationOut)>>()
        }))
    })
    .await
}
