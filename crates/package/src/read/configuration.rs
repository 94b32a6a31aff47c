//! Reads package configuration files (`.dtsConfig`).

use model::Code;
use roxmltree::Node;

use super::{attribute, element, elements};
use crate::ConfiguredValue;
use crate::document::{ReadError, decode, parse};

/// Reads the document `part`: what it sets, in its order.
pub(crate) fn read_configuration_file(
    part: &str,
    bytes: &[u8],
) -> Result<Vec<ConfiguredValue>, ReadError> {
    let text = decode(part, bytes)?;
    let document = parse(part, &text)?;
    let root = document.root_element();
    if root.tag_name().name() != "DTSConfiguration" {
        let message = format!(
            "the root element is `{}`, not that of a configuration file",
            super::shorten(root.tag_name().name())
        );
        return Err(ReadError::new(part, Code::NotAPackage, message)
            .hint("give a .dtsConfig file that the configuration wizard saved"));
    }
    let entries = elements(root).filter(|node| node.tag_name().name() == "Configuration");
    Ok(entries.map(entry).collect())
}

fn entry(node: Node<'_, '_>) -> ConfiguredValue {
    let value = element(node, "ConfiguredValue");
    ConfiguredValue {
        path: attribute(node, "Path").unwrap_or_default().to_owned(),
        value: value.map(|value| value.text().unwrap_or_default().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Vec<(String, Option<String>)> {
        let read = read_configuration_file("c.dtsConfig", text.as_bytes()).unwrap();
        read.into_iter().map(|entry| (entry.path, entry.value)).collect()
    }

    #[test]
    fn a_file_says_what_it_sets_in_its_order() {
        let text = r#"<?xml version="1.0"?><DTSConfiguration>
  <DTSConfigurationHeading><DTSConfigurationFileInfo GeneratedBy="x" /></DTSConfigurationHeading>
  <Configuration ConfiguredType="Property" Path="\Package.Variables[User::a].Properties[Value]"
    ValueType="String"><ConfiguredValue>1 &lt; 2</ConfiguredValue></Configuration>
  <Configuration ConfiguredType="Property" Path="\Package.Properties[X]" ValueType="String"/>
  <Configuration Path="\Package.Properties[Y]"><ConfiguredValue/></Configuration>
</DTSConfiguration>"#;
        let value = |text: &str| Some(text.to_owned());
        assert_eq!(
            entries(text),
            [
                (r"\Package.Variables[User::a].Properties[Value]".to_owned(), value("1 < 2")),
                (r"\Package.Properties[X]".to_owned(), None),
                (r"\Package.Properties[Y]".to_owned(), value("")),
            ]
        );
    }

    #[test]
    fn another_document_is_refused() {
        let error = read_configuration_file("c.dtsConfig", b"<x/>").unwrap_err();
        assert_eq!(error.diagnostic.code, Code::NotAPackage);
        assert!(read_configuration_file("c.dtsConfig", b"<DTSConfiguration>").is_err());
    }
}
