//! What is refused, and how it is told: the line, the column, the right form, and never a learner.

use levy_ledger::statement::{LONGEST_LINE, LineCause};

use super::{columns, faults, levy, lines, payment, read, refusal, v2};

#[test]
fn a_file_that_is_no_statement_is_told_so() {
    assert_eq!(refusal(""), "the file is empty: download the transactions again");
    assert_eq!(refusal("\r\n\r\n"), "the file is empty: download the transactions again");
    for file in ["name,amount\nx,1\n", "hello", "{\"data\": []}", "%PDF-1.7", "Transaction date,Amount,\n"] {
        assert!(refusal(file).starts_with("the file is no statement: its first line should name columns"), "{file}");
    }
    assert!(refusal(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec()).contains("save it as .xlsx or as CSV"));
}

#[test]
fn a_wrong_header_names_what_is_missing_from_the_nearest_layout() {
    let without = payment("levy_v2", "x").replace("Course type,", "").replace("Levy declared,", "");
    assert_eq!(
        refusal(without),
        "the header is nearest to the levy layout of version 2, which also has \"Levy declared\", \"Course type\""
    );
    let old = payment("levy_v2", "x").replace("Learner,Course name", "Apprentice,Course name");
    assert_eq!(
        refusal(old),
        "the header is nearest to the levy layout of version 2, which also has \"Learner\" and does not have \
         \"Apprentice\""
    );
    let levy_column = payment("non_levy_v2", "x").replace("Total,", "Payroll month,Total,");
    assert_eq!(
        refusal(levy_column),
        "the header is nearest to the non-levy layout of version 2, which does not have \"Payroll month\""
    );
    let twice = payment("levy_v2", "x").replace("Course type,", "Course type,TOTAL,");
    assert_eq!(refusal(twice), "the header names the column \"Total\" twice");
    assert_eq!(
        refusal(format!("{}{}", columns("levy_v2").join(","), ",x".repeat(300))),
        "the header has 320 columns; at most 256 are read"
    );
}

#[test]
fn a_wrong_field_is_told_with_its_line_column_value_and_form() {
    let good = levy("123/AB45678", "Apr 2026");
    let wrong = [
        (good.replace("23/05/2026", "2026/05/23"), "Transaction date \"2026/05/23\" is not a date as dd/MM/yyyy"),
        (good.replace("23/05/2026", "31/02/2026"), "Transaction date \"31/02/2026\" is not a date"),
        (good.replace("Levy,Levy", "Levi,Levy"), "Transaction type \"Levi\" is not one of Levy, Levy Adjustment"),
        (good.replace("Apr 2026", "04/2026"), "Payroll month \"04/2026\" is not blank or a month as MMM yyyy"),
        (good.replace("990.00000", "£990.00"), "Total \"£990.00\" is not an amount of pounds"),
        (good.replace("990.00000", ""), "Total (blank) is not an amount of pounds"),
        (good.replace("990.00000", "990.000001"), "Total \"990.000001\" is not an amount of pounds"),
        (good.replace(",90.00000,90", ",190.00000,90"), "English % \"190.00000\" is not a percentage from 0 to 100"),
    ];
    for (line, told) in wrong {
        let faults = faults(v2(&[&good, &line, &good]));
        assert_eq!(faults.len(), 1, "{line}");
        assert!(faults[0].starts_with(&format!("line 3: {told}")), "{}", faults[0]);
    }
    assert_eq!(lines(v2(&[&good, &good])).len(), 2);
}

#[test]
fn no_fault_tells_a_learners_name_or_number() {
    let file = payment("levy_v2", "Ada Lovelace");
    let mangled = [
        file.replace("1000000001", "12345"),
        file.replace("1000000001", "1000000001x"),
        file.replace("1000000001", "Ada Lovelace"),
        file.replace(",Ada Lovelace", ""),
        file.replace(",Business administrator", ""),
        file.replace("Business administrator,3", "3"),
        file.replace("R8KGDR,", ""),
        file.replace("R8KGDR,", "").replace("Ada Lovelace", "Ada, Lovelace"),
        file.replace("R8KGDR,\"Example College Ltd\",", "").replace("Ada Lovelace", "Ada, Lovelace, Ada"),
        file.replace("Apprenticeship,", "Ada,Apprenticeship,x,"),
        file.replace("Ada Lovelace", "Ada, 1000000001, Lovelace, Ada, x"),
        file.replace("0.00000,0.00000,0.00000,R8", "0.00000,R8").replace("Ada Lovelace", "Ada, Lovelace, Ada"),
    ];
    for file in mangled {
        for fault in read(file.clone()).unwrap().into_iter().filter_map(Result::err) {
            for told in [fault.to_string(), format!("{fault:?}")] {
                assert!(!told.contains("Ada") && !told.contains("Lovelace") && !told.contains("1000000001"), "{told}");
            }
        }
    }
    assert_eq!(
        faults(file.replace("1000000001", "12345")),
        ["line 2: Unique learner number is not blank or a learner number of 10 digits"]
    );
}

#[test]
fn a_file_that_was_cut_short_is_seen_wherever_it_breaks_off() {
    let whole = payment("levy_v2", "A Learner");
    let (header, line) = whole.trim_end().split_once("\r\n").unwrap();
    for end in 1..line.len() {
        let cut = format!("{header}\r\n{}", &line[..end]);
        assert_eq!(faults(cut).len(), 1, "{}", &line[..end]);
    }
    let told = "line 2: the line breaks off, so the file may be cut short: download it again";
    assert_eq!(faults(format!("{header}\r\n{}", &line[..line.len() - 4])), [told]);
    let (header, line) = (header.trim_end_matches(','), line.trim_end_matches(','));
    for end in 1..line.len() {
        assert_eq!(faults(format!("{header}\n{}", &line[..end])).len(), 1, "{}", &line[..end]);
    }
    assert_eq!(lines(format!("{header}\n{line}")).len(), 1);
}

#[test]
fn fields_too_few_or_too_many_are_counted() {
    let line = levy("1/A", "Apr 2026");
    let fewer = v2(&[&line.replace(",Levy,Levy", ",Levy"), &line]);
    assert_eq!(faults(fewer), ["line 2: 19 fields where the header has 20 columns"]);
    let more = faults(v2(&[&line.replace("990.00000", "1,990.00000"), &line]));
    assert!(more[0].starts_with("line 2: 21 fields where the header has 20 columns, and commas in"), "{}", more[0]);
    assert_eq!(faults(v2(&[&",x".repeat(5_000), &line])).len(), 1);
}

#[test]
fn a_line_without_end_is_passed_over_and_the_next_is_read() {
    let line = levy("1/A", "Apr 2026");
    let long = "x".repeat(LONGEST_LINE * 3);
    let read = read(v2(&[&line, &long, &line])).unwrap();
    assert_eq!(read.len(), 3);
    assert_eq!(read[1].as_ref().unwrap_err().cause, LineCause::TooLong { most: LONGEST_LINE });
    assert_eq!(read[2].as_ref().unwrap().number, 4);
    assert_eq!(refusal(long), "the header cannot be read: the line is longer than 65536 bytes");
}
