//! The time as the operating system tells it.

use chrono::{NaiveDate, NaiveDateTime, SubsecRound, Utc};
use chrono_tz::Europe::London;

use crate::storage::Clock;

/// The clock of the machine; days are those of London.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> NaiveDateTime {
        Utc::now().naive_utc().trunc_subsecs(6)
    }

    fn today(&self) -> NaiveDate {
        Utc::now().with_timezone(&London).date_naive()
    }
}
