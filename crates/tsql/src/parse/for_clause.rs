//! `FOR XML` and `FOR JSON`.

use super::{Parsed, Parser};
use crate::ast::{Elements, ForClause, ForJson, ForXml, JsonMode, XmlMode};
use crate::lexer::Symbol;

impl Parser<'_> {
    /// `FOR UPDATE` and `FOR READ ONLY` belong to cursors, and are left.
    pub(super) fn for_clause(&mut self) -> Parsed<Option<ForClause>> {
        if self.take_all(&["FOR", "XML"]) {
            return Ok(Some(ForClause::Xml(self.for_xml()?)));
        }
        if self.take_all(&["FOR", "JSON"]) {
            return Ok(Some(ForClause::Json(self.for_json()?)));
        }
        if self.are(&["FOR", "BROWSE"]) {
            self.advance();
            return self.unsupported_here();
        }
        Ok(None)
    }

    fn for_xml(&mut self) -> Parsed<ForXml> {
        let Some(mode) = self.xml_mode()? else { return self.unexpected() };
        let mut clause = ForXml {
            modes: vec![mode],
            elements: None,
            root: None,
            typed: false,
            binary_base64: false,
        };
        while self.take_symbol(Symbol::Comma) {
            self.xml_directive(&mut clause)?;
        }
        Ok(clause)
    }

    fn xml_mode(&mut self) -> Parsed<Option<XmlMode>> {
        Ok(Some(if self.take("RAW") {
            XmlMode::Raw(self.optional_text()?)
        } else if self.take("AUTO") {
            XmlMode::Auto
        } else if self.take("EXPLICIT") {
            XmlMode::Explicit
        } else if self.take("PATH") {
            XmlMode::Path(self.optional_text()?)
        } else {
            return Ok(None);
        }))
    }

    fn xml_directive(&mut self, clause: &mut ForXml) -> Parsed<()> {
        if self.take("ELEMENTS") {
            let xsinil = self.take("XSINIL");
            if !xsinil {
                self.take("ABSENT");
            }
            clause.elements = Some(if xsinil { Elements::Xsinil } else { Elements::Absent });
        } else if self.take("ROOT") {
            clause.root = Some(self.optional_text()?.unwrap_or_else(|| "root".to_owned()));
        } else if self.take("TYPE") {
            clause.typed = true;
        } else if self.take_all(&["BINARY", "BASE64"]) {
            clause.binary_base64 = true;
        } else if self.is("XMLDATA") || self.is("XMLSCHEMA") {
            return self.unsupported_here();
        } else if let Some(mode) = self.xml_mode()? {
            clause.modes.push(mode);
        } else {
            return self.unexpected();
        }
        Ok(())
    }

    fn for_json(&mut self) -> Parsed<ForJson> {
        let mode = if self.take("PATH") {
            JsonMode::Path
        } else {
            self.expect("AUTO")?;
            JsonMode::Auto
        };
        let mut clause =
            ForJson { mode, root: None, include_null_values: false, without_array_wrapper: false };
        while self.take_symbol(Symbol::Comma) {
            if self.take("ROOT") {
                clause.root = Some(self.optional_text()?.unwrap_or_else(|| "root".to_owned()));
            } else if self.take("INCLUDE_NULL_VALUES") {
                clause.include_null_values = true;
            } else if self.take("WITHOUT_ARRAY_WRAPPER") {
                clause.without_array_wrapper = true;
            } else {
                return self.unexpected();
            }
        }
        Ok(clause)
    }

    /// `('text')` where it is there.
    fn optional_text(&mut self) -> Parsed<Option<String>> {
        if !self.take_symbol(Symbol::Open) {
            return Ok(None);
        }
        let text = self.string()?;
        self.expect_symbol(Symbol::Close)?;
        Ok(Some(text))
    }
}
