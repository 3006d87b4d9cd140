//! What is published of transfers: figures by group, the sentence, and what small counts hide.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::money::Money;
use super::names::Named;
use super::people::{PriorityGroup, Sector};

/// What is said of a transfer that was accepted.
#[derive(Clone, Debug)]
pub struct ReportedTransfer {
    /// The key of its provider.
    pub provider: i64,
    /// What the provider does.
    pub sector: Sector,
    /// The district it is in.
    pub district: Option<String>,
    /// The level it is for.
    pub level: Option<u8>,
    /// The groups it is meant for.
    pub groups: Vec<PriorityGroup>,
    /// The agreed amount.
    pub agreed: Money,
    /// What it reserves beyond what it was paid.
    pub reserved: Money,
    /// What it was paid.
    pub paid: Money,
    /// The apprenticeships agreed.
    pub apprenticeships: u64,
    /// Its starts, alike ones counted together.
    pub starts: Vec<AlikeStarts>,
}

/// Starts that are alike in what reports group them by.
#[derive(Clone, Debug)]
pub struct AlikeStarts {
    /// Their level.
    pub level: u8,
    /// Their sector, where it is not the provider's.
    pub sector: Option<Sector>,
    /// The groups their apprentices belong to.
    pub groups: Vec<PriorityGroup>,
    /// How many they are.
    pub count: u64,
}

/// The figures of some transfers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// The agreed amounts.
    pub agreed: Money,
    /// What was paid.
    pub paid: Money,
    /// How many providers.
    pub providers: u64,
    /// The apprenticeships agreed.
    pub apprenticeships: u64,
    /// The starts recorded.
    pub starts: u64,
}

/// The figures of transfers by something they have in common.
pub type Grouped = BTreeMap<String, Figures>;

/// What is not known of a transfer or a start is counted under this name.
pub const NOT_STATED: &str = "not_stated";

/// Everything that is reported of an account's transfers.
#[derive(Clone, Debug, Default)]
pub struct TransferReport {
    /// All of them.
    pub all: Figures,
    /// What they reserve.
    pub reserved: Money,
    /// By what their providers do; starts by their own sector where they have one.
    pub by_sector: Grouped,
    /// By the level they are for; starts by their own.
    pub by_level: Grouped,
    /// By their providers' districts.
    pub by_district: Grouped,
    /// By the groups they are meant for; starts by the groups of their apprentices. Every group is
    /// there, and one that belongs to several counts in each.
    pub by_priority_group: Grouped,
}

/// Sums figures by name, counting each provider once under a name.
#[derive(Default)]
struct Tally(BTreeMap<String, (Figures, std::collections::BTreeSet<i64>)>);

impl Tally {
    fn agree(&mut self, name: String, transfer: &ReportedTransfer) {
        let (figures, providers) = self.0.entry(name).or_default();
        figures.agreed += transfer.agreed;
        figures.paid += transfer.paid;
        figures.apprenticeships += transfer.apprenticeships;
        if providers.insert(transfer.provider) {
            figures.providers += 1;
        }
    }

    fn start(&mut self, name: String, count: u64) {
        self.0.entry(name).or_default().0.starts += count;
    }

    fn grouped(self) -> Grouped {
        self.0.into_iter().map(|(name, (figures, _))| (name, figures)).collect()
    }
}

fn group_names(groups: &[PriorityGroup]) -> Vec<String> {
    let names: Vec<String> = groups.iter().map(|group| group.name().to_owned()).collect();
    if names.is_empty() { vec![NOT_STATED.to_owned()] } else { names }
}

impl TransferReport {
    /// The report of these transfers (`docs/rules.md` section 10).
    #[must_use]
    pub fn of(transfers: &[ReportedTransfer]) -> Self {
        let [mut all, mut sectors, mut levels, mut districts, mut groups] = [(); 5].map(|()| Tally::default());
        for transfer in transfers {
            let district = transfer.district.clone().unwrap_or_else(|| NOT_STATED.to_owned());
            let level = transfer.level.map_or_else(|| NOT_STATED.to_owned(), |level| level.to_string());
            all.agree(String::new(), transfer);
            sectors.agree(transfer.sector.name().to_owned(), transfer);
            levels.agree(level, transfer);
            districts.agree(district.clone(), transfer);
            group_names(&transfer.groups).into_iter().for_each(|name| groups.agree(name, transfer));
            for starts in &transfer.starts {
                let sector = starts.sector.unwrap_or(transfer.sector);
                all.start(String::new(), starts.count);
                sectors.start(sector.name().to_owned(), starts.count);
                levels.start(starts.level.to_string(), starts.count);
                districts.start(district.clone(), starts.count);
                group_names(&starts.groups).into_iter().for_each(|name| groups.start(name, starts.count));
            }
        }
        let mut by_priority_group = groups.grouped();
        let every_group = PriorityGroup::ALL.iter().map(|group| group.name()).chain([NOT_STATED]);
        for name in every_group {
            by_priority_group.entry(name.to_owned()).or_default();
        }
        Self {
            all: all.grouped().remove("").unwrap_or_default(),
            reserved: transfers.iter().map(|transfer| transfer.reserved).sum(),
            by_sector: sectors.grouped(),
            by_level: levels.grouped(),
            by_district: districts.grouped(),
            by_priority_group,
        }
    }

    /// The published sentence (`docs/rules.md` section 10).
    ///
    /// ```
    /// use levy_ledger::domain::{calendar::parse_date, transfer_report::TransferReport};
    /// let none = TransferReport::of(&[]).summary(parse_date("2021-08-12")?);
    /// assert!(none.starts_with("As at 12 August 2021, £0 transferred to 0 local businesses"));
    /// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
    /// ```
    #[must_use]
    pub fn summary(&self, as_at: NaiveDate) -> String {
        let care = self.by_sector.get(Sector::AdultSocialCare.name()).copied().unwrap_or_default();
        let Figures { agreed, providers, apprenticeships, .. } = self.all;
        let one_or_more = |count: u64, one: &str, more: &str| if count == 1 { one.to_owned() } else { more.to_owned() };
        format!(
            "As at {}, {} transferred to {providers} local {} ({} of them {}), funding {apprenticeships} {} ({} in \
             adult social care).",
            as_at.format("%-d %B %Y"),
            agreed.in_words(),
            one_or_more(providers, "business", "businesses"),
            care.providers,
            one_or_more(care.providers, "an adult care provider", "adult care providers"),
            one_or_more(apprenticeships, "apprenticeship", "apprenticeships"),
            care.apprenticeships,
        )
    }
}

/// Counts of people under this are not published.
const FEWEST: u64 = 5;

/// The groups whose figures are not published: those with 1 to 4 apprenticeships or starts and, where
/// that is one group alone, the smallest other one too, or the first could be worked out from the
/// total (`docs/rules.md` section 10).
///
/// ```
/// use levy_ledger::domain::transfer_report::{Figures, suppressed};
/// let of = |apprenticeships| Figures { apprenticeships, ..Figures::default() };
/// let groups = [("care_leaver", of(3)), ("disabled", of(7)), ("not_stated", of(40))];
/// let groups = groups.map(|(name, figures)| (name.to_owned(), figures)).into_iter().collect();
/// assert_eq!(suppressed(&groups), ["care_leaver", "disabled"]);
/// ```
#[must_use]
pub fn suppressed(groups: &Grouped) -> Vec<&str> {
    let few = |count: u64| (1..FEWEST).contains(&count);
    let is_small = |figures: &Figures| few(figures.apprenticeships) || few(figures.starts);
    let mut hidden: Vec<&str> =
        groups.iter().filter(|(_, figures)| is_small(figures)).map(|(name, _)| name.as_str()).collect();
    if hidden.len() == 1 {
        let others = groups.iter().filter(|(_, figures)| !is_small(figures));
        let counted = others.map(|(name, figures)| (figures.apprenticeships + figures.starts, name.as_str()));
        let (none, some): (Vec<_>, Vec<_>) = counted.partition(|(count, _)| *count == 0);
        let smallest = |counted: Vec<(u64, &'_ str)>| counted.into_iter().min().map(|(_, name)| name.to_owned());
        let second = smallest(some).or_else(|| smallest(none));
        hidden.extend(second.and_then(|second| groups.get_key_value(&second)).map(|(name, _)| name.as_str()));
    }
    hidden
}
