//! What a line says, does and belongs to.

use levy_ledger::domain::money::Money;
use levy_ledger::statement::{Kind, Layout, Life, PaymentKind, Statement, Version};

use super::{case_file, columns, field_of_payment, known, levy, lines, payment, v2};

fn pounds(text: &str) -> Money {
    text.parse().unwrap()
}

#[test]
fn the_examples_are_read_line_by_line() {
    let v2 = lines(case_file("statements/statement_v2.csv"));
    let effects: Vec<(u64, String, String)> =
        v2.iter().map(|line| (line.number, line.month().to_string(), line.balance_effect().to_string())).collect();
    let expected = [
        (2, "2026-05", "-190.00"),
        (3, "2026-05", "990.00"),
        (4, "2026-05", "-495.00"),
        (5, "2026-04", "-400.00"),
        (6, "2026-04", "0.00"),
        (7, "2026-04", "-250.00"),
    ];
    assert_eq!(effects, expected.map(|(n, month, effect)| (n, month.to_owned(), effect.to_owned())));
    let payment = &v2[3];
    assert_eq!(payment.kind, Kind::Payment(PaymentKind::Monthly));
    assert_eq!(payment.training_provider.as_deref(), Some("Example College Ltd"));
    assert_eq!(payment.uln.as_ref().unwrap().as_str(), "1000000001");
    assert_eq!((payment.level, payment.cohort_reference.as_deref()), (Some(3), Some("R8KGDR")));
    assert_eq!(v2[2].payroll_month.unwrap().to_string(), "2026-03");
    assert_eq!(v2[2].english_fraction.to_string(), "0.9");
    assert_eq!(v2[5].paid_from_transfer, pounds("250.00"));
}

#[test]
fn both_versions_of_a_month_hold_the_same_lines() {
    let canonical = |file: &str| lines(case_file(file)).iter().map(|line| line.canonical()).collect::<Vec<_>>();
    let v2 = canonical("statements/statement_v2.csv");
    assert_eq!(canonical("statements/statement_v1.csv"), v2);
    let mut different = v2.clone();
    different.dedup();
    assert_eq!(different.len(), 6, "different lines differ");
    for (v1, v2) in [("levy_v1", "levy_v2"), ("non_levy_v1", "non_levy_v2")] {
        // Where version 1 has one of the two columns, what was paid stands in it.
        let v1 = payment(v1, "A Learner").replace(",3,0.00000,", ",3,-400.00000,");
        assert_eq!(lines(v1)[0].canonical(), lines(payment(v2, "B Learner"))[0].canonical());
    }
}

#[test]
fn another_learner_is_another_line_and_another_name_is_not() {
    let line = |file: String| lines(file)[0].canonical();
    let one = payment("levy_v2", "A Learner");
    assert_eq!(line(one.clone()), line(payment("levy_v2", "A Learner, Junior")));
    assert_ne!(line(one.clone()), line(one.replace("1000000001", "1000000002")));
    assert_ne!(line(one.clone()), line(one.replace("-400.00000", "-400.00001")));
    assert_eq!(line(one.clone()), line(one.replace("\"Example College Ltd\"", "\"Example, College Ltd\"")));
}

#[test]
fn every_layout_is_told_from_its_header_whatever_its_case() {
    let layouts = [
        ("levy_v1", Layout::LevyV1, Version::V1),
        ("levy_v2", Layout::LevyV2, Version::V2),
        ("non_levy_v1", Layout::NonLevyV1, Version::V1),
        ("non_levy_v2", Layout::NonLevyV2, Version::V2),
    ];
    for (name, layout, version) in layouts {
        assert_eq!(layout.headings(), columns(name), "{name}");
        let file = payment(name, "A Learner");
        let (header, line) = file.split_once("\r\n").unwrap();
        for header in [header.to_owned(), header.to_uppercase(), header.to_lowercase()] {
            let statement = Statement::open(std::io::Cursor::new(format!("{header}\r\n{line}"))).unwrap();
            assert_eq!((statement.layout(), statement.version()), (layout, version));
            assert!(statement.ignored_columns().is_empty());
        }
        assert_eq!(lines(file)[0].total, pounds("-400.00"), "{name}");
    }
}

#[test]
fn columns_are_found_by_name_and_unknown_ones_are_passed_over_and_named() {
    let mut columns = columns("levy_v2");
    columns.reverse();
    columns.insert(3, "Funding band".to_owned());
    let fields: Vec<String> = columns.iter().map(|column| field_of_payment(column, "A Learner")).collect();
    let file = format!("{},\n{},", columns.join(","), fields.join(","));
    let statement = Statement::open(std::io::Cursor::new(file.clone())).unwrap();
    assert_eq!(statement.ignored_columns(), ["Funding band"]);
    let read = lines(file);
    assert_eq!(read[0].course_name.as_deref(), Some("Business administrator"));
    assert_eq!(read[0].canonical(), lines(payment("levy_v2", "A Learner"))[0].canonical());
}

#[test]
fn every_known_transaction_type_is_read_and_moves_the_balance_as_it_should() {
    let types = known()["transaction_types"].as_object().unwrap().clone();
    let names: Vec<(String, String)> = types
        .iter()
        .flat_map(|(group, names)| {
            let names = names.as_array().unwrap().clone();
            names.into_iter().map(move |name| (group.clone(), name.as_str().unwrap().to_owned()))
        })
        .collect();
    assert_eq!(names.len(), Kind::ALL.len());
    for (group, name) in names {
        for written in [name.clone(), name.to_uppercase()] {
            let line = format!(
                "06/05/2026,{written},x,,,0.00000,0.00000,0.00000,,\"\",,,,,,-3.00000,0.00000,-1.00000,-6.00000,\
                 -10.00000,"
            );
            let line = lines(v2(&[&line])).remove(0);
            assert_eq!(line.kind.name(), name);
            let (effect, month) = match group.as_str() {
                "payment" => ("-3.00", "2026-04"),
                "transfer" => ("-10.00", "2026-04"),
                "levy" | "expired" => ("-10.00", "2026-05"),
                other => panic!("an unknown group {other}"),
            };
            assert_eq!((line.balance_effect(), line.month().to_string().as_str()), (pounds(effect), month), "{name}");
        }
    }
    let life = |name: &str| {
        lines(case_file("statements/statement_v2.csv"))[0].clone().kind == Kind::Expired(None) && {
            let file = String::from_utf8(case_file("statements/statement_v2.csv")).unwrap();
            let named = file.replacen("Expired Levy,", &format!("{name},"), 1);
            lines(named)[0].kind == Kind::Expired(Some(Life::Months12))
        }
    };
    assert!(life("Expired Levy 12 month") && life("expired levy 12 months"));
}

#[test]
fn a_transfer_goes_where_the_sign_of_its_total_says() {
    let line = "05/05/2026,Transfer,Transfer sent to Small Firm,,,0.00000,0.00000,0.00000,,\"\",,,,,,0.00000,\
                -250.00000,0.00000,0.00000,250.00000,";
    assert_eq!(lines(v2(&[line]))[0].balance_effect(), pounds("250.00"), "it was received, whatever it says");
}

#[test]
fn a_january_collection_closes_in_february_and_december_in_the_next_year() {
    let month = |date: &str| lines(payment("levy_v2", "").replace("06/05/2026", date))[0].month().to_string();
    assert_eq!(month("05/01/2026"), "2025-12");
    assert_eq!(month("01/03/2026"), "2026-02");
    let levied = levy("1/A", "Apr 2026").replace("23/05/2026", "31/12/2025");
    assert_eq!(lines(v2(&[&levied]))[0].month().to_string(), "2025-12");
}

#[test]
fn a_learner_number_never_shows_where_a_line_is_logged() {
    let line = lines(payment("levy_v2", "Ada Lovelace")).remove(0);
    let logged = format!("{line:?}");
    assert!(!logged.contains("1000000001") && !logged.contains("Ada"), "{logged}");
}
