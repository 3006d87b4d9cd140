//! Workbooks: all cells text as the national one, the true dates and numbers of one saved again,
//! and the bounds that hold before anything unpacks.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::package::{Parts, number, sheet, text};
use super::{columns, faults, field_of_payment, known, levy, lines, payment, read, refusal, v2};

/// The rows of a CSV's lines, all cells text.
fn rows(csv: &str) -> Vec<Vec<String>> {
    let fields = |line: &str| line.trim_end_matches(',').split(',').map(|f| text(f.trim_matches('"'))).collect();
    csv.trim_end().split("\r\n").map(fields).collect()
}

fn workbook(csv: &str) -> Vec<u8> {
    Parts::new(sheet(&rows(csv))).zip()
}

#[test]
fn a_workbook_whose_cells_are_text_reads_as_its_csv() {
    assert_eq!(known()["xlsx_differences"]["all_cells_are_text"], true);
    let csv = v2(&[&levy("123/AB45678", "Apr 2026"), &levy("123/AB45678", "Sept 2025")]);
    assert_eq!(known()["xlsx_differences"]["payroll_month_has_leading_apostrophe"], true);
    let apostrophes = csv.replace("Apr 2026", "'Apr 2026").replace("Sept", "'Sept");
    assert_eq!(lines(workbook(&apostrophes)), lines(csv));
    for layout in ["levy_v1", "levy_v2", "non_levy_v1", "non_levy_v2"] {
        let csv = payment(layout, "A Learner");
        assert_eq!(lines(workbook(&csv)), lines(csv), "{layout}");
    }
    let renamed = known()["xlsx_differences"]["non_levy_v2"].clone();
    let mut csv = payment("non_levy_v2", "A Learner");
    for (csv_name, name) in renamed.as_object().unwrap() {
        csv = csv.replace(csv_name, name.as_str().unwrap());
    }
    assert_eq!(lines(workbook(&csv)), lines(csv));
}

#[test]
fn a_name_with_commas_is_one_cell_of_a_workbook() {
    let header = columns("levy_v2");
    let line: Vec<String> =
        header.iter().map(|column| field_of_payment(column, "Learner, A & B").replace('"', "")).collect();
    let cells = |fields: &[String]| fields.iter().map(|field| text(field)).collect::<Vec<_>>();
    let read = lines(Parts::new(sheet(&[vec![], cells(&header), vec![], cells(&line)])).zip());
    assert_eq!(read[0].canonical(), lines(payment("levy_v2", "x"))[0].canonical());
    assert_eq!(read[0].number, 4);
}

#[test]
fn shared_texts_prefixes_and_formatted_runs_are_read() {
    let csv = payment("levy_v2", "A Learner");
    let fields: Vec<Vec<String>> = csv
        .trim_end()
        .split("\r\n")
        .map(|line| line.trim_end_matches(',').split(',').map(|field| field.trim_matches('"').to_owned()).collect())
        .collect();
    let shared: String = fields
        .concat()
        .iter()
        .map(|field| format!("<x:si><x:r><x:t>{field}</x:t></x:r><x:rPh><x:t>said</x:t></x:rPh></x:si>"))
        .collect();
    let row = |from: usize| {
        let cell = |place: usize| {
            format!(
                "<x:c r=\"{}{}\" t=\"s\"><x:v>{}</x:v></x:c>",
                (b'A' + u8::try_from(place).unwrap()) as char,
                from + 1,
                from * 20 + place
            )
        };
        format!("<x:row r=\"{}\">{}</x:row>", from + 1, (0..20).rev().map(cell).collect::<String>())
    };
    let sheet = format!("<x:worksheet><x:sheetData>{}{}</x:sheetData></x:worksheet>", row(0), row(1));
    let parts = Parts { shared: Some(format!("<x:sst>{shared}</x:sst>")), ..Parts::new(sheet) };
    assert_eq!(lines(parts.zip()), lines(csv));
}

#[test]
fn true_dates_and_numbers_are_read_exactly() {
    let csv = v2(&[&levy("123/AB45678", "Apr 2026").replace("990.00000", "521.73913")]);
    let mut rows = rows(&csv);
    for (place, value) in [(0, "46165"), (4, "46113"), (5, "1000"), (6, "90"), (7, "9E1"), (19, "521.73913000000005")] {
        rows[1][place] = number(value);
    }
    assert_eq!(lines(Parts::new(sheet(&rows)).zip()), lines(csv.clone()));
    (rows[1][0], rows[1][4]) = (number("44703"), text("Apr 2026"));
    let mut parts = Parts::new(sheet(&rows));
    parts.workbook = parts.workbook.replace("<workbookPr/>", "<workbookPr date1904=\"1\"/>");
    assert_eq!(lines(parts.zip()), lines(csv), "days are counted from 1904");
}

#[test]
fn a_wrong_cell_is_told_with_its_row() {
    let csv = v2(&[&levy("1/A", "Apr 2026"), &levy("1/A", "Apr 2026").replace("990.00000", "#N/A")]);
    let told = faults(workbook(&csv));
    assert!(told[0].starts_with("line 3: Total is not an amount of pounds"), "{}", told[0]);
}

#[test]
fn a_damaged_workbook_is_refused_or_ends_in_a_fault() {
    let whole = workbook(&payment("levy_v2", "A Learner"));
    assert!(refusal(&whole[..whole.len() / 2]).starts_with("the workbook cannot be read"));
    let broken = sheet(&rows(&payment("levy_v2", "x"))).replace("</sheetData></worksheet>", "<row><c><v>");
    let read = read(Parts::new(broken).zip()).unwrap();
    assert!(read[0].is_ok());
    assert!(read[1].as_ref().unwrap_err().to_string().contains("cannot be read further"));
    assert_eq!(read.len(), 2, "an unreadable sheet has no more lines");
    let mut parts = Parts::new(sheet(&rows(&payment("levy_v2", "x"))));
    parts.sheet = parts.sheet.replace("<c t=\"inlineStr\"><is><t>3</t></is></c>", "<c t=\"s\"><v>7</v></c>");
    assert_eq!(
        faults(parts.zip()),
        ["line 2: the file cannot be read further: a cell refers to a shared text that is not there"]
    );
    let parts = Parts { workbook: "<workbook/>".to_owned(), ..Parts::new(String::new()) };
    assert_eq!(refusal(parts.zip()), "the workbook cannot be read: it has no sheet");
}

#[test]
fn a_zip_bomb_is_refused_before_it_unpacks() {
    let bomb = Parts { shared: Some(" ".repeat(40_000_000)), ..Parts::new(String::new()) };
    let told = refusal(bomb.zip());
    assert!(told.starts_with("the workbook is refused: a part has 40000000 bytes packed into"), "{told}");
    assert!(told.ends_with("at most 250 times the packed size is read"), "{told}");
}

#[test]
fn a_workbook_of_too_many_parts_is_refused() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for part in 0..1_001 {
        zip.start_file(format!("{part}"), SimpleFileOptions::default()).unwrap();
    }
    let told = refusal(zip.finish().unwrap().into_inner());
    assert_eq!(told, "the workbook is refused: it has 1001 parts, at most 1000 parts is read");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for part in 0..40_000 {
        zip.start_file(format!("{part:0100}"), SimpleFileOptions::default()).unwrap();
    }
    let told = refusal(zip.finish().unwrap().into_inner());
    assert!(told.contains("its directory is too large"), "{told}");
}

#[test]
fn a_part_that_unpacks_to_more_than_it_says_is_a_fault() {
    let csv = v2(&vec![levy("1/A", "Apr 2026").as_str(); 2_000]);
    let mut file = workbook(&csv);
    let size = u32::try_from(sheet(&rows(&csv)).len()).unwrap();
    // The directory, and the part's own head, say that the sheet is small.
    for place in 0..file.len() - 4 {
        if file[place..place + 4] == size.to_le_bytes() {
            file[place..place + 4].copy_from_slice(&9_000_u32.to_le_bytes());
        }
    }
    let told = match read(file) {
        Err(refused) => refused.to_string(),
        Ok(read) => read.last().unwrap().as_ref().unwrap_err().to_string(),
    };
    assert!(told.contains("larger than its declared uncompressed size"), "{told}");
}

#[test]
fn a_row_that_does_not_end_is_a_fault() {
    let mut huge = rows(&payment("levy_v2", "x"));
    huge.push(vec![text(&uneven(3_000_000))]);
    let last = read(Parts::new(sheet(&huge)).zip()).unwrap().pop().unwrap().unwrap_err();
    assert!(last.to_string().contains("a row or a text has more than a mebibyte of XML"), "{last}");
    let shared = format!("<sst><si><t>{}</t></si></sst>", uneven(3_000_000));
    let parts = Parts { shared: Some(shared), ..Parts::new(String::new()) };
    assert!(refusal(parts.zip()).contains("a row or a text has more than a mebibyte of XML"));
}

/// Text that does not pack well.
fn uneven(length: u32) -> String {
    let mut text = Vec::new();
    for number in 0..length / 8 {
        write!(text, "{:08x}", number.wrapping_mul(2_654_435_761)).unwrap();
    }
    String::from_utf8(text).unwrap()
}
