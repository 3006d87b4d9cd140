//! The demonstration as a newcomer runs it: what it prints, the two lines that councils published,
//! and the cap, which it never passes.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use chrono::{Datelike, Utc};
use reqwest::blocking::Client;
use serde_json::json;

use crate::databases::Database;
use crate::harness::{Answer, Caller};

/// A demonstration of our own, on a port that it chose, and what it printed.
struct Demonstration {
    process: Child,
    printed: Vec<String>,
    reader: Caller,
}

fn demo(database: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_levy-ledger"));
    program.env_clear().args(["demo", "--listen", "127.0.0.1:0", "--database-url", database]);
    program
}

/// Starts one, and reads what it prints up to the last line, which comes once it listens.
fn start(database: &str) -> Demonstration {
    let mut process = demo(database).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut printed: Vec<String> = lines.take_while(|line| !line.starts_with("Ctrl-C")).collect();
    printed.retain(|line| !line.is_empty());
    let base = printed.iter().find_map(|line| line.trim().strip_suffix("/docs/")).expect("an address").to_owned();
    let token = printed.iter().find(|line| is_token(line)).expect("a token alone on its line").clone();
    Demonstration { process, printed, reader: Caller { base, token: Some(token), client: Client::new() } }
}

/// Whether a line is an id and a secret, and nothing else.
fn is_token(line: &str) -> bool {
    let of = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    line.split_once('.').is_some_and(|(id, secret)| id.len() == 36 && of(id) && secret.len() == 64 && of(secret))
}

impl Demonstration {
    /// Asks an address that was printed, as it was printed.
    fn follow(&self, what: &str) -> Answer {
        let line = self.printed.iter().find(|line| line.contains(what)).expect("an address that was printed");
        let path = line.trim().strip_prefix(self.reader.base.as_str()).expect("an address of this server");
        self.reader.get(path).expect(200)
    }

    fn account(&self) -> String {
        let accounts = self.reader.get("/v1/accounts").expect(200).json();
        accounts["data"][0]["id"].as_str().unwrap().to_owned()
    }
}

impl Drop for Demonstration {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[test]
fn the_demonstration_prints_the_two_published_lines_and_keeps_to_the_cap() {
    let database = Database::fresh();
    let shown = start(database.url());
    shown.reader.get("/readyz").expect(200);
    shown.follow("/docs/");
    shown.follow("/totals");

    transfers_were_as_published_at_12_august_2021(&shown);
    funds_expired_as_published_from_april_to_november_2019(&shown);
    transfers_stay_within_every_years_allowance(&shown);
    refuses_a_database_that_holds_a_ledger(database.url());
}

fn transfers_were_as_published_at_12_august_2021(shown: &Demonstration) {
    let report = shown.follow("/reports/transfers?as_at=2021-08-12").json();
    assert_eq!(
        report["summary"],
        "As at 12 August 2021, £373,000 transferred to 33 local businesses (20 of them adult care providers), \
         funding 111 apprenticeships (89 in adult social care)."
    );
    assert_eq!(report["agreed"], "373000.00");
    assert_eq!((&report["providers"], &report["apprenticeships"]), (&json!(33), &json!(111)));
    let care = &report["by_sector"]["adult_social_care"];
    assert_eq!((&care["providers"], &care["apprenticeships"]), (&json!(20), &json!(89)));
}

fn funds_expired_as_published_from_april_to_november_2019(shown: &Demonstration) {
    let report = shown.follow("/underspend?as_at=2019-11-30&from=2019-04&to=2019-11").json();
    assert_eq!(report["expired_total"], "311798.84");
    let summary = report["summary"].as_str().unwrap();
    assert!(summary.starts_with("From April 2019 to November 2019, £311,798.84 of levy funds expired."), "{summary}");
}

fn transfers_stay_within_every_years_allowance(shown: &Demonstration) {
    let account = shown.account();
    let allowance = |on: &str| {
        let path = format!("/v1/accounts/{account}/transfer-allowance{on}");
        shown.reader.get(&path).expect(200).json()
    };
    for year in 2019..Utc::now().year() {
        for on in [format!("?on={year}-04-20"), format!("?on={}-04-19", year + 1)] {
            let year = allowance(&on);
            assert_eq!(year["exceeded_by"], "0.00", "{on}: {year}");
        }
    }
    assert_eq!(allowance("")["exceeded_by"], "0.00", "today");
}

fn refuses_a_database_that_holds_a_ledger(database: &str) {
    let refused = demo(database).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains(" holds a ledger: name a new file or an empty database"), "{said}");
    assert!(refused.stdout.is_empty());
}
