//! The profiles of journals, each a name and its layout as JSON.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::columns::{self, StorageError, Stored};
use super::connection::Db;
use super::rows::JournalProfileRow;
use super::schema::journal_profiles;
use crate::domain::journal::{EntryKind, Seq};
use crate::domain::journal_profile::{Codes, Column, Content, Decimals, JournalProfile};
use crate::domain::names::Named;

/// A layout as it is stored.
#[derive(Serialize, Deserialize)]
struct Layout {
    columns: Vec<ColumnLayout>,
    codes: BTreeMap<String, String>,
    control: String,
    rounding: Option<String>,
    date_format: String,
    decimals: u8,
    sign: String,
    header_line: bool,
    trailer_line: bool,
}

#[derive(Serialize, Deserialize)]
struct ColumnLayout {
    header: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    constant: Option<String>,
}

/// The profiles that were made, in the order in which they were.
pub(crate) fn all(db: &mut Db) -> Stored<Vec<JournalProfile>> {
    let rows: Vec<JournalProfileRow> = journal_profiles::table.order(journal_profiles::seq).load(db)?;
    rows.iter().map(profile_of).collect()
}

/// The profile of a name.
pub(crate) fn find(db: &mut Db, name: &str) -> Stored<Option<JournalProfile>> {
    let row: Option<JournalProfileRow> =
        journal_profiles::table.filter(journal_profiles::name.eq(name)).first(db).optional()?;
    row.as_ref().map(profile_of).transpose()
}

/// Which of these names are taken.
pub(crate) fn taken(db: &mut Db, names: &[String]) -> Stored<Vec<String>> {
    let there = journal_profiles::table.filter(journal_profiles::name.eq_any(names.to_vec()));
    Ok(there.select(journal_profiles::name).load(db)?)
}

/// The row of a profile.
pub(crate) fn row_of(seq: Seq, profile: &JournalProfile) -> JournalProfileRow {
    let column = |Column { header, content }: &Column| {
        let (field, constant) = match content {
            Content::Field(field) => (Some(field.name().to_owned()), None),
            Content::Constant(text) => (None, Some(text.clone())),
        };
        ColumnLayout { header: header.clone(), field, constant }
    };
    let layout = Layout {
        columns: profile.columns.iter().map(column).collect(),
        codes: profile.codes.kinds.iter().map(|(kind, code)| (kind.name().to_owned(), code.clone())).collect(),
        control: profile.codes.control.clone(),
        rounding: profile.codes.rounding.clone(),
        date_format: profile.date_format.name().to_owned(),
        decimals: profile.decimals.number(),
        sign: profile.sign.name().to_owned(),
        header_line: profile.header_line,
        trailer_line: profile.trailer_line,
    };
    // A plain struct of texts and numbers always serialises.
    let layout = serde_json::to_string(&layout).unwrap_or_default();
    JournalProfileRow { seq, name: profile.name.clone(), layout }
}

fn profile_of(row: &JournalProfileRow) -> Stored<JournalProfile> {
    let unreadable = || StorageError::Unreadable { what: "journal profile", value: row.name.clone() };
    let layout: Layout = serde_json::from_str(&row.layout).map_err(|_| unreadable())?;
    let column = |column: ColumnLayout| {
        let content = match (column.field, column.constant) {
            (Some(field), None) => Content::Field(columns::name("field of a journal", &field)?),
            (None, Some(text)) => Content::Constant(text),
            (Some(_), Some(_)) | (None, None) => return Err(unreadable()),
        };
        Ok(Column { header: column.header, content })
    };
    let code = |(kind, code): (String, String)| Ok((columns::name::<EntryKind>("kind of entry", &kind)?, code));
    Ok(JournalProfile {
        name: row.name.clone(),
        columns: layout.columns.into_iter().map(column).collect::<Stored<_>>()?,
        codes: Codes {
            kinds: layout.codes.into_iter().map(code).collect::<Stored<_>>()?,
            control: layout.control,
            rounding: layout.rounding,
        },
        date_format: columns::name("date format", &layout.date_format)?,
        decimals: Decimals::of(layout.decimals).ok_or_else(unreadable)?,
        sign: columns::name("sign", &layout.sign)?,
        header_line: layout.header_line,
        trailer_line: layout.trailer_line,
    })
}
