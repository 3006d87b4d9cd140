//! Items of the two sides that are the same: in the same month, in the next one, or an entry and what
//! takes it back.

use super::{HeldItem, Origin, OurItem};

/// Entries of ours and held lines, of which pairs are taken off.
#[derive(Clone, Debug, Default)]
pub(super) struct Items {
    pub ours: Vec<OurItem>,
    pub held: Vec<HeldItem>,
}

/// A held line that stands in another month of ours.
pub(super) struct Shifted {
    pub ours: OurItem,
    pub held: HeldItem,
}

impl Items {
    /// Takes off what needs no explanation: an entry and its reversal of the same month, then what both
    /// sides have in the same month with the same amount.
    pub fn cancel(&mut self) {
        self.cancel_reversed();
        let mut held: Vec<&mut HeldItem> = self.held.iter_mut().collect();
        held.sort_by_key(|item| (item.place, item.amount));
        for ours in self.ours.iter_mut().filter(|item| item.origin != Origin::Reversal) {
            let key = (ours.place, ours.amount);
            let at = held.partition_point(|item| (item.place, item.amount) < key);
            let same = held.iter_mut().skip(at).take_while(|item| (item.place, item.amount) == key);
            for line in same {
                let both = ours.times.min(line.times);
                ours.times -= both;
                line.times -= both;
            }
        }
        self.drop_empty();
    }

    fn cancel_reversed(&mut self) {
        let (mut reversals, mut entries): (Vec<OurItem>, Vec<OurItem>) =
            std::mem::take(&mut self.ours).into_iter().partition(|item| item.origin == Origin::Reversal);
        entries.sort_by_key(|item| (item.place, item.amount));
        for reversal in &mut reversals {
            let key = (reversal.place, -reversal.amount);
            let at = entries.partition_point(|item| (item.place, item.amount) < key);
            let same = entries.iter_mut().skip(at).take_while(|item| (item.place, item.amount) == key);
            for entry in same.filter(|entry| entry.origin == Origin::Recorded) {
                let both = entry.times.min(reversal.times);
                entry.times -= both;
                reversal.times -= both;
            }
        }
        entries.append(&mut reversals);
        self.ours = entries;
        self.ours.retain(|item| item.times > 0);
    }

    fn drop_empty(&mut self) {
        self.ours.retain(|item| item.times > 0);
        self.held.retain(|item| item.times > 0);
    }

    /// Takes off lines that stand in the month before or after with the same amount.
    pub fn shifted(&mut self) -> Vec<Shifted> {
        let mut pairs = Vec::new();
        self.ours.sort_by_key(|item| (item.place, item.amount));
        self.held.sort_by_key(|item| (item.place, item.amount));
        for line in &mut self.held {
            for by in [-1, 1] {
                let (month, kind) = line.place;
                let key = ((month.plus(by), kind), line.amount);
                let at = self.ours.partition_point(|item| (item.place, item.amount) < key);
                let same = self.ours.iter_mut().skip(at).take_while(|item| (item.place, item.amount) == key);
                for ours in same.filter(|item| item.origin == Origin::Recorded) {
                    let both = ours.times.min(line.times);
                    if both == 0 {
                        continue;
                    }
                    pairs.push(Shifted {
                        ours: OurItem { times: both, ..ours.clone() },
                        held: HeldItem { times: both, ..line.clone() },
                    });
                    ours.times -= both;
                    line.times -= both;
                }
            }
        }
        self.drop_empty();
        pairs
    }
}
