//! The national statement, imported: what is recorded, what is held already and what is not taken.

mod closing;
mod command;
pub mod file;
mod held;
mod refused;
mod traces;

use levy_ledger::domain::people::Role;
use serde_json::{Value, json};

use crate::harness::{Answer, Ledger};
use file::{SCHEME, Statement, expired, levy, paid, transfer};

/// An account into which statements are imported.
pub struct Council {
    pub ledger: Ledger,
    pub account: String,
}

impl Council {
    pub fn new() -> Self {
        let ledger = Ledger::fresh();
        let account = ledger.account();
        Self { ledger, account }
    }

    /// Sends a file; `query` is what it is sent with.
    pub fn send(&self, file: impl Into<reqwest::blocking::Body>, query: &str) -> Answer {
        let path = format!("/v1/accounts/{}/statements{query}", self.account);
        Answer::to(self.ledger.admin.request("POST", &path).header("Content-Type", "text/csv").body(file))
    }

    pub fn import(&self, file: &str) -> Value {
        self.send(file.to_owned(), "").expect(200).json()
    }

    pub fn get(&self, what: &str) -> Value {
        self.ledger.admin.get(&format!("/v1/accounts/{}/{what}", self.account)).expect(200).json()
    }

    pub fn post(&self, what: &str, body: &Value) -> Answer {
        self.ledger.admin.post(&format!("/v1/accounts/{}/{what}", self.account), body)
    }

    /// Every entry as its kind, month, day, stated day and amount.
    pub fn entries(&self) -> Vec<String> {
        let text = |entry: &Value, field: &str| entry[field].as_str().unwrap_or("-").to_owned();
        let fields = ["kind", "month", "effective_on", "stated_on", "amount"];
        let told = |entry: &Value| fields.map(|field| text(entry, field)).join(" ");
        self.get("entries?limit=1000")["data"].as_array().unwrap().iter().map(told).collect()
    }

    /// Where the ledger stands, provided that everything recorded is sound.
    pub fn verified(&self) -> String {
        let found = self.ledger.admin.get("/v1/audit/verify").expect(200).json();
        assert_eq!(found["ok"], true, "{found}");
        found["head"].as_str().unwrap().to_owned()
    }

    /// The three counts of an import.
    pub fn counts(answer: &Value) -> [i64; 3] {
        ["recorded", "already_held", "reconciliation_only"].map(|count| answer[count].as_i64().unwrap())
    }
}

#[test]
fn each_line_is_recorded_in_the_month_that_it_belongs_to() {
    let council = Council::new();
    let answer = council.import(&Statement::v2(&[
        expired("28/05/2026", "Expired Levy 24 month", "-190.00"),
        levy("23/05/2026", "Apr 2026", "990.00"),
        levy("23/05/2026", "Mar 2026", "-495.00").kind("Levy Adjustment"),
        paid("06/05/2026", "1000000001", "-400.00"),
        transfer("06/05/2026", "-250.00"),
        transfer("06/05/2026", "30.00"),
    ]));
    assert_eq!(
        answer,
        json!({
            "version": 2, "lines": 6, "recorded": 6, "already_held": 0, "reconciliation_only": 0, "refused": [],
            "refused_lines": 0, "expired": "190.00", "closing_difference": "0.00",
        })
    );
    let mut entries = council.entries();
    entries.sort();
    assert_eq!(
        entries,
        [
            "expiry 2026-05 2026-05-31 2026-05-28 -190.00",
            "levy 2026-05 2026-05-23 2026-05-23 990.00",
            "levy_adjustment 2026-05 2026-05-23 2026-05-23 -495.00",
            "own_payment 2026-04 2026-04-30 2026-05-06 -400.00",
            "transfer_payment 2026-04 2026-04-30 2026-05-06 -250.00",
            "transfer_received 2026-04 2026-04-30 2026-05-06 30.00",
        ]
    );
    let totals = council.get("totals");
    let figure = |name: &str| totals[name].as_str().unwrap().to_owned();
    assert_eq!(figure("balance"), "-315.00");
    assert_eq!(
        (figure("levy_in"), figure("transferred"), figure("expired")),
        ("495.00".into(), "250.00".into(), "190.00".into())
    );
    council.verified();
}

#[test]
fn imports_are_listed_with_what_they_came_to() {
    let council = Council::new();
    council.import(&Statement::v2(&[
        levy("23/05/2026", "Apr 2026", "990.00"),
        paid("06/05/2026", "1000000001", "-400.00"),
    ]));
    council.import(&Statement::v1(&[levy("23/06/2026", "May 2026", "880.00")]));
    let listed = council.get("statements");
    let listed = listed["data"].as_array().unwrap();
    let fields = |of: &Value| {
        ["version", "layout", "lines", "recorded", "first_month", "last_month"].map(|field| of[field].clone())
    };
    assert_eq!(
        fields(&listed[0]),
        [json!(2), json!("levy_v2"), json!(2), json!(2), json!("2026-04"), json!("2026-05")]
    );
    assert_eq!(
        fields(&listed[1]),
        [json!(1), json!("levy_v1"), json!(1), json!(1), json!("2026-06"), json!("2026-06")]
    );
    let finance = council.ledger.caller(Role::Apprenticeships);
    finance.get(&format!("/v1/accounts/{}/statements", council.account)).expect(200);
    let changes = council.ledger.admin.get("/v1/changes?after=0").expect(200).json();
    let actions: Vec<&str> =
        changes["data"].as_array().unwrap().iter().map(|of| of["change"].as_str().unwrap()).collect();
    assert_eq!(actions.iter().filter(|action| **action == "statement_imported").count(), 2, "{actions:?}");
}

#[test]
fn a_dry_run_answers_in_full_and_records_nothing() {
    let council = Council::new();
    let file =
        Statement::v2(&[levy("23/05/2026", "Apr 2026", "990.00"), expired("28/05/2026", "Expired Levy", "-190.00")]);
    let head = council.verified();
    let tried = council.send(file.clone(), "?dry_run=true").expect(200).json();
    assert_eq!(council.verified(), head);
    assert_eq!(tried, council.import(&file));
    let again = council.send(file, "?dry_run=true").expect(200).json();
    assert_eq!(Council::counts(&again), [0, 2, 0]);
}

#[test]
fn a_workbook_is_taken_as_the_csv_is() {
    let council = Council::new();
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Transactions").unwrap();
    for (row, line) in Statement::v2(&[levy("23/05/2026", "Apr 2026", "990.00")]).lines().enumerate() {
        for (column, cell) in line.trim_end_matches(',').split(',').enumerate() {
            let cell = cell.replace('"', "");
            sheet.write_string(u32::try_from(row).unwrap(), u16::try_from(column).unwrap(), cell).unwrap();
        }
    }
    let path = format!("/v1/accounts/{}/statements", council.account);
    let request = council.ledger.admin.request("POST", &path);
    let request = request.header("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    let answer = Answer::to(request.body(workbook.save_to_buffer().unwrap())).expect(200).json();
    assert_eq!((&answer["version"], Council::counts(&answer)), (&json!(2), [1, 0, 0]));
    let same = council.import(&Statement::v2(&[levy("23/05/2026", "Apr 2026", "990.00")]));
    assert_eq!(Council::counts(&same), [0, 1, 0]);
}

#[test]
fn a_key_replays_an_import_and_takes_no_other_file() {
    let council = Council::new();
    let path = format!("/v1/accounts/{}/statements", council.account);
    let send = |file: String| {
        let request = council.ledger.admin.request("POST", &path).header("Idempotency-Key", "may");
        Answer::to(request.header("Content-Type", "text/csv").body(file))
    };
    let file = Statement::v2(&[levy("23/05/2026", "Apr 2026", "990.00")]);
    let first = send(file.clone()).expect(200);
    let again = send(file).expect(200);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.json(), again.json());
    let other = Statement::v2(&[levy("23/05/2026", "Apr 2026", "991.00")]);
    send(other).problem(422, "idempotency_key_reused");
    assert_eq!(SCHEME, council.get("entries")["data"][0]["paye_scheme"]);
}
