//! The parts of an .xlsx workbook that change when rows or sheets are added, as text.
//!
//! They are read with an XML parser and changed in place, so that what is not understood here
//! stays as it is. Source: ECMA-376, SpreadsheetML.

use std::fs::File;
use std::io::Read as _;

use roxmltree::{Document, Node};
use zip::ZipArchive;

use super::super::super::{DatabaseError, Kind};
use super::failed;

/// A part is at most this long, unpacked.
const PART_BYTES_MAX: u64 = 1 << 30;

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";

/// A number format of dates with a time that every workbook has.
const DATE_TIME_FORMAT: &str = "22";

const RELATIONS_PART: &str = "xl/_rels/workbook.xml.rels";
const WORKBOOK_PART: &str = "xl/workbook.xml";
const TYPES_PART: &str = "[Content_Types].xml";

/// A workbook without sheets.
pub(super) const EMPTY_WORKBOOK: &[(&str, &str)] = &[
    (
        TYPES_PART,
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>"#,
    ),
    (
        "_rels/.rels",
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
    ),
    (
        WORKBOOK_PART,
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets></sheets></workbook>"#,
    ),
    (
        RELATIONS_PART,
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#,
    ),
    (
        "xl/styles.xml",
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs></styleSheet>"#,
    ),
];

/// Where the parts are.
pub(super) struct Workbook {
    pub(super) sheets: Vec<Sheet>,
    pub(super) styles: Option<String>,
    text: String,
    relations: String,
}

/// A sheet of the workbook.
pub(super) struct Sheet {
    pub(super) name: String,
    id: u32,
    part: String,
}

/// The text of a part.
pub(super) fn text(archive: &mut ZipArchive<File>, part: &str) -> Result<String, DatabaseError> {
    let file = archive.by_name(part).map_err(|error| failed(&format!("{part}: {error}")))?;
    let mut text = String::new();
    // What it says of its size need not be true.
    let read = file.take(PART_BYTES_MAX + 1).read_to_string(&mut text);
    read.map_err(|error| failed(&format!("{part}: {error}")))?;
    if PART_BYTES_MAX < text.len() as u64 {
        return Err(failed(&format!("{part} is larger than 1 GB")));
    }
    Ok(text)
}

fn parse<'a>(part: &str, text: &'a str) -> Result<Document<'a>, DatabaseError> {
    Document::parse(text).map_err(|error| failed(&format!("{part}: {error}")))
}

/// Text as XML has it; characters that XML cannot hold are left out.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' => escaped.push(c),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            c if c < ' ' || matches!(c, '\u{FFFE}' | '\u{FFFF}') => {}
            c => escaped.push(c),
        }
    }
    escaped
}

impl Workbook {
    pub(super) fn read(archive: &mut ZipArchive<File>) -> Result<Self, DatabaseError> {
        let text_of_workbook = text(archive, WORKBOOK_PART)?;
        let relations = text(archive, RELATIONS_PART)?;
        let (mut sheets, mut styles) = (Vec::new(), None);
        {
            let document = parse(RELATIONS_PART, &relations)?;
            let target = |id: &str| {
                let mut all =
                    document.descendants().filter(|n| n.has_tag_name((PACKAGE, "Relationship")));
                let found = all.find(|node| node.attribute("Id") == Some(id));
                found.and_then(|node| node.attribute("Target")).map(part_of)
            };
            let style = document
                .descendants()
                .find(|node| node.attribute("Type").is_some_and(|t| t.ends_with("/styles")));
            styles = style.and_then(|node| node.attribute("Target")).map(part_of).or(styles);
            let workbook = parse(WORKBOOK_PART, &text_of_workbook)?;
            for node in workbook.descendants().filter(|n| n.has_tag_name((MAIN, "sheet"))) {
                let id = node.attribute((RELATIONS, "id")).unwrap_or_default();
                let Some(part) = target(id) else { continue };
                let name = node.attribute("name").unwrap_or_default().to_owned();
                let id = node.attribute("sheetId").and_then(|id| id.parse().ok()).unwrap_or(0);
                sheets.push(Sheet { name, id, part });
            }
        }
        Ok(Self { sheets, styles, text: text_of_workbook, relations })
    }

    /// The part with a sheet.
    pub(super) fn part_of(&self, sheet: &str) -> Result<String, DatabaseError> {
        let found = self.sheets.iter().find(|own| own.name.eq_ignore_ascii_case(sheet));
        found.map(|sheet| sheet.part.clone()).ok_or_else(|| {
            let text = format!("the workbook has no sheet `{sheet}`");
            DatabaseError::new(Kind::Missing, text)
        })
    }
}

/// Targets are relative to `xl`, or begin at the root.
fn part_of(target: &str) -> String {
    match target.strip_prefix('/') {
        Some(rooted) => rooted.to_owned(),
        None => format!("xl/{target}"),
    }
}

/// A sheet, and where rows go.
pub(super) struct SheetText {
    text: String,
    at: Place,
    pub(super) last_row: u32,
}

enum Place {
    /// Before the end tag that begins here.
    Before(usize),
    /// Instead of an empty element.
    Instead(usize, usize),
}

impl SheetText {
    pub(super) fn new(text: String) -> Result<Self, DatabaseError> {
        let (at, last_row) = {
            let document = parse("the sheet", &text)?;
            let data = document.descendants().find(|n| n.has_tag_name((MAIN, "sheetData")));
            let data = data.ok_or_else(|| failed(&"the sheet has no element sheetData"))?;
            if text.get(data.range().start..).is_none_or(|rest| !rest.starts_with("<sheetData")) {
                return Err(failed(&"the sheet's elements have a prefix"));
            }
            let rows = data.children().filter(|n| n.has_tag_name((MAIN, "row")));
            let mut last_row = 0;
            for row in rows {
                let own = row.attribute("r").and_then(|r| r.parse::<u32>().ok());
                let number = own.unwrap_or(last_row + 1);
                if own.is_none() || row.children().any(|cell| has_value(&cell)) {
                    last_row = number;
                }
            }
            (place(&text, data), last_row)
        };
        let text = without_dimension(text, &at);
        Ok(Self { text: text.0, at: text.1, last_row })
    }

    /// The text before and behind new rows.
    pub(super) fn around(&self) -> (String, String) {
        match self.at {
            Place::Before(at) => (self.text[..at].to_owned(), self.text[at..].to_owned()),
            Place::Instead(start, end) => (
                format!("{}<sheetData>", &self.text[..start]),
                format!("</sheetData>{}", &self.text[end..]),
            ),
        }
    }
}

fn has_value(cell: &Node<'_, '_>) -> bool {
    cell.children().any(|node| node.is_element())
}

fn place(text: &str, data: Node<'_, '_>) -> Place {
    let range = data.range();
    match text[range.clone()].rfind("</sheetData") {
        Some(end) => Place::Before(range.start + end),
        None => Place::Instead(range.start, range.end),
    }
}

/// Takes out how far the sheet goes, which is no longer true and need not be there.
fn without_dimension(mut text: String, at: &Place) -> (String, Place) {
    let start = match at {
        Place::Before(at) | Place::Instead(at, _) => *at,
    };
    let found = text[..start].find("<dimension ").and_then(|from| {
        let end = text[from..start].find("/>")?;
        Some((from, from + end + 2))
    });
    let cut = found.map_or(0, |(from, to)| {
        text.replace_range(from..to, "");
        to - from
    });
    let at = match at {
        Place::Before(at) => Place::Before(at - cut),
        Place::Instead(start, end) => Place::Instead(start - cut, end - cut),
    };
    (text, at)
}

/// The number of a style for dates, and the styles with it when it has to be added.
pub(super) fn with_date_style(
    archive: &mut ZipArchive<File>,
    workbook: &Workbook,
) -> Result<(u32, Option<String>), DatabaseError> {
    let Some(part) = &workbook.styles else { return Ok((0, None)) };
    let mut styles = text(archive, part)?;
    let (end, count, number) = {
        let document = parse(part, &styles)?;
        let formats = document.descendants().find(|n| n.has_tag_name((MAIN, "cellXfs")));
        let Some(formats) = formats else { return Ok((0, None)) };
        let all: Vec<_> = formats.children().filter(|n| n.has_tag_name((MAIN, "xf"))).collect();
        let known = all.iter().position(|n| n.attribute("numFmtId") == Some(DATE_TIME_FORMAT));
        if let Some(known) = known {
            return Ok((u32::try_from(known).unwrap_or(0), None));
        }
        let range = formats.range();
        let end = styles[range.clone()].rfind("</").map(|end| range.start + end);
        let count = formats.attribute_node("count").map(|count| count.range_value());
        (end, count, u32::try_from(all.len()).unwrap_or(0))
    };
    let Some(end) = end else { return Ok((0, None)) };
    styles.insert_str(
        end,
        &format!(r#"<xf numFmtId="{DATE_TIME_FORMAT}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>"#),
    );
    if let Some(count) = count {
        styles.replace_range(count, &(number + 1).to_string());
    }
    Ok((number, Some(styles)))
}

/// The parts that change when a sheet is added.
pub(super) fn with_sheet(
    archive: &mut ZipArchive<File>,
    workbook: &Workbook,
    name: &str,
    rows: &str,
) -> Result<Vec<(String, Option<String>)>, DatabaseError> {
    let number = workbook.sheets.iter().map(|sheet| sheet.id).max().unwrap_or(0) + 1;
    let mut file = number;
    while archive.by_name(&format!("xl/worksheets/sheet{file}.xml")).is_ok() {
        file += 1;
    }
    let target = format!("worksheets/sheet{file}.xml");
    let id = format!("rIdSheet{file}");
    let types = text(archive, TYPES_PART)?;
    let sheet = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>"
    );
    let entry = format!(
        "<sheet name=\"{}\" sheetId=\"{number}\" xmlns:sr=\"{RELATIONS}\" sr:id=\"{id}\"/>",
        escaped(name)
    );
    let relation =
        format!("<Relationship Id=\"{id}\" Type=\"{RELATIONS}/worksheet\" Target=\"{target}\"/>");
    let content = format!(
        "<Override PartName=\"/xl/{target}\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>"
    );
    Ok(vec![
        (WORKBOOK_PART.to_owned(), Some(before_end(&workbook.text, "</sheets>", &entry)?)),
        (
            RELATIONS_PART.to_owned(),
            Some(before_end(&workbook.relations, "</Relationships>", &relation)?),
        ),
        (TYPES_PART.to_owned(), Some(before_end(&types, "</Types>", &content)?)),
        (format!("xl/{target}"), Some(sheet)),
    ])
}

fn before_end(text: &str, end: &str, added: &str) -> Result<String, DatabaseError> {
    let at = text.rfind(end).ok_or_else(|| failed(&format!("a part has no `{end}`")))?;
    Ok(format!("{}{added}{}", &text[..at], &text[at..]))
}
