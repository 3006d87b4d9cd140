//! The journal of a month for a finance system that loads files: a line for each entry, balanced
//! against the levy control account, laid out as a profile says.

use std::fs::File;
use std::io::BufWriter;

use actix_web::{HttpResponse, get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::access::Money as MoneyArea;
use super::asked::{Asked, Params, id_of};
use super::page::{CSV_PAGE, whole};
use super::problem::{Code, Problem, Problems};
use super::spool;
use super::tables::{CSV_TYPE, harmless};
use super::wire::{IdText, MonthText, Text};
use crate::app::Refusal;
use crate::app::journal_lines::{self, PostedEntry};
use crate::app::journal_profiles;
use crate::app::scope::Scope;
use crate::domain::calendar::Month;
use crate::domain::journal::Seq;
use crate::domain::journal_profile::{Content, Field, JournalProfile};
use crate::domain::money::Money;
use crate::domain::names::Named;
use crate::domain::posting::{Journal, Posting};
use crate::storage::Store;

/// The route of the journal.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show);
}

/// Which journal is asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct JournalQuery {
    /// The month whose entries are posted: those that count from one of its days. The last one that is
    /// over unless said.
    month: Option<MonthText>,
    /// The name of the profile that lays it out; `standard` unless said.
    profile: Option<String>,
    /// Only entries recorded after this number, for what came late to a month that was loaded; all
    /// unless said.
    #[param(minimum = 0)]
    after: Option<Seq>,
}

/// Writes the journal of a month as a CSV for a finance system
///
/// A line for each entry on the nominal code of its kind, and at the end one on the levy control
/// account, so that debits and credits balance. Levy credits its code, payments debit theirs. With 2
/// decimals each line is rounded by itself, the control account's is the exact sum rounded once, and a
/// rounding line takes the difference.
#[utoipa::path(
    operation_id = "write_journal",
    tag = "journals",
    params(("id" = IdText, Path, description = "The account"), JournalQuery),
    responses((status = 200, description = "The journal", content((String = "text/csv"))), Problems),
)]
#[get("/accounts/{id}/journal.csv")]
pub(crate) async fn show(
    id: web::Path<String>,
    asked: Asked<MoneyArea>,
    Params(query): Params<JournalQuery>,
) -> Result<HttpResponse, Problem> {
    let account = id_of(&id, "account")?;
    let after = query.after.unwrap_or(0);
    if after < 0 {
        return Err(Problem::new(Code::MalformedRequest, "after is a number of the ledger, 0 or more"));
    }
    let Asked { store, caller, .. } = asked;
    let month = query.month.map_or_else(|| Month::of(store.moment().today).plus(-1), |Text(month)| month);
    let profile = query.profile.unwrap_or_else(|| JournalProfile::STANDARD.to_owned());
    let wanted = Wanted { account, month, after, profile };
    let file = spool::written(move |file| wanted.write(&store, &caller.scope, file)).await?;
    Ok(file.answer(HttpResponse::Ok(), CSV_TYPE, &format!("journal-{month}.csv")))
}

/// A journal that is asked for.
struct Wanted {
    account: Uuid,
    month: Month,
    after: Seq,
    profile: String,
}

impl Wanted {
    /// Reads the month's entries, a page at a time, and writes their lines.
    fn write(&self, store: &Store, scope: &Scope, file: &mut File) -> Result<(), Problem> {
        let profile = store.read(|db| journal_profiles::find(db, &self.profile))?;
        let profile = profile.ok_or(Refusal::NotFound("journal profile"))?;
        let mut lines = Lines::begin(&profile, self.month, file)?;
        let of = (self.account, self.month);
        whole(
            |key| {
                let window = (key.max(self.after), CSV_PAGE);
                let page = store.read(|db| journal_lines::page(db, scope, of, window))?;
                page.ok_or_else(|| Refusal::NotFound("account").into())
            },
            |entries| Ok::<_, Problem>(entries.iter().try_for_each(|entry| lines.post(entry))?),
        )?;
        Ok(lines.end()?)
    }
}

/// A journal that is being written.
struct Lines<'p, 'f> {
    profile: &'p JournalProfile,
    month: Month,
    journal: Journal,
    file: csv::Writer<BufWriter<&'f mut File>>,
}

/// A line before it is laid out.
struct Line<'e> {
    posting: Posting,
    debit: Money,
    on: NaiveDate,
    entry: Option<&'e PostedEntry>,
}

impl<'p, 'f> Lines<'p, 'f> {
    fn begin(profile: &'p JournalProfile, month: Month, file: &'f mut File) -> std::io::Result<Self> {
        // The trailer has cells of its own.
        let mut form = csv::WriterBuilder::new();
        form.terminator(csv::Terminator::CRLF).flexible(true);
        let mut file = form.from_writer(BufWriter::new(file));
        if profile.header_line {
            file.write_record(profile.columns.iter().map(|column| harmless(&column.header)))?;
        }
        Ok(Self { profile, month, journal: Journal::new(profile.decimals), file })
    }

    fn post(&mut self, entry: &PostedEntry) -> std::io::Result<()> {
        let of = &entry.listed.entry;
        let debit = self.journal.post(of.amount);
        self.write(&Line { posting: Posting::Entry(of.kind), debit, on: of.effective_on, entry: Some(entry) })
    }

    fn end(mut self) -> std::io::Result<()> {
        let on = self.month.last_day();
        for (posting, debit) in self.journal.close() {
            self.write(&Line { posting, debit, on, entry: None })?;
        }
        if self.profile.trailer_line {
            let decimals = self.profile.decimals;
            let (debit, credit) = (decimals.write(self.journal.debit()), decimals.write(self.journal.credit()));
            self.file.write_record(["CONTROL", &self.journal.lines().to_string(), &debit, &credit])?;
        }
        self.file.flush()
    }

    fn write(&mut self, line: &Line<'_>) -> std::io::Result<()> {
        let cell = |content: &Content| match content {
            Content::Constant(text) => text.clone(),
            Content::Field(field) => self.cell(*field, line),
        };
        let cells: Vec<String> = self.profile.columns.iter().map(|column| harmless(&cell(&column.content))).collect();
        Ok(self.file.write_record(cells)?)
    }

    fn cell(&self, field: Field, line: &Line<'_>) -> String {
        let JournalProfile { decimals, date_format, sign, codes, .. } = self.profile;
        let listed = line.entry.map(|entry| &entry.listed);
        let entry = listed.map(|listed| &listed.entry);
        let side = |pounds: Money, here: bool| if here { decimals.write(pounds) } else { String::new() };
        let text = |text: Option<&String>| text.cloned().unwrap_or_default();
        let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        match field {
            Field::Seq => listed.map(|listed| listed.seq.to_string()).unwrap_or_default(),
            Field::Date => date_format.write(line.on),
            Field::Month => self.month.to_string(),
            Field::Kind => kind(line.posting).to_owned(),
            Field::Debit => side(line.debit, !line.debit.is_negative()),
            Field::Credit => side(-line.debit, line.debit.is_negative()),
            Field::Amount => decimals.write(sign.amount(line.debit)),
            Field::NominalCode => line.posting.code(codes).to_owned(),
            Field::Reference => text(entry.and_then(|entry| entry.reference.as_ref())),
            Field::Description => format!("{} {}", line.posting.description(), self.month),
            Field::PayeScheme => text(entry.and_then(|entry| entry.paye_scheme.as_ref())),
            Field::StartId => id(listed.and_then(|listed| listed.named.start)),
            Field::TransferId => id(listed.and_then(|listed| listed.named.transfer)),
            Field::ProviderName => text(line.entry.and_then(|entry| entry.provider.as_ref())),
        }
    }
}

fn kind(posting: Posting) -> &'static str {
    match posting {
        Posting::Entry(kind) => kind.name(),
        Posting::Rounding => "rounding",
        Posting::Control => "control",
    }
}
