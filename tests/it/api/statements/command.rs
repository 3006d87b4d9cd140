//! The command that imports a statement, beside a server that uses the ledger.

use std::process::{Command, Output};

use super::Council;
use super::file::{Statement, levy, paid};

fn import(council: &Council, file: &str, more: &[&str]) -> Output {
    let path = council.ledger.folder().join("statement.csv");
    std::fs::write(&path, file).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_levy-ledger"));
    program.args(["import", "statement"]).arg(path).args(["--account", &council.account]).args(more);
    let url = council.ledger.url().to_owned();
    program.env("LEVY_LEDGER_DATABASE_URL", url).output().unwrap()
}

#[test]
fn a_statement_is_imported_while_the_ledger_is_served() {
    let council = Council::new();
    let file = Statement::v2(&[levy("23/05/2026", "Apr 2026", "990.00"), paid("06/05/2026", "1000000001", "-400.00")]);
    let tried = import(&council, &file, &["--dry-run"]);
    let said = String::from_utf8(tried.stdout).unwrap();
    assert!(tried.status.success() && said.contains("2 lines, 2 would be recorded"), "{said}");
    assert!(council.entries().is_empty());
    assert_eq!(import(&council, &file, &[]).status.code(), Some(0));
    assert_eq!(council.entries().len(), 2);
    assert_eq!(council.import(&file)["already_held"], 2);
    council.verified();
}

#[test]
fn a_line_at_fault_is_named_and_nothing_recorded_unless_it_may_be_left_out() {
    let council = Council::new();
    let file = Statement::v2(&[levy("23/05/2026", "Apr 2026", "990.00"), paid("31/02/2026", "1000000001", "-1.00")]);
    let refused = import(&council, &file, &[]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(said.lines().filter(|line| line.starts_with("line 3: ")).count(), 1, "{said}");
    assert!(council.entries().is_empty());
    assert_eq!(import(&council, &file, &["--partial"]).status.code(), Some(0));
    assert_eq!(council.entries().len(), 1);
}
