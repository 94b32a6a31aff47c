//! The operation Diff, as far as it tells whether two documents are the same.
//!
//! Both become one text in which only what is compared can differ. The algorithms of the original
//! find different ways from one document to the other, and agree on whether there is a way to go.
//! Rules: "XML Task", `DTSXMLDiffOptions`.

use std::sync::Arc;

use model::dts;
use package::XmlTask;
use uppsala::{Document, NodeId, NodeKind};

use crate::evaluate::Mistake;
use crate::frame::Frame;
use crate::xml::{self, Role, went_wrong};

const NAMES: &[(&str, u32)] = &[
    ("None", 0),
    ("IgnoreChildOrder", Options::CHILD_ORDER),
    ("IgnoreComments", Options::COMMENTS),
    ("IgnorePI", Options::INSTRUCTIONS),
    ("IgnoreWhitespace", Options::WHITE_SPACE),
    ("IgnoreNamespaces", Options::NAMESPACES),
    ("IgnorePrefixes", Options::PREFIXES),
    ("IgnoreXmlDecl", Options::DECLARATION),
    ("IgnoreDtd", Options::DTD),
];

/// What is not compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Options(u32);

impl Options {
    const CHILD_ORDER: u32 = 1;
    const COMMENTS: u32 = 2;
    const INSTRUCTIONS: u32 = 4;
    const WHITE_SPACE: u32 = 8;
    const NAMESPACES: u32 = 16;
    const PREFIXES: u32 = 32;
    const DECLARATION: u32 = 64;
    const DTD: u32 = 128;

    /// Names with commas or spaces, or the sum of their bits.
    fn parse(text: &str) -> Option<Self> {
        if let Ok(bits) = text.trim().parse::<u32>() {
            return (bits < 256).then_some(Self(bits));
        }
        let mut bits = 0;
        for name in text.split([',', ' ']).filter(|name| !name.is_empty()) {
            bits |= NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?.1;
        }
        Some(Self(bits))
    }

    const fn ignores(self, bit: u32) -> bool {
        self.0 & bit != 0
    }
}

/// Why the options of a comparison mean nothing here.
pub(super) fn unknown_options(text: &str) -> Option<String> {
    Options::parse(text).is_none().then(|| format!("the DiffOptions `{text}` are not known"))
}

/// Compares the documents.
pub(super) fn run(frame: &Arc<Frame>, task: &XmlTask) -> Result<(), Mistake> {
    let first = xml::text(frame, &task.source, Role::Document)?;
    let second = xml::text(frame, &task.second, Role::Document)?;
    let options = Options::parse(&task.diff_options).unwrap_or_default();
    if comparable(&first, options)? == comparable(&second, options)? {
        return Ok(());
    }
    let text = "The XML documents are different.";
    if task.fail_on_difference {
        return Err(went_wrong(text));
    }
    frame.warning(dts::DTS_W_XMLTASK_DIFFFAILURE, text);
    Ok(())
}

/// What of a document is compared.
fn comparable(text: &str, options: Options) -> Result<String, Mistake> {
    let document = xml::parse(text).map_err(|wrong| went_wrong(&wrong))?;
    let mut out = String::new();
    if !options.ignores(Options::DECLARATION)
        && let Some(declaration) = &document.xml_declaration
    {
        let encoding = declaration.encoding.as_deref().unwrap_or_default().to_ascii_lowercase();
        let standalone = declaration.standalone;
        out.push_str(&format!("<?xml {} {encoding} {standalone:?}?>", declaration.version));
    }
    if !options.ignores(Options::DTD)
        && let Some(doctype) = &document.doctype
    {
        out.push_str(doctype);
    }
    // White space around the root element is nobody's.
    let outside = Options(options.0 | Options::WHITE_SPACE);
    out.push_str(&children(&document, document.root(), options, outside));
    Ok(out)
}

/// The children of a node, where `texts` says how their texts are compared.
fn children(document: &Document<'_>, node: NodeId, options: Options, texts: Options) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut text = String::new();
    for child in document.children_iter(node) {
        match document.node_kind(child) {
            // One text may have come in pieces.
            Some(NodeKind::Text(piece)) => text.push_str(piece),
            Some(kind) => {
                let Some(part) = part(document, child, kind, options) else { continue };
                parts.extend(shown_text(&std::mem::take(&mut text), texts));
                parts.push(part);
            }
            None => {}
        }
    }
    parts.extend(shown_text(&text, texts));
    if options.ignores(Options::CHILD_ORDER) {
        parts.sort_unstable();
    }
    parts.concat()
}

fn part(
    document: &Document<'_>,
    node: NodeId,
    kind: &NodeKind<'_>,
    options: Options,
) -> Option<String> {
    match kind {
        NodeKind::Element(_) => Some(element(document, node, options)),
        NodeKind::Comment(text) => {
            (!options.ignores(Options::COMMENTS)).then(|| format!("<!--{text}-->"))
        }
        NodeKind::ProcessingInstruction(instruction) => (!options.ignores(Options::INSTRUCTIONS))
            .then(|| {
                let data = instruction.data.as_deref().unwrap_or_default();
                format!("<?{} {data}?>", instruction.target)
            }),
        NodeKind::CData(text) => Some(format!("<![CDATA[{text}]]>")),
        NodeKind::Document | NodeKind::Text(_) | NodeKind::Attribute(..) => None,
    }
}

fn element(document: &Document<'_>, node: NodeId, options: Options) -> String {
    let Some(element) = document.element(node) else { return String::new() };
    let name = |name: &uppsala::QName<'_>| {
        let mut shown = String::new();
        if !options.ignores(Options::NAMESPACES) {
            shown.push_str(&format!("{{{}}}", name.namespace_uri.as_deref().unwrap_or_default()));
        }
        if !options.ignores(Options::PREFIXES | Options::NAMESPACES) {
            shown.push_str(&format!("{}:", name.prefix.as_deref().unwrap_or_default()));
        }
        shown + &name.local_name
    };
    let attributes = element.attributes.iter();
    let mut attributes: Vec<String> = attributes
        .map(|attribute| format!(" {}=\"{}\"", name(&attribute.name), escape(&attribute.value)))
        .collect();
    if !options.ignores(Options::PREFIXES | Options::NAMESPACES) {
        let declared = element.namespace_declarations.iter();
        let declared = declared.map(|(prefix, uri)| format!(" xmlns:{prefix}=\"{}\"", escape(uri)));
        attributes.extend(declared);
    }
    attributes.sort_unstable();
    let inside = children(document, node, options, options);
    format!("<{}{}>{inside}</>", name(&element.name), attributes.concat())
}

/// A text as it is compared; `None` where nothing is left of it.
fn shown_text(text: &str, options: Options) -> Option<String> {
    let text = match options.ignores(Options::WHITE_SPACE) {
        true => text.split_ascii_whitespace().collect::<Vec<_>>().join(" "),
        false => text.to_owned(),
    };
    (!text.is_empty()).then(|| escape(&text))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(first: &str, second: &str, options: &str) -> bool {
        let options = Options::parse(options).unwrap();
        comparable(first, options).unwrap() == comparable(second, options).unwrap()
    }

    #[test]
    fn each_option_makes_the_same_what_it_ignores_and_nothing_else() {
        let ignored = [
            ("IgnoreChildOrder", "<a><b/><c/></a>", "<a><c/><b/></a>"),
            ("IgnoreComments", "<a>x<!-- 1 -->y</a>", "<a>xy</a>"),
            ("IgnorePI", "<a><?p 1?></a>", "<a><?p 2?></a>"),
            ("IgnoreWhitespace", "<a>\n  <b> x  y</b></a>", "<a><b>x y</b></a>"),
            ("IgnoreNamespaces", "<a xmlns='u'/>", "<p:a xmlns:p='v'/>"),
            ("IgnorePrefixes", "<a xmlns='u'/>", "<p:a xmlns:p='u'/>"),
            ("IgnoreXmlDecl", "<?xml version='1.0'?><a/>", "<a/>"),
            ("IgnoreDtd", "<!DOCTYPE a><a/>", "<a/>"),
        ];
        for (number, (name, first, second)) in ignored.iter().enumerate() {
            assert!(same(first, second, name), "{name}");
            assert!(same(first, second, &(1_u32 << number).to_string()), "{name}");
            assert!(!same(first, second, "None"), "{name}");
            for (other, ..) in ignored.iter().filter(|(other, ..)| other != name) {
                // A name without its namespace has no prefix either.
                let includes = *name == "IgnorePrefixes" && *other == "IgnoreNamespaces";
                assert_eq!(same(first, second, other), includes, "{name} by {other}");
            }
        }
    }

    #[test]
    fn the_order_of_attributes_never_counts_and_values_always_do() {
        let all = "IgnoreChildOrder, IgnoreComments IgnorePI,IgnoreWhitespace,IgnoreNamespaces";
        for options in ["", all, "255"] {
            assert!(same("<a x='1' y='2'/>", "<a y='2' x='1'></a>", options), "{options}");
            assert!(!same("<a x='1'/>", "<a x='2'/>", options), "{options}");
            assert!(!same("<a>1</a>", "<a>2</a>", options), "{options}");
            assert!(!same("<a><b/></a>", "<a><b/><b/></a>", options), "{options}");
            assert!(!same("<a>&lt;b></a>", "<a><b/></a>", options), "{options}");
        }
        assert!(unknown_options("IgnoreNothing").is_some());
        assert!(unknown_options("256").is_some());
    }
}
