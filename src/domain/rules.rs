//! Rules are dated data: a rule set is a list of rows, each with the date from which it holds.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::calendar::{AllowanceYear, Month};
use super::money::{Money, MoneyError};
use super::names::Named;

/// A figure of the rules that changes with the law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Parameter {
    /// Percent of the previous year's levy funds that may be transferred; decided by the day itself.
    TransferCapPercent,
    /// Calendar months that funds can be spent after their entry month; decided by the entry month.
    ExpiryMonths,
    /// Percent that government adds to declared levy; decided by the declaration's cut-off.
    TopUpPercent,
    /// Percent that the employer pays once funds run out; decided by the start's first day.
    EmployerCoInvestmentPercent,
}

impl Parameter {
    /// All four, each of which a rule set must decide.
    pub const ALL: [Self; 4] =
        [Self::TransferCapPercent, Self::ExpiryMonths, Self::TopUpPercent, Self::EmployerCoInvestmentPercent];

    /// The name it is recorded under.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TransferCapPercent => "transfer_cap_percent",
            Self::ExpiryMonths => "expiry_months",
            Self::TopUpPercent => "top_up_percent",
            Self::EmployerCoInvestmentPercent => "employer_co_investment_percent",
        }
    }

    /// Whether a value makes sense: percent from 0 to 100, whole months from 1 to 120.
    #[must_use]
    pub fn accepts(self, value: Decimal) -> bool {
        match self {
            Self::ExpiryMonths => value.is_integer() && (Decimal::ONE..=Decimal::from(120)).contains(&value),
            Self::TransferCapPercent | Self::TopUpPercent | Self::EmployerCoInvestmentPercent => {
                (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&value)
            }
        }
    }
}

impl Named for Parameter {
    const SCHEMA: &'static str = "Parameter";
    const ALL: &'static [Self] = &Self::ALL;

    fn name(self) -> &'static str {
        Self::name(self)
    }
}

impl FromStr for Parameter {
    type Err = RuleFault;

    fn from_str(name: &str) -> Result<Self, RuleFault> {
        let found = Self::ALL.into_iter().find(|parameter| parameter.name() == name);
        found.ok_or_else(|| RuleFault::UnknownParameter(name.to_owned()))
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A percentage or a fraction as people write it: a decimal string such as `25` or `0.9`.
///
/// # Errors
/// [`RuleFault::Figure`] for any other form, a negative one, or more than 7 decimals.
pub fn parse_figure(text: &str) -> Result<Decimal, RuleFault> {
    let plain = text.len() <= 16 && text.starts_with(|c: char| c.is_ascii_digit()) && !text.ends_with('.');
    let plain = plain && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let figure = if plain { Decimal::from_str_exact(text).ok() } else { None };
    figure.filter(|figure| figure.scale() <= 7).map(|figure| figure.normalize()).ok_or(RuleFault::Figure)
}

/// This percent of an amount of pounds, rounded once to five places.
///
/// ```
/// use levy_ledger::domain::{money::Money, rules::percent_of};
/// let base: Money = "495000.00".parse()?;
/// assert_eq!(percent_of(25.into(), base)?.to_string(), "123750.00");
/// # Ok::<(), levy_ledger::domain::money::MoneyError>(())
/// ```
///
/// # Errors
/// [`MoneyError::TooLarge`] where the result is beyond what money can be.
pub fn percent_of(percent: Decimal, amount: Money) -> Result<Money, MoneyError> {
    Money::rounded(amount.pounds() * percent / Decimal::ONE_HUNDRED)
}

/// One dated row: from this day the parameter has this value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleRow {
    /// What it decides.
    pub parameter: Parameter,
    /// The first day on which it holds.
    pub from: NaiveDate,
    /// Percent, or months for `expiry_months`.
    pub value: Decimal,
}

/// What is wrong with a rule set or one of its rows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleFault {
    /// No such parameter.
    #[error(
        "there is no parameter {0:?}; the four are transfer_cap_percent, expiry_months, top_up_percent and employer_co_investment_percent"
    )]
    UnknownParameter(String),
    /// Not a decimal string.
    #[error("a percentage or fraction is a decimal string such as \"25\" or \"0.9\"")]
    Figure,
    /// Out of the parameter's range.
    #[error("{0} takes {range}", range = if *.0 == Parameter::ExpiryMonths { "whole months from 1 to 120" } else { "a percentage from 0 to 100" })]
    OutOfRange(Parameter),
    /// An expiry row that does not begin with a month.
    #[error("a row of expiry_months begins on the first of a month")]
    NotFirstOfMonth,
    /// Not after the rows that are there.
    #[error("a row of {parameter} begins after {last}, the last one there is")]
    NotLater {
        /// The parameter of the row.
        parameter: Parameter,
        /// From when its last row holds.
        last: NaiveDate,
    },
    /// A parameter that no row decides.
    #[error("no row decides {0}")]
    Undecided(Parameter),
}

/// A named list of dated rows. Account settings name the set that an account follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    name: String,
    rows: Vec<RuleRow>,
}

impl RuleSet {
    /// A rule set from its rows, in any order.
    ///
    /// # Errors
    /// The index of the row at fault (none when a parameter is missing) and what is wrong with it.
    pub fn new(name: &str, rows: &[RuleRow]) -> Result<Self, (Option<usize>, RuleFault)> {
        let mut ordered: Vec<(usize, RuleRow)> = rows.iter().copied().enumerate().collect();
        ordered.sort_by_key(|(_, row)| row.from);
        let mut set = Self { name: name.to_owned(), rows: Vec::new() };
        for (index, row) in ordered {
            set.add(row).map_err(|fault| (Some(index), fault))?;
        }
        match Parameter::ALL.into_iter().find(|p| set.rows_of(*p).next().is_none()) {
            Some(parameter) => Err((None, RuleFault::Undecided(parameter))),
            None => Ok(set),
        }
    }

    /// Adds a row after those that are there; rows in use never change.
    ///
    /// # Errors
    /// [`RuleFault`] for a value out of range or a date that is not after the parameter's last row.
    pub fn add(&mut self, row: RuleRow) -> Result<(), RuleFault> {
        if !row.parameter.accepts(row.value) {
            return Err(RuleFault::OutOfRange(row.parameter));
        }
        if row.parameter == Parameter::ExpiryMonths && row.from.day() != 1 {
            return Err(RuleFault::NotFirstOfMonth);
        }
        if let Some(last) = self.rows_of(row.parameter).last().filter(|last| last.from >= row.from) {
            return Err(RuleFault::NotLater { parameter: row.parameter, last: last.from });
        }
        self.rows.push(row);
        Ok(())
    }

    /// The name it is chosen by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its rows, in the order in which they were added.
    #[must_use]
    pub fn rows(&self) -> &[RuleRow] {
        &self.rows
    }

    fn rows_of(&self, parameter: Parameter) -> impl Iterator<Item = &RuleRow> {
        self.rows.iter().filter(move |row| row.parameter == parameter)
    }

    /// The value in force on a day. The first row holds for earlier days too, except the cap's:
    /// before it there are no transfers.
    #[must_use]
    pub fn value_on(&self, parameter: Parameter, day: NaiveDate) -> Option<Decimal> {
        let in_force = self.rows_of(parameter).filter(|row| row.from <= day).last();
        let in_force = match parameter {
            Parameter::TransferCapPercent => in_force,
            Parameter::ExpiryMonths | Parameter::TopUpPercent | Parameter::EmployerCoInvestmentPercent => {
                in_force.or_else(|| self.rows_of(parameter).next())
            }
        };
        in_force.map(|row| row.value)
    }

    /// The transfer cap in percent on a day; none before the first row: no transfers.
    #[must_use]
    pub fn transfer_cap(&self, day: NaiveDate) -> Option<Decimal> {
        self.value_on(Parameter::TransferCapPercent, day)
    }

    /// The due month of funds that entered in a month: the last month in which they can be spent.
    ///
    /// ```
    /// use levy_ledger::domain::{calendar::Month, rules::RuleSet};
    /// let entered: Month = "2026-08".parse()?;
    /// assert_eq!(RuleSet::standard().due_month(entered).to_string(), "2028-08");
    /// assert_eq!(RuleSet::england().due_month(entered).to_string(), "2027-08");
    /// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
    /// ```
    #[must_use]
    pub fn due_month(&self, entered: Month) -> Month {
        let months = self.value_on(Parameter::ExpiryMonths, entered.first_day());
        entered.plus(months.and_then(|months| months.to_i32()).unwrap_or(0))
    }

    /// A transfer cap of 25% and a two-year expiry: what is enforced unless an account chooses
    /// otherwise.
    #[must_use]
    pub fn standard() -> Self {
        Self::dated("standard", &STANDARD)
    }

    /// The figures that held in England, each from its date.
    #[must_use]
    pub fn england() -> Self {
        Self::dated("england", &ENGLAND)
    }

    fn dated(name: &str, rows: &[Dated]) -> Self {
        let row = |&(parameter, (year, month, day), value): &Dated| RuleRow {
            parameter,
            from: NaiveDate::from_ymd_opt(year, month, day).unwrap_or(NaiveDate::MAX),
            value: Decimal::from(value),
        };
        Self { name: name.to_owned(), rows: rows.iter().map(row).collect() }
    }
}

type Dated = (Parameter, (i32, u32, u32), i32);

/// The first day of the ledger's calendar: a row from here holds throughout.
const ALWAYS: (i32, u32, u32) = (2010, 1, 1);

const STANDARD: [Dated; 4] = [
    (Parameter::TransferCapPercent, ALWAYS, 25),
    (Parameter::ExpiryMonths, ALWAYS, 24),
    (Parameter::TopUpPercent, ALWAYS, 10),
    (Parameter::EmployerCoInvestmentPercent, ALWAYS, 5),
];

const ENGLAND: [Dated; 10] = [
    (Parameter::TransferCapPercent, (2018, 4, 20), 10),
    (Parameter::TransferCapPercent, (2019, 4, 20), 25),
    (Parameter::TransferCapPercent, (2024, 4, 22), 50),
    (Parameter::ExpiryMonths, ALWAYS, 24),
    (Parameter::ExpiryMonths, (2026, 8, 1), 12),
    (Parameter::TopUpPercent, ALWAYS, 10),
    (Parameter::TopUpPercent, (2026, 8, 1), 0),
    (Parameter::EmployerCoInvestmentPercent, ALWAYS, 10),
    (Parameter::EmployerCoInvestmentPercent, (2019, 4, 1), 5),
    (Parameter::EmployerCoInvestmentPercent, (2026, 8, 1), 25),
];

/// The day whose cap decides a year's allowance for something agreed on `day`: that day within the
/// year, else the year's first day.
#[must_use]
pub fn deciding_day(year: AllowanceYear, day: NaiveDate) -> NaiveDate {
    if AllowanceYear::of(day) == year { day } else { year.first_day() }
}
