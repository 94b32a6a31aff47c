//! The operation XPATH: what an expression selects from a document, or the value of a function.

use std::sync::Arc;

use model::dts;
use package::{XPathOperation, XmlTask};

use super::Trouble;
use crate::evaluate::Mistake;
use crate::frame::Frame;
use crate::xml::{self, Found, Question, Role};

/// The result, as text.
pub(super) fn run(frame: &Arc<Frame>, task: &XmlTask) -> Result<String, Trouble> {
    let document = xml::text(frame, &task.source, Role::Document)?;
    let path = xml::text(frame, &task.second, Role::Path)?;
    let namespaces = &task.namespaces;
    let question =
        Question { document: &document, path: &path, inner: None, namespaces, places: false };
    let found = xml::ask(frame, &question)?;
    match (task.xpath_operation, found) {
        (XPathOperation::Evaluation, Found::Value(value)) => Ok(value),
        (XPathOperation::Values, Found::Nodes(lists)) => {
            Ok(lists.into_iter().flatten().map(|node| node.inner_text).collect())
        }
        (XPathOperation::NodeList, Found::Nodes(lists)) => {
            Ok(lists.into_iter().flatten().map(|node| node.outer_xml).collect())
        }
        (XPathOperation::Evaluation, Found::Nodes(_)) => {
            Err(mismatch(&path, "nodes", "Values").into())
        }
        (XPathOperation::Values | XPathOperation::NodeList, Found::Value(_)) => {
            Err(mismatch(&path, "a value", "Evaluation").into())
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
