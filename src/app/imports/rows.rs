//! Rows as what they ask for: a provider to register, a transfer to record, a start.

use uuid::Uuid;

use super::Kind;
use super::cells::{self, Cell, Read};
use super::columns::Columns;
use super::refused::RefusedRow;
use crate::app::transfers::GivenSchedule;
use crate::domain::facts::{Learner, StartTerms, TransferPurpose};
use crate::domain::money::Money;
use crate::domain::people::{Provider, company_number};
use crate::domain::starts::{StartStatus, is_uln};
use crate::domain::transfers::TransferStatus;

/// What a row asks for.
pub(crate) enum Wanted {
    Provider(Provider),
    Transfer(Box<WantedTransfer>),
    Start(Box<WantedStart>),
}

/// A provider as a row names it: by any of these.
#[derive(Clone)]
pub(crate) struct ProviderNamed {
    pub(crate) id: Option<Uuid>,
    pub(crate) company_number: Option<String>,
    pub(crate) name: Option<String>,
}

/// A transfer as a row describes it.
pub(crate) struct WantedTransfer {
    pub(crate) provider: ProviderNamed,
    pub(crate) amount: Money,
    pub(crate) purpose: TransferPurpose,
    pub(crate) schedule: Option<GivenSchedule>,
    pub(crate) accepted: bool,
}

/// A start as a row describes it.
pub(crate) struct WantedStart {
    pub(crate) transfer_id: Option<Uuid>,
    pub(crate) transfer_reference: Option<String>,
    pub(crate) terms: StartTerms,
    pub(crate) learner: Learner,
}

/// A row that is being read, with everything found wrong with it.
pub(crate) struct RowReader<'r> {
    kind: Kind,
    columns: &'r Columns,
    row: u32,
    cells: &'r [Cell],
    refused: Vec<RefusedRow>,
}

impl<'r> RowReader<'r> {
    /// Reads a row into what it asks for.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn read(
        kind: Kind,
        columns: &'r Columns,
        (row, cells): (u32, &'r [Cell]),
    ) -> Result<Wanted, Vec<RefusedRow>> {
        let mut reader = Self { kind, columns, row, cells, refused: Vec::new() };
        if columns.is_too_long(cells) {
            reader.refuse(
                None,
                "the row has more cells than there are headings: put quotation marks around \
                a text with a comma",
            );
        }
        let wanted = match kind {
            Kind::Providers => reader.provider().map(Wanted::Provider),
            Kind::Transfers => reader.transfer().map(|transfer| Wanted::Transfer(Box::new(transfer))),
            Kind::Starts => reader.start().map(|start| Wanted::Start(Box::new(start))),
        };
        match wanted {
            Some(wanted) if reader.refused.is_empty() => Ok(wanted),
            Some(_) | None => Err(reader.refused),
        }
    }

    fn refuse(&mut self, column: Option<&str>, detail: impl Into<String>) {
        let column = column.map(|column| self.columns.heading(column));
        self.refused.push(RefusedRow::at(self.row, column, detail.into()));
    }

    /// What stands in a column; none where it is empty or cannot be taken.
    fn maybe<T>(&mut self, column: &'static str, read: impl Fn(&Cell) -> Read<T>) -> Option<T> {
        let cell = self.columns.cell(self.cells, column);
        let known = self.kind.columns().iter().find(|known| known.name == column);
        match cell {
            Cell::Empty => {
                if known.is_some_and(|known| known.required) {
                    let right = read(cell).err().unwrap_or_default();
                    self.refuse(Some(column), format!("the cell is empty: {right}"));
                }
                None
            }
            Cell::Error(error) => {
                self.refuse(Some(column), format!("the cell shows {error}: put its formula right"));
                None
            }
            Cell::Text(_) | Cell::Date(_) => match read(cell) {
                Ok(value) => Some(value),
                Err(right) if known.is_some_and(|known| known.personal) => {
                    self.refuse(Some(column), format!("what stands there cannot be taken: {right}"));
                    None
                }
                Err(right) => {
                    let shown: String = cell.shown().chars().filter(|c| !c.is_control()).take(60).collect();
                    self.refuse(Some(column), format!("{shown:?} cannot be taken: {right}"));
                    None
                }
            },
        }
    }

    fn line(&mut self, column: &'static str) -> Option<String> {
        self.maybe(column, cells::line)
    }

    fn provider(&mut self) -> Option<Provider> {
        let (name, sector) = (self.line("name"), self.maybe("sector", cells::name));
        let provider = Provider {
            name: String::new(),
            sector: sector.unwrap_or(crate::domain::people::Sector::Other),
            company_number: self.company_number("company_number"),
            charity_number: self.line("charity_number"),
            cqc_location_id: self.line("cqc_location_id"),
            size: self.maybe("size", cells::name),
            levy_payer: self.maybe("levy_payer", cells::yes),
            district: self.line("district"),
            postcode: self.line("postcode"),
            closed_on: self.maybe("closed_on", cells::date),
        };
        Some(Provider { name: name?, sector: sector?, ..provider })
    }

    fn company_number(&mut self, column: &'static str) -> Option<String> {
        let right = "write the 8 letters and digits of Companies House, such as 01234567 or SC123456";
        self.maybe(column, |cell| company_number(&cell.shown()).ok_or_else(|| right.to_owned()))
    }

    fn transfer(&mut self) -> Option<WantedTransfer> {
        let provider = ProviderNamed {
            id: self.maybe("provider_id", cells::id),
            company_number: self.company_number("provider_company_number"),
            name: self.line("provider_name"),
        };
        let named = provider.id.is_some() || provider.company_number.is_some() || provider.name.is_some();
        if !named && self.refused.is_empty() {
            let how = "name the provider in provider_company_number, provider_name or provider_id";
            self.refuse(Some("provider_name"), how);
        }
        let accepted = self.maybe("status", first_status);
        let (amount, agreed_on) = (self.maybe("amount", cells::money), self.maybe("agreed_on", cells::date));
        let apprentices = self.maybe("apprentices", cells::whole);
        let schedule = self.maybe("schedule", cells::schedule);
        let purpose = TransferPurpose {
            agreed_on: agreed_on.unwrap_or_default(),
            apprentices: apprentices.unwrap_or_default(),
            lapses_on: self.maybe("lapses_on", cells::date),
            planned_start: self.maybe("planned_start", cells::month),
            duration_months: self.maybe("duration_months", cells::whole),
            standard_code: self.line("standard_code"),
            level: self.maybe("level", cells::level),
            priority_groups: self.maybe("priority_groups", cells::groups).unwrap_or_default(),
            reference: self.line("reference"),
        };
        let amount = amount?;
        Some(WantedTransfer { provider, amount, purpose, schedule, accepted: accepted.unwrap_or(false) })
    }

    fn start(&mut self) -> Option<WantedStart> {
        let transfer_id = self.maybe("transfer_id", cells::id);
        let transfer_reference = self.line("transfer_reference");
        self.maybe("status", as_agreed);
        let learner = Learner {
            reference: self.line("learner_reference"),
            uln: self.maybe("uln", uln),
            priority_groups: self.maybe("priority_groups", cells::groups),
        };
        Some(WantedStart { transfer_id, transfer_reference, learner, terms: self.terms()? })
    }

    fn terms(&mut self) -> Option<StartTerms> {
        let (code, level) = (self.line("standard_code"), self.maybe("level", cells::level));
        let standard_title = self.line("standard_title");
        let sector = self.maybe("sector", cells::name);
        let price = self.maybe("agreed_price", cells::money);
        let funding_band_maximum = self.maybe("funding_band_maximum", cells::money);
        let agreed_on = self.maybe("agreed_on", cells::date);
        let start_on = self.maybe("start_on", cells::date);
        let planned_end_on = self.maybe("planned_end_on", cells::date);
        let training_provider_ukprn = self.line("training_provider_ukprn");
        let training_provider_name = self.line("training_provider_name");
        let local_training_provider = self.maybe("local_training_provider", cells::yes);
        let change_of_employer = self.maybe("change_of_employer", cells::yes).unwrap_or(false);
        Some(StartTerms {
            standard_code: code?,
            standard_title,
            level: level?,
            sector,
            agreed_price: price?,
            funding_band_maximum,
            agreed_on: agreed_on?,
            start_on: start_on?,
            planned_end_on: planned_end_on?,
            training_provider_ukprn,
            training_provider_name,
            local_training_provider,
            change_of_employer,
        })
    }
}

/// Whether a transfer comes in accepted. One that has starts was accepted before; what has ended holds
/// no allowance any more, and would hold some if it came in as if it had not.
fn first_status(cell: &Cell) -> Read<bool> {
    match cells::name(cell) {
        Ok(TransferStatus::Offered) => Ok(false),
        Ok(TransferStatus::Accepted | TransferStatus::Live) => Ok(true),
        Ok(
            TransferStatus::Completed
            | TransferStatus::Declined
            | TransferStatus::Lapsed
            | TransferStatus::Withdrawn
            | TransferStatus::Stopped,
        )
        | Err(_) => Err("a transfer comes in offered, accepted or live; record afterwards how it ended, or leave the \
            row out"
            .to_owned()),
    }
}

/// A start comes in as it was agreed. One that has ended would be paid on if it came in as if it had not.
fn as_agreed(cell: &Cell) -> Read<()> {
    match cells::name(cell) {
        Ok(StartStatus::Planned | StartStatus::Live) => Ok(()),
        Ok(
            StartStatus::Paused
            | StartStatus::Withdrawn
            | StartStatus::Completed
            | StartStatus::Achieved
            | StartStatus::Void,
        )
        | Err(_) => {
            Err("a start comes in as it was agreed, planned or live; clear the cell and record afterwards what \
            happened to it, or leave the row out"
                .to_owned())
        }
    }
}

fn uln(cell: &Cell) -> Read<String> {
    let text = cell.shown().replace(' ', "");
    let right = || "write a unique learner number: 10 digits, the first of which is not 0".to_owned();
    if is_uln(&text) { Ok(text) } else { Err(right()) }
}
