//! Which groups of a report are withheld, so that nobody is told of a few people.

use std::collections::BTreeSet;

use super::transfer_report::{Figures, Grouped};

/// Counts of people under this are not published.
const FEWEST: u64 = 5;

/// The counts of people among the figures of a group.
const COUNTS: [fn(&Figures) -> u64; 2] = [|figures| figures.apprenticeships, |figures| figures.starts];

/// The groups whose figures are not published (`docs/rules.md` section 10): those with 1 to 4
/// apprenticeships or starts, and as many others, the smallest first, as it takes for none of those to be
/// worked out from the figures of all. What the withheld ones count together can be worked out, so there
/// are at least two, and together they count at least five and more than one each. `last` is withheld
/// only where no other group would do.
///
/// ```
/// use levy_ledger::domain::{suppression::suppressed, transfer_report::Figures};
/// let of = |apprenticeships| Figures { apprenticeships, ..Figures::default() };
/// let groups = [("care_leaver", of(3)), ("disabled", of(7)), ("not_stated", of(40))];
/// let groups = groups.map(|(name, figures)| (name.to_owned(), figures)).into_iter().collect();
/// assert_eq!(Vec::from_iter(suppressed(&groups, None)), ["care_leaver", "disabled"]);
/// ```
#[must_use]
pub fn suppressed<'g>(groups: &'g Grouped, last: Option<&str>) -> BTreeSet<&'g str> {
    let small = groups.iter().filter(|(_, figures)| COUNTS.iter().any(|count| is_few(count(figures))));
    let mut hidden: BTreeSet<&str> = small.map(|(name, _)| name.as_str()).collect();
    while let Some(next) = next_to_hide(groups, &hidden, last) {
        hidden.insert(next);
    }
    hidden
}

fn is_few(count: u64) -> bool {
    (1..FEWEST).contains(&count)
}

/// The smallest group that makes those that are withheld safer, if they are not safe enough.
fn next_to_hide<'g>(groups: &'g Grouped, hidden: &BTreeSet<&str>, last: Option<&str>) -> Option<&'g str> {
    let shown = || groups.iter().filter(|(name, _)| !hidden.contains(name.as_str()));
    let people = |figures: &Figures| COUNTS.iter().map(|count| count(figures)).sum::<u64>();
    let alone = hidden.len() == 1;
    let unsafe_counts = COUNTS.iter().filter(|count| can_be_told(groups, hidden, **count));
    let lacking: Vec<_> = unsafe_counts.collect();
    let helps = |figures: &Figures| match alone {
        true => people(figures) > 0,
        false => lacking.iter().any(|count| count(figures) > 0),
    };
    let order = |(name, figures): &(&'g String, &Figures)| (last == Some(name.as_str()), people(figures), *name);
    let next = shown().filter(|(_, figures)| helps(figures)).min_by_key(order);
    let empty = || shown().filter(|_| alone).min_by_key(order);
    next.or_else(empty).map(|(name, _)| name.as_str())
}

/// Whether what is withheld of a count, which follows from the count of all, says too much: a few people,
/// or one for each group.
fn can_be_told(groups: &Grouped, hidden: &BTreeSet<&str>, count: fn(&Figures) -> u64) -> bool {
    let together: u64 = groups.iter().filter(|(name, _)| hidden.contains(name.as_str())).map(|(_, of)| count(of)).sum();
    let one_each = u64::try_from(hidden.len()).unwrap_or(u64::MAX);
    together > 0 && (together < FEWEST || together <= one_each)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grouped(counts: &[(u64, u64)]) -> Grouped {
        let group = |(place, &(apprenticeships, starts)): (usize, &(u64, u64))| {
            (format!("group {place:02}"), Figures { apprenticeships, starts, ..Figures::default() })
        };
        counts.iter().enumerate().map(group).collect()
    }

    /// The least and the most that a reader can say of each withheld group's count, who knows the count of
    /// all, what is shown, and that every group has somebody.
    fn told(groups: &Grouped, hidden: &BTreeSet<&str>, count: fn(&Figures) -> u64) -> Option<(u64, u64)> {
        let all: u64 = groups.values().map(count).sum();
        let shown: u64 =
            groups.iter().filter(|(name, _)| !hidden.contains(name.as_str())).map(|(_, of)| count(of)).sum();
        let others = u64::try_from(hidden.len()).unwrap().checked_sub(1)?;
        Some((1, (all - shown).checked_sub(others)?))
    }

    proptest! {
        /// No few people are shown, and none that are withheld can be worked out: not even by a reader who
        /// knows that each group has somebody. Where all that there are of something are withheld, their
        /// number is that of all, which is always shown.
        #[test]
        fn nothing_withheld_can_be_worked_out_from_the_totals(
            counts in prop::collection::vec((0..30_u64, 0..12_u64), 1..9),
        ) {
            let groups = grouped(&counts);
            let hidden = suppressed(&groups, None);
            for (name, figures) in &groups {
                let few = is_few(figures.apprenticeships) || is_few(figures.starts);
                prop_assert!(!few || hidden.contains(name.as_str()), "{name} is shown");
            }
            prop_assert!(hidden.len() != 1 || groups.len() == 1, "{hidden:?} follows from the total");
            for count in COUNTS {
                let all: u64 = groups.values().map(count).sum();
                let of = |(name, of): (&String, &Figures)| hidden.contains(name.as_str()).then(|| count(of));
                let together: u64 = groups.iter().filter_map(of).sum();
                if together == 0 || together == all {
                    continue;
                }
                let (least, most) = told(&groups, &hidden, count).expect("somebody in each group is possible");
                prop_assert!(least < most, "{hidden:?} of {groups:?} can be told");
                prop_assert!(!is_few(together), "{hidden:?} of {groups:?} are {together} together");
            }
        }

        /// Nothing is withheld that needs no protection.
        #[test]
        fn where_nobody_is_few_everything_is_shown(counts in prop::collection::vec((5..30_u64, 5..12_u64), 1..9)) {
            prop_assert_eq!(suppressed(&grouped(&counts), None).len(), 0);
        }
    }

    #[test]
    fn two_small_groups_that_are_few_together_take_a_third_with_them() {
        // Of 1 and 2 apprenticeships a reader would know three together.
        let hidden = |counts: &[(u64, u64)]| suppressed(&grouped(counts), None).len();
        assert_eq!(hidden(&[(1, 0), (2, 0), (20, 0), (30, 0)]), 3);
        assert_eq!(hidden(&[(4, 0), (4, 0), (20, 0), (30, 0)]), 2);
        // Five groups of one each would be told by their number.
        assert_eq!(hidden(&[(1, 0), (1, 0), (1, 0), (1, 0), (1, 0), (20, 0), (30, 0)]), 6);
    }

    #[test]
    fn the_group_of_the_published_sentence_is_withheld_last() {
        let groups = grouped(&[(3, 0), (8, 0), (40, 0)]);
        let hidden: Vec<&str> = suppressed(&groups, Some("group 01")).into_iter().collect();
        assert_eq!(hidden, ["group 00", "group 02"]);
        let two = grouped(&[(3, 0), (8, 0)]);
        assert_eq!(suppressed(&two, Some("group 01")).len(), 2);
    }
}
