//! Tables as CSV: the JSON fields in a fixed order, UTF-8, CRLF, and nothing that a spreadsheet
//! would take for a formula.

use actix_web::HttpRequest;
use actix_web::http::header;
use serde::Serialize;
use serde_json::Value;

/// The content type of a CSV answer.
pub(crate) const CSV_TYPE: &str = "text/csv; charset=utf-8";

/// The last parts of paths that answer CSV, and so take a `.csv` suffix.
pub(crate) const WITH_CSV: [&str; 9] =
    ["entries", "funds", "transfers", "starts", "providers", "totals", "underspend", "paye-schemes", "reconciliation"];

/// A row of a table: its JSON fields, in the order of its columns.
pub(crate) trait Row: Serialize {
    /// The columns, which are the JSON fields in their order.
    const COLUMNS: &'static [&'static str];
}

/// Whether the caller wants CSV.
pub(crate) fn wants_csv(request: &HttpRequest) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    accept.split(',').next().is_some_and(|first| first.trim().starts_with("text/csv"))
}

/// Rows as CSV, with the line of columns if it is the beginning.
pub(crate) fn csv<T: Row>(rows: &[T], with_header: bool) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let mut records: Vec<Vec<String>> = Vec::with_capacity(rows.len() + 1);
    if with_header {
        records.push(T::COLUMNS.iter().map(|&column| column.to_owned()).collect());
    }
    records.extend(rows.iter().map(cells));
    for record in records {
        // Writing to memory cannot fail.
        let _ = writer.write_record(&record);
    }
    writer.into_inner().unwrap_or_default()
}

fn cells<T: Row>(row: &T) -> Vec<String> {
    let row = serde_json::to_value(row).unwrap_or_default();
    T::COLUMNS.iter().map(|column| row.get(column).map(cell).unwrap_or_default()).collect()
}

/// A value in one cell: lists with spaces between, parts of an object as `name=value`.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(yes) => yes.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => harmless(text),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(" "),
        Value::Object(fields) => fields.values().map(cell).collect::<Vec<_>>().join("="),
    }
}

/// A text that no spreadsheet takes for a formula. Figures stay figures.
fn harmless(text: &str) -> String {
    let is_figure = text.strip_prefix('-').unwrap_or(text).bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula && !is_figure { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Line {
        name: &'static str,
        amount: &'static str,
    }

    impl Row for Line {
        const COLUMNS: &'static [&'static str] = &["name", "amount"];
    }

    #[test]
    fn a_name_that_looks_like_a_formula_is_only_a_name() {
        let rows = [Line { name: "=SUM(A1)", amount: "-12.50" }, Line { name: "Smith, Jones", amount: "1.00" }];
        let text = String::from_utf8(csv(&rows, true)).unwrap();
        assert_eq!(text, "name,amount\r\n'=SUM(A1),-12.50\r\n\"Smith, Jones\",1.00\r\n");
    }
}
