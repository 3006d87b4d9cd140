//! The report of transfers prints the published sentence, and gives no small group away.

use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use super::transfers::{Council, register};
use crate::harness::Ledger;

fn path(council: &Council) -> String {
    format!("/v1/accounts/{}/reports/transfers", council.account)
}

fn report(council: &Council, query: &str) -> Value {
    council.ledger.admin.get(&format!("{}{query}", path(council))).expect(200).json()
}

#[test]
fn the_line_that_a_council_published_is_printed() {
    let ledger = Ledger::fresh_on("2021-08-12");
    let account = ledger.account();
    ledger.levy(&account, "2000000.00", "2021-02-22");
    let provider = register(&ledger, json!({}));
    let council = Council { ledger, account, provider };
    let accept = |provider: &str, amount: &str, apprentices: usize| {
        let terms = json!({
            "provider_id": provider, "apprentices": apprentices, "agreed_on": "2021-05-01", "status": "accepted",
        });
        council.offer(amount, terms).expect(201);
    };
    for place in 0..33 {
        let sector = if place < 20 { "adult_social_care" } else { "retail" };
        let provider = register(&council.ledger, json!({"name": format!("Business {place}"), "sector": sector}));
        match place {
            0 => accept(&provider, "21000.00", 70),
            20 => accept(&provider, "11000.00", 10),
            _ => accept(&provider, "11000.00", 1),
        }
    }
    let report = report(&council, "?as_at=2021-08-12");
    assert_eq!(
        report["summary"],
        "As at 12 August 2021, £373,000 transferred to 33 local businesses (20 of them adult care providers), \
         funding 111 apprenticeships (89 in adult social care)."
    );
    assert_eq!(report["by_sector"]["retail"]["providers"], 13);
}

#[test]
fn one_of_each_reads_as_one() {
    let council = Council::fresh();
    council.offer("9000.50", json!({"status": "accepted", "apprentices": 1})).expect(201);
    assert_eq!(
        report(&council, "")["summary"],
        "As at 22 November 2026, £9,000.50 transferred to 1 local business (1 of them an adult care provider), \
         funding 1 apprenticeship (1 in adult social care)."
    );
}

#[test]
fn agreed_reserved_and_paid_are_kept_apart_and_what_was_not_accepted_does_not_count() {
    let council = Council::fresh();
    let district =
        register(&council.ledger, json!({"name": "Hill Farm", "sector": "agriculture", "district": "Hills"}));
    let accepted = council.offer("9000.00", json!({"status": "accepted", "level": 3})).made();
    council.pay(&accepted, "2026-10", "4000.00");
    council.offer("500.00", json!({"provider_id": district})).expect(201);
    let withdrawn = council.offer("700.00", json!({"status": "accepted", "provider_id": district})).made();
    council.step(&withdrawn, "withdraw", "2026-06-01").expect(200);
    let now = report(&council, "");
    let figures = ["agreed", "reserved", "paid"].map(|name| now[name].as_str().unwrap());
    assert_eq!(figures, ["9000.00", "5000.00", "4000.00"]);
    assert_eq!((&now["providers"], &now["apprenticeships"]), (&json!(1), &json!(3)));
    assert_eq!(now["by_level"]["3"]["agreed"], "9000.00");
    assert_eq!(now["by_district"]["not_stated"]["agreed"], "9000.00");
    let in_may = report(&council, "?as_at=2026-05-31");
    assert_eq!((&in_may["agreed"], &in_may["paid"]), (&json!("9700.00"), &json!("0.00")));
    assert_eq!(in_may["by_district"]["Hills"]["agreed"], "700.00");
    let csv = council.ledger.admin.get(&format!("{}.csv", path(&council))).expect(200).text;
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("grouping,name,agreed,paid,providers,apprenticeships,starts"));
    assert_eq!(lines.next(), Some("all,,9000.00,4000.00,1,3,0"));
    assert!(csv.contains("sector,adult_social_care,9000.00,4000.00,1,3,0"), "{csv}");
}

#[test]
fn a_small_group_is_withheld_with_a_second_so_that_it_cannot_be_worked_out() {
    let council = Council::fresh();
    let offer = |apprentices: usize, groups: Value| {
        let terms = json!({"status": "accepted", "apprentices": apprentices, "priority_groups": groups});
        council.offer("1000.00", terms).expect(201);
    };
    offer(4, json!(["care_leaver"]));
    offer(9, json!(["disabled"]));
    offer(40, json!([]));
    let groups = report(&council, "")["by_priority_group"].clone();
    let nothing = json!({
        "agreed": null, "paid": null, "providers": null, "apprenticeships": null, "starts": null, "suppressed": true,
    });
    assert_eq!((&groups["care_leaver"], &groups["disabled"]), (&nothing, &nothing));
    assert_eq!(groups["not_stated"]["apprenticeships"], 40);
    let csv = council.ledger.caller(Role::Integration).get(&format!("{}.csv", path(&council))).expect(200).text;
    assert!(csv.contains("priority_group,care_leaver,,,,,\r\n"), "{csv}");
    let whole = report(&council, "?suppress=false")["by_priority_group"].clone();
    assert_eq!(whole["care_leaver"]["apprenticeships"], 4);
    for role in [Role::Finance, Role::Integration] {
        council.ledger.caller(role).get(&format!("{}?suppress=false", path(&council))).problem(403, "forbidden");
    }
}

#[test]
fn a_report_that_was_seen_is_answered_in_a_few_bytes() {
    let council = Council::fresh();
    let seen = council.ledger.admin.get(&path(&council)).expect(200);
    let again = |etag: &str| {
        crate::harness::Answer::to(council.ledger.admin.request("GET", &path(&council)).header("If-None-Match", etag))
    };
    again(seen.header("etag").unwrap()).expect(304);
    council.offer("1.00", json!({"status": "accepted"})).expect(201);
    again(seen.header("etag").unwrap()).expect(200);
    let elsewhere = council.ledger.account().parse().unwrap();
    council.ledger.limited(Role::Finance, Some(vec![elsewhere])).get(&path(&council)).problem(404, "not_found");
}

#[test]
fn starts_count_by_their_own_level_and_by_the_groups_of_their_apprentices() {
    let council = Council::fresh();
    let transfer = council.offer("60000.00", json!({"status": "accepted", "apprentices": 12, "level": 3})).made();
    for learner in 0..11 {
        let groups = if learner < 2 { json!(["disabled"]) } else { json!([]) };
        council.start(&transfer, &format!("L-{learner}"), groups);
    }
    let now = report(&council, "?suppress=false");
    assert_eq!((&now["starts"], &now["apprenticeships"]), (&json!(11), &json!(12)));
    assert_eq!((&now["by_level"]["4"]["starts"], &now["by_level"]["3"]["agreed"]), (&json!(11), &json!("60000.00")));
    assert_eq!(now["by_priority_group"]["disabled"]["starts"], 2);
    let published = report(&council, "")["by_priority_group"].clone();
    assert_eq!(published["disabled"]["starts"], json!(null));
    assert_eq!(published["not_stated"]["suppressed"], true, "with the total it would give the two away");
    assert_eq!(report(&council, "?as_at=2026-06-14")["starts"], 0);
}
