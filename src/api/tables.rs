//! Tables beside the JSON: its fields in a fixed order, as CSV (UTF-8, CRLF, nothing that a
//! spreadsheet would take for a formula) or, by `workbook`, as an Excel workbook.

use actix_web::HttpRequest;
use actix_web::http::header;
use serde::Serialize;
use serde_json::Value;

/// The content type of a CSV answer.
pub(crate) const CSV_TYPE: &str = "text/csv; charset=utf-8";
/// The content type of a workbook.
pub(crate) const XLSX_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The last parts of paths that answer tables, and so take a `.csv` or `.xlsx` suffix.
pub(crate) const WITH_CSV: [&str; 13] = [
    "entries",
    "forecast",
    "funds",
    "transfers",
    "starts",
    "providers",
    "totals",
    "underspend",
    "paye-schemes",
    "reconciliation",
    "public-sector-target",
    "commitments",
    "clock",
];

/// A row of a table: its JSON fields, in the order of its columns.
pub(crate) trait Row: Serialize {
    /// The columns, which are the JSON fields in their order.
    const COLUMNS: &'static [&'static str];
    /// What a workbook calls the sheet.
    const SHEET: &'static str = "Table";
    /// The columns whose texts are more than texts to a workbook.
    const KINDS: &'static [(&'static str, Kind)] = &[];
    /// The totals beneath the rows of a workbook.
    const TOTALS: &'static [Total] = &[];
}

/// What the texts of a column stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Pounds.
    Money,
    /// A day.
    Date,
    /// A calendar month.
    Month,
    /// A time, UTC.
    Time,
    /// A percentage.
    Percent,
}

/// A row of totals: what it is called, the columns that it adds up, and, where it does not count
/// every row, the column and the text of those that it counts.
pub(crate) struct Total {
    pub(crate) label: &'static str,
    pub(crate) columns: &'static [&'static str],
    pub(crate) only: Option<(&'static str, &'static str)>,
}

/// The forms in which tables are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The JSON that the table is of.
    Json,
    /// A CSV.
    Csv,
    /// An Excel workbook.
    Xlsx,
}

impl Form {
    /// The form that a caller would rather have.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        let first = accept.split([',', ';']).next().unwrap_or_default().trim();
        match first {
            "text/csv" => Self::Csv,
            XLSX_TYPE => Self::Xlsx,
            _ => Self::Json,
        }
    }

    /// The form that the end of a path asks for, and the path without it.
    pub(crate) fn of_suffix(path: &str) -> Option<(&str, &'static str)> {
        let stem = |suffix, kind| path.strip_suffix(suffix).map(|path| (path, kind));
        stem(".csv", "text/csv").or_else(|| stem(".xlsx", XLSX_TYPE))
    }
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

/// A value in one cell of a CSV.
fn cell(value: &Value) -> String {
    written(value, harmless)
}

/// A value in one cell that holds a text whatever it begins with.
pub(crate) fn plain(value: &Value) -> String {
    written(value, str::to_owned)
}

/// A value in one cell: lists with spaces between, parts of an object as `name=value`.
fn written(value: &Value, text: fn(&str) -> String) -> String {
    let joined = |values: &mut dyn Iterator<Item = &Value>, between| {
        values.map(|value| written(value, text)).collect::<Vec<_>>().join(between)
    };
    match value {
        Value::Null => String::new(),
        Value::Bool(yes) => yes.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(value) => text(value),
        Value::Array(items) => joined(&mut items.iter(), " "),
        Value::Object(fields) => joined(&mut fields.values(), "="),
    }
}

/// A text that no spreadsheet takes for a formula. Figures stay figures.
pub(crate) fn harmless(text: &str) -> String {
    let is_figure = text.strip_prefix('-').unwrap_or(text).bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if begins_formula(text) && !is_figure { format!("'{text}") } else { text.to_owned() }
}

/// Whether a spreadsheet could take a text for a formula.
pub(crate) fn begins_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
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
