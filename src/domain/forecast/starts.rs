//! What a forecast expects starts to be due, month by month, and what transfers that wait for their
//! starts are expected to be.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::domain::account::Transfer;
use crate::domain::calendar::Month;
use crate::domain::close::{Settled, StartDue, start_due};
use crate::domain::earnings::{EarningKind, earnings};
use crate::domain::journal::{Earned, Seq};
use crate::domain::money::Money;
use crate::domain::month_end::{PaidPart, refundable};
use crate::domain::promises::{PlannedTransfer, transfer_plan};
use crate::domain::rules::{Parameter, RuleSet};
use crate::domain::schedule::Schedule;
use crate::domain::starts::StartHistory;

/// What decides who pays for a start, and in which turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The start; below nothing for one that is only expected.
    pub start: Seq,
    /// Its reference.
    pub reference: String,
    /// The day of the agreement.
    pub agreed_on: NaiveDate,
    /// The transfer that funds it, if one does.
    pub transfer: Option<Seq>,
    /// The training provider's UKPRN.
    pub training_provider: Option<String>,
    /// The employer's percent of what no funds cover.
    pub employer_percent: Decimal,
}

/// A start as far as a forecast needs it: all that it will be due where nothing changes that any more,
/// which is little, or else its whole history.
#[derive(Clone, Debug)]
pub struct ExpectedStart {
    pub(super) terms: Terms,
    earns: Earns,
}

#[derive(Clone, Debug)]
enum Earns {
    /// What is due in each month to come, by month; what is in arrears belongs to the first.
    Known(Vec<(Earned, Money)>),
    /// A change that lies ahead, or something to give back, makes each month its own.
    Changing(Box<(StartHistory, Vec<Settled>)>),
}

impl ExpectedStart {
    /// A recorded start from the month `first` on. `settled` is what was settled of it, and none where
    /// all that it earned in earlier months was.
    #[must_use]
    pub fn recorded(terms: Terms, history: &StartHistory, settled: Option<Vec<Settled>>, first: Month) -> Option<Self> {
        let known = history.learning_at(first.last_day()).as_ref().map(earnings).unwrap_or_default();
        let later = |day: NaiveDate| day > first.last_day();
        let changes = history.changes().iter().any(|(_, change)| change.day().is_some_and(later));
        let ahead = settled.iter().flatten().any(|settled| settled.month > first);
        let mut due: Vec<(Earned, Money)> = match &settled {
            Some(settled) => in_order(start_due(&known, settled, first)),
            None => Vec::new(),
        };
        let unread = |month: Month| month > first || (month == first && settled.is_none());
        let later = known.into_iter().filter(|earned| unread(earned.month));
        due.extend(later.map(|part| (Earned { month: part.month, kind: part.kind }, part.amount)));
        let gives_back = due.iter().any(|(_, amount)| amount.is_negative());
        if changes || ahead || gives_back {
            let whole = Box::new((history.clone(), settled.unwrap_or_default()));
            return Some(Self { terms, earns: Earns::Changing(whole) });
        }
        (!due.is_empty()).then_some(Self { terms, earns: Earns::Known(due) })
    }

    /// A start that is only expected, with what it earns by month.
    #[must_use]
    pub fn expected(terms: Terms, earned: Vec<(Earned, Money)>) -> Self {
        Self { terms, earns: Earns::Known(earned) }
    }

    /// Whether what is settled of it decides what it is due later.
    pub(super) fn begins_settled(&self) -> Option<Vec<Settled>> {
        match &self.earns {
            Earns::Known(_) => None,
            Earns::Changing(whole) => Some(whole.1.clone()),
        }
    }

    /// What it is due in a month, but for what was earned in the months of the statement. `first` is
    /// the forecast's first month, which pays what is in arrears.
    pub(super) fn due(&self, of: &Asked<'_>) -> Option<StartDue> {
        let due: Vec<(Earned, Money)> = match &self.earns {
            Earns::Known(due) => {
                let from = if of.month == of.first { 0 } else { due.partition_point(|(e, _)| e.month < of.month) };
                let to = due.partition_point(|(earned, _)| earned.month <= of.month);
                due.get(from..to).unwrap_or_default().to_vec()
            }
            Earns::Changing(whole) => {
                let known = whole.0.learning_at(of.month.last_day()).as_ref().map(earnings).unwrap_or_default();
                in_order(start_due(&known, of.settled, of.month))
            }
        };
        let due: Vec<_> = due.into_iter().filter(|(earned, _)| !of.stated.contains(&earned.month)).collect();
        if due.is_empty() {
            return None;
        }
        let gives_back = due.iter().any(|(_, amount)| amount.is_negative());
        let settled = of.settled.iter().map(|settled| (settled.month, settled.part));
        let refundable: BTreeMap<Month, Vec<PaidPart>> = if gives_back { refundable(settled) } else { BTreeMap::new() };
        let Terms { start, reference, agreed_on, transfer, training_provider, employer_percent } = self.terms.clone();
        Some(StartDue { start, reference, agreed_on, transfer, training_provider, employer_percent, due, refundable })
    }
}

/// The month that is asked about.
pub(super) struct Asked<'f> {
    pub month: Month,
    pub first: Month,
    /// The months whose payments come from the statement.
    pub stated: &'f BTreeSet<Month>,
    /// What was settled of the start so far, where that is kept.
    pub settled: &'f [Settled],
}

fn in_order(due: Vec<(Month, EarningKind, Money)>) -> Vec<(Earned, Money)> {
    due.into_iter().map(|(month, kind, amount)| (Earned { month, kind }, amount)).collect()
}

/// A transfer that was accepted and has apprenticeships to come is expected to pay what its schedule
/// holds for them: the part of the schedule that its recorded starts do not stand for, laid into the
/// months from `from` on as promises are (`docs/rules.md` section 10).
#[must_use]
pub fn awaited(transfer: &Transfer, from: Month, rules: &RuleSet) -> Option<ExpectedStart> {
    let released = transfer.history.released_on();
    let stands = transfer.history.accepted_on().is_some() && released.is_none_or(|on| on > from.first_day());
    let (agreed, priced) = (transfer.terms().amount, transfer.priced());
    let all_there = transfer.starts() >= transfer.history.facts().apprentices || priced >= agreed;
    if !stands || all_there {
        return None;
    }
    let plan = transfer_plan(&waiting_part(transfer, agreed, agreed - priced), from);
    let last = released.map(Month::of);
    let paid = plan.into_iter().filter(|(month, amount)| !amount.is_zero() && last.is_none_or(|last| *month <= last));
    let kind = EarningKind::OnProgramme;
    let due: Vec<(Earned, Money)> = paid.map(|(month, amount)| (Earned { month, kind }, amount)).collect();
    let begins = due.first().map_or(from, |(earned, _)| earned.month);
    let percent = rules.value_on(Parameter::EmployerCoInvestmentPercent, begins.first_day());
    let terms = Terms {
        start: -transfer.key,
        reference: String::new(),
        agreed_on: transfer.history.facts().agreed_on,
        transfer: Some(transfer.key),
        training_provider: None,
        employer_percent: percent.unwrap_or_default(),
    };
    (!due.is_empty()).then(|| ExpectedStart::expected(terms, due))
}

/// A transfer as far as it waits for starts. Without any it is the whole of it, less what was paid.
fn waiting_part(transfer: &Transfer, agreed: Money, waiting: Money) -> PlannedTransfer {
    let share = |amount: Money| {
        Money::rounded(amount.pounds() * waiting.pounds() / agreed.pounds()).unwrap_or_default().min(amount)
    };
    let whole = transfer.starts() == 0;
    let schedule: Schedule = transfer.terms().schedule.iter().map(|(year, amount)| (*year, share(*amount))).collect();
    PlannedTransfer {
        amount: waiting,
        schedule,
        paid: if whole { transfer.months.clone() } else { BTreeMap::new() },
        programme: transfer.purpose.planned_start.zip(transfer.purpose.duration_months),
    }
}
