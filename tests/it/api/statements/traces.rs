//! What stays of a statement: the start that a payment was for, and nothing of the learner.

use std::path::Path;

use diesel::prelude::*;
use serde_json::json;

use super::Council;
use super::file::{Statement, levy, paid};

const ULN: &str = "9876543210";

fn start(council: &Council, reference: &str, start_on: &str, planned_end_on: &str) -> String {
    let start = json!({
        "learner_reference": reference, "uln": ULN, "standard_code": "ST0005", "level": 3,
        "agreed_price": "12000.00", "agreed_on": "2024-04-20", "start_on": start_on, "planned_end_on": planned_end_on,
    });
    council.post("starts", &start).made()
}

/// Whether a file of the ledger, or beside it, holds a text.
fn holds(folder: &Path, text: &str) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let with = files.filter(|file| {
        let bytes = std::fs::read(file).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    });
    with.map(|file| file.display().to_string()).collect()
}

#[test]
fn a_payment_names_the_start_of_its_learner_that_had_begun() {
    let council = Council::new();
    let first = start(&council, "L-1", "2024-05-01", "2025-04-30");
    let second = start(&council, "L-2", "2026-03-01", "2027-02-28");
    council.import(&Statement::v2(&[
        paid("06/05/2026", ULN, "-400.00"),
        paid("06/06/2025", ULN, "-300.00"),
        paid("06/05/2026", "1000000001", "-200.00"),
    ]));
    let entries = council.get("entries");
    let of = |amount: &str| {
        let entries = entries["data"].as_array().unwrap();
        entries.iter().find(|entry| entry["amount"] == amount).unwrap()["start_id"].clone()
    };
    assert_eq!((of("-400.00"), of("-300.00"), of("-200.00")), (json!(second), json!(first), json!(null)));
    assert_eq!(council.ledger.admin.get(&format!("/v1/starts/{second}")).expect(200).json()["paid"], "400.00");
    let reason = json!({"reason": "the apprentice asked for it"});
    council.ledger.admin.post(&format!("/v1/starts/{second}/erase-personal-data"), &reason).expect(200);
    council.verified();
}

#[test]
fn neither_the_number_nor_the_name_of_a_learner_stays() {
    let council = Council::new();
    let file = Statement::v2(&[paid("06/05/2026", "1234567899", "-400.00"), levy("23/04/2026", "Mar 2026", "1.00")]);
    council.import(&file);
    council.send(file, "?dry_run=true").expect(200);
    for personal in ["1234567899", "Learner, A", "Learner"] {
        assert_eq!(holds(council.ledger.folder(), personal), Vec::<String>::new(), "{personal}");
    }
}

#[test]
fn lines_are_told_apart_by_a_key_of_this_ledger_alone() {
    #[derive(QueryableByName)]
    struct Key {
        #[diesel(sql_type = diesel::sql_types::Binary)]
        line_key: Vec<u8>,
    }
    let keys = || {
        let council = Council::new();
        council.import(&Statement::v2(&[paid("06/05/2026", ULN, "-400.00")]));
        let sql = "SELECT line_key FROM statement_lines";
        let keys: Vec<Key> = diesel::sql_query(sql).load(&mut council.ledger.intruder()).unwrap();
        keys.into_iter().map(|key| key.line_key).collect::<Vec<_>>()
    };
    let (ours, theirs) = (keys(), keys());
    assert_eq!((ours.len(), ours[0].len()), (1, 16));
    assert_ne!(ours, theirs);
}

#[test]
fn verify_finds_lines_that_were_changed() {
    for sql in [
        "UPDATE statement_lines SET times = 2",
        "UPDATE statement_lines SET outcome = 'month_closed'",
        "UPDATE statement_lines SET statement = 999",
        "DELETE FROM statement_lines",
    ] {
        let council = Council::new();
        council.import(&Statement::v2(&[paid("06/05/2026", ULN, "-400.00")]));
        council.verified();
        let mut db = council.ledger.intruder();
        let refused = diesel::sql_query(sql).execute(&mut db).unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{refused}");
        db.force(&["statement_lines"]);
        diesel::sql_query(sql).execute(&mut db).unwrap();
        let found = council.ledger.admin.get("/v1/audit/verify").expect(200).json();
        assert_eq!(found["ok"], false, "{sql}");
        assert!(found["faults"].to_string().contains("statement_lines"), "{found}");
    }
}
