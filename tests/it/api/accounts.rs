//! Accounts are opened, read and changed by those who may.

use levy_ledger::domain::people::Role;
use serde_json::json;

use crate::harness::Ledger;

#[test]
fn an_account_is_opened_under_the_standard_rules_and_read_back() {
    let ledger = Ledger::fresh();
    let opened = ledger.admin.post("/v1/accounts", &json!({"name": "Northshire"})).expect(201);
    let shown = ledger.admin.get(opened.header("location").unwrap()).expect(200);
    assert_eq!(shown.json(), opened.json());
    assert_eq!(shown.json()["rule_set"], "standard");
    assert_eq!(shown.header("etag"), opened.header("etag"));
}

#[test]
fn a_change_needs_the_validator_that_was_read() {
    let ledger = Ledger::fresh();
    let account = format!("/v1/accounts/{}", ledger.account());
    let etag = ledger.admin.get(&account).header("etag").unwrap().to_owned();
    let change = json!({"policy_cap_percent": "20"});
    let unguarded = ledger.admin.request("PATCH", &account).json(&change);
    crate::harness::Answer::to(unguarded).problem(428, "precondition_required");
    let changed = ledger.admin.patch(&account, &etag, &change).expect(200);
    assert_eq!(changed.json()["policy_cap_percent"], "20");
    ledger.admin.patch(&account, &etag, &json!({"policy_cap_percent": null})).problem(412, "stale");
    let etag = changed.header("etag").unwrap().to_owned();
    let cleared = ledger.admin.patch(&account, &etag, &json!({"policy_cap_percent": null})).expect(200);
    assert_eq!(cleared.json()["policy_cap_percent"], json!(null));
}

#[test]
fn a_token_limited_to_accounts_sees_no_other() {
    let ledger = Ledger::fresh();
    let (ours, theirs) = (ledger.account(), ledger.account());
    let limited = ledger.limited(Role::Finance, Some(vec![ours.parse().unwrap()]));
    limited.get(&format!("/v1/accounts/{ours}")).expect(200);
    limited.get(&format!("/v1/accounts/{theirs}")).problem(404, "not_found");
    assert_eq!(limited.get("/v1/accounts").json()["data"].as_array().unwrap().len(), 1);
}
