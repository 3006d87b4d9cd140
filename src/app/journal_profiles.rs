//! Making profiles of journals for finance systems. One that is there never changes.

use std::collections::BTreeSet;

use super::scope::Scope;
use super::{Command, Decision, Fault, Refusal};
use crate::domain::facts::Fact;
use crate::domain::journal::Seq;
use crate::domain::journal_profile::{Codes, Column, Content, DateForm, Decimals, Field, JournalProfile, Sign};
use crate::domain::names::Named;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::journal_profiles;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::writer::Moment;

/// How many columns a journal has at the most.
const MOST_COLUMNS: usize = 60;

/// A column as it is asked for: one of the two stands in it.
pub(crate) struct ColumnAsked {
    pub(crate) header: String,
    pub(crate) field: Option<Field>,
    pub(crate) constant: Option<String>,
}

/// Makes a profile.
pub(crate) struct MakeJournalProfile {
    pub(crate) scope: Scope,
    pub(crate) name: String,
    pub(crate) columns: Vec<ColumnAsked>,
    pub(crate) codes: Codes,
    pub(crate) date_format: DateForm,
    pub(crate) decimals: u8,
    pub(crate) sign: Sign,
    pub(crate) header_line: bool,
    pub(crate) trailer_line: bool,
}

/// A profile, and whether it is recorded.
pub(crate) struct ProfileView {
    pub(crate) profile: JournalProfile,
    pub(crate) recorded: bool,
}

impl Command for MakeJournalProfile {
    type Answer = ProfileView;

    fn needs(&self) -> Needs {
        Needs { journal_profiles: vec![self.name.clone()], ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, _: Moment) -> Result<Decision<ProfileView>, Refusal> {
        if self.scope.limit().is_some() {
            let why = "a token limited to accounts makes no journal profile, which serves every account";
            return Err(Refusal::Forbidden(why.to_owned()));
        }
        let mut faults = self.faults();
        faults.extend(self.code_faults());
        let columns = columns(self.columns, &mut faults);
        let decimals = Decimals::of(self.decimals);
        let Some(decimals) = decimals.filter(|_| faults.is_empty()) else { return Err(Refusal::Invalid(faults)) };
        if self.name == JournalProfile::STANDARD || ledger.journal_profiles.contains(&self.name) {
            return Err(Refusal::NameTaken(self.name));
        }
        let profile = JournalProfile {
            name: self.name,
            columns,
            codes: self.codes,
            date_format: self.date_format,
            decimals,
            sign: self.sign,
            header_line: self.header_line,
            trailer_line: self.trailer_line,
        };
        Ok(Decision {
            facts: vec![Fact::JournalProfileMade { profile: profile.clone() }],
            account: None,
            subject: None,
            answer: Box::new(|receipt| ProfileView { profile, recorded: receipt.first_seq.is_some() }),
        })
    }
}

impl MakeJournalProfile {
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !(1..=64).contains(&self.name.len()) || !self.name.bytes().all(plain) {
            let right = "a profile's name has 1 to 64 of a-z, 0-9 and -, such as \"general-ledger\"";
            faults.push(Fault::at("/name", right));
        }
        if !(1..=MOST_COLUMNS).contains(&self.columns.len()) {
            let there = self.columns.len();
            let right = format!("a journal has 1 to {MOST_COLUMNS} columns; these are {there}");
            faults.push(Fault::at("/columns", right));
        }
        let has = |field| self.columns.iter().any(|column| column.field == Some(field));
        let posts = has(Field::Amount) || (has(Field::Debit) && has(Field::Credit));
        if !posts {
            let right = "a journal says what it posts: give a column amount, or both debit and credit";
            faults.push(Fault::at("/columns", right));
        }
        if Decimals::of(self.decimals).is_none() {
            let right = format!("amounts have 2 or 5 decimals, not {}", self.decimals);
            faults.push(Fault::at("/decimals", right));
        }
        faults
    }

    fn code_faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let kinds = self.codes.kinds.iter().map(|(kind, code)| (kind.name(), code));
        let others = [("control", &self.codes.control)].into_iter();
        let others = others.chain(self.codes.rounding.iter().map(|code| ("rounding", code)));
        for (name, code) in kinds.chain(others).filter(|(_, code)| begins_formula(code)) {
            faults.push(Fault::at(&format!("/codes/{name}"), format!("{code:?} {FORMULA}")));
        }
        if self.decimals == Decimals::Two.number() && self.codes.rounding.is_none() {
            let right = "amounts of 2 decimals are rounded: give the code to which the differences are posted";
            faults.push(Fault::at("/codes/rounding", right));
        }
        faults
    }
}

/// The columns as they are asked for, with what is wrong with them.
fn columns(asked: Vec<ColumnAsked>, faults: &mut Vec<Fault>) -> Vec<Column> {
    let (mut columns, mut headers) = (Vec::with_capacity(asked.len()), BTreeSet::new());
    for (place, ColumnAsked { header, field, constant }) in asked.into_iter().enumerate() {
        let at = |part: &str| format!("/columns/{place}{part}");
        if begins_formula(&header) {
            faults.push(Fault::at(&at("/header"), format!("{header:?} {FORMULA}")));
        }
        if !headers.insert(header.clone()) {
            faults.push(Fault::at(&at("/header"), format!("an earlier column is called {header:?} too")));
        }
        let content = match (field, constant) {
            (Some(field), None) => Content::Field(field),
            (None, Some(text)) => {
                if begins_formula(&text) {
                    faults.push(Fault::at(&at("/constant"), format!("{text:?} {FORMULA}")));
                }
                Content::Constant(text)
            }
            (Some(_), Some(_)) | (None, None) => {
                faults.push(Fault::at(&at(""), "give either a field or a constant"));
                continue;
            }
        };
        columns.push(Column { header, content });
    }
    columns
}

/// Why such a text is refused: the file would not hold it as it was given.
const FORMULA: &str = "could be taken for a formula by a spreadsheet: begin with a letter or a digit";

fn begins_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@'])
}

/// The profiles after a place, the standard one first, each with its place. There are few of them.
pub(crate) fn page(db: &mut Db, after: Seq, limit: i64) -> Stored<Vec<(Seq, JournalProfile)>> {
    let limit = usize::try_from(limit).unwrap_or(0);
    let profiles = std::iter::once(JournalProfile::standard()).chain(journal_profiles::all(db)?);
    Ok((1..).zip(profiles).filter(|(place, _)| *place > after).take(limit).collect())
}

/// The profile of a name.
pub(crate) fn find(db: &mut Db, name: &str) -> Stored<Option<JournalProfile>> {
    match name {
        JournalProfile::STANDARD => Ok(Some(JournalProfile::standard())),
        name => journal_profiles::find(db, name),
    }
}
