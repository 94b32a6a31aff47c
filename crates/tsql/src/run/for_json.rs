//! FOR JSON: rows as an array of objects.
//!
//! PATH nests by the dots in column names, AUTO by the tables that columns come from. Texts that
//! are JSON already (JSON_QUERY, JSON_MODIFY, JSON_OBJECT, JSON_ARRAY, a subquery with FOR JSON) go
//! in as they are.
//!
//! Source: T-SQL reference, "FOR JSON", "Format nested JSON output with PATH mode", "... with AUTO
//! mode", "INCLUDE_NULL_VALUES", "WITHOUT_ARRAY_WRAPPER"; errors 13601, 13605, 13620.

mod level;
mod path;

use super::scope::Outer;
use super::state::Run;
use super::step::{Boxed, Step};
use crate::ast::JsonMode;
use crate::host::Row;
use crate::json::{json_text, quoted};
use crate::plan::{ForJsonNode, Node, Scalar, ScalarKind};
use crate::value::{SqlError, SqlValue};

/// One row with the JSON.
pub(super) struct ForJsonStep<'a> {
    node: &'a ForJsonNode,
    input: Option<Boxed<'a>>,
}

/// What writes rows as objects.
trait Writer {
    fn row(&mut self, row: &[SqlValue], text: &mut String) -> Result<(), SqlError>;
    fn end(&mut self, text: &mut String);
}

/// How single values are written.
struct Values<'a> {
    node: &'a ForJsonNode,
    /// Which columns are JSON already.
    is_json: Vec<bool>,
}

impl<'a> ForJsonStep<'a> {
    pub(super) fn new(node: &'a ForJsonNode, input: Boxed<'a>) -> Self {
        Self { node, input: Some(input) }
    }
}

impl<'a> Step<'a> for ForJsonStep<'a> {
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        let Some(mut input) = self.input.take() else { return Ok(None) };
        let options = &self.node.options;
        if options.root.is_some() && options.without_array_wrapper {
            let text = "ROOT option and WITHOUT_ARRAY_WRAPPER option cannot be used together in FOR JSON. Remove one of these options.";
            return Err(SqlError::new(13620, 16, 1, text));
        }
        let is_json = json_columns(&self.node.input, self.node.columns.len());
        let values = Values { node: self.node, is_json };
        let mut writer: Box<dyn Writer + '_> = match options.mode {
            JsonMode::Path => Box::new(path::PathWriter::new(values)?),
            JsonMode::Auto => Box::new(level::LevelWriter::new(values)?),
        };
        let mut held = run.held();
        let (mut text, mut counted, mut any) = (String::new(), 0, false);
        while let Some(row) = input.next(run, outer)? {
            run.tick()?;
            any = true;
            writer.row(&row, &mut text)?;
            held.bytes(text.len() - counted)?;
            counted = text.len();
        }
        if !any {
            return Ok(None);
        }
        writer.end(&mut text);
        if !options.without_array_wrapper {
            text = format!("[{text}]");
        }
        if let Some(root) = &options.root {
            text = format!("{{{}:{text}}}", quoted(root));
        }
        Ok(Some(vec![SqlValue::nvarchar(text)]))
    }
}

impl Values<'_> {
    /// `"name":value`; `None` for a NULL that is left out.
    fn member(
        &self,
        name: &str,
        column: usize,
        row: &[SqlValue],
    ) -> Result<Option<String>, SqlError> {
        let value = row.get(column).unwrap_or(&SqlValue::Null);
        if value.is_null() && !self.node.options.include_null_values {
            return Ok(None);
        }
        let written = match value.as_str() {
            Some(json) if self.is_json[column] => json.to_owned(),
            _ => json_text(value)?,
        };
        Ok(Some(format!("{}:{written}", quoted(name))))
    }

    fn unnamed() -> SqlError {
        let text = "Column expressions and data sources without names or aliases cannot be formatted as JSON text using FOR JSON clause. Add alias to the unnamed column or table.";
        SqlError::new(13605, 16, 1, text)
    }

    fn conflict(name: &str) -> SqlError {
        let text = format!(
            "Property '{name}' cannot be generated in JSON output due to a conflict with another \
             column name or alias. Use different names and aliases for each column in SELECT list."
        );
        SqlError::new(13601, 16, 1, text)
    }
}

/// Which columns of a node are JSON.
fn json_columns(node: &Node, count: usize) -> Vec<bool> {
    if let Node::Project { columns, .. } = node {
        return columns.iter().take(count).map(is_json).collect();
    }
    if let Node::Filter { input, .. }
    | Node::Sort { input, .. }
    | Node::Top { input, .. }
    | Node::Offset { input, .. }
    | Node::Distinct { input, .. } = node
    {
        return json_columns(input, count);
    }
    vec![false; count]
}

/// Whether an expression gives JSON and not just text.
pub(super) fn is_json(scalar: &Scalar) -> bool {
    if let ScalarKind::Function(function, _) = &scalar.kind {
        return matches!(
            function.name,
            "JSON_QUERY" | "JSON_MODIFY" | "JSON_OBJECT" | "JSON_ARRAY"
        );
    }
    let ScalarKind::Subquery(plan) = &scalar.kind else { return false };
    matches!(&plan.root, Node::ForJson(node) if !node.options.without_array_wrapper)
}
