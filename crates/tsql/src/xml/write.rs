//! Nodes as XML text, as SQL Server writes it: double quotes, `<a/>` for an empty element.

use super::tree::{Kind, NodeId, Tree};

/// Text between tags.
pub(crate) fn escape_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#x0D;"),
            _ => push_character(character, &mut out),
        }
    }
    out
}

/// Text between the quotes of an attribute.
pub(crate) fn escape_attribute(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#x09;"),
            '\n' => out.push_str("&#x0A;"),
            '\r' => out.push_str("&#x0D;"),
            _ => push_character(character, &mut out),
        }
    }
    out
}

/// A character that XML does not have comes as a reference, which only FOR XML without TYPE
/// gives out.
fn push_character(character: char, out: &mut String) {
    match super::read::is_xml_character(character) {
        true => out.push(character),
        false => out.push_str(&format!("&#x{:02X};", u32::from(character))),
    }
}

/// What stands inside a node.
pub(super) fn children(tree: &Tree, node: NodeId) -> String {
    let mut out = String::new();
    for &child in tree.children(node) {
        self::node(tree, child, &mut out);
    }
    out
}

/// A node with the namespaces that are declared around it, so that it can stand alone.
pub(super) fn alone(tree: &Tree, node: NodeId, out: &mut String) {
    let mut spaces: Vec<(String, String)> = Vec::new();
    let mut around = tree.parent(node);
    while let Some(parent) = around {
        for space in tree.spaces(parent) {
            if !spaces.iter().any(|(prefix, _)| *prefix == space.0) {
                spaces.push(space.clone());
            }
        }
        around = tree.parent(parent);
    }
    let own = tree.spaces(node);
    spaces.retain(|(prefix, _)| !own.iter().any(|(known, _)| known == prefix));
    write(tree, node, &spaces, out);
}

/// A node.
pub(super) fn node(tree: &Tree, node: NodeId, out: &mut String) {
    write(tree, node, &[], out);
}

/// What is still to be written.
enum Part {
    Node(NodeId),
    End(NodeId),
}

fn write(tree: &Tree, node: NodeId, extra: &[(String, String)], out: &mut String) {
    let mut parts = vec![Part::Node(node)];
    let mut extra = extra;
    while let Some(part) = parts.pop() {
        match part {
            Part::End(node) => {
                out.push_str("</");
                out.push_str(&tree.name(node).shown());
                out.push('>');
            }
            Part::Node(node) => match tree.kind(node) {
                Kind::Root => {
                    parts.extend(tree.children(node).iter().rev().map(|&n| Part::Node(n)))
                }
                Kind::Text => out.push_str(&escape_text(tree.text(node))),
                Kind::Comment => {
                    out.push_str("<!--");
                    out.push_str(tree.text(node));
                    out.push_str("-->");
                }
                Kind::Instruction => {
                    out.push_str("<?");
                    out.push_str(&tree.name(node).local);
                    if !tree.text(node).is_empty() {
                        out.push(' ');
                        out.push_str(tree.text(node));
                    }
                    out.push_str("?>");
                }
                Kind::Attribute => out.push_str(&escape_text(tree.text(node))),
                Kind::Element => {
                    start(tree, node, std::mem::take(&mut extra), out);
                    if tree.children(node).is_empty() {
                        out.push_str("/>");
                    } else {
                        out.push('>');
                        parts.push(Part::End(node));
                        parts.extend(tree.children(node).iter().rev().map(|&n| Part::Node(n)));
                    }
                }
            },
        }
    }
}

fn start(tree: &Tree, node: NodeId, extra: &[(String, String)], out: &mut String) {
    out.push('<');
    out.push_str(&tree.name(node).shown());
    for (prefix, space) in tree.spaces(node).iter().chain(extra) {
        let colon = if prefix.is_empty() { "" } else { ":" };
        out.push_str(&format!(" xmlns{colon}{prefix}=\"{}\"", escape_attribute(space)));
    }
    for &attribute in tree.attributes(node) {
        let (name, value) = (tree.name(attribute).shown(), tree.text(attribute));
        out.push_str(&format!(" {name}=\"{}\"", escape_attribute(value)));
    }
}
