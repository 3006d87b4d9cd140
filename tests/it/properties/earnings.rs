//! What a start earns, whatever becomes of it (`docs/rules.md` section 7).

use chrono::{Days, NaiveDate};
use levy_ledger::domain::calendar::Month;
use levy_ledger::domain::earnings::{
    AgreedPrice, EarningKind, Instalment, Learning, PeriodInLearning, earnings, on_programme_total,
};
use levy_ledger::domain::money::Money;
use proptest::prelude::*;

/// Days in which starts begin, change and end.
const SPAN: u64 = 1000;

fn on(offset: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Days::new(offset)
}

/// A period: days to its first from the end of the one before, days learnt, and days planned.
type Stretch = (u64, u64, u64);

/// One to three periods in learning, each of at least so many days, and the last not broken off.
fn periods(least: u64) -> impl Strategy<Value = Vec<PeriodInLearning>> {
    prop::collection::vec((1..120_u64, least..least + 200, 0..500_u64), 1..4).prop_map(|stretches| laid_out(&stretches))
}

fn laid_out(stretches: &[Stretch]) -> Vec<PeriodInLearning> {
    let mut free = 0;
    let mut periods: Vec<PeriodInLearning> = Vec::new();
    for &(gap, learnt, planned) in stretches {
        let first = free + gap;
        free = first + learnt;
        periods.push(PeriodInLearning {
            start_on: on(first),
            last_day: Some(on(free - 1)),
            planned_end_on: on(first + planned),
        });
    }
    periods.last_mut().unwrap().last_day = None;
    periods
}

/// Prices from their days, in the order of those.
fn prices() -> impl Strategy<Value = Vec<AgreedPrice>> {
    prop::collection::btree_map(0..SPAN, 1..3_000_000_000_i64, 1..5).prop_map(|prices| {
        let price = |(from, units)| AgreedPrice { from: on(from), amount: Money::from_units(units) };
        prices.into_iter().map(price).collect()
    })
}

/// A start that nothing has ended.
fn running(least: u64) -> impl Strategy<Value = Learning> {
    let band = prop::option::of((1..3_000_000_000_i64).prop_map(Money::from_units));
    (band, prices(), periods(least)).prop_map(|(funding_band_maximum, mut prices, periods)| {
        // The first price holds from the first day.
        prices.first_mut().unwrap().from = periods.first().unwrap().start_on;
        prices.sort_by_key(|price| price.from);
        Learning {
            funding_band_maximum,
            prices,
            periods,
            paused_on: None,
            withdrawn_on: None,
            completed_on: None,
            achieved_on: None,
        }
    })
}

fn date() -> impl Strategy<Value = Option<NaiveDate>> {
    prop::option::of((0..SPAN).prop_map(on))
}

/// Any start with any facts, sensible or not.
fn any_life() -> impl Strategy<Value = Learning> {
    (running(1), date(), date(), date(), date()).prop_map(
        |(start, paused_on, withdrawn_on, completed_on, achieved_on)| Learning {
            paused_on,
            withdrawn_on,
            completed_on,
            achieved_on,
            ..start
        },
    )
}

fn sum(earned: &[Instalment], kinds: &[EarningKind]) -> Money {
    earned.iter().filter(|row| kinds.contains(&row.kind)).map(|row| row.amount).sum()
}

const LEARNING: [EarningKind; 2] = [EarningKind::OnProgramme, EarningKind::Balancing];

/// What rounding to five places may add up to, over so many instalments.
fn rounding(earned: &[Instalment]) -> Money {
    Money::from_units(i64::try_from(earned.len()).unwrap())
}

fn before(earned: Vec<Instalment>, month: Month) -> Vec<Instalment> {
    earned.into_iter().filter(|row| row.month < month).collect()
}

/// Something that becomes known of a start that runs.
#[derive(Clone, Copy, Debug)]
enum Change {
    Price(i64),
    Pause,
    Return(u64, u64),
    Withdrawal,
    Completion,
    Achievement,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (1..3_000_000_000_i64).prop_map(Change::Price),
        Just(Change::Pause),
        (1..200_u64, 0..500_u64).prop_map(|(away, planned)| Change::Return(away, planned)),
        Just(Change::Withdrawal),
        Just(Change::Completion),
        Just(Change::Achievement),
    ]
}

impl Change {
    fn made(self, day: NaiveDate, start: &Learning) -> Learning {
        let mut changed = start.clone();
        match self {
            Self::Price(units) => {
                changed.prices.retain(|price| price.from < day);
                changed.prices.push(AgreedPrice { from: day, amount: Money::from_units(units) });
            }
            Self::Pause => changed.paused_on = Some(day),
            Self::Return(away, planned) => {
                changed.periods.last_mut().unwrap().last_day = Some(day);
                let start_on = day + Days::new(away);
                let planned_end_on = start_on + Days::new(planned);
                changed.periods.push(PeriodInLearning { start_on, last_day: None, planned_end_on });
            }
            Self::Withdrawal => changed.withdrawn_on = Some(day),
            Self::Completion => changed.completed_on = Some(day),
            Self::Achievement => changed.achieved_on = Some(day),
        }
        changed
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn learning_undisturbed_earns_the_80_percent_up_to_rounding(start in running(42)) {
        let earned = earnings(&start);
        let last = earned.last().map(|row| row.month);
        let in_force = last.and_then(|month| start.price_in(month));
        let period = start.periods.last().unwrap();
        if let Some(price) = in_force.filter(|_| last >= Some(Month::of(period.start_on))) {
            let missing = on_programme_total(price.amount) - sum(&earned, &LEARNING);
            prop_assert!(missing.max(-missing) <= rounding(&earned), "{} is missing", missing);
        }
    }

    #[test]
    fn completion_makes_up_the_80_percent_of_whatever_was_forfeited_or_missed(
        mut start in any_life(), completed_on in (0..SPAN).prop_map(on),
    ) {
        (start.withdrawn_on, start.completed_on) = (None, Some(completed_on));
        let earned = earnings(&start);
        let month = Month::of(completed_on);
        let due = on_programme_total(start.price_in(month).unwrap().amount);
        let paid = sum(&earned, &LEARNING);
        prop_assert!(paid >= due, "{} of {}", paid, due);
        if let Some(balancing) = earned.iter().find(|row| row.kind == EarningKind::Balancing) {
            prop_assert_eq!((balancing.month, paid), (month, due));
        }
    }

    #[test]
    fn a_later_fact_changes_no_month_before_it(
        start in running(42), change in change(), after in 41..600_u64,
    ) {
        // Beyond every qualifying period: failing one forfeits months that lie before.
        let day = start.periods.last().unwrap().start_on + Days::new(after);
        let changed = change.made(day, &start);
        let month = Month::of(day);
        prop_assert_eq!(before(earnings(&changed), month), before(earnings(&start), month));
    }

    #[test]
    fn prices_and_achievement_change_no_month_before_them_whatever_was_forfeited(
        start in any_life(), units in 1..3_000_000_000_i64, day in (0..SPAN).prop_map(on),
    ) {
        let day = day.max(start.prices.first().unwrap().from + Days::new(1));
        let month = Month::of(day);
        let until_then = |life: &Learning| {
            let mut rows = before(earnings(life), month);
            rows.retain(|row| row.kind != EarningKind::Completion);
            rows
        };
        for change in [Change::Price(units), Change::Achievement] {
            prop_assert_eq!(until_then(&change.made(day, &start)), until_then(&start));
        }
    }

    #[test]
    fn a_start_that_is_withdrawn_earns_no_more_than_left_alone(start in any_life(), day in (0..SPAN).prop_map(on)) {
        // A price that falls makes later instalments negative, and leaving before them earns more.
        let mut rising = start;
        rising.prices.sort_by_key(|price| price.amount);
        let mut days: Vec<NaiveDate> = rising.prices.iter().map(|price| price.from).collect();
        days.sort_unstable();
        rising.prices.iter_mut().zip(days).for_each(|(price, from)| price.from = from);
        rising.withdrawn_on = None;
        let alone = earnings(&rising);
        let left = earnings(&Learning { withdrawn_on: Some(day), ..rising });
        let all = [EarningKind::OnProgramme, EarningKind::Balancing, EarningKind::Completion];
        prop_assert!(sum(&left, &all) <= sum(&alone, &all) + rounding(&alone));
    }

    #[test]
    fn nothing_is_earned_after_the_last_day_but_completion_and_what_it_balances(start in any_life()) {
        for row in earnings(&start) {
            match row.kind {
                EarningKind::OnProgramme => {
                    prop_assert!(start.last_day().is_none_or(|last| row.month.last_day() <= last));
                    let inside = |period: &PeriodInLearning| {
                        let end = period.last_day.unwrap_or(period.planned_end_on).min(period.planned_end_on);
                        (period.start_on..=end).contains(&row.month.last_day())
                    };
                    prop_assert!(start.periods.iter().any(inside), "{:?} lies in no period", row);
                }
                EarningKind::Balancing => prop_assert_eq!(Some(row.month), start.completed_on.map(Month::of)),
                EarningKind::Completion => prop_assert_eq!(Some(row.month), start.achieved_on.map(Month::of)),
            }
        }
    }

    #[test]
    fn there_is_one_earning_of_a_kind_and_month_in_their_order(start in any_life()) {
        let earned = earnings(&start);
        prop_assert!(earned.is_sorted_by(|a, b| (a.month, a.kind) < (b.month, b.kind)));
    }
}
