//! What is held already: the same line in another file, another version, or as levy from elsewhere.

use serde_json::{Value, json};

use super::Council;
use super::file::{SCHEME, Statement, expired, levy, paid};

#[test]
fn the_same_file_again_records_nothing() {
    let council = Council::new();
    let file = Statement::v2(&[
        expired("28/05/2026", "Expired Levy", "-190.00"),
        levy("23/05/2026", "Apr 2026", "990.00"),
        paid("06/05/2026", "1000000001", "-400.00"),
    ]);
    council.import(&file);
    let head = council.verified();
    let again = council.import(&file);
    assert_eq!(Council::counts(&again), [0, 3, 0]);
    assert_eq!((&again["expired"], &again["closing_difference"]), (&json!("190.00"), &json!("0.00")));
    assert_eq!(council.verified(), head);
}

#[test]
fn monthly_files_that_overlap_record_each_line_once() {
    let council = Council::new();
    let (may, june) = (paid("01/05/2026", "1000000001", "-400.00"), paid("01/06/2026", "1000000001", "-400.00"));
    let july = paid("01/07/2026", "1000000001", "-400.00");
    let first = council.import(&Statement::v2(&[june.clone(), may]));
    let second = council.import(&Statement::v2(&[july, june]));
    assert_eq!((Council::counts(&first), Council::counts(&second)), ([2, 0, 0], [1, 1, 0]));
    assert_eq!(council.get("totals")["own_spending"], "1200.00");
    council.verified();
}

#[test]
fn two_equal_payments_of_one_file_stay_two_and_a_third_is_told_by_the_file_that_shows_three() {
    let council = Council::new();
    let line = || paid("06/05/2026", "1000000001", "-400.00");
    let file = |times: usize| Statement::v2(&vec![line(); times]);
    assert_eq!(Council::counts(&council.import(&file(2))), [2, 0, 0]);
    assert_eq!(Council::counts(&council.import(&file(1))), [0, 1, 0]);
    assert_eq!(Council::counts(&council.import(&file(3))), [1, 2, 0]);
    assert_eq!(council.get("totals")["own_spending"], "1200.00");
    council.verified();
}

#[test]
fn versions_1_and_2_of_a_month_are_the_same_lines() {
    let council = Council::new();
    let lines = [
        expired("28/05/2026", "Expired Levy", "-190.00"),
        levy("23/05/2026", "Apr 2026", "990.00"),
        paid("06/05/2026", "1000000001", "-400.00"),
    ];
    let first = council.import(&Statement::v1(&lines));
    let second = council.import(&Statement::v2(&lines));
    assert_eq!((&first["version"], &second["version"]), (&json!(1), &json!(2)));
    assert_eq!((Council::counts(&first), Council::counts(&second)), ([3, 0, 0], [0, 3, 0]));
}

fn record_levy(council: &Council, amount: &str) -> Value {
    let levy = json!({
        "amount": amount, "entered_on": "2026-05-22", "payroll_month": "2026-04", "paye_scheme": SCHEME,
    });
    council.post("levy-funds", &levy).expect(201).json()
}

#[test]
fn levy_recorded_directly_is_held_already_and_of_another_amount_it_is_kept_for_the_reconciliation() {
    let council = Council::new();
    record_levy(&council, "990.00");
    let same = council.import(&Statement::v2(&[levy("23/05/2026", "Apr 2026", "990.00")]));
    assert_eq!(Council::counts(&same), [0, 1, 0]);
    let other = council.import(&Statement::v2(&[levy("24/05/2026", "Apr 2026", "1000.00")]));
    assert_eq!(Council::counts(&other), [0, 0, 1]);
    assert_eq!(other["closing_difference"], "-10.00", "the ledger holds 990.00 of May, the file says 1000.00");
    let another_month = council.import(&Statement::v2(&[levy("23/06/2026", "May 2026", "990.00")]));
    assert_eq!(Council::counts(&another_month), [1, 0, 0]);
    let adjustment = levy("25/05/2026", "Apr 2026", "-100.00").kind("Levy Adjustment");
    assert_eq!(Council::counts(&council.import(&Statement::v2(&[adjustment]))), [1, 0, 0]);
    assert_eq!(council.get("totals")["levy_in"], "1880.00");
    council.verified();
}

#[test]
fn levy_that_was_taken_back_is_not_held() {
    let council = Council::new();
    let seq = record_levy(&council, "990.00")["seq"].clone();
    council.ledger.admin.post(&format!("/v1/entries/{seq}/reverse"), &json!({"reason": "twice"})).expect(201);
    let answer = council.import(&Statement::v2(&[levy("23/05/2026", "Apr 2026", "990.00")]));
    assert_eq!(Council::counts(&answer), [1, 0, 0]);
}

#[test]
fn levy_from_declarations_is_held_already() {
    let council = Council::new();
    let declaration = json!({
        "submission_id": "1", "paye_scheme": SCHEME, "payroll_year": "26-27", "payroll_month": 1,
        "levy_due_year_to_date": "1000.00", "submitted_at": "2026-05-15T10:00:00Z", "english_fraction": "0.9",
    });
    let body = json!({"processed_on": "2026-05-23", "declarations": [declaration]});
    council.post("levy-declarations", &body).expect(200);
    let answer = council.import(&Statement::v2(&[levy("15/05/2026", "Apr 2026", "990.00")]));
    assert_eq!(Council::counts(&answer), [0, 1, 0]);
    assert_eq!(council.get("totals")["levy_in"], "990.00");
}

#[test]
fn a_statement_of_another_account_is_refused_by_its_paye_schemes() {
    let council = Council::new();
    council.import(&Statement::v2(&[levy("23/05/2026", "Apr 2026", "990.00")]));
    let other = Council { account: council.ledger.account(), ..council };
    let file = Statement::v2(&[levy("23/06/2026", "May 2026", "990.00")]);
    let problem = other.send(file, "").problem(422, "validation_failed");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(SCHEME) && detail.contains("another account"), "{detail}");
    assert!(other.entries().is_empty());
    let own = levy("23/06/2026", "May 2026", "990.00").scheme("456/CD1");
    let moved = levy("23/07/2026", "Jun 2026", "10.00");
    assert_eq!(Council::counts(&other.import(&Statement::v2(&[own]))), [1, 0, 0]);
    let with_own = [moved, levy("23/07/2026", "Jun 2026", "5.00").scheme("456/CD1")];
    assert_eq!(Council::counts(&other.import(&Statement::v2(&with_own))), [2, 0, 0], "one scheme is its own");
}
