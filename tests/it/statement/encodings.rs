//! The same lines in the encodings that spreadsheets save.

use super::{faults, lines, payment, refusal};

fn file() -> String {
    payment("levy_v2", "Zoë Ångström").replace("Example College Ltd", "Collège d’Été")
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once('\u{FEFF}')
        .chain(text.chars())
        .flat_map(|c| {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().flat_map(|&unit| bytes(unit)).collect::<Vec<u8>>()
        })
        .collect()
}

fn windows_1252(text: &str) -> Vec<u8> {
    let bytes = text.chars().map(|c| match c {
        '’' => 0x92,
        c => u8::try_from(u32::from(c)).unwrap(),
    });
    bytes.collect()
}

#[test]
fn utf_8_with_or_without_its_mark_utf_16_and_windows_1252_read_alike() {
    let expected = lines(file());
    assert_eq!(expected[0].training_provider.as_deref(), Some("Collège d’Été"));
    assert_eq!(lines(format!("\u{FEFF}{}", file())), expected);
    assert_eq!(lines(utf16(&file(), u16::to_le_bytes)), expected);
    assert_eq!(lines(utf16(&file(), u16::to_be_bytes)), expected);
    assert_eq!(lines(windows_1252(&file())), expected);
}

#[test]
fn unicode_text_of_a_spreadsheet_is_separated_by_tabs() {
    let tabs = file().replace(',', "\t");
    assert_eq!(lines(utf16(&tabs, u16::to_le_bytes)), lines(file()));
}

#[test]
fn a_line_in_another_encoding_is_a_fault_that_names_it() {
    let line = file().split_once("\r\n").unwrap().1.trim().to_owned();
    let mut mixed = file().into_bytes();
    mixed.extend(b"\n");
    mixed.extend(windows_1252(&line));
    let told = "line 3: the line is not UTF-8 as the lines before it are: save the file again as UTF-8";
    assert_eq!(faults(mixed), [told]);
    let mut mixed = windows_1252(&file());
    mixed.extend(format!("\n{line}").into_bytes());
    assert_eq!(faults(mixed), [told.replace("UTF-8 as", "Windows-1252 as")]);
}

#[test]
fn bytes_that_are_no_text_are_a_fault() {
    let mut file = payment("levy_v2", "A Learner").into_bytes();
    file.extend(b"\n06/05/2026,\0\n06/05/2026,\x81\n");
    assert_eq!(
        faults(file),
        ["line 3: the line holds bytes that are no text", "line 4: the line holds bytes that are no text"]
    );
    let without_mark = utf16(&self::file(), u16::to_le_bytes).split_off(2);
    assert_eq!(refusal(without_mark), "the header cannot be read: the line holds bytes that are no text");
    let mut odd = utf16(&payment("levy_v2", "A Learner"), u16::to_le_bytes);
    odd.extend([0x00, 0xD8, b'x', 0]);
    assert_eq!(faults(odd), ["line 3: the line holds bytes that are no text"]);
}
