//! XML files and texts, read element by element in bounded memory.
//!
//! Names are given without their prefixes: the XML Source knows one namespace only. DTDs are
//! refused, and with them all entities but XML's own, so that a file cannot name other files or
//! grow without end.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor};
use std::path::Path;

use encoding_rs::Encoding;
use quick_xml::XmlVersion;
use quick_xml::encoding::DecodingReader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// An element begins: its name and its attributes.
    Open(String, Vec<(String, String)>),
    /// Text in the element, which may come in several pieces.
    Text(String),
    /// The element that was opened last ends.
    Close,
}

/// An XML text that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum XmlError {
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Read(#[source] io::Error),
    /// It is not well-formed, or uses what is refused.
    #[error("the XML text is not valid at byte {position}: {why}")]
    Syntax {
        /// How far it was read.
        position: u64,
        /// What is wrong there.
        why: String,
    },
}

/// Reads elements.
pub struct Reader {
    reader: quick_xml::Reader<DecodingReader<Box<dyn BufRead + Send>>>,
    buffer: Vec<u8>,
    /// Open elements.
    depth: usize,
    /// Whether the element that was opened last is closed already.
    pending_close: bool,
    seen_root: bool,
}

impl Reader {
    /// Opens a file; its first bytes or its declaration say how it is encoded.
    pub fn open(path: &Path) -> Result<Self, XmlError> {
        let file = File::open(path).map_err(XmlError::Read)?;
        let mut file = BufReader::with_capacity(1 << 16, file);
        let encoding = match declared(file.fill_buf().map_err(XmlError::Read)?) {
            None => encoding_rs::UTF_8,
            Some(name) => Encoding::for_label(name.as_bytes()).ok_or_else(|| {
                let why = format!("its encoding `{name}` is unknown");
                XmlError::Syntax { position: 0, why }
            })?,
        };
        Ok(Self::new(Box::new(file), encoding))
    }

    /// Reads a text.
    pub fn from_text(text: &str) -> Self {
        // The declaration says how the text was encoded before it became one.
        let text = text.trim_start_matches('\u{FEFF}');
        let text = match text.strip_prefix("<?xml").and_then(|rest| rest.find("?>")) {
            Some(end) => &text["<?xml".len() + end + "?>".len()..],
            None => text,
        };
        Self::new(Box::new(Cursor::new(text.as_bytes().to_vec())), encoding_rs::UTF_8)
    }

    /// A byte order mark in front says more than `encoding`.
    fn new(bytes: Box<dyn BufRead + Send>, encoding: &'static Encoding) -> Self {
        let mut bytes = DecodingReader::new(bytes);
        if encoding.is_ascii_compatible() {
            bytes.set_encoding(encoding);
        }
        let reader = quick_xml::Reader::from_reader(bytes);
        let (depth, pending_close, seen_root) = (0, false, false);
        Self { reader, buffer: Vec::new(), depth, pending_close, seen_root }
    }

    /// The next node; `None` at the end.
    pub fn next_node(&mut self) -> Result<Option<Node>, XmlError> {
        if std::mem::take(&mut self.pending_close) {
            return Ok(Some(Node::Close));
        }
        loop {
            self.buffer.clear();
            let event = self.reader.read_event_into(&mut self.buffer);
            let position = self.reader.buffer_position();
            let wrong = |why: String| XmlError::Syntax { position, why };
            let event = match event {
                Err(quick_xml::Error::Io(error)) => {
                    return Err(XmlError::Read(io::Error::new(error.kind(), error.to_string())));
                }
                other => other.map_err(|error| wrong(error.to_string()))?,
            };
            let node = match event {
                Event::Start(start) => {
                    self.depth += 1;
                    self.seen_root = true;
                    opened(&start).map_err(wrong)?
                }
                Event::Empty(start) => {
                    self.pending_close = true;
                    self.seen_root = true;
                    opened(&start).map_err(wrong)?
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    Node::Close
                }
                Event::Text(text) => {
                    Node::Text(text.xml_content(XmlVersion::Implicit1_0).into_owned())
                }
                Event::CData(text) => {
                    Node::Text(text.xml_content(XmlVersion::Implicit1_0).into_owned())
                }
                Event::GeneralRef(reference) => {
                    let name: &str = &reference;
                    let character =
                        reference.resolve_char_ref().map_err(|error| wrong(error.to_string()))?;
                    let text = character.map(String::from);
                    let text = text.or_else(|| resolve_predefined_entity(name).map(str::to_owned));
                    let unknown = || wrong(format!("the entity `{name}` is unknown"));
                    Node::Text(text.ok_or_else(unknown)?)
                }
                Event::DocType(_) => return Err(wrong("DTDs are not supported".to_owned())),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => continue,
                Event::Eof if self.depth != 0 || !self.seen_root => {
                    return Err(wrong("it ends too early".to_owned()));
                }
                Event::Eof => return Ok(None),
            };
            return Ok(Some(node));
        }
    }
}

/// The text of a whole document, in the encoding of its byte order mark or its declaration, else in
/// UTF-8. The declaration stays in it.
pub fn document_text(bytes: &[u8]) -> Result<String, XmlError> {
    let wrong = |why: String| XmlError::Syntax { position: 0, why };
    let (encoding, mark) = match Encoding::for_bom(bytes) {
        Some(found) => found,
        None => match declared(bytes) {
            None => (encoding_rs::UTF_8, 0),
            Some(name) => {
                let found = Encoding::for_label(name.as_bytes());
                // A declaration that can be read byte by byte is not in UTF-16, whatever it says.
                let found = found.map(Encoding::output_encoding);
                (found.ok_or_else(|| wrong(format!("its encoding `{name}` is unknown")))?, 0)
            }
        },
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..]);
    let text = text.ok_or_else(|| wrong(format!("its bytes are not {}", encoding.name())))?;
    Ok(text.into_owned())
}

/// The encoding that an XML declaration names, where it can be read without knowing it.
fn declared(start: &[u8]) -> Option<String> {
    let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
    let declaration = start.strip_prefix(b"<?xml")?;
    let end = declaration.iter().position(|byte| *byte == b'>')?;
    let declaration = std::str::from_utf8(&declaration[..end]).ok()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value[1..].split_once(quote).map(|(name, _)| name.to_owned())
}

fn opened(start: &BytesStart<'_>) -> Result<Node, String> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        let value = value.map_err(|error| error.to_string())?.into_owned();
        attributes.push((attribute.key.local_name().as_ref().to_owned(), value));
    }
    Ok(Node::Open(start.local_name().as_ref().to_owned(), attributes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(mut reader: Reader) -> Result<String, String> {
        let mut shown = String::new();
        while let Some(node) = reader.next_node().map_err(|error| error.to_string())? {
            match node {
                Node::Open(name, attributes) => {
                    shown.push_str(&format!("<{name}"));
                    for (name, value) in attributes {
                        shown.push_str(&format!(" {name}={value}"));
                    }
                    shown.push('>');
                }
                Node::Text(text) => shown.push_str(&text),
                Node::Close => shown.push_str("</>"),
            }
        }
        Ok(shown)
    }

    #[test]
    fn elements_come_without_prefixes_and_with_their_text_made_plain() {
        let text = "<?xml version='1.0' encoding='utf-16'?><a:r xmlns:a='u' b='1 &lt; 2'><x/>č&amp;&#x41;<![CDATA[<z>]]><!-- no --></a:r>";
        assert_eq!(shown(Reader::from_text(text)).unwrap(), "<r b=1 < 2><x></>č&A<z></>");
    }

    #[test]
    fn files_are_read_in_the_encoding_that_they_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.xml");
        let read = |bytes: Vec<u8>| {
            std::fs::write(&path, bytes).unwrap();
            shown(Reader::open(&path).unwrap()).unwrap()
        };
        let long = format!("<?xml version='1.0'{}encoding=\"UTF-8\"?><a>č</a>", " ".repeat(200));
        assert_eq!(read(long.into_bytes()), "<a>č</>");
        assert_eq!(read("\u{FEFF}<a>č</a>".as_bytes().to_vec()), "<a>č</>");
        let mut old = b"<?xml version='1.0' encoding='windows-1250'?><a>".to_vec();
        old.extend([0xE8]);
        old.extend(b"</a>");
        assert_eq!(read(old), "<a>č</>");
        let wide = "\u{FEFF}<?xml version='1.0' encoding='utf-16'?><a>č</a>";
        let wide = wide.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(wide), "<a>č</>");
    }

    #[test]
    fn a_documents_text_is_read_in_the_encoding_that_it_names_and_is_not_guessed_at() {
        let text = "<?xml version='1.0' encoding='utf-16'?><a>č</a>";
        let marked = format!("\u{FEFF}{text}");
        let wide = marked.encode_utf16().flat_map(u16::to_le_bytes);
        assert_eq!(document_text(&wide.collect::<Vec<_>>()).unwrap(), text);
        assert_eq!(document_text(text.as_bytes()).unwrap(), text);
        let old = b"<?xml version='1.0' encoding='windows-1250'?><a>\xE8</a>";
        assert!(document_text(old).unwrap().ends_with("<a>č</a>"));
        assert!(document_text(b"<a>\xE8</a>").unwrap_err().to_string().contains("UTF-8"));
        let odd = b"<?xml version='1.0' encoding='klingon'?><a/>";
        assert!(document_text(odd).unwrap_err().to_string().contains("`klingon`"));
    }

    #[test]
    fn what_is_not_well_formed_or_has_a_dtd_is_refused() {
        for (text, why) in [
            ("<a><b></a>", "b"),
            ("<a>", "too early"),
            ("", "too early"),
            ("<a>&x;</a>", "`x` is unknown"),
            ("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a/>", "DTDs"),
        ] {
            let error = shown(Reader::from_text(text)).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
