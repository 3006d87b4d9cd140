//! The lines of a finance journal: one for each entry, balanced against the levy control account.

use super::journal::EntryKind;
use super::journal_profile::{Codes, Decimals};
use super::money::Money;

/// What a line is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posting {
    /// An entry of the ledger.
    Entry(EntryKind),
    /// What rounding each entry by itself has added or lost.
    Rounding,
    /// The levy control account.
    Control,
}

impl Posting {
    /// The nominal code it is posted to.
    #[must_use]
    pub fn code(self, codes: &Codes) -> &str {
        match self {
            Self::Entry(kind) => codes.kinds.get(&kind).map_or("", String::as_str),
            Self::Rounding => codes.rounding.as_deref().unwrap_or_default(),
            Self::Control => &codes.control,
        }
    }

    /// A few words on it.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Entry(EntryKind::Levy) => "Levy funds",
            Self::Entry(EntryKind::LevyAdjustment) => "Levy funds adjusted",
            Self::Entry(EntryKind::OwnPayment) => "Own apprenticeship training",
            Self::Entry(EntryKind::TransferPayment) => "Levy transfer paid",
            Self::Entry(EntryKind::TransferReceived) => "Levy transfer received",
            Self::Entry(EntryKind::Expiry) => "Levy funds expired",
            Self::Entry(EntryKind::Correction) => "Levy funds corrected",
            Self::Rounding => "Rounding to whole pence",
            Self::Control => "Levy control account",
        }
    }
}

/// A journal as its lines are written: what they come to, so that it ends balanced
/// (`docs/rules.md` section 10).
///
/// Levy of £100.00 is credited to its own code; two payments of £33.33333 and £33.33333 are debited.
/// Each is rounded to pence by itself; the control account takes the exact sum rounded once, and a
/// rounding line the difference:
///
/// ```
/// use levy_ledger::domain::journal_profile::Decimals;
/// use levy_ledger::domain::posting::{Journal, Posting};
/// let mut journal = Journal::new(Decimals::Two);
/// let mut post = |amount: &str| amount.parse().map(|moved| journal.post(moved).to_string());
/// assert_eq!(post("100.00").as_deref(), Ok("-100.00"));
/// assert_eq!(post("-33.33333").as_deref(), Ok("33.33"));
/// assert_eq!(post("-33.33333").as_deref(), Ok("33.33"));
/// let closing: Vec<String> = journal.close().iter().map(|(_, debit)| debit.to_string()).collect();
/// assert_eq!(closing, ["0.01", "33.33"]);
/// assert_eq!(journal.debit(), journal.credit());
/// assert_eq!((journal.lines(), journal.debit().to_string().as_str()), (5, "100.00"));
/// # Ok::<(), levy_ledger::domain::money::MoneyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Journal {
    decimals: Decimals,
    /// What the entries' lines debit, exactly.
    exact: Money,
    /// The same as written.
    written: Money,
    lines: u64,
    debit: Money,
    credit: Money,
}

impl Journal {
    /// One without lines.
    #[must_use]
    pub fn new(decimals: Decimals) -> Self {
        let nothing = Money::ZERO;
        Self { decimals, exact: nothing, written: nothing, lines: 0, debit: nothing, credit: nothing }
    }

    /// Adds the line of an entry that moves the balance by an amount; gives what it debits, or
    /// credits where that is negative. What raises the balance debits the control account and so
    /// credits the code of its kind; a payment debits it.
    pub fn post(&mut self, moved: Money) -> Money {
        let debit = self.decimals.round(-moved);
        self.exact += -moved;
        self.written += debit;
        self.add(debit)
    }

    /// Adds the closing lines; gives what each debits. Those that would say nothing are left out.
    pub fn close(&mut self) -> Vec<(Posting, Money)> {
        let once = self.decimals.round(self.exact);
        let lines = [(Posting::Rounding, once - self.written), (Posting::Control, -once)];
        let said = lines.into_iter().filter(|(_, debit)| !debit.is_zero());
        said.map(|(posting, debit)| (posting, self.add(debit))).collect()
    }

    fn add(&mut self, debit: Money) -> Money {
        self.lines += 1;
        self.debit += debit.at_least_zero();
        self.credit += (-debit).at_least_zero();
        debit
    }

    /// How many lines there are.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Pounds debited.
    #[must_use]
    pub fn debit(&self) -> Money {
        self.debit
    }

    /// Pounds credited.
    #[must_use]
    pub fn credit(&self) -> Money {
        self.credit
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A journal balances, in pence and exactly, and its control line is the exact movement of the
        /// balance, rounded once.
        #[test]
        fn a_journal_balances(moved in prop::collection::vec(-10_000_000_000_i64..10_000_000_000, 0..60)) {
            for decimals in [Decimals::Two, Decimals::Five] {
                let mut journal = Journal::new(decimals);
                let mut sum: Money = moved.iter().map(|units| journal.post(Money::from_units(*units))).sum();
                let closing = journal.close();
                sum += closing.iter().map(|(_, debit)| *debit).sum();
                prop_assert_eq!(sum, Money::ZERO);
                prop_assert_eq!(journal.debit(), journal.credit());
                let exact = Money::from_units(moved.iter().sum());
                let control = closing.iter().find(|(posting, _)| *posting == Posting::Control);
                prop_assert_eq!(control.map_or(Money::ZERO, |(_, debit)| *debit), decimals.round(exact));
                let rounding = closing.iter().any(|(posting, _)| *posting == Posting::Rounding);
                prop_assert!(!(rounding && decimals == Decimals::Five));
            }
        }
    }
}
