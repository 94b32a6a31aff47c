//! The operation XPATH: what an expression selects from a document, or the value of a function.

use std::sync::Arc;

use model::dts;
use package::{XPathOperation, XmlTask};

use super::went_wrong;
use crate::evaluate::Mistake;
use crate::frame::Frame;
use crate::xml::{self, Found, Role, Tree, Wrong};

/// The result, as text.
pub(super) fn run(frame: &Arc<Frame>, task: &XmlTask) -> Result<String, Mistake> {
    let document = xml::text(frame, &task.source, Role::Document)?;
    let path = xml::text(frame, &task.second, Role::Path)?;
    let wrong = |wrong: Wrong| went_wrong(&wrong);
    let tree = Tree::read(&document, &task.namespaces).map_err(wrong)?;
    let found = tree.evaluate(tree.root(), path.trim()).map_err(wrong)?;
    match (task.xpath_operation, found) {
        (XPathOperation::Evaluation, Found::Value(value)) => Ok(value),
        (XPathOperation::Values, Found::Nodes(nodes)) => {
            Ok(nodes.into_iter().map(|node| tree.inner_text(node)).collect())
        }
        (XPathOperation::NodeList, Found::Nodes(nodes)) => {
            Ok(nodes.into_iter().map(|node| tree.outer_xml(node)).collect())
        }
        (XPathOperation::Evaluation, Found::Nodes(_)) => Err(mismatch(&path, "nodes", "Values")),
        (XPathOperation::Values | XPathOperation::NodeList, Found::Value(_)) => {
            Err(mismatch(&path, "a value", "Evaluation"))
        }
    }
}

fn mismatch(path: &str, what: &str, operation: &str) -> Mistake {
    Mistake::new(
        dts::DTS_E_XMLTASK_XPATHNAVERROR,
        format!(
            "Unexpected content item in XPathNavigator: the expression \"{path}\" gives {what}, \
             which is for the XPathOperation {operation}."
        ),
    )
}
