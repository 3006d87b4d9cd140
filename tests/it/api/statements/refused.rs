//! Files and lines that are not taken: nothing of them is recorded.

use levy_ledger::domain::people::Role;
use serde_json::json;

use super::Council;
use super::file::{Statement, levy, paid};
use crate::harness::Answer;

#[test]
fn one_wrong_line_refuses_the_file_and_partial_leaves_it_out() {
    let council = Council::new();
    let file = Statement::v2(&[levy("23/05/2026", "Apr 2026", "990.00"), paid("31/02/2026", "1000000001", "-1.00")]);
    let problem = council.send(file.clone(), "").problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["pointer"], "/lines/3", "{problem}");
    assert_eq!((&problem["lines"], &problem["refused_lines"]), (&json!(2), &json!(1)));
    assert!(council.entries().is_empty());
    let answer = council.send(file, "?partial=true").expect(200).json();
    assert_eq!((Council::counts(&answer), &answer["refused"][0]["line"]), ([1, 0, 0], &json!(3)));
    assert_eq!(council.get("statements")["data"][0]["refused"], 1);
    council.verified();
}

#[test]
fn a_thousand_wrong_lines_are_named_and_the_rest_counted() {
    let council = Council::new();
    let wrong: Vec<_> = (0..1_200).map(|_| paid("31/02/2026", "1000000001", "-1.00")).collect();
    let problem = council.send(Statement::v2(&wrong), "").problem(422, "validation_failed");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 1_000);
    assert_eq!(problem["refused_lines"], 1_200);
}

#[test]
fn a_file_that_breaks_off_is_refused() {
    let council = Council::new();
    let file = Statement::v2(&[levy("23/05/2026", "Apr 2026", "990.00"), levy("23/04/2026", "Mar 2026", "880.00")]);
    let cut = file[..file.len() - 30].to_owned();
    council.send(cut, "").problem(422, "validation_failed");
    assert!(council.entries().is_empty());
}

#[test]
fn what_is_no_statement_is_refused_in_a_sentence() {
    let council = Council::new();
    for (file, said) in [
        ("", "the file is empty"),
        ("name,sector\r\nOak Care,retail\r\n", "no statement"),
        ("Transaction date,Transaction type,Description,Total,\r\n", "nearest to"),
    ] {
        let problem = council.send(file, "").problem(422, "validation_failed");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{problem}");
    }
    let path = format!("/v1/accounts/{}/statements", council.account);
    let request = council.ledger.admin.request("POST", &path).json(&json!({}));
    Answer::to(request).problem(415, "unsupported_media_type");
    council.send("", "?whole=true").problem(400, "malformed_request");
    let file = Statement::v2(&[]);
    let integration = council.ledger.caller(Role::Integration).request("POST", &path);
    Answer::to(integration.header("Content-Type", "text/csv").body(file.clone())).problem(403, "forbidden");
    assert_eq!(Council::counts(&council.import(&file)), [0, 0, 0], "a statement without lines is one");
}

/// A small source of numbers that are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

#[test]
fn whatever_is_changed_in_a_file_it_is_recorded_whole_or_not_at_all() {
    let council = Council::new();
    let file = Statement::v2(&[
        levy("23/05/2026", "Apr 2026", "990.00"),
        paid("06/05/2026", "1000000001", "-400.00"),
        paid("06/05/2026", "1000000002", "-300.00"),
        levy("23/04/2026", "Mar 2026", "880.00"),
    ]);
    let mut numbers = Numbers(7);
    for _ in 0..150 {
        let mut bytes = file.clone().into_bytes();
        for _ in 0..1 + numbers.below(3) {
            let place = numbers.below(bytes.len());
            match numbers.below(3) {
                0 => drop(bytes.remove(place)),
                1 => bytes[place] = b" ,\"\n0-A\xff"[numbers.below(8)],
                _ => bytes.truncate(place.max(1)),
            }
        }
        let before = council.entries().len();
        let answer = council.send(bytes, if numbers.below(2) == 0 { "" } else { "?partial=true" });
        let recorded = if answer.status == 200 { answer.json()["recorded"].as_u64().unwrap() } else { 0 };
        assert!([200, 422].contains(&answer.status), "{}", answer.text);
        assert_eq!(council.entries().len() as u64, before as u64 + recorded, "{}", answer.text);
    }
    council.verified();
}
