//! What was committed to each provider beside what it drew down, and that it adds up.

use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use super::transfers::{Council, register};
use crate::harness::Answer;

fn path(council: &Council) -> String {
    format!("/v1/accounts/{}/reports/commitments", council.account)
}

fn report(council: &Council, query: &str) -> Value {
    council.ledger.admin.get(&format!("{}{query}", path(council))).expect(200).json()
}

fn figures(of: &Value, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| of[name].as_str().map_or_else(|| of[name].to_string(), str::to_owned)).collect()
}

const MONEY: [&str; 7] = ["agreed", "reserved", "paid", "undrawn", "released", "paid_beyond", "earned"];

/// Harbour Care with £9,000 agreed in May, of which £4,000 and £1,000 were paid for September and October, and
/// one start of £5,000; and Anchor Homes with £2,000, of which £500 was paid before it was stopped.
fn with_two_providers() -> Council {
    let council = Council::fresh();
    let care = council.offer("9000.00", json!({"status": "accepted", "level": 3})).made();
    council.start(&care, "L-1", json!([]));
    council.pay(&care, "2026-09", "4000.00");
    council.pay(&care, "2026-10", "1000.00");
    let anchor = json!({"name": "anchor Homes", "sector": "health", "district": "Hills"});
    let anchor = register(&council.ledger, anchor);
    let stopped = council.offer("2000.00", json!({"status": "accepted", "provider_id": anchor})).made();
    let start = json!({
        "transfer_id": stopped, "learner_reference": "L-2", "standard_code": "ST0005", "level": 4,
        "agreed_price": "1500.00", "agreed_on": "2026-06-15", "start_on": "2026-07-01", "planned_end_on": "2027-06-30",
    });
    let start = council.ledger.admin.post(&format!("/v1/accounts/{}/starts", council.account), &start).made();
    council.pay(&stopped, "2026-08", "500.00");
    let left = json!({"on": "2026-09-30"});
    council.ledger.admin.post(&format!("/v1/starts/{start}/withdraw"), &left).expect(200);
    council.step(&stopped, "stop", "2026-11-01").expect(200);
    // Neither an offer nor what was withdrawn is committed.
    council.offer("500.00", json!({})).expect(201);
    let withdrawn = council.offer("700.00", json!({"status": "accepted"})).made();
    council.step(&withdrawn, "withdraw", "2026-06-01").expect(200);
    council
}

#[test]
fn each_provider_has_what_was_agreed_beside_what_it_drew_down() {
    let council = with_two_providers();
    let now = report(&council, "");
    let names: Vec<&str> = now["data"].as_array().unwrap().iter().map(|line| line["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["anchor Homes", "Harbour Care"], "whatever the case of their letters");
    let (anchor, care) = (&now["data"][0], &now["data"][1]);
    // £5,000 of £9,000 is 55.56%. September and October earned 2 of 12 instalments of £4,000 ÷ 12 = £333.33333.
    assert_eq!(figures(care, &MONEY), ["9000.00", "4000.00", "5000.00", "4000.00", "0.00", "0.00", "666.66666"]);
    assert_eq!((&care["drawn_percent"], &care["sector"]), (&json!("55.56"), &json!("adult_social_care")));
    assert_eq!((&care["first_paid_month"], &care["last_paid_month"]), (&json!("2026-09"), &json!("2026-10")));
    let counts = ["transfers_open", "transfers_ended", "apprenticeships", "starts", "live_starts"];
    assert_eq!(figures(care, &counts), ["1", "0", "3", "1", "1"]);
    // £1,500 for July to June earns £100 a month, of which July to September were learnt.
    assert_eq!(figures(anchor, &MONEY), ["2000.00", "0.00", "500.00", "0.00", "1500.00", "0.00", "300.00"]);
    assert_eq!(figures(anchor, &counts), ["0", "1", "3", "1", "0"]);
    assert_eq!((&anchor["drawn_percent"], &anchor["district"]), (&json!("25.00"), &json!("Hills")));
    let total = &now["total"];
    assert_eq!(figures(total, &MONEY), ["11000.00", "4000.00", "5500.00", "4000.00", "1500.00", "0.00", "966.66666"]);
    assert_eq!(figures(total, &counts), ["1", "1", "6", "2", "1"]);
    assert_eq!((&total["drawn_percent"], &total["first_paid_month"]), (&json!("50.00"), &json!("2026-08")));
}

#[test]
fn it_foots_with_the_report_of_transfers_of_the_same_day() {
    let council = with_two_providers();
    let transfers = format!("/v1/accounts/{}/reports/transfers", council.account);
    for day in ["2026-05-31", "2026-06-01", "2026-08-30", "2026-08-31", "2026-11-01", "2026-11-22"] {
        let by_provider = report(&council, &format!("?as_at={day}"));
        let of_transfers = council.ledger.admin.get(&format!("{transfers}?as_at={day}")).expect(200).json();
        for name in ["agreed", "reserved", "paid", "apprenticeships", "starts"] {
            assert_eq!(by_provider["total"][name], of_transfers[name], "{name} on {day}");
        }
        assert_eq!(by_provider["providers"], of_transfers["providers"], "{day}");
    }
}

#[test]
fn an_earlier_day_knows_nothing_of_what_came_later() {
    let council = with_two_providers();
    let in_august = report(&council, "?as_at=2026-08-30");
    let anchor = &in_august["data"][0];
    assert_eq!(figures(anchor, &MONEY), ["2000.00", "2000.00", "0.00", "2000.00", "0.00", "0.00", "100.00"]);
    assert_eq!((&anchor["transfers_open"], &anchor["live_starts"]), (&json!(1), &json!(1)));
    assert_eq!((&anchor["first_paid_month"], &anchor["drawn_percent"]), (&Value::Null, &json!("0.00")));
    // In May what was withdrawn in June was still agreed.
    assert_eq!(report(&council, "?as_at=2026-05-31")["total"]["agreed"], "11700.00");
    let before = report(&council, "?as_at=2026-04-30");
    assert_eq!((&before["providers"], &before["data"]), (&json!(0), &json!([])));
    assert_eq!(
        (&before["total"]["agreed"], &before["total"]["drawn_percent"]),
        (&json!("0.00"), &json!("not available"))
    );
}

#[test]
fn new_terms_count_from_their_day_and_a_provider_that_took_over_has_all_of_it() {
    let council = Council::fresh();
    let transfer = council.offer("9000.00", json!({"status": "accepted"})).made();
    council.pay(&transfer, "2026-08", "3000.00");
    let terms = json!({"on": "2026-09-15", "amount": "6000.00", "reason": "fewer hours",
        "schedule": [{"allowance_year": "2026-27", "amount": "6000.00"}]});
    council.ledger.admin.post(&format!("/v1/transfers/{transfer}/reschedule"), &terms).expect(200);
    let other = register(&council.ledger, json!({"name": "Sunrise Care"}));
    let taken_over = json!({"on": "2026-10-01", "provider_id": other, "reason": "taken over"});
    council.ledger.admin.post(&format!("/v1/transfers/{transfer}/change-employer"), &taken_over).expect(200);
    let of = |day: &str| {
        let line = report(&council, &format!("?as_at={day}"))["data"][0].clone();
        figures(&line, &["name", "agreed", "paid", "undrawn", "drawn_percent"])
    };
    assert_eq!(of("2026-08-31"), ["Harbour Care", "9000.00", "3000.00", "6000.00", "33.33"]);
    assert_eq!(of("2026-09-30"), ["Harbour Care", "6000.00", "3000.00", "3000.00", "50.00"]);
    assert_eq!(of("2026-10-01"), ["Sunrise Care", "6000.00", "3000.00", "3000.00", "50.00"]);
}

#[test]
fn the_table_has_a_row_for_each_provider_and_one_of_all() {
    let council = with_two_providers();
    let csv = council.ledger.admin.get(&format!("{}.csv", path(&council))).expect(200).text;
    let lines: Vec<&str> = csv.trim_end().split("\r\n").collect();
    assert_eq!(
        lines[0],
        "line,provider_id,name,sector,district,transfers_open,transfers_ended,apprenticeships,starts,live_starts,\
         agreed,reserved,paid,undrawn,released,paid_beyond,earned,first_paid_month,last_paid_month,drawn_percent"
    );
    assert!(lines[1].starts_with("provider,") && lines[1].contains(",anchor Homes,health,Hills,0,1,3,1,0,"), "{csv}");
    assert_eq!(
        lines[3],
        "total,,,,,1,1,6,2,1,11000.00,4000.00,5500.00,4000.00,1500.00,0.00,966.66666,2026-08,2026-10,50.00"
    );
    assert_eq!(lines.len(), 4);
}

#[test]
fn a_role_that_does_not_read_providers_gets_their_ids_alone() {
    let council = with_two_providers();
    let seen = council.ledger.caller(Role::Integration).get(&path(&council)).expect(200).json();
    let line = &seen["data"][0];
    assert_eq!([&line["name"], &line["sector"], &line["district"]], [&Value::Null; 3]);
    assert_eq!(line["agreed"], "2000.00");
    assert_eq!(line["provider_id"], report(&council, "")["data"][0]["provider_id"]);
    for role in [Role::Finance, Role::Apprenticeships] {
        let seen = council.ledger.caller(role).get(&path(&council)).expect(200).json();
        assert_eq!(seen, report(&council, ""), "{role}");
    }
}

#[test]
fn a_report_that_was_seen_is_not_sent_again() {
    let council = with_two_providers();
    let seen = council.ledger.admin.get(&path(&council)).expect(200);
    let again = council.ledger.admin.request("GET", &path(&council));
    Answer::to(again.header("If-None-Match", seen.header("etag").unwrap())).expect(304);
    council.ledger.admin.get(&format!("{}?known_at=1", path(&council))).problem(400, "malformed_request");
}
