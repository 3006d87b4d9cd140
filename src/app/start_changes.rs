//! What happens to a start after it was recorded: each change is in order for its state, and what it
//! commits is held to the transfer that funds the start.

use uuid::Uuid;

use super::known_starts::Seen;
use super::scope::Scope;
use super::starts::{StartView, as_it_stands, refuse_duplicate};
use super::{Command, Decision, Fault, Refusal, refuse_faults};
use crate::domain::facts::Fact;
use crate::domain::journal::Seq;
use crate::domain::starts::{StartChange, StartHistory, StartNote, UnfitChange, check_state, unfit_change};
use crate::domain::transfers::StartRefused;
use crate::storage::ledger::{Ledger, Needs};
use crate::storage::writer::Moment;

/// Records what happened to a start (`docs/rules.md` section 7).
pub(crate) struct ChangeStart {
    pub(crate) scope: Scope,
    pub(crate) start: Uuid,
    pub(crate) change: StartChange,
    pub(crate) reason: Option<String>,
}

impl Command for ChangeStart {
    type Answer = StartView;

    fn needs(&self) -> Needs {
        let moves = matches!(self.change, StartChange::DatesChanged { start_on: Some(_), .. });
        let namesakes = if moves { vec![self.start] } else { Vec::new() };
        Needs { whole_starts: vec![self.start], namesakes, ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, now: Moment) -> Result<Decision<StartView>, Refusal> {
        let Self { scope, start, change, reason } = self;
        let seen = Seen::of(ledger, &scope, start)?;
        check_state(&seen.known.history, &change).map_err(|wrong| Refusal::InvalidTransition(wrong.to_string()))?;
        refuse_faults(faults(&seen, &change))?;
        hold(ledger, &seen, &change)?;
        let mut history = seen.known.history.clone();
        history.record(Seq::MAX, change);
        let mut view = seen.view(now.today);
        view.status = history.status_at(now.today);
        view.terms = as_it_stands(seen.known.terms.clone(), &history, now.today);
        Ok(Decision {
            facts: vec![Fact::StartChanged { start, change, reason: reason.clone() }],
            account: Some(seen.account.key),
            subject: Some(start),
            answer: Box::new(move |receipt| {
                view.version = receipt.first_seq.or(view.version);
                view.notes.push(StartNote { change, reason, by: receipt.by.clone() });
                view
            }),
        })
    }
}

/// All that can never be right for the start, each under its field.
fn faults(seen: &Seen<'_>, change: &StartChange) -> Vec<Fault> {
    let unfit = unfit_change(&seen.known.history, change);
    let mut faults: Vec<Fault> = unfit.into_iter().map(|unfit| Fault::at(pointer(&unfit), unfit)).collect();
    if let (StartChange::DatesChanged { start_on: Some(day), .. }, Some(transfer)) = (change, seen.transfer) {
        let agreed_on = transfer.history.facts().agreed_on;
        if *day <= agreed_on {
            faults.push(Fault::at("/start_on", StartRefused::BeforeAgreement { agreed_on }));
        }
    }
    faults
}

fn pointer(unfit: &UnfitChange) -> &'static str {
    match unfit {
        UnfitChange::BeforeFirstDay { .. }
        | UnfitChange::BeforeReturn { .. }
        | UnfitChange::NotAfterPause { .. }
        | UnfitChange::BeforeCompletion { .. }
        | UnfitChange::AfterAchievement { .. } => "/on",
        UnfitChange::PriceBeforeFirstDay { .. } => "/from",
        UnfitChange::NegativePrice => "/agreed_price",
        UnfitChange::NoDate => "",
        UnfitChange::BeforeAgreement { .. }
        | UnfitChange::BeginsAfterEvent { .. }
        | UnfitChange::BeginsOutOfPlan { .. } => "/start_on",
        UnfitChange::EndsTooEarly { .. } | UnfitChange::EndsTooLate { .. } => "/planned_end_on",
    }
}

/// Holds a change to what stands beside the start: the same start recorded already, the transfer's
/// agreed amount, what was paid.
fn hold(ledger: &Ledger, seen: &Seen<'_>, change: &StartChange) -> Result<(), Refusal> {
    match change {
        StartChange::DatesChanged { start_on: Some(start_on), .. } => {
            let identity = (&seen.known.terms, &seen.known.learner);
            refuse_duplicate(ledger, seen.account, identity, (*start_on, Some(seen.start.key)))
        }
        StartChange::PriceChanged { .. } => {
            let mut after = seen.known.history.clone();
            after.record(Seq::MAX, *change);
            within_transfer(seen, &after)
        }
        StartChange::Voided => refuse_paid(seen),
        StartChange::DatesChanged { start_on: None, .. }
        | StartChange::Paused { .. }
        | StartChange::Resumed { .. }
        | StartChange::Withdrawn { .. }
        | StartChange::Completed { .. }
        | StartChange::Achieved { .. } => Ok(()),
    }
}

/// A dearer price fits into what the transfer's other starts leave of its agreed amount. The dearest
/// price that a start ever has counts (`docs/rules.md` section 6).
fn within_transfer(seen: &Seen<'_>, after: &StartHistory) -> Result<(), Refusal> {
    let Some(transfer) = seen.transfer else { return Ok(()) };
    let (before, requested) = (seen.known.history.dearest_price(), after.dearest_price());
    let agreed = transfer.history.amount_at(transfer.history.last_change_on());
    let available = (agreed - (transfer.priced() - before)).at_least_zero();
    if requested <= before || requested <= available {
        return Ok(());
    }
    let detail = StartRefused::BeyondAmount { requested, available }.to_string();
    Err(Refusal::TransferExceeded { detail, figures: Some((requested, available)) })
}

/// A start is void only where nothing was paid for it: no payment stands, and none is left of those
/// that do not.
fn refuse_paid(seen: &Seen<'_>) -> Result<(), Refusal> {
    let (paid, standing) = (seen.start.paid, seen.known.standing);
    if standing == 0 && paid.is_zero() {
        return Ok(());
    }
    let counted =
        if standing == 1 { "1 payment stands".to_owned() } else { format!("{standing} payments and refunds stand") };
    Err(Refusal::InvalidTransition(format!(
        "{} was paid for the start and {counted}, so it cannot be made void: reverse them first, or withdraw it",
        paid.in_words()
    )))
}
