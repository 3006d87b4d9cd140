//! Several processes record on one database, each after the other.

use serde_json::json;

use crate::harness::Ledger;

#[test]
fn two_processes_keep_answers_under_their_callers_keys() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let path = format!("/v1/accounts/{account}/levy-funds");
    let levy = json!({"amount": "100.00", "entered_on": "2026-05-22"});
    let other = ledger.beside();
    for round in ["a", "b"] {
        for (server, name) in [(&ledger, "first"), (&other, "second")] {
            let key = format!("{name}-{round}");
            let first = server.admin.post_once(&path, &key, &levy).expect(201);
            let again = server.admin.post_once(&path, &key, &levy).expect(201);
            assert_eq!((again.json(), again.header("idempotency-replayed")), (first.json(), Some("true")));
        }
    }
}
