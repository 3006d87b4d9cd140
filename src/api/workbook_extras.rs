//! What the workbook of a report holds beside its table: the figures around it, and a chart.

use rust_xlsxwriter::{Chart as Drawing, ChartLegendPosition, ChartType, Workbook, XlsxError};
use serde_json::Value;

use super::report::{Chart, Report};
use super::tables::Kind;
use super::workbook_cells::{Styles, heading, write_cell};

const SUMMARY: &str = "Summary";
const CHART: &str = "Chart";

/// Adds a sheet with the fields of a report that are outside its table.
pub(crate) fn summarise<R: Report>(book: &mut Workbook, report: &R, styles: &Styles) -> Result<(), XlsxError> {
    if R::SUMMARY.is_empty() {
        return Ok(());
    }
    let sheet = book.add_worksheet().set_name(SUMMARY)?;
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    sheet.set_column_width(0, 28)?.set_column_width(1, 90)?;
    // Reports are plain structs with text keys, which always serialise.
    let report = serde_json::to_value(report).unwrap_or_default();
    let mut row = 0;
    for (field, kind) in R::SUMMARY {
        let value = report.get(field).unwrap_or(&Value::Null);
        for (name, value) in lines(field, value) {
            sheet.write_string_with_format(row, 0, name, &styles.head)?;
            match (value, kind) {
                (Value::String(text), None) => {
                    sheet.write_string_with_format(row, 1, text, &styles.wrapped)?;
                }
                (value, kind) => write_cell(sheet, (row, 1), (value, *kind), styles)?,
            }
            row += 1;
        }
    }
    Ok(())
}

/// The lines of a field: one, or one for each of its parts, which can be numbers of months that it is
/// told for.
fn lines<'v>(field: &str, value: &'v Value) -> Vec<(String, &'v Value)> {
    let name = heading(field, None);
    match value.as_object() {
        None => vec![(name, value)],
        Some(parts) => parts.iter().map(|(part, value)| (line_of(&name, part), value)).collect(),
    }
}

fn line_of(name: &str, months: &str) -> String {
    if months.parse::<u32>().is_err() {
        return format!("{name}: {}", months.replace('_', " "));
    }
    let unit = if months == "1" { "month" } else { "months" };
    format!("{name} {months} {unit}")
}

/// Adds a sheet with the figures of a chart and the chart beside them.
pub(crate) fn draw(book: &mut Workbook, chart: &Chart, styles: &Styles) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet().set_name(CHART)?;
    sheet.set_freeze_panes(1, 0)?.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    sheet.write_string_with_format(0, 0, chart.of, &styles.head)?;
    sheet.set_column_width(0, if chart.of == "Month" { 13 } else { 42 })?;
    for (column, series) in (1..).zip(chart.series) {
        sheet.write_string_with_format(0, column, *series, &styles.head_right)?;
        sheet.set_column_width(column, 17)?;
    }
    for (row, (name, parts)) in (1..).zip(&chart.columns) {
        // A text, since some programs would number a chart's days rather than name its months.
        write_cell(sheet, (row, 0), (&Value::String(name.clone()), None), styles)?;
        for (column, part) in (1..).zip(parts) {
            write_cell(sheet, (row, column), (&Value::String(part.to_string()), Some(Kind::Money)), styles)?;
        }
    }
    let last = u32::try_from(chart.columns.len()).unwrap_or(u32::MAX);
    let mut drawing = Drawing::new(ChartType::ColumnStacked);
    for (column, _) in (1..).zip(chart.series) {
        let series = drawing.add_series().set_name((CHART, 0, column)).set_gap(40);
        series.set_categories((CHART, 1, 0, last, 0)).set_values((CHART, 1, column, last, column));
    }
    drawing.title().set_name(chart.title);
    drawing.y_axis().set_num_format("\"£\"#,##0");
    drawing.legend().set_position(ChartLegendPosition::Bottom);
    drawing.set_width(960).set_height(480);
    let beside = u16::try_from(chart.series.len()).unwrap_or(1) + 2;
    sheet.insert_chart(1, beside, &drawing)?;
    Ok(())
}
