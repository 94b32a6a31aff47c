//! Reads XML text: a document or a fragment.
//!
//! A DTD is refused, as CONVERT without style 2 does. Depth is bounded by the list of open
//! elements, not by the stack.

use super::tree::{Kind, Name, NodeId, Tree};
use crate::value::SqlError;

/// The namespace of the prefix `xml`.
const XML_SPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// The tree of a text. Texts of blanks only are left out unless they are to be kept, by the
/// caller or by `xml:space`.
pub(super) fn read(text: &str, keep_blanks: bool) -> Result<Tree, SqlError> {
    let mut reader = Reader {
        text,
        at: 0,
        tree: Tree::default(),
        open: vec![Open { node: Tree::ROOT, name: String::new(), keep: keep_blanks, spaces: 0 }],
        spaces: vec![("xml".to_owned(), XML_SPACE.to_owned())],
    };
    reader.declaration()?;
    while reader.at < text.len() {
        reader.part()?;
    }
    match reader.open.len() {
        1 => Ok(reader.tree),
        _ => Err(reader.error(9400, "unexpected end of input")),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    tree: Tree,
    open: Vec<Open>,
    /// Namespaces in force, the last ones first.
    spaces: Vec<(String, String)>,
}

struct Open {
    node: NodeId,
    name: String,
    keep: bool,
    /// How many namespaces were in force before.
    spaces: usize,
}

impl<'t> Reader<'t> {
    fn error(&self, number: i32, what: &str) -> SqlError {
        let before = &self.text[..self.at.min(self.text.len())];
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let character = before[start..].chars().count() + 1;
        let text = format!("XML parsing: line {line}, character {character}, {what}");
        SqlError::new(number, 16, 1, text)
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn current(&self) -> NodeId {
        self.open.last().map_or(Tree::ROOT, |open| open.node)
    }

    fn blanks(&mut self) -> bool {
        let rest = self.rest();
        let count = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.at += count;
        0 < count
    }

    /// All up to `end`, which is passed over.
    fn until(&mut self, end: &str) -> Result<&'t str, SqlError> {
        match self.rest().split_once(end) {
            Some((inside, _)) => {
                self.at += inside.len() + end.len();
                Ok(inside)
            }
            None => {
                self.at = self.text.len();
                Err(self.error(9400, "unexpected end of input"))
            }
        }
    }

    fn declaration(&mut self) -> Result<(), SqlError> {
        if self.rest().starts_with('\u{FEFF}') {
            self.at += '\u{FEFF}'.len_utf8();
        }
        if self.rest().starts_with("<?xml") && self.rest()[5..].starts_with([' ', '\t', '\r', '\n'])
        {
            self.until("?>")?;
        }
        Ok(())
    }

    fn part(&mut self) -> Result<(), SqlError> {
        let rest = self.rest();
        if rest.starts_with("<!--") {
            self.at += 4;
            let text = self.until("-->")?.to_owned();
            self.tree.add_comment(self.current(), text);
            return Ok(());
        }
        if rest.starts_with("<![CDATA[") || !rest.starts_with('<') {
            return self.characters();
        }
        if rest.starts_with("<?") {
            self.at += 2;
            let inside = self.until("?>")?;
            let (target, text) = inside.split_once([' ', '\t', '\r', '\n']).unwrap_or((inside, ""));
            if target.is_empty() || target.eq_ignore_ascii_case("xml") {
                return Err(self.error(9438, "text/xmldecl not at the beginning of input"));
            }
            self.tree.add_instruction(self.current(), target, text.trim_start().to_owned());
            return Ok(());
        }
        if rest.starts_with("<!") {
            let text = "Parsing XML with internal subset DTDs not allowed. Use CONVERT with style option 2 to enable limited internal subset DTD support.";
            return Err(SqlError::new(6359, 16, 1, text));
        }
        if rest.starts_with("</") {
            return self.end_tag();
        }
        self.start_tag()
    }

    /// Text and CDATA up to the next tag, as one text.
    fn characters(&mut self) -> Result<(), SqlError> {
        let mut text = String::new();
        let mut kept = self.open.last().is_some_and(|open| open.keep);
        loop {
            if self.rest().starts_with("<![CDATA[") {
                self.at += 9;
                text.push_str(&self.until("]]>")?.replace("\r\n", "\n"));
                kept = true;
                continue;
            }
            let rest = self.rest();
            let end = rest.find('<').unwrap_or(rest.len());
            if end == 0 {
                break;
            }
            let piece = &rest[..end];
            kept |= piece.contains('&');
            if piece.contains("]]>") {
                return Err(self.error(9420, "illegal xml character"));
            }
            let resolved = self.resolved(piece)?;
            text.push_str(&resolved);
            self.at += end;
        }
        let blank = text.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
        if !text.is_empty() && (kept || !blank) {
            self.tree.add_text(self.current(), text);
        }
        Ok(())
    }

    /// A piece of text with its entities resolved and its line ends as `\n`.
    fn resolved(&mut self, piece: &str) -> Result<String, SqlError> {
        if let Some(bad) = piece.find(|c| !is_xml_character(c)) {
            self.at += bad;
            return Err(self.error(9420, "illegal xml character"));
        }
        let plain = piece.replace("\r\n", "\n").replace('\r', "\n");
        if !plain.contains('&') {
            return Ok(plain);
        }
        let mut out = String::with_capacity(plain.len());
        let mut rest = plain.as_str();
        while let Some((before, entity)) = rest.split_once('&') {
            out.push_str(before);
            let Some((name, after)) = entity.split_once(';') else {
                return Err(self.error(9411, "semicolon expected"));
            };
            out.push(self.entity(name)?);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }

    fn entity(&self, name: &str) -> Result<char, SqlError> {
        let code = match name {
            "amp" => return Ok('&'),
            "lt" => return Ok('<'),
            "gt" => return Ok('>'),
            "quot" => return Ok('"'),
            "apos" => return Ok('\''),
            _ => match (name.strip_prefix("#x"), name.strip_prefix('#')) {
                (Some(hex), _) => u32::from_str_radix(hex, 16).ok(),
                (None, Some(digits)) => digits.parse().ok(),
                (None, None) => {
                    return Err(self.error(9448, "well formed check: undeclared entity"));
                }
            },
        };
        let found = code.and_then(char::from_u32).filter(|&c| is_xml_character(c));
        found.ok_or_else(|| self.error(9420, "illegal xml character"))
    }

    fn name(&mut self) -> Result<&'t str, SqlError> {
        let rest = self.rest();
        let end = rest.find(|c| !is_name_character(c)).unwrap_or(rest.len());
        let name = &rest[..end];
        let parts: Vec<&str> = name.split(':').collect();
        let starts = |part: &&str| part.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if 2 < parts.len() || !parts.iter().all(starts) {
            return Err(self.error(9455, "illegal qualified name character"));
        }
        self.at += end;
        Ok(name)
    }

    fn start_tag(&mut self) -> Result<(), SqlError> {
        self.at += 1;
        let name = self.name()?;
        let spaces_before = self.spaces.len();
        let mut attributes: Vec<(&str, String)> = Vec::new();
        let mut declared = Vec::new();
        let mut keep = self.open.last().is_some_and(|open| open.keep);
        let closed = loop {
            let blank = self.blanks();
            if self.rest().starts_with("/>") {
                self.at += 2;
                break true;
            }
            if self.rest().starts_with('>') {
                self.at += 1;
                break false;
            }
            if self.rest().is_empty() {
                return Err(self.error(9400, "unexpected end of input"));
            }
            if !blank {
                return Err(self.error(9410, "whitespace expected"));
            }
            let (name, value) = self.attribute()?;
            if let Some(prefix) = name.strip_prefix("xmlns:").or((name == "xmlns").then_some("")) {
                declared.push((prefix.to_owned(), value.clone()));
                self.spaces.push((prefix.to_owned(), value));
                continue;
            }
            if attributes.iter().any(|(known, _)| *known == name) {
                return Err(self.error(9437, "duplicate attribute"));
            }
            if name == "xml:space" {
                keep = value == "preserve";
            }
            attributes.push((name, value));
        };
        let resolved = self.qualified(name, true)?;
        let node = self.tree.add_element(self.current(), resolved, declared);
        for (name, value) in attributes {
            let name = self.qualified(name, false)?;
            self.tree.add_attribute(node, name, value);
        }
        if closed {
            self.spaces.truncate(spaces_before);
        } else {
            self.open.push(Open { node, name: name.to_owned(), keep, spaces: spaces_before });
        }
        Ok(())
    }

    fn attribute(&mut self) -> Result<(&'t str, String), SqlError> {
        let name = self.name()?;
        self.blanks();
        if !self.rest().starts_with('=') {
            return Err(self.error(9412, "'=' expected"));
        }
        self.at += 1;
        self.blanks();
        let quote = if self.rest().starts_with('\'') { "'" } else { "\"" };
        if !self.rest().starts_with(quote) {
            return Err(self.error(9413, "A string literal was expected"));
        }
        self.at += 1;
        let value = self.until(quote)?;
        if value.contains('<') {
            return Err(self.error(9420, "illegal xml character"));
        }
        let blank = value.replace("\r\n", " ").replace(['\t', '\r', '\n'], " ");
        Ok((name, self.resolved(&blank)?))
    }

    /// A name with its namespace. An attribute without a prefix has none.
    fn qualified(&self, text: &str, element: bool) -> Result<Name, SqlError> {
        let name = Name::plain(text);
        if name.prefix.is_empty() && !element {
            return Ok(name);
        }
        let declared = self.spaces.iter().rev().find(|(prefix, _)| *prefix == name.prefix);
        match declared {
            Some((_, space)) => Ok(Name { space: space.clone(), ..name }),
            None if name.prefix.is_empty() => Ok(name),
            None => Err(self.error(9459, "undeclared prefix")),
        }
    }

    fn end_tag(&mut self) -> Result<(), SqlError> {
        self.at += 2;
        let name = self.name()?;
        self.blanks();
        if !self.rest().starts_with('>') {
            return Err(self.error(9422, "incorrect end tag syntax"));
        }
        let matches = self
            .open
            .last()
            .is_some_and(|open| open.name == name && self.tree.kind(open.node) == Kind::Element);
        if !matches {
            return Err(self.error(9436, "end tag does not match start tag"));
        }
        self.at += 1;
        if let Some(open) = self.open.pop() {
            self.spaces.truncate(open.spaces);
        }
        Ok(())
    }
}

/// The characters that XML 1.0 has.
pub(crate) fn is_xml_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

fn is_name_character(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.' | '\u{B7}')
}
