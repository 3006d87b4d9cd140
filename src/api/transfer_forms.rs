//! Transfers as they are sent and shown.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::tables::{Kind, Row};
use super::wire::{DateText, GroupName, IdText, LineText, MoneyText, MonthText, Name, StatusName, Text, YearText};
use crate::app::transfers::{GivenSchedule, TransferView};
use crate::domain::facts::TransferPurpose;
use crate::domain::people::PriorityGroup;
use crate::domain::transfers::ChangeNote;

/// A transfer to be offered, or agreed at once.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferIn {
    /// The provider that receives.
    pub(crate) provider_id: IdText,
    /// Pounds agreed.
    pub(crate) amount: MoneyText,
    /// The day of the agreement; starts begin after it.
    agreed_on: DateText,
    /// How many apprentices it is for, 1 to 10000.
    #[schema(minimum = 1, maximum = 10000)]
    apprentices: i64,
    /// Whether the provider accepted on `agreed_on`; `offered` unless said.
    #[serde(default)]
    pub(crate) status: Option<FirstStatus>,
    /// The last day on which the offer can be accepted.
    #[serde(default)]
    lapses_on: Option<DateText>,
    /// The month in which training is to begin.
    #[serde(default)]
    planned_start: Option<MonthText>,
    /// For how many months, 1 to 120.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 120)]
    duration_months: Option<i64>,
    /// Its parts by allowance year, in all the amount. Left out: as a programme of `duration_months`
    /// from `planned_start` earns it, else wholly in the year agreed.
    #[serde(default)]
    pub(crate) schedule: Option<Vec<PartText>>,
    /// The apprenticeship standard.
    #[serde(default)]
    standard_code: Option<LineText>,
    /// Its level, 2 to 7.
    #[serde(default)]
    #[schema(minimum = 2, maximum = 7)]
    level: Option<i64>,
    /// The groups it is meant for.
    #[serde(default)]
    priority_groups: Option<Vec<GroupName>>,
    /// The council's own reference.
    #[serde(default)]
    reference: Option<LineText>,
}

/// How a transfer begins.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FirstStatus {
    /// The provider has yet to answer.
    Offered,
    /// The provider accepted.
    Accepted,
}

/// One year's part of a transfer.
#[derive(Deserialize, Serialize, ToSchema)]
#[schema(as = SchedulePart)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartText {
    /// The allowance year.
    pub(crate) allowance_year: YearText,
    /// Pounds set aside for it.
    pub(crate) amount: MoneyText,
}

/// A transfer.
#[derive(Serialize, ToSchema)]
#[schema(as = Transfer)]
pub(crate) struct TransferOut {
    /// Its id; null on a dry run.
    id: Option<IdText>,
    /// The account that pays.
    account_id: IdText,
    /// The provider that receives on the day.
    provider_id: IdText,
    /// Where it stands on the day; for a day before the agreement, how it will begin.
    status: StatusName,
    /// Pounds agreed.
    amount: MoneyText,
    /// The day of the agreement.
    agreed_on: DateText,
    /// How many apprentices it is for.
    apprentices: u32,
    /// The last day on which the offer can be accepted.
    lapses_on: Option<DateText>,
    /// The month in which training is to begin.
    planned_start: Option<MonthText>,
    /// For how many months.
    duration_months: Option<u32>,
    /// Its parts by allowance year.
    schedule: Vec<PartText>,
    /// The apprenticeship standard.
    standard_code: Option<String>,
    /// Its level, 2 to 7.
    level: Option<u8>,
    /// The groups it is meant for.
    priority_groups: Vec<GroupName>,
    /// The council's own reference.
    reference: Option<String>,
    /// Pounds paid by the day's end, net of refunds.
    paid: MoneyText,
    /// Pounds that it holds beyond what it was paid, all years together; 0 once it is closed.
    reserved: MoneyText,
    /// What the request just recorded passes of allowances that are provisional; empty when read.
    warnings: Vec<String>,
    /// Everything recorded of it, oldest first.
    history: Vec<ChangeOut>,
}

/// Something that happened to a transfer.
#[derive(Serialize, ToSchema)]
#[schema(as = TransferChange)]
pub(crate) struct ChangeOut {
    /// The day from which it counts.
    on: DateText,
    /// What happened: `offered`, `accepted`, `rescheduled`, `employer_changed`, …
    change: &'static str,
    /// Pounds agreed from then on, where that was set.
    amount: Option<MoneyText>,
    /// The provider from then on, where another took over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    provider_id: Option<IdText>,
    /// Why.
    reason: Option<String>,
    /// Who recorded it.
    recorded_by: String,
}

impl From<ChangeNote> for ChangeOut {
    fn from(note: ChangeNote) -> Self {
        let ChangeNote { on, change, amount, provider, reason, by } = note;
        let (amount, provider_id) = (amount.map(Text), provider.map(Text));
        Self { on: Text(on), change, amount, provider_id, reason, recorded_by: by }
    }
}

impl From<TransferView> for TransferOut {
    fn from(view: TransferView) -> Self {
        let (purpose, terms) = (view.purpose, view.terms);
        let part = |(year, amount)| PartText { allowance_year: Text(year), amount: Text(amount) };
        Self {
            id: view.id.map(Text),
            account_id: Text(view.account),
            provider_id: Text(view.provider),
            status: Name(view.status),
            amount: Text(terms.amount),
            agreed_on: Text(purpose.agreed_on),
            apprentices: purpose.apprentices,
            lapses_on: purpose.lapses_on.map(Text),
            planned_start: purpose.planned_start.map(Text),
            duration_months: purpose.duration_months,
            schedule: terms.schedule.into_iter().map(part).collect(),
            standard_code: purpose.standard_code,
            level: purpose.level,
            priority_groups: purpose.priority_groups.into_iter().map(Name).collect(),
            reference: purpose.reference,
            paid: Text(view.paid),
            reserved: Text(view.reserved),
            warnings: view.warnings,
            history: view.notes.into_iter().map(ChangeOut::from).collect(),
        }
    }
}

impl Row for TransferOut {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "account_id",
        "provider_id",
        "status",
        "amount",
        "agreed_on",
        "apprentices",
        "lapses_on",
        "planned_start",
        "duration_months",
        "schedule",
        "standard_code",
        "level",
        "priority_groups",
        "reference",
        "paid",
        "reserved",
    ];
    const SHEET: &'static str = "Transfers";
    const KINDS: &'static [(&'static str, Kind)] = &[
        ("amount", Kind::Money),
        ("agreed_on", Kind::Date),
        ("lapses_on", Kind::Date),
        ("planned_start", Kind::Month),
        ("paid", Kind::Money),
        ("reserved", Kind::Money),
    ];
}

impl TransferIn {
    /// What it is for.
    pub(crate) fn purpose(self) -> TransferPurpose {
        let line = |text: Option<LineText>| text.map(|text| text.0.0);
        // A number that is out of range altogether is refused as 0 is, by name.
        let within = |number: i64| u32::try_from(number).unwrap_or(0);
        TransferPurpose {
            agreed_on: self.agreed_on.0,
            apprentices: within(self.apprentices),
            lapses_on: self.lapses_on.map(|Text(day)| day),
            planned_start: self.planned_start.map(|Text(month)| month),
            duration_months: self.duration_months.map(within),
            standard_code: line(self.standard_code),
            level: self.level.map(|level| u8::try_from(level).unwrap_or(0)),
            priority_groups: distinct(self.priority_groups.unwrap_or_default()),
            reference: line(self.reference),
        }
    }
}

fn distinct(groups: Vec<GroupName>) -> Vec<PriorityGroup> {
    let mut groups: Vec<_> = groups.into_iter().map(|Name(group)| group).collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

/// Parts by allowance year as a use case takes them.
pub(crate) fn given(parts: Vec<PartText>) -> GivenSchedule {
    parts.into_iter().map(|part| (part.allowance_year.0, part.amount.0)).collect()
}
