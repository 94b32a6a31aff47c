//! Reads connection managers.

use model::{Code, DataType, TypeParts};
use roxmltree::Node;

use super::variable::property_expressions;
use super::{
    Reader, attribute, element, elements, is_sensitive, items, property, source_without_secrets,
    span, text, text_property, unescape,
};
use crate::{
    CacheColumn, CacheFormat, ConnectionKind, ConnectionManager, ConnectionString, FileUsage,
    FlatFileColumn, FlatFileColumnKind, FlatFileFormat, FlatFileKind, Secret,
};

/// Settings that have fields of their own in the model.
const MODELLED: &[&str] = &["ConnectionString", "Retain", "FileUsageType", "Password", "UseFile"];
/// The same, of flat files.
const MODELLED_FLAT_FILE: &[&str] = &[
    "AlwaysCheckForRowDelimiters",
    "CodePage",
    "ColumnNamesInFirstDataRow",
    "DataRowsToSkip",
    "Format",
    "HeaderRowDelimiter",
    "HeaderRowsToSkip",
    "LocaleID",
    "RowDelimiter",
    "TextQualifier",
    "Unicode",
];

impl Reader {
    /// The connection managers of a package.
    pub(super) fn connection_managers(&mut self, node: Node<'_, '_>) -> Vec<ConnectionManager> {
        items(node, "ConnectionManagers", "ConnectionManager")
            .map(|manager| self.connection_manager(manager, false))
            .collect()
    }

    /// A connection manager of a package or project.
    pub(super) fn connection_manager(
        &mut self,
        node: Node<'_, '_>,
        is_project_level: bool,
    ) -> ConnectionManager {
        let name = text_property(node, "ObjectName");
        let scope = if is_project_level { "Project" } else { "Package" };
        let computed = format!("{scope}.ConnectionManagers[{name}]");
        let ref_id = attribute(node, "refId").map_or(computed, str::to_owned);
        let creation_name = text_property(node, "CreationName");
        let data = element(node, "ObjectData").and_then(|data| elements(data).next());
        let kind = self.connection_kind(&creation_name, data, &ref_id);
        let mut manager = ConnectionManager {
            id: text_property(node, "DTSID"),
            description: text_property(node, "Description"),
            connection_string: ConnectionString::default(),
            password: None,
            retain: data.is_some_and(|data| self.flag(data, "Retain", false)),
            delay_validation: self.flag(node, "DelayValidation", false),
            property_expressions: property_expressions(node),
            properties: data.map(other_settings).unwrap_or_default(),
            span: span(node),
            is_project_level,
            ref_id,
            name,
            creation_name,
            kind,
        };
        if manager.flat_file().is_some() {
            let known = |name: &String| MODELLED_FLAT_FILE.contains(&name.as_str());
            manager.properties.retain(|(name, _)| !known(name));
        }
        if let Some(data) = data {
            let written = property(data, "ConnectionString")
                .or_else(|| elements(data).find_map(|inner| property(inner, "ConnectionString")));
            manager.set_connection_string(written.unwrap_or_default());
            manager.password = self.password(data, &manager.ref_id).or(manager.password);
        }
        manager
    }

    fn connection_kind(
        &mut self,
        creation_name: &str,
        data: Option<Node<'_, '_>>,
        place: &str,
    ) -> ConnectionKind {
        let (kind, provider) = creation_name.split_once(':').unwrap_or((creation_name, ""));
        let Some(data) = data else {
            return ConnectionKind::of_creation_name(kind, provider)
                .unwrap_or_else(|| ConnectionKind::Other { data_xml: String::new() });
        };
        let mut found = ConnectionKind::of_creation_name(kind, provider)
            .unwrap_or_else(|| ConnectionKind::Other { data_xml: source_without_secrets(data) });
        if let ConnectionKind::FlatFile(format) | ConnectionKind::MultiFlatFile(format) = &mut found
        {
            **format = self.flat_file(data, place);
        } else if let ConnectionKind::Cache(cache) = &mut found {
            *cache = self.cache(data, place);
        } else if let ConnectionKind::File { usage } | ConnectionKind::MultiFile { usage } =
            &mut found
        {
            *usage = self.code(data, "FileUsageType", FileUsage::from_text);
        }
        found
    }

    fn flat_file(&mut self, data: Node<'_, '_>, place: &str) -> FlatFileFormat {
        let code_page = self.number(data, "CodePage", 1252);
        let columns = items(data, "FlatFileColumns", "FlatFileColumn")
            .map(|column| self.flat_file_column(column, code_page, place))
            .collect();
        FlatFileFormat {
            format: self.code(data, "Format", FlatFileKind::from_text),
            locale_id: self.locale_id(data),
            code_page,
            unicode: self.flag(data, "Unicode", false),
            header_row_delimiter: escaped(data, "HeaderRowDelimiter"),
            header_rows_to_skip: self.number(data, "HeaderRowsToSkip", 0),
            data_rows_to_skip: self.number(data, "DataRowsToSkip", 0),
            column_names_in_first_data_row: self.flag(data, "ColumnNamesInFirstDataRow", false),
            row_delimiter: escaped(data, "RowDelimiter"),
            text_qualifier: text_qualifier(&escaped(data, "TextQualifier")),
            // The property came with 2012; files of formats 2 and 3 were read without the check.
            always_check_for_row_delimiters: self.flag(
                data,
                "AlwaysCheckForRowDelimiters",
                6 <= self.format,
            ),
            usage: self.code(data, "FileUsageType", FileUsage::from_text),
            columns,
        }
    }

    fn flat_file_column(
        &mut self,
        node: Node<'_, '_>,
        code_page: u32,
        place: &str,
    ) -> FlatFileColumn {
        let maximum_width = self.number(node, "MaximumWidth", 0);
        let parts = TypeParts {
            length: maximum_width,
            precision: self.number(node, "DataPrecision", 0),
            scale: self.number(node, "DataScale", 0),
            code_page,
        };
        FlatFileColumn {
            name: text_property(node, "ObjectName"),
            id: text_property(node, "DTSID"),
            kind: self.code(node, "ColumnType", FlatFileColumnKind::from_text),
            delimiter: escaped(node, "ColumnDelimiter"),
            width: self.number(node, "ColumnWidth", 0),
            maximum_width,
            data_type: self.type_by_code(node, parts, place),
            text_qualified: self.flag(node, "TextQualified", false),
            span: span(node),
        }
    }

    fn cache(&mut self, data: Node<'_, '_>, place: &str) -> CacheFormat {
        let columns = items(data, "CacheColumns", "CacheColumn")
            .map(|column| {
                let parts = TypeParts {
                    length: self.number(column, "Length", 0),
                    precision: self.number(column, "Precision", 0),
                    scale: self.number(column, "Scale", 0),
                    code_page: self.number(column, "CodePage", 0),
                };
                CacheColumn {
                    name: text_property(column, "ObjectName"),
                    id: text_property(column, "DTSID"),
                    data_type: self.type_by_code(column, parts, place),
                    index_position: self.number(column, "IndexPosition", 0),
                    span: span(column),
                }
            })
            .collect();
        CacheFormat { use_file: self.flag(data, "UseFile", false), columns }
    }

    fn type_by_code(&mut self, node: Node<'_, '_>, parts: TypeParts, place: &str) -> DataType {
        let code = self.number(node, "DataType", 129);
        DataType::from_code(code, parts).unwrap_or_else(|| {
            let message = format!("{code} is not the code of a data type");
            self.report(Code::BadProperty, place, node, message);
            DataType::Str { length: parts.length, code_page: parts.code_page }
        })
    }

    fn password(&mut self, data: Node<'_, '_>, place: &str) -> Option<Secret> {
        let node = data.descendants().filter(Node::is_element).find(|node| {
            let name = attribute(*node, "Name").unwrap_or(node.tag_name().name());
            let is_password = is_sensitive(node) && name.ends_with("Password");
            is_password || node.tag_name().name() == "EncryptedData"
        })?;
        self.secret(node, place)
    }
}

/// A setting with `_xHHHH_` escapes.
fn escaped(node: Node<'_, '_>, name: &str) -> String {
    unescape(property(node, name).unwrap_or_default()).into_owned()
}

/// A text qualifier; `<none>` and nothing are none.
pub(crate) fn text_qualifier(text: &str) -> Option<String> {
    (!text.is_empty() && !text.eq_ignore_ascii_case("<none>")).then(|| text.to_owned())
}

/// The settings that have no fields of their own: attributes and properties of the inner element
/// and of the elements in it, sensitive ones left out.
fn other_settings(data: Node<'_, '_>) -> Vec<(String, String)> {
    const LISTS: &[&str] = &["FlatFileColumns", "FlatFileColumn", "CacheColumns", "CacheColumn"];
    let mut settings: Vec<(String, String)> = Vec::new();
    let inner = || elements(data).filter(|child| !LISTS.contains(&child.tag_name().name()));
    // What formats before 6 have as elements of an inner element: `FtpConnection`.
    let innermost = inner().flat_map(elements);
    let all = std::iter::once(data).chain(inner()).chain(innermost);
    for node in all.filter(|node| !is_sensitive(node)) {
        if node.tag_name().name() == "Property" {
            let name = attribute(node, "Name").unwrap_or_default();
            settings.push((name.to_owned(), text(node)));
            continue;
        }
        let attributes = node.attributes().map(|a| (a.name().to_owned(), a.value().to_owned()));
        settings.extend(attributes);
    }
    settings.retain(|(name, _)| !MODELLED.contains(&name.as_str()));
    settings
}
