//! Reads Foreach enumerators.

use model::{Code, TypeCode, Value};
use roxmltree::Node;

use super::variable::{parse_value, property_expressions};
use super::{
    Reader, attribute, boolean, element, elements, property, source_without_secrets, text_property,
    unknown_settings,
};
use crate::{
    AdoEnumeration, FileNameRetrieval, ForEachEnumerator, ForEachKind, NodeEnumeration, NodeList,
    StockForEach,
};

/// The last part of a type name without version, and what it means for enumerators without fields.
const STOCK: &[(&str, StockForEach)] = &[
    ("ForEachSchemaRowsetEnumerator", StockForEach::SchemaRowset),
    ("ForEachSMOEnumerator", StockForEach::Smo),
    ("ForEachHDFSEnumerator", StockForEach::HdfsFile),
    ("ForEachAzureBlobEnumerator", StockForEach::AzureBlob),
    ("ForEachADLSFileEnumerator", StockForEach::AzureDataLake),
];

/// The settings of a node list.
const NODE_LIST: &[&str] = &[
    "EnumerationType",
    "SourceType",
    "SourceDocumentType",
    "SourceDocument",
    "OuterXPathSourceType",
    "OuterXPathStringSourceType",
    "OuterXPathString",
    "InnerElementType",
    "InnerXPathSourceType",
    "InnerXPathStringSourceType",
    "InnerXPathString",
];

impl Reader {
    /// The enumerator of a Foreach Loop.
    pub(super) fn enumerator(&mut self, node: Node<'_, '_>, place: &str) -> ForEachEnumerator {
        let Some(enumerator) = element(node, "ForEachEnumerator") else {
            let message = "the Foreach Loop has no enumerator".to_owned();
            self.report(Code::UnknownReference, place, node, message);
            return ForEachEnumerator {
                id: String::new(),
                name: String::new(),
                creation_name: String::new(),
                property_expressions: Vec::new(),
                kind: ForEachKind::Unknown { data_xml: String::new() },
            };
        };
        let creation_name = text_property(enumerator, "CreationName");
        let data = element(enumerator, "ObjectData").and_then(|data| elements(data).next());
        ForEachEnumerator {
            id: text_property(enumerator, "DTSID"),
            name: text_property(enumerator, "ObjectName"),
            property_expressions: property_expressions(enumerator),
            kind: self.enumerator_kind(&creation_name, data),
            creation_name,
        }
    }

    fn enumerator_kind(&mut self, creation_name: &str, data: Option<Node<'_, '_>>) -> ForEachKind {
        let data_xml = || data.map(source_without_secrets).unwrap_or_default();
        let name = type_stem(creation_name);
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let Some(data) = data else { return ForEachKind::Unknown { data_xml: data_xml() } };
        if is("ForEachFileEnumerator") {
            return self.file_enumerator(data);
        }
        if is("ForEachItemEnumerator") {
            return ForEachKind::Item { items: self.enumerated_items(data) };
        }
        if is("ForEachFromVarEnumerator") {
            return ForEachKind::FromVariable { variable: text_property(data, "VariableName") };
        }
        if is("ForEachADOEnumerator") {
            return ForEachKind::Ado {
                variable: text_property(data, "VarName"),
                enumeration: self.code(data, "EnumType", AdoEnumeration::from_text),
            };
        }
        if is("ForEachNodeListEnumerator") {
            return ForEachKind::NodeList(Box::new(self.node_list(data)));
        }
        match STOCK.iter().find(|(known, _)| is(known)) {
            Some((_, stock)) => ForEachKind::Other { stock: *stock, data_xml: data_xml() },
            None => ForEachKind::Unknown { data_xml: data_xml() },
        }
    }

    fn file_enumerator(&mut self, data: Node<'_, '_>) -> ForEachKind {
        let value = |name: &str| {
            property(data, name)
                .or_else(|| elements(data).find_map(|child| attribute(child, name)))
                .unwrap_or_default()
        };
        let retrieval = value("FileNameRetrievalType");
        ForEachKind::File {
            folder: value("Folder").to_owned(),
            file_spec: value("FileSpec").to_owned(),
            retrieval: FileNameRetrieval::from_text(retrieval).unwrap_or_default(),
            recurse: boolean(value("Recurse")).unwrap_or(false),
        }
    }

    fn node_list(&mut self, data: Node<'_, '_>) -> NodeList {
        NodeList {
            enumeration: self.code(data, "EnumerationType", NodeEnumeration::from_text),
            source: self.xml_operand(data, "SourceDocument", &["SourceType", "SourceDocumentType"]),
            outer: self.xml_operand(
                data,
                "OuterXPathString",
                &["OuterXPathSourceType", "OuterXPathStringSourceType"],
            ),
            inner_type: self.code(data, "InnerElementType", NodeEnumeration::from_text),
            inner: self.xml_operand(
                data,
                "InnerXPathString",
                &["InnerXPathSourceType", "InnerXPathStringSourceType"],
            ),
            unknown_settings: unknown_settings(data, NODE_LIST),
        }
    }

    fn enumerated_items(&mut self, data: Node<'_, '_>) -> Vec<Vec<Value>> {
        let rows = elements(data).filter(|item| item.tag_name().name() == "FEIEItem");
        rows.map(|item| elements(item).map(|value| self.item_value(value)).collect()).collect()
    }

    fn item_value(&mut self, node: Node<'_, '_>) -> Value {
        let kind = attribute(node, "Type").unwrap_or("8");
        let name = kind.strip_prefix("System.").unwrap_or(kind);
        let by_number = || kind.parse().ok().and_then(TypeCode::from_variant);
        let type_code = name.parse().ok().or_else(by_number).unwrap_or(TypeCode::String);
        let content = attribute(node, "Value").unwrap_or_default();
        parse_value(content, type_code, self.locale).unwrap_or_else(|| {
            let message = format!("`{content}` is not a value of type {type_code}");
            self.report(Code::BadProperty, "Foreach Item Enumerator", node, message);
            Value::Null
        })
    }
}

/// `ForEachFileEnumerator` of `DTS.ForEachFileEnumerator.3` and of an assembly-qualified name.
fn type_stem(creation_name: &str) -> &str {
    let name = creation_name.split(',').next().unwrap_or_default().trim();
    let is_version = |part: &&str| !part.bytes().all(|byte| byte.is_ascii_digit());
    name.rsplit('.').find(is_version).unwrap_or_default()
}
