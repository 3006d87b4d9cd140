//! Totals of one account, and of all accounts that a caller may see.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use uuid::Uuid;

use super::allowance::Allowances;
use super::figures::{self, AccountAsOf, AsOf};
use super::scope::Scope;
use crate::domain::calendar::AllowanceYear;
use crate::domain::funds::last_ended;
use crate::domain::journal::Seq;
use crate::domain::money::Money;
use crate::domain::totals::Totals;
use crate::storage::allowance::AllAsAt;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::participation::{self, Participation};
use crate::storage::{accounts, events, months};

/// Totals with what goes beside them.
pub(crate) struct TotalsView {
    pub(crate) of: AsOf,
    /// The rule set followed; none where accounts differ, or there are none.
    pub(crate) rule_set: Option<String>,
    pub(crate) totals: Totals,
    /// The allowance year that holds the day.
    pub(crate) allowance_year: AllowanceYear,
    pub(crate) allowance: Money,
    pub(crate) reserved: Money,
    pub(crate) remaining_allowance: Money,
    /// What employers and government paid beside the funds in the months that are closed.
    pub(crate) co_invested: Money,
    pub(crate) participation: Participation,
}

/// The totals of one account, if it was there and the caller may see it.
pub(crate) fn of_account(db: &mut Db, scope: &Scope, id: Uuid, of: AsOf) -> Stored<Option<TotalsView>> {
    let Some(account) = figures::account(db, scope, id, &of)? else { return Ok(None) };
    Ok(Some(Sums::of(db, &[account], &of)?.view(of)))
}

/// Whether nothing that was recorded after an event can have moved the totals of an account. What
/// belongs to other accounts never does; what belongs to all, such as a rule, may.
pub(crate) fn stand_since(db: &mut Db, id: Uuid, event: i64) -> Stored<bool> {
    let Some(key) = accounts::keys_of(db, &[id])?.into_iter().next() else { return Ok(false) };
    Ok(!events::may_concern(db, key, event)?)
}

/// The totals of all accounts that the caller may see. A provider that several of them have transfers
/// with counts once.
pub(crate) fn of_all(db: &mut Db, scope: &Scope, of: AsOf) -> Stored<TotalsView> {
    let mut sums = Sums::default();
    for keys in figures::keys(db, scope)?.chunks(PART) {
        let accounts = figures::of_keys(db, keys, &of)?;
        sums.add(&Sums::of(db, &accounts, &of)?);
    }
    Ok(sums.view(of))
}

/// How many accounts are summed at a time, so that memory does not grow with the ledger.
const PART: usize = 200;

/// The totals of all accounts in parts, kept so that only the parts of accounts of which something was
/// recorded are worked out again.
#[derive(Default)]
pub(crate) struct Parts {
    /// The day of the totals, and the last event that is counted in.
    counted: Option<(NaiveDate, i64)>,
    parts: Vec<(Vec<Seq>, Sums)>,
}

impl Parts {
    /// The totals of all accounts today.
    pub(crate) fn now(&mut self, db: &mut Db, of: AsOf) -> Stored<TotalsView> {
        let head = events::head(db)?.event;
        let since = self.counted.filter(|(day, _)| *day == of.as_at).map(|(_, event)| event);
        let changed = since.map(|event| events::concerned(db, event)).transpose()?.flatten();
        let mut kept = if changed.is_some() { std::mem::take(&mut self.parts) } else { Vec::new() }.into_iter();
        let changed = changed.unwrap_or_default();
        (self.counted, self.parts) = (None, Vec::new());
        for keys in figures::keys(db, &Scope::default())?.chunks(PART) {
            let same = |(of, _): &(Vec<Seq>, Sums)| of == keys && !keys.iter().any(|key| changed.contains(key));
            let sums = match kept.next().filter(same) {
                Some((_, sums)) => sums,
                None => {
                    let accounts = figures::of_keys(db, keys, &of)?;
                    Sums::of(db, &accounts, &of)?
                }
            };
            self.parts.push((keys.to_vec(), sums));
        }
        self.counted = Some((of.as_at, head));
        let mut sums = Sums::default();
        self.parts.iter().for_each(|(_, part)| sums.add(part));
        Ok(sums.view(of))
    }
}

/// The totals of some accounts together.
#[derive(Default)]
struct Sums {
    /// The rule sets followed.
    rule_sets: BTreeSet<String>,
    totals: Totals,
    allowance: Money,
    reserved: Money,
    remaining_allowance: Money,
    co_invested: Money,
    participation: Participation,
}

impl Sums {
    fn of(db: &mut Db, accounts: &[AccountAsOf], of: &AsOf) -> Stored<Self> {
        let keys: Vec<Seq> = accounts.iter().map(|account| account.stored.key).collect();
        let all = AllAsAt { accounts: &keys, on: of.as_at, known_at: of.counts_to() };
        let mut allowances = Allowances::of(db, all, of.today)?;
        let mut sums = Self {
            co_invested: months::co_invested(db, &keys, (last_ended(of.as_at), of.known_at))?,
            participation: participation::by(db, &keys, of.as_at, of.known_at)?,
            ..Self::default()
        };
        for AccountAsOf { stored, rules, books } in accounts {
            sums.totals = sums.totals + Totals::of(books, rules, of.as_at);
            let allowance = allowances.take(stored, rules);
            sums.allowance += allowance.allowance;
            sums.reserved += allowance.reserved;
            sums.remaining_allowance += allowance.remaining;
            if !sums.rule_sets.contains(&stored.settings.rule_set) {
                sums.rule_sets.insert(stored.settings.rule_set.clone());
            }
        }
        Ok(sums)
    }

    fn add(&mut self, other: &Self) {
        self.rule_sets.extend(other.rule_sets.iter().cloned());
        self.totals = self.totals + other.totals;
        self.allowance += other.allowance;
        self.reserved += other.reserved;
        self.remaining_allowance += other.remaining_allowance;
        self.co_invested += other.co_invested;
        self.participation.providers.extend(&other.participation.providers);
        self.participation.starts += other.participation.starts;
        self.participation.live_starts += other.participation.live_starts;
    }

    fn view(self, of: AsOf) -> TotalsView {
        TotalsView {
            of,
            rule_set: if self.rule_sets.len() == 1 { self.rule_sets.into_iter().next() } else { None },
            totals: self.totals,
            allowance_year: AllowanceYear::of(of.as_at),
            allowance: self.allowance,
            reserved: self.reserved,
            remaining_allowance: self.remaining_allowance,
            co_invested: self.co_invested,
            participation: self.participation,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::app::scenario::{Scenario, TODAY, day, entry, month};
    use crate::domain::journal::{Entry, EntryKind};
    use crate::storage::sums;

    fn figures(view: &TotalsView) -> [String; 5] {
        let Totals { levy_in, own_spending, transferred, expired, balance, .. } = view.totals;
        [levy_in, own_spending, transferred, expired, balance].map(|figure| figure.to_string())
    }

    #[test]
    fn payments_count_from_the_last_day_of_their_month() {
        let ledger = Scenario::under("standard");
        ledger.entry(EntryKind::Levy, "100.00", "2026-05-22");
        ledger.entry(EntryKind::OwnPayment, "-30.00", "2026-06-30");
        ledger.entry(EntryKind::TransferPayment, "-20.00", "2026-06-30");
        assert_eq!(figures(&ledger.totals("2026-06-29", None)), ["100.00", "0.00", "0.00", "0.00", "100.00"]);
        assert_eq!(figures(&ledger.totals("2026-06-30", None)), ["100.00", "30.00", "20.00", "0.00", "50.00"]);
        assert_eq!(figures(&ledger.totals("2026-05-21", None)), ["0.00", "0.00", "0.00", "0.00", "0.00"]);
    }

    #[test]
    fn what_was_known_earlier_can_be_asked_for_again() {
        let ledger = Scenario::under("standard");
        let levy = ledger.entry(EntryKind::Levy, "100.00", "2024-05-22");
        let before = ledger.totals(TODAY, None);
        ledger.entry(EntryKind::OwnPayment, "-60.00", "2025-01-31");
        assert_eq!(figures(&ledger.totals(TODAY, Some(levy))), figures(&before));
        assert_eq!(figures(&before), ["100.00", "0.00", "0.00", "100.00", "0.00"]);
        assert_eq!(figures(&ledger.totals(TODAY, None)), ["100.00", "60.00", "0.00", "40.00", "0.00"]);
    }

    #[test]
    fn providers_and_starts_are_counted_from_their_days() {
        let ledger = Scenario::under("standard");
        let (first, second) = (ledger.provider(), ledger.provider());
        ledger.transfer(first, "100.00", "2026-06-01", true);
        ledger.transfer(first, "100.00", "2026-07-01", true);
        let offered = ledger.transfer(second, "100.00", "2026-06-01", false);
        ledger.start("2026-09-01", "2027-08-31");
        let known = |as_at, known_at| {
            let Participation { providers, starts, .. } = ledger.totals(as_at, known_at).participation;
            (providers.len(), starts)
        };
        assert_eq!(known("2026-05-31", None), (0, 0));
        assert_eq!(known("2026-08-31", None), (1, 0));
        assert_eq!(known("2026-09-01", None), (1, 1));
        assert_eq!(known("2026-09-01", Some(offered)), (1, 0));
    }

    #[test]
    fn the_totals_of_all_accounts_sum_and_name_a_rule_set_that_they_share() {
        let mut ledger = Scenario::under("standard");
        ledger.entry(EntryKind::Levy, "100.00", "2026-05-22");
        let all = |ledger: &Scenario| {
            let of = ledger.as_of(TODAY, None);
            ledger.read(|db| of_all(db, &Scope::default(), of))
        };
        assert_eq!(all(&ledger).rule_set.as_deref(), Some("standard"));
        ledger.account = ledger.open_account("england");
        ledger.entry(EntryKind::Levy, "11.00", "2026-05-22");
        let both = all(&ledger);
        assert_eq!((both.rule_set.as_deref(), both.totals.balance.to_string()), (None, "111.00".to_owned()));
        let ours = Scope::of(Some(vec![ledger.account]));
        let of = ledger.as_of(TODAY, None);
        assert_eq!(ledger.read(|db| of_all(db, &ours, of)).totals.balance.to_string(), "11.00");
    }

    #[test]
    fn kept_parts_count_what_is_recorded_after_them() {
        let mut ledger = Scenario::under("standard");
        let first = ledger.account;
        (0..PART).for_each(|_| ledger.account = ledger.open_account("standard"));
        let mut parts = Parts::default();
        let mut levy_in = |ledger: &Scenario| {
            let of = ledger.as_of(TODAY, None);
            let kept = ledger.read(|db| parts.now(db, of));
            let anew = ledger.read(|db| of_all(db, &Scope::default(), of));
            assert_eq!((figures(&kept), &kept.rule_set), (figures(&anew), &anew.rule_set));
            kept.totals.levy_in.to_string()
        };
        assert_eq!(levy_in(&ledger), "0.00");
        ledger.entry(EntryKind::Levy, "100.00", "2026-05-22");
        assert_eq!(levy_in(&ledger), "100.00");
        ledger.account = first;
        ledger.entry(EntryKind::Levy, "11.00", "2026-05-22");
        assert_eq!(levy_in(&ledger), "111.00");
        ledger.account = ledger.open_account("england");
        ledger.entry(EntryKind::Levy, "7.00", "2026-05-22");
        assert_eq!(levy_in(&ledger), "118.00");
        assert_eq!(levy_in(&ledger), "118.00");
    }

    /// A movement: its kind, its month from 2023-01 on, a day for levy, and hundredths of a pound.
    fn movement() -> impl Strategy<Value = Entry> {
        let kinds = [
            EntryKind::Levy,
            EntryKind::Levy,
            EntryKind::LevyAdjustment,
            EntryKind::OwnPayment,
            EntryKind::OwnPayment,
            EntryKind::TransferPayment,
            EntryKind::TransferReceived,
            EntryKind::Correction,
        ];
        (prop::sample::select(kinds.to_vec()), 0..40, 1..29_u32, 1..10_000_i64, prop::bool::weighted(0.2)).prop_map(
            |(kind, at, on, pence, turned)| {
                let month = month("2023-01").plus(at);
                let levy = kind == EntryKind::Levy;
                let out =
                    matches!(kind, EntryKind::OwnPayment | EntryKind::TransferPayment | EntryKind::LevyAdjustment);
                let day = if levy { format!("{month}-{on:02}") } else { month.last_day().to_string() };
                let sign = if out != (turned && !levy) { -1 } else { 1 };
                Entry { amount: Money::from_units(sign * pence * 1_000), ..entry(kind, "0.00", &day) }
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_moved_totals_foot_and_lots_hold_on_every_day(
            moves in prop::collection::vec(movement(), 1..30),
            (rules, at, on) in (prop::sample::select(vec!["standard", "england"]), 0..70, 1..32_u32),
        ) {
            let ledger = Scenario::under(rules);
            let last = i64::try_from(moves.len()).unwrap() + ledger.enter_all(moves) - 1;
            let asked = month("2023-01").plus(at);
            let as_at = format!("{asked}-{:02}", on.min(chrono::Datelike::day(&asked.last_day())));
            let total = ledger.totals(&as_at, None).totals;
            let Totals { levy_in, transfers_received, corrections, own_spending, transferred, .. } = total;
            let moved = levy_in + transfers_received + corrections - own_spending - transferred;
            prop_assert_eq!(total.balance, moved - total.expired);

            let of = ledger.as_of(&as_at, None);
            let funds = ledger.read(|db| figures::funds(db, &Scope::default(), ledger.account, &of)).unwrap();
            for lot in &funds.lots {
                prop_assert_eq!(lot.entered, lot.spent + lot.transferred + lot.expired + lot.remaining);
                let least = [lot.spent, lot.transferred, lot.expired, lot.remaining].into_iter().min();
                prop_assert!(least >= Some(Money::ZERO), "{:?}", lot);
            }
            let remaining: Money = funds.lots.iter().map(|lot| lot.remaining).sum();
            prop_assert_eq!(funds.balance, remaining + funds.unallocated);
            prop_assert_eq!(total.spendable, remaining.min(funds.balance).at_least_zero());

            // The running sums and the journal tell the same.
            let key = ledger.read(|db| crate::storage::accounts::keys_of(db, &[ledger.account]));
            let key: Vec<Seq> = key.into_iter().collect();
            let sums = |known_at| {
                let sums = ledger.read(|db| sums::books_as_at(db, &key, day(&as_at), known_at));
                let moved = |sums: &crate::domain::journal::MonthSums| *sums != crate::domain::journal::MonthSums::default();
                sums.into_values().flat_map(|books| books.months).filter(|(_, sums)| moved(sums)).collect::<Vec<_>>()
            };
            prop_assert_eq!(sums(None), sums(Some(last)));
        }
    }
}
