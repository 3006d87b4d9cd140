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
    assert_eq!(lines.next(), Some("grouping,name,agreed,reserved,paid,providers,apprenticeships,starts"));
    assert_eq!(lines.next(), Some("all,,9000.00,5000.00,4000.00,1,3,0"));
    assert!(csv.contains("sector,adult_social_care,9000.00,5000.00,4000.00,1,3,0"), "{csv}");
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
        "agreed": null, "reserved": null, "paid": null, "providers": null, "apprenticeships": null, "starts": null,
        "suppressed": true,
    });
    assert_eq!((&groups["care_leaver"], &groups["disabled"]), (&nothing, &nothing));
    assert_eq!(groups["not_stated"]["apprenticeships"], 40);
    let csv = council.ledger.caller(Role::Integration).get(&format!("{}.csv", path(&council))).expect(200).text;
    assert!(csv.contains("priority_group,care_leaver,,,,,,\r\n"), "{csv}");
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

#[test]
fn what_is_reserved_is_kept_apart_in_every_grouping() {
    let council = Council::fresh();
    let farm = register(&council.ledger, json!({"name": "Hill Farm", "sector": "agriculture", "district": "Hills"}));
    let care = council.offer("9000.00", json!({"status": "accepted", "level": 3})).made();
    council.pay(&care, "2026-10", "4000.00");
    council.offer("700.00", json!({"status": "accepted", "provider_id": farm, "level": 2})).expect(201);
    let now = report(&council, "?suppress=false");
    let apart = |grouping: &str, group: &str| {
        ["agreed", "reserved", "paid"].map(|name| now[grouping][group][name].as_str().unwrap().to_owned())
    };
    let (care, farm) = (["9000.00", "5000.00", "4000.00"], ["700.00", "700.00", "0.00"]);
    for (grouping, of_care, of_farm) in [
        ("by_sector", "adult_social_care", "agriculture"),
        ("by_level", "3", "2"),
        ("by_district", "not_stated", "Hills"),
    ] {
        assert_eq!((apart(grouping, of_care), apart(grouping, of_farm)), (care.map(Into::into), farm.map(Into::into)));
    }
    assert_eq!(apart("by_priority_group", "not_stated"), ["9700.00", "5700.00", "4000.00"]);
    assert_eq!(now["reserved"], "5700.00");
}

#[test]
fn a_transfer_counts_where_its_starts_are_trained() {
    let council = Council::fresh();
    let terms = json!({"status": "accepted", "apprentices": 20});
    let (mixed, local) = (council.offer("50000.00", terms.clone()).made(), council.offer("30000.00", terms).made());
    council.offer("1000.00", json!({"status": "accepted", "apprentices": 6})).expect(201);
    let start = |transfer: &str, learner: usize, local: Value| {
        let start = json!({
            "transfer_id": transfer, "learner_reference": format!("L-{learner}"), "standard_code": "ST0005", "level": 4,
            "agreed_price": "1000.00", "agreed_on": "2026-06-15", "start_on": "2026-09-01",
            "planned_end_on": "2027-08-31", "local_training_provider": local,
        });
        council.ledger.admin.post(&format!("/v1/accounts/{}/starts", council.account), &start).expect(201);
    };
    (0..6).for_each(|learner| start(&mixed, learner, json!(true)));
    (6..11).for_each(|learner| start(&mixed, learner, json!(false)));
    (11..14).for_each(|learner| start(&local, learner, json!(true)));
    let now = report(&council, "")["by_local_training_provider"].clone();
    let of = |group: &str| {
        ["agreed", "apprenticeships", "starts", "providers"].map(|name| now[group][name].clone()).to_vec()
    };
    assert_eq!(of("local"), [json!("80000.00"), json!(40), json!(9), json!(1)]);
    assert_eq!(of("not_local"), [json!("50000.00"), json!(20), json!(5), json!(1)]);
    assert_eq!(of("not_stated"), [json!("1000.00"), json!(6), json!(0), json!(1)]);
    // Before the starts were agreed nothing was known of their training.
    let in_may = report(&council, "?as_at=2026-05-31")["by_local_training_provider"].clone();
    assert_eq!((&in_may["not_stated"]["agreed"], &in_may["local"]["agreed"]), (&json!("81000.00"), &json!("0.00")));
    let csv = council.ledger.admin.get(&format!("{}.csv", path(&council))).expect(200).text;
    assert!(csv.contains("local_training_provider,local,80000.00,80000.00,0.00,1,40,9\r\n"), "{csv}");
}

/// A council with transfers in sectors and districts of so many apprentices, at so many levels.
fn with_groups(groups: &[(&str, &str, usize, u8)]) -> Council {
    let council = Council::fresh();
    for (place, (sector, district, apprentices, level)) in groups.iter().enumerate() {
        let provider = json!({"name": format!("Business {place}"), "sector": sector, "district": district});
        let provider = register(&council.ledger, provider);
        let terms = json!({
            "status": "accepted", "apprentices": apprentices, "provider_id": provider, "level": level,
        });
        council.offer("1000.00", terms).expect(201);
    }
    council
}

/// The groups of a grouping that are withheld.
fn withheld(report: &Value, grouping: &str) -> Vec<String> {
    let groups = report[grouping].as_object().unwrap();
    groups.iter().filter(|(_, group)| group["suppressed"] == true).map(|(name, _)| name.clone()).collect()
}

#[test]
fn small_groups_of_every_grouping_are_withheld_on_request_and_none_follows_from_the_totals() {
    let council = with_groups(&[
        ("adult_social_care", "Hills", 8, 3),
        ("retail", "Coast", 3, 2),
        ("digital", "Coast", 9, 3),
        ("health", "Hills", 40, 2),
    ]);
    let usual = report(&council, "");
    assert_eq!(withheld(&usual, "by_sector"), [""; 0], "only priority groups are withheld unless it is asked");
    assert_eq!(usual["by_sector"]["retail"]["apprenticeships"], 3);
    let all = report(&council, "?suppress=all");
    // Care is the smallest of the others, yet the sentence tells of it.
    assert_eq!(withheld(&all, "by_sector"), ["digital", "retail"]);
    assert_eq!(all["by_sector"]["retail"]["agreed"], Value::Null);
    assert_eq!(all["summary"], usual["summary"]);
    assert_eq!(all["apprenticeships"], 60);
    // 12 and 48, 17 and 43: nobody is few in a district or at a level.
    assert_eq!((withheld(&all, "by_district"), withheld(&all, "by_level")), (vec![], vec![]));
    assert_eq!(report(&council, "?suppress=true"), usual);
    for role in [Role::Finance, Role::Integration] {
        let seen = council.ledger.caller(role).get(&format!("{}?suppress=all", path(&council))).expect(200).json();
        assert_eq!(seen["by_sector"], all["by_sector"]);
    }
    let csv = council.ledger.admin.get(&format!("{}.csv?suppress=all", path(&council))).expect(200).text;
    assert!(csv.contains("sector,retail,,,,,,\r\n") && csv.contains("district,Coast,2000.00"), "{csv}");
    let wrong =
        council.ledger.admin.get(&format!("{}?suppress=some", path(&council))).problem(400, "malformed_request");
    assert!(wrong["detail"].as_str().unwrap().contains("all"), "{wrong}");
}

#[test]
fn the_sentence_leaves_out_what_the_groups_withhold() {
    let council = with_groups(&[("adult_social_care", "Hills", 89, 3), ("retail", "Coast", 3, 2)]);
    let all = report(&council, "?suppress=all");
    assert_eq!(withheld(&all, "by_sector"), ["adult_social_care", "retail"]);
    assert_eq!(withheld(&all, "by_level"), ["2", "3"]);
    assert_eq!(
        all["summary"],
        "As at 22 November 2026, £2,000 transferred to 2 local businesses, funding 92 apprenticeships."
    );
}
