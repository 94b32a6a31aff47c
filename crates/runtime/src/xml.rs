//! XML documents that tasks and enumerators read, and XPath 1.0 over them.
//!
//! Documents are loaded as .NET's `XmlDocument` loads them: text that is nothing but white space
//! between elements is left out, unless `xml:space` says otherwise. Entities that a DTD declares
//! in the document are replaced, within bounds; nothing outside the document is read.
//! Rules: XPath 1.0; control-flow facts 4.3 and 9.9.

mod number;
mod operand;

use uppsala::xpath::XPathValue;
use uppsala::{Document, NodeId, NodeKind, Parser, XPathEvaluator, XmlError};

pub(crate) use self::operand::{Role, file, missing, of_connection, resolve, text};
use crate::evaluate;

/// How deep elements may lie in each other.
const DEPTH_MAX: u32 = 512;
/// Nodes that one expression may look at.
const VISITS_MAX: usize = 200_000_000;

/// A document that cannot be read, or an expression that cannot be evaluated: a sentence without
/// its full stop.
pub(crate) type Wrong = String;

/// A document to ask.
pub(crate) struct Tree<'t> {
    document: Document<'t>,
    paths: Paths,
}

/// Evaluates expressions with the prefixes that a task declares.
pub(crate) struct Paths {
    evaluator: XPathEvaluator,
    prefixes: Vec<String>,
}

/// What an expression gives.
pub(crate) enum Found {
    /// Nodes, in document order.
    Nodes(Vec<NodeId>),
    /// A number, a truth or a text, written as .NET writes it.
    Value(String),
}

impl<'t> Tree<'t> {
    /// Reads a document, for expressions with these prefixes.
    pub(crate) fn read(text: &'t str, namespaces: &[(String, String)]) -> Result<Self, Wrong> {
        let mut document = parse(text)?;
        drop_white_space(&mut document);
        document.prepare_xpath();
        Ok(Self { document, paths: Paths::new(namespaces) })
    }

    /// The document itself, from which absolute and relative paths begin.
    pub(crate) fn root(&self) -> NodeId {
        self.document.root()
    }

    /// Evaluates an expression from a node.
    pub(crate) fn evaluate(&self, from: NodeId, path: &str) -> Result<Found, Wrong> {
        Ok(match self.paths.evaluate(&self.document, from, path)? {
            XPathValue::NodeSet(nodes) => Found::Nodes(nodes),
            XPathValue::Boolean(truth) => {
                Found::Value(if truth { "True" } else { "False" }.to_owned())
            }
            XPathValue::Number(number) => Found::Value(number::shown(number)),
            XPathValue::String(text) => Found::Value(text),
        })
    }

    /// The nodes that an expression selects.
    pub(crate) fn select(&self, from: NodeId, path: &str) -> Result<Vec<NodeId>, Wrong> {
        match self.evaluate(from, path)? {
            Found::Nodes(nodes) => Ok(nodes),
            Found::Value(_) => Err(format!("the XPath expression `{path}` selects no nodes")),
        }
    }

    /// The text in a node.
    pub(crate) fn inner_text(&self, node: NodeId) -> String {
        XPathValue::NodeSet(vec![node]).to_string_value(&self.document)
    }

    /// A node as XML, with the namespaces that it needs.
    pub(crate) fn outer_xml(&self, node: NodeId) -> String {
        if let Some(NodeKind::Attribute(name, value)) = self.document.node_kind(node) {
            return format!("{}=\"{}\"", name.prefixed_name(), escape(value));
        }
        if !matches!(self.document.node_kind(node), Some(NodeKind::Element(_))) {
            return self.document.node_to_xml(node);
        }
        // Alone in a document, so that namespaces declared further out are declared here.
        let mut alone = Document::new();
        let Some(copy) = alone.import_subtree(&self.document, node) else { return String::new() };
        for (prefix, uri) in self.namespaces_around(node) {
            declare_if_missing(&mut alone, copy, &prefix, &uri);
        }
        let root = alone.root();
        alone.append_child(root, copy);
        alone.node_to_xml(copy)
    }

    /// The namespaces that elements around a node declare and that it uses, the nearest of each
    /// prefix.
    fn namespaces_around(&self, node: NodeId) -> Vec<(String, String)> {
        let used = self.prefixes_in(node);
        let mut found: Vec<(String, String)> = Vec::new();
        for ancestor in self.document.ancestors(node) {
            let Some(element) = self.document.element(ancestor) else { continue };
            for (prefix, uri) in &element.namespace_declarations {
                let is_new = found.iter().all(|(known, _)| known != prefix);
                if is_new && ancestor != node {
                    found.push((prefix.to_string(), uri.to_string()));
                }
            }
        }
        found.retain(|(prefix, _)| used.contains(prefix));
        found
    }

    fn prefixes_in(&self, node: NodeId) -> Vec<String> {
        let mut used = Vec::new();
        for id in std::iter::once(node).chain(self.document.descendants(node)) {
            let Some(element) = self.document.element(id) else { continue };
            let own = std::iter::once(element.name.prefix.as_deref().unwrap_or_default());
            let attributes = element.attributes.iter().filter_map(|a| a.name.prefix.as_deref());
            for prefix in own.chain(attributes) {
                if !used.iter().any(|known: &String| known == prefix) {
                    used.push(prefix.to_owned());
                }
            }
        }
        used
    }
}

impl Paths {
    /// For expressions with these prefixes.
    pub(crate) fn new(namespaces: &[(String, String)]) -> Self {
        let mut evaluator = XPathEvaluator::new().with_max_node_visits(VISITS_MAX);
        let mut prefixes = vec!["xml".to_owned()];
        for (prefix, uri) in namespaces {
            evaluator.add_namespace(prefix.as_str(), uri.as_str());
            prefixes.push(prefix.clone());
        }
        Self { evaluator, prefixes }
    }

    /// Evaluates an expression over a document that is prepared for it.
    pub(crate) fn evaluate(
        &self,
        document: &Document<'_>,
        from: NodeId,
        path: &str,
    ) -> Result<XPathValue, Wrong> {
        let wrong = |why: &dyn std::fmt::Display| format!("the XPath expression `{path}`: {why}");
        // To the evaluator, a prefix that nobody declared selects nothing.
        let is_unknown = |prefix: &&str| !self.prefixes.iter().any(|known| known == prefix);
        let unknown = prefixes_of(path).into_iter().find(is_unknown);
        if let Some(prefix) = unknown {
            return Err(wrong(&format!("the prefix `{prefix}` is not declared")));
        }
        self.evaluator.evaluate(document, from, path).map_err(|error| wrong(&error))
    }
}

/// The prefixes of names in an expression: what stands in front of one colon, outside quotes.
fn prefixes_of(path: &str) -> Vec<&str> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut quote = None;
    let mut found = Vec::new();
    for (at, letter) in path.char_indices() {
        match quote {
            Some(open) if open == letter => quote = None,
            None if matches!(letter, '"' | '\'') => quote = Some(letter),
            None if letter == ':' => {
                let front = &path[..at];
                // Two colons stand behind the name of an axis.
                if !front.ends_with(':') && !path[at + 1..].starts_with(':') {
                    found.push(&front[front.trim_end_matches(is_name).len()..]);
                }
            }
            Some(_) | None => {}
        }
    }
    found
}

/// Reads a document as it is.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, Wrong> {
    let parser = Parser::new().with_max_depth(DEPTH_MAX);
    let text = text.trim_start_matches('\u{FEFF}');
    parser.parse(text).map_err(|error: XmlError| {
        format!("the XML document cannot be read: {}", evaluate::chain(&error))
    })
}

fn declare_if_missing(document: &mut Document<'_>, node: NodeId, prefix: &str, uri: &str) {
    let Some(element) = document.element_mut(node) else { return };
    if element.namespace_declarations.iter().all(|(known, _)| known != prefix) {
        let declaration = (prefix.to_owned().into(), uri.to_owned().into());
        element.namespace_declarations.push(declaration);
    }
}

fn drop_white_space(document: &mut Document<'_>) {
    let is_blank = |id: &NodeId| {
        matches!(document.node_kind(*id), Some(NodeKind::Text(text))
            if text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')))
    };
    let blanks: Vec<NodeId> =
        document.descendants(document.root()).into_iter().filter(is_blank).collect();
    let blanks: Vec<NodeId> =
        blanks.into_iter().filter(|id| !is_preserved(document, *id)).collect();
    for blank in blanks {
        document.detach(blank);
    }
}

/// Whether the nearest `xml:space` around a node says that its white space counts.
fn is_preserved(document: &Document<'_>, node: NodeId) -> bool {
    const XML: &str = "http://www.w3.org/XML/1998/namespace";
    let mut around = document.ancestors(node).into_iter();
    around.find_map(|id| document.get_attribute_ns(id, XML, "space")) == Some("preserve")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
