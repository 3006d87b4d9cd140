//! Settling what starts are due: refunds back to where the payments came from, then payments in their
//! order, and the rest co-invested or passed on.

use std::collections::HashMap;

use chrono::NaiveTime;

use super::{CoInvested, Demand, Funding, Means, MonthDue, Outcome, PaidPart, StartDue, pay_in_order};
use crate::domain::account::Transfer;
use crate::domain::calendar::Month;
use crate::domain::journal::{Earned, Entry, Seq};
use crate::domain::money::Money;
use crate::domain::month_end::{Source, co_investment, take_back};
use crate::domain::spending::{PaymentKind, payment};

/// What names a demand: the start's reference, the start, what it earned, and its place among the
/// starts.
type Reference<'d> = (&'d str, Seq, Earned, usize);

/// What a start asks for.
type Asked<'d> = Demand<Reference<'d>, Seq>;

/// A month on its way to being settled.
pub(super) struct Settling<'d> {
    month: Month,
    due: &'d MonthDue,
    transfers: HashMap<Seq, &'d Transfer>,
    pub entries: Vec<Entry>,
    pub co_invested: Vec<CoInvested>,
}

impl<'d> Settling<'d> {
    pub fn of(month: Month, due: &'d MonthDue, transfers: &[&'d Transfer]) -> Self {
        let transfers = transfers.iter().map(|transfer| (transfer.key, *transfer)).collect();
        Self { month, due, transfers, entries: Vec::new(), co_invested: Vec::new() }
    }

    /// Takes back what was settled beyond what was earned, from what paid for it (`docs/rules.md`
    /// section 7).
    pub fn refund(&mut self) {
        let due = self.due;
        for start in &due.starts {
            let mut refundable = start.refundable.clone();
            let negative = start.due.iter().filter(|(_, amount)| amount.is_negative());
            for (earned, amount) in negative {
                for (month, part) in take_back(*amount, earned.month, &refundable) {
                    lessen(&mut refundable, month, part);
                    self.give_back(start, *earned, part);
                }
            }
        }
    }

    fn give_back(&mut self, start: &StartDue, earned: Earned, part: PaidPart) {
        match part.source {
            Source::Levy => self.enter(start, earned, (PaymentKind::Own, part.amount)),
            Source::Transfer => self.enter(start, earned, (PaymentKind::Transfer, part.amount)),
            Source::CoInvestment { employer_percent } => {
                let shared = co_investment(part.amount, employer_percent);
                let uncovered = self.uncovered(start, earned, part.amount);
                self.co_invested.push(CoInvested {
                    employer_percent,
                    government: shared.government,
                    employer: shared.employer,
                    passed_to: None,
                    ..uncovered
                });
            }
            Source::PassedOn => {
                let uncovered = self.uncovered(start, earned, part.amount);
                let passed_to = uncovered.provider.and_then(|provider| self.due.levy_accounts.get(&provider).copied());
                self.co_invested.push(CoInvested { passed_to, ..uncovered });
            }
        }
    }

    /// Pays what is due in the order of payment (`docs/rules.md` section 8).
    pub fn pay(&mut self, means: &mut Means<Seq>, priorities: &[String]) {
        let (payable, ended) = self.demands();
        let left = ended.into_iter().map(|demand| Outcome { paid: Money::ZERO, uncovered: demand.amount, demand });
        for outcome in pay_in_order(means, payable, priorities).into_iter().chain(left) {
            let (_, _, earned, at) = outcome.demand.reference;
            let Some(start) = self.due.starts.get(at) else { continue };
            let kind = match outcome.demand.funding {
                Funding::Transfer(_) => PaymentKind::Transfer,
                Funding::Own => PaymentKind::Own,
            };
            self.enter(start, earned, (kind, outcome.paid));
            if !outcome.uncovered.is_zero() {
                let uncovered = self.uncovered(start, earned, outcome.uncovered);
                self.co_invested.push(uncovered);
            }
        }
    }

    /// What is due, apart from what was earned after the transfer that funds it had ended, which it
    /// does not pay.
    fn demands(&self) -> (Vec<Asked<'d>>, Vec<Asked<'d>>) {
        let demands = self.due.starts.iter().enumerate().flat_map(|(at, start)| {
            let positive = start.due.iter().filter(|(_, amount)| *amount > Money::ZERO);
            positive.map(move |(earned, amount)| Demand {
                reference: (start.reference.as_str(), start.start, *earned, at),
                agreed: start.agreed_on.and_time(NaiveTime::MIN),
                funding: start.transfer.map_or(Funding::Own, Funding::Transfer),
                training_provider: start.training_provider.clone(),
                amount: *amount,
                employer_percent: start.employer_percent,
            })
        });
        demands.partition(|demand| match demand.funding {
            Funding::Own => true,
            Funding::Transfer(transfer) => self.pays(transfer, demand.reference.2.month),
        })
    }

    /// Whether a transfer pays for what was earned in a month: up to the month in which it ended, as
    /// known at the end of this one.
    fn pays(&self, transfer: Seq, earned: Month) -> bool {
        self.transfers.get(&transfer).is_none_or(|transfer| transfer.pays_for(earned, self.month))
    }

    fn enter(&mut self, start: &StartDue, earned: Earned, (kind, amount): (PaymentKind, Money)) {
        if amount.is_zero() {
            return;
        }
        let transfer = start.transfer.filter(|_| kind == PaymentKind::Transfer);
        let entry = payment(kind, self.month, amount);
        self.entries.push(Entry { start: Some(start.start), transfer, earned: Some(earned), ..entry });
    }

    /// What the funds do not cover: a provider's shortfall is met by its own levy account if it has
    /// one, everything else is co-invested (`docs/rules.md` section 8).
    fn uncovered(&self, start: &StartDue, earned: Earned, amount: Money) -> CoInvested {
        let transfer = start.transfer.and_then(|key| self.transfers.get(&key));
        let provider = transfer.map(|transfer| transfer.provider_on(self.month.last_day()).key);
        let passed_to = provider.and_then(|provider| self.due.levy_accounts.get(&provider).copied());
        let shared = co_investment(amount, start.employer_percent);
        let here = |part: Money| if passed_to.is_some() { Money::ZERO } else { part };
        CoInvested {
            start: start.start,
            provider,
            earned,
            amount,
            employer_percent: start.employer_percent,
            government: here(shared.government),
            employer: here(shared.employer),
            passed_to,
        }
    }
}

/// Takes a refund off what can still be taken back.
fn lessen(refundable: &mut std::collections::BTreeMap<Month, Vec<PaidPart>>, month: Month, back: PaidPart) {
    let parts = refundable.get_mut(&month).into_iter().flatten();
    for part in parts.filter(|part| part.source == back.source) {
        part.amount += back.amount;
    }
}
