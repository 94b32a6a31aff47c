//! What every reader of an XML part needs: properties whichever way a format writes them, typed,
//! with a diagnostic for each value that its property cannot take.
//!
//! Formats 6 and 8 write properties as attributes, formats 2 and 3 as `DTS:Property` elements, and
//! formats 6 and 8 put lists into an element of their own: readers ask for a name and get it from
//! either place.

mod configuration;
mod connection;
mod date;
mod escape;
mod executable;
mod for_each;
mod legacy;
mod manifest;
mod package;
mod pipeline;
mod task;
mod variable;

pub(crate) use configuration::read_configuration_file;
pub(crate) use connection::text_qualifier;
pub(crate) use escape::unescape;
pub(crate) use manifest::{Manifest, read_manifest, read_project_parameters};
pub(crate) use package::{read_connection_manager, read_package};
pub(crate) use task::comma_list;

use std::str::FromStr;

use model::{Code, Diagnostic, Severity, Span};
use roxmltree::Node;

use crate::UnknownPart;

/// What readers gather while they read.
#[derive(Default)]
pub(crate) struct Reader {
    /// `PackageFormatVersion`.
    pub(crate) format: u32,
    /// Windows locale of dates in values.
    pub(crate) locale: Option<u32>,
    /// Mistakes so far.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Unknown parts so far.
    pub(crate) unknown: Vec<UnknownPart>,
}

impl Reader {
    /// Adds a diagnostic about a node.
    pub(crate) fn report(&mut self, code: Code, place: &str, node: Node<'_, '_>, message: String) {
        self.diagnostics.push(Diagnostic {
            severity: Severity::Error,
            code,
            message,
            place: place.to_owned(),
            span: span(node),
            hint: None,
        });
    }

    /// The value of a property that parses as `T`; the default when it is absent or wrong.
    pub(crate) fn number<T: FromStr>(&mut self, node: Node<'_, '_>, name: &str, default: T) -> T {
        let Some(text) = property(node, name).map(str::trim).filter(|text| !text.is_empty()) else {
            return default;
        };
        match text.parse() {
            Ok(number) => number,
            Err(_) => {
                self.bad(node, name, text);
                default
            }
        }
    }

    /// A Boolean property: `True`/`False`, `1`/`0`, `-1`/`0`.
    pub(crate) fn flag(&mut self, node: Node<'_, '_>, name: &str, default: bool) -> bool {
        let Some(text) = property(node, name).map(str::trim).filter(|text| !text.is_empty()) else {
            return default;
        };
        boolean(text).unwrap_or_else(|| {
            self.bad(node, name, text);
            default
        })
    }

    /// A property with named values.
    pub(crate) fn code<T: Default>(
        &mut self,
        node: Node<'_, '_>,
        name: &str,
        from_text: fn(&str) -> Option<T>,
    ) -> T {
        let Some(text) = property(node, name).filter(|text| !text.trim().is_empty()) else {
            return T::default();
        };
        from_text(text).unwrap_or_else(|| {
            self.bad(node, name, text);
            T::default()
        })
    }

    fn bad(&mut self, node: Node<'_, '_>, name: &str, text: &str) {
        let message = format!("`{}` is not a value of property `{name}`", shorten(text));
        self.report(Code::BadProperty, &place_of(node), node, message);
    }

    /// Remembers children that are not among the known ones.
    pub(crate) fn note_unknown_children(
        &mut self,
        node: Node<'_, '_>,
        place: &str,
        known: &[&str],
    ) {
        for child in elements(node) {
            let name = child.tag_name().name();
            if !known.contains(&name) {
                let what = format!("element `{name}`");
                self.unknown.push(UnknownPart { place: place.to_owned(), what, span: span(child) });
            }
        }
    }

    /// Remembers attributes that are not among the known ones.
    pub(crate) fn note_unknown_attributes(
        &mut self,
        node: Node<'_, '_>,
        place: &str,
        known: &[&str],
    ) {
        for attribute in node.attributes() {
            if !known.contains(&attribute.name()) {
                let what = format!("attribute `{}`", attribute.name());
                let span = attribute.range().into();
                self.unknown.push(UnknownPart { place: place.to_owned(), what, span });
            }
        }
    }
}

/// `True`/`False`, `1`/`0`, `-1`/`0`, in any letter case.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text.trim() {
        "1" | "-1" => Some(true),
        "0" => Some(false),
        text if text.eq_ignore_ascii_case("true") => Some(true),
        text if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// At most 60 characters of a text, for messages.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The refId of a node or of the nearest node around it that has one, else its name.
fn place_of(node: Node<'_, '_>) -> String {
    let with_ref = node.ancestors().find_map(|ancestor| attribute(ancestor, "refId"));
    let named = || node.ancestors().find_map(|ancestor| property(ancestor, "ObjectName"));
    with_ref.or_else(named).unwrap_or_default().to_owned()
}

/// Where a node is.
pub(crate) fn span(node: Node<'_, '_>) -> Span {
    node.range().into()
}

/// An attribute by its name without prefix.
pub(crate) fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attributes().find(|attribute| attribute.name() == name).map(|attribute| attribute.value())
}

/// A property: an attribute, or a `DTS:Property` child with that name.
pub(crate) fn property<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    attribute(node, name).or_else(|| {
        elements(node)
            .find(|child| {
                child.tag_name().name() == "Property" && attribute(*child, "Name") == Some(name)
            })
            .map(|child| child.text().unwrap_or_default())
    })
}

/// The settings of a task or enumerator that are not among the known ones, in any letter case.
pub(crate) fn unknown_settings(node: Node<'_, '_>, known: &[&str]) -> Vec<String> {
    let is_known = |name: &str| known.iter().any(|known| known.eq_ignore_ascii_case(name));
    let names = node.attributes().map(|attribute| attribute.name());
    let names = names.chain(elements(node).map(|child| child.tag_name().name()));
    names.filter(|name| !is_known(name)).map(str::to_owned).collect()
}

/// A property as owned text; empty when it is absent.
pub(crate) fn text_property(node: Node<'_, '_>, name: &str) -> String {
    property(node, name).unwrap_or_default().to_owned()
}

/// The elements directly in a node.
pub(crate) fn elements<'a, 'input>(
    node: Node<'a, 'input>,
) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input> {
    node.children().filter(|child| child.is_element())
}

/// The first element with this name directly in a node.
pub(crate) fn element<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    elements(node).find(|child| child.tag_name().name() == name)
}

/// The elements with this name directly in a node, or in its child `list`.
pub(crate) fn items<'a, 'input>(
    node: Node<'a, 'input>,
    list: &str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input> {
    let in_list = element(node, list).into_iter().flat_map(elements);
    elements(node).chain(in_list).filter(move |child| child.tag_name().name() == name)
}

/// All text directly in a node.
pub(crate) fn text(node: Node<'_, '_>) -> String {
    node.children().filter(Node::is_text).filter_map(|child| child.text()).collect()
}

/// The source of a node, with the content of sensitive elements left out.
pub(crate) fn source_without_secrets(node: Node<'_, '_>) -> String {
    let source = node.document().input_text();
    let range = node.range();
    let mut out = String::new();
    let mut from = range.start;
    for secret in node.descendants().filter(is_sensitive) {
        let Some(first) = secret.first_child() else { continue };
        let Some(last) = secret.last_child() else { continue };
        if from <= first.range().start {
            out.push_str(&source[from..first.range().start]);
            from = last.range().end;
        }
    }
    out.push_str(&source[from..range.end]);
    out
}

/// Whether an element holds a sensitive value.
pub(crate) fn is_sensitive(node: &Node<'_, '_>) -> bool {
    node.is_element() && attribute(*node, "Sensitive").and_then(boolean) == Some(true)
}
