//! Tokens are issued with a secret that is shown once, and count for nothing once revoked.

use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Ledger};

fn with(ledger: &Ledger, answer: &Answer) -> Caller {
    Caller { token: Some(answer.json()["token"].as_str().unwrap().to_owned()), ..ledger.nobody() }
}

fn listed(caller: &Caller) -> Vec<Value> {
    caller.get("/v1/tokens").expect(200).json()["data"].as_array().unwrap().clone()
}

#[test]
fn a_token_is_shown_whole_once_and_works_at_once() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let order = json!({"name": "Finance, Northshire", "role": "finance", "accounts": [account]});
    let issued = ledger.admin.post("/v1/tokens", &order).expect(201);
    let finance = with(&ledger, &issued);
    finance.get(&format!("/v1/accounts/{account}")).expect(200);
    let issued_as = issued.json();
    let whole = issued_as["token"].as_str().unwrap();
    assert!(whole.starts_with(issued_as["id"].as_str().unwrap()), "{whole}");
    assert_eq!((&issued_as["role"], &issued_as["accounts"]), (&json!("finance"), &json!([account])));
    assert!(issued_as["expires_at"].as_str().unwrap().starts_with("2027-11-22T12:00:00"), "{issued_as}");
    let shown = ledger.admin.get(issued.header("location").unwrap()).expect(200).json();
    assert_eq!(shown.get("token"), None);
    assert_eq!((&shown["name"], &shown["created_at"]), (&issued_as["name"], &issued_as["created_at"]));
    assert!(listed(&ledger.admin).contains(&shown));
}

#[test]
fn the_answer_given_again_and_the_answer_kept_hold_no_secret() {
    let ledger = Ledger::fresh();
    let order = json!({"name": "Excel", "role": "integration"});
    let first = ledger.admin.post_once("/v1/tokens", "excel", &order).expect(201);
    let whole = first.json()["token"].as_str().unwrap().to_owned();
    let again = ledger.admin.post_once("/v1/tokens", "excel", &order).expect(201);
    assert_eq!((&again.json()["token"], &again.json()["id"]), (&json!(null), &first.json()["id"]));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let secret = whole.split_once('.').unwrap().1.as_bytes();
    for file in std::fs::read_dir(ledger.folder()).unwrap() {
        let stored = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!stored.windows(secret.len()).any(|window| window == secret), "the secret is stored");
    }
}

#[test]
fn a_dry_run_issues_nothing() {
    let ledger = Ledger::fresh();
    let tried = ledger.admin.post("/v1/tokens?dry_run=true", &json!({"name": "Excel", "role": "finance"}));
    let tried = tried.expect(200).json();
    assert_eq!((&tried["id"], &tried["token"], &tried["created_at"]), (&json!(null), &json!(null), &json!(null)));
    assert_eq!(listed(&ledger.admin).len(), 1, "the administrator's alone");
}

#[test]
fn a_revoked_token_counts_for_nothing_at_once() {
    let ledger = Ledger::fresh();
    let issued = ledger.admin.post("/v1/tokens", &json!({"name": "Excel", "role": "finance"})).expect(201);
    let (excel, path) = (with(&ledger, &issued), issued.header("location").unwrap());
    excel.get("/v1/accounts").expect(200);
    assert_eq!(ledger.admin.delete(path).expect(204).text, "");
    excel.get("/v1/accounts").problem(401, "unauthenticated");
    let revoked_at = ledger.admin.get(path).json()["revoked_at"].clone();
    assert!(revoked_at.is_string(), "{revoked_at}");
    ledger.admin.delete(path).expect(204);
    assert_eq!(ledger.admin.get(path).json()["revoked_at"], revoked_at, "the first revocation stands");
    ledger.admin.delete("/v1/tokens/01976f3a-5c2e-7b1d-9a44-2f6f0c9d8e11").problem(404, "not_found");
}

#[test]
fn a_revocation_by_another_process_counts_at_once() {
    let ledger = Ledger::fresh();
    let issued = ledger.admin.post("/v1/tokens", &json!({"name": "Excel", "role": "finance"})).expect(201);
    let excel = with(&ledger, &issued);
    excel.get("/v1/accounts").expect(200);
    let path = format!("/v1/tokens/{}", issued.json()["id"].as_str().unwrap());
    ledger.beside().admin.delete(&path).expect(204);
    excel.get("/v1/accounts").problem(401, "unauthenticated");
}

#[test]
fn what_makes_no_token_names_its_field() {
    let ledger = Ledger::fresh();
    let nowhere = "01976f3a-5c2e-7b1d-9a44-2f6f0c9d8e11";
    let cases: [(Value, &str, &str); 6] = [
        (json!({"name": "", "role": "finance"}), "/name", "1 to 200"),
        (json!({"name": "Excel", "role": "auditor"}), "/role", "admin, apprenticeships, finance, integration"),
        (json!({"name": "Excel", "role": "finance", "accounts": []}), "/accounts", "at least one"),
        (json!({"name": "Excel", "role": "finance", "accounts": [nowhere]}), "/accounts/0", "no account"),
        (json!({"name": "Excel", "role": "finance", "expires_in_days": 0}), "/expires_in_days", "1 to 3653"),
        (json!({"name": "Excel", "role": "finance", "expires_in_days": 3654}), "/expires_in_days", "1 to 3653"),
    ];
    for (body, pointer, right_form) in cases {
        let problem = ledger.admin.post("/v1/tokens", &body).problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(right_form), "{problem}");
    }
}

#[test]
fn an_administrator_of_some_accounts_sees_issues_and_revokes_within_them() {
    let ledger = Ledger::fresh();
    let (ours, theirs) = (ledger.account(), ledger.account());
    let admin = ledger.limited(Role::Admin, Some(vec![ours.parse().unwrap()]));
    let order = |accounts: Value| json!({"name": "Clerk", "role": "finance", "accounts": accounts});
    let elsewhere = ledger.admin.post("/v1/tokens", &order(json!([theirs]))).made();
    let across = ledger.admin.post("/v1/tokens", &order(json!([ours, theirs]))).made();
    let unlimited = ledger.admin.post("/v1/tokens", &json!({"name": "All", "role": "finance"})).made();
    let within = ledger.admin.post("/v1/tokens", &order(json!([ours]))).made();
    assert_eq!(listed(&admin).len(), 2, "its own, and the clerk's");
    for beyond in [elsewhere, across, unlimited] {
        admin.get(&format!("/v1/tokens/{beyond}")).problem(404, "not_found");
        admin.delete(&format!("/v1/tokens/{beyond}")).problem(404, "not_found");
    }
    admin.delete(&format!("/v1/tokens/{within}")).expect(204);
    admin.post("/v1/tokens", &order(json!([ours]))).expect(201);
    let wider = admin.post("/v1/tokens", &order(json!([ours, theirs]))).problem(422, "validation_failed");
    assert_eq!(wider["errors"][0]["pointer"], "/accounts/1");
    admin.post("/v1/tokens", &order(json!(null))).problem(422, "validation_failed");
}
