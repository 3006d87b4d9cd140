//! Values as JSON, CSV and queries write them: each has one form, and says which when it is given
//! another.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use crate::app::imports::Kind;
use crate::domain::calendar::{AllowanceYear, CalendarError, Month, parse_date};
use crate::domain::close::{MonthSource, NoticeKind};
use crate::domain::earnings::EarningKind;
use crate::domain::forecast::FundedBy;
use crate::domain::journal::EntryKind;
use crate::domain::journal_profile::{DateForm, Field, Sign};
use crate::domain::money::{Money, MoneyError};
use crate::domain::names::{Named, is_line};
use crate::domain::people::{PriorityGroup, Role, Sector, Size};
use crate::domain::reconciliation::{Cause, ReconciledKind};
use crate::domain::rules::{Parameter, parse_figure};
use crate::domain::starts::StartStatus;
use crate::domain::transfers::TransferStatus;

/// A domain value that is written as a string.
pub(crate) trait Wire: Sized {
    /// The name of its schema.
    const NAME: &'static str;
    /// What is expected where something else stands.
    const EXPECTED: &'static str;

    /// Reads it.
    fn read(text: &str) -> Result<Self, String>;
    /// Writes it.
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
    /// Its schema.
    fn schema() -> ObjectBuilder;
}

/// A value written as a string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text<T>(pub(crate) T);

impl<T: Wire> fmt::Display for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f)
    }
}

impl<T: Wire> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: Wire> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(PhantomData))
    }
}

struct TextVisitor<T>(PhantomData<T>);

impl<T: Wire> Visitor<'_> for TextVisitor<T> {
    type Value = Text<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<T>, E> {
        T::read(text).map(Text).map_err(E::custom)
    }
}

impl<T: Wire> PartialSchema for Text<T> {
    fn schema() -> RefOr<Schema> {
        T::schema().build().into()
    }
}

impl<T: Wire> ToSchema for Text<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        T::NAME.into()
    }
}

pub(super) fn string(description: &str, example: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description)).examples([example])
}

impl Wire for Money {
    const NAME: &'static str = "Money";
    const EXPECTED: &'static str = "a string of pounds with 2 to 5 decimals, such as \"1234.50\"";

    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|fault: MoneyError| fault.to_string())
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }

    fn schema() -> ObjectBuilder {
        string(Self::EXPECTED, "1234.50").pattern(Some(r"^-?(0|[1-9]\d*)\.\d{2,5}$"))
    }
}

impl Wire for NaiveDate {
    const NAME: &'static str = "Date";
    const EXPECTED: &'static str = "a date from 2010-01-01 to 2099-12-31, such as \"2026-05-31\"";

    fn read(text: &str) -> Result<Self, String> {
        parse_date(text).map_err(|fault| fault.to_string())
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }

    fn schema() -> ObjectBuilder {
        string(Self::EXPECTED, "2026-05-31").format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
    }
}

impl Wire for Month {
    const NAME: &'static str = "Month";
    const EXPECTED: &'static str = "a month from 2010-01 to 2099-12, such as \"2026-05\"";

    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|fault: CalendarError| fault.to_string())
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }

    fn schema() -> ObjectBuilder {
        string(Self::EXPECTED, "2026-05").pattern(Some(r"^20\d{2}-(0[1-9]|1[0-2])$"))
    }
}

impl Wire for AllowanceYear {
    const NAME: &'static str = "AllowanceYear";
    const EXPECTED: &'static str = "an allowance year, such as \"2026-27\"";

    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|fault: CalendarError| fault.to_string())
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }

    fn schema() -> ObjectBuilder {
        string(Self::EXPECTED, "2026-27").pattern(Some(r"^20\d{2}-\d{2}$"))
    }
}

impl Wire for Decimal {
    const NAME: &'static str = "Figure";
    const EXPECTED: &'static str = "a percentage or fraction as a decimal string, such as \"25\" or \"0.9\"";

    fn read(text: &str) -> Result<Self, String> {
        parse_figure(text).map_err(|fault| fault.to_string())
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.normalize())
    }

    fn schema() -> ObjectBuilder {
        string(Self::EXPECTED, "25").pattern(Some(r"^\d+(\.\d+)?$"))
    }
}

impl Wire for NaiveDateTime {
    const NAME: &'static str = "Time";
    const EXPECTED: &'static str = "a time as RFC 3339 in UTC, such as \"2026-05-31T09:30:00Z\"";

    fn read(text: &str) -> Result<Self, String> {
        let time = chrono::DateTime::parse_from_rfc3339(text).map_err(|_| Self::EXPECTED.to_owned())?;
        Ok(time.naive_utc())
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.format("%Y-%m-%dT%H:%M:%S%.6fZ"))
    }

    fn schema() -> ObjectBuilder {
        let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
        string(Self::EXPECTED, "2026-05-31T09:30:00.000000Z").format(Some(format))
    }
}

impl Wire for Uuid {
    const NAME: &'static str = "Id";
    const EXPECTED: &'static str = "an id, such as \"01976f3a-5c2e-7b1d-9a44-2f6f0c9d8e11\"";

    fn read(text: &str) -> Result<Self, String> {
        let read = Self::from_str(text).ok().filter(|id| id.to_string() == text);
        read.ok_or_else(|| format!("this is not {}", Self::EXPECTED))
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }

    fn schema() -> ObjectBuilder {
        let format = SchemaFormat::Custom("uuid".to_owned());
        string(Self::EXPECTED, "01976f3a-5c2e-7b1d-9a44-2f6f0c9d8e11").format(Some(format))
    }
}

/// A line of free text: 1 to 200 characters, none of them control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line(pub(crate) String);

impl Wire for Line {
    const NAME: &'static str = "Line";
    const EXPECTED: &'static str = "a text of 1 to 200 characters without control characters";

    fn read(text: &str) -> Result<Self, String> {
        if is_line(text) { Ok(Self(text.to_owned())) } else { Err(format!("write {}", Self::EXPECTED)) }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }

    fn schema() -> ObjectBuilder {
        string(Self::EXPECTED, "Harbour Care").min_length(Some(1)).max_length(Some(200))
    }
}

/// A name out of a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name<T>(pub(crate) T);

impl<T: Named> Serialize for Name<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<'de, T: Named> Deserialize<'de> for Name<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        T::from_name(&text).map(Name).map_err(de::Error::custom)
    }
}

impl<T: Named> PartialSchema for Name<T> {
    fn schema() -> RefOr<Schema> {
        let names: Vec<&str> = T::ALL.iter().map(|value| value.name()).collect();
        ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).enum_values(Some(names)).build().into()
    }
}

impl<T: Named> ToSchema for Name<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        T::SCHEMA.into()
    }
}

/// Reads a field that may be left out, be null, or have a value, and tells the three apart.
pub(crate) fn given<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// Money as a string of pounds.
pub(crate) type MoneyText = Text<Money>;
/// A date.
pub(crate) type DateText = Text<NaiveDate>;
/// A calendar month.
pub(crate) type MonthText = Text<Month>;
/// An allowance year.
pub(crate) type YearText = Text<AllowanceYear>;
/// A percentage or fraction.
pub(crate) type FigureText = Text<Decimal>;
/// A time, UTC.
pub(crate) type TimeText = Text<NaiveDateTime>;
/// An id.
pub(crate) type IdText = Text<Uuid>;
/// A line of free text.
pub(crate) type LineText = Text<Line>;
/// The name of a kind of entry.
pub(crate) type EntryKindName = Name<EntryKind>;
/// What an earning is for.
pub(crate) type EarningKindName = Name<EarningKind>;
/// What paid a month.
pub(crate) type MonthSourceName = Name<MonthSource>;
/// What notice is given of.
pub(crate) type NoticeKindName = Name<NoticeKind>;
/// Whose funds a programme is paid from.
pub(crate) type FundedByName = Name<FundedBy>;
/// What both sides of a reconciliation report.
pub(crate) type ReconciledKindName = Name<ReconciledKind>;
/// Why the two sides of a reconciliation differ.
pub(crate) type CauseName = Name<Cause>;
/// What a spreadsheet is of.
pub(crate) type ImportKindName = Name<Kind>;
/// The name of a sector.
pub(crate) type SectorName = Name<Sector>;
/// The name of a transfer's status.
pub(crate) type StatusName = Name<TransferStatus>;
/// The name of a size.
pub(crate) type SizeName = Name<Size>;
/// The name of a priority group.
pub(crate) type GroupName = Name<PriorityGroup>;
/// Where a start stands.
pub(crate) type StartStatusName = Name<StartStatus>;
/// The name of a figure of the rules.
pub(crate) type ParameterName = Name<Parameter>;
/// What a column of a journal says.
pub(crate) type JournalFieldName = Name<Field>;
/// How a journal writes dates.
pub(crate) type JournalDateFormatName = Name<DateForm>;
/// Which side of a journal is positive.
pub(crate) type JournalSignName = Name<Sign>;
/// The name of a role.
pub(crate) type RoleName = Name<Role>;
