//! Who takes part: providers that receive transfers, and the groups apprentices belong to.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;

use super::names::{Named, UnknownName};

/// What a provider does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Sector {
    AdultSocialCare,
    ChildrensSocialCare,
    Health,
    Education,
    Construction,
    Engineering,
    Digital,
    Hospitality,
    Retail,
    Manufacturing,
    Transport,
    Agriculture,
    Creative,
    Voluntary,
    PublicServices,
    Other,
}

impl Named for Sector {
    const SCHEMA: &'static str = "Sector";
    const ALL: &'static [Self] = &[
        Self::AdultSocialCare,
        Self::ChildrensSocialCare,
        Self::Health,
        Self::Education,
        Self::Construction,
        Self::Engineering,
        Self::Digital,
        Self::Hospitality,
        Self::Retail,
        Self::Manufacturing,
        Self::Transport,
        Self::Agriculture,
        Self::Creative,
        Self::Voluntary,
        Self::PublicServices,
        Self::Other,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::AdultSocialCare => "adult_social_care",
            Self::ChildrensSocialCare => "childrens_social_care",
            Self::Health => "health",
            Self::Education => "education",
            Self::Construction => "construction",
            Self::Engineering => "engineering",
            Self::Digital => "digital",
            Self::Hospitality => "hospitality",
            Self::Retail => "retail",
            Self::Manufacturing => "manufacturing",
            Self::Transport => "transport",
            Self::Agriculture => "agriculture",
            Self::Creative => "creative",
            Self::Voluntary => "voluntary",
            Self::PublicServices => "public_services",
            Self::Other => "other",
        }
    }
}

/// How large a provider is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Size {
    Micro,
    Small,
    Medium,
    Large,
}

impl Named for Size {
    const SCHEMA: &'static str = "Size";
    const ALL: &'static [Self] = &[Self::Micro, Self::Small, Self::Medium, Self::Large];

    fn name(self) -> &'static str {
        match self {
            Self::Micro => "micro",
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        }
    }
}

/// A priority group (`docs/rules.md` section 10): personal data where it is said of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum PriorityGroup {
    CareLeaver,
    NotInEducationEmploymentOrTraining,
    Disabled,
    LongTermUnemployed,
}

impl Named for PriorityGroup {
    const SCHEMA: &'static str = "PriorityGroup";
    const ALL: &'static [Self] =
        &[Self::CareLeaver, Self::NotInEducationEmploymentOrTraining, Self::Disabled, Self::LongTermUnemployed];

    fn name(self) -> &'static str {
        match self {
            Self::CareLeaver => "care_leaver",
            Self::NotInEducationEmploymentOrTraining => "not_in_education_employment_or_training",
            Self::Disabled => "disabled",
            Self::LongTermUnemployed => "long_term_unemployed",
        }
    }
}

/// What a token's holder may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Admin,
    /// Providers, transfers and starts; reads the rest.
    Apprenticeships,
    /// Levy, payments and reversals; reads the rest, starts reduced.
    Finance,
    /// Reads totals and reports.
    Integration,
}

impl Named for Role {
    const SCHEMA: &'static str = "Role";
    const ALL: &'static [Self] = &[Self::Admin, Self::Apprenticeships, Self::Finance, Self::Integration];

    fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Apprenticeships => "apprenticeships",
            Self::Finance => "finance",
            Self::Integration => "integration",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::from_name(name)
    }
}

/// A provider: an organisation that receives transferred funds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// What it does.
    pub sector: Sector,
    /// Eight characters at Companies House; no two providers share one.
    pub company_number: Option<String>,
    /// At the Charity Commission.
    pub charity_number: Option<String>,
    /// At the Care Quality Commission.
    pub cqc_location_id: Option<String>,
    /// How large it is.
    pub size: Option<Size>,
    /// Whether it pays levy of its own.
    pub levy_payer: Option<bool>,
    /// The district it is in.
    pub district: Option<String>,
    /// Where it is.
    pub postcode: Option<String>,
    /// The day from which it takes no new transfers.
    pub closed_on: Option<NaiveDate>,
}

/// A company number in its full form: eight characters, letters in capitals, numbers filled with
/// zeros on the left.
///
/// ```
/// use levy_ledger::domain::people::company_number;
/// assert_eq!(company_number("123456").as_deref(), Some("00123456"));
/// assert_eq!(company_number("sc123456").as_deref(), Some("SC123456"));
/// assert_eq!(company_number("not one"), None);
/// ```
#[must_use]
pub fn company_number(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_uppercase();
    let only = |allowed: fn(&u8) -> bool| text.bytes().all(|b| allowed(&b));
    match text.len() {
        1..=8 if only(u8::is_ascii_digit) => Some(format!("{text:0>8}")),
        8 if only(u8::is_ascii_alphanumeric) => Some(text),
        _ => None,
    }
}
