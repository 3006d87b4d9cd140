//! How a finance system wants its journal laid out: columns, codes, forms and lines. A profile is
//! made once under a name and never changed, so that a file can be made again as it was.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::journal::EntryKind;
use super::money::Money;
use super::names::Named;

/// What a cell of a journal's line can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The entry's number in the ledger; nothing on the closing lines.
    Seq,
    /// The day from which the entry counts; on the closing lines the month's last.
    Date,
    /// The month of the journal.
    Month,
    /// The kind of entry; `rounding` or `control` on the closing lines.
    Kind,
    /// Pounds debited; nothing where the line credits.
    Debit,
    /// Pounds credited; nothing where the line debits.
    Credit,
    /// Pounds with a sign.
    Amount,
    /// The nominal code of the kind.
    NominalCode,
    /// The council's own reference.
    Reference,
    /// A few words on what the line is.
    Description,
    /// The PAYE scheme of levy.
    PayeScheme,
    /// The start that was paid for.
    StartId,
    /// The transfer that paid.
    TransferId,
    /// The provider that the transfer is to.
    ProviderName,
}

impl Named for Field {
    const SCHEMA: &'static str = "JournalField";
    const ALL: &'static [Self] = &[
        Self::Seq,
        Self::Date,
        Self::Month,
        Self::Kind,
        Self::Debit,
        Self::Credit,
        Self::Amount,
        Self::NominalCode,
        Self::Reference,
        Self::Description,
        Self::PayeScheme,
        Self::StartId,
        Self::TransferId,
        Self::ProviderName,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Seq => "seq",
            Self::Date => "date",
            Self::Month => "month",
            Self::Kind => "kind",
            Self::Debit => "debit",
            Self::Credit => "credit",
            Self::Amount => "amount",
            Self::NominalCode => "nominal_code",
            Self::Reference => "reference",
            Self::Description => "description",
            Self::PayeScheme => "paye_scheme",
            Self::StartId => "start_id",
            Self::TransferId => "transfer_id",
            Self::ProviderName => "provider_name",
        }
    }
}

/// How a journal writes dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateForm {
    /// `31/10/2026`.
    DayMonthYear,
    /// `2026-10-31`.
    YearMonthDay,
    /// `31-Oct-2026`.
    MonthName,
    /// `20261031`.
    Digits,
}

impl DateForm {
    /// A day in this form.
    ///
    /// ```
    /// use levy_ledger::domain::{calendar::parse_date, journal_profile::DateForm};
    /// let day = parse_date("2026-10-31")?;
    /// assert_eq!(DateForm::DayMonthYear.write(day), "31/10/2026");
    /// assert_eq!(DateForm::MonthName.write(day), "31-Oct-2026");
    /// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
    /// ```
    #[must_use]
    pub fn write(self, day: NaiveDate) -> String {
        let form = match self {
            Self::DayMonthYear => "%d/%m/%Y",
            Self::YearMonthDay => "%Y-%m-%d",
            Self::MonthName => "%d-%b-%Y",
            Self::Digits => "%Y%m%d",
        };
        day.format(form).to_string()
    }
}

impl Named for DateForm {
    const SCHEMA: &'static str = "JournalDateFormat";
    const ALL: &'static [Self] = &[Self::DayMonthYear, Self::YearMonthDay, Self::MonthName, Self::Digits];

    fn name(self) -> &'static str {
        match self {
            Self::DayMonthYear => "dd/MM/yyyy",
            Self::YearMonthDay => "yyyy-MM-dd",
            Self::MonthName => "dd-MMM-yyyy",
            Self::Digits => "yyyyMMdd",
        }
    }
}

/// Which side of a journal has positive amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Debits are positive, credits negative.
    DebitPositive,
    /// Credits are positive, debits negative.
    CreditPositive,
}

impl Sign {
    /// A debit (or, negative, a credit) as the `amount` column has it.
    #[must_use]
    pub fn amount(self, debit: Money) -> Money {
        match self {
            Self::DebitPositive => debit,
            Self::CreditPositive => -debit,
        }
    }
}

impl Named for Sign {
    const SCHEMA: &'static str = "JournalSign";
    const ALL: &'static [Self] = &[Self::DebitPositive, Self::CreditPositive];

    fn name(self) -> &'static str {
        match self {
            Self::DebitPositive => "debit_positive",
            Self::CreditPositive => "credit_positive",
        }
    }
}

/// How many decimals a journal's amounts have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decimals {
    /// Whole pence.
    Two,
    /// All that the ledger has.
    Five,
}

impl Decimals {
    /// The number, as requests give it.
    #[must_use]
    pub fn of(number: u8) -> Option<Self> {
        [Self::Two, Self::Five].into_iter().find(|decimals| decimals.number() == number)
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Two => 2,
            Self::Five => 5,
        }
    }

    /// An amount with so many decimals.
    #[must_use]
    pub fn round(self, amount: Money) -> Money {
        match self {
            Self::Two => amount.to_pence(),
            Self::Five => amount,
        }
    }

    /// An amount as it is written.
    #[must_use]
    pub fn write(self, amount: Money) -> String {
        format!("{:.*}", usize::from(self.number()), self.round(amount).pounds())
    }
}

/// What stands in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Something of the line.
    Field(Field),
    /// The same on every line: a cost centre, a batch type.
    Constant(String),
}

/// A column of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What it is called.
    pub header: String,
    /// What stands in it.
    pub content: Content,
}

/// The nominal codes of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codes {
    /// The code of every kind of entry.
    pub kinds: BTreeMap<EntryKind, String>,
    /// The code of the levy control account, which every entry is balanced against.
    pub control: String,
    /// The code of rounding differences; none where nothing is rounded.
    pub rounding: Option<String>,
}

/// How a journal is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalProfile {
    /// The name it is asked for by.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Its nominal codes.
    pub codes: Codes,
    /// How it writes dates.
    pub date_format: DateForm,
    /// How many decimals amounts have.
    pub decimals: Decimals,
    /// Which side is positive.
    pub sign: Sign,
    /// Whether the first line names the columns.
    pub header_line: bool,
    /// Whether the last line has the control totals.
    pub trailer_line: bool,
}

impl JournalProfile {
    /// The name of the profile that is always there.
    pub const STANDARD: &'static str = "standard";

    /// The profile that is always there: every field that tells lines apart, in pence, each kind's
    /// name for its code.
    #[must_use]
    pub fn standard() -> Self {
        let fields = [
            Field::Seq,
            Field::Date,
            Field::Month,
            Field::Kind,
            Field::NominalCode,
            Field::Debit,
            Field::Credit,
            Field::Description,
            Field::Reference,
            Field::PayeScheme,
            Field::ProviderName,
            Field::StartId,
            Field::TransferId,
        ];
        let column = |field: Field| Column { header: field.name().to_owned(), content: Content::Field(field) };
        let code = |kind: &EntryKind| (*kind, kind.name().to_owned());
        Self {
            name: Self::STANDARD.to_owned(),
            columns: fields.into_iter().map(column).collect(),
            codes: Codes {
                kinds: EntryKind::ALL.iter().map(code).collect(),
                control: "levy_control".to_owned(),
                rounding: Some("rounding".to_owned()),
            },
            date_format: DateForm::DayMonthYear,
            decimals: Decimals::Two,
            sign: Sign::DebitPositive,
            header_line: true,
            trailer_line: true,
        }
    }
}
