//! FOR XML: rows as elements.
//!
//! RAW gives one element for each row, AUTO nests by the tables that columns come from, PATH
//! follows the paths in column names. EXPLICIT is refused.
//!
//! Source: T-SQL reference, "FOR XML", "RAW", "AUTO" and "PATH Mode with FOR XML", "Generate
//! elements for NULL values with the XSINIL parameter"; errors 6809, 6829, 6841, 6850, 6852, 6864.

mod nested;
mod path;
mod writer;

use super::scope::Outer;
use super::state::Run;
use super::step::{Boxed, Step};
use crate::ast::{Elements, XmlMode};
use crate::host::Row;
use crate::json::moment_text;
use crate::plan::ForXmlNode;
use crate::types::{Kind, SqlType};
use crate::value::{
    ConvertOptions, SqlError, SqlValue, base64_text, convert, float_text, plain_text,
};

use writer::XmlWriter;

/// One row with the XML.
pub(super) struct ForXmlStep<'a> {
    node: &'a ForXmlNode,
    input: Option<Boxed<'a>>,
}

/// What writes a row's elements.
trait RowWriter {
    fn row(&mut self, row: &[SqlValue], out: &mut XmlWriter) -> Result<(), SqlError>;
    fn end(&mut self, out: &mut XmlWriter);
}

impl<'a> ForXmlStep<'a> {
    pub(super) fn new(node: &'a ForXmlNode, input: Boxed<'a>) -> Self {
        Self { node, input: Some(input) }
    }

    fn writer(&self) -> Result<Box<dyn RowWriter + 'a>, SqlError> {
        let [mode] = self.node.options.modes.as_slice() else {
            return Err(SqlError::unsupported("FOR XML with several modes"));
        };
        match mode {
            XmlMode::Raw(name) => {
                let name = name.clone().unwrap_or_else(|| "row".to_owned());
                Ok(Box::new(nested::Nested::raw(self.node, name)?))
            }
            XmlMode::Auto => Ok(Box::new(nested::Nested::auto(self.node)?)),
            XmlMode::Path(name) => {
                let name = name.clone().unwrap_or_else(|| "row".to_owned());
                Ok(Box::new(path::PathWriter::new(self.node, name)?))
            }
            XmlMode::Explicit => Err(SqlError::unsupported("FOR XML EXPLICIT")),
        }
    }
}

impl<'a> Step<'a> for ForXmlStep<'a> {
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        let Some(mut input) = self.input.take() else { return Ok(None) };
        let options = &self.node.options;
        let mut rows = self.writer()?;
        let nil = options.elements == Some(Elements::Xsinil);
        let mut out = XmlWriter::new(nil, options.typed);
        if let Some(root) = &options.root {
            out.open(&checked_name(root)?);
        }
        let mut held = run.held();
        let (mut counted, mut any) = (0, false);
        while let Some(row) = input.next(run, outer)? {
            run.tick()?;
            any = true;
            rows.row(&row, &mut out)?;
            held.bytes(out.len() - counted)?;
            counted = out.len();
        }
        if !any {
            return Ok(options.typed.then(|| vec![SqlValue::Null]));
        }
        rows.end(&mut out);
        let text = out.finish();
        Ok(Some(vec![match options.typed {
            true => SqlValue::Xml(text.into()),
            false => SqlValue::nvarchar(text),
        }]))
    }
}

/// A value that goes between tags.
enum Written {
    /// Text that has to be escaped.
    Text(String),
    /// XML as it is.
    Xml(String),
}

/// A value as FOR XML writes it; `None` for NULL.
fn written(value: &SqlValue, data_type: &SqlType) -> Result<Option<Written>, SqlError> {
    let value = value.unwrapped();
    if let SqlValue::Xml(text) = value {
        return Ok(Some(Written::Xml(text.to_string())));
    }
    if let Some(text) = value.as_str().filter(|_| data_type.kind() == Kind::Xml) {
        return Ok(Some(Written::Xml(text.to_owned())));
    }
    if value.is_null() {
        return Ok(None);
    }
    let text = if let SqlValue::Float(float) = value {
        float_text(*float, 2, false)
    } else if let SqlValue::Real(float) = value {
        float_text(f64::from(*float), 1, true)
    } else if let Some(units) = value.as_money() {
        let style = ConvertOptions { style: Some(2), ..ConvertOptions::default() };
        plain_text(&convert(&SqlValue::Money(units), &SqlType::NVARCHAR_MAX, style)?)?
    } else if let Some(bytes) = value.as_bytes() {
        base64_text(bytes)
    } else if value.kind().is_date_time() {
        moment_text(value)?
    } else {
        plain_text(value)?
    };
    Ok(Some(Written::Text(text)))
}

/// A column name as the name of an element: what XML does not have in names is written `_x0020_`.
fn encoded_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for (at, character) in name.chars().enumerate() {
        let starts = character.is_alphabetic() || character == '_';
        let goes_on = character.is_alphanumeric() || matches!(character, '_' | '-' | '.');
        if starts || (0 < at && goes_on) {
            out.push(character);
        } else {
            out.push_str(&format!("_x{:04X}_", u32::from(character)));
        }
    }
    out
}

/// A name that has to be one of XML.
fn checked_name(name: &str) -> Result<String, SqlError> {
    let bad = name.chars().enumerate().find(|(at, character)| {
        let starts = character.is_alphabetic() || *character == '_';
        let goes_on = character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | ':');
        !(starts || (0 < *at && goes_on))
    });
    match bad {
        None if !name.is_empty() => Ok(name.to_owned()),
        _ => {
            let bad = bad.map_or(' ', |(_, character)| character);
            let text = format!(
                "Column name '{name}' contains an invalid XML identifier as required by FOR XML; \
                 '{bad}'(0x{:04X}) is the first character at fault.",
                u32::from(bad)
            );
            Err(SqlError::new(6850, 16, 1, text))
        }
    }
}
