//! Tables as Excel workbooks: the figures of the JSON and the CSV, as a spreadsheet holds them.

use std::io::{Cursor, Read};

use calamine::{Data, DataType, Range, Reader, Xlsx};
use serde_json::json;

use crate::harness::{Answer, Caller, Ledger};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A workbook as it was sent.
pub struct Book {
    pub bytes: Vec<u8>,
    book: Xlsx<Cursor<Vec<u8>>>,
}

impl Book {
    pub fn read(bytes: Vec<u8>) -> Self {
        Self { book: calamine::open_workbook_from_rs(Cursor::new(bytes.clone())).unwrap(), bytes }
    }

    pub fn fetch(caller: &Caller, path: &str) -> Self {
        let response = caller.request("GET", path).send().unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["content-type"], XLSX);
        let name = path.split('?').next().unwrap().rsplit('/').next().unwrap();
        assert_eq!(response.headers()["content-disposition"], format!("attachment; filename=\"{name}\""));
        Self::read(response.bytes().unwrap().to_vec())
    }

    pub fn sheet(&mut self, name: &str) -> Range<Data> {
        self.book.worksheet_range(name).unwrap()
    }

    pub fn formulas(&mut self, name: &str) -> Vec<String> {
        let found = self.book.worksheet_formula(name).unwrap();
        found.used_cells().map(|(_, _, formula)| formula.clone()).collect()
    }

    /// A part of the file as it is written.
    pub fn part(&self, name: &str) -> String {
        let mut archive = zip::ZipArchive::new(Cursor::new(&self.bytes)).unwrap();
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }
}

/// A cell as a CSV would have it, by the column's name in the CSV.
pub fn text(column: &str, cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::Float(number) if cell_is_money(column) => {
            let text = format!("{number:.5}");
            let short = text.trim_end_matches('0');
            let decimals = short.split_once('.').unwrap().1.len();
            text[..text.len() - (5 - decimals.max(2))].to_owned()
        }
        Data::Float(number) if column.ends_with("_percent") && column != "target_percent" => format!("{number:.2}"),
        Data::Float(number) => number.to_string(),
        Data::DateTime(_) if column.ends_with("month") || column == "planned_start" => {
            cell.as_date().unwrap().format("%Y-%m").to_string()
        }
        Data::DateTime(_) if column.ends_with("_at") => cell.as_datetime().unwrap().format("%FT%T").to_string(),
        Data::DateTime(_) => cell.as_date().unwrap().to_string(),
        other => other.to_string(),
    }
}

fn cell_is_money(column: &str) -> bool {
    let money = [
        "amount",
        "entered",
        "spent",
        "transferred",
        "expired",
        "remaining",
        "promised",
        "at_risk",
        "agreed",
        "paid",
        "reserved",
        "undrawn",
        "released",
        "paid_beyond",
        "earned",
    ];
    money.contains(&column)
}

/// An account with levy of two years, payments to five decimals, a transfer and what belongs to it.
pub fn with_a_history(ledger: &Ledger) -> String {
    let account = ledger.account();
    for (amount, day) in [("1000.00", "2024-10-22"), ("60000.12345", "2025-05-22"), ("2000.00", "2026-06-22")] {
        ledger.levy(&account, amount, day);
    }
    let provider = ledger.admin.post("/v1/providers", &json!({"name": "=HYPERLINK(\"x\")", "sector": "health"})).made();
    let transfer = json!({
        "provider_id": provider, "amount": "3000.00", "agreed_on": "2026-06-01", "apprentices": 2, "status": "accepted",
        "level": 3, "reference": "+44 20 7946 0000",
    });
    let transfer = ledger.admin.post(&format!("/v1/accounts/{account}/transfers"), &transfer).made();
    let payments = json!({"payments": [
        {"month": "2026-08", "kind": "own", "amount": "521.73913", "reference": "=1+1"},
        {"month": "2026-09", "kind": "transfer", "amount": "100.00", "transfer_id": transfer, "reference": "@claim"},
    ]});
    ledger.admin.post(&format!("/v1/accounts/{account}/payments"), &payments).expect(200);
    account
}

#[test]
fn the_figures_of_a_workbook_are_those_of_the_csv() {
    let ledger = Ledger::fresh();
    let account = with_a_history(&ledger);
    let tables =
        [("entries", "Entries"), ("funds", "Funds"), ("underspend", "Underspend"), ("reports/transfers", "Transfers")];
    for (path, name) in tables {
        let path = format!("/v1/accounts/{account}/{path}");
        let csv = ledger.admin.get(&format!("{path}.csv")).expect(200).text;
        let mut csv = csv::Reader::from_reader(csv.as_bytes());
        let columns: Vec<String> = csv.headers().unwrap().iter().map(str::to_owned).collect();
        let sheet = Book::fetch(&ledger.admin, &format!("{path}.xlsx")).sheet(name);
        let records: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
        assert!(records.len() >= 2, "{path} has rows to compare");
        for (record, row) in records.iter().zip(sheet.rows().skip(1)) {
            for ((column, said), cell) in columns.iter().zip(record).zip(row) {
                let shown = text(column, cell);
                match column.as_str() {
                    // Excel's times end at milliseconds.
                    "recorded_at" => assert!(said.starts_with(&shown), "{said} {shown}"),
                    _ => assert_eq!(shown, said.trim_start_matches('\''), "{path}: {column}"),
                }
            }
        }
        assert!(matches!(sheet.get((records.len() + 1, 0)), Some(Data::Empty)), "the totals stand apart");
    }
}

#[test]
fn totals_are_formulas_that_have_their_value() {
    let ledger = Ledger::fresh();
    let account = with_a_history(&ledger);
    let mut book = Book::fetch(&ledger.admin, &format!("/v1/accounts/{account}/funds.xlsx"));
    let funds = ledger.admin.get(&format!("/v1/accounts/{account}/funds")).json();
    let total = book.sheet("Funds").rows().next_back().unwrap().to_vec();
    assert_eq!(total[0], Data::String("Total of the rows shown".to_owned()));
    // What was spent and transferred came out of the first £1,000, whose rest lapsed in October 2026.
    let sums: Vec<String> = total[3..].iter().map(|cell| text("amount", cell)).collect();
    assert_eq!(sums, ["63000.12345", "521.73913", "100.00", "378.26087", "62000.12345"]);
    let summary = book.sheet("Summary");
    let balance = summary.rows().find(|row| row[0] == Data::String("Balance".to_owned())).unwrap()[1].clone();
    assert_eq!(text("amount", &balance), funds["balance"].as_str().unwrap());
    let drawn = book.sheet("Chart");
    assert_eq!(drawn.rows().next().unwrap()[1], Data::String("Remaining".to_owned()));
    let formulas = book.formulas("Funds");
    assert_eq!(formulas.first().map(String::as_str), Some("ROUND(SUBTOTAL(109,D2:D4),5)"), "{formulas:?}");
    assert_eq!(formulas.len(), 5);
}

#[test]
fn totals_of_two_kinds_of_rows_are_kept_apart() {
    let ledger = Ledger::fresh();
    let account = with_a_history(&ledger);
    let mut book = Book::fetch(&ledger.admin, &format!("/v1/accounts/{account}/underspend.xlsx"));
    let sheet = book.sheet("Underspend");
    let total = |label: &str| {
        let row = sheet.rows().find(|row| row[0] == Data::String(label.to_owned())).unwrap();
        text("amount", &row[3])
    };
    assert_eq!((total("Total expired"), total("Total lapsing")), ("378.26087".to_owned(), "62000.12345".to_owned()));
    let formulas = book.formulas("Underspend");
    assert_eq!(formulas[0], "ROUND(SUMIFS(D2:D4,A2:A4,\"expired\"),5)");
    let mut book = Book::fetch(&ledger.admin, &format!("/v1/accounts/{account}/reports/transfers.xlsx"));
    let sheet = book.sheet("Transfers");
    let (all, by_sector) = (sheet.rows().nth(1).unwrap(), sheet.rows().next_back().unwrap());
    assert_eq!(all[2..], by_sector[2..], "the sectors add up to all transfers");
}

#[test]
fn the_heading_stays_in_sight_and_the_rows_can_be_filtered() {
    let ledger = Ledger::fresh();
    let account = with_a_history(&ledger);
    let mut book = Book::fetch(&ledger.admin, &format!("/v1/accounts/{account}/entries.xlsx"));
    let sheet = book.part("xl/worksheets/sheet1.xml");
    assert!(sheet.contains("ySplit=\"1\"") && sheet.contains("state=\"frozen\""), "{sheet}");
    assert!(sheet.contains("<autoFilter ref=\"A1:M6\"/>"), "{sheet}");
    let styles = book.part("xl/styles.xml");
    assert!(styles.contains("£&quot;#,##0.00###"), "{styles}");
    let entries = book.sheet("Entries");
    let heading = entries.rows().next().unwrap();
    assert_eq!(heading[10], Data::String("Recorded at (UTC)".to_owned()));
    let first = entries.rows().nth(1).unwrap();
    assert!(matches!(first[0], Data::Float(_)) && matches!(first[3], Data::DateTime(_)), "{first:?}");
    assert_eq!(first[5], Data::Float(1000.0));
    assert_eq!(book.formulas("Entries"), ["ROUND(SUBTOTAL(109,F2:F6),5)"]);
}

#[test]
fn a_text_is_never_a_formula() {
    let ledger = Ledger::fresh();
    let account = with_a_history(&ledger);
    let mut book = Book::fetch(&ledger.admin, &format!("/v1/accounts/{account}/entries.xlsx"));
    let entries = book.sheet("Entries");
    let references: Vec<String> = entries.rows().skip(4).take(2).map(|row| row[9].to_string()).collect();
    assert_eq!(references, ["=1+1", "@claim"]);
    assert!(book.formulas("Entries").iter().all(|formula| formula.starts_with("ROUND(")));
    // A text that is edited stays one.
    assert!(book.part("xl/styles.xml").contains("quotePrefix=\"1\""));
    let mut book = Book::fetch(&ledger.admin, "/v1/providers.xlsx");
    assert_eq!(book.sheet("Providers").rows().nth(1).unwrap()[1], Data::String("=HYPERLINK(\"x\")".to_owned()));
    assert_eq!(book.formulas("Providers"), Vec::<String>::new());
}

#[test]
fn what_a_number_cannot_hold_exactly_is_a_text() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    ledger.levy(&account, "89999999999.99999", "2026-06-22");
    ledger.levy(&account, "0.00001", "2026-06-22");
    let mut book = Book::fetch(&ledger.admin, &format!("/v1/accounts/{account}/entries.xlsx"));
    let sheet = book.sheet("Entries");
    let amounts: Vec<&Data> = sheet.rows().map(|row| &row[5]).collect();
    assert_eq!(amounts[1], &Data::String("89999999999.99999".to_owned()));
    assert_eq!(amounts[2], &Data::Float(0.00001));
    assert_eq!(amounts.last().unwrap(), &&Data::String("90000000000".to_owned()));
}

#[test]
fn a_workbook_without_rows_says_so_in_its_totals() {
    let ledger = Ledger::fresh();
    let account = ledger.account();
    let mut book = Book::fetch(&ledger.admin, &format!("/v1/accounts/{account}/entries.xlsx"));
    assert_eq!(book.sheet("Entries").rows().next_back().unwrap()[5], Data::Float(0.0));
    let reports = ["reports/transfers", "reports/commitments", "reports/clock", "reports/public-sector-target"];
    for path in ["funds", "underspend", "transfers", "starts", "totals"].into_iter().chain(reports) {
        Book::fetch(&ledger.admin, &format!("/v1/accounts/{account}/{path}.xlsx"));
    }
}

#[test]
fn a_workbook_is_asked_for_by_name_or_by_type_and_is_whole() {
    let ledger = Ledger::fresh();
    let account = with_a_history(&ledger);
    let path = format!("/v1/accounts/{account}/entries");
    let asked = Answer::to(ledger.admin.request("GET", &path).header("Accept", format!("{XLSX}, */*"))).expect(200);
    assert_eq!(asked.header("content-type"), Some(XLSX));
    ledger.admin.get(&format!("{path}.xlsx?limit=10")).problem(400, "malformed_request");
    ledger.admin.get(&format!("{path}.xlsx?kind=gift")).problem(400, "malformed_request");
    let nobody = "01976f3a-5c2e-7b1d-9a44-2f6f0c9d8e11";
    ledger.admin.get(&format!("/v1/accounts/{nobody}/entries.xlsx")).problem(404, "not_found");
    ledger.admin.get(&format!("/v1/accounts/{account}.xlsx")).problem(404, "not_found");
    let mut levy = Book::fetch(&ledger.admin, &format!("{path}.xlsx?kind=levy"));
    assert_eq!(levy.sheet("Entries").height(), 1 + 3 + 2, "the heading, three entries, a gap and the total");
    let funds = format!("/v1/accounts/{account}/funds.xlsx");
    let response = ledger.admin.request("GET", &funds).send().unwrap();
    let etag = response.headers()["etag"].clone();
    Answer::to(ledger.admin.request("GET", &funds).header("If-None-Match", etag)).expect(304);
}
