//! What an account has for a month, lowered by one payment after another, and what remains unpaid.

use std::collections::BTreeMap;

use super::co_investment::{CoInvestment, co_investment};
use super::demands::{Demand, Funding, order_of_payment};
use crate::domain::money::Money;

/// What a transfer has of the year that holds the month's last day, in pounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransferYear {
    /// What its schedule sets aside for the year; nothing once it is closed.
    pub scheduled: Money,
    /// What it was paid in the year, net of refunds.
    pub paid: Money,
}

impl TransferYear {
    /// What it still reserves: its schedule less what was paid, never below nothing.
    #[must_use]
    pub fn reserved(self) -> Money {
        (self.scheduled - self.paid).at_least_zero()
    }
}

/// What an account has for a month (`docs/rules.md` section 8). `T` is the key of a transfer; one
/// that is not among them reserves nothing and was paid nothing in the year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Means<T> {
    balance: Money,
    allowance: Money,
    free: Money,
    transfers: BTreeMap<T, TransferYear>,
}

impl<T: Ord + Clone> Means<T> {
    /// A month begins with the balance, never below nothing, and with what is left of the year's
    /// allowance, never below nothing nor above that balance. `unpaid` is the allowance less what was
    /// paid of it, `free` what of that no transfer reserves, below nothing where more is reserved
    /// than is left (`docs/rules.md` section 8).
    ///
    /// ```
    /// use levy_ledger::domain::{money::Money, month_end::Means};
    /// let pounds = |whole: i64| Money::from_units(whole * 100_000);
    /// let means: Means<u8> = Means::of_month(pounds(300), pounds(500), pounds(500), Default::default());
    /// assert_eq!((means.balance(), means.allowance()), (pounds(300), pounds(300)));
    /// ```
    #[must_use]
    pub fn of_month(balance: Money, unpaid: Money, free: Money, transfers: BTreeMap<T, TransferYear>) -> Self {
        let balance = balance.at_least_zero();
        Self { balance, allowance: unpaid.at_least_zero().min(balance), free, transfers }
    }

    /// What is left to pay from.
    #[must_use]
    pub const fn balance(&self) -> Money {
        self.balance
    }

    /// What is left to transfer, never above the balance.
    #[must_use]
    pub const fn allowance(&self) -> Money {
        self.allowance
    }

    /// Pays what it can of an amount and answers what it paid. A transfer is paid as far as balance
    /// and allowance go: first what it reserves of the year, and beyond that only what no transfer
    /// reserves. Own training is paid as far as the balance goes, and lowers the allowance to the
    /// balance that it leaves. A refund is paid back in full (`docs/rules.md` sections 6 and 8).
    ///
    /// £1,000.00 of allowance is left, £700.00 of it reserved by transfer 1: of £500.00 due for
    /// transfer 2, which reserves nothing, £300.00 is paid, and the £700.00 stays for transfer 1.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use levy_ledger::domain::{money::Money, month_end::{Funding, Means, TransferYear}};
    /// let pounds = |whole: i64| Money::from_units(whole * 100_000);
    /// let reserved = BTreeMap::from([(1, TransferYear { scheduled: pounds(700), paid: Money::ZERO })]);
    /// let mut means = Means::of_month(pounds(5_000), pounds(1_000), pounds(300), reserved);
    /// assert_eq!(means.pay(&Funding::Transfer(2), pounds(500)), pounds(300));
    /// assert_eq!(means.pay(&Funding::Transfer(1), pounds(800)), pounds(700));
    /// assert_eq!(means.pay(&Funding::Own, pounds(5_000)), pounds(4_000));
    /// ```
    pub fn pay(&mut self, funding: &Funding<T>, amount: Money) -> Money {
        if amount.is_negative() {
            self.give_back(funding, -amount);
            return amount;
        }
        match funding {
            Funding::Transfer(transfer) => self.pay_transfer(transfer, amount),
            Funding::Own => {
                let paid = amount.min(self.balance);
                self.balance -= paid;
                self.allowance = self.allowance.min(self.balance);
                paid
            }
        }
    }

    fn pay_transfer(&mut self, transfer: &T, amount: Money) -> Money {
        let year = self.transfers.entry(transfer.clone()).or_default();
        let may_use = year.reserved() + self.free.at_least_zero();
        let paid = amount.min(self.allowance).min(may_use);
        self.free -= (paid - year.reserved()).at_least_zero();
        year.paid += paid;
        self.allowance -= paid;
        self.balance -= paid;
        paid
    }

    /// A refund gives back balance; a transfer's also allowance, as far as the transfer was paid in
    /// the same year, to what it reserves first (`docs/rules.md` section 6).
    fn give_back(&mut self, funding: &Funding<T>, amount: Money) {
        self.balance += amount;
        let Funding::Transfer(transfer) = funding else { return };
        let year = self.transfers.entry(transfer.clone()).or_default();
        let held = year.reserved();
        let of_the_year = amount.min(year.paid.at_least_zero());
        year.paid -= of_the_year;
        self.allowance += of_the_year;
        self.free += of_the_year - (year.reserved() - held);
    }
}

/// What became of a demand: always due = paid + uncovered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<R, T> {
    /// What was asked for.
    pub demand: Demand<R, T>,
    /// What the account paid, in pounds; below nothing for a refund.
    pub paid: Money,
    /// What it did not cover, in pounds.
    pub uncovered: Money,
}

impl<R, T> Outcome<R, T> {
    /// What is not covered is shared by the government and the employer at the start's rate: of own
    /// training always, of a transfer where the provider has no levy account (`docs/rules.md`
    /// section 8).
    #[must_use]
    pub fn co_invested(&self) -> CoInvestment {
        co_investment(self.uncovered, self.demand.employer_percent)
    }

    /// What a transfer does not cover is a shortfall of the provider: a demand on its own levy
    /// account, if it has one, where it is paid as own training is (`docs/rules.md` section 8).
    ///
    /// ```
    /// use levy_ledger::domain::calendar::parse_date;
    /// use levy_ledger::domain::{money::Money, month_end::{Demand, Funding, Means, pay_in_order}};
    /// let pounds = |whole: i64| Money::from_units(whole * 100_000);
    /// let demand = Demand {
    ///     reference: "A-1",
    ///     agreed: parse_date("2026-09-01")?.and_time(Default::default()),
    ///     funding: Funding::Transfer(1),
    ///     training_provider: None,
    ///     amount: pounds(1_000),
    ///     employer_percent: 10.into(),
    /// };
    /// let mut sender = Means::of_month(pounds(15_000), pounds(400), pounds(400), Default::default());
    /// let mut provider = Means::of_month(pounds(100), Money::ZERO, Money::ZERO, Default::default());
    /// let paid = pay_in_order(&mut sender, vec![demand], &[]);
    /// assert_eq!(paid[0].paid, pounds(400));
    /// let passed_on = paid.into_iter().filter_map(|outcome| outcome.shortfall()).collect();
    /// let paid = pay_in_order(&mut provider, passed_on, &[]);
    /// assert_eq!(paid[0].paid, pounds(100));
    /// assert_eq!((paid[0].co_invested().government, paid[0].co_invested().employer), (pounds(450), pounds(50)));
    /// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
    /// ```
    #[must_use]
    pub fn shortfall(self) -> Option<Demand<R, T>> {
        let of_transfer = matches!(self.demand.funding, Funding::Transfer(_));
        let passed_on = Demand { funding: Funding::Own, amount: self.uncovered, ..self.demand };
        (of_transfer && !self.uncovered.is_zero()).then_some(passed_on)
    }
}

/// Pays demands in the order of payment, each as far as what those before it have left, and answers
/// what became of them in that order (`docs/rules.md` section 8).
///
/// £1,000.00 is due and £600.00 is left: £400.00 is shared, and at 5% the employer's part is £20.00.
///
/// ```
/// use levy_ledger::domain::calendar::parse_date;
/// use levy_ledger::domain::{money::Money, month_end::{Demand, Funding, Means, pay_in_order}};
/// let pounds = |whole: i64| Money::from_units(whole * 100_000);
/// let demand = Demand {
///     reference: "A-1",
///     agreed: parse_date("2026-09-01")?.and_time(Default::default()),
///     funding: Funding::Own,
///     training_provider: None,
///     amount: pounds(1_000),
///     employer_percent: 5.into(),
/// };
/// let mut means: Means<u8> = Means::of_month(pounds(600), Money::ZERO, Money::ZERO, Default::default());
/// let outcomes = pay_in_order(&mut means, vec![demand], &[]);
/// assert_eq!((outcomes[0].paid, outcomes[0].uncovered), (pounds(600), pounds(400)));
/// assert_eq!(outcomes[0].co_invested().employer, pounds(20));
/// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
/// ```
#[must_use]
pub fn pay_in_order<R: Ord, T: Ord + Clone>(
    means: &mut Means<T>,
    mut demands: Vec<Demand<R, T>>,
    priorities: &[String],
) -> Vec<Outcome<R, T>> {
    order_of_payment(&mut demands, priorities);
    let mut outcome = |demand: Demand<R, T>| {
        let paid = means.pay(&demand.funding, demand.amount);
        Outcome { paid, uncovered: demand.amount - paid, demand }
    };
    demands.into_iter().map(&mut outcome).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pounds(whole: i64) -> Money {
        Money::from_units(whole * 100_000)
    }

    /// £1,000 of balance and £1,000 of allowance; transfer 1 is scheduled £500 and was paid `paid`.
    fn means(paid: i64) -> Means<u8> {
        let year = TransferYear { scheduled: pounds(500), paid: pounds(paid) };
        let free = pounds(1_000) - year.reserved();
        Means::of_month(pounds(1_000), pounds(1_000), free, BTreeMap::from([(1, year)]))
    }

    #[test]
    fn a_refund_is_reserved_again_within_the_schedule_and_free_beyond_it() {
        let mut means = means(600);
        assert_eq!(means.pay(&Funding::Own, pounds(1_000)), pounds(1_000));
        assert_eq!(means.pay(&Funding::Transfer(1), pounds(-300)), pounds(-300));
        assert_eq!((means.balance(), means.allowance()), (pounds(300), pounds(300)));
        assert_eq!(means.pay(&Funding::Transfer(2), pounds(300)), pounds(300));
        let reserved = means.transfers.get(&1).map(|year| year.reserved());
        assert_eq!((means.free, reserved), (pounds(800), Some(pounds(200))));
    }

    #[test]
    fn a_refund_of_an_earlier_year_s_payment_gives_back_balance_only() {
        let mut means = means(100);
        means.pay(&Funding::Own, pounds(1_000));
        means.pay(&Funding::Transfer(1), pounds(-250));
        assert_eq!((means.balance(), means.allowance()), (pounds(250), pounds(100)));
    }

    #[test]
    fn reservations_beyond_what_is_left_of_the_year_are_served_in_turn() {
        let years = [(1, pounds(80)), (2, pounds(50))];
        let years = years.map(|(transfer, scheduled)| (transfer, TransferYear { scheduled, paid: Money::ZERO }));
        let mut means = Means::of_month(pounds(1_000), pounds(100), pounds(-30), BTreeMap::from(years));
        assert_eq!(means.pay(&Funding::Transfer(3), pounds(10)), Money::ZERO);
        assert_eq!(means.pay(&Funding::Transfer(1), pounds(90)), pounds(80));
        assert_eq!(means.pay(&Funding::Transfer(2), pounds(50)), pounds(20));
    }

    #[test]
    fn a_refund_of_own_training_gives_back_no_allowance() {
        let mut means: Means<u8> = Means::of_month(pounds(-50), pounds(70), pounds(70), BTreeMap::new());
        means.pay(&Funding::Own, pounds(-50));
        assert_eq!((means.balance(), means.allowance()), (pounds(50), Money::ZERO));
        assert_eq!(means.pay(&Funding::Transfer(1), pounds(10)), Money::ZERO);
    }
}
