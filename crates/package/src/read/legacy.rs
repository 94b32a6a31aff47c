//! Formats 2 and 3 number the parts of a data flow; formats 6 and 8 name them by their paths.
//! This turns numbers into the paths that a later designer would write.

use std::borrow::Cow;
use std::collections::HashMap;

use roxmltree::Node;

use super::{attribute, element, elements};

/// The paths of the numbered parts of one data flow; empty for formats that have paths already.
#[derive(Default)]
pub(super) struct Ids<'a> {
    /// By `id`, which is unique in the data flow.
    parts: HashMap<&'a str, String>,
    /// By `lineageId` of the output column.
    lineage: HashMap<&'a str, String>,
}

impl<'a> Ids<'a> {
    /// Gives every numbered part of a pipeline its path.
    pub(super) fn of(pipeline: Node<'a, '_>, task: &str) -> Self {
        let mut ids = Self::default();
        let components = element(pipeline, "components").into_iter().flat_map(elements);
        let components: Vec<_> = components.collect();
        for component in &components {
            let Some(id) = attribute(*component, "id") else { continue };
            let path = format!("{task}\\{}", name_of(*component));
            for (list, kind) in [("inputs", "Inputs"), ("outputs", "Outputs")] {
                for port in element(*component, list).into_iter().flat_map(elements) {
                    ids.port(port, &format!("{path}.{kind}[{}]", name_of(port)));
                }
            }
            for connection in element(*component, "connections").into_iter().flat_map(elements) {
                ids.add(connection, format!("{path}.Connections[{}]", name_of(connection)));
            }
            ids.parts.insert(id, path);
        }
        for path in element(pipeline, "paths").into_iter().flat_map(elements) {
            ids.add(path, format!("{task}.Paths[{}]", name_of(path)));
        }
        ids
    }

    fn port(&mut self, port: Node<'a, '_>, path: &str) {
        for list in elements(port) {
            let kind = match list.tag_name().name() {
                "externalMetadataColumns" => "ExternalColumns",
                "inputColumns" | "outputColumns" => "Columns",
                _ => continue,
            };
            for column in elements(list) {
                let column_path = format!("{path}.{kind}[{}]", name_of(column));
                let is_output = column.tag_name().name() == "outputColumn";
                if let Some(lineage) = attribute(column, "lineageId").filter(|_| is_output) {
                    self.lineage.insert(lineage, column_path.clone());
                }
                self.add(column, column_path);
            }
        }
        self.add(port, path.to_owned());
    }

    fn add(&mut self, node: Node<'a, '_>, path: String) {
        if let Some(id) = attribute(node, "id") {
            self.parts.insert(id, path);
        }
    }

    /// The path of a node: its own refId, else the one of its number.
    pub(super) fn ref_id(&self, node: Node<'_, '_>) -> String {
        let numbered = || attribute(node, "id").and_then(|id| self.parts.get(id));
        match attribute(node, "refId") {
            Some(path) => path.to_owned(),
            None => numbered().cloned().unwrap_or_default(),
        }
    }

    /// The path that an attribute refers to. In numbered documents 0 and numbers of nothing refer
    /// to nothing.
    pub(super) fn part(&self, node: Node<'_, '_>, name: &str) -> Option<String> {
        let key = attribute(node, name)?;
        if self.parts.is_empty() {
            return (!key.is_empty()).then(|| key.to_owned());
        }
        self.parts.get(key).cloned()
    }

    /// The path of the output column that an attribute `lineageId` refers to.
    pub(super) fn lineage(&self, node: Node<'_, '_>) -> String {
        let key = attribute(node, "lineageId").unwrap_or_default();
        self.lineage.get(key).cloned().unwrap_or_else(|| key.to_owned())
    }

    /// A property value with paths instead of numbers: `#45` becomes `#{path}`, and so does a
    /// value that is a number and nothing else.
    pub(super) fn value<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.lineage.is_empty() {
            return Cow::Borrowed(text);
        }
        if let Some(path) = self.lineage.get(text.trim()) {
            return Cow::Owned(format!("#{{{path}}}"));
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('#') {
            let behind = &rest[at + 1..];
            let n_digits = behind.bytes().take_while(u8::is_ascii_digit).count();
            match self.lineage.get(&behind[..n_digits]) {
                Some(path) => {
                    out.push_str(&rest[..at]);
                    out.push_str(&format!("#{{{path}}}"));
                }
                None => out.push_str(&rest[..=at + n_digits]),
            }
            rest = &behind[n_digits..];
        }
        out.push_str(rest);
        Cow::Owned(out)
    }
}

/// The name of a part; columns of inputs may have none but a cached one.
fn name_of<'a>(node: Node<'a, '_>) -> &'a str {
    ["name", "cachedName", "id"]
        .iter()
        .find_map(|name| attribute(node, name).filter(|name| !name.is_empty()))
        .unwrap_or_default()
}
