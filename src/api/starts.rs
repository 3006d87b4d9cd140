//! Starts.

use serde::Serialize;

use super::wire::{GroupName, Name};
use crate::domain::facts::Learner;
use crate::domain::people::Role;

/// Personal data of a start's learner, as far as the caller may see it.
#[derive(Serialize)]
pub(crate) struct LearnerOut {
    learner_reference: Option<String>,
    uln: Option<String>,
    priority_groups: Option<Vec<GroupName>>,
}

impl LearnerOut {
    /// Admin and apprenticeships see all of it, finance the reference only.
    pub(crate) fn shown(learner: Learner, role: Role) -> Self {
        let all = matches!(role, Role::Admin | Role::Apprenticeships);
        let groups = learner.priority_groups.filter(|_| all);
        Self {
            learner_reference: learner.reference,
            uln: learner.uln.filter(|_| all),
            priority_groups: groups.map(|groups| groups.into_iter().map(Name).collect()),
        }
    }
}
