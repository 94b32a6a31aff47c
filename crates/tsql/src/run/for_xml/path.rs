//! FOR XML PATH: column names are paths of elements, ending in an element, an `@attribute`,
//! `text()`, `data()`, `comment()`, `processing-instruction(...)`, `node()` or `*`.
//!
//! Columns next to each other share the elements that their paths begin with.

use super::writer::XmlWriter;
use super::{RowWriter, Written, checked_name, written};
use crate::ast::Elements;
use crate::plan::ForXmlNode;
use crate::value::{SqlError, SqlValue};

/// Writes each row along its columns' paths.
pub(super) struct PathWriter<'a> {
    node: &'a ForXmlNode,
    /// The row's element; empty for none.
    row: String,
    targets: Vec<Target>,
}

/// Where a column goes.
struct Target {
    elements: Vec<String>,
    end: End,
}

enum End {
    /// Into the last element of the path, or into the row.
    Content,
    Attribute(String),
    Item,
    Comment,
    Instruction(String),
}

impl<'a> PathWriter<'a> {
    pub(super) fn new(node: &'a ForXmlNode, row: String) -> Result<Self, SqlError> {
        let targets: Vec<Target> =
            node.columns.iter().map(|column| target(&column.name)).collect::<Result<_, _>>()?;
        check_attributes(node, &targets, &row)?;
        let row = if row.is_empty() { row } else { checked_name(&row)? };
        Ok(Self { node, row, targets })
    }

    fn column(
        &self,
        target: &Target,
        value: Option<Written>,
        out: &mut XmlWriter,
    ) -> Result<(), SqlError> {
        let name = target.elements.last().map_or(self.row.as_str(), String::as_str);
        let text = |value: Option<Written>| match value {
            Some(Written::Text(text) | Written::Xml(text)) => text,
            None => String::new(),
        };
        match (&target.end, value) {
            (End::Content, Some(Written::Text(text))) => out.text(name, &text),
            (End::Content, Some(Written::Xml(xml))) => {
                out.xml(&xml);
                Ok(())
            }
            (End::Content, None) => out.attribute("xsi:nil", "true"),
            (End::Attribute(name), value) => out.attribute(name, &text(value)),
            (End::Item, value) => out.item(name, &text(value)),
            (End::Comment, value) => {
                out.xml(&format!("<!--{}-->", text(value)));
                Ok(())
            }
            (End::Instruction(target), value) => {
                out.xml(&format!("<?{target} {}?>", text(value)));
                Ok(())
            }
        }
    }
}

impl RowWriter for PathWriter<'_> {
    fn row(&mut self, row: &[SqlValue], out: &mut XmlWriter) -> Result<(), SqlError> {
        let outside = out.depth();
        if !self.row.is_empty() {
            out.open(&self.row);
        }
        let base = out.depth();
        let nil = self.node.options.elements == Some(Elements::Xsinil);
        let mut open: &[String] = &[];
        for (at, target) in self.targets.iter().enumerate() {
            let value = row.get(at).unwrap_or(&SqlValue::Null);
            let value = written(value, &self.node.columns[at].data_type)?;
            let path = target.elements.as_slice();
            let common = path.iter().zip(open).take_while(|(a, b)| a == b).count();
            // A path may be open only in part, where NULL columns came before.
            out.close_to(base + common.min(out.depth() - base));
            open = &path[..out.depth() - base];
            let shows_nil = nil && matches!(target.end, End::Content) && !path.is_empty();
            if value.is_none() && !shows_nil {
                continue;
            }
            for element in &path[open.len()..] {
                out.open(element);
            }
            open = path;
            self.column(target, value, out)?;
        }
        out.close_to(outside);
        Ok(())
    }

    fn end(&mut self, _: &mut XmlWriter) {}
}

fn target(name: &str) -> Result<Target, SqlError> {
    let mut parts: Vec<&str> = name.split('/').collect();
    let last = parts.pop().unwrap_or_default();
    let mut elements = parts.into_iter().map(checked_name).collect::<Result<Vec<_>, _>>()?;
    let instruction = last.strip_prefix("processing-instruction(");
    let end = if let Some(attribute) = last.strip_prefix('@') {
        End::Attribute(checked_name(attribute)?)
    } else if let Some(instruction) = instruction.and_then(|rest| rest.strip_suffix(')')) {
        End::Instruction(checked_name(instruction)?)
    } else {
        match last {
            "" | "*" | "text()" | "node()" => End::Content,
            "data()" => End::Item,
            "comment()" => End::Comment,
            element => {
                elements.push(checked_name(element)?);
                End::Content
            }
        }
    };
    Ok(Target { elements, end })
}

/// Attributes need an element, and have to come before what stands in it.
fn check_attributes(node: &ForXmlNode, targets: &[Target], row: &str) -> Result<(), SqlError> {
    let mut before: Option<&Target> = None;
    for (target, column) in targets.iter().zip(&node.columns) {
        if matches!(target.end, End::Attribute(_)) {
            if target.elements.is_empty() && row.is_empty() {
                let text = "Row tag omission (empty row tag name) cannot be used with attribute-centric FOR XML serialization.";
                return Err(SqlError::new(6864, 16, 1, text));
            }
            let late = before.is_some_and(|before| {
                let inside = before.elements.starts_with(&target.elements);
                let same = before.elements.len() == target.elements.len();
                inside && !(same && matches!(before.end, End::Attribute(_)))
            });
            if late {
                let text = format!(
                    "Attribute-centric column '{}' must not come after a non-attribute-centric \
                     sibling in XML hierarchy in FOR XML PATH.",
                    column.name
                );
                return Err(SqlError::new(6852, 16, 1, text));
            }
        }
        before = Some(target);
    }
    Ok(())
}
