//! Levy declared to HMRC: what is posted, what is kept and what waits, and why.

use diesel::prelude::*;
use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Ledger};
use crate::storage::verify::faults;

const SCHEME: &str = "123/NS456";

/// A submission of the usual scheme for a month of 2025-26.
fn submission(id: u32, month: u32, figure: &str, submitted_at: &str) -> Value {
    json!({
        "submission_id": id.to_string(), "paye_scheme": SCHEME, "payroll_year": "25-26", "payroll_month": month,
        "levy_due_year_to_date": figure, "submitted_at": submitted_at,
    })
}

/// The same with other fields.
fn with(mut submission: Value, fields: Value) -> Value {
    let fields = fields.as_object().unwrap().clone();
    submission.as_object_mut().unwrap().extend(fields);
    submission
}

/// Sends declarations that are processed on a day.
fn send(caller: &Caller, account: &str, processed_on: &str, declarations: &[Value]) -> Answer {
    let body = json!({"processed_on": processed_on, "declarations": declarations});
    caller.post(&format!("/v1/accounts/{account}/levy-declarations"), &body)
}

fn results(answer: Answer) -> Vec<Value> {
    answer.expect(200).json()["results"].as_array().unwrap().clone()
}

/// Each result as its id, outcome and declared amount.
fn told(results: &[Value]) -> Vec<String> {
    let told = |result: &Value| {
        let text = |key: &str| result[key].as_str().unwrap_or("-").to_owned();
        format!("{} {} {}", text("submission_id"), text("outcome"), text("declared"))
    };
    results.iter().map(told).collect()
}

fn listed(ledger: &Ledger, account: &str) -> Vec<Value> {
    let list = ledger.admin.get(&format!("/v1/accounts/{account}/levy-declarations")).expect(200).json();
    list["data"].as_array().unwrap().clone()
}

fn balance(ledger: &Ledger, account: &str, as_at: &str) -> String {
    let totals = ledger.admin.get(&format!("/v1/accounts/{account}/totals?as_at={as_at}")).expect(200).json();
    totals["balance"].as_str().unwrap().to_owned()
}

#[test]
fn a_month_declares_what_it_adds_to_the_year_and_is_credited_with_fraction_and_top_up() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let april = with(submission(1, 1, "10000.00", "2025-05-18T23:30:00Z"), json!({"english_fraction": "0.9"}));
    let may = submission(2, 2, "19500.00", "2025-06-15T10:00:00Z");
    let results = results(send(&ledger.caller(Role::Finance), &account, "2025-06-23", &[april, may]));
    assert_eq!(told(&results), ["1 posted 10000.00", "2 posted 9500.00"]);
    assert_eq!(results[1]["top_up"], "855.00");
    assert_eq!(results[1]["english_fraction"], "0.9", "the latest one that was given");
    let entry = &results[0]["entry"];
    assert_eq!((&entry["kind"], &entry["amount"], &entry["seq"]), (&json!("levy"), &json!("9900.00"), &json!(5)));
    assert_eq!((&entry["paye_scheme"], &entry["payroll_month"]), (&json!(SCHEME), &json!("2025-04")));
    assert_eq!(entry["effective_on"], "2025-06-23", "the day of processing");
    assert_eq!(entry["declared_on"], "2025-05-19", "half past midnight in the UK");
    assert_eq!(entry["expires_on"], "2027-06-30");
    let reason = results[1]["reason"].as_str().unwrap();
    let expected = "£9,500 declared: £19,500 in the year to date less £10,000 of month 1 of 25-26 (submission 1)";
    assert!(reason.starts_with(expected), "{reason}");
    let funds = ledger.admin.get(&format!("/v1/accounts/{account}/levy-funds")).expect(200).json();
    assert_eq!(funds["data"][0], *entry);
    assert_eq!(faults(&ledger), Vec::<String>::new());
}

#[test]
fn what_waits_is_posted_by_a_later_request_that_sends_nothing() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let april = submission(1, 1, "100.00", "2025-05-10T00:00:00Z");
    let waits = results(send(&ledger.admin, &account, "2025-05-19", std::slice::from_ref(&april)));
    assert_eq!(told(&waits), ["1 waiting -"]);
    assert!(waits[0]["reason"].as_str().unwrap().contains("2025-05-20"), "{waits:?}");
    assert_eq!(balance(&ledger, &account, "2025-06-30"), "0.00");
    assert_eq!(told(&results(send(&ledger.admin, &account, "2025-05-19", &[]))), Vec::<String>::new());
    assert_eq!(told(&results(send(&ledger.admin, &account, "2025-05-20", &[]))), ["1 posted 100.00"]);
    assert_eq!(told(&results(send(&ledger.admin, &account, "2025-05-20", &[]))), Vec::<String>::new());
    assert_eq!(balance(&ledger, &account, "2025-06-30"), "110.00");
    let list = listed(&ledger, &account);
    assert_eq!(list.len(), 1);
    assert_eq!((&list[0]["outcome"], &list[0]["processed_on"]), (&json!("posted"), &json!("2025-05-20")));
    assert_eq!(list[0]["entry"]["amount"], "110.00");
    assert_eq!(faults(&ledger), Vec::<String>::new());
}

#[test]
fn what_waits_is_answered_as_posted_when_the_file_of_the_next_month_names_it_again() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let april = submission(1, 1, "100.00", "2025-05-10T00:00:00Z");
    send(&ledger.admin, &account, "2025-05-19", std::slice::from_ref(&april)).expect(200);
    let may = submission(2, 2, "250.00", "2025-06-10T00:00:00Z");
    let next = results(send(&ledger.admin, &account, "2025-06-23", &[april, may]));
    assert_eq!(told(&next), ["1 posted 100.00", "2 posted 150.00"]);
}

#[test]
fn each_submission_that_posts_nothing_says_why() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let sent = [
        (submission(1, 1, "100.00", "2025-05-19T23:00:00Z"), "held", "after the cut-off of month 1 of 25-26"),
        (submission(2, 2, "200.00", "2025-06-10T00:00:00Z"), "held", "submission 3 counts for month 2 of 25-26"),
        (submission(3, 2, "250.00", "2025-06-10T00:00:00Z"), "posted", "with nothing before it"),
        (
            with(submission(4, 3, "0.00", "2025-07-10T00:00:00Z"), json!({"no_payment_for_period": true})),
            "held",
            "no payment for the period",
        ),
        (submission(5, 12, "900.00", "2026-04-21T22:59:58Z"), "held", "before 23:59:59 on 21 April"),
        (submission(6, 12, "950.00", "2026-04-21T22:59:59Z"), "posted", "adjusted after the year's end"),
        (
            with(submission(7, 12, "70.00", "2017-04-10T00:00:00Z"), json!({"payroll_year": "16-17"})),
            "ignored",
            "before 17-18",
        ),
        (with(submission(8, 1, "70.00", "2022-05-10T00:00:00Z"), json!({"payroll_year": "22-23"})), "held", "too old"),
        (
            with(submission(9, 8, "70.00", "2026-05-01T00:00:00Z"), json!({"payroll_year": "26-27"})),
            "waiting",
            "2026-12-20",
        ),
        (submission(3, 2, "999.00", "2025-06-11T00:00:00Z"), "ignored", "held already"),
    ];
    let declarations: Vec<Value> = sent.iter().map(|(declaration, ..)| declaration.clone()).collect();
    let results = results(send(&ledger.admin, &account, "2026-05-01", &declarations));
    for (result, (_, outcome, reason)) in results.iter().zip(&sent) {
        assert_eq!(result["outcome"], *outcome, "{result}");
        assert!(result["reason"].as_str().unwrap().contains(reason), "{result}");
        assert_eq!(result["entry"].is_null(), *outcome != "posted", "{result}");
    }
    assert_eq!(results[5]["entry"]["kind"], "levy_adjustment");
    assert_eq!(results[5]["declared"], "700.00", "less the figure of month 2");
    assert_eq!(listed(&ledger, &account).len(), 9);
    assert_eq!(faults(&ledger), Vec::<String>::new());
}

#[test]
fn a_month_is_posted_once_and_what_arrives_later_rolls_forward() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let first = submission(1, 1, "100.00", "2025-05-10T00:00:00Z");
    send(&ledger.admin, &account, "2025-05-23", &[first]).expect(200);
    let second = submission(2, 1, "130.00", "2025-05-12T00:00:00Z");
    let kept = results(send(&ledger.admin, &account, "2025-05-24", &[second]));
    assert_eq!(told(&kept), ["2 held -"]);
    assert!(kept[0]["reason"].as_str().unwrap().contains("posted with submission 1"), "{kept:?}");
    let may = submission(3, 2, "180.00", "2025-06-10T00:00:00Z");
    assert_eq!(told(&results(send(&ledger.admin, &account, "2025-06-23", &[may]))), ["3 posted 80.00"]);
}

#[test]
fn a_month_that_arrives_after_a_later_one_was_posted_is_not_credited_twice() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let april = submission(1, 1, "100.00", "2025-05-10T00:00:00Z");
    let june = submission(3, 3, "300.00", "2025-07-10T00:00:00Z");
    let may = submission(2, 2, "180.00", "2025-06-10T00:00:00Z");
    let july = submission(4, 4, "400.00", "2025-08-10T00:00:00Z");
    let posted = results(send(&ledger.admin, &account, "2025-07-23", &[april, june]));
    assert_eq!(told(&posted), ["1 posted 100.00", "3 posted 200.00"]);
    let kept = results(send(&ledger.admin, &account, "2025-07-24", &[may]));
    assert_eq!(told(&kept), ["2 held -"]);
    assert!(kept[0]["reason"].as_str().unwrap().contains("submission 3"), "{kept:?}");
    assert_eq!(told(&results(send(&ledger.admin, &account, "2025-08-23", &[july]))), ["4 posted 100.00"]);
}

#[test]
fn differences_follow_a_scheme_that_moves_to_another_account() {
    let ledger = Ledger::fresh();
    let (before, after) = (ledger.account(), ledger.account());
    let april = with(submission(1, 1, "1000.00", "2025-05-10T00:00:00Z"), json!({"english_fraction": "0.5"}));
    send(&ledger.admin, &before, "2025-05-23", std::slice::from_ref(&april)).expect(200);
    let may = submission(2, 2, "1600.00", "2025-06-10T00:00:00Z");
    let limited = ledger.limited(Role::Finance, Some(vec![after.parse().unwrap()]));
    let moved = results(send(&limited, &after, "2025-06-23", &[april, may]));
    assert_eq!(told(&moved), ["1 ignored -", "2 posted 600.00"]);
    assert_eq!(moved[1]["entry"]["amount"], "330.00", "the fraction of the scheme comes along");
    assert_eq!((listed(&ledger, &before).len(), listed(&ledger, &after).len()), (1, 1));
}

#[test]
fn from_payroll_month_4_of_2026_27_there_is_no_top_up_in_england() {
    let ledger = Ledger::fresh();
    let account = ledger.account_like(json!({"name": "Northshire", "rule_set": "england"}));
    let of_2026 = |id, month, figure, made| with(submission(id, month, figure, made), json!({"payroll_year": "26-27"}));
    let june = of_2026(1, 3, "1000.00", "2026-07-10T00:00:00Z");
    let july = of_2026(2, 4, "1500.00", "2026-08-10T00:00:00Z");
    let third = results(send(&ledger.admin, &account, "2026-07-23", &[june]));
    assert_eq!((&third[0]["top_up"], &third[0]["entry"]["expires_on"]), (&json!("100.00"), &json!("2028-07-31")));
    let fourth = results(send(&ledger.admin, &account, "2026-08-23", &[july]));
    assert_eq!((&fourth[0]["top_up"], &fourth[0]["entry"]["amount"]), (&json!("0.00"), &json!("500.00")));
    assert_eq!(fourth[0]["entry"]["expires_on"], "2027-08-31");
}

#[test]
fn the_accounts_own_english_fraction_goes_before_hmrcs() {
    let ledger = Ledger::fresh();
    let account = ledger.account_like(json!({"name": "Northshire", "english_fraction_override": "0.8"}));
    let april = with(submission(1, 1, "1000.00", "2025-05-10T00:00:00Z"), json!({"english_fraction": "0.9"}));
    let posted = results(send(&ledger.admin, &account, "2025-05-23", &[april]));
    assert_eq!((&posted[0]["english_fraction"], &posted[0]["entry"]["amount"]), (&json!("0.8"), &json!("880.00")));
}

#[test]
fn a_year_end_adjustment_takes_the_fraction_of_month_12() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let march = with(submission(1, 12, "1000.00", "2026-04-10T00:00:00Z"), json!({"english_fraction": "0.9"}));
    let adjusted = with(submission(2, 12, "900.00", "2026-05-10T00:00:00Z"), json!({"english_fraction": "0.5"}));
    let posted = results(send(&ledger.admin, &account, "2026-05-23", &[march, adjusted]));
    assert_eq!(told(&posted), ["1 posted 1000.00", "2 posted -100.00"]);
    assert_eq!(
        (&posted[1]["entry"]["kind"], &posted[1]["entry"]["amount"]),
        (&json!("levy_adjustment"), &json!("-99.00"))
    );
}

#[test]
fn a_month_that_adds_nothing_is_posted_without_an_entry() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let april = submission(1, 1, "100.00", "2025-05-10T00:00:00Z");
    let may = submission(2, 2, "100.00", "2025-06-10T00:00:00Z");
    let posted = results(send(&ledger.admin, &account, "2025-06-23", &[april, may]));
    assert_eq!(told(&posted), ["1 posted 100.00", "2 posted 0.00"]);
    assert_eq!(posted[1]["entry"], json!(null));
}

#[test]
fn the_same_file_again_changes_nothing_and_a_dry_run_records_nothing() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let file = [submission(1, 1, "100.00", "2025-05-10T00:00:00Z"), submission(2, 2, "250.00", "2025-06-10T00:00:00Z")];
    let path = format!("/v1/accounts/{account}/levy-declarations");
    let body = json!({"processed_on": "2025-06-23", "declarations": file});
    let tried = results(ledger.admin.post(&format!("{path}?dry_run=true"), &body));
    assert_eq!(told(&tried), ["1 posted 100.00", "2 posted 150.00"]);
    assert_eq!(tried[0]["entry"]["seq"], json!(null));
    assert!(listed(&ledger, &account).is_empty());
    let first = ledger.admin.post_once(&path, "june", &body).expect(200);
    let replayed = ledger.admin.post_once(&path, "june", &body).expect(200);
    assert_eq!((replayed.text, replayed.headers["idempotency-replayed"].to_str().unwrap()), (first.text, "true"));
    let head = ledger.admin.get("/v1/changes").json()["head"].clone();
    assert_eq!(told(&results(ledger.admin.post(&path, &body))), ["1 ignored -", "2 ignored -"]);
    assert_eq!(ledger.admin.get("/v1/changes").json()["head"], head);
    let changes = ledger.admin.get("/v1/changes?after=2").json();
    let kinds: Vec<&str> =
        changes["data"].as_array().unwrap().iter().map(|change| change["change"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["levy_declared", "entry_recorded", "levy_declared", "entry_recorded"]);
    assert_eq!(faults(&ledger), Vec::<String>::new());
}

#[test]
fn what_cannot_be_taken_names_its_field_and_the_right_form() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let usual = || submission(1, 1, "100.00", "2025-05-10T00:00:00Z");
    let cases = [
        (json!({"payroll_year": "2025-26"}), "payroll_year", "\"26-27\""),
        (json!({"payroll_year": "25-27"}), "payroll_year", "\"26-27\""),
        (json!({"payroll_month": 0}), "payroll_month", "1 (April) to 12 (March)"),
        (json!({"payroll_month": 13}), "payroll_month", "1 (April) to 12 (March)"),
        (json!({"payroll_month": "1"}), "payroll_month", "expected i64"),
        (json!({"submission_id": "A1"}), "submission_id", "digits"),
        (json!({"submission_id": 1}), "submission_id", "digits"),
        (json!({"levy_due_year_to_date": 100}), "levy_due_year_to_date", "\"1234.50\""),
        (json!({"levy_due_year_to_date": null}), "levy_due_year_to_date", "no payment for the period"),
        (json!({"levy_due_year_to_date": "90000000000.00"}), "levy_due_year_to_date", "beyond 90000000000.00"),
        (json!({"english_fraction": "1.1"}), "english_fraction", "\"0.9\""),
        (json!({"english_fraction": "-0.1"}), "english_fraction", "\"0.9\""),
        (json!({"submitted_at": "2025-05-10"}), "submitted_at", "RFC 3339"),
        (json!({"submitted_at": "1999-05-10T00:00:00Z"}), "submitted_at", "2010 to 2099"),
        (json!({"paye_scheme": ""}), "paye_scheme", "1 to 200 characters"),
        (json!({"paye_scheme": "123/NS456 "}), "paye_scheme", "without spaces"),
        (json!({"levy": "1.00"}), "levy", "unknown field"),
    ];
    for (fields, field, right_form) in cases {
        let sent = [submission(9, 1, "1.00", "2025-05-09T00:00:00Z"), with(usual(), fields)];
        let problem = send(&ledger.admin, &account, "2025-05-23", &sent).problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], format!("/declarations/1/{field}"), "{problem}");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(right_form), "{problem}");
    }
    let twice = [
        with(usual(), json!({"payroll_month": 13, "english_fraction": "2"})),
        with(usual(), json!({"levy_due_year_to_date": null})),
    ];
    let problem = send(&ledger.admin, &account, "2025-05-23", &twice).problem(422, "validation_failed");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 3, "all at once: {problem}");
    let many: Vec<Value> = (0..1_001).map(|id| submission(id, 1, "1.00", "2025-05-10T00:00:00Z")).collect();
    let problem = send(&ledger.admin, &account, "2025-05-23", &many).problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["pointer"], "/declarations", "{problem}");
    assert!(listed(&ledger, &account).is_empty());
}

#[test]
fn declarations_are_listed_a_page_at_a_time() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let year: Vec<Value> = (1..=3).map(|id| submission(id, id, "100.00", "2025-05-10T00:00:00Z")).collect();
    send(&ledger.admin, &account, "2025-07-23", &year).expect(200);
    let path = format!("/v1/accounts/{account}/levy-declarations?limit=2");
    let first = ledger.admin.get(&path).expect(200).json();
    let ids = |page: &Value| -> Vec<String> {
        page["data"].as_array().unwrap().iter().map(|row| row["submission_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&first), ["1", "2"]);
    let next = format!("{path}&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(ids(&ledger.admin.get(&next).expect(200).json()), ["3"]);
    let row = &first["data"][0];
    assert_eq!((&row["payroll_year"], &row["payroll_month"]), (&json!("25-26"), &json!(1)));
    assert_eq!(
        (&row["levy_due_year_to_date"], &row["submitted_at"]),
        (&json!("100.00"), &json!("2025-05-10T00:00:00.000000Z"))
    );
}

#[test]
fn what_was_decided_cannot_be_changed_unseen() {
    for (table, change) in [("levy_submissions", "year_to_date = 1"), ("levy_outcomes", "reason = 'because'")] {
        let ledger = Ledger::fresh();
        let account = ledger.account();
        let april = submission(1, 1, "100.00", "2025-05-10T00:00:00Z");
        send(&ledger.admin, &account, "2025-05-23", &[april]).expect(200);
        let mut db = ledger.intruder();
        let refused = diesel::sql_query(format!("UPDATE {table} SET {change}")).execute(&mut db).unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{refused}");
        db.force(&[table]);
        diesel::sql_query(format!("UPDATE {table} SET {change}")).execute(&mut db).unwrap();
        assert_eq!(faults(&ledger), [format!("3: {table} differs from what was recorded")]);
    }
}

#[test]
fn a_month_that_waits_in_its_earlier_account_is_still_posted_there() {
    let ledger = Ledger::fresh();
    let (before, after) = (ledger.account(), ledger.account());
    let april = submission(1, 1, "100.00", "2025-05-10T00:00:00Z");
    send(&ledger.admin, &before, "2025-05-12", &[april]).expect(200);
    let may = submission(2, 2, "250.00", "2025-06-10T00:00:00Z");
    assert_eq!(told(&results(send(&ledger.admin, &after, "2025-06-23", &[may]))), ["2 posted 150.00"]);
    assert_eq!(told(&results(send(&ledger.admin, &before, "2025-06-24", &[]))), ["1 posted 100.00"]);
}
