//! Differences as a finance colleague reads them.

use super::{Cause, Difference};

impl Difference {
    /// It in a sentence: "3 payments, £1,200.00 in all, name no start of ours".
    #[must_use]
    pub fn sentence(&self) -> String {
        let (count, amount) = (self.count, pounds(self));
        let lines = if count == 1 { "1 line".to_owned() } else { format!("{count} lines") };
        let other = self.other_month.map(|month| format!(" in {month}")).unwrap_or_default();
        match self.cause {
            Cause::NoStatement => format!("no statement covers this month; the ledger holds {amount}"),
            Cause::Missing12MonthExpiry => {
                format!("{amount} with a life of 12 months lapsed, and the statement has no row for it")
            }
            Cause::NotInStatement => format!("{lines} of the ledger, {amount}, not in the statement"),
            Cause::EntryReversedHere => format!("{lines}, {amount}, taking back entries of the ledger"),
            Cause::LevyOfAnotherAmount => {
                format!("levy of a scheme and payroll month with another amount on the other side{other}, {amount}")
            }
            Cause::Timing => format!("{lines}, {amount}, stand on the other side{other}"),
            Cause::MonthClosedHere => {
                format!("{lines} of the statement, {amount}, held because the month was closed here")
            }
            Cause::LevyHeldOnly => format!("{lines} of the statement, {amount}, held for levy that is no longer here"),
            Cause::PaymentInTwoFiles => format!("{lines}, {amount}, shown by several files and counted once"),
            Cause::UnattributedPayment => format!("{lines}, {amount}, naming no start of ours"),
            Cause::BeyondTheFunds => format!("{amount} of the month's spending was beyond the funds"),
            Cause::BeyondTheCap => {
                let year = self.allowance_year.map(|year| year.to_string()).unwrap_or_default();
                format!("{amount} of the month's transfers were beyond the allowance of {year}")
            }
        }
    }
}

/// The amount without its sign: the sentence tells the direction.
fn pounds(difference: &Difference) -> String {
    let amount = difference.amount;
    let amount = if amount.is_negative() { -amount } else { amount };
    amount.in_words()
}
