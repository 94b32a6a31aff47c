//! Nodes of an XML document as items of a Foreach Loop.
//!
//! What is a node or a navigator in .NET is its XML here: that is what an enumerator or XML Task
//! inside the loop reads from the variable. Path expressions know no prefixes, as there: the
//! enumerator has nowhere to declare any. Rules: control-flow facts 4.3.

use std::sync::Arc;

use model::Value;
use package::{NodeEnumeration, NodeList};

use super::Item;
use crate::evaluate::Mistake;
use crate::frame::Frame;
use crate::xml::program::Trouble;
use crate::xml::{self, Found, Node, Question, Role};

/// The items, in document order.
pub(super) fn items(frame: &Arc<Frame>, list: &NodeList) -> Result<Vec<Item>, Mistake> {
    let document = xml::text(frame, &list.source, Role::Document)?;
    let path = xml::text(frame, &list.outer, Role::Path)?;
    let (inner, kind) = match list.enumeration {
        NodeEnumeration::ElementCollection => {
            (Some(xml::text(frame, &list.inner, Role::Path)?), list.inner_type)
        }
        NodeEnumeration::Navigator | NodeEnumeration::Node | NodeEnumeration::NodeText => {
            (None, list.enumeration)
        }
    };
    let question = Question {
        document: &document,
        path: &path,
        inner: inner.as_deref(),
        namespaces: &[],
        places: false,
    };
    let found = xml::ask(frame, &question).map_err(|trouble| match trouble {
        Trouble::Mistake(mistake) => mistake,
        Trouble::Canceled => xml::went_wrong("the package was stopped"),
    })?;
    let Found::Nodes(lists) = found else {
        return Err(xml::went_wrong(&format!("the XPath expression `{path}` selects no nodes")));
    };
    let item = |nodes: Vec<Node>| nodes.into_iter().map(|node| value(node, kind)).collect();
    Ok(lists.into_iter().map(item).collect())
}

fn value(node: Node, kind: NodeEnumeration) -> Value {
    Value::text(match kind {
        NodeEnumeration::NodeText => node.inner_text,
        NodeEnumeration::Navigator | NodeEnumeration::Node | NodeEnumeration::ElementCollection => {
            node.outer_xml
        }
    })
}
