//! FOR JSON PATH.

use super::{Values, Writer};
use crate::value::{SqlError, SqlValue};

/// Writes each row as one object, nested by the dots in column names.
pub(super) struct PathWriter<'a> {
    values: Values<'a>,
    root: Object,
    first: bool,
}

/// An object: properties and objects, in the order of their first column.
#[derive(Default)]
struct Object {
    members: Vec<(String, Member)>,
}

enum Member {
    Column(usize),
    Object(Object),
}

impl<'a> PathWriter<'a> {
    pub(super) fn new(values: Values<'a>) -> Result<Self, SqlError> {
        let mut root = Object::default();
        for (at, column) in values.node.columns.iter().enumerate() {
            if column.name.is_empty() {
                return Err(Values::unnamed());
            }
            let parts: Vec<&str> = column.name.split('.').collect();
            root.add(&parts, at).ok_or_else(|| Values::conflict(&column.name))?;
        }
        Ok(Self { values, root, first: true })
    }
}

impl Object {
    /// Puts a column in; `None` where its name is taken. An object can only grow while it is the
    /// last one.
    fn add(&mut self, parts: &[&str], column: usize) -> Option<()> {
        let (name, rest) = parts.split_first()?;
        let last = self.members.len();
        let known = self.members.iter().position(|(known, _)| known == name);
        if rest.is_empty() {
            known.is_none().then(|| self.members.push(((*name).to_owned(), Member::Column(column))))
        } else if let Some(at) = known {
            match &mut self.members[at].1 {
                Member::Object(object) if at + 1 == last => object.add(rest, column),
                Member::Object(_) | Member::Column(_) => None,
            }
        } else {
            let mut object = Self::default();
            object.add(rest, column)?;
            self.members.push(((*name).to_owned(), Member::Object(object)));
            Some(())
        }
    }

    fn text(&self, values: &Values<'_>, row: &[SqlValue]) -> Result<String, SqlError> {
        let mut parts = Vec::with_capacity(self.members.len());
        for (name, member) in &self.members {
            match member {
                Member::Column(column) => parts.extend(values.member(name, *column, row)?),
                Member::Object(object) => {
                    let text = object.text(values, row)?;
                    if text != "{}" {
                        parts.push(format!("{}:{text}", crate::json::quoted(name)));
                    }
                }
            }
        }
        Ok(format!("{{{}}}", parts.join(",")))
    }
}

impl Writer for PathWriter<'_> {
    fn row(&mut self, row: &[SqlValue], text: &mut String) -> Result<(), SqlError> {
        if !std::mem::take(&mut self.first) {
            text.push(',');
        }
        text.push_str(&self.root.text(&self.values, row)?);
        Ok(())
    }

    fn end(&mut self, _: &mut String) {}
}
