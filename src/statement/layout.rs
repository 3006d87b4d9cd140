//! The four layouts of the file, and a header told from them by its columns' names, wherever they
//! stand.

use std::fmt;

use super::fault::FileFault;

/// The version of the file: 2 from June 2026, alone from September 2026.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// With the columns "Apprentice" and "Apprenticeship training course".
    V1,
    /// With the columns "Learner", "Course name", "Course type" and "Cohort reference".
    V2,
}

impl Version {
    /// Its number.
    #[must_use]
    pub const fn number(self) -> i32 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }
}

/// A layout of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Version 1, of an employer who pays levy.
    LevyV1,
    /// Version 2, of an employer who pays levy.
    LevyV2,
    /// Version 1, of an employer who does not.
    NonLevyV1,
    /// Version 2, of an employer who does not.
    NonLevyV2,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Date,
    Kind,
    Description,
    PayeScheme,
    PayrollMonth,
    LevyDeclared,
    EnglishPercent,
    TopUp,
    CohortReference,
    TrainingProvider,
    Uln,
    Learner,
    CourseName,
    Level,
    CourseType,
    PaidFromLevy,
    PaidFromTransfer,
    YourContribution,
    GovernmentContribution,
    Total,
}

/// The most columns a header may have: a dozen times what the file has.
pub(super) const MOST_COLUMNS: usize = 256;

const LEVY_V1: &[&str] = &[
    "Transaction date",
    "Transaction type",
    "Description",
    "PAYE scheme",
    "Payroll month",
    "Levy declared",
    "English %",
    "10% top up",
    "Training provider",
    "Unique learner number",
    "Apprentice",
    "Apprenticeship training course",
    "Course level",
    "Paid from levy",
    "Your contribution",
    "Government contribution",
    "Total",
];

const LEVY_V2: &[&str] = &[
    "Transaction date",
    "Transaction type",
    "Description",
    "PAYE scheme",
    "Payroll month",
    "Levy declared",
    "English %",
    "10% top up",
    "Cohort reference",
    "Training provider",
    "Unique learner number",
    "Learner",
    "Course name",
    "Course level",
    "Course type",
    "Paid from levy",
    "Paid from transfer",
    "Your contribution",
    "Government contribution",
    "Total",
];

const NON_LEVY_V1: &[&str] = &[
    "Transaction date",
    "Transaction type",
    "Description",
    "Training provider",
    "Unique learner number",
    "Apprentice",
    "Apprenticeship training course",
    "Course level",
    "Paid from transfer",
    "Your contribution",
    "Government contribution",
    "Total",
];

const NON_LEVY_V2: &[&str] = &[
    "Transaction date",
    "Transaction type",
    "Description",
    "Cohort reference",
    "Training provider",
    "Unique learner number",
    "Learner",
    "Course Name",
    "Course level",
    "Course type",
    "Paid from levy",
    "Paid from transfer",
    "Your contribution",
    "Government contribution",
    "Total",
];

impl Layout {
    /// Every layout; on a tie the earlier one is nearer to a header.
    pub const ALL: [Self; 4] = [Self::LevyV2, Self::LevyV1, Self::NonLevyV2, Self::NonLevyV1];

    /// The version it is of.
    #[must_use]
    pub const fn version(self) -> Version {
        match self {
            Self::LevyV1 | Self::NonLevyV1 => Version::V1,
            Self::LevyV2 | Self::NonLevyV2 => Version::V2,
        }
    }

    /// Its name, as it is kept.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LevyV1 => "levy_v1",
            Self::LevyV2 => "levy_v2",
            Self::NonLevyV1 => "non_levy_v1",
            Self::NonLevyV2 => "non_levy_v2",
        }
    }

    /// Its columns' names, in the order in which the national file has them.
    #[must_use]
    pub const fn headings(self) -> &'static [&'static str] {
        match self {
            Self::LevyV1 => LEVY_V1,
            Self::LevyV2 => LEVY_V2,
            Self::NonLevyV1 => NON_LEVY_V1,
            Self::NonLevyV2 => NON_LEVY_V2,
        }
    }

    /// Whether it has a column of this name.
    fn has(self, name: &str) -> bool {
        self.headings().iter().any(|heading| heading.eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LevyV1 => "the levy layout of version 1",
            Self::LevyV2 => "the levy layout of version 2",
            Self::NonLevyV1 => "the non-levy layout of version 1",
            Self::NonLevyV2 => "the non-levy layout of version 2",
        })
    }
}

impl Column {
    /// The column that any version calls by this name, in small letters.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "transaction date" => Self::Date,
            "transaction type" => Self::Kind,
            "description" => Self::Description,
            "paye scheme" => Self::PayeScheme,
            "payroll month" => Self::PayrollMonth,
            "levy declared" => Self::LevyDeclared,
            "english %" => Self::EnglishPercent,
            "10% top up" => Self::TopUp,
            "cohort reference" => Self::CohortReference,
            "training provider" => Self::TrainingProvider,
            "unique learner number" => Self::Uln,
            "apprentice" | "learner" => Self::Learner,
            "apprenticeship training course" | "course name" => Self::CourseName,
            "course level" => Self::Level,
            "course type" => Self::CourseType,
            "paid from levy" => Self::PaidFromLevy,
            "paid from transfer" => Self::PaidFromTransfer,
            "your contribution" => Self::YourContribution,
            "government contribution" => Self::GovernmentContribution,
            "total" => Self::Total,
            _ => return None,
        })
    }
}

/// The header of a file: its layout, and where each column stands.
#[derive(Clone, Debug)]
pub(super) struct Header {
    /// The layout it is of.
    pub layout: Layout,
    /// How many columns there are, without the blank one that a trailing comma makes.
    pub width: usize,
    /// How many commas it ends with: one, as every line of the national file does, unless somebody
    /// saved it again.
    pub trailing_commas: usize,
    /// Names of columns that no layout knows.
    pub ignored: Vec<String>,
    places: Vec<(Column, usize)>,
    headings: Vec<String>,
}

impl Header {
    /// Tells a layout from the names of its columns, whatever their case and order.
    pub fn read<'a>(fields: impl Iterator<Item = &'a str>) -> Result<Self, FileFault> {
        let mut headings: Vec<String> = fields.map(tidy).collect();
        let trailing_commas = headings.iter().rev().take_while(|heading| heading.is_empty()).count();
        headings.truncate(headings.len() - trailing_commas);
        if headings.len() > MOST_COLUMNS {
            return Err(FileFault::TooManyColumns { found: headings.len(), most: MOST_COLUMNS });
        }
        let names: Vec<String> = headings.iter().map(|heading| heading.to_ascii_lowercase()).collect();
        let places: Vec<(Column, usize)> =
            names.iter().enumerate().filter_map(|(place, name)| Some((Column::named(name)?, place))).collect();
        let layout = told(&headings, &names)?;
        let is_known = |name: &String| Column::named(&name.to_ascii_lowercase()).is_some();
        let ignored = headings.iter().filter(|name| !name.is_empty() && !is_known(name)).cloned().collect();
        Ok(Self { layout, width: headings.len(), trailing_commas, ignored, places, headings })
    }

    /// Where a column stands, if the layout has it.
    pub fn place(&self, column: Column) -> Option<usize> {
        self.places.iter().find(|(held, _)| *held == column).map(|&(_, place)| place)
    }

    /// What the file itself calls the column at a place.
    pub fn heading(&self, place: usize) -> &str {
        self.headings.get(place).map_or("", String::as_str)
    }
}

/// A heading without spaces around it or doubled in it, and without a spreadsheet's apostrophe.
fn tidy(heading: &str) -> String {
    heading.trim().trim_start_matches('\'').split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The layout that has all the known columns of a header and no other; else what is wrong with the
/// header beside the layout that it is nearest to.
fn told(headings: &[String], names: &[String]) -> Result<Layout, FileFault> {
    let known: Vec<(&String, &String)> =
        headings.iter().zip(names).filter(|(_, name)| Column::named(name).is_some()).collect();
    if known.len() < 3 {
        return Err(FileFault::NoStatement);
    }
    let mut seen = Vec::new();
    for (heading, name) in &known {
        if seen.contains(name) {
            return Err(FileFault::RepeatedColumn { name: (*heading).clone() });
        }
        seen.push(name);
    }
    let difference = |layout: Layout| {
        let missing: Vec<&'static str> = layout
            .headings()
            .iter()
            .filter(|heading| !names.iter().any(|name| name.eq_ignore_ascii_case(heading)))
            .copied()
            .collect();
        let foreign: Vec<String> =
            known.iter().filter(|(_, name)| !layout.has(name)).map(|(heading, _)| (*heading).clone()).collect();
        (missing, foreign)
    };
    let nearest = Layout::ALL.map(|layout| (layout, difference(layout)));
    let nearest = nearest.into_iter().min_by_key(|(_, (missing, foreign))| missing.len() + foreign.len());
    match nearest {
        Some((layout, (missing, foreign))) if missing.is_empty() && foreign.is_empty() => Ok(layout),
        Some((nearest, (missing, foreign))) => Err(FileFault::WrongHeader { nearest, missing, foreign }),
        None => Err(FileFault::NoStatement),
    }
}
