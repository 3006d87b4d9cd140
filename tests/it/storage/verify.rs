//! Rechecking finds whatever was changed behind the ledger's back, and nothing else.

use std::path::Path;
use std::process::{Command, Output};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::{Value, json};

use crate::databases::{Database, intruder};
use crate::harness::Ledger;

/// The tables that refuse every change.
const APPEND_ONLY: [&str; 21] = [
    "events",
    "accounts",
    "account_settings",
    "rule_rows",
    "transfers",
    "transfer_changes",
    "transfer_schedules",
    "starts",
    "start_changes",
    "entries",
    "closed_months",
    "co_investments",
    "notices",
    "levy_submissions",
    "levy_outcomes",
    "paye_shares",
    "paye_share_parts",
    "statements",
    "statement_lines",
    "statement_sightings",
    "ledger_secrets",
];

/// Changes the database behind the ledger's back.
fn tamper(ledger: &Ledger, sql: &str) {
    let mut db = ledger.intruder();
    db.force(&APPEND_ONLY);
    assert_eq!(diesel::sql_query(sql).execute(&mut db).unwrap(), 1, "{sql}");
}

/// A ledger with a token (1), an account (2), levy (3 to 5) and other settings (6).
fn ledger() -> Ledger {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    for day in ["2026-05-22", "2026-06-22", "2026-07-22"] {
        ledger.levy(&account, "50000.00", day);
    }
    ledger.admin.patch(&format!("/v1/accounts/{account}"), "*", &json!({"policy_cap_percent": "20"})).expect(200);
    ledger
}

fn verified(ledger: &Ledger) -> Value {
    ledger.admin.get("/v1/audit/verify").expect(200).json()
}

/// The faults found, each as `seq: detail`.
pub fn faults(ledger: &Ledger) -> Vec<String> {
    let found = verified(ledger);
    let fault = |fault: &Value| format!("{}: {}", fault["seq"], fault["detail"].as_str().unwrap());
    let faults: Vec<String> = found["faults"].as_array().unwrap().iter().map(fault).collect();
    assert_eq!(found["ok"], faults.is_empty());
    assert_eq!(found["fault_count"], faults.len());
    faults
}

pub fn head(ledger: &Ledger) -> String {
    verified(ledger)["head"].as_str().unwrap().to_owned()
}

/// Runs the program on a ledger, which is being served meanwhile.
fn levy_ledger(url: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_levy-ledger"));
    command.args(arguments).args(["--database-url", url]).env_remove("RUST_LOG").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn an_untouched_ledger_verifies_up_to_its_head() {
    let found = verified(&ledger());
    assert_eq!((&found["ok"], &found["from"], &found["to"]), (&json!(true), &json!(1), &json!(6)), "{found}");
    assert!(found["head"].as_str().unwrap().starts_with("6:"), "{found}");
}

#[test]
fn an_empty_ledger_verifies() {
    let database = Database::fresh();
    assert!(levy_ledger(database.url(), &["migrate"]).status.success());
    let done = levy_ledger(database.url(), &["verify"]);
    assert!(done.status.success() && text(&done.stdout).starts_with("0:0000"), "{done:?}");
}

#[test]
fn whatever_is_changed_behind_the_ledgers_back_is_found_where_it_was_changed() {
    let cases = [
        ("UPDATE entries SET amount = amount + 1 WHERE seq = 4", "4: the hash of event 4"),
        ("UPDATE entries SET reference = 'x' WHERE seq = 4", "4: the hash of event 4"),
        ("UPDATE entries SET recorded_by = 'somebody' WHERE seq = 4", "4: the entry names another"),
        ("UPDATE entries SET kind = 'gift' WHERE seq = 4", "4: the entry cannot be read"),
        ("UPDATE entries SET month = 202613 WHERE seq = 4", "4: the entry cannot be read"),
        ("DELETE FROM entries WHERE seq = 4", "4: event 4 recorded 1 entries, and 0 are there"),
        ("DELETE FROM events WHERE id = 4", "5: event 5 follows event 3: events between them are missing"),
        ("DELETE FROM events WHERE id = 6", "6: account_settings holds a row that no event recorded"),
        ("UPDATE events SET hash = replace(hash, substr(hash, 1, 1), 'z') WHERE id = 4", "4: the hash of event 4"),
        ("UPDATE events SET body = replace(body, '\"20\"', '\"25\"') WHERE id = 6", "6: the hash of event 6"),
        ("UPDATE events SET body = '{' WHERE id = 6", "6: what event 6 says is no JSON"),
        ("UPDATE events SET actor_name = 'nobody' WHERE id = 1", "1: the hash of event 1"),
        ("UPDATE events SET recorded_at = '2026-01-01 00:00:00' WHERE id = 4", "4: event 4 was recorded before"),
        ("UPDATE account_settings SET policy_cap_percent = '25' WHERE seq = 6", "6: account_settings differs"),
        ("DELETE FROM account_settings WHERE seq = 6", "6: account_settings lacks"),
        ("UPDATE accounts SET public_id = upper(public_id) WHERE id = 2", "2: accounts differs"),
        ("UPDATE tokens SET role = 'finance' WHERE id = 1", "1: tokens differs from what was last recorded"),
        ("UPDATE tokens SET expires_at = '2099-01-01 00:00:00' WHERE id = 1", "1: tokens differs"),
        ("UPDATE monthly_sums SET levy = levy + 1 WHERE month = 202606", "null: monthly_sums of account 2, 202606"),
        ("DELETE FROM monthly_sums WHERE month = 202606", "null: monthly_sums of account 2, 202606"),
        ("INSERT INTO monthly_sums VALUES (9, 202606, 1, 0, 0, 0, 0, 0)", "null: monthly_sums of account 9, 202606"),
        ("UPDATE declared_sums SET levy = levy + 1", "null: declared_sums of account 2, 2026"),
        ("INSERT INTO transfer_months VALUES (2, 0, 202606, 1)", "null: transfer_months of account 2, 202606"),
        (
            "INSERT INTO entries SELECT 7, account_id, kind, month, effective_on, stated_on, declared_on, amount, \
             start_id, transfer_id, payroll_month, paye_scheme, reference, recorded_at, recorded_by, reverses, lot, earned_month, earned_kind \
             FROM entries WHERE seq = 5",
            "7: the entry belongs to no event",
        ),
    ];
    for (sql, expected) in cases {
        let ledger = ledger();
        tamper(&ledger, sql);
        let found = faults(&ledger);
        assert!(found.iter().any(|fault| fault.starts_with(expected)), "{sql}: {found:#?}");
    }
}

#[test]
fn a_rule_that_every_ledger_begins_with_cannot_be_changed_unseen() {
    let ledger = ledger();
    tamper(
        &ledger,
        "UPDATE rule_rows SET value = '99' WHERE rule_set_id = 0 AND parameter = 'transfer_cap_percent' \
         AND begins_on = (SELECT max(begins_on) FROM rule_rows WHERE rule_set_id = 0 AND parameter = \
         'transfer_cap_percent')",
    );
    assert_eq!(faults(&ledger), ["0: rule_rows differs from what was recorded"]);
}

#[test]
fn one_changed_sum_is_one_fault() {
    let ledger = ledger();
    tamper(&ledger, "UPDATE monthly_sums SET own = own + 1 WHERE month = 202605");
    assert_eq!(faults(&ledger), ["null: monthly_sums of account 2, 202605 is not what the entries add up to"]);
}

#[test]
fn a_part_of_the_chain_is_rechecked_alone() {
    let ledger = ledger();
    tamper(&ledger, "UPDATE entries SET amount = amount + 1 WHERE seq = 4");
    let part = |from, to| ledger.admin.get(&format!("/v1/audit/verify?from={from}&to={to}")).expect(200).json();
    assert_eq!(part(1, 3)["ok"], true);
    assert_eq!(part(5, 6)["ok"], true);
    assert_eq!(part(4, 4)["faults"][0]["seq"], 4);
}

#[test]
fn what_is_recorded_refuses_to_be_changed_or_deleted() {
    let ledger = ledger();
    let mut db = ledger.intruder();
    for table in APPEND_ONLY {
        assert_eq!(db.refusals(table), 2, "{table}");
        let rows = diesel::sql_query(format!("SELECT count(*) AS n FROM {table}"));
        if rows.get_result::<Count>(&mut db).unwrap().n == 0 {
            // Nothing is in it here to be changed.
            continue;
        }
        let column = match table {
            "events" | "accounts" | "transfers" | "starts" | "levy_submissions" => "id",
            "statement_lines" | "statement_sightings" => "statement",
            "ledger_secrets" => "name",
            _ => "seq",
        };
        for sql in [format!("UPDATE {table} SET {column} = {column}"), format!("DELETE FROM {table}")] {
            let refused = diesel::sql_query(&sql).execute(&mut db).unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{sql}: {refused}");
        }
    }
    assert_eq!(faults(&ledger), Vec::<String>::new());
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

#[test]
fn the_program_verifies_a_ledger_that_is_being_served() {
    let ledger = ledger();
    let earlier = head(&ledger);
    let account = ledger.account();
    ledger.levy(&account, "1.00", "2026-08-22");
    let done = levy_ledger(ledger.url(), &["verify"]);
    assert_eq!((done.status.code(), text(&done.stderr)), (Some(0), String::new()));
    assert_eq!(text(&done.stdout).lines().next(), Some(head(&ledger).as_str()));
    let through = levy_ledger(ledger.url(), &["verify", "--expect", &earlier]);
    assert_eq!(through.status.code(), Some(0), "{through:?}");
    let elsewhere = format!("5:{}", earlier.split_once(':').unwrap().1);
    let not_through = levy_ledger(ledger.url(), &["verify", "--expect", &elsewhere]);
    assert_eq!(not_through.status.code(), Some(1));
    assert_eq!(text(&not_through.stderr), format!("levy-ledger: the chain does not pass through {elsewhere}\n"));
    for malformed in ["6", "6:abc", &format!("six:{}", "0".repeat(64)), &format!("+6:{}", "0".repeat(64))] {
        let refused = levy_ledger(ledger.url(), &["verify", "--expect", malformed]);
        assert_eq!(refused.status.code(), Some(2), "{malformed}: {refused:?}");
    }
}

#[test]
fn the_program_tells_each_fault_on_standard_error_and_fails() {
    let ledger = ledger();
    tamper(&ledger, "UPDATE monthly_sums SET levy = levy + 1 WHERE month = 202606");
    let failed = levy_ledger(ledger.url(), &["verify"]);
    assert_eq!(failed.status.code(), Some(1));
    assert_eq!(
        text(&failed.stderr),
        "monthly_sums of account 2, 202606 is not what the entries add up to\nlevy-ledger: 1 fault\n",
    );
}

#[test]
fn the_program_makes_no_ledger_where_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.db");
    let empty = folder.path().join("empty.db");
    std::fs::write(&empty, "").unwrap();
    let text_file = folder.path().join("letter.db");
    std::fs::write(&text_file, "Dear council,").unwrap();
    let other = folder.path().join("other.db");
    let of = |file: &Path| format!("sqlite:{}", file.display());
    intruder(&of(&other)).batch_execute("CREATE TABLE something (id INTEGER)").unwrap();
    for file in [&missing, &empty, &text_file, &other] {
        let refused = levy_ledger(&of(file), &["verify"]);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        assert_eq!(text(&refused.stderr).lines().count(), 1, "{refused:?}");
    }
    assert!(!missing.exists());
    assert_eq!(std::fs::metadata(&empty).unwrap().len(), 0);
}
