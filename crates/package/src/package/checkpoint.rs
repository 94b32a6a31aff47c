//! Checkpoint files: how far a run of a package came, so that the next one can go on from there.
//!
//! Rules: control-flow facts 8.

use model::{Code, TypeCode};
use roxmltree::Node;

use crate::document::{ReadError, decode, parse};
use crate::read::{attribute, elements, unescape};
use crate::{ConfiguredValue, Secret};

/// How far a run of a package came.
#[derive(Clone, Debug, Default)]
pub struct Checkpoint {
    /// The package's id, `{GUID}`.
    pub package_id: String,
    /// Ids of the executables that need not run again.
    pub completed: Vec<String>,
    /// Values of variables when the last of them had completed.
    pub variables: Vec<CheckpointVariable>,
    /// What configurations had set when the first run started.
    pub configured: Vec<ConfiguredValue>,
}

/// The value of a variable in a checkpoint file. Does not show it, because it may be sensitive.
#[derive(Clone, Debug)]
pub struct CheckpointVariable {
    /// Id of the executable that has it.
    pub container: String,
    /// `User`, or one that the author chose.
    pub namespace: String,
    /// The name behind `::`.
    pub name: String,
    /// Its type.
    pub type_code: TypeCode,
    /// Its value as text.
    pub value: Secret,
}

impl Checkpoint {
    /// Reads a checkpoint file. `file_name` is for messages only.
    pub fn from_bytes(file_name: &str, bytes: &[u8]) -> Result<Self, ReadError> {
        let text = decode(file_name, bytes)?;
        let document = parse(file_name, &text)?;
        let root = document.root_element();
        if root.tag_name().name() != "Checkpoint" {
            let message = "the document is not a checkpoint file".to_owned();
            return Err(ReadError::new(file_name, Code::NotAPackage, message));
        }
        let mut read = Self { package_id: owned(attribute(root, "PackageID")), ..Self::default() };
        for node in elements(root) {
            match node.tag_name().name() {
                "Variables" => read.variables.extend(variables(node)),
                "Container" => read.completed.push(owned(attribute(node, "ContID"))),
                "Configuration" => read.configured.push(ConfiguredValue {
                    path: owned(attribute(node, "Path")),
                    value: Some(content(node)),
                }),
                _ => {}
            }
        }
        Ok(read)
    }

    /// The checkpoint as a document.
    pub fn to_xml(&self) -> String {
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<DTS:Checkpoint \
             xmlns:DTS=\"www.microsoft.com/SqlServer/Dts\" DTS:PackageID=\"{}\">\n",
            escaped(&self.package_id)
        );
        for variable in &self.variables {
            out.push_str(&format!(
                "<DTS:Variables DTS:ContID=\"{}\"><DTS:Variable DTS:Namespace=\"{}\" \
                 DTS:ObjectName=\"{}\" DTS:DataType=\"{}\">{}</DTS:Variable></DTS:Variables>\n",
                escaped(&variable.container),
                escaped(&variable.namespace),
                escaped(&variable.name),
                variable.type_code.name(),
                escaped(variable.value.expose())
            ));
        }
        for value in &self.configured {
            let (path, value) = (&value.path, value.value.as_deref().unwrap_or_default());
            out.push_str(&format!(
                "<DTS:Configuration DTS:Path=\"{}\">{}</DTS:Configuration>\n",
                escaped(path),
                escaped(value)
            ));
        }
        for id in &self.completed {
            out.push_str(&format!(
                "<DTS:Container DTS:ContID=\"{}\" DTS:Result=\"0\" DTS:PrecedenceMap=\"\" />\n",
                escaped(id)
            ));
        }
        out.push_str("</DTS:Checkpoint>\n");
        out
    }
}

/// Variables whose type is not known are left out: their values could not be read either.
fn variables(node: Node<'_, '_>) -> Vec<CheckpointVariable> {
    let container = owned(attribute(node, "ContID"));
    let one = |variable: Node<'_, '_>| {
        Some(CheckpointVariable {
            container: container.clone(),
            namespace: owned(attribute(variable, "Namespace")),
            name: owned(attribute(variable, "ObjectName")),
            type_code: attribute(variable, "DataType")?.parse().ok()?,
            value: Secret::new(content(variable)),
        })
    };
    elements(node).filter_map(one).collect()
}

fn owned(text: Option<&str>) -> String {
    unescape(text.unwrap_or_default()).into_owned()
}

fn content(node: Node<'_, '_>) -> String {
    owned(node.text())
}

/// Text as XML has it; control characters, and what looks like one of their escapes, by number.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '_' if text[at..].starts_with("_x") => out.push_str("_x005F_"),
            letter if letter < ' ' || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                out.push_str(&format!("_x{:04X}_", u32::from(letter)));
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(value in "\\PC{0,10}[\u{0}-\u{20}_x0-9&<>\"é😀]{0,20}", name in "[a-z_x00]{1,9}") {
            let written = Checkpoint {
                package_id: "{1}".to_owned(),
                completed: vec!["{2}".to_owned(), value.clone()],
                variables: vec![CheckpointVariable {
                    container: "{3}".to_owned(),
                    namespace: "User".to_owned(),
                    name: name.clone(),
                    type_code: TypeCode::String,
                    value: Secret::new(value.clone()),
                }],
                configured: vec![ConfiguredValue { path: name.clone(), value: Some(value.clone()) }],
            };
            let read = Checkpoint::from_bytes("c", written.to_xml().as_bytes()).unwrap();
            prop_assert_eq!(&read.package_id, "{1}");
            prop_assert_eq!(&read.completed, &written.completed);
            prop_assert_eq!(read.variables[0].value.expose(), value.as_str());
            prop_assert_eq!(&read.variables[0].name, &name);
            prop_assert_eq!(read.configured, written.configured);
        }
    }

    #[test]
    fn a_document_of_another_kind_is_refused() {
        assert!(Checkpoint::from_bytes("c", b"<x/>").is_err());
        assert!(Checkpoint::from_bytes("c", b"<Checkpoint>").is_err());
    }
}
