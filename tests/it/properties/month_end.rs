//! What holds for a month's end, whatever is asked for: every pound due is borne by somebody, nobody
//! pays beyond their means, and nothing is given back that was not paid.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use levy_ledger::domain::calendar::{Month, parse_date};
use levy_ledger::domain::money::Money;
use levy_ledger::domain::month_end::{
    Demand, Funding, Means, PaidPart, Source, TransferYear, co_investment, order_of_payment, pay_in_order, refund,
    refundable, take_back,
};
use proptest::prelude::*;

type Asked = Demand<usize, u8>;

fn money(units: i64) -> Money {
    Money::from_units(units)
}

fn moment(hour: u32) -> NaiveDateTime {
    parse_date("2026-09-01").unwrap().and_hms_opt(hour, 0, 0).unwrap()
}

/// Few moments, transfers and training providers, so that ties are common.
fn demands(least: i64) -> impl Strategy<Value = Vec<Asked>> {
    let asked = (0..3_u32, prop::option::of(0..4_u8), prop::option::of(0..4_u8), least..400, 0..=100_i64);
    let demand = asked.prop_map(|(hour, transfer, provider, amount, percent)| Demand {
        reference: 0,
        agreed: moment(hour),
        funding: transfer.map_or(Funding::Own, Funding::Transfer),
        training_provider: provider.map(|provider| provider.to_string()),
        amount: money(amount),
        employer_percent: percent.into(),
    });
    prop::collection::vec(demand, 0..25).prop_map(|demands| {
        demands.into_iter().enumerate().map(|(reference, demand)| Demand { reference, ..demand }).collect()
    })
}

fn means() -> impl Strategy<Value = (i64, i64, Means<u8>)> {
    let years = prop::collection::btree_map(0..4_u8, (0..400_i64, 0..400_i64), 0..4);
    (-200..3_000_i64, -200..2_000_i64, years).prop_map(|(balance, unpaid, years)| {
        let year = |(scheduled, paid)| TransferYear { scheduled: money(scheduled), paid: money(paid) };
        let years: BTreeMap<u8, TransferYear> = years.into_iter().map(|(key, figures)| (key, year(figures))).collect();
        let reserved: Money = years.values().map(|year| year.reserved()).sum();
        (balance, unpaid, Means::of_month(money(balance), money(unpaid), money(unpaid) - reserved, years))
    })
}

/// Parts of few sources, so that a source has several.
fn paid(least: i64) -> impl Strategy<Value = Vec<PaidPart>> {
    let source = prop_oneof![
        (0..3_i64).prop_map(|rate| Source::CoInvestment { employer_percent: (rate * 5).into() }),
        Just(Source::PassedOn),
        Just(Source::Levy),
        Just(Source::Transfer),
    ];
    prop::collection::vec((source, least..60), 0..9)
        .prop_map(|parts| parts.into_iter().map(|(source, units)| PaidPart { source, amount: money(units) }).collect())
}

fn by_source<'a>(parts: impl IntoIterator<Item = &'a PaidPart>) -> BTreeMap<Source, Money> {
    let mut sums: BTreeMap<Source, Money> = BTreeMap::new();
    for part in parts {
        *sums.entry(part.source).or_default() += part.amount;
    }
    sums
}

fn total<'a>(parts: impl IntoIterator<Item = &'a PaidPart>) -> Money {
    parts.into_iter().map(|part| part.amount).sum()
}

fn month(number: usize) -> Month {
    Month::new(2026, 1).unwrap().plus(i32::try_from(number).unwrap())
}

proptest! {
    #[test]
    fn every_demand_is_borne_and_nobody_pays_beyond_their_means(
        (balance, unpaid, mut means) in means(),
        demands in demands(-200),
    ) {
        let (asked, mut spent, mut transferred) = (demands.len(), Money::ZERO, Money::ZERO);
        let (mut given_back, mut back_to_transfers) = (Money::ZERO, Money::ZERO);
        let outcomes = pay_in_order(&mut means, demands, &["1".to_owned(), "3".to_owned()]);
        prop_assert_eq!(outcomes.len(), asked);
        for outcome in outcomes {
            prop_assert_eq!(outcome.paid + outcome.co_invested().total(), outcome.demand.amount);
            let transfer = matches!(outcome.demand.funding, Funding::Transfer(_));
            if outcome.demand.is_refund() {
                prop_assert_eq!(outcome.paid, outcome.demand.amount);
                given_back -= outcome.paid;
                back_to_transfers -= if transfer { outcome.paid } else { Money::ZERO };
                continue;
            }
            prop_assert!(outcome.paid >= Money::ZERO && outcome.uncovered >= Money::ZERO);
            spent += outcome.paid;
            transferred += if transfer { outcome.paid } else { Money::ZERO };
            let uncovered = outcome.uncovered;
            let shortfall = outcome.shortfall().map(|demand| demand.amount).unwrap_or_default();
            prop_assert_eq!(shortfall, if transfer { uncovered } else { Money::ZERO });
        }
        let began = money(balance).at_least_zero();
        prop_assert_eq!(means.balance(), began + given_back - spent);
        prop_assert!(means.allowance() >= Money::ZERO && means.allowance() <= means.balance());
        prop_assert!(transferred <= money(unpaid).at_least_zero().min(began) + back_to_transfers);
    }

    #[test]
    fn own_training_is_left_unpaid_only_when_the_balance_is_gone(
        (_, _, mut means) in means(),
        demands in demands(1),
    ) {
        let outcomes = pay_in_order(&mut means, demands, &[]);
        let own = outcomes.iter().filter(|outcome| outcome.demand.funding == Funding::Own);
        let short = own.filter(|outcome| !outcome.uncovered.is_zero()).count();
        prop_assert!(short == 0 || means.balance().is_zero());
    }

    #[test]
    fn what_a_transfer_reserves_is_not_spent_by_another(
        scheduled in 1..400_i64,
        free in 0..400_i64,
        asked in 0..900_i64,
    ) {
        let year = TransferYear { scheduled: money(scheduled), paid: Money::ZERO };
        let unpaid = money(scheduled + free);
        let mut means = Means::of_month(unpaid, unpaid, money(free), BTreeMap::from([(1_u8, year)]));
        prop_assert_eq!(means.pay(&Funding::Transfer(2), money(asked)), money(asked.min(free)));
        prop_assert_eq!(means.pay(&Funding::Transfer(1), money(scheduled)), money(scheduled));
    }

    #[test]
    fn the_order_of_payment_does_not_depend_on_the_order_of_asking(
        (sorted, shuffled) in demands(-50).prop_flat_map(|demands| (Just(demands.clone()), Just(demands).prop_shuffle())),
    ) {
        let (mut sorted, mut shuffled) = (sorted, shuffled);
        let priorities = ["2".to_owned(), "0".to_owned()];
        order_of_payment(&mut sorted, &priorities);
        order_of_payment(&mut shuffled, &priorities);
        prop_assert_eq!(sorted, shuffled);
    }

    #[test]
    fn co_investment_adds_up_and_neither_share_is_against_the_cost(units in any::<i32>(), percent in 0..=10_000_i64) {
        let amount = money(units.into());
        let shared = co_investment(amount, rust_decimal::Decimal::new(percent, 2));
        prop_assert_eq!(shared.total(), amount);
        let (least, most) = (amount.min(Money::ZERO), amount.max(Money::ZERO));
        prop_assert!((least..=most).contains(&shared.government) && (least..=most).contains(&shared.employer));
    }

    #[test]
    fn a_refund_is_as_much_as_was_paid_and_never_more_of_a_source(paid in paid(-40), units in -400..40_i64) {
        let refunds = refund(money(units), &paid);
        let paid = by_source(&paid);
        for (source, back) in by_source(&refunds) {
            prop_assert!(back < Money::ZERO && -back <= paid[&source], "{:?}", source);
        }
        let refundable: Money = paid.values().filter(|amount| **amount > Money::ZERO).copied().sum();
        prop_assert_eq!(-total(&refunds), money(-units).at_least_zero().min(refundable));
    }

    #[test]
    fn what_was_taken_back_leaves_just_the_rest_to_take_back(
        months in prop::collection::vec(paid(1), 1..6),
        taken in prop::collection::vec((0..6_usize, -150..0_i64), 1..5),
    ) {
        let numbered = months.into_iter().enumerate();
        let mut recorded: Vec<(Month, PaidPart)> =
            numbered.flat_map(|(number, parts)| parts.into_iter().map(move |part| (month(number), part))).collect();
        for (number, units) in taken {
            let before = refundable(recorded.clone());
            let wanted = take_back(money(units), month(number), &before);
            let reachable = total(before.range(..=month(number)).flat_map(|(_, parts)| parts));
            prop_assert_eq!(-total(wanted.iter().map(|(_, part)| part)), money(-units).min(reachable));
            prop_assert!(wanted.iter().all(|(from, _)| *from <= month(number)));
            recorded.extend(wanted.iter().map(|(_, part)| (month(number), *part)));
            let (was, is) = (by_source(before.values().flatten()), by_source(refundable(recorded.clone()).values().flatten()));
            let back = by_source(wanted.iter().map(|(_, part)| part));
            for (source, was) in was {
                let left = was + back.get(&source).copied().unwrap_or_default();
                prop_assert_eq!(is.get(&source).copied().unwrap_or_default(), left);
            }
        }
    }
}
