//! Reports as JSON, CSV and workbooks: the same figures in each, which add up.

use calamine::Data;
use serde_json::{Value, json};

use super::workbooks::{Book, text, with_a_history};
use crate::harness::Ledger;

/// The rows that the JSON of a report holds, each as its fields by name.
fn rows_of(report: &str, json: &Value) -> Vec<Value> {
    let with = |more: Value, row: &Value| {
        let mut row = row.clone();
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row
    };
    let list = |name: &str| json[name].as_array().unwrap().clone();
    let groups = |name: &'static str| {
        let groups = json[format!("by_{name}")].as_object().unwrap().clone();
        groups.into_iter().map(move |(group, figures)| (name.to_owned(), group, figures))
    };
    match report {
        "underspend" => {
            let expired = list("expired").into_iter().map(|row| with(json!({"state": "expired"}), &row));
            let lapsing = list("lapsing");
            let lapsing = lapsing.iter().map(|row| with(json!({"state": "lapsing", "month": row["due_month"]}), row));
            expired.chain(lapsing).collect()
        }
        "reports/transfers" => {
            let names = ["sector", "level", "district", "local_training_provider", "priority_group"];
            let row = |(grouping, name, figures)| with(json!({"grouping": grouping, "name": name}), &figures);
            let all = with(json!({"grouping": "all", "name": ""}), json);
            [all].into_iter().chain(names.into_iter().flat_map(groups).map(row)).collect()
        }
        "reports/commitments" => {
            let providers = list("data").into_iter().map(|row| with(json!({"line": "provider"}), &row));
            providers.chain([with(json!({"line": "total"}), &json["total"])]).collect()
        }
        "reports/clock" => list("data"),
        _ => vec![json.clone()],
    }
}

/// A value of the JSON as a CSV would have it.
fn said(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// An account of which every report has something to say.
fn with_reports(ledger: &Ledger) -> String {
    let account = with_a_history(ledger);
    let path = format!("/v1/accounts/{account}");
    let provider = ledger.admin.post("/v1/providers", &json!({"name": "Hill Farm", "sector": "agriculture"})).made();
    let offer = |more: Value| {
        let mut offer =
            json!({"provider_id": provider, "amount": "1000.01", "agreed_on": "2026-06-01", "apprentices": 7});
        offer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ledger.admin.post(&format!("{path}/transfers"), &offer).made()
    };
    offer(json!({"lapses_on": "2026-12-01"}));
    let transfer = offer(json!({"status": "accepted", "priority_groups": ["care_leaver"]}));
    let start = json!({"transfer_id": transfer, "learner_reference": "L-1", "standard_code": "ST0005", "level": 4,
        "agreed_price": "1000.00", "agreed_on": "2026-06-15", "start_on": "2026-07-01", "planned_end_on": "2026-11-10",
        "local_training_provider": true});
    ledger.admin.post(&format!("{path}/starts"), &start).made();
    let counted = json!({"year": "2026-27", "employees_start": 2685, "employees_end": 2659, "employees_new": 0,
        "apprentices_start": 164, "apprentices_end": 238, "apprentices_new": 74});
    ledger.admin.post(&format!("{path}/workforce-returns"), &counted).expect(201);
    account
}

#[test]
fn json_csv_and_workbook_of_a_report_hold_the_same_figures() {
    let ledger = Ledger::fresh();
    let account = with_reports(&ledger);
    let reports = [
        ("underspend", "Underspend", 3, ""),
        ("reports/transfers", "Transfers", 10, ""),
        ("reports/transfers", "Transfers", 10, "?suppress=all"),
        ("reports/commitments", "Commitments", 3, ""),
        ("reports/clock", "Clock list", 3, ""),
        ("reports/public-sector-target", "Public sector target", 1, ""),
    ];
    for (report, name, fewest, query) in reports {
        let path = format!("/v1/accounts/{account}/{report}");
        let json = ledger.admin.get(&format!("{path}{query}")).expect(200).json();
        let csv = ledger.admin.get(&format!("{path}.csv{query}")).expect(200).text;
        let sheet = Book::fetch(&ledger.admin, &format!("{path}.xlsx{query}")).sheet(name);
        let mut csv = csv::Reader::from_reader(csv.as_bytes());
        let columns: Vec<String> = csv.headers().unwrap().iter().map(str::to_owned).collect();
        let records: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
        let rows = rows_of(report, &json);
        assert!(rows.len() >= fewest, "{report} has rows to compare: {json}");
        assert_eq!(rows.len(), records.len(), "{report}");
        for ((row, record), cells) in rows.iter().zip(&records).zip(sheet.rows().skip(1)) {
            for ((column, in_csv), cell) in columns.iter().zip(record).zip(cells) {
                // A row of expired funds has no day of its own in the JSON.
                if row.get(column).is_some() || column != "expires_on" {
                    assert_eq!(in_csv.trim_start_matches('\''), said(&row[column]), "{report}: {column}");
                }
                assert_eq!(text(column, cell), in_csv.trim_start_matches('\''), "{report}: {column}");
            }
        }
    }
}

#[test]
fn what_stands_beside_the_table_of_underspend_is_that_of_the_json_and_adds_up() {
    let ledger = Ledger::fresh();
    let account = with_reports(&ledger);
    let path = format!("/v1/accounts/{account}/underspend");
    let json = ledger.admin.get(&path).expect(200).json();
    let mut book = Book::fetch(&ledger.admin, &format!("{path}.xlsx"));
    let summary = book.sheet("Summary");
    let beside = |name: &str| {
        let row = summary.rows().find(|row| row[0] == Data::String(name.to_owned())).unwrap();
        text("amount", &row[1])
    };
    assert_eq!(beside("Expired total"), json["expired_total"].as_str().unwrap());
    for (months, name) in
        [("1", "1 month"), ("3", "3 months"), ("6", "6 months"), ("12", "12 months"), ("24", "24 months")]
    {
        assert_eq!(beside(&format!("Lapsing in {name}")), json["lapsing_in"][months].as_str().unwrap());
        assert_eq!(beside(&format!("At risk in {name}")), json["at_risk_in"][months].as_str().unwrap());
    }
    let sheet = book.sheet("Underspend");
    let total = sheet.rows().find(|row| row[0] == Data::String("Total expired".to_owned())).unwrap();
    assert_eq!(text("amount", &total[3]), json["expired_total"].as_str().unwrap());
}

#[test]
fn commitments_add_up_to_their_total_and_the_largest_are_drawn() {
    let ledger = Ledger::fresh();
    let account = with_reports(&ledger);
    let mut book = Book::fetch(&ledger.admin, &format!("/v1/accounts/{account}/reports/commitments.xlsx"));
    let sheet = book.sheet("Commitments");
    let (total, summed) = (sheet.rows().nth(3).unwrap(), sheet.rows().next_back().unwrap());
    assert_eq!((total[0].to_string(), summed[0].to_string()), ("total".to_owned(), "Sum of the providers".to_owned()));
    assert_eq!(total[5..17], summed[5..17], "the providers add up to all");
    assert!(matches!(total[19], Data::Float(_)) && matches!(total[17], Data::DateTime(_)), "{total:?}");
    let drawn = book.sheet("Chart");
    let names: Vec<String> = drawn.rows().skip(1).map(|row| row[0].to_string()).collect();
    assert_eq!(names, ["=HYPERLINK(\"x\")", "Hill Farm"]);
    assert!(book.formulas("Chart").is_empty());
    let mut book = Book::fetch(&ledger.admin, &format!("/v1/accounts/{account}/reports/transfers.xlsx"));
    assert_eq!(book.sheet("Chart").rows().nth(2).unwrap()[1..], [Data::Float(100.0), Data::Float(2900.0)]);
    let sheet = book.part("xl/worksheets/sheet1.xml");
    assert!(sheet.contains("state=\"frozen\""), "{sheet}");
}
