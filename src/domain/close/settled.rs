//! What was settled of a start before, and what it is due beside that.

use std::collections::BTreeMap;

use super::PaidPart;
use crate::domain::calendar::Month;
use crate::domain::earnings::{EarningKind, Instalment};
use crate::domain::money::Money;
use crate::domain::month_end::differences;

/// Something settled of a start's earnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The month that it was settled for.
    pub month: Month,
    /// What it was for; none where it was paid by hand, for the month as a whole.
    pub kind: Option<EarningKind>,
    /// What it came from, and how much.
    pub part: PaidPart,
}

/// A start is due what it earned by a month's end less what was settled before (`docs/rules.md`
/// section 8). What was paid by hand counts for whatever its month earned.
#[must_use]
pub fn start_due(earned: &[Instalment], settled: &[Settled], month: Month) -> Vec<(Month, EarningKind, Money)> {
    differences(earned, &by_earning(earned, settled), month)
}

/// What was settled of each earning. What was paid by hand counts for whatever its month earned, in
/// the order of kinds, and beyond that as instalment.
fn by_earning(earned: &[Instalment], settled: &[Settled]) -> BTreeMap<(Month, EarningKind), Money> {
    let mut sums: BTreeMap<(Month, EarningKind), Money> = BTreeMap::new();
    for part in settled {
        if let Some(kind) = part.kind {
            *sums.entry((part.month, kind)).or_default() += part.part.amount;
        }
    }
    let mut by_hand: BTreeMap<Month, Money> = BTreeMap::new();
    for part in settled.iter().filter(|part| part.kind.is_none()) {
        *by_hand.entry(part.month).or_default() += part.part.amount;
    }
    for (month, mut paid) in by_hand {
        for earning in earned.iter().filter(|earning| earning.month == month) {
            let sum = sums.entry((month, earning.kind)).or_default();
            let open = (earning.amount - *sum).at_least_zero().min(paid.at_least_zero());
            *sum += open;
            paid -= open;
        }
        *sums.entry((month, EarningKind::OnProgramme)).or_default() += paid;
    }
    sums
}
