//! A ledger moves to another database and stays the same: from a file to a server, and back.

use std::process::{Command, Output};

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::databases::Database;
use crate::harness::Ledger;
use crate::storage::verify::head;

fn copy(from: &str, to: &str) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_levy-ledger"));
    program.args(["copy", "--from", from, "--to", to]).env_remove("RUST_LOG").output().unwrap()
}

/// Whether it was refused in one line, which is given.
fn refused(done: &Output) -> String {
    let said = String::from_utf8(done.stderr.clone()).unwrap();
    assert_eq!((done.status.code(), said.lines().count()), (Some(1), 1), "{done:?}");
    said
}

/// A council's ledger with something in every corner; gives its account.
fn council() -> (Ledger, String) {
    let ledger = Ledger::fresh();
    let provider = ledger.admin.post("/v1/providers", &json!({"name": "Harbour Care", "sector": "health"})).made();
    let account = ledger.account_like(json!({"name": "Northshire", "provider_id": provider}));
    for month in 1..=9 {
        ledger.levy(&account, "50000.00", &format!("2026-0{month}-22"));
    }
    let transfer = json!({"provider_id": provider, "amount": "9000.00", "apprentices": 1, "agreed_on": "2026-04-20",
        "status": "accepted"});
    let transfer = ledger.admin.post(&format!("/v1/accounts/{account}/transfers"), &transfer).made();
    let levy = json!({"amount": "12.34", "entered_on": "2026-10-22", "reference": "Übertrag"});
    ledger.admin.post_once(&format!("/v1/accounts/{account}/levy-funds"), "levy-of-october", &levy).expect(201);
    let learner = json!({"learner_reference": "L-001", "uln": "1234567890", "standard_code": "ST0005", "level": 3,
        "agreed_price": "9000.00", "agreed_on": "2026-04-20", "start_on": "2026-05-01", "planned_end_on": "2027-10-31",
        "transfer_id": transfer});
    ledger.admin.post(&format!("/v1/accounts/{account}/starts"), &learner).expect(201);
    let hook = json!({"url": "http://127.0.0.1:1/changes"});
    ledger.admin.post("/v1/webhooks", &hook).expect(201);
    ledger.admin.post(&format!("/v1/accounts/{account}/months/2026-10/close"), &json!({})).expect(200);
    (ledger, account)
}

/// Answers by which two ledgers are told apart.
fn answers(ledger: &Ledger, account: &str) -> Vec<Value> {
    let of_account =
        ["totals", "funds", "underspend", "starts?limit=1000", "transfers?limit=1000", "entries?limit=1000"];
    let asked = of_account.map(|what| format!("/v1/accounts/{account}/{what}"));
    asked.iter().chain(&["/v1/tokens".to_owned()]).map(|path| ledger.admin.get(path).expect(200).json()).collect()
}

#[test]
fn a_copy_answers_as_the_ledger_that_was_copied_and_so_does_a_copy_of_it() {
    let (ledger, account) = council();
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite:{}", folder.path().join("copy.db").display());
    let back = Database::fresh();
    for (from, to) in [(ledger.url(), file.as_str()), (&file, back.url())] {
        let done = copy(from, to);
        assert_eq!((done.status.code(), String::from_utf8_lossy(&done.stderr).as_ref()), (Some(0), ""), "{done:?}");
        assert!(String::from_utf8_lossy(&done.stdout).starts_with(&head(&ledger)), "{done:?}");
    }
    let copied = ledger.served_from(back.url());
    for (copied, there) in answers(&copied, &account).into_iter().zip(answers(&ledger, &account)) {
        assert_eq!(copied, there);
    }
    assert_eq!(head(&copied), head(&ledger));
    // An answer that was kept is given again, and what follows is chained on.
    let levy = json!({"amount": "12.34", "entered_on": "2026-10-22", "reference": "Übertrag"});
    let path = format!("/v1/accounts/{account}/levy-funds");
    let again = copied.admin.post_once(&path, "levy-of-october", &levy).expect(201);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    copied.levy(&account, "1.00", "2026-11-22");
    assert_eq!(copied.admin.get("/v1/audit/verify").expect(200).json()["ok"], true);
}

#[test]
fn a_ledger_is_not_copied_over_another_nor_out_of_nothing() {
    let (ours, theirs) = (Ledger::fresh(), Ledger::fresh());
    let before = head(&theirs);
    let said = refused(&copy(ours.url(), theirs.url()));
    assert!(said.contains("holds a ledger: name an empty database to copy to"), "{said}");
    assert_eq!(head(&theirs), before);
    let said = refused(&copy("sqlite:/nowhere/ledger.db", Database::fresh().url()));
    assert!(said.contains("there is no ledger at /nowhere/ledger.db"), "{said}");
}

#[test]
fn a_copy_of_a_ledger_that_was_tampered_with_does_not_pass() {
    let (ledger, _) = council();
    let mut db = ledger.intruder();
    db.force(&["entries"]);
    db.batch_execute("UPDATE entries SET amount = amount + 1 WHERE reference = 'Übertrag'").unwrap();
    let said = refused(&copy(ledger.url(), Database::fresh().url()));
    assert!(said.contains("the copy does not verify: "), "{said}");
}
