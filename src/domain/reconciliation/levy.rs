//! Levy of both sides by what it is known by: its scheme and payroll month.

use std::collections::BTreeMap;

use super::pairing::{Items, Shifted};
use super::{Held, HeldItem, LevyOf, Origin, OurItem};

/// Levy that both sides have under one scheme and payroll month.
pub(super) struct KnownLevy {
    /// The same amount, in another month.
    pub shifted: Vec<Shifted>,
    /// Another amount.
    pub differing: Vec<Shifted>,
}

impl Items {
    /// Takes off held levy together with the levy of ours that it was held for. The same amount in the
    /// same month needs no explanation.
    pub fn known_levy(&mut self) -> KnownLevy {
        let mut by_levy: BTreeMap<LevyOf, Vec<OurItem>> = BTreeMap::new();
        let (known, rest): (Vec<OurItem>, Vec<OurItem>) = std::mem::take(&mut self.ours)
            .into_iter()
            .partition(|item| item.origin == Origin::Recorded && item.levy.is_some());
        self.ours = rest;
        for item in known {
            if let Some(levy) = item.levy.clone() {
                by_levy.entry(levy).or_default().extend(one_by_one(item));
            }
        }
        let mut found = KnownLevy { shifted: Vec::new(), differing: Vec::new() };
        // Equal amounts first, so that an adjustment beside them is not taken for the levy.
        for wanted in [Held::LevyHeld, Held::LevyDiffers] {
            let mut left = Vec::new();
            for line in std::mem::take(&mut self.held) {
                let ours = line.levy.as_ref().filter(|_| line.held == wanted).and_then(|levy| by_levy.get_mut(levy));
                let Some(ours) = ours.and_then(|ours| take(ours, &line)) else {
                    left.push(line);
                    continue;
                };
                let moved = ours.place != line.place;
                let same = ours.amount == line.amount;
                let pair = Shifted { ours, held: HeldItem { times: 1, ..line.clone() } };
                match (same, moved) {
                    (true, true) => found.shifted.push(pair),
                    (true, false) => {}
                    (false, _) => found.differing.push(pair),
                }
                if line.times > 1 {
                    left.push(HeldItem { times: line.times - 1, ..line });
                }
            }
            self.held = left;
        }
        self.ours.extend(by_levy.into_values().flatten());
        found
    }
}

fn one_by_one(item: OurItem) -> impl Iterator<Item = OurItem> {
    let times = usize::try_from(item.times).unwrap_or(0);
    std::iter::repeat_n(OurItem { times: 1, ..item }, times)
}

/// The entry that a line was held for: of the same amount if there is one, and for a line that differs
/// any other.
fn take(ours: &mut Vec<OurItem>, line: &HeldItem) -> Option<OurItem> {
    let same = ours.iter().position(|item| item.amount == line.amount);
    let any = (line.held == Held::LevyDiffers && !ours.is_empty()).then_some(0);
    same.or(any).map(|at| ours.remove(at))
}
