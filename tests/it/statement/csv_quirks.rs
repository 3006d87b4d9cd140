//! What the national file and spreadsheets do to CSV.

use super::{case_file, columns, faults, field_of_payment, known, levy, lines, payment, v2};

#[test]
fn a_comma_ends_every_line_or_none() {
    assert_eq!(known()["csv_quirks"]["trailing_comma_on_every_line"], true);
    let with = payment("levy_v2", "A Learner");
    let without = with.replace(",\r", "\r");
    assert_eq!(lines(with.clone()), lines(without.clone()));
    let on_lines_only = without.replace("-400.00000\r", "-400.00000,\r");
    assert_eq!(lines(with), lines(on_lines_only));
}

#[test]
fn lines_may_end_with_crlf_with_lf_or_with_a_lone_cr() {
    let file = String::from_utf8(case_file("statements/statement_v2.csv")).unwrap();
    assert!(file.ends_with(",\r"), "the last character was dropped");
    let expected = lines(file.clone());
    assert_eq!(expected.len(), 6);
    for line_end in ["\n", "\r", "\r\n"] {
        let again = file.trim_end().replace("\r\n", line_end);
        assert_eq!(lines(again.clone()), expected);
        assert_eq!(lines(format!("{again}{line_end}")), expected);
    }
}

#[test]
fn blank_lines_are_passed_over_and_counted() {
    let file = payment("levy_v2", "A Learner");
    let (header, line) = file.split_once("\r\n").unwrap();
    let read = lines(format!("\r\n{header}\r\n\r\n,,,,,\r\n{line}\r\n\r\n"));
    assert_eq!(read.iter().map(|line| line.number).collect::<Vec<_>>(), [5]);
}

#[test]
fn commas_in_a_learners_name_are_found_in_every_layout() {
    assert_eq!(known()["csv_quirks"]["not_protected"][0], "Apprentice/Learner");
    for layout in ["levy_v1", "levy_v2", "non_levy_v1", "non_levy_v2"] {
        let expected = lines(payment(layout, "A Learner"));
        for name in
            ["Learner, A", "Learner, A, B, C", ",A", "A,,3,", "3,A", "\"Learner, A\"", "\"Jack\" Smith", "\"", "7"]
        {
            assert_eq!(lines(payment(layout, name)), expected, "{layout} {name}");
        }
    }
}

#[test]
fn a_comma_between_thousands_is_not_taken_for_one_in_a_name() {
    let transfer = "05/05/2026,Transfer,Transfer,,,0.00000,0.00000,0.00000,\"\",,,Early years educator,3,1,250.00000,\
                    0.00000,0.00000,-1250.00000,";
    let v1 = format!("{},\n{transfer}", columns("levy_v1").join(","));
    let v2 = payment("levy_v2", "A Learner").replace(",-400.00000,\r", ",1,400.00000,\r");
    for file in [v1, v2] {
        let told = faults(file);
        assert!(told.len() == 1 && told[0].contains("commas in the learner's name or in the PAYE scheme"), "{told:?}");
    }
}

#[test]
fn commas_in_a_paye_scheme_are_found_and_kept() {
    assert_eq!(known()["csv_quirks"]["not_protected"][1], "PAYE scheme");
    let read = lines(v2(&[&levy("123/AB,45678", "Apr 2026")]));
    assert_eq!(read[0].paye_scheme.as_deref(), Some("123/AB,45678"));
    assert_eq!(read[0].payroll_month.unwrap().to_string(), "2026-04");
    let both = payment("levy_v1", "Learner, A").replace("Payment,,,0.0", "Payment,1,2,,0.0");
    assert_eq!(lines(both)[0].paye_scheme.as_deref(), Some("1,2"));
}

#[test]
fn commas_that_can_be_read_in_two_ways_are_a_fault() {
    let mut columns = columns("levy_v2");
    let scheme = columns.remove(3);
    let learner = columns.iter().position(|column| column == "Learner").unwrap();
    columns.insert(learner, scheme);
    let fields: Vec<String> = columns.iter().map(|column| field_of_payment(column, "Jane, Doe")).collect();
    let told = faults(format!("{},\n{},", columns.join(","), fields.join(",")));
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("line 2: 21 fields where the header has 20 columns, which can be read"), "{}", told[0]);
    assert!(!told[0].contains("Jane") && !told[0].contains("Doe"));
}

#[test]
fn a_quoted_training_provider_may_hold_commas_and_quotes() {
    assert_eq!(known()["csv_quirks"]["quoted_columns"][0], "Training provider");
    let provider = |written: &str| {
        let file = payment("levy_v2", "A Learner").replace("\"Example College Ltd\"", written);
        lines(file)[0].training_provider.clone()
    };
    assert_eq!(provider("\"Best, Ltd\"").as_deref(), Some("Best, Ltd"));
    assert_eq!(provider("\"The \"\"Best\"\" Ltd\"").as_deref(), Some("The \"Best\" Ltd"));
    assert_eq!(provider("\"The \"Best\" Ltd\"").as_deref(), Some("The \"Best\" Ltd"));
    assert_eq!(provider("Bare Ltd").as_deref(), Some("Bare Ltd"));
    assert_eq!(provider("\"\""), None);
}

#[test]
fn september_is_written_in_two_ways() {
    for month in ["Sep 2025", "Sept 2025", "'Sep 2025", "'Sept 2025"] {
        let read = lines(v2(&[&levy("123/AB45678", month)]));
        assert_eq!(read[0].payroll_month.unwrap().to_string(), "2025-09", "{month}");
    }
}

#[test]
fn figures_that_a_spreadsheet_shortened_are_the_same_figures() {
    let file = payment("levy_v2", "A Learner");
    let short = file.replace("-400.00000", "-400").replace("0.00000", "0");
    assert_eq!(lines(short), lines(file.clone()));
    let blank = file.replace(",0.00000", ",");
    assert_eq!(lines(blank), lines(file.clone()), "absent amounts are nothing");
    assert_eq!(lines(file.replace("-400.00000", "\u{2212}400.00000")), lines(file));
}

#[test]
fn the_row_known_from_the_services_own_tests_is_read() {
    let known = known()["row_example_from_tests_levy_v2"].clone();
    let first = |key: &str| known[key].as_str().unwrap().split(' ').next().unwrap().to_owned();
    let line = format!(
        "23/05/2026,Levy,Levy,1/A,Apr 2026,{},{},{},,{},,,,,{},{},{},{},{},{},",
        first("LevyDeclared"),
        first("English %"),
        first("10% top up"),
        first("Training provider"),
        first("Course type"),
        first("Paid from levy"),
        first("Paid from transfer"),
        first("Your contribution"),
        first("Government contribution"),
        first("Total"),
    );
    let line = lines(v2(&[&line])).remove(0);
    assert_eq!((line.levy_declared.to_string().as_str(), line.top_up.to_string().as_str()), ("1000.00", "100.00"));
    assert_eq!(line.english_fraction.to_string(), "0.1");
    assert_eq!(line.government_contribution.to_string(), "10000.00");
    assert_eq!(
        (line.training_provider.as_deref(), line.total.to_string().as_str()),
        (Some("TrainingProvider1"), "1100.00")
    );
}
