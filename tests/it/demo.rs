//! The demonstration, as the program serves it: it prints the two lines that councils published.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use reqwest::blocking::Client;
use serde_json::Value;

use crate::harness::{Answer, Caller};

const PROGRAM: &str = env!("CARGO_BIN_EXE_levy-ledger");

/// The program, demonstrating until the test ends.
struct Demonstration {
    program: Child,
    admin: Caller,
    account: String,
}

impl Demonstration {
    /// Starts it, and reads what it says until it has named its addresses.
    fn start() -> Self {
        let mut command = Command::new(PROGRAM);
        let mut program = command.args(["demo", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
        let (mut token, mut totals) = (None, None);
        for line in BufReader::new(program.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if line.len() == 101 && line.find('.') == Some(36) {
                token = Some(line.clone());
            }
            if let Some(address) = line.trim().strip_suffix("/totals") {
                totals = Some(address.to_owned());
            }
            if line.starts_with("Ctrl-C") {
                break;
            }
        }
        let totals = totals.unwrap();
        let (base, account) = totals.split_once("/v1/accounts/").unwrap();
        let admin = Caller { base: base.to_owned(), token, client: Client::new() };
        Self { program, admin, account: format!("/v1/accounts/{account}") }
    }

    fn get(&self, path: &str) -> Value {
        self.admin.get(&format!("{}/{path}", self.account)).expect(200).json()
    }
}

impl Drop for Demonstration {
    fn drop(&mut self) {
        drop(self.program.kill());
        drop(self.program.wait());
    }
}

#[test]
fn the_demonstration_prints_the_two_published_lines_under_the_cap_in_every_year() {
    let demo = Demonstration::start();
    Answer::to(demo.admin.request("GET", "/readyz")).expect(200);
    let report = demo.get("reports/transfers?as_at=2021-08-12");
    assert_eq!(
        report["summary"],
        "As at 12 August 2021, £373,000 transferred to 33 local businesses (20 of them adult care providers), \
         funding 111 apprenticeships (89 in adult social care)."
    );
    assert_eq!((&report["agreed"], &report["providers"]), (&"373000.00".into(), &33.into()));
    let care = &report["by_sector"]["adult_social_care"];
    assert_eq!((&care["providers"], &care["apprenticeships"]), (&20.into(), &89.into()));
    assert_eq!(report["apprenticeships"], 111);
    let underspend = demo.get("underspend?as_at=2019-11-30&from=2019-04&to=2019-11");
    assert_eq!(underspend["expired_total"], "311798.84");
    for year in 2019..=2026 {
        let allowance = demo.get(&format!("transfer-allowance?on={year}-12-31"));
        assert_eq!(allowance["exceeded_by"], "0.00", "{allowance}");
        assert_ne!(allowance["paid"], "0.00", "{allowance}");
    }
}

#[test]
fn a_ledger_that_holds_something_is_not_made_a_demonstration() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
    let token = ["token", "create", "--role", "admin", "--name", "first", "--database-url", &url];
    assert!(Command::new(PROGRAM).args(token).output().unwrap().status.success());
    let refused = Command::new(PROGRAM).args(["demo", "--database-url", &url]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.lines().count() == 1 && said.contains("name a new file"), "{said}");
}
