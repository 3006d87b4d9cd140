//! Personal data of a start's learner: setting it, and erasing it for good.

use uuid::Uuid;

use super::scope::Scope;
use super::starts::{StartView, refuse_duplicate};
use super::{Command, Decision, Refusal};
use crate::domain::account::{Account, Start};
use crate::domain::facts::{Fact, Learner};
use crate::domain::journal::Seq;
use crate::domain::people::PriorityGroup;
use crate::domain::starts::StartStatus;
use crate::storage::ledger::{KnownStart, Ledger, Needs};
use crate::storage::writer::Moment;

/// Erases what is known of a start's learner.
pub(crate) struct EraseLearner {
    pub(crate) scope: Scope,
    pub(crate) start: Uuid,
    pub(crate) reason: String,
}

impl Command for EraseLearner {
    type Answer = StartView;

    fn needs(&self) -> Needs {
        Needs { whole_starts: vec![self.start], ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, now: Moment) -> Result<Decision<StartView>, Refusal> {
        let seen = Seen::of(ledger, &self.scope, self.start)?;
        let erased = Fact::LearnerErased { start: self.start, reason: self.reason };
        Ok(seen.decision(ledger, now, Learner::default(), erased))
    }
}

/// What is set of a learner; what is left out stays.
#[derive(Default)]
pub(crate) struct LearnerChange {
    pub(crate) reference: Option<String>,
    pub(crate) uln: Option<Option<String>>,
    pub(crate) priority_groups: Option<Option<Vec<PriorityGroup>>>,
}

/// Sets personal data of a start's learner, provided that it is still what the caller saw.
pub(crate) struct ChangeLearner {
    pub(crate) scope: Scope,
    pub(crate) start: Uuid,
    /// The version that the caller saw; none for any.
    pub(crate) seen: Option<Seq>,
    pub(crate) change: LearnerChange,
}

impl Command for ChangeLearner {
    type Answer = StartView;

    fn needs(&self) -> Needs {
        let learner_references = self.change.reference.clone().into_iter().collect();
        Needs { whole_starts: vec![self.start], learner_references, ..Needs::default() }
    }

    fn decide(self, ledger: &Ledger, now: Moment) -> Result<Decision<StartView>, Refusal> {
        let seen = Seen::of(ledger, &self.scope, self.start)?;
        if self.seen.is_some_and(|version| version != seen.known.version) {
            return Err(Refusal::Stale);
        }
        let (change, before) = (self.change, seen.known.learner.clone());
        let learner = Learner {
            reference: change.reference.or(before.reference),
            uln: change.uln.unwrap_or(before.uln),
            priority_groups: change.priority_groups.unwrap_or(before.priority_groups),
        };
        refuse_duplicate(ledger, seen.account, (&seen.known.terms, &learner), Some(seen.start.key))?;
        let changed = Fact::LearnerChanged { start: self.start, learner: learner.clone() };
        Ok(seen.decision(ledger, now, learner, changed))
    }
}

/// A start that the caller may see, with its account.
struct Seen<'l> {
    account: &'l Account,
    start: &'l Start,
    known: &'l KnownStart,
}

impl<'l> Seen<'l> {
    fn of(ledger: &'l Ledger, scope: &Scope, id: Uuid) -> Result<Self, Refusal> {
        let missing = Refusal::NotFound("start");
        let found = ledger.known_start(id).filter(|(start, _)| scope.sees(start.account));
        let (start, known) = found.ok_or_else(|| missing.clone())?;
        let account = ledger.accounts.get(&start.account).ok_or(missing)?;
        Ok(Self { account, start, known })
    }

    /// Records that the learner is now this one; nothing where it already was.
    fn decision(&self, ledger: &Ledger, now: Moment, learner: Learner, fact: Fact) -> Decision<StartView> {
        let changed = self.known.learner != learner;
        let KnownStart { terms, version, .. } = self.known.clone();
        let Start { public_id, account, paid, .. } = *self.start;
        let transfer = self.start.transfer.and_then(|key| ledger.transfer_by_key(key));
        let transfer = transfer.map(|transfer| transfer.public_id);
        Decision {
            facts: if changed { vec![fact] } else { Vec::new() },
            account: Some(self.account.key),
            subject: Some(public_id),
            answer: Box::new(move |receipt| StartView {
                id: Some(public_id),
                version: Some(receipt.first_seq.unwrap_or(version)),
                account,
                transfer,
                status: StartStatus::on(now.today, terms.start_on),
                terms,
                paid,
                // Only a dry run says what it would be; what is recorded is read afresh.
                learner: (changed && receipt.first_seq.is_none()).then_some(learner),
            }),
        }
    }
}
