//! The forecast of an account, and what rolling programmes would change in it.

use uuid::Uuid;

use super::figures::AsOf;
use super::scope::Scope;
use super::{Fault, Refusal, refuse_faults};
use crate::domain::calendar::Month;
use crate::domain::forecast::{
    ForecastMonth, Found, LevyAhead, LevyQuestion, Outlook, Programme, Question, forecast, smallest,
};
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::forecasting;

/// What a forecast is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Horizon {
    /// The day on which it is answered, and what is known then.
    pub(crate) of: AsOf,
    /// How many months it looks ahead.
    pub(crate) months: i32,
    /// The levy that is expected.
    pub(crate) levy: LevyQuestion,
}

/// What a forecast takes for granted.
pub(crate) struct Assumptions {
    pub(crate) first: Month,
    pub(crate) levy: LevyAhead,
    pub(crate) rule_set: String,
    /// How many starts, and transfers that wait for theirs, can still be due something.
    pub(crate) starts: usize,
}

/// A forecast with what it takes for granted.
pub(crate) struct ForecastView {
    pub(crate) assumptions: Assumptions,
    pub(crate) months: Vec<ForecastMonth>,
}

/// What would change it.
#[derive(Clone, Debug)]
pub(crate) enum WhatIf {
    /// These programmes.
    Plans(Vec<Programme>),
    /// One programme, of as many apprentices as it takes.
    Find(Programme),
}

/// A forecast with and without programmes.
pub(crate) struct WhatIfView {
    pub(crate) without: ForecastView,
    /// None where no number of apprentices does.
    pub(crate) with: Option<Vec<ForecastMonth>>,
    pub(crate) found: Option<Found>,
}

impl Horizon {
    /// The month of the day on which it is answered.
    fn this_month(&self) -> Month {
        Month::of(self.of.as_at)
    }
}

/// The forecast of an account, if the caller may see it.
pub(crate) fn of_account(db: &mut Db, scope: &Scope, id: Uuid, horizon: Horizon) -> Stored<Option<ForecastView>> {
    let Some(outlook) = seen(db, scope, id, &horizon)? else { return Ok(None) };
    let levy = LevyAhead::expected(&outlook.account.books, horizon.this_month(), horizon.levy);
    let months = forecast(&outlook, horizon.months, &levy, &[]);
    Ok(Some(ForecastView { assumptions: Assumptions::of(&outlook, levy), months }))
}

/// What programmes would change in the forecast of an account. Nothing is recorded.
pub(crate) fn what_if(
    db: &mut Db,
    scope: &Scope,
    id: Uuid,
    (horizon, asked): (Horizon, WhatIf),
) -> Stored<Result<WhatIfView, Refusal>> {
    let Some(outlook) = seen(db, scope, id, &horizon)? else { return Ok(Err(Refusal::NotFound("account"))) };
    if let Err(refusal) = refuse_past(&asked, outlook.first.max(horizon.this_month())) {
        return Ok(Err(refusal));
    }
    let levy = LevyAhead::expected(&outlook.account.books, horizon.this_month(), horizon.levy);
    let question = Question { outlook: &outlook, months: horizon.months, levy: &levy };
    let without = ForecastView { assumptions: Assumptions::of(&outlook, levy), months: question.with(&[]) };
    let (with, found) = match asked {
        WhatIf::Plans(plans) => (Some(question.with(&plans)), None),
        WhatIf::Find(programme) => {
            let found = smallest(&question, &programme);
            let with = match found {
                Found::Apprentices(apprentices) => Some(question.with(&[Programme { apprentices, ..programme }])),
                Found::StillLapses { .. } | Found::Short { .. } => None,
            };
            (with, Some(found))
        }
    };
    Ok(Ok(WhatIfView { without, with, found }))
}

fn seen(db: &mut Db, scope: &Scope, id: Uuid, horizon: &Horizon) -> Stored<Option<Outlook>> {
    let known_at = horizon.of.last_known();
    if scope.sees(id) { forecasting::outlook(db, id, horizon.this_month(), known_at) } else { Ok(None) }
}

/// Programmes begin in a month that is not over and not closed.
fn refuse_past(asked: &WhatIf, earliest: Month) -> Result<(), Refusal> {
    let fault = |pointer: String, programme: &Programme| {
        let detail = format!("first_start is {}; it can be {earliest} or later", programme.first_start);
        (programme.first_start < earliest).then(|| Fault::at(&pointer, detail))
    };
    refuse_faults(match asked {
        WhatIf::Plans(plans) => {
            let plans = plans.iter().enumerate();
            plans.filter_map(|(at, plan)| fault(format!("/plans/{at}/first_start"), plan)).collect()
        }
        WhatIf::Find(programme) => fault("/find/first_start".to_owned(), programme).into_iter().collect(),
    })
}

impl Assumptions {
    fn of(outlook: &Outlook, levy: LevyAhead) -> Self {
        let rule_set = outlook.account.settings.rule_set.clone();
        Self { first: outlook.first, levy, rule_set, starts: outlook.starts.len() }
    }
}
