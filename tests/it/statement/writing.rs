//! Lines back to a file: as the national service writes it, and the same when read again.

use std::io::Cursor;

use levy_ledger::statement::{CsvWriter, Line, LineEnd, WorkbookWriter};
use proptest::prelude::*;

use super::{case_file, levy, lines, payment, v2};

fn csv(lines: &[Line], line_end: LineEnd) -> Vec<u8> {
    let mut writer = CsvWriter::new(Vec::new(), line_end).unwrap();
    for line in lines {
        writer.write(line).unwrap();
    }
    writer.finish().unwrap()
}

fn workbook(lines: &[Line]) -> Vec<u8> {
    let mut writer = WorkbookWriter::new().unwrap();
    for line in lines {
        writer.write(line).unwrap();
    }
    let mut file = Cursor::new(Vec::new());
    writer.finish(&mut file).unwrap();
    file.into_inner()
}

#[test]
fn the_example_is_written_to_the_byte_but_for_the_learners_names() {
    let example = String::from_utf8(case_file("statements/statement_v2.csv")).unwrap();
    let nameless = example.replace("A Learner", "").replace("B Learner", "");
    let read = lines(example);
    assert_eq!(String::from_utf8(csv(&read, LineEnd::CrLf)).unwrap(), nameless);
    let lf = String::from_utf8(csv(&read, LineEnd::Lf)).unwrap();
    assert_eq!(lf, nameless.trim_end_matches('\r').replace("\r\n", "\n"));
}

#[test]
fn what_is_written_reads_as_the_same_lines() {
    let read = lines(case_file("statements/statement_v2.csv"));
    for line_end in [LineEnd::CrLf, LineEnd::Lf] {
        assert_eq!(lines(csv(&read, line_end)), read);
    }
    assert_eq!(lines(workbook(&read)), read);
    assert!(lines(csv(&[], LineEnd::CrLf)).is_empty() && lines(workbook(&[])).is_empty());
}

#[test]
fn lines_go_from_the_newest_to_the_oldest() {
    let older = lines(payment("levy_v2", "x")).remove(0);
    let newer = lines(v2(&[&levy("1/A", "Apr 2026")])).remove(0);
    let told = "a line of 2026-05-23 comes after one of 2026-05-06, but the file goes from the newest to the oldest";
    let mut writer = CsvWriter::new(Vec::new(), LineEnd::CrLf).unwrap();
    writer.write(&older).unwrap();
    assert_eq!(writer.write(&newer).unwrap_err().to_string(), told);
    let mut writer = WorkbookWriter::new().unwrap();
    writer.write(&older).unwrap();
    assert_eq!(writer.write(&newer).unwrap_err().to_string(), told);
}

#[test]
fn a_text_is_no_formula_in_a_spreadsheet_and_comes_back_as_it_was() {
    for text in ["=1+1", "+44", "-x", "@name", "'=1", "'quoted'", "O'Neil", "\"All\" skills", "\""] {
        let mut line = lines(payment("levy_v2", "x")).remove(0);
        (line.description, line.course_name) = (Some(text.to_owned()), Some(text.to_owned()));
        line.training_provider = Some(text.to_owned());
        let file = csv(std::slice::from_ref(&line), LineEnd::CrLf);
        if text.starts_with('=') {
            assert!(String::from_utf8(file.clone()).unwrap().contains(",'=1+1,"));
        }
        assert_eq!(lines(file), [line.clone()], "{text}");
        assert_eq!(lines(workbook(std::slice::from_ref(&line))), [line], "{text}");
    }
}

fn words() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("[A-Za-z0-9='+@&<>\"’é€-]{1,6}( [A-Za-z0-9='\"(-]{1,5}){0,2}")
}

fn amount() -> impl Strategy<Value = String> {
    (any::<bool>(), 0_u64..90_000_000_000, 0_u32..100_000)
        .prop_map(|(minus, pounds, rest)| format!("{}{pounds}.{rest:05}", if minus { "-" } else { "" }))
}

prop_compose! {
    /// A line as it might be recorded.
    fn line()(
        kind in proptest::sample::select(levy_ledger::statement::Kind::ALL.to_vec()),
        texts in [words(), words(), words(), words(), words()],
        amounts in [amount(), amount(), amount(), amount(), amount(), amount(), amount()],
        scheme in proptest::option::of("[0-9]{3}/[A-Z]{2}[0-9]{0,5}(,[0-9]{1,3})?"),
        percent in 0_u32..=10_000_000,
        month in proptest::option::of(1_u32..=12),
        learner in proptest::option::of((1_000_000_000_u64..=9_999_999_999, 0_u8..=99)),
    ) -> Line {
        let mut line = lines(payment("levy_v2", "x")).remove(0);
        line.kind = kind;
        line.paye_scheme = scheme;
        line.payroll_month = month.and_then(|month| levy_ledger::domain::calendar::Month::new(2026, month));
        line.english_fraction = rust_decimal::Decimal::new(percent.into(), 7).normalize();
        [line.description, line.cohort_reference, line.training_provider, line.course_name, line.course_type] = texts;
        let amounts = amounts.map(|text| text.parse().unwrap());
        [line.levy_declared, line.top_up, line.paid_from_levy, line.paid_from_transfer, line.your_contribution,
            line.government_contribution, line.total] = amounts;
        let uln = learner.map(|(uln, _)| uln);
        line.uln = uln.and_then(|uln| {
            let file = payment("levy_v2", "x").replace("1000000001", &uln.to_string());
            lines(file).remove(0).uln
        });
        line.level = learner.map(|(_, level)| level);
        line
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_lines_written_read_as_themselves(written in proptest::collection::vec(line(), 0..8)) {
        let numbered = || written.iter().zip(2..).map(|(line, number)| Line { number, ..line.clone() });
        prop_assert_eq!(lines(csv(&written, LineEnd::CrLf)), numbered().collect::<Vec<_>>());
        prop_assert_eq!(lines(csv(&written, LineEnd::Lf)), numbered().collect::<Vec<_>>());
        prop_assert_eq!(lines(workbook(&written)), numbered().collect::<Vec<_>>());
    }
}
