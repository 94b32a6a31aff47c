//! The operation Merge: a second document's content under a node of the first.
//!
//! The text of the first document stays as it is, but for what is put in. Both must be Unicode, as
//! the documentation of "XML Task" says of this operation.

use std::sync::Arc;

use model::dts;
use package::XmlTask;
use uppsala::{Document, NodeId, NodeKind};

use super::went_wrong;
use crate::evaluate::Mistake;
use crate::frame::Frame;
use crate::xml::{self, Paths, Role};

/// The merged document.
pub(super) fn run(frame: &Arc<Frame>, task: &XmlTask) -> Result<String, Mistake> {
    let first = xml::text(frame, &task.source, Role::Document)?;
    let second = xml::text(frame, &task.second, Role::Document)?;
    let point = xml::text(frame, &task.merge_point, Role::Path)?;
    merge(&first, &second, point.trim(), &task.namespaces)
}

fn merge(
    first: &str,
    second: &str,
    point: &str,
    namespaces: &[(String, String)],
) -> Result<String, Mistake> {
    let mut into = xml::parse(first).map_err(|wrong| went_wrong(&wrong))?;
    let added = xml::parse(second).map_err(|wrong| went_wrong(&wrong))?;
    is_unicode(&into)?;
    is_unicode(&added)?;
    let target = target(&mut into, point, namespaces)?;
    let Some(root) = added.document_element() else {
        return Err(went_wrong("the second document has no root element"));
    };
    let Some(copy) = into.import_subtree(&added, root) else {
        return Err(went_wrong("the second document's root element cannot be merged"));
    };
    into.append_child(target, copy);
    Ok(into.to_xml())
}

/// The node that the second document goes under: the first that is selected, the root element
/// where nothing is said.
fn target(
    into: &mut Document<'_>,
    point: &str,
    namespaces: &[(String, String)],
) -> Result<NodeId, Mistake> {
    let missing = || {
        Mistake::new(
            dts::DTS_E_XMLTASK_NOELEMENTFOUND,
            format!("The element was not found: \"{point}\" selects none."),
        )
    };
    if point.is_empty() {
        return into.document_element().ok_or_else(missing);
    }
    into.prepare_xpath();
    let found = Paths::new(namespaces).evaluate(into, into.root(), point);
    let found = found.map_err(|wrong| went_wrong(&wrong))?;
    let node = found.as_node_set().first().copied().ok_or_else(missing)?;
    if matches!(into.node_kind(node), Some(NodeKind::Element(_))) {
        Ok(node)
    } else {
        Err(missing())
    }
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
    fn the_second_document_goes_under_the_first_node_that_is_selected() {
        let first =
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- c --><a><b i='1'/><b>x</b></a>";
        let second = "<?xml version='1.0'?><c xmlns='u'><d/></c>";
        let merged =
            |point: &str| merge(first, second, point, &[]).map_err(|m| m.text().to_owned());
        let all = merged("/a/b").unwrap();
        assert!(all.ends_with("<a><b i=\"1\"><c xmlns=\"u\"><d/></c></b><b>x</b></a>"), "{all}");
        assert!(all.contains("<!-- c -->"), "{all}");
        let all = merged("").unwrap();
        assert!(all.ends_with("<b>x</b><c xmlns=\"u\"><d/></c></a>"), "{all}");
        assert!(merged("/a/nothing").unwrap_err().contains("/a/nothing"));
        assert!(merged("/a/b/@i").unwrap_err().contains("not found"));
    }

    #[test]
    fn names_without_a_namespace_stay_without_one() {
        let merged = merge("<a xmlns='u'/>", "<b><c/></b>", "", &[]).unwrap();
        assert!(merged.ends_with("<a xmlns=\"u\"><b xmlns=\"\"><c/></b></a>"), "{merged}");
    }

    #[test]
    fn other_encodings_than_unicode_are_not_merged() {
        let old = "<?xml version='1.0' encoding='iso-8859-1'?><a/>";
        assert!(merge("<a/>", old, "", &[]).unwrap_err().text().contains("iso-8859-1"));
        assert!(merge(old, "<a/>", "", &[]).unwrap_err().text().contains("iso-8859-1"));
    }
}
