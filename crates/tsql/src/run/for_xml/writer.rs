//! Writes elements, and closes those that stay empty as `<a/>`.

use crate::value::SqlError;
use crate::xml::{escape_attribute, escape_text};

/// XML on its way.
pub(super) struct XmlWriter {
    text: String,
    open: Vec<String>,
    /// Whether the last start tag still lacks its `>`.
    in_tag: bool,
    /// Whether outermost elements declare `xsi`.
    nil: bool,
    /// Whether the result is xml and not text: it has no characters that XML lacks.
    typed: bool,
    /// Whether the last thing written was a list item of `data()`.
    after_item: bool,
}

impl XmlWriter {
    pub(super) fn new(nil: bool, typed: bool) -> Self {
        let (text, open) = (String::new(), Vec::new());
        Self { text, open, in_tag: false, nil, typed, after_item: false }
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    fn begin_content(&mut self) {
        if std::mem::take(&mut self.in_tag) {
            self.text.push('>');
        }
        self.after_item = false;
    }

    pub(super) fn open(&mut self, name: &str) {
        self.begin_content();
        self.text.push('<');
        self.text.push_str(name);
        if self.nil && self.open.is_empty() {
            self.text.push_str(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"");
        }
        self.open.push(name.to_owned());
        self.in_tag = true;
    }

    /// An attribute of the element that was just opened; behind content it has no place.
    pub(super) fn attribute(&mut self, name: &str, value: &str) -> Result<(), SqlError> {
        if !self.in_tag {
            return Ok(());
        }
        self.check(name, value)?;
        self.text.push_str(&format!(" {name}=\"{}\"", escape_attribute(value)));
        Ok(())
    }

    pub(super) fn text(&mut self, name: &str, value: &str) -> Result<(), SqlError> {
        self.check(name, value)?;
        // Text that is written out shows `<a></a>`; the xml type knows no difference.
        if !(self.typed && value.is_empty()) {
            self.begin_content();
        }
        self.text.push_str(&escape_text(value));
        Ok(())
    }

    /// An item of a list: items are kept apart by blanks.
    pub(super) fn item(&mut self, name: &str, value: &str) -> Result<(), SqlError> {
        let after_item = self.after_item;
        self.text(name, if after_item { " " } else { "" })?;
        self.text(name, value)?;
        self.after_item = true;
        Ok(())
    }

    pub(super) fn xml(&mut self, xml: &str) {
        if !xml.is_empty() {
            self.begin_content();
        }
        self.text.push_str(xml);
    }

    pub(super) fn close(&mut self) {
        let Some(name) = self.open.pop() else { return };
        if std::mem::take(&mut self.in_tag) {
            self.text.push_str("/>");
        } else {
            self.text.push_str(&format!("</{name}>"));
        }
        self.after_item = false;
    }

    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Closes elements until so many are open.
    pub(super) fn close_to(&mut self, depth: usize) {
        while depth < self.open.len() {
            self.close();
        }
    }

    pub(super) fn finish(mut self) -> String {
        self.close_to(0);
        self.text
    }

    fn check(&self, name: &str, value: &str) -> Result<(), SqlError> {
        let bad = value.chars().find(|&c| self.typed && !crate::xml::is_xml_character(c));
        match bad {
            None => Ok(()),
            Some(bad) => {
                let text = format!(
                    "FOR XML could not serialize the data for node '{name}' because it contains a \
                     character (0x{:04X}) which is not allowed in XML. To retrieve this data using \
                     FOR XML, convert it to binary, varbinary or image data type and use the BINARY \
                     BASE64 directive.",
                    u32::from(bad)
                );
                Err(SqlError::new(6841, 16, 1, text))
            }
        }
    }
}
