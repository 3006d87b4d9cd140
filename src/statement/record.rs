//! A line made of its fields. Where there are more fields than columns, the commas of a learner's
//! name or of a PAYE scheme are found by the forms of the columns on either side.

use super::fault::{LineCause, LineFault};
use super::forms::{self, Cell};
use super::layout::{Column, Header};
use super::line::Line;

/// The most commas in a name or a scheme that are resolved.
const MOST_COMMAS: usize = 20;
/// How much of a wrong value a fault shows, in characters.
const SHOWN: usize = 40;

/// Reads a line from as many fields as there are columns, or from more.
pub(super) fn line(header: &Header, number: u64, cells: &[Cell<'_>]) -> Result<Line, LineFault> {
    read(header, number, cells).map_err(|cause| LineFault { line: number, cause })
}

fn read(header: &Header, number: u64, cells: &[Cell<'_>]) -> Result<Line, LineCause> {
    let (expected, found) = (header.width, cells.len());
    let Some(excess) = found.checked_sub(expected) else {
        return Err(LineCause::TooFewFields { expected, found });
    };
    if excess == 0 {
        return Record { header, cells, in_scheme: 0, in_name: 0 }.line(number);
    }
    if excess > MOST_COMMAS {
        return Err(LineCause::TooManyFields { expected, found });
    }
    let most_in_scheme = if header.place(Column::PayeScheme).is_some() { excess } else { 0 };
    let mut readings: Vec<Line> = (0..=most_in_scheme)
        .map(|in_scheme| Record { header, cells, in_scheme, in_name: excess - in_scheme })
        .filter(Record::has_names_where_names_are)
        .filter_map(|record| record.line(number).ok())
        .collect();
    // Readings that differ in the name alone are the same line, as the name is dropped.
    readings.dedup();
    match (readings.pop(), readings.is_empty()) {
        (Some(line), true) => Ok(line),
        (Some(_), false) => Err(LineCause::Ambiguous { expected, found }),
        (None, _) => Err(LineCause::TooManyFields { expected, found }),
    }
}

/// The fields of a line under one reading of its commas.
struct Record<'a> {
    header: &'a Header,
    cells: &'a [Cell<'a>],
    /// Commas within the PAYE scheme.
    in_scheme: usize,
    /// Commas within the learner's name.
    in_name: usize,
}

impl Record<'_> {
    fn line(&self, number: u64) -> Result<Line, LineCause> {
        let amount = |column| self.amount(column);
        Ok(Line {
            number,
            date: self.needed(Column::Date, forms::date)?,
            kind: self.needed(Column::Kind, |cell| forms::kind(&cell.text))?,
            description: self.words(Column::Description),
            paye_scheme: self.scheme(),
            payroll_month: self.optional(Column::PayrollMonth, forms::payroll_month)?,
            levy_declared: amount(Column::LevyDeclared)?,
            english_fraction: self.optional(Column::EnglishPercent, forms::fraction)?.unwrap_or_default(),
            top_up: amount(Column::TopUp)?,
            cohort_reference: self.words(Column::CohortReference),
            training_provider: self.words(Column::TrainingProvider),
            uln: self.optional(Column::Uln, forms::uln)?,
            course_name: self.words(Column::CourseName),
            level: self.optional(Column::Level, forms::level)?,
            course_type: self.words(Column::CourseType),
            paid_from_levy: amount(Column::PaidFromLevy)?,
            paid_from_transfer: amount(Column::PaidFromTransfer)?,
            your_contribution: amount(Column::YourContribution)?,
            government_contribution: amount(Column::GovernmentContribution)?,
            total: self.needed(Column::Total, forms::money)?,
        })
    }

    /// Whether commas in a learner's name leave words in the name, the course and its type. A figure
    /// there would be one of another column, split by a comma between its thousands.
    fn has_names_where_names_are(&self) -> bool {
        if self.in_name == 0 {
            return true;
        }
        let has_letter = |text: &str| text.chars().any(char::is_alphabetic);
        let name = self.field(Column::Learner).and_then(|begins| self.cells.get(begins..=begins + self.in_name));
        let courses = [Column::CourseName, Column::CourseType].map(|column| self.cell(column));
        name.is_some_and(|parts| parts.iter().any(|part| has_letter(&part.text)))
            && courses.into_iter().flatten().all(|cell| cell.is_blank() || has_letter(&cell.text))
    }

    /// Where a column's field begins: commas in the columns before it push it back.
    fn field(&self, column: Column) -> Option<usize> {
        let place = self.header.place(column)?;
        let pushed = |by: Column, commas: usize| {
            if self.header.place(by).is_some_and(|before| before < place) { commas } else { 0 }
        };
        Some(place + pushed(Column::PayeScheme, self.in_scheme) + pushed(Column::Learner, self.in_name))
    }

    fn cell(&self, column: Column) -> Option<&Cell<'_>> {
        self.cells.get(self.field(column)?)
    }

    fn words(&self, column: Column) -> Option<String> {
        self.cell(column).and_then(|cell| forms::words(&cell.text))
    }

    /// The PAYE scheme, its commas put back.
    fn scheme(&self) -> Option<String> {
        let begins = self.field(Column::PayeScheme)?;
        let parts = self.cells.get(begins..=begins + self.in_scheme)?;
        let parts: Vec<&str> = parts.iter().map(|cell| &*cell.text).collect();
        forms::words(&parts.join(","))
    }

    /// An amount; nothing where it is blank or the layout has no such column.
    fn amount(&self, column: Column) -> Result<crate::domain::money::Money, LineCause> {
        self.optional(column, forms::money).map(Option::unwrap_or_default)
    }

    fn optional<T>(&self, column: Column, read: fn(&Cell<'_>) -> Option<T>) -> Result<Option<T>, LineCause> {
        match self.cell(column).filter(|cell| !cell.is_blank()) {
            None => Ok(None),
            Some(cell) => read(cell).map(Some).ok_or_else(|| self.fault(column)),
        }
    }

    fn needed<T>(&self, column: Column, read: impl Fn(&Cell<'_>) -> Option<T>) -> Result<T, LineCause> {
        self.cell(column).and_then(read).ok_or_else(|| self.fault(column))
    }

    fn fault(&self, column: Column) -> LineCause {
        let place = self.header.place(column).unwrap_or_default();
        let value = self.cell(column).map(|cell| &cell.text);
        LineCause::Form {
            column: self.header.heading(place).to_owned(),
            value: value.filter(|value| self.may_show(place, value)).map(|value| value.chars().take(SHOWN).collect()),
            expected: expected(column),
        }
    }

    /// Whether a value is surely no part of a learner's name or number. A field too few or too many
    /// moves the others, so what stands behind the learner may be the learner.
    fn may_show(&self, place: usize, value: &str) -> bool {
        let is_figure = value.chars().all(|c| c.is_ascii_digit() || "-./,£ \u{2212}".contains(c));
        let digits = value.chars().filter(char::is_ascii_digit).count();
        let personal = [Column::Uln, Column::Learner].map(|column| self.header.place(column));
        let stands_before = personal.iter().flatten().all(|&learner| place < learner);
        let stands_at = personal.contains(&Some(place));
        value.is_empty() || (!stands_at && digits < 10 && (is_figure || stands_before))
    }
}

/// How a column is written, to complete "… is not …".
const fn expected(column: Column) -> &'static str {
    match column {
        Column::Date => "a date as dd/MM/yyyy from 2010 to 2099, such as 23/05/2026",
        Column::Kind => {
            "one of Levy, Levy Adjustment, Monthly Payment, Completion Payment, Balance Payment, Milestone Payment, \
             Transfer, Expired Levy, Expired Levy 12 month, Expired Levy 24 month"
        }
        Column::PayrollMonth => "blank or a month as MMM yyyy, such as Apr 2026",
        Column::EnglishPercent => "a percentage from 0 to 100 with up to 5 decimals, such as 90.00000",
        Column::Uln => "blank or a learner number of 10 digits",
        Column::Level => "blank or a level of one or two digits, such as 3",
        Column::LevyDeclared
        | Column::TopUp
        | Column::PaidFromLevy
        | Column::PaidFromTransfer
        | Column::YourContribution
        | Column::GovernmentContribution
        | Column::Total => {
            "an amount of pounds with a point and up to 5 decimals, without separators or currency sign, such as \
             -190.00000"
        }
        Column::Description
        | Column::PayeScheme
        | Column::CohortReference
        | Column::TrainingProvider
        | Column::Learner
        | Column::CourseName
        | Column::CourseType => "a text",
    }
}
