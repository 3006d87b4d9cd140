//! Rolling programmes as they are sent: so many apprentices every so many months, or as many as it
//! takes.

use serde::Deserialize;
use utoipa::ToSchema;

use super::wire::{FundedByName, MoneyText, MonthText};
use crate::app::forecast::WhatIf;
use crate::app::{Fault, Refusal, refuse_faults};
use crate::domain::forecast::{MOST_APPRENTICES, Programme};
use crate::domain::money::Money;

/// The most plans that are taken at once.
const MOST_PLANS: usize = 20;
/// The most cohorts, and the most months between them and in a programme.
const MOST: u32 = 120;

/// A rolling programme, without how many begin in each cohort.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindIn {
    /// How many months lie between the first months of two cohorts, 1 to 120.
    #[schema(minimum = 1, maximum = 120, example = 6)]
    every_months: u32,
    /// How many cohorts there are, 1 to 120.
    #[schema(minimum = 1, maximum = 120, example = 4)]
    cohorts: u32,
    /// The month on whose first day the first cohort begins; not one that is over or closed.
    first_start: MonthText,
    /// How many months each apprentice learns, 1 to 120.
    #[schema(minimum = 1, maximum = 120, example = 18)]
    duration_months: u32,
    /// The price of one apprenticeship, in pounds.
    price: MoneyText,
    /// Whose funds pay: the account's own, or transfers out of the allowance that is free.
    funded_by: FundedByName,
}

/// A rolling programme.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanIn {
    /// How many apprentices begin in each cohort, 1 to 100000.
    #[schema(minimum = 1, maximum = 100_000, example = 10)]
    apprentices: u32,
    /// How many months lie between the first months of two cohorts, 1 to 120.
    #[schema(minimum = 1, maximum = 120, example = 6)]
    every_months: u32,
    /// How many cohorts there are, 1 to 120.
    #[schema(minimum = 1, maximum = 120, example = 4)]
    cohorts: u32,
    /// The month on whose first day the first cohort begins; not one that is over or closed.
    first_start: MonthText,
    /// How many months each apprentice learns, 1 to 120.
    #[schema(minimum = 1, maximum = 120, example = 18)]
    duration_months: u32,
    /// The price of one apprenticeship, in pounds.
    price: MoneyText,
    /// Whose funds pay: the account's own, or transfers out of the allowance that is free.
    funded_by: FundedByName,
}

/// What would change the forecast: either plans, or a programme to find the number for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhatIfIn {
    /// The programmes, at most 20.
    #[serde(default)]
    #[schema(max_items = 20)]
    plans: Option<Vec<PlanIn>>,
    /// The programme of which the smallest number of apprentices is sought that lets nothing lapse.
    #[serde(default)]
    find: Option<FindIn>,
}

impl PlanIn {
    fn programme(self) -> (u32, FindIn) {
        let Self { apprentices, every_months, cohorts, first_start, duration_months, price, funded_by } = self;
        (apprentices, FindIn { every_months, cohorts, first_start, duration_months, price, funded_by })
    }
}

impl FindIn {
    fn programme(&self, apprentices: u32) -> Programme {
        Programme {
            apprentices,
            every_months: self.every_months,
            cohorts: self.cohorts,
            first_start: self.first_start.0,
            duration_months: self.duration_months,
            price: self.price.0,
            funded_by: self.funded_by.0,
        }
    }
}

impl WhatIfIn {
    /// What is asked, once every field can be taken.
    pub(super) fn asked(self) -> Result<WhatIf, Refusal> {
        let (asked, faults) = match (self.plans, self.find) {
            (Some(plans), None) => of_plans(plans),
            (None, Some(find)) => {
                let programme = find.programme(1);
                (WhatIf::Find(programme), faults_of(&programme, "/find"))
            }
            (None, None) => (WhatIf::Plans(Vec::new()), vec![Fault::at("/plans", "send plans, or find")]),
            (Some(_), Some(_)) => {
                (WhatIf::Plans(Vec::new()), vec![Fault::at("/find", "send plans or find, not both of them")])
            }
        };
        refuse_faults(faults)?;
        Ok(asked)
    }
}

fn of_plans(plans: Vec<PlanIn>) -> (WhatIf, Vec<Fault>) {
    let mut faults = Vec::new();
    if plans.is_empty() || plans.len() > MOST_PLANS {
        let detail = format!("{} plans were sent; send 1 to {MOST_PLANS}", plans.len());
        faults.push(Fault::at("/plans", detail));
    }
    let programmes = plans.into_iter().map(PlanIn::programme).map(|(apprentices, find)| find.programme(apprentices));
    let programmes: Vec<Programme> = programmes.collect();
    for (at, programme) in programmes.iter().enumerate() {
        faults.extend(faults_of(programme, &format!("/plans/{at}")));
    }
    (WhatIf::Plans(programmes), faults)
}

fn faults_of(programme: &Programme, pointer: &str) -> Vec<Fault> {
    let counts = [
        ("apprentices", programme.apprentices, MOST_APPRENTICES),
        ("every_months", programme.every_months, MOST),
        ("cohorts", programme.cohorts, MOST),
        ("duration_months", programme.duration_months, MOST),
    ];
    let wrong = counts.into_iter().filter(|(_, count, most)| !(1..=*most).contains(count));
    let fault = |(field, count, most)| {
        Fault::at(&format!("{pointer}/{field}"), format!("{field} is {count}; it lies from 1 to {most}"))
    };
    let mut faults: Vec<Fault> = wrong.map(fault).collect();
    if programme.price <= Money::ZERO || programme.price > MOST_PRICE {
        let detail = format!("price is {}; it lies above 0.00 and up to {MOST_PRICE}", programme.price);
        faults.push(Fault::at(&format!("{pointer}/price"), detail));
    }
    faults
}

/// The dearest apprenticeship that is planned with, far above any funding band: £1,000,000.00.
const MOST_PRICE: Money = Money::from_units(1_000_000 * 100_000);
