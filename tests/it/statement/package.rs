//! Workbooks made by hand, part by part, for what no writer of ours would write.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A workbook's parts.
pub struct Parts {
    pub workbook: String,
    pub relations: String,
    pub sheet: String,
    pub shared: Option<String>,
}

/// A cell of a row, as XML without its reference.
pub fn text(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

pub fn number(number: &str) -> String {
    format!("<c><v>{number}</v></c>")
}

/// A sheet of these rows of cells.
pub fn sheet(rows: &[Vec<String>]) -> String {
    let rows: Vec<String> = rows.iter().map(|cells| format!("<row>{}</row>", cells.concat())).collect();
    format!("<?xml version=\"1.0\"?><worksheet><sheetData>{}</sheetData></worksheet>", rows.concat())
}

impl Parts {
    pub fn new(sheet: String) -> Self {
        Self {
            workbook: "<workbook><workbookPr/><sheets><sheet name=\"Notes\" r:id=\"rId9\"/>\
                       <sheet name=\"Transactions\" r:id=\"rId1\"/></sheets></workbook>"
                .to_owned(),
            relations: "<Relationships><Relationship Id=\"rId1\" Type=\"x/worksheet\" Target=\"worksheets/one.xml\"/>\
                        <Relationship Id=\"rId2\" Type=\"x/sharedStrings\" Target=\"/xl/shared.xml\"/></Relationships>"
                .to_owned(),
            sheet,
            shared: Some("<sst/>".to_owned()),
        }
    }

    pub fn zip(self) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        let parts = [
            ("xl/workbook.xml", Some(self.workbook)),
            ("xl/_rels/workbook.xml.rels", Some(self.relations)),
            ("xl/worksheets/one.xml", Some(self.sheet)),
            ("xl/shared.xml", self.shared),
        ];
        for (name, content) in parts {
            if let Some(content) = content {
                zip.start_file(name, options).unwrap();
                zip.write_all(content.as_bytes()).unwrap();
            }
        }
        zip.finish().unwrap().into_inner()
    }
}
