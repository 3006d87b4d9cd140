//! The totals of an account at the end of a day, which foot to its balance.

use std::ops::Add;

use chrono::NaiveDate;

use super::funds::{Funds, funds_as_at};
use super::journal::Books;
use super::money::Money;
use super::rules::RuleSet;

/// The funds of an account at the end of a day, from its sums by then. A correction moves the balance
/// and no lot, so it stands with what no lot holds (`docs/rules.md` section 5).
#[must_use]
pub fn account_funds(books: &Books, rules: &RuleSet, as_at: NaiveDate) -> Funds {
    let corrections: Money = books.months.values().map(|sums| sums.corrections).sum();
    let mut funds = funds_as_at(&books.flows(), &books.bookings(), rules, as_at);
    funds.balance += corrections;
    funds.unallocated += corrections;
    funds
}

/// What came in, what went out and what is left, in pounds; everything is positive in its own
/// direction but corrections (`docs/rules.md` section 10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Levy funds that entered, adjustments included.
    pub levy_in: Money,
    /// Transfers from other accounts.
    pub transfers_received: Money,
    /// Corrections of the balance.
    pub corrections: Money,
    /// Paid for the account's own starts, refunds taken off.
    pub own_spending: Money,
    /// Paid as transfers, refunds taken off.
    pub transferred: Money,
    /// Lapsed: booked, or due and not yet booked.
    pub expired: Money,
    /// What is left of all that.
    pub balance: Money,
    /// What of the balance can be spent.
    pub spendable: Money,
}

impl Totals {
    /// Totals foot: balance = levy in + transfers received + corrections − own spending − transferred
    /// − expired, whether or not anyone booked the expiry (`docs/rules.md` section 10).
    ///
    /// £100 of May 2024 of which £30 were spent: £70 have expired at the end of May 2026.
    ///
    /// ```
    /// use levy_ledger::domain::calendar::parse_date;
    /// use levy_ledger::domain::{journal::{Books, EntryKind, Sums}, rules::RuleSet, totals::Totals};
    /// let mut sums = Sums::new();
    /// sums.entry("2024-05".parse()?).or_default().count(EntryKind::Levy, "100.00".parse()?);
    /// sums.entry("2025-01".parse()?).or_default().count(EntryKind::OwnPayment, "-30.00".parse()?);
    /// let totals = Totals::of(&Books::from(sums), &RuleSet::standard(), parse_date("2026-05-31")?);
    /// assert_eq!((totals.levy_in.to_string(), totals.expired.to_string()), ("100.00".into(), "70.00".into()));
    /// assert!(totals.balance.is_zero());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of(books: &Books, rules: &RuleSet, as_at: NaiveDate) -> Self {
        let funds = account_funds(books, rules, as_at);
        let mut totals =
            Self { expired: funds.expired, balance: funds.balance, spendable: funds.spendable(), ..Self::default() };
        for month in books.months.values() {
            totals.levy_in += month.flow.levy;
            totals.transfers_received += month.flow.received;
            totals.corrections += month.corrections;
            totals.own_spending += month.flow.own;
            totals.transferred += month.flow.transferred;
        }
        totals
    }
}

impl Add for Totals {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            levy_in: self.levy_in + other.levy_in,
            transfers_received: self.transfers_received + other.transfers_received,
            corrections: self.corrections + other.corrections,
            own_spending: self.own_spending + other.own_spending,
            transferred: self.transferred + other.transferred,
            expired: self.expired + other.expired,
            balance: self.balance + other.balance,
            spendable: self.spendable + other.spendable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::parse_date;
    use crate::domain::journal::{EntryKind, Sums};

    #[test]
    fn a_correction_moves_the_balance_and_no_lot() {
        let pounds = |whole: i64| Money::from_units(whole * 100_000);
        let mut sums = Sums::new();
        let month = sums.entry("2026-05".parse().unwrap()).or_default();
        month.count(EntryKind::Levy, pounds(100));
        month.count(EntryKind::Correction, pounds(-40));
        let books = Books::from(sums);
        let funds = account_funds(&books, &RuleSet::standard(), parse_date("2026-06-30").unwrap());
        assert_eq!((funds.balance, funds.unallocated, funds.spendable()), (pounds(60), pounds(-40), pounds(60)));
        let totals = Totals::of(&books, &RuleSet::standard(), parse_date("2026-06-30").unwrap());
        assert_eq!((totals.corrections, totals.balance), (pounds(-40), pounds(60)));
    }
}
