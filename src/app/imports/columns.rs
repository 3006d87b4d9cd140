//! Which column of a table is which: by the names of our own tables, or as the caller maps its own.

use std::collections::HashMap;

use super::Kind;
use super::cells::{Cell, plain};
use super::refused::RefusedRow;
use crate::domain::names::Named;

/// A column that an import takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// Whether there is no row without it.
    pub(crate) required: bool,
    /// Whether it holds personal data, which nothing repeats.
    pub(crate) personal: bool,
}

const fn column(name: &'static str) -> Column {
    Column { name, required: false, personal: false }
}

const fn required(name: &'static str) -> Column {
    Column { required: true, ..column(name) }
}

const fn personal(column: Column) -> Column {
    Column { personal: true, ..column }
}

const PROVIDERS: &[Column] = &[
    required("name"),
    required("sector"),
    column("company_number"),
    column("charity_number"),
    column("cqc_location_id"),
    column("size"),
    column("levy_payer"),
    column("district"),
    column("postcode"),
    column("closed_on"),
];

const TRANSFERS: &[Column] = &[
    column("provider_id"),
    column("provider_company_number"),
    column("provider_name"),
    column("status"),
    required("amount"),
    required("agreed_on"),
    required("apprentices"),
    column("lapses_on"),
    column("planned_start"),
    column("duration_months"),
    column("schedule"),
    column("standard_code"),
    column("level"),
    column("priority_groups"),
    column("reference"),
];

const STARTS: &[Column] = &[
    column("transfer_id"),
    column("transfer_reference"),
    column("status"),
    personal(required("learner_reference")),
    personal(column("uln")),
    required("standard_code"),
    column("standard_title"),
    required("level"),
    column("sector"),
    required("agreed_price"),
    column("funding_band_maximum"),
    required("agreed_on"),
    required("start_on"),
    required("planned_end_on"),
    column("training_provider_ukprn"),
    column("training_provider_name"),
    column("local_training_provider"),
    personal(column("priority_groups")),
    column("change_of_employer"),
];

/// Columns of our own tables that only ever go out.
const ANSWERS: &[&str] = &["id", "account_id", "capped_price", "paid", "reserved"];

impl Kind {
    /// The columns that it takes.
    pub(crate) fn columns(self) -> &'static [Column] {
        match self {
            Self::Providers => PROVIDERS,
            Self::Transfers => TRANSFERS,
            Self::Starts => STARTS,
        }
    }

    fn column(self, name: &str) -> Option<Column> {
        self.columns().iter().copied().find(|column| column.name == name)
    }

    /// The names of its columns, as they are listed.
    pub(crate) fn names(self) -> String {
        self.columns().iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
    }
}

/// What a column of the caller's is to be read as; as nothing, it is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    theirs: String,
    ours: Option<Column>,
}

impl Mapping {
    /// Reads `Their name:our_name`, or with `=` between them.
    pub(crate) fn parse(kind: Kind, text: &str) -> Result<Self, String> {
        let right = || format!("a mapping is \"Their name:our_name\", ours out of {}", kind.names());
        let (theirs, ours) = text.rsplit_once([':', '=']).ok_or_else(right)?;
        let (theirs, ours) = (theirs.trim().to_owned(), plain(ours));
        if theirs.is_empty() {
            return Err(right());
        }
        let column = kind.column(&ours);
        if column.is_none() && !ours.is_empty() {
            return Err(format!("{ours:?} is no column of {}; {}", kind.name(), right()));
        }
        Ok(Self { theirs, ours: column })
    }
}

/// Where each column stands in a table.
#[derive(Default)]
pub(crate) struct Columns {
    places: HashMap<&'static str, usize>,
    headings: Vec<String>,
    /// Headings of columns that are not taken.
    pub(crate) ignored: Vec<String>,
}

impl Columns {
    /// Reads the row of headings.
    ///
    /// # Errors
    /// What is wrong with it, as of its row.
    pub(crate) fn of(kind: Kind, (row, cells): (u32, &[Cell]), mappings: &[Mapping]) -> Result<Self, Vec<RefusedRow>> {
        let mut columns = Self { headings: cells.iter().map(Cell::shown).collect(), ..Self::default() };
        let mut refused = Vec::new();
        for (place, heading) in columns.headings.iter().enumerate().filter(|(_, heading)| !heading.is_empty()) {
            let mapped = mappings.iter().find(|mapping| plain(&mapping.theirs) == plain(heading));
            match mapped.map_or_else(|| kind.column(&plain(heading)), |mapping| mapping.ours) {
                Some(column) if columns.places.insert(column.name, place).is_some() => {
                    let detail = format!("two columns are read as {}: map one of them to nothing", column.name);
                    refused.push(RefusedRow::at(row, Some(column.name.to_owned()), detail));
                }
                Some(_) => {}
                None if ANSWERS.contains(&plain(heading).as_str()) => {}
                None => columns.ignored.push(heading.clone()),
            }
        }
        for mapping in mappings {
            if !columns.headings.iter().any(|heading| plain(heading) == plain(&mapping.theirs)) {
                let detail = "the first row has no such column, which was mapped".to_owned();
                refused.push(RefusedRow::at(row, Some(mapping.theirs.clone()), detail));
            }
        }
        for column in kind.columns().iter().filter(|column| column.required) {
            if !columns.places.contains_key(column.name) {
                let detail = "the first row has no such column: name one so, or map yours to it";
                refused.push(RefusedRow::at(row, Some(column.name.to_owned()), detail.to_owned()));
            }
        }
        if refused.is_empty() { Ok(columns) } else { Err(refused) }
    }

    /// The cell of a row in a column; empty where the row is shorter or there is no such column.
    pub(crate) fn cell<'c>(&self, cells: &'c [Cell], column: &str) -> &'c Cell {
        self.places.get(column).and_then(|place| cells.get(*place)).unwrap_or(&Cell::Empty)
    }

    /// The first cell beyond the headings, which belongs to no column.
    pub(crate) fn is_too_long(&self, cells: &[Cell]) -> bool {
        cells.iter().skip(self.headings.len()).any(|cell| !cell.is_empty())
    }

    /// What a column is called in the file.
    pub(crate) fn heading(&self, column: &str) -> String {
        let heading = self.places.get(column).and_then(|place| self.headings.get(*place));
        heading.cloned().unwrap_or_else(|| column.to_owned())
    }
}
