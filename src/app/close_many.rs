//! Closing a month of many accounts in one transaction: each is decided and recorded as if it were
//! alone, one after the other, and a refusal is of its own account alone.

use std::collections::{HashSet, VecDeque};

use uuid::Uuid;

use super::months::CloseMonth;
use super::scope::Scope;
use super::{Command, Decision, Refusal};
use crate::domain::calendar::Month;
use crate::domain::facts::Fact;
use crate::domain::journal::Seq;
use crate::storage::closing::ToClose;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::writer::{Answer, Effects, Moment, Refused, Steps};

/// What became of accounts, in their order, as far as they were taken.
pub(crate) type Outcomes = Vec<Result<(), Refusal>>;

/// Closes a month of accounts in their order.
pub(crate) struct CloseMany<Tell> {
    month: Month,
    waiting: VecDeque<Uuid>,
    outcomes: Outcomes,
    /// The accounts that those before passed shortfalls on to.
    passed_to: HashSet<Seq>,
    tell: Tell,
}

impl<Tell: FnOnce(Outcomes) -> Answer + Send + 'static> CloseMany<Tell> {
    /// What it needs, and how it is decided. `tell` is told what became of the accounts. One that others
    /// before it passed a shortfall on to is not taken, nor are those after it: what is due of it has to
    /// be read again, as it is when they are asked for again.
    pub(crate) fn decide(accounts: &[Uuid], month: Month, tell: Tell) -> (Needs, Box<dyn Steps>) {
        let closing = ToClose { accounts: accounts.to_vec(), month, answered: false };
        let needs = Needs { accounts: accounts.to_vec(), closing: Some(closing), ..Needs::default() };
        let waiting = accounts.iter().copied().collect();
        let steps = Self { month, waiting, outcomes: Vec::new(), passed_to: HashSet::new(), tell };
        (needs, Box::new(steps))
    }
}

impl<Tell: FnOnce(Outcomes) -> Answer + Send> Steps for CloseMany<Tell> {
    fn next(&mut self, ledger: &Ledger, now: Moment) -> Option<Effects> {
        while let Some(account) = self.waiting.pop_front() {
            if ledger.accounts.get(&account).is_some_and(|account| self.passed_to.contains(&account.key)) {
                return None;
            }
            let close = CloseMonth { scope: Scope::default(), account, month: self.month };
            match close.decide(ledger, now) {
                Ok(Decision { facts, account, .. }) => {
                    self.outcomes.push(Ok(()));
                    self.passed_to.extend(passed_on(&facts));
                    // Another may have closed it in the meantime.
                    if !facts.is_empty() {
                        return Some(Effects::of_step(facts, account, None));
                    }
                }
                Err(refusal) => self.outcomes.push(Err(refusal)),
            }
        }
        None
    }

    fn answer(self: Box<Self>) -> Result<Answer, Refused> {
        Ok((self.tell)(self.outcomes))
    }
}

/// The accounts that a close passes something on to.
fn passed_on(facts: &[Fact]) -> impl Iterator<Item = Seq> {
    let closes = facts
        .iter()
        .filter_map(|fact| if let Fact::MonthClosed { co_invested, .. } = fact { Some(co_invested) } else { None });
    closes.flatten().filter_map(|part| part.passed_to)
}
