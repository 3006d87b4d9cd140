//! The program as an operator runs it: it stops when told, with everything acknowledged kept.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use reqwest::blocking::Client;
use serde_json::json;

use crate::databases::{Database, intruder};
use crate::harness::{Answer, Caller};

/// A `serve` of our own, on a port that it chose.
pub struct Served {
    process: Child,
    pub admin: Caller,
    pub database: Arc<Database>,
}

pub fn program(url: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_levy-ledger"));
    program.env("LEVY_LEDGER_DATABASE_URL", url).env("NO_COLOR", "1");
    program
}

pub fn serve() -> Served {
    serve_with(&[])
}

pub fn serve_with(options: &[&str]) -> Served {
    let database = Arc::new(Database::fresh());
    let create = ["token", "create", "--role", "admin", "--name", "operator"];
    let token = program(database.url()).args(create).output().unwrap();
    serve_on(database, String::from_utf8(token.stdout).unwrap().lines().last().unwrap(), options)
}

/// Serves a database to the holder of a token.
fn serve_on(database: Arc<Database>, token: &str, options: &[&str]) -> Served {
    let url = database.url();
    let mut process = program(url)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .args(options)
        .env("RUST_LOG", "levy_ledger::ops=info")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(process.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("serving address=") {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "it ended before it served");
    }
    let base = format!("http://{}", line.trim().rsplit_once("address=").unwrap().1);
    // Read on, so that it never waits for room to write.
    std::thread::spawn(move || drop(log.read_to_string(&mut String::new())));
    let admin = Caller { base, token: Some(token.to_owned()), client: Client::new() };
    Served { process, admin, database }
}

impl Served {
    /// Another process that serves the same ledger.
    pub fn beside(&self) -> Self {
        serve_on(self.database.clone(), self.admin.token.as_deref().unwrap(), &[])
    }

    /// Tells it to stop; gives the code it ended with.
    pub fn stop(&mut self, signal: &str) -> Option<i32> {
        let told = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(told.success());
        self.process.wait().unwrap().code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The numbers of the entries that the database holds.
pub fn entries_in(database: &Database) -> Vec<i64> {
    #[derive(QueryableByName)]
    struct Entry {
        #[diesel(sql_type = BigInt)]
        seq: i64,
    }
    let found: Vec<Entry> =
        diesel::sql_query("SELECT seq FROM entries ORDER BY seq").load(&mut intruder(database.url())).unwrap();
    found.into_iter().map(|entry| entry.seq).collect()
}

#[test]
fn a_server_that_is_told_to_stop_keeps_everything_it_acknowledged() {
    for signal in ["-TERM", "-INT"] {
        let mut served = serve();
        let account = served.admin.post("/v1/accounts", &json!({"name": "Northshire"})).made();
        let path = format!("/v1/accounts/{account}/levy-funds");
        let levy = json!({"amount": "1.00", "entered_on": "2026-05-22"});
        let (tell, told) = std::sync::mpsc::channel();
        let posters: Vec<_> = (0..4)
            .map(|_| {
                let (admin, path, levy, tell) = (served.admin.clone(), path.clone(), levy.clone(), tell.clone());
                std::thread::spawn(move || {
                    // Until nobody answers any more: each that was acknowledged is told of.
                    while let Ok(response) = admin.request("POST", &path).json(&levy).send() {
                        assert_eq!(response.status(), 201);
                        let Ok(body) = response.json::<serde_json::Value>() else { return };
                        tell.send(body["seq"].as_i64().unwrap()).unwrap();
                    }
                })
            })
            .collect();
        drop(tell);
        let mut acknowledged: Vec<i64> = told.iter().take(40).collect();
        assert_eq!(served.stop(signal), Some(0), "{signal}");
        posters.into_iter().for_each(|poster| poster.join().unwrap());
        acknowledged.extend(told.iter());
        let kept = entries_in(&served.database);
        assert!(acknowledged.iter().all(|seq| kept.contains(seq)), "{signal}: {acknowledged:?} of {kept:?}");
    }
}

#[test]
fn prometheus_reads_what_was_answered_and_recorded() {
    let mut served = serve();
    served.admin.post("/v1/accounts", &json!({"name": "Northshire"})).expect(201);
    served.admin.get("/v1/nowhere").problem(404, "not_found");
    let nobody = Caller { token: None, ..served.admin.clone() };
    let figures: Answer = nobody.get("/metrics").expect(200);
    assert!(figures.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    for line in [
        "http_requests_total{method=\"POST\",status=\"201\"} 1",
        "http_requests_total{method=\"GET\",status=\"404\"} 1",
        "http_request_seconds_count 2",
        "ledger_commands_total 1",
        "ledger_batch_commands_bucket{le=\"1\"} 1",
        "ledger_head_seq 2",
    ] {
        assert!(figures.text.lines().any(|found| found == line), "{line} is not in {}", figures.text);
    }
    assert_eq!(served.stop("-TERM"), Some(0));
}

/// Imports a file by the program itself; gives its code and what it said on its two outputs.
fn import(served: &Served, kind: &str, (account, csv): (&str, &str), options: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.csv");
    std::fs::write(&file, csv).unwrap();
    let mut program = program(served.database.url());
    program.args(["import", kind, &file.display().to_string(), "--account", account]).args(options);
    let output = program.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_spreadsheet_comes_in_beside_a_server_by_the_program_itself() {
    let served = serve();
    let account = served.admin.post("/v1/accounts", &json!({"name": "Northshire"})).made();
    let providers = "Employer,Sector\nHarbour Care,health\nRiverside,education\n";
    let map = ["--map", "Employer=name"];
    let tried = import(&served, "providers", (&account, providers), &[&map[..], &["--dry-run"]].concat());
    let said = "providers: 2 rows, 2 would be recorded, 0 there already\n";
    assert_eq!(tried, (0, said.to_owned(), String::new()));
    let done = import(&served, "providers", (&account, providers), &map);
    assert_eq!(done, (0, "providers: 2 rows, 2 recorded, 0 there already\n".to_owned(), String::new()));
    let again = import(&served, "providers", (&account, providers), &map);
    assert_eq!(again.1, "providers: 2 rows, 0 recorded, 2 there already\n");
    let listed = served.admin.get("/v1/providers").expect(200).json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 2, "the server sees them: {listed}");

    let transfers = "provider_name,amount,agreed_on,apprentices,notes\nHarbour Care,ten,2026-06-01,1,x\n\
        Nobody,10,2026-06-01,1,\n";
    let (code, out, err) = import(&served, "transfers", (&account, transfers), &[]);
    assert_eq!((code, out.as_str()), (1, ""));
    let said: Vec<&str> = err.lines().collect();
    assert_eq!(said.len(), 4, "{err}");
    assert_eq!(said[0], "columns that were not taken: notes");
    assert!(said[1].starts_with("row 2, amount: \"ten\" cannot be taken: write pounds"), "{err}");
    assert_eq!(said[2], "row 3, provider_name: no provider is called \"Nobody\": import or register it first");
    assert!(said[3].ends_with("2 of 2 rows cannot be taken, so that nothing was recorded"), "{err}");
    let wrong = import(&served, "providers", (&account, providers), &["--map", "Employer=nothing of ours"]);
    assert_eq!((wrong.0, wrong.2.lines().count()), (1, 1), "{}", wrong.2);
}

#[test]
fn files_are_as_large_as_the_operator_allows() {
    let served = serve_with(&["--max-upload", "2M"]);
    let account = served.admin.post("/v1/accounts", &json!({"name": "Northshire"})).made();
    let path = format!("/v1/accounts/{account}/imports/providers?map=Notes:");
    let send = |notes: usize| {
        let csv = format!("name,sector,Notes\nHarbour Care,health,{}\n", "x".repeat(notes));
        Answer::to(served.admin.request("POST", &path).header("Content-Type", "text/csv").body(csv))
    };
    // Larger than what is kept in memory, and than any other body may be.
    send(1_500_000).expect(200);
    send(2_100_000).problem(413, "too_large");
}
