//! Tables that a command writes to files, while the ledger is served.

use std::path::Path;
use std::process::{Command, Output};

use calamine::{Data, Reader, Xlsx};
use diesel::connection::SimpleConnection;
use serde_json::json;

use crate::harness::{Ledger, TODAY};

const PROGRAM: &str = env!("CARGO_BIN_EXE_levy-ledger");

/// Exports from a ledger's file as an operator does.
fn export(ledger: &Ledger, arguments: &[&str]) -> Output {
    let mut program = Command::new(PROGRAM);
    program.env_clear().env("LEVY_LEDGER_DATABASE_URL", ledger.url());
    program.arg("export").args(arguments).output().unwrap()
}

fn open(file: &Path) -> Xlsx<std::io::BufReader<std::fs::File>> {
    calamine::open_workbook(file).unwrap()
}

#[test]
fn a_command_writes_what_the_interface_answers() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "1000.00", "2024-05-22");
    ledger.levy(&account, "521.73913", "2026-06-22");
    let tables = [("entries", "entries", "to"), ("funds", "funds", "as_at"), ("underspend", "underspend", "as_at")];
    // What a transfer may be promised out of.
    ledger.levy(&account, "2000.00", "2026-02-22");
    let reports = ["transfers", "commitments", "clock"].map(|report| (report, format!("reports/{report}"), "as_at"));
    let provider = ledger.admin.post("/v1/providers", &json!({"name": "Harbour Care", "sector": "health"})).made();
    let transfer = json!({"provider_id": provider, "amount": "100.00", "agreed_on": "2026-05-01", "apprentices": 1,
        "status": "accepted"});
    ledger.admin.post(&format!("/v1/accounts/{account}/transfers"), &transfer).expect(201);
    let tables = tables.map(|(table, path, day)| (table, path.to_owned(), day));
    for (table, path, day) in tables.into_iter().chain(reports) {
        let as_at = ["--account", account.as_str(), "--as-at", TODAY];
        let answered = ledger.admin.get(&format!("/v1/accounts/{account}/{path}.csv?{day}={TODAY}")).expect(200).text;
        let csv = export(&ledger, &[&[table, "--format", "csv"], as_at.as_slice()].concat());
        assert!(csv.status.success(), "{}", String::from_utf8_lossy(&csv.stderr));
        assert_eq!(String::from_utf8(csv.stdout).unwrap(), answered, "{table}");
        let file = ledger.folder().join(format!("{table}.xlsx"));
        let to_file = ["--output", file.to_str().unwrap()];
        let xlsx = export(&ledger, &[&[table, "--format", "xlsx"], as_at.as_slice(), &to_file].concat());
        assert!(xlsx.status.success() && xlsx.stdout.is_empty(), "{}", String::from_utf8_lossy(&xlsx.stderr));
        let rows = answered.lines().count();
        let sheet = open(&file).worksheet_range_at(0).unwrap().unwrap();
        assert!(sheet.height() >= rows, "{table}: {} rows for {rows}", sheet.height());
    }
}

#[test]
fn a_command_writes_the_statement_that_the_interface_answers() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "1000.00", "2024-05-22");
    ledger.levy(&account, "521.73913", "2026-06-22");
    let answered = ledger.admin.get(&format!("/v1/accounts/{account}/statement.csv?to=2026-05-31")).expect(200).text;
    assert_eq!(answered.lines().count(), 2, "the levy of June is dated later: {answered}");
    let written = export(&ledger, &["statement", "--format", "csv", "--account", &account, "--as-at", "2026-05-31"]);
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    assert_eq!(String::from_utf8(written.stdout).unwrap(), answered);
    let file = ledger.folder().join("statement.xlsx");
    let to_file = ["--format", "xlsx", "--output", file.to_str().unwrap()];
    let xlsx = export(&ledger, &[["statement", "--account", &account].as_slice(), &to_file].concat());
    assert!(xlsx.status.success(), "{}", String::from_utf8_lossy(&xlsx.stderr));
    assert_eq!(open(&file).worksheet_range_at(0).unwrap().unwrap().height(), 3);
}

#[test]
fn what_cannot_be_exported_is_one_line_and_leaves_no_file() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let file = ledger.folder().join("out.csv");
    let nobody = "01976f3a-5c2e-7b1d-9a44-2f6f0c9d8e11";
    let output = ["--format", "csv", "--output", file.to_str().unwrap()];
    let refused = export(&ledger, &[&["funds", "--account", nobody], output.as_slice()].concat());
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.lines().count() == 1 && said.contains(nobody), "{said}");
    let there = std::fs::read_dir(ledger.folder()).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = there.filter(|name| !name.to_string_lossy().starts_with("ledger.db")).collect();
    assert!(left.is_empty(), "{left:?}");
    let nowhere = export(&ledger, &["funds", "--account", &account, "--format", "csv", "--output", "/nowhere/f.csv"]);
    assert_eq!(nowhere.status.code(), Some(1));
    let said = String::from_utf8(nowhere.stderr).unwrap();
    assert!(said.lines().count() == 1 && said.contains("/nowhere/f.csv"), "{said}");
    for wrong in [["funds", "--format", "pdf"], ["levies", "--format", "csv"]] {
        let wrong = export(&ledger, &[&wrong, ["--account", &account].as_slice()].concat());
        assert_eq!(wrong.status.code(), Some(2));
    }
}

/// Fifty thousand rows are written with no more memory than the program needs for a few.
#[test]
fn memory_does_not_grow_with_the_rows_of_a_workbook() {
    const ROWS: usize = 50_000;
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let first = ledger.levy(&account, "0.01", "2026-06-22").json()["seq"].as_i64().unwrap();
    let mut db = ledger.intruder();
    let more = format!(
        "WITH RECURSIVE more(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < {ROWS} - 1) \
         INSERT INTO entries (seq, account_id, kind, month, effective_on, amount, reference, recorded_at, recorded_by) \
         SELECT seq + n, account_id, kind, month, effective_on, amount, 'a reference of some length, no ' || n, \
         recorded_at, recorded_by FROM entries, more WHERE seq = {first}"
    );
    db.batch_execute(&more).unwrap();
    let file = ledger.folder().join("entries.xlsx");
    let limited = format!(
        "ulimit -v {}; exec {PROGRAM} export entries --account {account} --format xlsx --output {}",
        100 * 1024,
        file.display()
    );
    let mut program = Command::new("sh");
    program.env_clear().env("LEVY_LEDGER_DATABASE_URL", ledger.url());
    let written = program.args(["-c", &limited]).output().unwrap();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let sheet = open(&file).worksheet_range("Entries").unwrap();
    assert_eq!(sheet.height(), 1 + ROWS + 2);
    assert_eq!(sheet.rows().next_back().unwrap()[5], Data::Float(500.0));
}
