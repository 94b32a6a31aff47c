//! The operation Merge: a second document's content under a node of the first.
//!
//! Both must be Unicode, as the documentation of "XML Task" says of this operation.

use std::sync::Arc;

use model::dts;
use package::XmlTask;
use uppsala::{Document, NodeId, NodeKind};

use super::Trouble;
use crate::evaluate::Mistake;
use crate::frame::Frame;
use crate::xml::{self, Found, Question, Role, went_wrong};

/// The merged document.
pub(super) fn run(frame: &Arc<Frame>, task: &XmlTask) -> Result<String, Trouble> {
    let first = xml::text(frame, &task.source, Role::Document)?;
    let second = xml::text(frame, &task.second, Role::Document)?;
    let point = xml::text(frame, &task.merge_point, Role::Path)?;
    let place = if point.trim().is_empty() { 0 } else { place(frame, task, &first, &point)? };
    Ok(merge(&first, &second, place)?)
}

/// How many elements begin before the first node that a path selects.
fn place(frame: &Arc<Frame>, task: &XmlTask, first: &str, point: &str) -> Result<usize, Trouble> {
    // Only the first counts, and to tell the places of all would take long.
    let path = format!("({point})[1]");
    let namespaces = &task.namespaces;
    let question = Question { document: first, path: &path, inner: None, namespaces, places: true };
    let found = match xml::ask(frame, &question)? {
        Found::Nodes(lists) => lists.into_iter().flatten().next(),
        Found::Value(_) => None,
    };
    let element = found.filter(|node| node.is_element);
    let missing = || {
        Mistake::new(
            dts::DTS_E_XMLTASK_NOELEMENTFOUND,
            format!("The element was not found: \"{point}\" selects none."),
        )
    };
    Ok(element.map(|node| node.elements_before).ok_or_else(missing)?)
}

/// Puts the root of the second document under an element of the first: the one that so many others
/// begin before.
fn merge(first: &str, second: &str, place: usize) -> Result<String, Mistake> {
    let mut into = xml::parse(first).map_err(|wrong| went_wrong(&wrong))?;
    let added = xml::parse(second).map_err(|wrong| went_wrong(&wrong))?;
    is_unicode(&into)?;
    is_unicode(&added)?;
    let is_element = |id: &NodeId| matches!(into.node_kind(*id), Some(NodeKind::Element(_)));
    let target = into.descendants(into.root()).into_iter().filter(is_element).nth(place);
    let (Some(target), Some(root)) = (target, added.document_element()) else {
        return Err(went_wrong("a document has no root element"));
    };
    let Some(copy) = into.import_subtree(&added, root) else {
        return Err(went_wrong("the second document's root element cannot be merged"));
    };
    into.append_child(target, copy);
    Ok(into.to_xml())
}

fn is_unicode(document: &Document<'_>) -> Result<(), Mistake> {
    let declared = document.xml_declaration.as_ref().and_then(|xml| xml.encoding.as_deref());
    match declared {
        None => Ok(()),
        Some(name) if name.to_ascii_lowercase().starts_with("utf-") => Ok(()),
        Some(name) => Err(went_wrong(&format!(
            "only Unicode documents can be merged, and one is encoded in {name}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::merge;

    #[test]
    fn the_second_document_goes_under_the_element_at_a_place() {
        let first =
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- c --><a><b i='1'/><b>x</b></a>";
        let second = "<?xml version='1.0'?><c xmlns='u'><d/></c>";
        let all = merge(first, second, 1).unwrap();
        assert!(all.ends_with("<a><b i=\"1\"><c xmlns=\"u\"><d/></c></b><b>x</b></a>"), "{all}");
        assert!(all.contains("<!-- c -->"), "{all}");
        let all = merge(first, second, 0).unwrap();
        assert!(all.ends_with("<b>x</b><c xmlns=\"u\"><d/></c></a>"), "{all}");
    }

    #[test]
    fn names_without_a_namespace_stay_without_one() {
        let merged = merge("<a xmlns='u'/>", "<b><c/></b>", 0).unwrap();
        assert!(merged.ends_with("<a xmlns=\"u\"><b xmlns=\"\"><c/></b></a>"), "{merged}");
    }

    #[test]
    fn other_encodings_than_unicode_are_not_merged() {
        let old = "<?xml version='1.0' encoding='iso-8859-1'?><a/>";
        assert!(merge("<a/>", old, 0).unwrap_err().text().contains("iso-8859-1"));
        assert!(merge(old, "<a/>", 0).unwrap_err().text().contains("iso-8859-1"));
    }
}
