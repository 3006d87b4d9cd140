//! Personal data of a start's learner: setting it, and erasing it for good.

use uuid::Uuid;

use super::known_starts::Seen;
use super::scope::Scope;
use super::starts::{StartView, refuse_duplicate};
use super::{Command, Decision, Refusal};
use crate::domain::facts::{Fact, Learner};
use crate::domain::journal::Seq;
use crate::domain::people::PriorityGroup;
use crate::storage::ledger::{Ledger, Needs};
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
        Ok(decision(&seen, now, Learner::default(), erased))
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
        seen.refuse_duplicate(ledger, &learner)?;
        let changed = Fact::LearnerChanged { start: self.start, learner: learner.clone() };
        Ok(decision(&seen, now, learner, changed))
    }
}

impl Seen<'_> {
    /// Under another reference it may be the same as another start, unless it is void.
    fn refuse_duplicate(&self, ledger: &Ledger, learner: &Learner) -> Result<(), Refusal> {
        if self.start.voided {
            return Ok(());
        }
        let itself = (self.start.start_on, Some(self.start.key));
        refuse_duplicate(ledger, self.account, (&self.known.terms, learner), itself)
    }
}

/// Records that the learner is now this one; nothing where it already was.
fn decision(seen: &Seen<'_>, now: Moment, learner: Learner, fact: Fact) -> Decision<StartView> {
    let changed = seen.known.learner != learner;
    let mut view = seen.view(now.today);
    Decision {
        facts: if changed { vec![fact] } else { Vec::new() },
        account: Some(seen.account.key),
        subject: Some(seen.start.public_id),
        answer: Box::new(move |receipt| {
            view.version = receipt.first_seq.or(view.version);
            // Only a dry run says what it would be; what is recorded is read afresh.
            view.learner = (changed && receipt.first_seq.is_none()).then_some(learner);
            view
        }),
    }
}
