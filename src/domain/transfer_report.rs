//! What is published of transfers: figures by group, the sentence, and what small counts hide.

use std::collections::{BTreeMap, BTreeSet};

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
    /// Whether their training provider is local.
    pub local: Option<bool>,
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
    /// What open ones reserve beyond what they were paid.
    pub reserved: Money,
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

/// What starts are counted under, by whether their training provider is local.
const TRAINED_BY: [&str; 3] = ["local", "not_local", NOT_STATED];

/// Everything that is reported of an account's transfers.
#[derive(Clone, Debug, Default)]
pub struct TransferReport {
    /// All of them.
    pub all: Figures,
    /// By what their providers do; starts by their own sector where they have one.
    pub by_sector: Grouped,
    /// By the level they are for; starts by their own.
    pub by_level: Grouped,
    /// By their providers' districts.
    pub by_district: Grouped,
    /// By whether the training providers of their starts are local; those without starts are not
    /// stated. Every group is there, and one with starts of several kinds counts in each.
    pub by_local_training_provider: Grouped,
    /// By the groups they are meant for; starts by the groups of their apprentices. Every group is
    /// there, and one that belongs to several counts in each.
    pub by_priority_group: Grouped,
}

/// Sums figures by name, counting each provider once under a name.
#[derive(Default)]
struct Tally(BTreeMap<String, (Figures, BTreeSet<i64>)>);

impl Tally {
    fn agree(&mut self, name: String, transfer: &ReportedTransfer) {
        let (figures, providers) = self.0.entry(name).or_default();
        figures.agreed += transfer.agreed;
        figures.reserved += transfer.reserved;
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

    /// With a group for each of these names, be it empty.
    fn grouped_as(self, names: impl IntoIterator<Item = &'static str>) -> Grouped {
        let mut grouped = self.grouped();
        for name in names {
            grouped.entry(name.to_owned()).or_default();
        }
        grouped
    }
}

const fn trained_by(local: Option<bool>) -> &'static str {
    match local {
        Some(true) => "local",
        Some(false) => "not_local",
        None => NOT_STATED,
    }
}

/// How the starts of a transfer are trained; not stated where there are none.
fn training_of(starts: &[AlikeStarts]) -> BTreeSet<&'static str> {
    let stated: BTreeSet<&str> = starts.iter().map(|starts| trained_by(starts.local)).collect();
    if stated.is_empty() { BTreeSet::from([NOT_STATED]) } else { stated }
}

fn group_names(groups: &[PriorityGroup]) -> Vec<String> {
    let names: Vec<String> = groups.iter().map(|group| group.name().to_owned()).collect();
    if names.is_empty() { vec![NOT_STATED.to_owned()] } else { names }
}

impl TransferReport {
    /// The report of these transfers (`docs/rules.md` section 10).
    #[must_use]
    pub fn of(transfers: &[ReportedTransfer]) -> Self {
        let [mut all, mut sectors, mut levels, mut districts, mut trained, mut groups] =
            [(); 6].map(|()| Tally::default());
        for transfer in transfers {
            let district = transfer.district.clone().unwrap_or_else(|| NOT_STATED.to_owned());
            let level = transfer.level.map_or_else(|| NOT_STATED.to_owned(), |level| level.to_string());
            all.agree(String::new(), transfer);
            sectors.agree(transfer.sector.name().to_owned(), transfer);
            levels.agree(level, transfer);
            districts.agree(district.clone(), transfer);
            training_of(&transfer.starts).into_iter().for_each(|name| trained.agree(name.to_owned(), transfer));
            group_names(&transfer.groups).into_iter().for_each(|name| groups.agree(name, transfer));
            for starts in &transfer.starts {
                let sector = starts.sector.unwrap_or(transfer.sector);
                all.start(String::new(), starts.count);
                sectors.start(sector.name().to_owned(), starts.count);
                levels.start(starts.level.to_string(), starts.count);
                districts.start(district.clone(), starts.count);
                trained.start(trained_by(starts.local).to_owned(), starts.count);
                group_names(&starts.groups).into_iter().for_each(|name| groups.start(name, starts.count));
            }
        }
        let every_group = PriorityGroup::ALL.iter().map(|group| group.name()).chain([NOT_STATED]);
        Self {
            all: all.grouped().remove("").unwrap_or_default(),
            by_sector: sectors.grouped(),
            by_level: levels.grouped(),
            by_district: districts.grouped(),
            by_local_training_provider: trained.grouped_as(TRAINED_BY),
            by_priority_group: groups.grouped_as(every_group),
        }
    }

    /// The published sentence, with or without what it says of adult care (`docs/rules.md` section 10).
    ///
    /// ```
    /// use levy_ledger::domain::{calendar::parse_date, transfer_report::TransferReport};
    /// let none = TransferReport::of(&[]).summary(parse_date("2021-08-12")?, true);
    /// assert!(none.starts_with("As at 12 August 2021, £0 transferred to 0 local businesses"));
    /// # Ok::<(), levy_ledger::domain::calendar::CalendarError>(())
    /// ```
    #[must_use]
    pub fn summary(&self, as_at: NaiveDate, with_care: bool) -> String {
        let care = self.by_sector.get(Sector::AdultSocialCare.name()).copied().unwrap_or_default();
        let Figures { agreed, providers, apprenticeships, .. } = self.all;
        let one_or_more = |count: u64, one: &str, more: &str| if count == 1 { one.to_owned() } else { more.to_owned() };
        let care_providers = one_or_more(care.providers, "an adult care provider", "adult care providers");
        let (of_them, in_care) = match with_care {
            true => (
                format!(" ({} of them {care_providers})", care.providers),
                format!(" ({} in adult social care)", care.apprenticeships),
            ),
            false => (String::new(), String::new()),
        };
        format!(
            "As at {}, {} transferred to {providers} local {}{of_them}, funding {apprenticeships} {}{in_care}.",
            as_at.format("%-d %B %Y"),
            agreed.in_words(),
            one_or_more(providers, "business", "businesses"),
            one_or_more(apprenticeships, "apprenticeship", "apprenticeships"),
        )
    }
}
