//! Builds a project deployment file: the documents, a manifest and the list of content types.
//!
//! The manifest has the form that designers write, so that other readers of such files find in it
//! what they look for. Sensitive values are left out of it.

use std::fmt::Write;

use model::{ObjectType, Value};

use super::read::{MANIFEST, PARAMETERS};
use super::{ObjectParameter, Part, Project};
use crate::{Package, ReadError, archive};

/// The list of content types, which every such archive has.
const CONTENT_TYPES: &str = "[Content_Types].xml";
/// A project without parameters of its own.
const NO_PARAMETERS: &str = "<?xml version=\"1.0\"?>\n\
    <SSIS:Parameters xmlns:SSIS=\"www.microsoft.com/SqlServer/SSIS\" />";

/// Builds the deployment file of a project.
pub(super) fn build(project: &Project) -> Result<Vec<u8>, ReadError> {
    let packages = project.packages.iter().map(|package| &package.file_name);
    let documents = packages.chain(&project.connection_files);
    let mut parts: Vec<Part> = documents.filter_map(|name| document(project, name)).collect();
    parts.push(document(project, PARAMETERS).unwrap_or_else(|| part(PARAMETERS, NO_PARAMETERS)));
    parts.push(part(MANIFEST, &manifest(project)));
    let types = content_types(&parts);
    parts.push(part(CONTENT_TYPES, &types));
    archive::write(&parts)
}

fn document(project: &Project, name: &str) -> Option<Part> {
    project.parts.iter().find(|part| part.name.eq_ignore_ascii_case(name)).cloned()
}

fn part(name: &str, text: &str) -> Part {
    Part { name: name.to_owned(), bytes: text.as_bytes().into() }
}

fn content_types(parts: &[Part]) -> String {
    let mut extensions: Vec<&str> = Vec::new();
    for part in parts {
        let extension = part.name.rsplit('.').next().unwrap_or_default();
        if !extensions.contains(&extension) {
            extensions.push(extension);
        }
    }
    let defaults: String = extensions
        .iter()
        .map(|extension| {
            format!("<Default Extension=\"{}\" ContentType=\"text/xml\" />", escape(extension))
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><Types \
         xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">{defaults}</Types>"
    )
}

/// Writes indented XML; writing to a `String` cannot fail.
struct Writer {
    out: String,
    depth: usize,
}

impl Writer {
    fn line(&mut self, text: &str) {
        self.out.push_str(&"  ".repeat(self.depth));
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// An element with children, left out of the way when `inner` writes none.
    fn element(&mut self, name: &str, attributes: &str, inner: impl FnOnce(&mut Self)) {
        self.line(&format!("<SSIS:{name}{attributes}>"));
        self.depth += 1;
        inner(self);
        self.depth -= 1;
        self.line(&format!("</SSIS:{name}>"));
    }

    fn property(&mut self, name: &str, value: &str) {
        // Text of spaces only would be taken for layout.
        let space = if value.trim().is_empty() && !value.is_empty() {
            " xml:space=\"preserve\""
        } else {
            ""
        };
        self.line(&format!(
            "<SSIS:Property{space} SSIS:Name=\"{name}\">{}</SSIS:Property>",
            escape(value)
        ));
    }
}

fn manifest(project: &Project) -> String {
    let mut writer = Writer { out: String::new(), depth: 0 };
    let attributes = format!(
        " SSIS:ProtectionLevel=\"{}\" xmlns:SSIS=\"www.microsoft.com/SqlServer/SSIS\"",
        project.protection_level.name()
    );
    writer.element("Project", &attributes, |writer| {
        writer.element("Properties", "", |writer| project_properties(writer, project));
        writer.element("Packages", "", |writer| {
            for package in &project.packages {
                let name = escape(&package.file_name);
                let entry = i32::from(package.entry_point);
                writer.line(&format!(
                    "<SSIS:Package SSIS:Name=\"{name}\" SSIS:EntryPoint=\"{entry}\" />"
                ));
            }
        });
        writer.element("ConnectionManagers", "", |writer| {
            for name in &project.connection_files {
                let name = escape(name);
                writer.line(&format!("<SSIS:ConnectionManager SSIS:Name=\"{name}\" />"));
            }
        });
        writer.element("DeploymentInfo", "", |writer| deployment_info(writer, project));
    });
    writer.out
}

fn project_properties(writer: &mut Writer, project: &Project) {
    writer.property("ID", &project.id);
    writer.property("Name", &project.name);
    writer.property("VersionMajor", &project.version.major.to_string());
    writer.property("VersionMinor", &project.version.minor.to_string());
    writer.property("VersionBuild", &project.version.build.to_string());
    writer.property("VersionComments", &project.version.comments);
    writer.property("CreationDate", &project.creation.date);
    writer.property("CreatorName", &project.creation.creator);
    writer.property("CreatorComputerName", &project.creation.computer);
    writer.property("Description", &project.description);
    writer.property("FormatVersion", "1");
}

fn deployment_info(writer: &mut Writer, project: &Project) {
    let all = project.object_parameters();
    writer.element("ProjectConnectionParameters", "", |writer| {
        let of_project = all.iter().filter(|parameter| {
            parameter.object_type == ObjectType::Project && parameter.name.starts_with("CM.")
        });
        of_project.for_each(|parameter| write_parameter(writer, parameter));
    });
    writer.element("PackageInfo", "", |writer| {
        for package in &project.packages {
            let attributes = format!(" SSIS:Name=\"{}\"", escape(&package.file_name));
            let own = all.iter().filter(|parameter| {
                parameter.object_type == ObjectType::Package
                    && parameter.object_name == package.file_name
            });
            writer.element("PackageMetaData", &attributes, |writer| {
                writer.element("Properties", "", |w| package_properties(w, &package.package));
                writer.element("Parameters", "", |w| own.for_each(|p| write_parameter(w, p)));
            });
        }
    });
}

fn package_properties(writer: &mut Writer, package: &Package) {
    writer.property("ID", package.id());
    writer.property("Name", package.name());
    writer.property("VersionMajor", &package.version.major.to_string());
    writer.property("VersionMinor", &package.version.minor.to_string());
    writer.property("VersionBuild", &package.version.build.to_string());
    writer.property("VersionComments", &package.version.comments);
    writer.property("VersionGUID", &package.version.guid);
    writer.property("PackageFormatVersion", &package.format_version.to_string());
    writer.property("Description", &package.root.description);
    writer.property("ProtectionLevel", &package.protection_level.number().to_string());
}

fn write_parameter(writer: &mut Writer, parameter: &ObjectParameter) {
    let attributes = format!(" SSIS:Name=\"{}\"", escape(&parameter.name));
    writer.element("Parameter", &attributes, |writer| {
        writer.element("Properties", "", |writer| {
            writer.property("ID", "");
            writer.property("CreationName", "");
            writer.property("Description", &parameter.description);
            writer.property("IncludeInDebugDump", "0");
            writer.property("Required", if parameter.required { "1" } else { "0" });
            writer.property("Sensitive", if parameter.sensitive { "1" } else { "0" });
            if !parameter.sensitive && !matches!(parameter.design_default, Value::Null) {
                writer.property("Value", &parameter.design_default.to_string());
            }
            // String stands for the types that have no number here.
            let number = parameter.type_code.dot_net().unwrap_or(18);
            writer.property("DataType", &number.to_string());
        });
    });
}

/// Text as XML holds it, in elements and attributes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' | '\n' | '\t' => write_reference(&mut out, character),
            // XML cannot hold the other control characters in any form.
            control if control.is_control() => {}
            other => out.push(other),
        }
    }
    out
}

fn write_reference(out: &mut String, character: char) {
    let written = write!(out, "&#x{:X};", u32::from(character));
    debug_assert!(written.is_ok(), "writing to a String cannot fail");
}
