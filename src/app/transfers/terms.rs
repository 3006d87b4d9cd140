//! What can be agreed: the checks of an amount and of its parts by allowance year.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::app::Fault;
use crate::domain::calendar::{AllowanceYear, Month};
use crate::domain::facts::TransferPurpose;
use crate::domain::money::Money;
use crate::domain::schedule::{Schedule, derived_schedule};
use crate::storage::ledger::Ledger;

/// Parts by allowance year as a caller gave them, in any order.
pub(crate) type GivenSchedule = Vec<(AllowanceYear, Money)>;

/// A penny: a schedule totals the amount when it differs by less.
const PENNY: Money = Money::from_units(1_000);

/// The last year that an allowance year is written with.
const LAST_YEAR: AllowanceYear = AllowanceYear::from_stored(2099);

/// The schedule as given, once its years are distinct, none lies before the year of the agreement,
/// no part is below nothing, and the parts total the amount to the penny (`docs/rules.md` section 6).
pub(super) fn schedule_given(
    given: &GivenSchedule,
    amount: Money,
    agreed_on: NaiveDate,
    faults: &mut Vec<Fault>,
) -> Schedule {
    let (mut schedule, first) = (Schedule::new(), AllowanceYear::of(agreed_on));
    for (place, (year, part)) in given.iter().enumerate() {
        let mut fault =
            |field: &str, detail: String| faults.push(Fault::at(&format!("/schedule/{place}/{field}"), detail));
        if *year < first {
            fault("allowance_year", format!("the transfer was agreed in {first}; its schedule begins no earlier"));
        }
        if part.is_negative() {
            fault("amount", "a year's part is 0.00 or more".to_owned());
        }
        if schedule.insert(*year, *part).is_some() {
            fault("allowance_year", format!("{year} stands in the schedule twice; give each year once"));
        }
    }
    let total: Money = given.iter().map(|(_, part)| *part).sum();
    let difference = if total > amount { total - amount } else { amount - total };
    if difference >= PENNY {
        let detail = format!("the schedule totals {total} pounds and the amount is {amount}; the two must be equal");
        faults.push(Fault::at("/schedule", detail));
    }
    schedule
}

/// The schedule that follows from the plan, or wholly the year agreed without one (`docs/rules.md`
/// section 6).
pub(super) fn schedule_derived(purpose: &TransferPurpose, amount: Money) -> Schedule {
    match (purpose.planned_start, purpose.duration_months) {
        (Some(start), Some(duration)) => derived_schedule(amount, start, duration),
        (Some(_), None) | (None, Some(_) | None) => BTreeMap::from([(AllowanceYear::of(purpose.agreed_on), amount)]),
    }
}

/// What is wrong with a provider that is to receive from a day on.
pub(super) fn provider_fault(ledger: &Ledger, provider: Uuid, on: NaiveDate) -> Option<Fault> {
    let Some(known) = ledger.providers.get(&provider) else {
        return Some(Fault::at("/provider_id", "there is no such provider; register it first"));
    };
    let closed_on = known.provider.closed_on.filter(|closed_on| *closed_on <= on)?;
    let detail = format!("the provider closed on {closed_on} and takes no transfers from then on");
    Some(Fault::at("/provider_id", detail))
}

/// What is wrong with an amount and the purpose it is for.
pub(super) fn faults_of(purpose: &TransferPurpose, amount: Money) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut check = |holds: bool, pointer: &str, detail: &str| {
        if !holds {
            faults.push(Fault::at(pointer, detail));
        }
    };
    let agreed_on = purpose.agreed_on;
    check(amount > Money::ZERO, "/amount", "a transfer is of more than 0.00 pounds");
    check((1..=10_000).contains(&purpose.apprentices), "/apprentices", "a transfer is for 1 to 10000 apprentices");
    check(
        purpose.level.is_none_or(|level| (2..=7).contains(&level)),
        "/level",
        "a level is a whole number from 2 to 7",
    );
    let duration = purpose.duration_months;
    check(duration.is_none_or(|months| (1..=120).contains(&months)), "/duration_months", "from 1 to 120 months");
    if purpose.lapses_on.is_some_and(|last| last < agreed_on) {
        check(false, "/lapses_on", &format!("an offer can be accepted at least until the day it is made, {agreed_on}"));
    }
    if purpose.planned_start.is_some_and(|start| start < Month::of(agreed_on)) {
        let month = Month::of(agreed_on);
        check(false, "/planned_start", &format!("training begins after the agreement: in {month} or later"));
    }
    let end =
        purpose.planned_start.zip(duration).map(|(start, months)| start.plus(months.min(1_200).cast_signed() - 1));
    let in_calendar = end.is_none_or(|end| AllowanceYear::of_month(end) <= LAST_YEAR);
    check(in_calendar, "/duration_months", "training ends by 2099-12");
    faults
}
