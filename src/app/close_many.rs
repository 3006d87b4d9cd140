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
use crate::storage::closing::{Ahead, ToClose};
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
    ahead: Option<Ahead>,
    tell: Tell,
}

/// What closing a month of accounts needs.
pub(crate) fn needs(accounts: &[Uuid], month: Month) -> Needs {
    let closing = ToClose { accounts: accounts.to_vec(), month, answered: false };
    Needs { accounts: accounts.to_vec(), closing: Some(closing), ..Needs::default() }
}

impl<Tell: FnOnce(Outcomes) -> Answer + Send + 'static> CloseMany<Tell> {
    /// How it is decided, by what was read ahead of what it needs if that still counts. `tell` is told
    /// what became of the accounts. One that others before it passed a shortfall on to is not taken, nor
    /// are those after it: what is due of it has to be read again, as it is when they are asked for again.
    pub(crate) fn decide(accounts: &[Uuid], month: Month, ahead: Option<Ahead>, tell: Tell) -> Box<dyn Steps> {
        let waiting = accounts.iter().copied().collect();
        Box::new(Self { month, waiting, outcomes: Vec::new(), passed_to: HashSet::new(), ahead, tell })
    }
}

impl<Tell: FnOnce(Outcomes) -> Answer + Send> Steps for CloseMany<Tell> {
    fn ahead(&mut self) -> Option<Ahead> {
        self.ahead.take()
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::local::{close_many, operator, read_ahead};
    use crate::app::months;
    use crate::app::scenario::{Scenario, TODAY, day, month};
    use crate::domain::close::{ClosedMonth, CoInvested, MonthSource};
    use crate::domain::earnings::EarningKind;
    use crate::domain::journal::{Earned, EntryKind};
    use crate::domain::money::Money;

    const MAY: &str = "2026-05";

    /// What closing May paid of an account, by what was read ahead before.
    fn paid(ledger: &Scenario, account: Uuid, ahead: Ahead) -> String {
        let outcomes = close_many(&ledger.store, &operator("test"), (&[account], month(MAY)), Some(ahead)).unwrap();
        assert!(matches!(outcomes.as_slice(), [Ok(())]));
        let view = ledger.read(|db| months::find(db, &Scope::default(), account, month(MAY))).unwrap();
        view.closed.paid.to_string()
    }

    /// Closes May of an account that passes a shortfall of £100 on, if it does.
    fn close_passing_on(ledger: &Scenario, (account, start): (Uuid, Seq), passed_to: Option<Seq>) {
        let (nil, amount) = (Money::ZERO, "100.00".parse().unwrap());
        let (paid, transferred, government, employer) = (nil, nil, nil, nil);
        let (source, expired, expired_earlier) = (MonthSource::Close, nil, nil);
        let month = month(MAY);
        let closed = ClosedMonth { month, source, paid, transferred, government, employer, expired, expired_earlier };
        let earned = Earned { month, kind: EarningKind::OnProgramme };
        let employer_percent = "5".parse().unwrap();
        let part =
            CoInvested { start, provider: None, earned, amount, employer_percent, government, employer, passed_to };
        let co_invested = passed_to.map(|_| part).into_iter().collect();
        let needs = Needs { accounts: vec![account], ..Needs::default() };
        ledger.record(needs, vec![Fact::MonthClosed { account, closed, co_invested }]);
    }

    #[test]
    fn what_is_recorded_after_it_was_read_ahead_counts_in_the_close() {
        let ledger = Scenario::under("standard");
        ledger.start("2026-05-01", "2027-04-30");
        ledger.entry(EntryKind::Levy, "300.00", "2026-05-10");
        let ahead = read_ahead(&ledger.store, &[ledger.account], month(MAY)).unwrap();
        ledger.entry(EntryKind::Levy, "250.00", "2026-05-20");
        assert_eq!(paid(&ledger, ledger.account, ahead), "550.00");
    }

    #[test]
    fn a_month_that_another_closed_after_it_was_read_ahead_stays_as_it_is() {
        let ledger = Scenario::under("standard");
        let start = ledger.start("2026-05-01", "2027-04-30");
        ledger.entry(EntryKind::Levy, "300.00", "2026-05-10");
        let ahead = read_ahead(&ledger.store, &[ledger.account], month(MAY)).unwrap();
        close_passing_on(&ledger, (ledger.account, start), None);
        assert_eq!(paid(&ledger, ledger.account, ahead), "0.00");
    }

    #[test]
    fn what_was_read_ahead_counts_neither_on_another_day_nor_after_anything_but_a_close() {
        let ledger = Scenario::under("standard");
        let read = || read_ahead(&ledger.store, &[ledger.account], month(MAY)).unwrap();
        let counts = |ahead: Ahead, on| ledger.read(|db| ahead.if_it_counts(db, on)).is_some();
        assert!(counts(read(), day(TODAY)));
        assert!(!counts(read(), day(TODAY).succ_opt().unwrap()));
        let ahead = read();
        ledger.open_account("standard");
        assert!(!counts(ahead, day(TODAY)));
    }

    #[test]
    fn closes_of_others_leave_it_as_it_was_read_unless_they_pass_something_on() {
        let mut ledger = Scenario::under("standard");
        ledger.entry(EntryKind::Levy, "300.00", "2026-05-10");
        let ours = ledger.account;
        let [first, second] = [(); 2].map(|()| {
            ledger.account = ledger.open_account("standard");
            (ledger.account, ledger.start("2026-05-01", "2027-04-30"))
        });
        let read = || read_ahead(&ledger.store, &[ours], month(MAY)).unwrap();
        let kept = |ahead: Ahead| ledger.read(|db| ahead.if_it_counts(db, day(TODAY)));
        let key = kept(read()).unwrap().accounts[&ours].key;
        let ahead = [(); 3].map(|()| read());
        close_passing_on(&ledger, first, None);
        let [one, other, last] = ahead;
        assert!(kept(one).is_some());
        close_passing_on(&ledger, second, Some(key));
        assert!(kept(other).is_none());
        assert_eq!(paid(&ledger, ours, last), "100.00", "what was passed on is met");
    }
}
