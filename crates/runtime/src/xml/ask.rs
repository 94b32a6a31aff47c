//! XPath 1.0, by `xsltproc`: a stylesheet evaluates the expression and writes down what it found.
//!
//! White space between elements is left out, as .NET's `XmlDocument` does, unless `xml:space` says
//! otherwise. Functions that only XSLT has are refused, `document` above all.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use connect::xml::document_text;
use package::{XmlOperand, XmlSourceType};
use tempfile::NamedTempFile;
use uppsala::NodeId;

use super::program::{self, Input, Trouble};
use super::{number, parse, went_wrong};
use crate::evaluate;
use crate::frame::Frame;

pub(crate) const XSLTPROC: (&str, &str) = ("xsltproc", "xsltproc");
/// Functions of XSLT, which XPath does not have.
const OF_XSLT: &[&str] = &[
    "current",
    "document",
    "element-available",
    "format-number",
    "function-available",
    "generate-id",
    "key",
    "system-property",
    "unparsed-entity-uri",
];

/// A node that was found.
pub(crate) struct Node {
    /// The node as XML.
    pub(crate) outer_xml: String,
    /// The text in it.
    pub(crate) inner_text: String,
    /// How many elements begin before it.
    pub(crate) elements_before: usize,
    /// Whether it is an element.
    pub(crate) is_element: bool,
}

/// What an expression gives.
pub(crate) enum Found {
    /// Nodes in document order, in one list for each that an outer expression selects.
    Nodes(Vec<Vec<Node>>),
    /// A number, a truth or a text, as .NET writes it.
    Value(String),
}

/// What is asked of a document.
pub(crate) struct Question<'a> {
    /// The document.
    pub(crate) document: &'a str,
    /// Evaluated from the document.
    pub(crate) path: &'a str,
    /// Evaluated from each node that `path` selects.
    pub(crate) inner: Option<&'a str>,
    /// Prefixes, and their namespaces.
    pub(crate) namespaces: &'a [(String, String)],
    /// Whether places are told.
    pub(crate) places: bool,
}

/// Evaluates an expression.
pub(crate) fn ask(frame: &Arc<Frame>, question: &Question<'_>) -> Result<Found, Trouble> {
    for path in [Some(question.path), question.inner].into_iter().flatten() {
        refuse(path).map_err(|reason| went_wrong(&reason))?;
    }
    program::refuse_external_entities(question.document)?;
    let text = question.document.to_owned();
    let operand = XmlOperand { kind: XmlSourceType::DirectInput, text };
    let source = Input::of(frame, &operand)?;
    let style = NamedTempFile::new().and_then(|mut file| {
        file.write_all(stylesheet(question).as_bytes())?;
        file.flush()?;
        Ok(file)
    });
    let style = style.map_err(|error| went_wrong(&format!("a file cannot be made: {error}")))?;
    let options = ["--nonet", "--novalid", "--nowrite", "--nomkdir"].map(Path::new);
    let arguments: Vec<&Path> = options.into_iter().chain([style.path(), &*source.path]).collect();
    let ended = program::run(frame, XSLTPROC, &arguments)?;
    // Some errors of expressions leave the exit code at 0.
    if ended.code != Some(0) || ended.errors.contains("error") {
        let said = ended.errors.replace(&*source.path.to_string_lossy(), &source.name);
        let said = said.lines().take(3).collect::<Vec<_>>().join("; ");
        let path = question.path;
        return Err(went_wrong(&format!("the XPath expression `{path}`: {said}")).into());
    }
    let answer = document_text(&ended.output).map_err(|error| evaluate::chain(&error));
    let answer = answer.map_err(|reason| went_wrong(&reason))?;
    Ok(read(&answer).map_err(|reason| went_wrong(&reason))?)
}

/// Refuses what is not an expression of XPath 1.0, though xsltproc would take it.
fn refuse(path: &str) -> Result<(), String> {
    if path.trim().is_empty() {
        return Err("the XPath expression is empty".to_owned());
    }
    let mut quote = None;
    let mut outside = String::new();
    for letter in path.chars() {
        match quote {
            Some(open) if open == letter => quote = None,
            None if matches!(letter, '"' | '\'') => quote = Some(letter),
            None => outside.push(letter),
            Some(_) => {}
        }
    }
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let mut calls = outside.match_indices('(').map(|(at, _)| outside[..at].trim_end());
    let called = |front: &str| front[front.trim_end_matches(is_name).len()..].to_owned();
    match calls.find_map(|front| Some(called(front)).filter(|name| OF_XSLT.contains(&&**name))) {
        Some(name) => Err(format!("the XPath expression `{path}`: no function {name} is known")),
        None => Ok(()),
    }
}

/// The stylesheet that answers the question.
fn stylesheet(question: &Question<'_>) -> String {
    let path = escape(question.path);
    let declared: String = question
        .namespaces
        .iter()
        .filter(|(prefix, _)| !prefix.is_empty() && prefix != "xml")
        .map(|(prefix, uri)| format!(" xmlns:{}=\"{}\"", escape(prefix), escape(uri)))
        .collect();
    let prefixes: Vec<String> = question
        .namespaces
        .iter()
        .filter(|(prefix, _)| !prefix.is_empty() && prefix != "xml")
        .map(|(prefix, _)| escape(prefix))
        .collect();
    let place = match question.places {
        true => {
            "<ph-x:attribute name=\"before\">\
             <ph-x:value-of select=\"count(preceding::*|ancestor::*)\"/></ph-x:attribute>\
             <ph-x:attribute name=\"element\">\
             <ph-x:value-of select=\"boolean(self::*)\"/></ph-x:attribute>"
        }
        false => "",
    };
    let node = format!(
        "<ph-r:node><ph-x:attribute name=\"text\"><ph-x:value-of select=\".\"/></ph-x:attribute>\
         {place}<ph-x:choose><ph-x:when test=\"count(.|../@*) = count(../@*)\">\
         <ph-x:attribute name=\"name\"><ph-x:value-of select=\"name()\"/></ph-x:attribute>\
         </ph-x:when><ph-x:otherwise><ph-x:copy-of select=\".\"/></ph-x:otherwise></ph-x:choose>\
         </ph-r:node>"
    );
    let each = match question.inner {
        Some(inner) => format!(
            "<ph-r:list><ph-x:for-each select=\"{}\">{node}</ph-x:for-each></ph-r:list>",
            escape(inner)
        ),
        None => format!("<ph-r:list>{node}</ph-r:list>"),
    };
    format!(
        "<ph-x:stylesheet version=\"1.0\" xmlns:ph-x=\"http://www.w3.org/1999/XSL/Transform\" \
         xmlns:ph-r=\"urn:packhorse:found\" xmlns:ph-e=\"http://exslt.org/common\"{declared} \
         exclude-result-prefixes=\"ph-e {}\"><ph-x:output encoding=\"UTF-8\" indent=\"no\"/>\
         <ph-x:strip-space elements=\"*\"/><ph-x:template match=\"/\">\
         <ph-x:variable name=\"ph-t\" select=\"ph-e:object-type({path})\"/><ph-r:found>\
         <ph-x:attribute name=\"type\"><ph-x:value-of select=\"$ph-t\"/></ph-x:attribute>\
         <ph-x:choose><ph-x:when test=\"$ph-t = 'node-set'\">\
         <ph-x:for-each select=\"{path}\">{each}</ph-x:for-each></ph-x:when><ph-x:otherwise>\
         <ph-x:attribute name=\"value\"><ph-x:value-of select=\"{path}\"/></ph-x:attribute>\
         </ph-x:otherwise></ph-x:choose></ph-r:found></ph-x:template></ph-x:stylesheet>",
        prefixes.join(" ")
    )
}

/// What the stylesheet wrote down.
fn read(answer: &str) -> Result<Found, String> {
    let document = parse(answer)?;
    let root = document.document_element().ok_or("the answer is empty")?;
    let value = || document.get_attribute(root, "value").unwrap_or_default().to_owned();
    match document.get_attribute(root, "type") {
        Some("node-set") => {}
        Some("number") => {
            let number = value().parse().map_err(|_| format!("`{}` is no number", value()))?;
            return Ok(Found::Value(number::shown(number)));
        }
        Some("boolean") => {
            let truth = if value() == "true" { "True" } else { "False" };
            return Ok(Found::Value(truth.to_owned()));
        }
        Some(_) | None => return Ok(Found::Value(value())),
    }
    let node = |id: NodeId| {
        let inner_text = document.get_attribute(id, "text").unwrap_or_default().to_owned();
        let inside = (document.first_child(id), document.last_child(id));
        let range = |id: NodeId| document.node_range(id);
        let outer_xml = match (document.get_attribute(id, "name"), inside) {
            (Some(name), _) => format!("{name}=\"{}\"", escape(&inner_text)),
            (None, (Some(first), Some(last))) => {
                let (first, last) = (range(first), range(last));
                let both = first.zip(last).map(|(first, last)| first.start..last.end);
                both.and_then(|range| answer.get(range)).unwrap_or_default().to_owned()
            }
            (None, _) => String::new(),
        };
        let before = document.get_attribute(id, "before").and_then(|text| text.parse().ok());
        let elements_before = before.unwrap_or_default();
        let is_element = document.get_attribute(id, "element") == Some("true");
        Node { outer_xml, inner_text, elements_before, is_element }
    };
    let lists = document.children_iter(root);
    Ok(Found::Nodes(lists.map(|list| document.children_iter(list).map(node).collect()).collect()))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
