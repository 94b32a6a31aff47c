//! Nodes of an XML document as items of a Foreach Loop.
//!
//! What is a node or a navigator in .NET is its XML here: that is what an enumerator or XML Task
//! inside the loop reads from the variable. Path expressions know no prefixes, as there: the
//! enumerator has nowhere to declare any. Rules: control-flow facts 4.3.

use std::sync::Arc;

use model::{Value, dts};
use package::{NodeEnumeration, NodeList};
use uppsala::NodeId;

use super::Item;
use crate::evaluate::Mistake;
use crate::frame::Frame;
use crate::xml::{self, Role, Tree, Wrong};

/// The items, in document order.
pub(super) fn items(frame: &Arc<Frame>, list: &NodeList) -> Result<Vec<Item>, Mistake> {
    let document = xml::text(frame, &list.source, Role::Document)?;
    let outer = xml::text(frame, &list.outer, Role::Path)?;
    let inner = match list.enumeration {
        NodeEnumeration::ElementCollection => {
            Some((list.inner_type, xml::text(frame, &list.inner, Role::Path)?))
        }
        NodeEnumeration::Navigator | NodeEnumeration::Node | NodeEnumeration::NodeText => None,
    };
    of_document(&document, &outer, list.enumeration, inner).map_err(|wrong| {
        Mistake::new(
            dts::DTS_E_ERROROCCURREDWITHFOLLOWINGMESSAGE,
            format!("An error occurred with the following error message: \"{wrong}\"."),
        )
    })
}

/// The nodes that `outer` selects; with `inner`, what it selects from each.
fn of_document(
    document: &str,
    outer: &str,
    enumeration: NodeEnumeration,
    inner: Option<(NodeEnumeration, String)>,
) -> Result<Vec<Item>, Wrong> {
    let tree = Tree::read(document, &[])?;
    let nodes = tree.select(tree.root(), outer)?;
    let Some((inner_type, path)) = inner else {
        return Ok(nodes.into_iter().map(|node| vec![value(&tree, node, enumeration)]).collect());
    };
    let item = |node| -> Result<Item, Wrong> {
        let values = tree.select(node, &path)?.into_iter();
        Ok(values.map(|node| value(&tree, node, inner_type)).collect())
    };
    nodes.into_iter().map(item).collect()
}

fn value(tree: &Tree<'_>, node: NodeId, enumeration: NodeEnumeration) -> Value {
    Value::text(match enumeration {
        NodeEnumeration::NodeText => tree.inner_text(node),
        NodeEnumeration::Navigator | NodeEnumeration::Node | NodeEnumeration::ElementCollection => {
            tree.outer_xml(node)
        }
    })
}
