//! The national statement, read and written: its quirks, each with a file that has it.

mod csv_quirks;
mod encodings;
mod faults;
mod lines;
mod mangled;
mod package;
mod workbooks;
mod writing;

#[path = "../../../benches/synthetic.rs"]
mod synthetic;

use std::io::Cursor;
use std::path::Path;

use levy_ledger::statement::{FileFault, Line, LineFault, Statement};
use serde_json::Value;

type Read = Vec<Result<Line, LineFault>>;

/// Every line of a file.
fn read(file: impl Into<Vec<u8>>) -> Result<Read, FileFault> {
    let mut statement = Statement::open(Cursor::new(file.into()))?;
    let lines = statement.lines()?.collect();
    Ok(lines)
}

/// The lines of a file that has no fault.
fn lines(file: impl Into<Vec<u8>>) -> Vec<Line> {
    read(file).unwrap().into_iter().map(Result::unwrap).collect()
}

/// The faults of a file's lines, as they are told.
fn faults(file: impl Into<Vec<u8>>) -> Vec<String> {
    read(file).unwrap().into_iter().filter_map(Result::err).map(|fault| fault.to_string()).collect()
}

/// Why a file is refused as a whole.
fn refusal(file: impl Into<Vec<u8>>) -> String {
    read(file).err().unwrap().to_string()
}

fn case_file(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name)).unwrap()
}

/// What is known of the layout of the file.
fn known() -> Value {
    serde_json::from_slice(&case_file("statement_layout.json")).unwrap()
}

/// The columns of a layout, as they are known.
fn columns(layout: &str) -> Vec<String> {
    let columns = known()["csv"][layout].as_array().unwrap().clone();
    columns.iter().map(|column| column.as_str().unwrap().to_owned()).collect()
}

/// A field of a line of a payment, whose learner has commas in the name if they are given.
fn field_of_payment(column: &str, learner: &str) -> String {
    match column.to_ascii_lowercase().as_str() {
        "transaction date" => "06/05/2026",
        "transaction type" | "description" => "Monthly Payment",
        "training provider" => "\"Example College Ltd\"",
        "unique learner number" => "1000000001",
        "apprentice" | "learner" => learner,
        "apprenticeship training course" | "course name" => "Business administrator",
        "course level" => "3",
        "course type" => "Apprenticeship",
        "cohort reference" => "R8KGDR",
        "paid from levy" | "total" => "-400.00000",
        "paye scheme" | "payroll month" => "",
        _ => "0.00000",
    }
    .to_owned()
}

/// A file of one payment in a layout, every line ending with a comma.
fn payment(layout: &str, learner: &str) -> String {
    let columns = columns(layout);
    let fields: Vec<String> = columns.iter().map(|column| field_of_payment(column, learner)).collect();
    format!("{},\r\n{},\r", columns.join(","), fields.join(","))
}

/// A file of version 2, levy layout, with these lines.
fn v2(lines: &[&str]) -> String {
    format!("{},\r\n{}", columns("levy_v2").join(","), lines.join("\r\n"))
}

/// A line of levy with a PAYE scheme and a payroll month.
fn levy(scheme: &str, month: &str) -> String {
    format!(
        "23/05/2026,Levy,Levy,{scheme},{month},1000.00000,90.00000,90.00000,,\"\",,,,,,0.00000,0.00000,0.00000,\
         0.00000,990.00000,"
    )
}
