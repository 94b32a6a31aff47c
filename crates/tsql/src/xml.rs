//! The xml type: reading, writing, and its methods `value`, `query`, `exist`, `nodes`.
//!
//! A value is kept as text. A node that `nodes()` gives is kept as its own text behind a mark
//! that no xml can have; only the methods see such values. Their paths are the part of XQuery
//! that is XPath 1.0 (steps, predicates, comparisons, some functions); FLWOR, constructors and
//! the extension functions are refused by name.
//!
//! Source: T-SQL reference, "xml data type methods", "XQuery Language Reference (SQL Server)";
//! XML 1.0 and Namespaces in XML 1.0 of the W3C.

mod evaluate;
mod read;
mod tree;
mod write;
mod xpath;

pub(crate) use read::is_xml_character;
pub(crate) use write::{escape_attribute, escape_text};

use evaluate::{Item, evaluate, text_of};
use read::read;
use tree::{Kind, NodeId, Tree};
use xpath::XPath;

use crate::value::SqlError;

/// What stands before the text of a node that `nodes()` gave: then its kind.
const MARK: char = '\0';
/// The kinds of such nodes.
const ELEMENT: char = 'e';
const ATTRIBUTE: char = 'a';
const TEXT: char = 't';

/// A text as the xml type keeps it: well-formed, entities resolved, blanks between elements left
/// out.
pub(crate) fn normalized(text: &str) -> Result<String, SqlError> {
    let tree = read(text, false)?;
    Ok(write::children(&tree, Tree::ROOT))
}

/// The text of the one item that the path finds.
pub(crate) fn value(text: &str, path: &str) -> Result<Option<String>, SqlError> {
    let (tree, context) = context(text)?;
    let items = evaluate(&tree, context, &XPath::parse(path)?)?;
    match items.as_slice() {
        [] => Ok(None),
        [item] => Ok(Some(text_of(&tree, item))),
        _ => Err(SqlError::new(
            2389,
            16,
            1,
            "XQuery [value()]: 'value()' requires a singleton (or empty sequence), found operand of type 'xdt:untypedAtomic *'",
        )),
    }
}

/// The xml of what the path finds.
pub(crate) fn query(text: &str, path: &str) -> Result<String, SqlError> {
    let (tree, context) = context(text)?;
    let mut out = String::new();
    let mut after_value = false;
    for item in evaluate(&tree, context, &XPath::parse(path)?)? {
        if let Item::Node(node) = item {
            if tree.kind(node) == Kind::Attribute {
                let text = "XQuery [query()]: Attribute may not appear outside of an element";
                return Err(SqlError::new(2396, 16, 1, text));
            }
            write::node(&tree, node, &mut out);
            after_value = false;
        } else {
            if after_value {
                out.push(' ');
            }
            out.push_str(&escape_text(&text_of(&tree, &item)));
            after_value = true;
        }
    }
    Ok(out)
}

/// Whether the path finds anything.
pub(crate) fn exist(text: &str, path: &str) -> Result<bool, SqlError> {
    let (tree, context) = context(text)?;
    Ok(!evaluate(&tree, context, &XPath::parse(path)?)?.is_empty())
}

/// The nodes that the path finds, each to be asked further.
pub(crate) fn nodes(text: &str, path: &str) -> Result<Vec<String>, SqlError> {
    let (tree, context) = context(text)?;
    let marked = |item: Item| match item {
        Item::Node(Tree::ROOT) => Ok(write::children(&tree, Tree::ROOT)),
        Item::Node(node) => {
            let mut out = String::from(MARK);
            match tree.kind(node) {
                Kind::Attribute => {
                    out.push(ATTRIBUTE);
                    out.push_str(&tree.name(node).shown());
                    out.push(MARK);
                    out.push_str(tree.text(node));
                }
                Kind::Text => {
                    out.push(TEXT);
                    out.push_str(tree.text(node));
                }
                Kind::Element | Kind::Comment | Kind::Instruction | Kind::Root => {
                    out.push(ELEMENT);
                    write::alone(&tree, node, &mut out);
                }
            }
            Ok(out)
        }
        Item::Text(_) | Item::Number(_) | Item::Bool(_) => {
            let text = "XQuery [nodes()]: A node or set of nodes is required for 'nodes()'";
            Err(SqlError::new(2374, 16, 1, text))
        }
    };
    evaluate(&tree, context, &XPath::parse(path)?)?.into_iter().map(marked).collect()
}

/// The tree of a value, and the node that paths begin at.
fn context(text: &str) -> Result<(Tree, NodeId), SqlError> {
    let Some(marked) = text.strip_prefix(MARK) else {
        return Ok((read(text, false)?, Tree::ROOT));
    };
    if let Some(text) = marked.strip_prefix(TEXT) {
        let mut tree = Tree::default();
        let node = tree.add_text(Tree::ROOT, text.to_owned());
        return Ok((tree, node));
    }
    if let Some(attribute) = marked.strip_prefix(ATTRIBUTE) {
        let (name, value) = attribute.split_once(MARK).unwrap_or((attribute, ""));
        let mut tree = Tree::default();
        let node = tree.add_attribute(Tree::ROOT, tree::Name::plain(name), value.to_owned());
        return Ok((tree, node));
    }
    let tree = read(marked.strip_prefix(ELEMENT).unwrap_or(marked), true)?;
    let first = tree.children(Tree::ROOT).first().copied().unwrap_or(Tree::ROOT);
    Ok((tree, first))
}

#[cfg(test)]
mod tests;
