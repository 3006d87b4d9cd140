//! What a forecast takes for granted, in figures and in words.

use serde::Serialize;
use utoipa::ToSchema;

use super::forecast::MOST_MONTHS;
use super::wire::{MoneyText, MonthText, Text};
use crate::app::forecast::Assumptions;
use crate::domain::forecast::LEVY_DAY;

/// What a forecast takes for granted.
#[derive(Serialize, ToSchema)]
pub(crate) struct AssumptionsOut {
    /// The first month: the first that is not closed, else this one.
    from: MonthText,
    /// How many months follow, the first included.
    #[schema(minimum = 1, maximum = 120)]
    months: i32,
    /// The first month in which levy is expected.
    levy_from: MonthText,
    /// Pounds of levy that are expected to enter in each of the first twelve months.
    levy_a_month: MoneyText,
    /// By how many percent that grows every twelve months.
    #[schema(example = "2.5")]
    levy_growth_percent: String,
    /// The day of the month on which it enters.
    levy_day: u32,
    /// The rule set, whose transfer cap, lives of funds and rates of co-investment count.
    rule_set: String,
    /// How many recorded starts, and transfers that wait for theirs, are still due something.
    starts: usize,
    /// All of it in words.
    in_words: Vec<String>,
}

impl AssumptionsOut {
    /// With what is said of a forecast of so many months.
    pub(super) fn of(found: &Assumptions, months: usize) -> Self {
        let levy = &found.levy;
        Self {
            from: Text(found.first),
            months: i32::try_from(months).unwrap_or(MOST_MONTHS),
            levy_from: Text(levy.from),
            levy_a_month: Text(levy.amount),
            levy_growth_percent: levy.growth_percent.normalize().to_string(),
            levy_day: LEVY_DAY,
            rule_set: found.rule_set.clone(),
            starts: found.starts,
            in_words: in_words(found),
        }
    }
}

fn in_words(Assumptions { first, levy, rule_set, .. }: &Assumptions) -> Vec<String> {
    let growth = levy.growth_percent.normalize();
    let levy = match levy.amount.is_zero() {
        true => "No levy enters beyond what is recorded.".to_owned(),
        false => format!(
            "From {} on {} of levy enters on day {LEVY_DAY} of each month, {growth}% more every twelve months; in a \
             month for which levy is recorded, that alone.",
            levy.from,
            levy.amount.in_words()
        ),
    };
    vec![
        levy,
        format!(
            "The months are closed one after the other from {first} on, under the rule set {rule_set} as it stands."
        ),
        "Recorded starts earn what is recorded of them, dates ahead included: no start is added, none ends early, and \
         the 20% is due only where the achievement is recorded. The first month pays what is in arrears."
            .to_owned(),
        "Accepted transfers pay what their schedules hold for apprenticeships that have not started. Offers pay \
         nothing."
            .to_owned(),
        "Each year's transfer allowance is a share of the levy of the year before, the levy expected here included."
            .to_owned(),
        "What other accounts have passed on is paid in the first month; nothing more is passed on later.".to_owned(),
    ]
}
