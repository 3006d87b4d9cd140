//! How many apprentices it takes so that nothing lapses.

use super::{ForecastMonth, LevyAhead, Outlook, Programme, expired_in, forecast, short_in};
use crate::domain::money::Money;

/// The most apprentices that a cohort is tried with.
pub const MOST_APPRENTICES: u32 = 100_000;

/// What a forecast is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// What it begins with.
    pub outlook: &'q Outlook,
    /// How many months it looks ahead.
    pub months: i32,
    /// The levy that is expected.
    pub levy: &'q LevyAhead,
}

impl Question<'_> {
    /// The forecast with programmes added.
    #[must_use]
    pub fn with(&self, programmes: &[Programme]) -> Vec<ForecastMonth> {
        forecast(self.outlook, self.months, self.levy, programmes)
    }

    fn try_with(&self, programme: &Programme, apprentices: u32) -> Tried {
        let months = self.with(&[Programme { apprentices, ..*programme }]);
        Tried { apprentices, expired: expired_in(&months), short: short_in(&months) }
    }
}

/// What a number of apprentices comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tried {
    apprentices: u32,
    expired: Money,
    short: Money,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// So many in each cohort, and nothing lapses.
    Apprentices(u32),
    /// However many are tried, so much lapses in the months asked about; before the programme is paid,
    /// or after.
    StillLapses {
        /// The most that were tried.
        apprentices: u32,
        /// What lapses all the same, in pounds.
        expired: Money,
    },
    /// So many would do, but more of what is due than without them would not be covered.
    Short {
        /// How many it would take.
        apprentices: u32,
        /// What would not be covered beyond what is not without them, in pounds.
        short: Money,
    },
}

/// The smallest number of apprentices in each cohort with which nothing lapses in the months asked
/// about, while all that is covered without them stays covered. More apprentices never let more
/// lapse and never leave less uncovered, so that halving finds it (`docs/rules.md` section 10).
#[must_use]
pub fn smallest(question: &Question<'_>, programme: &Programme) -> Found {
    let without = question.try_with(programme, 0);
    let fits = |tried: &Tried| tried.short <= without.short;
    let (mut too_few, mut enough) = (without, question.try_with(programme, 1));
    if without.expired.is_zero() {
        return Found::Apprentices(0);
    }
    while !enough.expired.is_zero() {
        if !fits(&enough) || enough.apprentices >= MOST_APPRENTICES {
            return Found::StillLapses { apprentices: enough.apprentices, expired: enough.expired };
        }
        let more = enough.apprentices.saturating_mul(2).min(MOST_APPRENTICES);
        too_few = std::mem::replace(&mut enough, question.try_with(programme, more));
    }
    while enough.apprentices - too_few.apprentices > 1 {
        let between = too_few.apprentices + (enough.apprentices - too_few.apprentices) / 2;
        let tried = question.try_with(programme, between);
        if tried.expired.is_zero() { enough = tried } else { too_few = tried }
    }
    match fits(&enough) {
        true => Found::Apprentices(enough.apprentices),
        false => Found::Short { apprentices: enough.apprentices, short: enough.short - without.short },
    }
}
