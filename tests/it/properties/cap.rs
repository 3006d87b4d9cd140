//! Whatever is offered and whatever steps are taken, over the interface: the cap is never passed.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::api::transfers::Council;

#[derive(Clone, Debug)]
enum Act {
    /// An offer of so many hundred pounds, accepted at once or not, that lapses or not.
    Offer(u32, bool, bool),
    /// A step with one of the transfers so far.
    Step(usize, &'static str),
    /// Another amount for one of the transfers so far.
    Reschedule(usize, u32),
    /// A payment under one of the transfers so far.
    Pay(usize, u32),
}

fn act() -> impl Strategy<Value = Act> {
    let step = prop::sample::select(vec!["accept", "decline", "withdraw", "lapse"]);
    prop_oneof![
        4 => (1..900_u32, any::<bool>(), any::<bool>()).prop_map(|(amount, at_once, lapses)| Act::Offer(amount, at_once, lapses)),
        2 => (0..8_usize, step).prop_map(|(which, step)| Act::Step(which, step)),
        2 => (0..8_usize, 1..1_200_u32).prop_map(|(which, amount)| Act::Reschedule(which, amount)),
        2 => (0..8_usize, 1..400_u32).prop_map(|(which, amount)| Act::Pay(which, amount)),
    ]
}

fn take(council: &Council, transfers: &mut Vec<String>, act: Act) {
    let pounds = |hundreds: u32| format!("{hundreds}00.00");
    let admin = &council.ledger.admin;
    match act {
        Act::Offer(amount, at_once, lapses) => {
            let status = if at_once { "accepted" } else { "offered" };
            // An offer that has lapsed by now can still be accepted in its time.
            let lapses_on = if lapses { "2026-11-01" } else { "2026-12-31" };
            let offered = council.offer(&pounds(amount), json!({"status": status, "lapses_on": lapses_on}));
            if offered.status == 201 {
                transfers.push(offered.made());
            }
        }
        Act::Step(which, step) => {
            if let Some(transfer) = transfers.get(which) {
                council.step(transfer, step, "2026-11-01");
            }
        }
        Act::Reschedule(which, amount) => {
            if let Some(transfer) = transfers.get(which) {
                let schedule = json!([{"allowance_year": "2026-27", "amount": pounds(amount)}]);
                let terms = json!({
                    "on": "2026-11-01", "amount": pounds(amount), "schedule": schedule, "reason": "tried",
                });
                admin.post(&format!("/v1/transfers/{transfer}/reschedule"), &terms);
            }
        }
        Act::Pay(which, amount) => {
            if let Some(transfer) = transfers.get(which) {
                let payment =
                    json!({"month": "2026-10", "kind": "transfer", "amount": pounds(amount), "transfer_id": transfer});
                let path = format!("/v1/accounts/{}/payments", council.account);
                admin.post(&path, &json!({"payments": [payment]}));
            }
        }
    }
}

#[test]
fn gross_transfers_never_pass_the_cap() {
    let config = Config { cases: 12, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    let outcome = TestRunner::new(config).run(&prop::collection::vec(act(), 1..25), |acts| {
        let council = Council::fresh();
        let mut transfers = Vec::new();
        for act in acts {
            take(&council, &mut transfers, act);
            let year = council.allowance();
            prop_assert_eq!(&year["exceeded_by"], "0.00", "{}", year);
        }
        Ok(())
    });
    outcome.unwrap();
}
