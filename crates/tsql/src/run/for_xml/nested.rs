//! FOR XML RAW and AUTO: columns as attributes, or with ELEMENTS as elements.

use super::writer::XmlWriter;
use super::{RowWriter, Written, encoded_name, written};
use crate::ast::Elements;
use crate::plan::ForXmlNode;
use crate::run::nesting::{Level, first_change, levels};
use crate::value::{SqlError, SqlValue};

/// Writes rows as elements, one inside the other where there are several tables.
pub(super) struct Nested<'a> {
    node: &'a ForXmlNode,
    levels: Vec<Level>,
    names: Vec<String>,
    /// Whether every row has an element of its own, whatever the row before was.
    raw: bool,
    before: Option<Vec<SqlValue>>,
    /// How many elements are open around the rows.
    base: Option<usize>,
}

impl<'a> Nested<'a> {
    pub(super) fn raw(node: &'a ForXmlNode, name: String) -> Result<Self, SqlError> {
        if name.is_empty() && node.options.elements.is_none() {
            let text = "Row tag omission (empty row tag name) cannot be used with attribute-centric FOR XML serialization.";
            return Err(SqlError::new(6864, 16, 1, text));
        }
        let columns = (0..node.columns.len()).collect();
        Self::new(node, vec![Level { name: encoded_name(&name), columns }], true)
    }

    pub(super) fn auto(node: &'a ForXmlNode) -> Result<Self, SqlError> {
        let mut levels = levels(&node.tables, node.columns.len());
        for level in &mut levels {
            if level.name.is_empty() {
                let text = "FOR XML AUTO requires at least one table for generating XML tags. Use FOR XML RAW or add a FROM clause with a table name.";
                return Err(SqlError::new(6810, 16, 1, text));
            }
            level.name = encoded_name(&level.name);
        }
        Self::new(node, levels, false)
    }

    fn new(node: &'a ForXmlNode, levels: Vec<Level>, raw: bool) -> Result<Self, SqlError> {
        for column in &node.columns {
            if column.name.is_empty() {
                let text = "Unnamed tables cannot be used as XML identifiers as well as unnamed columns cannot be used for attribute names. Name unnamed columns/tables using AS in the SELECT statement.";
                return Err(SqlError::new(6809, 16, 1, text));
            }
            if column.data_type.kind().is_binary() && !node.options.binary_base64 {
                let what =
                    format!("FOR XML of binary column '{}' without BINARY BASE64", column.name);
                return Err(SqlError::unsupported(&what));
            }
        }
        let names = node.columns.iter().map(|column| encoded_name(&column.name)).collect();
        Ok(Self { node, levels, names, raw, before: None, base: None })
    }

    fn columns(
        &self,
        level: &Level,
        row: &[SqlValue],
        out: &mut XmlWriter,
    ) -> Result<(), SqlError> {
        let elements = self.node.options.elements;
        let value = |column: usize| {
            let value = row.get(column).unwrap_or(&SqlValue::Null);
            written(value, &self.node.columns[column].data_type)
        };
        let mut inside = Vec::new();
        for &column in &level.columns {
            let name = &self.names[column];
            match (value(column)?, elements) {
                (Some(Written::Text(text)), None) => out.attribute(name, &text)?,
                (None, None | Some(Elements::Absent)) => {}
                (value, _) => inside.push((name, value)),
            }
        }
        for (name, value) in inside {
            out.open(name);
            match value {
                Some(Written::Text(text)) => out.text(name, &text)?,
                Some(Written::Xml(xml)) => out.xml(&xml),
                None => out.attribute("xsi:nil", "true")?,
            }
            out.close();
        }
        Ok(())
    }
}

impl RowWriter for Nested<'_> {
    fn row(&mut self, row: &[SqlValue], out: &mut XmlWriter) -> Result<(), SqlError> {
        let base = *self.base.get_or_insert(out.depth());
        let from = match self.raw {
            true => 0,
            false => first_change(&self.levels, self.before.as_deref(), row),
        };
        out.close_to(base + from);
        for level in &self.levels[from..] {
            if !level.name.is_empty() {
                out.open(&level.name);
            }
            self.columns(level, row, out)?;
        }
        if !self.raw {
            self.before = Some(row.to_vec());
        }
        Ok(())
    }

    fn end(&mut self, out: &mut XmlWriter) {
        out.close_to(self.base.unwrap_or(0));
    }
}
