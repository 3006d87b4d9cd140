//! The forecast: an account's months ahead, closed one after the other by the rules of the close
//! itself on books that grow as they would.

mod levy;
mod months;
mod programmes;
mod search;
mod starts;

use std::collections::{BTreeMap, HashMap};

use super::account::{Account, Transfer};
use super::allowance::Allowance;
use super::calendar::{AllowanceYear, Month};
use super::close::StartDue;
use super::journal::Seq;
use super::money::Money;

pub use levy::{LEVY_DAY, LevyAhead, LevyChoice, LevyQuestion};
pub use months::forecast;
pub use programmes::{FundedBy, Programme};
pub use search::{Found, MOST_APPRENTICES, Question, smallest};
pub use starts::{ExpectedStart, Terms, awaited};

/// What a forecast begins with: the account as it stands, and what it already owes.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// The account, with everything recorded of it.
    pub account: Account,
    /// Its transfers.
    pub transfers: Vec<Transfer>,
    /// The starts that can still be due something, and the transfers that wait for theirs.
    pub starts: Vec<ExpectedStart>,
    /// What other accounts have passed on, which the first month pays.
    pub passed_on: Vec<StartDue>,
    /// The levy accounts that providers have of their own.
    pub levy_accounts: HashMap<Seq, Seq>,
    /// What government and employer paid beside the open months of the statement.
    pub stated: BTreeMap<Month, (Money, Money)>,
    /// The first month: the first that is open, or this one.
    pub first: Month,
    /// The month of today, the first in which levy is expected.
    pub this_month: Month,
}

/// A month of a forecast, in pounds. Opening + levy in + other − own − transfers − expired = closing
/// (`docs/rules.md` section 10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForecastMonth {
    /// The month.
    pub month: Month,
    /// The balance at its beginning.
    pub opening: Money,
    /// Levy funds that enter in it.
    pub levy_in: Money,
    /// Transfers received and corrections that are recorded for it.
    pub other: Money,
    /// Paid for own training, refunds taken off.
    pub own: Money,
    /// Paid as transfers, refunds taken off.
    pub transfers: Money,
    /// What government and employers pay beside the funds.
    pub co_investment: Money,
    /// Funds that lapse at its end.
    pub expired: Money,
    /// The balance at its end.
    pub closing: Money,
    /// The allowance of the year that holds its last day, and what is left of it.
    pub allowance: Allowance,
    /// What was due and the funds did not cover.
    pub short_of_funds: Money,
    /// What transfers were due and the allowance did not cover.
    pub short_of_allowance: Money,
}

/// What lapses in all these months.
#[must_use]
pub fn expired_in(months: &[ForecastMonth]) -> Money {
    months.iter().map(|month| month.expired).sum()
}

/// What is not covered in all these months, for want of funds or of allowance.
#[must_use]
pub fn short_in(months: &[ForecastMonth]) -> Money {
    months.iter().map(|month| month.short_of_funds + month.short_of_allowance).sum()
}

/// The allowance of each year as it stands after the year's last month that is forecast.
#[must_use]
pub fn allowances(months: &[ForecastMonth]) -> BTreeMap<AllowanceYear, Allowance> {
    months.iter().map(|month| (month.allowance.allowance_year, month.allowance)).collect()
}
