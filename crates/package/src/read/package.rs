//! Reads a package, or a connection manager that is a document of its own.

use model::{Code, Diagnostic};
use roxmltree::Node;

use super::variable::property_expressions;
use super::{Reader, items, property, span, text_property};
use crate::document::{ReadError, ReadOptions, decode, parse};
use crate::{
    CheckpointUsage, Checkpoints, Configuration, ConfigurationKind, ConnectionManager, Creation,
    LogProvider, Package, PackageVersion, ProtectionLevel,
};

/// The newest format: that of 2014 and everything later.
const FORMAT_MAX: u32 = 8;
/// The oldest format: that of 2005.
const FORMAT_MIN: u32 = 2;

/// Reads the document `part`, which is a package.
pub(crate) fn read_package(
    part: &str,
    bytes: &[u8],
    options: &ReadOptions,
) -> Result<(Package, Vec<Diagnostic>), ReadError> {
    let text = crate::decrypt::open(part, decode(part, bytes)?, options)?;
    let document = parse(part, &text)?;
    let root = document.root_element();
    if root.tag_name().name() != "Executable" {
        let message = format!(
            "the root element is `{}`, not that of a package",
            super::shorten(root.tag_name().name())
        );
        return Err(ReadError::new(part, Code::NotAPackage, message)
            .hint("give a .dtsx file that a designer saved"));
    }
    let mut reader = Reader { format: format_version(part, root)?, ..Reader::default() };
    reader.locale = reader.locale_id(root);
    let package = reader.package(root);
    Ok((package, reader.diagnostics))
}

/// Reads the document `part`, which is a connection manager of a project (`.conmgr`).
pub(crate) fn read_connection_manager(
    part: &str,
    bytes: &[u8],
    options: &ReadOptions,
) -> Result<(ConnectionManager, Vec<Diagnostic>), ReadError> {
    let text = crate::decrypt::open(part, decode(part, bytes)?, options)?;
    let document = parse(part, &text)?;
    let root = document.root_element();
    if root.tag_name().name() != "ConnectionManager" {
        let message = "the document is not a connection manager".to_owned();
        return Err(ReadError::new(part, Code::NotAPackage, message));
    }
    let mut reader = Reader { format: FORMAT_MAX, ..Reader::default() };
    let manager = reader.connection_manager(root, true);
    Ok((manager, reader.diagnostics))
}

fn format_version(part: &str, root: Node<'_, '_>) -> Result<u32, ReadError> {
    let Some(written) = property(root, "PackageFormatVersion") else {
        let message = "the package has no format version".to_owned();
        return Err(ReadError::new(part, Code::NotAPackage, message).span(span(root)));
    };
    let version: Option<u32> = written.trim().parse().ok();
    version.filter(|version| (FORMAT_MIN..=FORMAT_MAX).contains(version)).ok_or_else(|| {
        let message = format!(
            "package format version {} is not one of {FORMAT_MIN} to {FORMAT_MAX}",
            super::shorten(written)
        );
        ReadError::new(part, Code::UnknownFormat, message)
            .hint("save the package with target server version SQL Server 2022 or older")
    })
}

impl Reader {
    fn package(&mut self, root: Node<'_, '_>) -> Package {
        Package {
            format_version: self.format,
            root: self.root(root),
            version: self.package_version(root),
            creation: creation(root),
            last_modified_product_version: text_property(root, "LastModifiedProductVersion"),
            protection_level: self.code(root, "ProtectionLevel", ProtectionLevel::from_text),
            package_type: self.number(root, "PackageType", 0),
            max_concurrent_executables: self.number(root, "MaxConcurrentExecutables", -1),
            priority_class: self.number(root, "PackagePriorityClass", 0),
            checkpoints: Checkpoints {
                file_name: text_property(root, "CheckpointFileName"),
                usage: self.code(root, "CheckpointUsage", CheckpointUsage::from_text),
                save: self.flag(root, "SaveCheckpoints", false),
            },
            enable_configurations: self.flag(root, "EnableConfig", false),
            suppress_configuration_warnings: self.flag(
                root,
                "SuppressConfigurationWarnings",
                false,
            ),
            connections: self.connection_managers(root),
            parameters: self.package_parameters(root),
            log_providers: items(root, "LogProviders", "LogProvider").map(log_provider).collect(),
            configurations: items(root, "Configurations", "Configuration")
                .map(|configuration| self.configuration(configuration))
                .collect(),
            unknown: std::mem::take(&mut self.unknown),
        }
    }

    fn package_version(&mut self, root: Node<'_, '_>) -> PackageVersion {
        PackageVersion {
            major: self.number(root, "VersionMajor", 1),
            minor: self.number(root, "VersionMinor", 0),
            build: self.number(root, "VersionBuild", 0),
            guid: text_property(root, "VersionGUID"),
            comments: text_property(root, "VersionComments"),
        }
    }

    fn configuration(&mut self, node: Node<'_, '_>) -> Configuration {
        Configuration {
            name: text_property(node, "ObjectName"),
            id: text_property(node, "DTSID"),
            kind: self.code(node, "ConfigurationType", ConfigurationKind::from_text),
            source: text_property(node, "ConfigurationString"),
            target: text_property(node, "ConfigurationVariable"),
            span: span(node),
        }
    }
}

fn creation(root: Node<'_, '_>) -> Creation {
    Creation {
        date: text_property(root, "CreationDate"),
        creator: text_property(root, "CreatorName"),
        computer: text_property(root, "CreatorComputerName"),
    }
}

fn log_provider(node: Node<'_, '_>) -> LogProvider {
    LogProvider {
        name: text_property(node, "ObjectName"),
        id: text_property(node, "DTSID"),
        description: text_property(node, "Description"),
        creation_name: text_property(node, "CreationName"),
        config_string: text_property(node, "ConfigString"),
        property_expressions: property_expressions(node),
        span: span(node),
    }
}
