//! The zip archive around a project: names and bytes of its parts, within limits.

use std::collections::HashSet;
use std::io::{Cursor, Read, Write};

use model::Code;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::Part;
use crate::document::{DOCUMENT_BYTES_MAX, ReadError};

/// Parts at most: ten times the packages of the largest projects known in public.
const PARTS_MAX: usize = 10_000;
/// Bytes of all parts together at most, uncompressed.
const BYTES_MAX: u64 = 512 << 20;
/// How messages name the archive.
const ARCHIVE: &str = "the .ispac file";
/// What to do about a damaged archive.
const DAMAGED: &str = "the file is damaged or was cut short; copy it again or build it again";

/// The parts of an archive, their names URL-decoded.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Part>, ReadError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))
        .map_err(|error| bad(format!("not a readable zip archive: {error}")).hint(DAMAGED))?;
    if PARTS_MAX < archive.len() {
        return Err(bad(format!("the archive has more than {PARTS_MAX} parts")));
    }
    // What it says of itself; what is in it is measured below.
    if archive.decompressed_size().is_some_and(|size| u128::from(BYTES_MAX) < size) {
        return Err(bad(format!("the archive holds more than {} MiB", BYTES_MAX >> 20)));
    }
    let mut left = BYTES_MAX;
    let mut names = HashSet::new();
    let mut parts = Vec::with_capacity(archive.len());
    for index in 0..archive.len() {
        let part = read_part(&mut archive, index, &mut left)?;
        if !names.insert(part.name.to_lowercase()) {
            return Err(bad(format!("the archive has part `{}` twice", part.name)));
        }
        parts.push(part);
    }
    Ok(parts)
}

fn read_part(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
    left: &mut u64,
) -> Result<Part, ReadError> {
    let damaged = |error: &dyn std::fmt::Display| {
        bad(format!("part {} cannot be read: {error}", index + 1)).hint(DAMAGED)
    };
    let file = archive.by_index(index).map_err(|error| damaged(&error))?;
    let raw = file.name().map_err(|error| damaged(&error))?.into_owned();
    let name = url_decode(&raw);
    if name.contains(['/', '\\', '\0']) || name == "." || name == ".." || name.is_empty() {
        return Err(bad(format!("part `{}` is in a folder", name.escape_debug())));
    }
    let limit = (*left).min(DOCUMENT_BYTES_MAX as u64);
    let mut content = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut content)
        .map_err(|error| bad(format!("part `{name}` cannot be read: {error}")).hint(DAMAGED))?;
    let size = content.len() as u64;
    if limit < size {
        return Err(bad(format!("part `{name}` is too large")));
    }
    *left -= size;
    Ok(Part { name, bytes: content.into() })
}

/// An archive of these parts; the same bytes for the same parts.
pub(crate) fn write(parts: &[Part]) -> Result<Vec<u8>, ReadError> {
    let failed = |error: &dyn std::fmt::Display| bad(format!("cannot build the archive: {error}"));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for part in parts {
        writer.start_file(url_encode(&part.name), options).map_err(|error| failed(&error))?;
        writer.write_all(&part.bytes).map_err(|error| failed(&error))?;
    }
    Ok(writer.finish().map_err(|error| failed(&error))?.into_inner())
}

fn bad(message: String) -> ReadError {
    ReadError::new(ARCHIVE, Code::BadArchive, message)
}

/// The name that a URL-encoded one means; what is no encoding stays as it is.
fn url_decode(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let hex = |at: usize| behind.get(at).and_then(|&byte| char::from(byte).to_digit(16));
        match (first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.extend(u8::try_from(high * 16 + low));
                rest = &behind[2..];
            }
            _ => {
                bytes.push(first);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| name.to_owned())
}

/// The name of a part in an archive, as designers write it: space is `%20`.
fn url_encode(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=@[]".contains(&byte);
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if is_plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, bytes: &[u8]) -> Part {
        Part { name: name.to_owned(), bytes: bytes.into() }
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let parts = [part("Load Kundenübersicht 100%.dtsx", b"<a/>"), part("Project.params", b"")];
        let bytes = write(&parts).unwrap();
        assert_eq!(bytes, write(&parts).unwrap());
        assert_eq!(read(&bytes).unwrap(), parts);
    }

    #[test]
    fn a_truncated_archive_says_what_to_do() {
        let bytes = write(&[part("A.dtsx", &[7; 1000])]).unwrap();
        for end in [0, 10, bytes.len() / 2, bytes.len() - 5] {
            let error = read(&bytes[..end]).unwrap_err();
            assert_eq!(error.diagnostic.code, Code::BadArchive);
            assert_eq!(error.diagnostic.hint.as_deref(), Some(DAMAGED));
        }
    }

    #[test]
    fn a_part_in_a_folder_is_refused() {
        for name in ["../A.dtsx", "a/b.dtsx", "..%2FA.dtsx", "C:\\A.dtsx"] {
            let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
            writer.start_file(name, SimpleFileOptions::default()).unwrap();
            let bytes = writer.finish().unwrap().into_inner();
            let error = read(&bytes).unwrap_err();
            assert!(error.to_string().contains("is in a folder"), "{name}: {error}");
        }
    }

    #[test]
    fn an_archive_that_says_how_large_it_gets_is_refused_unread() {
        let mut one = ZipWriter::new(Cursor::new(Vec::new()));
        one.start_file("A", SimpleFileOptions::default()).unwrap();
        one.write_all(&vec![0; DOCUMENT_BYTES_MAX]).unwrap();
        let mut one = one.finish_into_readable().unwrap();
        let mut many = ZipWriter::new(Cursor::new(Vec::new()));
        for number in 0..=BYTES_MAX / DOCUMENT_BYTES_MAX as u64 {
            let name = format!("{number}.dtsx");
            many.raw_copy_file_rename(one.by_index(0).unwrap(), name).unwrap();
        }
        let error = read(&many.finish().unwrap().into_inner()).unwrap_err();
        insta::assert_snapshot!(error, @"cannot read `the .ispac file`: PH0112: the archive holds more than 512 MiB");
    }

    #[test]
    fn a_part_that_unpacks_without_end_is_refused() {
        let zeros = vec![0; DOCUMENT_BYTES_MAX + 1];
        let bytes = write(&[part("A.dtsx", &zeros)]).unwrap();
        assert!(bytes.len() < 1 << 20);
        let error = read(&bytes).unwrap_err();
        insta::assert_snapshot!(error, @"cannot read `the .ispac file`: PH0112: part `A.dtsx` is too large");
    }
}
