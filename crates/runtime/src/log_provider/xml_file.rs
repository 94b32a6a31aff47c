//! The log provider for XML files: a `record` for each entry, in a `dtslog` for each run.
//!
//! The file is a whole document after every entry: each replaces the closing tags and writes them
//! again behind itself. Runs that share a file wait for each other.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use fs_err::{File, OpenOptions};

use super::entry::Entry;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<dtslogs>\n";
const RUN: &str = "<dtslog>\n";
const RUN_END: &str = "</dtslog>\n";
const END: &str = "</dtslogs>\n";

/// Opens a log for a run, behind what earlier runs have written.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    locked(&mut file, |file| {
        if file.metadata()?.len() == 0 {
            file.write_all(HEAD.as_bytes())?;
        } else {
            go_before(file, END)?;
        }
        file.write_all([RUN, RUN_END, END].concat().as_bytes())
    })?;
    Ok(file)
}

/// Writes an entry into the last run of the log.
pub(super) fn write(file: &mut File, entry: &Entry) -> io::Result<()> {
    let record = record(entry);
    locked(file, |file| {
        go_before(file, &[RUN_END, END].concat())?;
        file.write_all([record.as_str(), RUN_END, END].concat().as_bytes())
    })
}

fn locked(file: &mut File, work: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    file.file().lock()?;
    let result = work(file);
    file.file().unlock()?;
    result
}

/// Goes to where the closing tags begin.
fn go_before(file: &mut File, closing: &str) -> io::Result<()> {
    let foreign = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "the file is there and is no XML log, or was cut short; name another file",
        )
    };
    let length = i64::try_from(closing.len()).unwrap_or(i64::MAX);
    let start = file.seek(SeekFrom::End(-length)).map_err(|_| foreign())?;
    let mut there = String::new();
    file.read_to_string(&mut there).map_err(|_| foreign())?;
    if there != closing {
        return Err(foreign());
    }
    file.seek(SeekFrom::Start(start)).map(drop)
}

fn record(entry: &Entry) -> String {
    let time = entry.time_text();
    let code = entry.data_code.to_string();
    let fields = [
        ("event", entry.event.as_str()),
        ("message", entry.message.as_deref().unwrap_or_default()),
        ("computer", &entry.computer),
        ("operator", &entry.operator),
        ("source", &entry.source),
        ("sourceid", &entry.source_id),
        ("executionid", &entry.execution_id),
        ("starttime", &time),
        ("endtime", &time),
        ("datacode", &code),
        ("databytes", &entry.data_bytes),
    ];
    let field = |(name, value): &(&str, &str)| format!("<{name}>{}</{name}>", escaped(value));
    format!("<record>{}</record>\n", fields.iter().map(field).collect::<String>())
}

/// Text as XML has it; characters that XML cannot have become question marks.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' | '\n' => out.push(letter),
            '\r' => out.push_str("&#13;"),
            control if control < ' ' || matches!(control, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use chrono::{Local, TimeZone};

    use super::*;

    fn entry(message: &str) -> Entry {
        Entry {
            event: "OnError".to_owned(),
            computer: "box".to_owned(),
            operator: String::new(),
            source: "A & B".to_owned(),
            source_id: "{1}".to_owned(),
            execution_id: "{2}".to_owned(),
            time: Local.with_ymd_and_hms(2026, 11, 21, 13, 5, 0).unwrap(),
            data_code: 1,
            data_bytes: "0x".to_owned(),
            message: Some(message.to_owned()),
        }
    }

    #[test]
    fn the_file_is_a_whole_document_after_every_entry() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.xml");
        let read = || fs_err::read_to_string(&path).unwrap();
        let mut first = open(&path).unwrap();
        assert_eq!(read(), format!("{HEAD}{RUN}{RUN_END}{END}"));
        write(&mut first, &entry("1 < 2\u{1}")).unwrap();
        let mut second = open(&path).unwrap();
        write(&mut first, &entry("x")).unwrap();
        write(&mut second, &entry("y")).unwrap();
        let text = read();
        assert_eq!(text.matches("<record>").count(), 3);
        assert_eq!(text.matches("<dtslog>").count(), 2);
        insta::assert_snapshot!(text.lines().nth(3).unwrap(), @"<record><event>OnError</event><message>1 &lt; 2?</message><computer>box</computer><operator></operator><source>A &amp; B</source><sourceid>{1}</sourceid><executionid>{2}</executionid><starttime>11/21/2026 1:05:00 PM</starttime><endtime>11/21/2026 1:05:00 PM</endtime><datacode>1</datacode><databytes>0x</databytes></record>");
        assert!(text.ends_with("</record>\n</dtslog>\n</dtslogs>\n"));
    }

    #[test]
    fn a_file_of_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.xml");
        for content in ["x", "a longer text than all closing tags together are"] {
            fs_err::write(&path, content).unwrap();
            assert!(open(&path).unwrap_err().to_string().contains("no XML log"));
            assert_eq!(fs_err::read_to_string(&path).unwrap(), content);
        }
    }
}
