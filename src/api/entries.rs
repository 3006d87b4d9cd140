//! The journal's entries, and taking them back.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::Money;
use super::answer::Presented;
use super::asked::{Asked, Params, Posted, RecordQuery, id_of};
use super::page::{self, List};
use super::problem::{Code, Problem, Problems};
use super::tables::{Kind, Row, Total};
use super::wire::{DateText, EntryKindName, IdText, LineText, MoneyText, MonthText, Name, Text, TimeText};
use crate::app::Refusal;
use crate::app::entries::{self, EntriesAsked, ListedEntry, NamedIds};
use crate::app::reversals::ReverseEntry;
use crate::app::scope::Scope;
use crate::domain::journal::{Entry, Seq};
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::writer::Receipt;

/// The routes of entries.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(show).service(reverse);
}

/// One movement of an account's balance.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct EntryOut {
    /// Its number in the ledger's sequence; null on a dry run.
    pub(crate) seq: Option<Seq>,
    /// What it records.
    pub(crate) kind: EntryKindName,
    /// Entry month of levy, collection month of payments, due month of expiry.
    pub(crate) month: MonthText,
    /// The day from which it counts.
    pub(crate) effective_on: DateText,
    /// The day that a statement's line carried.
    pub(crate) stated_on: Option<DateText>,
    /// Pounds by which the balance moves: payments and expiry are negative.
    pub(crate) amount: MoneyText,
    /// The start that was paid for.
    pub(crate) start_id: Option<IdText>,
    /// The transfer that paid.
    pub(crate) transfer_id: Option<IdText>,
    /// The PAYE scheme of levy.
    pub(crate) paye_scheme: Option<String>,
    /// The council's own reference.
    pub(crate) reference: Option<String>,
    /// When it was recorded.
    pub(crate) recorded_at: Option<TimeText>,
    /// By whom.
    pub(crate) recorded_by: String,
    /// The entry that it takes back.
    pub(crate) reverses: Option<Seq>,
}

impl Row for EntryOut {
    const COLUMNS: &'static [&'static str] = &[
        "seq",
        "kind",
        "month",
        "effective_on",
        "stated_on",
        "amount",
        "start_id",
        "transfer_id",
        "paye_scheme",
        "reference",
        "recorded_at",
        "recorded_by",
        "reverses",
    ];
    const SHEET: &'static str = "Entries";
    const KINDS: &'static [(&'static str, Kind)] = &[
        ("month", Kind::Month),
        ("effective_on", Kind::Date),
        ("stated_on", Kind::Date),
        ("amount", Kind::Money),
        ("recorded_at", Kind::Time),
    ];
    const TOTALS: &'static [Total] = &[Total { label: "Total of the rows shown", columns: &["amount"], only: None }];
}

impl EntryOut {
    /// An entry as it was just recorded, at `position` of what its command recorded.
    pub(crate) fn recorded(entry: &Entry, named: NamedIds, receipt: &Receipt, position: usize) -> Self {
        let seq = receipt.seq(position);
        Self {
            seq,
            kind: Name(entry.kind),
            month: Text(entry.month),
            effective_on: Text(entry.effective_on),
            stated_on: entry.stated_on.map(Text),
            amount: Text(entry.amount),
            start_id: named.start.map(Text),
            transfer_id: named.transfer.map(Text),
            paye_scheme: entry.paye_scheme.clone(),
            reference: entry.reference.clone(),
            recorded_at: seq.map(|_| Text(receipt.at)),
            recorded_by: receipt.by.clone(),
            reverses: entry.reverses,
        }
    }
}

impl From<ListedEntry> for EntryOut {
    fn from(ListedEntry { seq, entry, named, recorded_at, recorded_by }: ListedEntry) -> Self {
        let receipt = Receipt { first_seq: Some(seq), at: recorded_at, by: recorded_by, head: None };
        Self::recorded(&entry, named, &receipt, 0)
    }
}

/// Which entries are listed, and how they are paged.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntriesQuery {
    /// Only entries of this kind.
    #[param(inline)]
    kind: Option<EntryKindName>,
    /// Only entries that count from this day or later.
    from: Option<DateText>,
    /// Only entries that count from this day or before.
    to: Option<DateText>,
    /// Only entries for this start.
    start_id: Option<IdText>,
    /// How many items at the most, 1 to 1000; 100 unless said. Not for CSV, which is whole.
    limit: Option<i64>,
    /// The `next_cursor` of the page before. Not for CSV, which is whole.
    cursor: Option<String>,
}

impl EntriesQuery {
    fn asked(&self, account: uuid::Uuid) -> Result<EntriesAsked, Problem> {
        let day = |day: &Option<DateText>| day.map(|Text(day)| day);
        let (from, to) = (day(&self.from), day(&self.to));
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            return Err(Problem::new(Code::MalformedRequest, "`from` lies after `to`; no day is between them"));
        }
        let kinds = self.kind.iter().map(|kind| kind.0).collect();
        Ok(EntriesAsked { account, kinds, from, to, start: self.start_id.map(|Text(id)| id) })
    }
}

/// Lists an account's entries, oldest first; as CSV whole
#[utoipa::path(
    operation_id = "list_entries",
    tag = "entries",
    params(("id" = IdText, Path, description = "The account"), EntriesQuery),
    responses(
        (status = 200, description = "A page of entries, or all of them as CSV", content(
            (List<EntryOut> = "application/json"),
            (String = "text/csv"),
        )),
        Problems,
    ),
)]
#[get("/accounts/{id}/entries")]
pub(crate) async fn list(
    request: HttpRequest,
    id: web::Path<String>,
    asked: Asked<Money>,
    query: Params<EntriesQuery>,
) -> Result<HttpResponse, Problem> {
    let Params(query) = query;
    let account = id_of(&id, "account")?;
    let wanted = query.asked(account)?;
    let EntriesQuery { kind, from, to, start_id, limit, cursor } = query;
    let filters = (account.to_string(), kind, from, to, start_id);
    page::list(&request, asked, (limit, cursor), &filters, move |db, caller, _, after, limit| {
        rows(db, &caller.scope, &wanted, (after, limit))
    })
    .await
}

/// A page of an account's entries as they are answered, each with its number.
pub(crate) fn rows(
    db: &mut Db,
    scope: &Scope,
    wanted: &EntriesAsked,
    window: (Seq, i64),
) -> Stored<Result<Vec<(Seq, EntryOut)>, Problem>> {
    let Some(found) = entries::page(db, scope, wanted, window)? else {
        return Ok(Err(Refusal::NotFound("account").into()));
    };
    Ok(Ok(found.into_iter().map(|entry| (entry.seq, EntryOut::from(entry))).collect()))
}

/// The number in a path. One that is no number names nothing.
fn seq_of(text: &str) -> Result<Seq, Problem> {
    text.parse().map_err(|_| Refusal::NotFound("entry").into())
}

/// Shows an entry
#[utoipa::path(
    operation_id = "get_entry",
    tag = "entries",
    params(("seq" = i64, Path, description = "The entry's number")),
    responses((status = 200, description = "The entry", body = EntryOut), Problems),
)]
#[get("/entries/{seq}")]
pub(crate) async fn show(asked: Asked<Money>, seq: web::Path<String>) -> Result<HttpResponse, Problem> {
    let seq = seq_of(&seq)?;
    let found = asked.read(move |db, caller, _| Ok(Ok(entries::find(db, &caller.scope, seq)?))).await?;
    let entry = found.ok_or(Refusal::NotFound("entry"))?;
    Ok(HttpResponse::Ok().json(EntryOut::from(entry)))
}

/// Why an entry is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReversalIn {
    /// Why; it becomes the reference of the entry that takes it back.
    reason: LineText,
}

/// Takes an entry back by another of the same kind and opposite amount
///
/// Once. Expiry and reversals cannot be taken back. Levy is taken back whatever the funds.
#[utoipa::path(
    operation_id = "reverse_entry",
    tag = "entries",
    params(("seq" = i64, Path, description = "The entry's number"), RecordQuery),
    request_body = ReversalIn,
    responses((status = 201, description = "The entry that takes it back", body = EntryOut), Problems),
)]
#[post("/entries/{seq}/reverse")]
pub(crate) async fn reverse(
    seq: web::Path<String>,
    posted: Posted<Money, ReversalIn>,
) -> Result<HttpResponse, Problem> {
    let Posted { body, recorder, .. } = posted;
    let (scope, reason) = (recorder.caller.scope.clone(), body.reason.0.0);
    let command = ReverseEntry { scope, seq: seq_of(&seq)?, reason };
    recorder
        .record(command, |reversed| {
            let out = EntryOut::recorded(&reversed.entry, reversed.named, &reversed.receipt, 0);
            Presented::created(out.seq.map(|seq| format!("/v1/entries/{seq}")), &out)
        })
        .await
}
